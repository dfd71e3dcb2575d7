"""Start, first diagnostics, code actions."""

import time

from report import MS, median, percentile, table, verdict
from strokes import opened, places, press, server


def measure(tools, folder, options):
    names = ("cellwise", "ruff")
    start, first, action = ({name: [] for name in names} for _ in range(3))
    runs = options.runs * 5
    for _ in range(runs):
        for name in names:
            client, took = server(tools, name, folder)
            start[name].append(took)
            client.end()
    for _ in range(runs):
        for name in names:
            client, _ = server(tools, name, folder)
            client.quiet(0.2)
            at = places(5000)["a name in the middle"][0]
            _, notebook = opened(client, folder, 5000, broken=at)
            client.wait_published(notebook.cells[at], found=True)
            first[name].append(time.perf_counter() - client.sent)
            client.end()
    for name in names:
        client, _ = server(tools, name, folder)
        _, notebook = opened(client, folder, 2000)
        client.quiet(1.0)
        where = places(2000)["a name at the end"]
        press(notebook, where, 0)
        client.quiet(1.0)
        cell, (line, column), _ = where
        for _ in range(options.strokes):
            client.ask(
                "textDocument/codeAction",
                {
                    "textDocument": {"uri": notebook.cells[cell]},
                    "range": {"start": {"line": line, "character": 0}, "end": {"line": line, "character": column}},
                    "context": {"diagnostics": []},
                },
            )
            action[name].append(time.perf_counter() - client.sent)
        client.end()
    rows = []
    for what, figures, budget in (
        ("start → initialize answered", start, 0.010),
        ("open 5,000 cells → first diagnostics", first, 0.100),
        ("code actions at the end of 2,000 cells", action, 0.010),
    ):
        ours, theirs = (median(figures[name]) for name in names)
        worst = percentile(figures["cellwise"], 0.9)
        rows.append(
            [what, f"{ours * MS:.2f}", f"{worst * MS:.2f}", f"{theirs * MS:.2f}", f"{theirs / ours:.1f}×",
             f"≤ {budget * MS:.0f} ms, {verdict(ours <= budget)}"]
        )  # fmt: skip
    table(["ms", "cellwise p50", "p90", "ruff p50", "ratio", "budget"], rows)
