"""Conflicts as `git merge` leaves them in notebooks that we wrote, in each of its styles.

What `cellwise resolve --ours` and `--theirs` make of a file has an oracle: `git merge -X ours` and `-X theirs`, byte for
byte, where that is a notebook at all. Whatever is made is a notebook that nbformat finds valid, or the file stays.
"""

import copy
import json
import os
import subprocess

import nbformat
from fixed import complaint
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

STYLES = ["merge", "diff3", "zdiff3"]


def base():
    cells = [
        new_markdown_cell("# Prices\n\nOf a shop.", id="title"),
        new_code_cell("import os", id="imports", execution_count=1),
        new_code_cell("price = 2\ntax = 0.2\n", id="price", execution_count=2),
        new_code_cell("total = price * (1 + tax)\nprint(total)", id="total", execution_count=3),
        new_code_cell("total", id="shown", execution_count=4),
    ]
    cells[3].outputs = [new_output("stream", name="stdout", text="2.4\n")]
    cells[4].outputs = [new_output("execute_result", data={"text/plain": "2.4"}, execution_count=4)]
    notebook = new_notebook(cells=cells)
    notebook.metadata.language_info = {"name": "python", "version": "3.11.1"}
    return notebook


def line(text):
    """Another price."""

    def edit(notebook):
        notebook.cells[2].source = f"price = {text}\ntax = 0.2\n"

    return edit


def rerun(count, total):
    """What a run leaves: counts, and outputs, a stream and a result."""

    def edit(notebook):
        for number, cell in enumerate(notebook.cells[1:], count):
            cell.execution_count = number
        notebook.cells[3].outputs[0].text = f"{total}\n"
        notebook.cells[4].outputs[0].data["text/plain"] = total
        notebook.cells[4].outputs[0].execution_count = count + 3

    return edit


def insert(at, text, cell_id):
    def edit(notebook):
        notebook.cells.insert(at, new_code_cell(text, id=cell_id))

    return edit


def remove(at):
    return lambda notebook: notebook.cells.pop(at)


def version(number):
    def edit(notebook):
        notebook.metadata.language_info.version = number

    return edit


def both(*edits):
    def edit(notebook):
        for one in edits:
            one(notebook)

    return edit


SCENES = {
    "one line": (line(3), line(4)),
    "a line, and a run": (both(line(3), rerun(5, "3.6")), both(line(4), rerun(9, "4.8"))),
    "runs alone": (rerun(5, "2.40"), rerun(9, "2.4000")),
    "new cells at one place": (insert(3, "a = 1", "one"), insert(3, "b = 2\nb", "two")),
    "new cells at the end": (insert(5, "a = 1", "one"), insert(5, "b = 2\nb", "two")),
    "removed and changed": (remove(2), line(4)),
    "versions of Python": (version("3.11.9"), version("3.12.0")),
    "all at once": (
        both(line(3), rerun(5, "3.6"), insert(2, "x = 1", "one"), version("3.11.9")),
        both(line(4), rerun(9, "4.8"), insert(2, "y = 1", "two"), version("3.12.0")),
    ),
    "a line with marks in it": (line("'<<<<<<< HEAD'"), line("'=======\\n>>>>>>>'")),
}


def git(folder, *arguments, ok=True):
    # Nobody's own configuration, and no name of a person.
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if ok and done.returncode != 0:
        raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr}")
    return done.returncode


def write(path, notebook, indent):
    text = json.dumps(notebook, indent=indent, ensure_ascii=False, sort_keys=True, separators=(",", ": "))
    path.write_text(text + "\n")


def repository(folder, scene, indent):
    """With the branches `ours`, checked out, and `theirs`."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "start")
    path = folder / "a.ipynb"
    versions = [base(), base(), base()]
    for edit, notebook in zip(scene, versions[1:]):
        edit(notebook)
    for name, notebook in zip(["start", "theirs", "ours"], [versions[0], versions[2], versions[1]]):
        if name != "start":
            git(folder, "checkout", "--quiet", "-b", name, "start")
        write(path, split(notebook), indent)
        git(folder, "add", "a.ipynb")
        git(folder, "commit", "--quiet", "--message", name)
    return path


def split(notebook):
    """As nbformat writes it: texts in lines."""
    return json.loads(nbformat.writes(copy.deepcopy(notebook)))


def check(cellwise, _corpus, scratch, _step, say):
    conflicts = refused = 0
    for number, (name, scene) in enumerate(SCENES.items()):
        for style in STYLES:
            what = f"{name}, {style}"
            folder = scratch / f"{number}-{style}"
            path = repository(folder, scene, indent=1)
            oracles = {}
            for side in ["ours", "theirs"]:
                git(folder, "merge", "--quiet", "--no-commit", "-X", side, "theirs", ok=False)
                oracles[side] = path.read_bytes()
                git(folder, "reset", "--quiet", "--hard")
            git(folder, "-c", f"merge.conflictStyle={style}", "merge", "--quiet", "theirs", ok=False)
            conflicted = path.read_bytes()
            if b"\n<<<<<<<" not in conflicted:
                say(what, ["git found no conflict"])
                continue
            conflicts += 1
            found = subprocess.run([cellwise, "check", "--format", "json", path], capture_output=True, text=True).stdout
            rules = {one["rule"] for one in json.loads(found)}
            complaints = [] if "merge-conflict" in rules else ["no merge-conflict is found"]
            if "invalid-notebook" in rules:
                complaints.append("the file counts as broken")
            for side in ["ours", "theirs", "both"]:
                path.write_bytes(conflicted)
                done = subprocess.run([cellwise, "resolve", f"--{side}", path], capture_output=True, text=True)
                now = path.read_bytes()
                if done.returncode != 0:
                    refused += 1
                    print(f"{what}: --{side} is refused: {done.stderr.strip().splitlines()[0][-150:]}")
                    if now != conflicted:
                        complaints.append(f"--{side} is refused, and the file changed")
                    if side in oracles and not complaint(oracles[side].decode()):
                        complaints.append(f"--{side} is refused, and git made a notebook of it")
                    continue
                if side in oracles and now != oracles[side]:
                    complaints.append(f"--{side} is not what git merge -X {side} makes")
                invalid = complaint(path.read_text())
                if invalid:
                    complaints.append(f"--{side}: {invalid}")
            say(what, complaints)
    print(f"merges: {conflicts} conflicts of git, {refused} sides refused")
