"""A notebook that jupytext pairs with a text, refactored in the text: cells that it leaves alone keep outputs and ids.

Each notebook is written as a text by jupytext, as it is, outputs and all staying behind. A cell of it is extracted to a
function, as an editor does that opened the text; then `cellwise fix` gathers its imports, puts its cells in order, and
what else it can. jupytext makes the notebook of the text again, as `jupytext --update` does. Where code that stands once in
the notebook and once in what became of the text, its outputs and its id are those that it had: as far as jupytext
keeps them where nothing was changed at all.
"""

import copy
import subprocess
from collections import Counter

import jupytext
import nbformat
from editor import Editor
from jupytext.combine import combine_inputs_with_outputs

# Quarto is not among them: jupytext needs Quarto's program for it.
FORMS = {
    "percent": ("py:percent", ".py"),
    "hydrogen": ("py:hydrogen", ".py"),
    "markdown": ("md:markdown", ".md"),
    "myst": ("md:myst", ".md"),
    "rmarkdown": ("Rmd:rmarkdown", ".Rmd"),
}


EXTRACT = "extract-cell-to-function"


class Paired:
    def __init__(self, cellwise, root, tally):
        self.cellwise, self.root, self.tally = cellwise, root, tally
        self.counts = Counter()

    def run(self, corpus, paths):
        for form, (written, extension) in FORMS.items():
            opened = {}
            for number, path in enumerate(paths):
                notebook = with_ids(corpus / path)
                if notebook is None:
                    self.counts[form, "notebooks that nbformat or jupytext refuses"] += 1
                    continue
                folder = self.root / form / f"n{number}"
                folder.mkdir(parents=True)
                text = folder / f"n{number}{extension}"
                try:
                    text.write_text(jupytext.writes(notebook, written), encoding="utf-8", newline="")
                    unchanged = updated(text, written, notebook)
                except Exception:  # noqa: BLE001  jupytext refuses some
                    self.counts[form, "notebooks that nbformat or jupytext refuses"] += 1
                    continue
                self.extract(form, text, notebook)
                opened[text] = path, notebook, unchanged
            if opened:
                command = ["fix", self.root / form, "--unsafe-fixes", "--hints", "--select", "all"]
                subprocess.run([self.cellwise, *command], capture_output=True)
            for text, (path, notebook, unchanged) in opened.items():
                self.compare(form, path, notebook, unchanged, updated(text, written, notebook))
        for (form, what), count in sorted(self.counts.items()):
            print(f"{form}: {count} {what}")

    def extract(self, form, text, notebook):
        """Makes a function of the first cell that can become one."""
        with Editor(self.cellwise, text.parent, text) as editor:
            for cell in code_of(notebook):
                if cell.source.count("\n") < 2 or editor.text.count(cell.source) != 1:
                    continue
                start = editor.text.find(cell.source)
                offered = editor.actions(start, start + len(cell.source))
                own = [one for one in offered if one["data"]["action"] == EXTRACT and not one.get("disabled")]
                after = editor.carried_out(own[0])[0] if own else None
                if after is not None:
                    text.write_text(after, encoding="utf-8", newline="")
                    self.counts[form, "cells extracted"] += 1
                    return

    def compare(self, form, path, notebook, unchanged, changed):
        had, kept, has = by_code(notebook), by_code(unchanged), by_code(changed)
        self.counts[form, "notebooks changed"] += kept.keys() != has.keys()
        alone = [code for code, own in had.items() if kept.get(code) == own and code in has]
        self.counts[form, "cells compared"] += len(alone)
        self.counts[form, "of them with outputs"] += sum(bool(had[code][1]) for code in alone)
        expected, got = ([str(cells[code]) for code in alone] for cells in (had, has))
        self.tally.judge(f"{form}: outputs and ids stay", path, expected, got)


def with_ids(path):
    """A notebook each of whose cells has an id."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # noqa: BLE001  whatever it is that cannot be read
        return None
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    # A text says in which language it is.
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    return notebook


def updated(text, written, notebook):
    """What `jupytext --update` makes of the text and the notebook that was there."""
    with open(text, encoding="utf-8", newline="") as file:
        inputs = jupytext.reads(file.read(), written)
    extension, _, name = written.partition(":")
    form = {"extension": f".{extension}", "format_name": name}
    return combine_inputs_with_outputs(inputs, copy.deepcopy(notebook), form)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def by_code(notebook):
    """Id and outputs of the code cells, by their code, where that stands there once."""
    times = Counter(cell.source.strip() for cell in code_of(notebook))
    own = {cell.source.strip(): (cell.id, cell.outputs) for cell in code_of(notebook)}
    return {code: found for code, found in own.items() if code and times[code] == 1}
