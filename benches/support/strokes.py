"""Typing in a generated notebook, and waiting for what a server says of it."""

import time

import notebooks
import tools as programs
from client import Client, OpenNotebook

# People type with pauses, in which processors go to sleep; without one, a keystroke looks ten times as quick as it is.
PAUSE = 0.01


def server(tools, name, folder, prefix=()):
    client = Client([*prefix, *programs.server(tools, name)])
    return client, client.initialize(folder)


def opened(client, folder, count, broken=None, saved=True):
    """Opens a generated notebook of `count` cells, in one of which a name may be misspelt. One that was never saved
    gives a server nothing to read in the background."""
    made = notebooks.cells(count)
    if broken is not None:
        kind, text = made[broken]
        made[broken] = (kind, text.replace("clean_", "cleanx_", 1))
    path = folder / f"cells_{count}.ipynb"
    if saved and not path.exists():
        notebooks.write(path, made)
    return made, OpenNotebook(client, path, made)


def places(count):
    """What is typed where: the cell, its line and column, and the cell whose diagnostics are awaited."""
    calls = [at for at in range(count) if at % 8 == 4]
    readers = [at for at in range(count) if at % 8 in (0, 1) and at > 0]
    made = notebooks.cells(count)

    def after(cell, text):
        lines = made[cell][1].splitlines()
        line = next(number for number, own in enumerate(lines) if text in own)
        return line, lines[line].index(text) + len(text)

    middle, last = calls[len(calls) // 2], calls[-1]
    return {
        "a name in the middle": (middle, after(middle, "= clean"), middle),
        "a name at the end": (last, after(last, "= clean"), last),
        "an import all read": (0, after(0, "as pd"), readers[-1]),
    }


def press(notebook, where, turn):
    """Types an `x` at the place, or takes it back."""
    cell, (line, column), _ = where
    if turn % 2 == 0:
        notebook.change(cell, (line, column), (line, column), "x")
    else:
        notebook.change(cell, (line, column), (line, column + 1), "")


def keystrokes(client, notebook, where, count, warm=10, pause=PAUSE, marker=None, limit=60.0):
    """The seconds of `count` keystrokes. `marker` stands in the diagnostics while the name is misspelt; without
    one there are no others."""
    uri = notebook.cells[where[2]]
    # How many cells a server speaks of each time is found by typing twice and waiting.
    expected = []
    for turn in range(2):
        press(notebook, where, turn)
        client.wait_published(uri, turn == 0, marker, limit)
        expected.append(1 + client.quiet(0.7))
    times = []
    for turn in range(count + warm):
        press(notebook, where, turn)
        read = client.wait_published(uri, turn % 2 == 0, marker, limit)
        times.append(time.perf_counter() - client.sent)
        client.drain(expected[turn % 2] - read)
        time.sleep(pause)
    return times[warm:]
