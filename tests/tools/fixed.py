"""`cellwise fix` on every notebook of the corpus: it ends, it is done once, and nbformat takes what it took before."""

import collections
import json
import shutil
import subprocess
import warnings
from pathlib import Path

import nbformat

warnings.simplefilter("ignore")


def copies(corpus, target, step):
    """Every `step`th notebook of the corpus, each below a number, in its own name: rules read names, too."""
    files = sorted(corpus.rglob("*.ipynb"))[::step]
    copied = []
    for number, file in enumerate(files):
        folder = target / f"{number:04}"
        folder.mkdir()
        copied.append(folder / file.name)
        shutil.copyfile(file, copied[-1])
        copied[-1].chmod(0o644)
    return dict(zip(copied, files))


def state(path):
    """Whether nbformat reads a file, and whether what it reads is valid."""
    try:
        text = path.read_text(encoding="utf8")
        nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    except Exception:
        return "refused"
    return "loaded" if complaint(text) else "valid"


def complaint(text):
    """What nbformat has against what stands in a file, before it repairs anything; None where that is nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            nbformat.validate(json.loads(text))
        except Exception as error:
            return f"nbformat: {str(error)[:150]}"
    return None


ORDER = ["refused", "loaded", "valid"]


def run(cellwise, *arguments, folder):
    done = subprocess.run([cellwise, *arguments, "."], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1, 2) or "panicked" in done.stderr:
        raise RuntimeError(f"cellwise {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-500:]}")
    return done


def fixable(cellwise, folder, safeties):
    """What `check` still names a repair for."""
    found = json.loads(run(cellwise, "check", "--format", "json", folder=folder).stdout)
    return [one for one in found if one["fix"] and one["fix"]["safety"] in safeties]


def check(cellwise, corpus, scratch, step, say):
    """Fixes copies of the corpus in each way. `say` is told of each file that came out right or wrong."""
    for arguments, safeties in [(["fix", "--hints"], ["safe"]), (["fix", "--hints", "--unsafe-fixes"], ["safe", "unsafe"])]:
        name = " ".join(arguments)
        folder = scratch / name.replace(" ", "")
        folder.mkdir()
        sources = copies(corpus, folder, step)
        before = {path: state(path) for path in sources}
        first = run(cellwise, *arguments, folder=folder)
        once = {path: path.read_bytes() for path in sources}
        again = run(cellwise, *arguments, folder=folder)
        say(f"{name}: done once", [] if "Nothing to repair." in again.stderr else [again.stderr[-200:]])
        remaining, refused = {}, collections.Counter()
        for one in fixable(cellwise, folder, safeties):
            # A hint, and what a person should look at, names the action; that refuses where it would change a meaning,
            # and where it writes another file it is for an editor.
            if one["severity"] == "hint" or one["fix"]["safety"] == "unsafe":
                refused[one["rule"]] += 1
            else:
                remaining.setdefault((folder / one["path"]).resolve(), []).append(one)
        changed = better = 0
        for path, source in sources.items():
            complaints = []
            if path.read_bytes() != once[path]:
                complaints.append("a second run changes it again")
            after = state(path)
            if ORDER.index(after) < ORDER.index(before[path]):
                complaints.append(f"nbformat: {before[path]} before, {after} after")
            for one in remaining.get(path.resolve(), []):
                complaints.append(f"{one['rule']} in cell {one['cell']} is still offered: {one['fix']['title']}")
            changed += once[path] != source.read_bytes()
            better += ORDER.index(after) > ORDER.index(before[path])
            say(f"{name}: {source.relative_to(corpus)}", complaints)
        print(f"{name}: {len(sources)} notebooks, {changed} changed, {better} better for nbformat than before")
        print(f"  {first.stderr.strip().splitlines()[-1]} Refused: {dict(refused.most_common())}")
