"""Findings and repairs in every format against those in the .ipynb."""

import json
import os
import re
import subprocess
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import nbformat
from documented import Documented, is_alike
from paired import Paired
from writers import FORMATS

# They look at the file or at outputs.
IGNORED = "invalid-notebook,untitled-notebook,large-output,stored-output,merge-conflict"
# Lines of prose that mean something in one of the formats.
MARKS = re.compile(r"```|~~~|<!--|^\+\+\+|^---|^# %%|%%|COMMAND|\"\"\"|'''", re.MULTILINE)

# jupytext indents the marker of a cell whose code is indented; to VS Code, Spyder and Cellwise that is a comment.
INDENTED = re.compile(r"^[ \t]+# %%", re.MULTILINE)



def main(options, cellwise, repository, corpus):
    tally = Tally(options)
    with tempfile.TemporaryDirectory() as folder:
        if options.patched:
            patched(repository, corpus, Path(folder), tally)
            return tally.told()
        if options.paired:
            Paired(cellwise, Path(folder), tally).run(corpus, notebooks(corpus, options))
            return tally.told()
        Documented(cellwise, repository, Path(folder), tally).run()
        if options.documented:
            pass
        elif corpus.exists():
            comparison = Comparison(options, cellwise, Path(folder), tally)
            comparison.write(corpus)
            comparison.findings()
            comparison.repairs()
        else:
            print(f"skipped: there is no {corpus}")
    return tally.told()


def patched(repository, corpus, folder, tally):
    """nbformat thinks of a file after an edit what it thought of it before."""
    environment = dict(os.environ, CELLWISE_KEEP_PATCHED=str(folder))
    command = ["cargo", "test", "--quiet", "--test", "patches", "every_edit"]
    subprocess.run(command, cwd=repository, env=environment, check=True, stdout=subprocess.DEVNULL)
    # Names of files hold `--`, too, so the way back is looked up.
    paths = {str(path.relative_to(corpus)).replace("/", "--"): path for path in corpus.rglob("*.ipynb")}
    for own in sorted(folder.iterdir()):
        before = opinion(paths[own.name])
        for path in sorted(own.iterdir()):
            tally.judge(f"{path.stem}: nbformat reads it", own.name, [before], [opinion(path)])


def opinion(path):
    """How nbformat reads a file: rightly, with something that is not as it should be, or not at all."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
            nbformat.validate(notebook)
    except nbformat.ValidationError:
        return "invalid"
    except Exception as error:  # noqa: BLE001  whatever it is, it is compared
        return type(error).__name__
    return "valid"


class Tally:
    """What was alike, and what was not."""

    def __init__(self, options):
        self.options = options
        self.passed, self.failed = Counter(), Counter()

    def judge(self, what, title, expected, got):
        if expected == got:
            self.passed[what] += 1
            return
        self.failed[what] += 1
        if self.options.list or self.failed[what] <= 2:
            print(f"{what}: {title}")
            missing, besides = Counter(expected) - Counter(got), Counter(got) - Counter(expected)
            for word, some in [("missing", missing), ("besides", besides)]:
                for one in list(some)[:3]:
                    print(f"   {word} {one[:300]!r}")

    def told(self):
        for what in sorted({*self.passed, *self.failed}):
            print(f"{what}: {self.passed[what]} alike, {self.failed[what]} not")
        # To have compared nothing is no success.
        failed = sum(self.failed.values()) + (not self.passed)
        print(f"{sum(self.passed.values())} passed, {failed} failed")
        return 1 if failed else 0


class Comparison:
    def __init__(self, options, cellwise, root, tally):
        self.options, self.cellwise, self.root, self.tally = options, cellwise, root, tally
        self.paths, self.texts = {}, {name: {} for name in FORMATS}

    def write(self, corpus):
        """Every notebook in every format that keeps its code."""
        for name in ["ipynb", *FORMATS]:
            (self.root / name).mkdir()
        for number, path in enumerate(notebooks(corpus, self.options)):
            stem = f"n{number}"
            try:
                notebook = plain(corpus / path)
                # Each has a folder of its own: an import that is added is the one that its neighbours write.
                (self.root / "ipynb" / stem).mkdir()
                nbformat.write(notebook, self.root / "ipynb" / stem / f"{stem}.ipynb")
            except Exception:  # noqa: BLE001  nbformat refuses what Cellwise reads
                continue
            self.paths[stem] = path
            wanted = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            for name, (extension, write, read) in FORMATS.items():
                try:
                    text = write(notebook)
                    kept = read(text) == wanted and not INDENTED.search(text)
                except Exception:  # noqa: BLE001  jupytext refuses some, too
                    kept = False
                if kept:
                    (self.root / name / stem).mkdir()
                    self.texts[name][stem] = self.root / name / stem / f"{stem}{extension}"
                    self.texts[name][stem].write_text(text, encoding="utf-8", newline="")
        for name in FORMATS:
            lost = len(self.paths) - len(self.texts[name])
            print(f"{name}: {lost} notebooks left out, whose code it does not keep")

    def findings(self):
        for name in FORMATS:
            # Code that is repeated in another notebook is told of where both are there.
            expected, found = (self.check(folder, self.texts[name], name) for folder in ("ipynb", name))
            for stem in self.texts[name]:
                both = expected.get(stem, []), found.get(stem, [])
                self.tally.judge(f"{name}: findings", self.paths[stem], *map(sorted, both))

    def check(self, name, stems, form):
        """The places of what was found, by notebook, without what means another thing in a format."""
        folders = [self.root / name / stem for stem in stems]
        command = [self.cellwise, "check", *folders, "--select", "all", "--ignore", IGNORED, "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if not done.stdout:
            raise SystemExit(done.stderr)
        found = {}
        for item in json.loads(done.stdout):
            if not is_alike(item, form):
                continue
            place = [item[key] for key in ("rule", "cell", "line", "column", "end_line", "end_column")]
            found.setdefault(Path(item["path"]).stem, []).append(str(place))
        return found

    def repairs(self):
        """The code after all repairs, read back."""
        refused = {}
        for name in ["ipynb", *FORMATS]:
            command = [self.cellwise, "fix", self.root / name, "--unsafe-fixes", "--hints", "--select", "all", "--ignore", IGNORED]
            done = subprocess.run(command, capture_output=True, text=True)
            # A text without any cell would be no notebook.
            refused[name] = [Path(path).stem for path in re.findall(r"error: (.*) is not repaired: ", done.stderr)]
        expected = {}
        for stem in self.paths:
            notebook = nbformat.read(self.root / "ipynb" / stem / f"{stem}.ipynb", as_version=4)
            expected[stem] = [cell.source.rstrip("\n") for cell in notebook.cells if cell.cell_type == "code"]
        for name, (_, _, read) in FORMATS.items():
            print(f"{name}: {len(refused[name])} notebooks are not repaired, and stay as they are")
            for stem, path in self.texts[name].items():
                if stem in refused[name]:
                    continue
                with open(path, encoding="utf-8", newline="") as file:
                    got = [text.rstrip("\n") for text in read(file.read())]
                self.tally.judge(f"{name}: repairs", self.paths[stem], expected[stem], got)


def notebooks(corpus, options):
    lines = (corpus / "manifest.jsonl").read_text().splitlines()
    known = [json.loads(line) for line in lines]
    known = [one for one in known if one["kind"] == "ipynb" and one["language"] == "python"]
    known = [one["path"] for one in known if (one["nbformat"] or [0])[0] == 4]
    return known if options.all else known[::7]


def plain(path):
    """A notebook with nothing that a text cannot hold: no outputs, no counts, prose that is one cell in all formats."""
    notebook = nbformat.read(path, as_version=4)
    cells = []
    for cell in notebook.cells:
        # jupytext takes blank lines off the end of cells, and Windows' line ends.
        text = cell.source.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        if cell.cell_type == "code":
            tags = cell.metadata.get("tags")
            cells.append(nbformat.v4.new_code_cell(text, metadata={"tags": tags} if tags else {}))
        elif not cells or cells[-1].cell_type == "code":
            text = "\n".join(line.rstrip() for line in text.split("\n") if line.strip() and not MARKS.search(line))
            cells.append(nbformat.v4.new_markdown_cell(text.strip() or "prose"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
