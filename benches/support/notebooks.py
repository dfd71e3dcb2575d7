"""Notebooks for measurements, made of cells.py.txt; mod.rs makes the same for the benchmarks in Rust."""

import json
from pathlib import Path

TEMPLATE = Path(__file__).with_name("cells.py.txt")


def cells(count):
    """The (kind, text) of `count` cells: an import cell, then sections that use it, the one before and themselves."""
    blocks = TEMPLATE.read_text().removeprefix("# %%").split("\n# %%")
    (_, first), *section = [block.split("\n", 1) for block in blocks]
    made = [("code", first)]
    k = 0
    while len(made) < count:
        k += 1
        for mark, text in section:
            kind = "markdown" if mark.strip() == "[markdown]" else "code"
            made.append((kind, text.rstrip().replace("@k", str(k)).replace("@p", str(k - 1))))
    return made[:count]


def write(path, made, output_bytes=0):
    """Writes a notebook as Jupyter does; every code cell has printed `output_bytes` of text and an image as large."""
    line = "0.125  0.250  0.500  north  2024-01-01\n"
    printed = [line] * (output_bytes // len(line))
    image = "iVBORw0KGgo" * (output_bytes // 11)
    with path.open("w") as file:
        file.write('{\n "cells": [\n')
        for at, (kind, text) in enumerate(made):
            cell = {"cell_type": kind, "id": f"cell-{at}", "metadata": {}, "source": text.splitlines(keepends=True)}
            if kind == "code":
                cell["execution_count"] = at + 1
                cell["outputs"] = [
                    {"output_type": "stream", "name": "stdout", "text": printed},
                    {"output_type": "display_data", "metadata": {}, "data": {"image/png": image}},
                ]
            file.write(("" if at == 0 else ",\n") + json.dumps(cell, indent=1))
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        rest = {"metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        file.write("\n ],\n" + json.dumps(rest, indent=1).removeprefix("{\n") + "\n")
    return path.stat().st_size


def write_folder(folder, count):
    """`count` notebooks of 10 to 60 cells with small outputs; every fifth has a name that nothing binds."""
    folder.mkdir(parents=True)
    for number in range(count):
        made = cells(10 + number * 7 % 51)
        if number % 5 == 0:
            made[1] = ("code", f"print(missing_{number})")
        write(folder / f"notebook_{number:04}.ipynb", made, 400)
