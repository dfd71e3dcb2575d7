"""Instructions a keystroke, which no other process disturbs."""

import re
import shutil

from report import progress, table, verdict
from strokes import opened, places, press, server

SIZES = (50, 5000)
FEW, MANY = 20, 120


def measure(tools, folder, options):
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return
    rows = []
    for place in places(50):
        counts = []
        for cells in SIZES:
            progress(f"{place}, {cells:,} cells")
            few, many = (whole_run(tools, folder, cells, place, strokes) for strokes in (FEW, MANY))
            counts.append((many - few) / (MANY - FEW))
        grown = counts[1] / counts[0]
        budget = "" if place.startswith("an import") else f"< 1.5 ×, {verdict(grown < 1.5)}"
        rows.append([place, *(f"{count:,.0f}" for count in counts), f"{grown:.2f} ×", budget])
    table(["instructions a keystroke", *(f"{cells:,} cells" for cells in SIZES), "ratio", "budget"], rows)
    print("The whole process, from the message's first byte to the last of the diagnostics.")


def whole_run(tools, folder, cells, place, strokes):
    """The instructions of a server that opens a notebook and is typed in so often."""
    out = folder / "callgrind.out"
    client, _ = server(tools, "cellwise", folder, ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"))
    _, notebook = opened(client, folder, cells, saved=False)
    where = places(cells)[place]
    uri = notebook.cells[where[2]]
    for turn in range(strokes):
        press(notebook, where, turn)
        client.wait_published(uri, turn % 2 == 0)
    client.quiet(1.0)
    client.ask("shutdown", None)
    client.send("exit", None)
    client.process.wait()
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(errors="replace"), re.MULTILINE)[1])
