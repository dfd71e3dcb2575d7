"""Answers while the workspace is read in the background."""

import time

import notebooks
from report import MS, percentile, progress, table
from strokes import keystrokes, opened, places, server

NOTEBOOKS = 10_000
TOKEN = b'"cellwise/index"'


def measure(tools, folder, options):
    count = NOTEBOOKS // 10 if options.quick else NOTEBOOKS
    workspace = folder / "workspace"
    progress(f"writing {count:,} notebooks")
    notebooks.write_folder(workspace, count)
    client, _ = server(tools, "cellwise", workspace)
    # A thousand are read before anybody looks.
    client.keep = TOKEN
    client.quiet(0.3)
    started = time.perf_counter()
    _, notebook = opened(client, workspace, 200)
    where = places(200)["a name in the middle"]
    # What the workspace adds to the notebook's findings is no answer to a keystroke.
    client.quiet(1.0)
    during = keystrokes(client, notebook, where, 100, warm=2, pause=0.02)
    is_over = told(client, b'"end"')
    # What is read before the client has allowed progress is read without any.
    while not told(client, b'"end"') and time.perf_counter() - started < (300 if told(client, b'"begin"') else 5):
        client.quiet(0.5)
    took = time.perf_counter() - started
    ended, began = told(client, b'"end"'), told(client, b'"begin"')
    is_over |= not began
    reports = len(client.kept)
    after = keystrokes(client, notebook, where, 100, warm=2, pause=0.02)
    memory = client.memory()
    client.end()
    rows = [
        ["while they are read" + (" (it ended before)" if is_over else ""), *shares(during)],
        ["afterwards", *shares(after)],
    ]
    table([f"keystroke → diagnostics beside {count:,} notebooks, ms", "p50", "p90", "p99"], rows)
    how = f"read in {took:.1f} s" if ended else f"not read after {took:.1f} s" if began else "read before progress was asked for"
    print(f"{how}, with {reports} reports of progress; then {memory / 1e6:.0f} MB resident")


def told(client, kind):
    return any(kind in body for body in client.kept)


def shares(times):
    return [f"{percentile(times, share) * MS:.2f}" for share in (0.5, 0.9, 0.99)]
