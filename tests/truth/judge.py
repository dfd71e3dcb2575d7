"""Judges findings against what happened: true, false alarm, neither or not to be told.

The rules are those of the corpus' README; see README.md here for the choices made.
"""

from dataclasses import dataclass, field

from classify import TRUTHS
from names import names_of, place_of

TRUE, FALSE_ALARM, NEITHER, UNTOLD = "true", "false alarm", "neither", "untold"


@dataclass
class Score:
    """What one tool did on some notebooks. Lists hold (path, cell, name, class or reason, line, note).

    `at_read` of the hits stand only at the read in a function's body, not at the call that failed.
    """

    hits: int = 0
    at_read: int = 0
    misses: list = field(default_factory=list)
    false_alarms: list = field(default_factory=list)
    untold: list = field(default_factory=list)
    neither: int = 0

    @property
    def precision(self):
        told = self.hits + len(self.false_alarms)
        return self.hits / told if told else None

    @property
    def recall(self):
        truths = self.hits + len(self.misses)
        return self.hits / truths if truths else None

    @property
    def strict_recall(self):
        """Recall when a finding must name the cell that fails."""
        truths = self.hits + len(self.misses)
        return (self.hits - self.at_read) / truths if truths else None

    def add(self, other):
        self.hits += other.hits
        self.at_read += other.at_read
        self.neither += other.neither
        for mine, more in (
            (self.misses, other.misses),
            (self.false_alarms, other.false_alarms),
            (self.untold, other.untold),
        ):
            mine.extend(more)


def covers(finding, cell, name):
    """Whether a finding predicts that `name` is missing when `cell` runs.

    A name that is missing in a function's body fails where the function is
    called: the finding may stand there, or at the read with the call among its
    related places.
    """
    return finding.name == name and (finding.cell == cell or cell in finding.related)


def covers_read(finding, name, kind, reads):
    """Whether a finding stands in the function's body whose call failed, and says that no
    cell binds the name: then it needs no call to be right. `reads` are the cells of that read."""
    return kind == "never-bound" and finding.name == name and finding.cell in reads


def score(path, sources, findings, truths, verdict):
    """The score of one notebook.

    `findings` are those that count (errors); `truths` maps (cell, name) to its
    class; `verdict(finding, place)` says of a finding that predicts no truth
    what it is, and why.
    """
    result = Score()
    names = {cell: names_of(source) for cell, source in sources.items()} if truths else {}
    predicted = set()
    for (cell, name), kind in sorted(truths.items()):
        reads = verdict.reads(cell, name, names)
        at_failure = {finding for finding in findings if covers(finding, cell, name)}
        at_read = {finding for finding in findings if covers_read(finding, name, kind, reads)}
        predicted |= at_failure | at_read
        if at_failure or at_read:
            result.hits += 1
            result.at_read += not at_failure
        else:
            result.misses.append((path, cell, name, kind, _reading_line(sources.get(cell, ""), name), ""))
    seen = set()
    for finding in findings:
        if finding in predicted:
            continue
        source = sources.get(finding.cell, "")
        place = place_of(source, finding.name, finding.line)
        what, why = verdict(finding, place)
        # One false alarm a name and cell, however often the name is read there.
        key = (finding.cell, finding.name, what)
        if key in seen:
            continue
        seen.add(key)
        item = (path, finding.cell, finding.name, why, _line(source, finding.line), finding.rule)
        if what == FALSE_ALARM:
            result.false_alarms.append(item)
        elif what == UNTOLD:
            result.untold.append(item)
        elif what == NEITHER:
            result.neither += 1
    return result


def bodies_that_read(cell, name, names):
    """The cells with a function that reads the name, where the failing cell does not read it itself."""
    if cell in names and name in names[cell].reads:
        return set()
    return {other for other, found in names.items() if name in found.later}


class Executed:
    """The verdict for a notebook of truth.jsonl, or of the mutants' truth.

    Records of mutants carry more: the failing line, and the names that each cell
    bound and unbound; where they are missing, less can be told.
    """

    def __init__(self, cells):
        self.cells = {cell["index"]: cell for cell in cells}
        self.truths = {(cell["index"], cell["name"]): cell["class"] for cell in cells if cell["class"] in TRUTHS}
        self.traced = any("bound" in cell for cell in cells)
        self._follow_names(cells)

    def _follow_names(self, cells):
        self.before, self.ever = {}, set()
        now = set()
        for cell in cells:
            self.before[cell["index"]] = set(now)
            now = (now | set(cell.get("bound", ()))) - set(cell.get("unbound", ()))
            self.ever |= now
        self.at_end = now

    def reads(self, cell, name, names):
        """The cells, other than the failing one, where the read may stand; a traced run knows it."""
        frame = self.cells[cell].get("frame_cell")
        return bodies_that_read(cell, name, names) if frame is None else {frame} - {cell}

    def __call__(self, finding, place):
        cell = self.cells.get(finding.cell)
        if cell is None:
            return FALSE_ALARM, "no code runs there"
        if cell["name"] == finding.name and cell["class"]:
            return NEITHER, cell["class"]
        if cell["status"] in ("timeout", "not_run"):
            return UNTOLD, cell["status"]
        if cell["status"] == "error" and not self._ran_past(cell, place):
            return UNTOLD, f"the cell failed ({cell['ename']})"
        if self.traced:
            return self._traced(finding, place)
        if place.in_body:
            return UNTOLD, "in a function's body"
        if place.on_branch:
            return UNTOLD, "on a path that need not be taken"
        return FALSE_ALARM, "the cell ran"

    def _traced(self, finding, place):
        there = finding.name in self.before[finding.cell]
        if place.in_body:
            if there and finding.name in self.at_end:
                return FALSE_ALARM, "in a function's body, and bound from then on"
            if finding.rule in ("undefined-name", "F821") and finding.name in self.ever:
                return FALSE_ALARM, "in a function's body, and a cell bound it"
            return UNTOLD, "in a function's body"
        if place.on_branch and not there:
            return UNTOLD, "on a path not taken"
        return FALSE_ALARM, "the cell ran"

    def _ran_past(self, cell, place):
        """Whether the statement at the place had ended when the cell failed."""
        line = cell.get("line")
        return bool(line and 0 < place.statement_end < line)


class SecondWitness:
    """The verdict for a notebook of names.jsonl."""

    def __init__(self, record):
        self.truths = {(item["cell"], item["name"]): item["class"] for item in record["names"]}
        self.unsure = {(item["cell"], item["name"]) for item in record["unsure"]}
        self.ran = set(record["ran"])

    def reads(self, cell, name, names):
        return bodies_that_read(cell, name, names)

    def __call__(self, finding, place):
        if (finding.cell, finding.name) in self.unsure:
            return NEITHER, "unsure"
        if finding.cell not in self.ran:
            return UNTOLD, "the cell was not run to its end"
        if place.in_body:
            return UNTOLD, "in a function's body"
        if any(cell == finding.cell and name in place.statement_names for cell, name in self.truths):
            # This run goes on with the next statement, not with the rest of the one that failed.
            return UNTOLD, "another name failed in its statement"
        return FALSE_ALARM, "the cell ran"


def _line(source, number):
    lines = source.split("\n")
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _reading_line(source, name):
    """The first line of a source that holds the name; the first line where none does (a call)."""
    lines = [line.strip() for line in source.split("\n") if line.strip()]
    return next((line for line in lines if name in line), lines[0] if lines else "")
