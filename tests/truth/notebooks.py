"""Reads notebooks of format 3 and 4, and shows a cell's source as plain Python.

Cells are counted among all cells, from 0, as `cellwise check` and truth.jsonl count them.
"""

import ast
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

# Cell magics whose body is Python that runs in the notebook's namespace.
PYTHON_CELL_MAGICS = {"time", "timeit", "capture", "prun"}
# Line magics whose argument is a Python statement of the notebook.
PYTHON_LINE_MAGICS = {"time", "timeit", "prun", "memit", "lprun"}
# Words that IPython takes for a magic without a percent sign.
AUTOMAGICS = {"ls", "cd", "pwd", "cat", "mkdir", "rm", "cp", "mv", "ll", "pylab", "matplotlib", "run", "load_ext"}

_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w.,\s]+=\s*)[!%].*$")
_LINE_MAGIC = re.compile(r"^(\s*)%(\w+)\s*(.*)$")


@dataclass(frozen=True)
class Cell:
    """One cell: its place among all cells, its type and its whole source."""

    index: int
    type: str
    source: str


def read_json(path):
    """The JSON of a notebook file; a byte order mark is allowed."""
    return json.loads(Path(path).read_text(encoding="utf-8-sig"))


def raw_cells(notebook):
    """The list of cell objects, in document order, of format 3 or 4."""
    if "cells" in notebook:
        return notebook["cells"]
    return [cell for sheet in notebook.get("worksheets", []) for cell in sheet.get("cells", [])]


def source_of(raw):
    """The source of a cell object; format 3 calls it `input`."""
    source = raw.get("source", raw.get("input", ""))
    return "".join(source) if isinstance(source, list) else source or ""


def read_cells(path):
    """All cells of a notebook file."""
    return [
        Cell(index, raw.get("cell_type", ""), source_of(raw)) for index, raw in enumerate(raw_cells(read_json(path)))
    ]


def read_lines(path):
    """The objects of a .jsonl file."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def cache_folder():
    """Where the environment and the mutants are kept: outside of the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cellwise"


def corpus_folder():
    """The corpus: $CELLWISE_CORPUS, or `shared/corpus` beside the repository (or its worktree)."""
    if "CELLWISE_CORPUS" in os.environ:
        return Path(os.environ["CELLWISE_CORPUS"])
    repository = Path(__file__).resolve().parents[2]
    return repository.parent / "shared" / "corpus"


def python_lines(source):
    """The source with every line that only IPython understands replaced by Python.

    Line numbers stay; columns of replaced lines do not. Returns None where the
    rest is no Python 3 (a cell in another language gives the empty module).
    """
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        words = lines[first][2:].split()
        if not words or words[0] not in PYTHON_CELL_MAGICS:
            return ""
        lines[first] = ""
    # One replacement a turn, at the line where the parser stops: a `%` inside
    # an expression or a string is never touched that way.
    for _ in range(len(lines) + 1):
        text = "\n".join(lines)
        try:
            ast.parse(text)
            return text
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            replaced = _replaced(lines, number)
            if not replaced:
                return None
        except ValueError:
            return None
    return None


def _replaced(lines, number):
    """Replaces the line, or the one above it, when it is IPython's; says whether it did."""
    for at in (number, number - 1):
        if 0 <= at < len(lines):
            new = _as_python(lines[at])
            if new is not None and new != lines[at]:
                # A magic may go on behind a backslash.
                while lines[at].rstrip().endswith("\\") and at + 1 < len(lines):
                    lines[at] = new
                    new, at = "", at + 1
                lines[at] = new
                return True
    return False


def _as_python(line):
    """The line as Python if it is a magic, a shell line or a help line, else None."""
    stripped = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    assigned = _ASSIGNED_MAGIC.match(line)
    if assigned:
        return assigned.group(1) + "None"
    magic = _LINE_MAGIC.match(line)
    if magic and magic.group(2) in PYTHON_LINE_MAGICS:
        try:
            ast.parse(magic.group(3))
            return indent + (magic.group(3) or "pass")
        except SyntaxError:
            return indent + "pass"
    if stripped[:1] in ("%", "!", "?") or stripped.endswith("?"):
        return indent + "pass"
    if not indent and stripped.split(" ")[0] in AUTOMAGICS:
        return "pass"
    return None
