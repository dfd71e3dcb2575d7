"""The hooks of .pre-commit-hooks.yaml, as pre-commit runs them from a clone.

pre-commit builds a hook's program, which takes minutes. So it is given the one that is built already, in a clone whose
hooks are the same but for their language; with --all it builds.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from merges import git
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]


def notebook(*sources):
    cells = [new_code_cell(source, id=f"cell-{number}", execution_count=number) for number, source in enumerate(sources, 1)]
    cells[0].outputs = [new_output("stream", text="shown\n")]
    return nbformat.writes(new_notebook(cells=cells)) + "\n"


def clone(cellwise, scratch, builds):
    """A repository with the hooks, and its commit."""
    hooks = scratch / "hooks"
    if builds:
        git(scratch, "clone", "--quiet", ROOT, hooks)
        return hooks
    hooks.mkdir()
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    text = text.replace("entry: cellwise", f"entry: {cellwise}").replace("language: rust", "language: system")
    (hooks / ".pre-commit-hooks.yaml").write_text(text)
    git(hooks, "init", "--quiet")
    git(hooks, "add", ".")
    git(hooks, "commit", "--quiet", "--message", "hooks")
    return hooks


def check(cellwise, _corpus, scratch, step, say):
    hooks = clone(cellwise, scratch, builds=step == 1)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, capture_output=True, text=True).stdout.strip()
    work = scratch / "work"
    work.mkdir()
    git(work, "init", "--quiet")
    broken, sound = work / "notebooks" / "broken.ipynb", work / "sound.ipynb"
    broken.parent.mkdir()
    broken.write_text(notebook("import os", "np.mean([len(os.name)])"))
    sound.write_text(notebook("x = 1", "print(x)"))
    (work / "other.py").write_text("undefined\n")

    environment = {**os.environ, "PRE_COMMIT_HOME": str(scratch / "home"), "PRE_COMMIT_COLOR": "never"}

    def run(hook, *arguments):
        # The configuration is that of README.md.
        config = f"repos:\n  - repo: {hooks}\n    rev: {commit}\n    hooks:\n      - id: {hook}\n"
        (work / ".pre-commit-config.yaml").write_text(config)
        git(work, "add", "--all")
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose", *arguments]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def expect(what, status, shown, told):
        complaints = [] if status == told[0] else [f"status {told[0]}: {told[1][-400:]}"]
        say(f"hooks: {what}", complaints + [f"`{one}` is not shown: {told[1][-400:]}" for one in shown if one not in told[1]])

    before = broken.read_text()
    expect("check finds", 1, ["broken.ipynb", "undefined-name"], run("cellwise-check"))
    expect("fix repairs and stops the commit", 1, ["files were modified"], run("cellwise-fix"))
    say("hooks: fix changes what it must", [] if "import numpy as np" in broken.read_text() and broken.read_text() != before else ["no import"])
    expect("fix is done once", 0, ["Passed"], run("cellwise-fix"))
    expect("check passes", 0, ["Passed"], run("cellwise-check"))
    expect("clean stops the commit", 1, ["files were modified"], run("cellwise-clean"))
    left = [one.outputs for path in (broken, sound) for one in nbformat.read(path, 4).cells]
    say("hooks: clean takes outputs out", ["outputs are left"] if any(left) else [])
    expect("clean is done once", 0, ["Passed"], run("cellwise-clean"))

    # As git starts it: a commit is stopped, and goes through once it is repaired.
    broken.write_text(before)
    run("cellwise-check")
    install = [sys.executable, "-m", "pre_commit", "install"]
    subprocess.run(install, cwd=work, env=environment, capture_output=True, check=True)
    os.environ["PRE_COMMIT_HOME"] = environment["PRE_COMMIT_HOME"]
    git(work, "add", "--all")
    stopped = git(work, "commit", "--quiet", "--message", "one", ok=False)
    subprocess.run([cellwise, "fix", broken], capture_output=True, check=False)
    git(work, "add", "--all")
    passed = git(work, "commit", "--quiet", "--message", "one", ok=False)
    say("hooks: a commit is stopped until it is repaired", [] if stopped and not passed else [f"{stopped}, {passed}"])
    shutil.rmtree(scratch / "home", ignore_errors=True)
