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
    client.quiet(0.3)
    client.keep = TOKEN
    started = time.perf_counter()
    _, notebook = opened(client, workspace, 200)
    where = places(200)["a name in the middle"]
    during = keystrokes(client, notebook, where, 100, warm=2, pause=0.02)
    is_over = any(b'"end"' in body for body in client.kept)
    while not any(b'"end"' in body for body in client.kept) and time.perf_counter() - started < 300:
        client.quiet(0.5)
    took = time.perf_counter() - started
    ended = any(b'"end"' in body for body in client.kept)
    reports = len(client.kept)
    after = keystrokes(client, notebook, where, 100, warm=2, pause=0.02)
    memory = client.memory()
    client.end()
    rows = [
        ["while they are read" + (" (it ended before)" if is_over else ""), *shares(during)],
        ["afterwards", *shares(after)],
    ]
    table([f"keystroke → diagnostics beside {count:,} notebooks, ms", "p50", "p90", "p99"], rows)
    print(f"{'read in' if ended else 'not read after'} {took:.1f} s with {reports} reports of progress; then {memory / 1e6:.0f} MB resident")


def shares(times):
    return [f"{percentile(times, share) * MS:.2f}" for share in (0.5, 0.9, 0.99)]
