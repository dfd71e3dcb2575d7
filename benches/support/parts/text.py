"""Keystrokes in the raw JSON of a notebook of about 20 MB, most of it outputs, as Neovim has it in a buffer."""

import time

from report import MB, MS, median, percentile, table, verdict
from strokes import PAUSE, server
from texts import RawNotebook


def measure(tools, folder, options):
    rows, verdicts = [], []
    for broken in (0, 500):
        times, sizes = [], []
        for _ in range(options.runs):
            client, _ = server(tools, "cellwise", folder)
            notebook = RawNotebook(client, folder / f"raw{broken}.ipynb", 2000, 5000, broken)
            for turn in range(2 * options.strokes):
                time.sleep(PAUSE)
                took, size = notebook.type(turn)
                times.append(took)
                sizes.append(size)
            client.end()
        shares = [f"{percentile(times, share) * MS:.2f}" for share in (0.5, 0.9, 0.99)]
        rows.append([f"{notebook.size / MB:.1f} MB", f"{median(sizes) / 1e3:.0f} kB", *shares])
        p50 = percentile(times, 0.5)
        verdicts.append(f"budget: p50 ≤ 5 ms: {p50 * MS:.2f} ms, {verdict(p50 <= 0.005)}")
    table(["keystroke in raw JSON → diagnostics, ms", "of them", "p50", "p90", "p99"], rows)
    print("\n".join(verdicts))
