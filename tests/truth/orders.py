"""Applies `order-cells` to every mutant and notebook, and runs what it makes of moved cells.

Wherever the action is offered, the new order must have no finding of the rules
about missing names. Where the mutant was a moved cell, every cell of the repaired
notebook must print, show and draw what it does in the original, run on the same
machine. Run as a command, this file is the half that runs notebooks: it takes a
list of jobs and appends one record a notebook.
"""

import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import shell
from execute import (
    CELL_SECONDS,
    NOTEBOOK_SECONDS,
    _without_network_where_possible,
    append,
    first_difference,
    in_child,
    in_copy_of,
    in_empty_folder,
    no_network,
)
from notebooks import read_cells, read_lines
from tools import CELLWISE_RULES, FILES_A_CALL

# One cell was moved; and, for comparison, one statement, which no order of the cells brings back.
WHOLE_CELLS = ("move-up", "move-down")
MOVED = (*WHOLE_CELLS, "move-below")
QUICK_SECONDS = 35

# What differs between two runs by nature: addresses, what `%time` and `%timeit` print, the time of day
# that statsmodels writes above a table. And the count of a result, which a notebook keeps beside it.
_BY_NATURE = (
    (re.compile(r"\b0x[0-9a-fA-F]{6,}\b"), "0x"),
    (re.compile(r"^(CPU times:|Wall time:|.* per loop).*$", re.MULTILINE), "(time)"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "(time)"),
    (re.compile(r"^Out\[\d+\]:", re.MULTILINE), "Out:"),
)


def normalised(text):
    for pattern, new in _BY_NATURE:
        text = pattern.sub(new, text)
    return text


# Running


class DrawingShell(shell.Shell):
    """A shell that keeps a digest of each figure before it closes it, as a page would show it."""

    drawn = ()

    def _close_figures(self):
        pyplot = sys.modules.get("matplotlib.pyplot")
        self.drawn = [_drawing(pyplot.figure(number)) for number in pyplot.get_fignums()] if pyplot else []
        super()._close_figures()


def _drawing(figure):
    try:
        figure.canvas.draw()
        return hashlib.sha256(bytes(figure.canvas.buffer_rgba())).hexdigest()[:16]
    except Exception as error:  # What cannot be drawn must fail to be drawn each time.
        return type(error).__name__


class Pass:
    """One notebook on its way from the top."""

    def __init__(self, sources):
        self.sources = sources
        self.shell = DrawingShell()
        self.records = []

    def step(self):
        number = len(self.records)
        outcome = self.shell.run(number, self.sources[number], CELL_SECONDS)
        self.records.append(
            {
                "status": outcome["status"],
                "error": f"{outcome['ename']}: {outcome['message']}",
                "stdout": outcome["stdout"],
                "results": "\n".join(outcome["results"]),
                "figures": self.shell.drawn,
            }
        )

    def finish(self):
        # After a cell that did not end, nothing is known of what the others would have found.
        while len(self.records) < len(self.sources) and not self.stopped:
            self.step()

    @property
    def stopped(self):
        return bool(self.records) and self.records[-1]["status"] == "timeout"


def run_again(job, out):
    """Runs an original alone, to see whether it does twice the same."""

    def work(_folder):
        second = Pass(job["original"])
        second.finish()
        append(out, {"key": key(job["original"], "again"), "cells": second.records})

    in_child(lambda: in_empty_folder(work), NOTEBOOK_SECONDS)


def run_job(job, out):
    """Runs an original, forking from it each order just before its first cell that stands elsewhere."""

    def work(folder):
        trunk = Pass(job["original"])
        waiting = defaultdict(list)
        for order in job["orders"]:
            waiting[first_difference(trunk.sources, order)].append(order)
        for number in range(len(trunk.sources) + 1):
            for order in waiting.pop(number, []):
                in_child(lambda order=order: in_copy_of(folder, lambda: branch(trunk, order)), NOTEBOOK_SECONDS)
            if number < len(trunk.sources) and not trunk.stopped:
                trunk.step()
        append(out, {"key": key(job["original"]), "cells": trunk.records})

    def branch(trunk, order):
        trunk.sources = order
        trunk.finish()
        append(out, {"key": key(order), "cells": trunk.records})

    in_child(lambda: in_empty_folder(work), NOTEBOOK_SECONDS * (1 + len(job["orders"])))


def key(sources, which=""):
    """Names a run by what is run."""
    return hashlib.sha256(json.dumps([sources, which]).encode()).hexdigest()[:24]


def main():
    parser = argparse.ArgumentParser(description="Runs notebooks in given orders of their cells.")
    parser.add_argument("jobs", type=Path, help="lines of `original` and `orders`: lists of cells' sources")
    parser.add_argument("out", type=Path, help="lines of `key` and `cells` are appended here")
    parser.add_argument("--again", action="store_true", help="run the originals alone")
    parser.add_argument("--seconds", type=float, default=3600, help="start no job after so long")
    options = parser.parse_args()
    _without_network_where_possible()
    end = time.monotonic() + options.seconds
    sys.stdin = open(os.devnull)
    os.dup2(sys.stdin.fileno(), 0)
    shell.TEXT_LIMIT = 1_000_000
    shell.warm()
    no_network()
    out = options.out.resolve()
    for job in read_lines(options.jobs):
        if time.monotonic() > end:
            return
        (run_again if options.again else run_job)(job, out)


# Measuring


def applied(binary, paths):
    """{path: line} of the notebooks where the action is offered, and what went wrong (a list)."""
    lines, complaints = {}, []
    for start in range(0, len(paths), FILES_A_CALL):
        batch = [str(path) for path in paths[start : start + FILES_A_CALL]]
        done = subprocess.run([str(binary), "order-cells", *batch], capture_output=True, text=True)
        if done.returncode:
            complaints.append(done.stderr.strip()[-300:])
        for line in map(json.loads, done.stdout.splitlines()):
            lines[Path(line["path"])] = line
    return lines, complaints


def code(cells):
    """The sources of the code cells that hold any, of [(kind, source)]."""
    return [source for kind, source in cells if kind == "code" and source.strip()]


def code_of(path):
    return code((cell.type, cell.source) for cell in read_cells(path))


def numbered(sources):
    """Cells told apart by text and, where two have the same, by which of them comes first."""
    seen = Counter()
    for source in sources:
        seen[source] += 1
        yield source, seen[source]


def moved_cells(before, after):
    """The fewest cells that must be taken out and put elsewhere to get from one order to the other:
    those that are not in a longest common run of cells. Cells of the same text are as good as each other."""
    longest = [0] * (len(after) + 1)
    for source in before:
        row = [0]
        for place, other in enumerate(after):
            row.append(longest[place] + 1 if source == other else max(longest[place + 1], row[-1]))
        longest = row
    return len(before) - longest[-1]


def differences(original, repaired, first, after):
    """The cells of the original, by their place, that have another outcome in the repaired notebook;
    with both outcomes. Cells whose text the mutant changed are no cells of the original."""
    outcomes = dict(zip(numbered(repaired), after))
    nothing = {"status": "not run"}
    return [
        (place, source, before, outcomes.get((source, nth), nothing))
        for place, ((source, nth), before) in enumerate(zip(numbered(original), first))
        if (source, nth) in set(numbered(repaired)) and before != outcomes.get((source, nth), nothing)
    ]


def measure(options, checks, written):
    """Applies the action, runs what it gives, and checks the claims."""
    listed = {options.mutants / line["path"]: line for line in read_lines(options.mutants / "mutants.jsonl")}
    corpus = [options.corpus / line["path"] for line in read_lines(options.corpus / "manifest.jsonl")]
    lines, complaints = applied(options.apply, [*listed, *(path for path in corpus if path.suffix == ".ipynb")])
    for complaint in complaints:
        print(f"apply_action complains: {complaint}")
    offered = {path: line for path, line in lines.items() if "cells" in line}
    _print_offers(listed, lines)
    findings = [
        (path, error) for path, line in offered.items() for error in line["errors"] if error["rule"] in CELLWISE_RULES
    ]
    for path, error in findings[:10]:
        print(f"  {path}: {error['rule']}: {error['message']}")
    checks.check(not complaints, "orders: the action could be asked everywhere")
    checks.check(
        offered and not findings, f"orders: {len(offered)} new orders have {len(findings)} findings of the rules"
    )
    moved = {path: listed[path] for path in offered if path in listed and listed[path]["kind"] in MOVED}
    if options.sample:
        chosen = random.Random(options.sample_seed).sample(sorted(moved), min(options.sample, len(moved)))
        moved = {path: moved[path] for path in chosen}
    written["orders"] = _measure_runs(options, checks, moved, offered)


def _print_offers(listed, lines):
    for kind in [*sorted({mutant["kind"] for mutant in listed.values()}), "corpus"]:
        own = [line for path, line in lines.items() if (listed[path]["kind"] if path in listed else "corpus") == kind]
        reasons = Counter(
            re.sub(r"`.*?`", "`…`", re.sub(r"cell \d+", "cell N", line["disabled"]))
            for line in own
            if "disabled" in line
        )
        print(f"{kind:16} offered {len(own) - reasons.total():4}  refused {reasons.total():4}")
        for reason, count in reasons.most_common():
            print(f"    {count:4} {reason}")


def _measure_runs(options, checks, moved, offered):
    original = {path: code_of(options.corpus / mutant["original"]) for path, mutant in moved.items()}
    repaired = {path: code((cell["kind"], cell["source"]) for cell in offered[path]["cells"]) for path in moved}
    moves = Counter()
    for path, mutant in moved.items():
        if mutant["kind"] in WHOLE_CELLS:
            moves[moved_cells(code_of(path), repaired[path])] += 1
    print("moves where one cell was moved: " + ", ".join(f"{n}: {count} times" for n, count in sorted(moves.items())))
    runs = _run(options, original, repaired)
    equal, changed, unlike, late, unrun, same = [], [], set(), set(), [], 0
    for path, mutant in sorted(moved.items()):
        first, again = runs.get(key(original[path])), runs.get(key(original[path], "again"))
        as_it_was = repaired[path] == original[path]
        # The original in its own order has been run a second time: that is the run of this one.
        after = again if as_it_was else runs.get(key(repaired[path]))
        if not options.sample and (first is None or again is None):
            late.add(mutant["original"])
        elif first is None or again is None:
            unrun.append(path)
        elif first != again or first[-1]["status"] == "timeout":
            unlike.add(mutant["original"])
        elif after is None:
            unrun.append(path)
        elif found := differences(original[path], repaired[path], first, after):
            changed.append((path, found))
        else:
            equal.append(path)
            same += as_it_was
    whole = {path for path, mutant in moved.items() if mutant["kind"] in WHOLE_CELLS}
    for label, paths in (("moved cells", whole), ("moved statements", moved.keys() - whole)):
        left_out = sum(moved[path]["original"] in unlike | late for path in paths)
        print(
            f"{label}: {len(paths)} repaired; {len(paths & set(equal))} with the original outputs,"
            f" {len(paths & {path for path, _ in changed})} with others, {left_out} left out,"
            f" {len(paths & set(unrun))} not run"
        )
    print(
        f"{same} of those with the original outputs have the original order; {len(unlike)} originals differ between two runs"
    )
    for path in sorted(late):
        print(f"  does not end in {NOTEBOOK_SECONDS} s: {path}")
    for path in sorted(unlike):
        print(f"  differs between two runs: {path}")
    for path, found in changed[: options.list or None]:
        mutant = moved[path]
        print(f"  {path.name}: cell {mutant['cell']} {mutant['kind']} {mutant['detail']} of {mutant['original']}")
        for place, source, before, after in found[:3]:
            print(f"      code cell {place}: {source.strip().splitlines()[0][:70]}")
            for part, value in before.items():
                if value != after.get(part):
                    print(f"          {part}: {str(value)[:100]!r} became {str(after.get(part))[:100]!r}")
    if not options.sample:
        checks.check(not unrun, f"orders: {len(unrun)} repaired notebooks could not be run")
    good, bad = len(whole & set(equal)), len(whole & {path for path, _ in changed})
    checks.check(
        good and not bad, f"orders: {good} notebooks with a moved cell give the original outputs again, {bad} others"
    )
    checks.check(all(count <= 1 for count in moves), "orders: one move repairs what one move broke")
    return {
        "equal": [path.name for path in equal],
        "changed": [path.name for path, _ in changed],
        "left_out": sorted(unlike),
        "moves": moves,
    }


def _run(options, original, repaired):
    """{key: outcomes} of originals, run twice, and of the orders; what has been run is not run again."""
    out = options.mutants / "orders.jsonl"
    known = {line["key"] for line in read_lines(out)} if out.exists() else set()
    jobs = {}
    for path in repaired:
        name = key(original[path])
        job = jobs.setdefault(name, {"original": original[path], "orders": []})
        order = repaired[path]
        if order != original[path] and key(order) not in known and order not in job["orders"]:
            job["orders"].append(order)
    first = [job for name, job in jobs.items() if job["orders"] or name not in known]
    # In a process of its own: addresses, the order of sets and what nobody seeded are others there.
    second = [job for job in jobs.values() if key(job["original"], "again") not in known]
    for todo, mode in ((first, []), (second, ["--again"])):
        if todo:
            listed = options.mutants / "orders-jobs.jsonl"
            listed.write_text("".join(json.dumps(job) + "\n" for job in todo), encoding="utf-8")
            limit = ["--seconds", str(QUICK_SECONDS / 2)] if options.sample else []
            subprocess.run([sys.executable, __file__, listed, out, *mode, *limit])
    runs = {}
    if out.exists():
        for line in read_lines(out):
            # The newest run of an original is the one that its newest orders were forked from.
            runs[line["key"]] = [
                {part: normalised(value) if isinstance(value, str) else value for part, value in cell.items()}
                for cell in line["cells"]
            ]
    return runs


if __name__ == "__main__":
    main()
