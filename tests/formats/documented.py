"""The documented examples of all rules and actions, rendered to each format: the same findings, the same refactorings.

An action is asked for as an editor does that opens the notebook as a text: by a server of its own, at the place in
the text where the example's cursor stands. What becomes of the text is read back, by jupytext where it wrote it, and
compared with what becomes of the raw JSON, and that with what the manual page shows.
"""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import nbformat
from editor import Editor
from writers import FORMATS

# A word that no example has, which stands where the cursor stands.
CURSOR = "Zcursor0Z"
# They look at the file's name, or at what no text has.
OF_FILES = {"invalid-notebook", "untitled-notebook", "large-output", "stored-output", "merge-conflict"}
DATABRICKS = "databricks"
# What is another thing there: `%run` runs notebooks, what is installed is the cluster's, `table` and `display` are given.
ELSEWHERE = {
    DATABRICKS: {
        "notebook-run": None,
        "undeclared-dependency": None,
        "declare-dependency": None,
        "order-cells": "table()",
        "move-to-module": "display(",
        # It keeps no tags, so the cell that `skip-execution` is for is run.
        "undefined-name": "train_for_days(",
        "unexecuted-cell": "train_for_days(",
    },
    "quarto": {"undefined-name": "train_for_days(", "unexecuted-cell": "train_for_days("},
    # A chunk of another language is no cell of Python's there.
    "rmarkdown": {"suppress": "%%html"},
}


def is_alike(finding, form):
    """Whether a finding means the same in a format. On Databricks `%run name` runs another notebook, in Jupyter a script;
    and a notebook's functions may be called by another, which binds what they read."""
    is_for_callers = finding["rule"] == "undefined-name" and "whoever calls this function" in finding["message"]
    return form != DATABRICKS or not (is_for_callers or finding["rule"] == "notebook-run")


def json_text(notebook):
    return nbformat.writes(notebook) + "\n"


def from_json(text):
    return [cell.source for cell in nbformat.reads(text, as_version=4).cells if cell.cell_type == "code"]


FORMS = {"json": (".ipynb", json_text, from_json), **FORMATS}


def documented(root):
    """The examples, as the library reads them from the manual pages."""
    command = ["cargo", "run", "--quiet", "--example", "documented"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    examples = [json.loads(line) for line in done.stdout.splitlines()]
    for example in examples:
        example["title"] = f"{example['name']}:{example['line']}"
    return examples


def as_notebook(example, cursor=None):
    """With a word at the cursor, if it is given: 1 is the start of what is selected, 2 its end."""
    cells = []
    for index, cell in enumerate(example["cells"]):
        text = cell["text"]
        if cursor and index == example["selection"][0]:
            at = example["selection"][cursor]
            text = text[:at] + CURSOR + text[at:]
        metadata = {"tags": cell["tags"]} if cell["tags"] else {}
        make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
        make = make.get(cell["kind"], nbformat.v4.new_raw_cell)
        cells.append(make(text, metadata=metadata, id=f"cell-{index}"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    if example["home"] == DATABRICKS:
        metadata["application/vnd.databricks.v1+notebook"] = {"language": "python"}
    if example["home"] == "colab":
        metadata["colab"] = {}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def code_of(cells):
    return [cell["text"] for cell in cells if cell["kind"] == "code"]


class Documented:
    def __init__(self, cellwise, repository, root, tally):
        self.cellwise, self.root, self.tally = cellwise, root, tally
        self.examples = documented(repository)
        self.skipped = Counter()

    def run(self):
        for example in self.examples:
            forms = self.forms(example)
            if example["is_action"]:
                self.actions(example, forms)
            else:
                self.findings(example, forms)
        for (form, reason), count in sorted(self.skipped.items()):
            print(f"{form}: {count} examples left out, {reason}")

    def forms(self, example):
        """In which forms the example can be written."""
        if example["client"]:
            self.skipped["all", "which are about editors that cannot change cells"] += 1
            return {}
        found = {}
        for name, (extension, write, read) in FORMS.items():
            if example["home"] and name not in ("json", example["home"]):
                self.skipped[name, "which are about another home of notebooks"] += 1
                continue
            if self.means_another(example, name):
                self.skipped[name, "which mean another thing there"] += 1
                continue
            text = write(as_notebook(example))
            if [own.rstrip("\n") for own in read(text)] != [own.rstrip("\n") for own in code_of(example["cells"])]:
                self.skipped[name, "whose code it does not keep"] += 1
                continue
            found[name] = (text, write, read, extension)
        return found

    def means_another(self, example, form):
        names = ELSEWHERE.get(form, {})
        word = names.get(example["name"], "")
        is_there = word is None or (word and any(word in cell["text"] for cell in example["cells"]))
        return example["name"] in names and is_there

    def folder(self, example, name, extension, text):
        """A project with the notebook and the files around it; gives the notebook's path."""
        root = self.root / "documented" / re.sub(r"\W", "-", example["title"]) / name
        path = root / Path(example["path"]).with_suffix(extension)
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8", newline="")
        for file, content in example["files"].items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(content, encoding="utf-8")
        settings = dict(example["settings"])
        if not example["is_action"]:
            settings["extend-select"] = [example["name"]]
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        (root / "cellwise.toml").write_text("\n".join(lines) + "\n")
        return root, path

    def findings(self, example, forms):
        found = {}
        for name, (text, _, _, extension) in forms.items():
            root, path = self.folder(example, name, extension, text)
            done = subprocess.run(
                [self.cellwise, "check", path, "--format", "json"], cwd=root, capture_output=True, text=True
            )
            if not done.stdout:
                raise SystemExit(f"{example['title']} as {name}: {done.stderr}")
            keys = ("rule", "cell", "line", "column", "end_line", "end_column", "message")
            found[name] = [one for one in json.loads(done.stdout) if one["rule"] not in OF_FILES]
        for name in forms:
            if name != "json":
                both = ([one for one in found[form] if is_alike(one, name)] for form in ("json", name))
                both = (sorted(str([one[key] for key in keys]) for one in side) for side in both)
                self.tally.judge(f"{name}: findings of examples", example["title"], *both)

    def actions(self, example, forms):
        results = {}
        for name, (text, write, read, extension) in forms.items():
            places = []
            for end in (1, 2):
                marked = write(as_notebook(example, end))
                at = marked.find(CURSOR)
                places.append(at if marked.replace(CURSOR, "") == text else -1)
            if -1 in places:
                self.skipped[name, "where the cursor cannot be placed"] += 1
                continue
            root, path = self.folder(example, name, extension, text)
            with Editor(self.cellwise, root, path) as editor:
                results[name] = outcome(editor, example, places, read)
        reference = results.pop("json", None)
        if reference is None:
            return
        for name, result in results.items():
            self.tally.judge(f"{name}: refactorings", example["title"], reference, result)
        if example["after"] and not any(cell["is_run"] for cell in example["cells"]):
            files = {path: text for path, text in example["after"]["files"].items()}
            expected = ["done", *code_of(example["after"]["cells"]), *map(str, sorted(files.items()))]
            self.tally.judge("json: refactorings as documented", example["title"], expected, reference)


def outcome(editor, example, places, read):
    """What becomes of the code cells and of the files around, or why nothing does."""
    own = [action for action in editor.actions(*places) if action["data"]["action"] == example["name"]]
    wanted = example["argument"]
    own = [action for action in own if wanted is None or action["data"]["argument"] == wanted]
    if not own:
        return ["not offered"]
    action = own[0]
    if action.get("disabled"):
        return ["disabled", action["disabled"]["reason"]]
    if example["choice"]:
        action["data"]["argument"] = example["choice"]
    text, files = editor.carried_out(action)
    if text is None:
        return ["refused", files]
    cells = [cell.rstrip("\n") for cell in read(text)]
    return [as_ipynb(one, editor.path) for one in ["done", *cells, *map(str, sorted(files.items()))]]


def as_ipynb(text, path):
    """Says of the notebook's file what is said of an `.ipynb`: a script is no name for a module beside it."""
    # A module of the same name in another folder is another file.
    own = rf"(?:(?<![/\w])|(?<=\b{re.escape(path.parent.name)}/)){re.escape(path.name)}\b"
    text = re.sub(own, f"{path.stem}.ipynb", text)
    return text.replace(f"{path.stem}_functions", path.stem)
