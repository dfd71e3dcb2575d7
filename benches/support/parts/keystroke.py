"""Keystroke → diagnostics."""

from client import TooSlow
from report import MS, median, percentile, progress, table, verdict
from strokes import keystrokes, opened, places, server

SIZES = (50, 500, 2000, 5000)
# The others are measured at fewer places and sizes: some take seconds.
PEERS = ("ty", "pylsp", "basedpyright")
PEER_SIZES = (50, 2000)
PEER_STROKES = 6
# As the name is written while it is misspelt; every server quotes it.
MISSPELT = b"cleanx_"


def measure(tools, folder, options):
    names = [name for name in ("cellwise", "ruff") if name in tools]
    figures = {}
    for run in range(options.runs):
        for count in SIZES:
            for name in names:
                progress(f"run {run + 1} of {options.runs}: {name}, {count:,} cells")
                client, _ = server(tools, name, folder)
                _, notebook = opened(client, folder, count)
                client.quiet(1.0)
                strokes = options.strokes if name == "cellwise" else max(10, options.strokes // 4)
                for place, where in places(count).items():
                    times = keystrokes(client, notebook, where, strokes, warm=4)
                    for share in (0.5, 0.9, 0.99):
                        figures.setdefault((place, count, name, share), []).append(percentile(times, share))
                client.end()
    rows = []
    for place in places(50):
        for count in SIZES:
            row = [place, f"{count:,}"]
            for name in names:
                row += [f"{median(figures[place, count, name, share]) * MS:.2f}" for share in (0.5, 0.9, 0.99)]
            ours, theirs = (median(figures[place, count, name, 0.5]) for name in names)
            rows.append([*row, f"{theirs / ours:.1f}×"])
    head = ["keystroke → diagnostics, ms", "cells"]
    for name in names:
        head += [f"{name} p50", "p90", "p99"]
    table([*head, "p50 ratio"], rows)
    for place in list(places(50))[:2]:
        p50 = {count: median(figures[place, count, "cellwise", 0.5]) for count in SIZES}
        print(f"budget, {place}: p50 ≤ 1 ms at 2,000 cells: {p50[2000] * MS:.2f} ms, {verdict(p50[2000] <= 0.001)}")
        grown = p50[5000] / p50[50]
        print(f"budget, {place}: p50 at 5,000 cells ≤ 2 × p50 at 50: {grown:.2f} ×, {verdict(grown <= 2)}")
    peers(tools, folder, figures)


def peers(tools, folder, figures):
    place = "a name in the middle"
    rows, troubles = [], []
    for name in PEERS:
        if name not in tools:
            continue
        row = [name]
        for count in PEER_SIZES:
            progress(f"{name}, {count:,} cells")
            client, _ = server(tools, name, folder)
            try:
                _, notebook = opened(client, folder, count)
                client.quiet(3.0)
                where = places(count)[place]
                times = keystrokes(client, notebook, where, PEER_STROKES, warm=1, marker=MISSPELT, limit=15.0)
                ours = median(figures[place, count, "cellwise", 0.5])
                row += [f"{median(times) * MS:.0f}", f"{median(times) / ours:.0f}×"]
            except TooSlow:
                row += ["none in 15 s", ""]
                if client.trouble:
                    troubles.append(f"{name} at {count:,} cells says: {client.trouble[:150]}")
            except SystemExit as error:
                row += [str(error)[:40], ""]
            client.end()
        rows.append(row)
    if rows:
        print()
        head = [f"{place}, ms"]
        for count in PEER_SIZES:
            head += [f"p50 at {count:,} cells", "ratio"]
        table(head, rows)
        print("\n".join(troubles))
