"""Precision and recall of cellwise's rules about missing names, next to ruff's F821.

Parts: `executed` and `names` (the corpus' two witnesses), `mutants` (run by
execute.py), `clean` (no finding at all on notebooks that ran clean), `orders`
(what order-cells makes of moved cells, run), `unit` (the tests of these files).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import orders
import tools
from judge import Executed, Score, SecondWitness, score
from mutate import clean_notebooks
from notebooks import cache_folder, corpus_folder, read_cells, read_lines

PARTS = ("executed", "names", "mutants", "clean", "orders", "unit")
# What cellwise has to reach: (precision, recall).
GOALS = {"executed": (0.98, 0.95), "names": (0.98, 0.98), "mutants": (0.99, 0.99)}
MUTANTS_WANTED = 1000
APART = "unpingco"  # The repository that holds most truths of one kind; figures are given without it, too.


def part_records(part, corpus, mutants):
    """[(path, group, verdict)] of a part; the group is a line of its own in the table."""
    if part == "executed":
        return [
            (
                corpus / line["path"],
                "unpingco" if APART in line["path"] else "without unpingco",
                Executed(line["cells"]),
            )
            for line in read_lines(corpus / "truth.jsonl")
        ]
    if part == "names":
        return [
            (corpus / line["path"], "unpingco" if APART in line["path"] else "without unpingco", SecondWitness(line))
            for line in read_lines(corpus / "names.jsonl")
        ]
    if part == "mutants":
        if not (mutants / "truth.jsonl").exists():
            return []
        listed = {line["path"]: line for line in read_lines(mutants / "mutants.jsonl")}
        clean = set(clean_notebooks(corpus))

        def group(mutant):
            return ("of clean ones/" if mutant["original"] in clean else "of others/") + mutant["kind"]

        return [
            (mutants / line["path"], group(listed[line["path"]]), Executed(line["cells"]))
            for line in read_lines(mutants / "truth.jsonl")
            if line["path"] in listed
        ]
    return [(corpus / path, "", None) for path in clean_notebooks(corpus)]


def score_part(records, findings):
    """{group: Score} of one tool; errors alone count. A miss that was found at a lower severity says so."""
    scores = {}
    for path, group, verdict in records:
        sources = {cell.index: cell.source for cell in read_cells(path)}
        errors = [finding for finding in findings.get(path, []) if finding.severity == "error"]
        one = score(path, sources, errors, verdict.truths, verdict)
        one.misses = [_with_severity(item, findings.get(path, [])) for item in one.misses]
        scores.setdefault(group, Score()).add(one)
    return scores


def _with_severity(item, findings):
    path, cell, name, kind, line, _ = item
    softer = [found.severity for found in findings if found.name == name and found.cell == cell]
    return (path, cell, name, kind, line, f"reported as {softer[0]}" if softer else "")


def total(scores):
    """All groups together."""
    result = Score()
    for one in scores.values():
        result.add(one)
    return result


def parts_of(scores):
    """The groups by each of the words that name them: `of others/move-up` counts as both."""
    result = {}
    for group, one in scores.items():
        for word in group.split("/"):
            result.setdefault(word, Score()).add(one)
    return result


def show(value):
    return "   –" if value is None else f"{value:.3f}"


def print_table(part, scores, seconds, read):
    """One line a tool and group; `read` is a tool's score on the files that it does not reject."""
    for tool, groups in scores.items():
        rows = [("all", total(groups)), *sorted(parts_of(groups).items())]
        if tool in read:
            rows.append(("files it can read", read[tool]))
        for label, one in rows:
            print(
                f"{part:9} {tool:9} {label:17} precision {show(one.precision)}  recall {show(one.recall)}"
                f" (strict {show(one.strict_recall)})  hits {one.hits:4}  misses {len(one.misses):4}"
                f"  false alarms {len(one.false_alarms):4}"
                f"  untold {len(one.untold):4}  neither {one.neither:4}"
                + (f"  ({seconds[tool]:.1f} s)" if label == "all" else "")
            )


def print_list(title, items, base, limit):
    if not items:
        return
    print(f"\n{title}: {len(items)}")
    shown = items if limit is None else items[:limit]
    for path, cell, name, kind, line, note in sorted(shown, key=str):
        note = f" [{note}]" if note else ""
        print(f"  {os.path.relpath(path, base)}: cell {cell}: {name}: {kind}{note}\n      {line[:110]}")
    if len(shown) < len(items):
        print(f"  … and {len(items) - len(shown)} more (--list 0 shows all)")


class Checks:
    """Counts what passed and what failed, and says each."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, holds, text):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        print(f"{'ok  ' if holds else 'FAIL'} {text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    repository = Path(__file__).resolve().parents[2]
    default = os.environ.get("CELLWISE", repository / "target" / "release" / "cellwise")
    parser.add_argument("--cellwise", type=Path, default=Path(default))
    apply = os.environ.get("CELLWISE_APPLY", repository / "target" / "release" / "examples" / "apply_action")
    parser.add_argument("--apply", type=Path, default=Path(apply), help="the example apply_action, for orders")
    parser.add_argument("--sample", type=int, metavar="N", help="orders: run N of the repaired notebooks, briefly")
    parser.add_argument("--sample-seed", type=int, default=1, help="orders: which N")
    parser.add_argument("--ruff", default=str(Path(sys.executable).with_name("ruff")))
    parser.add_argument("--ruff-only", action="store_true", help="ruff's figures alone; no goal is checked")
    parser.add_argument("--corpus", type=Path, default=corpus_folder())
    parser.add_argument("--mutants", type=Path, default=cache_folder() / "mutants")
    parser.add_argument("--part", action="append", choices=PARTS, help="may be given more than once; all by default")
    parser.add_argument("--list", type=int, default=60, metavar="N", help="at most N lines a list; 0: all")
    parser.add_argument(
        "--show", action="append", choices=("cellwise", "ruff"), help="whose lists; cellwise by default"
    )
    parser.add_argument("--untold", action="store_true", help="list the findings that cannot be judged, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and lists to FILE")
    parser.add_argument("--fail-under-precision", type=float, help="in place of each part's own goal")
    parser.add_argument("--fail-under-recall", type=float, help="in place of each part's own goal")
    options = parser.parse_args()
    checks = Checks()
    if not options.corpus.is_dir():
        print("skipped: the corpus is missing (set CELLWISE_CORPUS)\n0 passed, 0 failed")
        return 0
    parts = options.part or list(PARTS)
    measured = bool(set(parts) - {"unit", "orders"})
    runs = (
        {} if options.ruff_only or not measured else {"cellwise": lambda paths: tools.cellwise(options.cellwise, paths)}
    )
    if runs and not (options.cellwise.is_file() or shutil.which(options.cellwise)):
        checks.check(False, f"cellwise is not at {options.cellwise} (--cellwise PATH; --ruff-only measures ruff alone)")
        runs = {}
    runs["ruff"] = lambda paths: tools.ruff(options.ruff, paths)
    written = {}
    for part in parts:
        measure(part, runs, options, checks, written)
    if options.json:
        options.json.write_text(json.dumps(written, indent=1, ensure_ascii=False, default=str), encoding="utf-8")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


def measure(part, runs, options, checks, written):
    """Runs the tools on one part, prints what they did, and checks the goals."""
    if part == "unit":
        print("\n== unit: the tests of these files", flush=True)
        tests = [sys.executable, "-m", "unittest", "discover", "-q", "-s", str(Path(__file__).parent)]
        checks.check(subprocess.run(tests).returncode == 0, "unit: the tests of these files")
        return
    if part == "orders":
        print("\n== orders: order-cells on mutants and corpus", flush=True)
        if not (options.mutants / "mutants.jsonl").exists():
            print("skipped: no mutants have been made (tests/truth/run orders)")
        elif not options.apply.is_file():
            checks.check(False, f"apply_action is not at {options.apply} (--apply PATH)")
        else:
            orders.measure(options, checks, written)
        return
    records = part_records(part, options.corpus, options.mutants)
    print(f"\n== {part}: {len(records)} notebooks")
    if not records:
        print("skipped: no mutants have been run (tests/truth/run mutants)")
        return
    scores, seconds, findings, read = {}, {}, {}, {}
    for tool, run in runs.items():
        began = time.monotonic()
        findings[tool], complaints = run([path for path, _, _ in records])
        seconds[tool] = time.monotonic() - began
        rejected = {path for path, _ in complaints if path}
        if complaints:
            print(f"{tool} rejects {len(rejected)} of them, for instance: {complaints[0][1]}"[:160])
        if part != "clean":
            scores[tool] = score_part(records, findings[tool])
        if rejected and part != "clean":
            read[tool] = total(score_part([record for record in records if record[0] not in rejected], findings[tool]))
    if part == "clean":
        measure_clean(findings, options, checks, written)
        return
    print_table(part, scores, seconds, read)
    limit = options.list or None
    base = options.mutants if part == "mutants" else options.corpus
    for tool in options.show or ["cellwise"]:
        if tool in scores:
            whole = total(scores[tool])
            print_list(f"{part}: missed by {tool}", whole.misses, base, limit)
            print_list(f"{part}: false alarms of {tool}", whole.false_alarms, base, limit)
            if options.untold:
                print_list(f"{part}: findings of {tool} that a run cannot judge", whole.untold, base, limit)
    written[part] = {
        tool: {group: as_json(one) for group, one in parts_of(groups).items()} for tool, groups in scores.items()
    }
    for tool, groups in scores.items():
        written[part][tool]["all"] = as_json(total(groups))
    if "cellwise" in scores:
        check_goals(part, scores["cellwise"], options, checks, len(records))


def check_goals(part, groups, options, checks, count):
    precision, recall = GOALS[part]
    precision = precision if options.fail_under_precision is None else options.fail_under_precision
    recall = recall if options.fail_under_recall is None else options.fail_under_recall
    print()
    # Without the one big repository the set is too small for a goal; its figures are in the table.
    whole = total(groups)
    checks.check((whole.precision or 0) >= precision, f"{part}: precision {show(whole.precision)} >= {precision}")
    checks.check((whole.recall or 0) >= recall, f"{part}: recall {show(whole.recall)} >= {recall}")
    if part == "mutants":
        checks.check(count >= MUTANTS_WANTED, f"mutants: {count} were run, {MUTANTS_WANTED} wanted")


def measure_clean(findings, options, checks, written):
    """A notebook that ran clean must have no error-level finding of these rules."""
    for tool, by_path in findings.items():
        errors = [
            (path, found.cell, found.name, found.rule, found.message, "")
            for path, items in by_path.items()
            for found in items
            if found.severity == "error"
        ]
        print(f"clean     {tool:9} {len(errors)} findings at error level")
        written.setdefault("clean", {})[tool] = errors
        if tool in (options.show or ["cellwise"]):
            print_list(f"clean: findings of {tool}", errors, options.corpus, options.list or None)
        if tool == "cellwise":
            checks.check(not errors, "clean: no finding at error level")


def as_json(one):
    return {
        "precision": one.precision,
        "recall": one.recall,
        "strict_recall": one.strict_recall,
        "hits": one.hits,
        "misses": one.misses,
        "false_alarms": one.false_alarms,
        "untold": one.untold,
        "neither": one.neither,
    }


if __name__ == "__main__":
    sys.exit(main())
