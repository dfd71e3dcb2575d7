"""Notebooks as texts in Helix, which is driven by keys in a terminal of ours. The arguments are its command line."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from pathlib import Path

EARLY, LATE = "s = '😀'; print(total)", "total = 1"
DOWN, ENTER, PATIENCE = b"\x1b[B", b"\r", 20


def script(first, second):
    return f"# %%\n{first}\n\n# %%\n{second}\n"


def raw(first, second):
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": [text]}
        for text in (first, second)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


class Screen:
    def __init__(self, command):
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execv(command[0], command)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))

    def read_until(self, wanted):
        """What was drawn until something was, without colours and places."""
        drawn, end = b"", time.time() + PATIENCE
        while time.time() < end:
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    drawn += os.read(self.terminal, 65536)
                except OSError:
                    break
            elif wanted in text_of(drawn):
                return text_of(drawn)
        raise TimeoutError(f"{wanted!r} is not in {text_of(drawn)[-600:]!r}")

    def type(self, keys):
        os.write(self.terminal, keys)


def text_of(drawn):
    return re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", drawn.decode("utf-8", "replace"))


def order(command, name, before, after):
    Path(name).write_text(before, encoding="utf-8")
    screen = Screen([*command, name])
    # The finding is shown where the cursor comes to stand on the name.
    screen.read_until("●")
    screen.type(b"/total" + ENTER)
    screen.read_until("is bound only below")
    print(f"ok {name}: the finding")
    screen.type(b" a")
    menu = screen.read_until("runs from the top")
    titles = re.findall(r"(?:Ignore|Extract|Order|Move|Promote|Split|Make|Add)[^│]*?(?=  |$)", menu)
    at = next(number for number, title in enumerate(titles) if "runs from the top" in title)
    screen.type(DOWN * at + ENTER)
    time.sleep(1)
    screen.type(b":w" + ENTER)
    end = time.time() + PATIENCE
    while Path(name).read_text(encoding="utf-8") == before and time.time() < end:
        time.sleep(0.2)
    screen.type(b":q!" + ENTER)
    found = Path(name).read_text(encoding="utf-8")
    print(f"ok {name}: in order" if found == after else f"FAIL {name} is {found!r} and not {after!r}")


def main():
    for name, write in [("script.py", script), ("raw.ipynb", raw)]:
        try:
            order(sys.argv[1:], name, write(EARLY, LATE), write(LATE, EARLY))
        except TimeoutError as error:
            print(f"FAIL {name}: {error}")


if __name__ == "__main__":
    main()
