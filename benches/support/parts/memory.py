"""Resident memory."""

from report import MB, median, table, verdict
from strokes import keystrokes, opened, places, server


def measure(tools, folder, options):
    rows = []
    for name in ("cellwise", "ruff"):
        seen = []
        for _ in range(options.runs):
            client, _ = server(tools, name, folder)
            client.quiet(0.5)
            idle = client.memory()
            if idle is None:
                print("skipped: this system does not tell how much memory a process uses")
                return
            made, notebook = opened(client, folder, 5000)
            client.quiet(3.0)
            full = client.memory()
            keystrokes(client, notebook, places(5000)["a name in the middle"], options.strokes, warm=0)
            seen.append((idle, full, client.memory()))
            client.end()
        idle, full, typed = (median(values) for values in zip(*seen))
        text = sum(len(text.encode()) for _, text in made)
        above = (full - idle) / text
        budget = f"idle ≤ 15 MB, {verdict(idle <= 15 * MB)}; ≤ 2 × text above idle, {verdict(above <= 2)}"
        rows.append(
            [name, f"{idle / MB:.1f}", f"{full / MB:.1f}", f"{typed / MB:.1f}", f"{text / MB:.2f}", f"{above:.1f} ×",
             budget if name == "cellwise" else ""]
        )  # fmt: skip
    head = ["resident memory, MB", "idle", "5,000 cells open", f"after {options.strokes} keystrokes", "text", "above idle"]
    table([*head, "budget"], rows)
