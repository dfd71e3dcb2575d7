"""Makes mutants of notebooks that run clean: one thing wrong in each, at a place known.

Kinds: `delete-cell`, `move-up`, `move-down` (a code cell to another place),
`drop-import`, `drop-definition` (one top-level statement taken out of a cell),
`move-below` (a definition moved below the cell, or the statement, that needs it).

The same seed, count and corpus give the same mutants. Outputs are left out of
the files, execution counts stay: they tell in which order things once worked.
"""

import argparse
import ast
import copy
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from names import bound_by, names_of, needs_when_called
from notebooks import cache_folder, corpus_folder, python_lines, raw_cells, read_json, read_lines, source_of

KINDS = ("delete-cell", "move-up", "move-down", "drop-import", "drop-definition", "move-below")
# Where one kind has more candidates in a notebook than the others, this keeps the mix.
PER_KIND_AND_NOTEBOOK = 12


@dataclass
class Mutant:
    """A changed list of raw cells. `origin[i]` is the cell's index in the original,
    None where its text is not the original's; `cell` is the index, in the original,
    of the cell that was changed or moved."""

    kind: str
    cell: int
    detail: str
    cells: list
    origin: list


def clean_notebooks(corpus):
    """The paths of the notebooks marked clean."""
    return sorted(line["path"] for line in read_lines(corpus / "manifest.jsonl") if line["clean"])


def other_notebooks(corpus):
    """The paths of the other notebooks of format 4 that were executed to the end without a NameError."""
    manifest = {line["path"]: line for line in read_lines(corpus / "manifest.jsonl")}
    return sorted(
        line["path"]
        for line in read_lines(corpus / "truth.jsonl")
        if not manifest[line["path"]]["clean"]
        and manifest[line["path"]]["nbformat"][0] == 4
        and all(cell["ename"] != "NameError" and cell["status"] in ("ok", "error", "empty") for cell in line["cells"])
    )


def candidates(notebook):
    """Every mutant of a notebook that this module knows how to make, without repetitions."""
    cells = raw_cells(notebook)
    code = [i for i, raw in enumerate(cells) if raw.get("cell_type") == "code" and source_of(raw).strip()]
    seen = {_code_text(cells)}
    for mutant in [*_whole_cells(cells, code), *_statements(cells, code)]:
        text = _code_text(mutant.cells)
        if text not in seen:
            seen.add(text)
            yield mutant


def _code_text(cells):
    return tuple(source_of(raw) for raw in cells if raw.get("cell_type") == "code" and source_of(raw).strip())


def _whole_cells(cells, code):
    origin = list(range(len(cells)))
    for at in code:
        yield Mutant("delete-cell", at, "", cells[:at] + cells[at + 1 :], origin[:at] + origin[at + 1 :])
        for to in code:
            if to != at:
                moved, order = list(cells), list(origin)
                moved.insert(to, moved.pop(at))
                order.insert(to, order.pop(at))
                yield Mutant("move-up" if to < at else "move-down", at, f"to {to}", moved, order)


def _statements(cells, code):
    """Mutants of single top-level statements that bind something."""
    names = {at: names_of(source_of(cells[at])) for at in code}
    bodies = {}
    for at in code:
        for owner, read in names[at].bodies.items():
            bodies.setdefault(owner, set()).update(read)
    needs = {at: needs_when_called(names[at], bodies) for at in code}
    for at in code:
        source = source_of(cells[at])
        lines = source.split("\n")
        for statement, first, last in _removable(source):
            bound = bound_by(statement)
            if not bound:
                continue
            taken = "\n".join(lines[first:last])
            rest = "\n".join(lines[:first] + lines[last:])
            is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
            detail = ", ".join(sorted(bound))
            yield _changed(cells, "drop-import" if is_import else "drop-definition", at, detail, {at: rest})
            for later in code:
                if later > at and bound & needs[later]:
                    below = source_of(cells[later]).rstrip("\n") + "\n\n" + taken
                    # A cell magic owns its whole cell: what is put there would be no definition.
                    if not source_of(cells[later]).lstrip().startswith("%%"):
                        yield _changed(cells, "move-below", at, f"{detail} into {later}", {at: rest, later: below})
            end = _below_its_reader(source, statement, bound)
            if end is not None and end > last:
                moved = "\n".join(lines[:first] + lines[last:end] + [taken] + lines[end:])
                yield _changed(cells, "move-below", at, f"{detail} in the same cell", {at: moved})


def _removable(source):
    """(statement, first line, line after the last), 0-based, of the top-level
    statements that own their lines."""
    text = python_lines(source)
    # A line that only IPython understands is left alone: nothing binds there that stays.
    if not text:
        return
    own = source.split("\n")
    shown = text.split("\n")
    body = ast.parse(text).body
    for position, statement in enumerate(body):
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(item.lineno for item in decorators)]) - 1
        last = statement.end_lineno
        neighbours = body[max(0, position - 1) : position] + body[position + 1 : position + 2]
        shared = any(other.lineno - 1 < last and other.end_lineno > first for other in neighbours)
        definition = isinstance(
            statement,
            (
                ast.Import,
                ast.ImportFrom,
                ast.FunctionDef,
                ast.AsyncFunctionDef,
                ast.ClassDef,
                ast.Assign,
                ast.AnnAssign,
            ),
        )
        if definition and not shared and own[first:last] == shown[first:last]:
            yield statement, first, last


def _below_its_reader(source, statement, bound):
    """The line after the last statement of the same cell's next reader of the names, if any."""
    for other in ast.parse(python_lines(source)).body:
        if other.lineno > statement.end_lineno:
            read = {
                node.id for node in ast.walk(other) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            }
            if bound & read:
                return other.end_lineno
    return None


def _changed(cells, kind, at, detail, sources):
    new, origin = list(cells), list(range(len(cells)))
    for index, source in sources.items():
        new[index] = {**cells[index], "source": source.splitlines(keepends=True)}
        origin[index] = None
    return Mutant(kind, at, detail, new, origin)


def choose(mutants, rng):
    """At most PER_KIND_AND_NOTEBOOK of every kind, in an order that alternates between kinds."""
    piles = {kind: [] for kind in KINDS}
    for mutant in mutants:
        piles[mutant.kind].append(mutant)
    for pile in piles.values():
        rng.shuffle(pile)
        del pile[PER_KIND_AND_NOTEBOOK:]
    while any(piles.values()):
        for kind in KINDS:
            if piles[kind]:
                yield piles[kind].pop()


def without_outputs(notebook, cells):
    """The notebook as it is written: the given cells, no stored outputs."""
    written = []
    for raw in cells:
        raw = copy.copy(raw)
        if raw.get("cell_type") == "code":
            raw["outputs"] = []
        written.append(raw)
    return {**notebook, "cells": written}


def sample(corpus, paths, count, seed):
    """At most `count` mutants of the notebooks: one of each in turn, so that no
    notebook is more of the measure than it must."""
    queues = []
    for path in paths:
        notebook = read_json(corpus / path)
        rng = random.Random(f"{seed}:{path}")
        queues.append((path, notebook, choose(candidates(notebook), rng)))
    chosen = []
    while queues and len(chosen) < count:
        for queue in list(queues):
            path, notebook, mutants = queue
            mutant = next(mutants, None)
            if mutant is None:
                queues.remove(queue)
            elif len(chosen) < count:
                chosen.append((path, notebook, mutant))
    return chosen


def make(corpus, folder, count, wider, seed):
    """Writes `count` mutants of clean notebooks and `wider` of others below `folder`,
    with their list; returns the list."""
    chosen = sample(corpus, clean_notebooks(corpus), count, seed) + sample(corpus, other_notebooks(corpus), wider, seed)
    shutil.rmtree(folder / "notebooks", ignore_errors=True)
    (folder / "notebooks").mkdir(parents=True)
    lines = []
    for number, (path, notebook, mutant) in enumerate(chosen):
        name = f"notebooks/{number:05d}.ipynb"
        written = json.dumps(without_outputs(notebook, mutant.cells), ensure_ascii=False, indent=1)
        (folder / name).write_text(written + "\n", encoding="utf-8")
        lines.append(
            {
                "path": name,
                "original": path,
                "kind": mutant.kind,
                "cell": mutant.cell,
                "detail": mutant.detail,
                "origin": mutant.origin,
            }
        )
    listed = "".join(json.dumps(line) + "\n" for line in lines)
    written = folder / "mutants.jsonl"
    if not written.exists() or written.read_text(encoding="utf-8") != listed:
        # What happened to other mutants is no truth about these.
        for name in ("truth.jsonl", "complete"):
            (folder / name).unlink(missing_ok=True)
    written.write_text(listed, encoding="utf-8")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, default=corpus_folder())
    parser.add_argument("--cache", type=Path, default=cache_folder() / "mutants")
    parser.add_argument("--count", type=int, default=1500, help="mutants of notebooks marked clean")
    parser.add_argument("--wider", type=int, default=700, help="mutants of others that ran without a NameError")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    lines = make(options.corpus, options.cache, options.count, options.wider, options.seed)
    for kind in KINDS:
        print(f"{kind:16} {sum(line['kind'] == kind for line in lines)}")
    print(f"{len(lines)} mutants of {len({line['original'] for line in lines})} notebooks in {options.cache}")


if __name__ == "__main__":
    main()
