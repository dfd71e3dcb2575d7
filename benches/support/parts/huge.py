"""One very large notebook."""

import shutil

import notebooks
from report import MB, median, table
from runs import check_command, timed


def measure(tools, folder, options):
    path = folder / "huge.ipynb"
    if shutil.disk_usage(folder).free < 1 << 30:
        print("skipped: less than 1 GB is free for a file of 500 MB")
        return
    size = notebooks.write(path, notebooks.cells(100), 2_800_000)
    commands = {name: check_command(tools, name, path) for name in ("cellwise", "ruff")}
    runs = {name: [] for name in commands}
    for _ in range(options.runs):
        for name, command in commands.items():
            runs[name].append(timed(command))
    rows = []
    for name, measured in runs.items():
        wall, user, memory = (median(values) for values in zip(*measured))
        rows.append([name, f"{wall:.2f}", f"{user:.2f}", f"{memory / MB:.0f}"])
    table([f"one notebook of {size / MB:.0f} MB, nearly all outputs", "wall s", "user s", "peak memory, MB"], rows)
