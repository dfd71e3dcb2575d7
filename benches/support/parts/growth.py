"""Whether memory grows with edits."""

from report import MB, progress, table
from strokes import opened, places, press, server

EDITS = 100_000
# So many are sent before the diagnostics of the last are awaited.
ROW = 50


def measure(tools, folder, options):
    edits = EDITS // 10 if options.quick else EDITS
    client, _ = server(tools, "cellwise", folder)
    if client.memory() is None:
        print("skipped: this system does not tell how much memory a process uses")
        return
    _, notebook = opened(client, folder, 2000)
    client.quiet(3.0)
    # All over the notebook, so that no cell is spared.
    cells = [at for at in range(2000) if at % 8 == 4]
    _, spot, _ = places(2000)["a name in the middle"]
    seen = {}
    for done in range(edits + 1):
        if done in (0, edits // 10, edits // 2, edits):
            client.quiet(0.5)
            seen[done] = client.memory()
            progress(f"{done:,} edits")
        where = (cells[done // ROW % len(cells)], spot, None)
        press(notebook, where, done)
        if done % ROW == ROW - 1:
            # The row ends with the name as it was; what is awaited is an answer, which comes after the edits.
            client.ask("textDocument/hover", {"textDocument": {"uri": notebook.cells[where[0]]},
                                              "position": {"line": 0, "character": 0}})  # fmt: skip
    client.end()
    row = ["cellwise", *(f"{memory / MB:.1f}" for memory in seen.values())]
    table(["resident memory, MB, after edits", *(f"{done:,}" for done in seen)], [row])
