"""Many files."""

import os
import shutil
from pathlib import Path

import notebooks
from report import MB, median, progress, table, verdict
from runs import check_command, timed
from tools import ROOT

# Of those that are written in Python, and slow.
FEW = 20


def measure(tools, folder, options):
    made = folder / "generated"
    notebooks.write_folder(made, 1000)
    corpus = Path(os.environ.get("CELLWISE_CORPUS") or ROOT.parent / "shared" / "corpus")
    rows = []
    names = ("cellwise", "ruff")
    for what, place in (("1,000 generated", made), ("corpus", corpus)):
        if not place.is_dir():
            print(f"skipped: {what}, which is missing (set CELLWISE_CORPUS)")
            continue
        files = [path for path in place.rglob("*.ipynb") if path.is_file()]
        megabytes = sum(path.stat().st_size for path in files) / MB
        runs = {name: [] for name in names}
        for turn in range(options.runs * 3 + 1):
            for name in names:
                measured = timed(check_command(tools, name, place))
                # The first brings the files into memory.
                if turn > 0:
                    runs[name].append(measured)
        ours, theirs = ([median(values) for values in zip(*runs[name])] for name in names)
        ratio = theirs[0] / ours[0]
        rows.append(
            [f"{what}: {len(files):,} files, {megabytes:.0f} MB", f"{ours[0]:.3f}", f"{ours[1]:.3f}",
             f"{theirs[0]:.3f}", f"{theirs[1]:.3f}", f"{ratio:.2f}×", f"as fast as ruff, {verdict(ratio >= 1)}"]
        )  # fmt: skip
    table(["check, s", "cellwise wall", "user", "ruff wall", "user", "wall ratio", "budget"], rows)
    others(tools, folder, made)


def others(tools, folder, made):
    few = folder / "few"
    few.mkdir()
    for path in sorted(made.iterdir())[:FEW]:
        shutil.copy(path, few)
    files = sorted(few.iterdir())
    commands = {
        "cellwise check": check_command(tools, "cellwise", few),
        "nborder": [tools.get("nborder"), few],
        "pynblint": [tools.get("pynblint"), few],
        # Each time from new copies: it changes them.
        "nbstripout": [tools.get("nbstripout"), *files],
    }
    rows, ours = [], None
    for name, command in commands.items():
        if command[0] is None:
            continue
        progress(name)
        try:
            measured = [timed(command, accepted=range(256))[0] for _ in range(3)]
        except OSError as error:
            print(f"without {name}: {error}")
            continue
        wall = median(measured)
        ours = ours or wall
        rows.append([name, f"{wall:.3f}", f"{wall / FEW * 1000:.1f}", f"{wall / ours:.0f}×"])
    print()
    table([f"{FEW} of the generated files", "wall s", "ms a file", "ratio"], rows)
    print("nborder and pynblint have a few rules each, nbstripout cleans; `benches/compare-clean` compares it with `cellwise clean`.")
