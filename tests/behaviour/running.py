"""Running cells one after the other, and what they show."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TRUTH = ROOT / "tests" / "truth"
sys.path.insert(0, str(TRUTH))

from notebooks import cache_folder  # noqa: E402

CELL_SECONDS = 20
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
# The row of statsmodels' tables that says when it was made.
CLOCK = re.compile(r"\bTime:\s+\d\d:\d\d:\d\d\b")
# The name of a function that became a local one, and where a warning was raised.
PLACE = re.compile(r"\S*<cell \d+>(:\d+)?|\b\w+\.<locals>\.|(?<=Out)\[\d+\](?=:)")


def apply_action():
    """The program that applies the action: the one that is given, or one that is built now."""
    if given := os.environ.get("CELLWISE_APPLY_ACTION"):
        return Path(given)
    command = ["cargo", "build", "--quiet", "--example", "apply_action"]
    subprocess.run(command, cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return Path(target) / "debug" / "examples" / "apply_action"


def started_in_environment(command):
    """Starts the command again with the Python that has the libraries."""
    if "CELLWISE_BEHAVIOUR" in os.environ:
        return
    python = cache_folder() / "truth-venv" / "bin" / "python"
    stamp = cache_folder() / "truth-venv" / "requirements-execute.txt.installed"
    if not stamp.exists():
        subprocess.run([sys.executable, TRUTH / "run", "unit"], check=False)
    os.environ["CELLWISE_BEHAVIOUR"] = "1"
    os.execv(python, [str(python), command, *sys.argv[1:]])


def plain(text):
    return PLACE.sub("", CLOCK.sub("Time:", ADDRESS.sub("0x", text)))


class Run:
    """A notebook on its way through the shell."""

    def __init__(self):
        from shell import Shell

        class Seeing(Shell):
            """A shell that looks at figures before it closes them."""

            figures = []

            def _close_figures(self):
                pyplot = sys.modules.get("matplotlib.pyplot")
                self.figures = [] if pyplot is None else [fingerprint(pyplot, n) for n in pyplot.get_fignums()]
                Shell._close_figures()

        self.shell = Seeing()
        self.number = 0

    def step(self, source):
        if not source.strip():
            return None
        self.number += 1
        outcome = self.shell.run(self.number, source, CELL_SECONDS)
        return {
            "status": outcome["status"],
            "ename": outcome["ename"],
            "stdout": plain(outcome["stdout"]),
            "results": [plain(result) for result in outcome["results"]],
            "figures": self.shell.figures,
        }


def fingerprint(pyplot, number):
    import io

    buffer = io.BytesIO()
    try:
        pyplot.figure(number).savefig(buffer, format="raw", dpi=30)
    except Exception as error:  # A figure that cannot be drawn is one that cannot be drawn afterwards, either.
        return type(error).__name__
    return hashlib.sha256(buffer.getvalue()).hexdigest()[:16]
