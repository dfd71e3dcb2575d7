"""Runs every mutant from the top in fresh state, and records what became of each code cell.

One process loads the libraries. For each original a *trunk* is forked from it
that runs the unchanged cells one after the other; a mutant is forked from the
trunk just before the first cell in which it differs, so that what stands above
is run once for all mutants. Results are appended to truth.jsonl beside
mutants.jsonl, one line a mutant; those already there are not run again.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from classify import TRUTHS, Run, classify
from names import names_of
from notebooks import cache_folder, corpus_folder, read_cells, read_lines
from shell import Shell, warm

COMPLETE = "complete"
CELL_SECONDS = 15
NOTEBOOK_SECONDS = 60


class Execution:
    """One notebook on its way through the shell."""

    def __init__(self, cells, seen_before):
        self.cells = [cell for cell in cells if cell.type == "code"]
        self.shell = Shell()
        self.run = Run([names_of(cell.source) for cell in self.cells], seen_before)
        self.records = []
        self.stopped = False

    def retarget(self, cells, seen_before):
        """Goes on as another notebook whose first cells are those that have run."""
        self.cells = [cell for cell in cells if cell.type == "code"]
        failed, last_bound = self.run.failed, self.run.last_bound
        self.run = Run([names_of(cell.source) for cell in self.cells], seen_before)
        self.run.failed, self.run.last_bound = failed, last_bound
        # Cells above the change may have another index only if a cell without code moved: take the mutant's.
        self.records = [{**record, "index": cell.index} for record, cell in zip(self.records, self.cells)]

    def step(self):
        """Runs the next code cell."""
        number = len(self.records)
        cell = self.cells[number]
        record = {"index": cell.index, "status": "empty", "ename": None, "name": None, "class": None}
        if self.stopped:
            record["status"] = "not_run"
        elif cell.source.strip():
            before = self.shell.names()
            # Compiled under its number, not its index: mutants share what has run.
            outcome = self.shell.run(number, cell.source, CELL_SECONDS)
            after = self.shell.names()
            missing, frame = outcome.pop("missing"), outcome.pop("frame_cell")
            record.update(outcome, bound=sorted(after - before), unbound=sorted(before - after))
            for name in after:
                self.run.last_bound[name] = number
            if frame is not None and frame < len(self.cells):
                record["frame_cell"] = self.cells[frame].index
            if missing:
                record["name"] = missing
                record["class"] = classify(
                    self.run, number, missing, record["line"], frame is not None, bound_now=missing in after
                )
            if record["status"] != "ok":
                self.run.failed.add(number)
            self.stopped = record["status"] == "timeout"
        self.records.append(record)

    def finish(self):
        while len(self.records) < len(self.cells):
            self.step()


def no_network():
    """Connections fail at once, as without a network."""

    def refuse(*_arguments, **_options):
        raise OSError("no network here")

    socket.socket.connect = socket.socket.connect_ex = refuse
    socket.getaddrinfo = socket.create_connection = refuse


def in_child(work, seconds):
    """Forks, does the work in the child and waits. False when it was killed after `seconds`, or died."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setpgid(0, 0)
            work()
            status = 0
        except BaseException as error:  # The child must end here, whatever happened.
            print(f"child: {type(error).__name__}: {error}", file=sys.__stderr__)
        finally:
            os._exit(status)
    end = time.monotonic() + seconds
    pause = 0.0005
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    os.waitpid(child, 0)
    return False


def append(path, record):
    with open(path, "a", encoding="utf-8") as out:
        out.write(json.dumps(record, ensure_ascii=False) + "\n")


def done_paths(path):
    return {line["path"] for line in read_lines(path)} if path.exists() else set()


def in_empty_folder(work):
    """Does the work in a new folder that is removed afterwards."""
    folder = tempfile.mkdtemp(prefix="cellwise-run-")
    try:
        os.chdir(folder)
        work(folder)
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)


def run_original(corpus, path, out):
    """Runs an unchanged notebook and appends its record."""

    def work(_folder):
        cells = read_cells(corpus / path)
        execution = Execution(cells, [None for cell in cells if cell.type == "code"])
        execution.finish()
        append(out, {"path": path, "cells": execution.records})

    in_empty_folder(work)


def run_mutants(corpus, folder, path, mutants, bound, out, deadline):
    """Runs the trunk of an original, and from it its mutants.

    `bound` maps an index of the original to the names that the cell bound there,
    for cells that ran to their end.
    """

    def work(trunk_folder):
        cells = read_cells(corpus / path)
        trunk = Execution(cells, [None for cell in cells if cell.type == "code"])
        waiting = {}
        for mutant in mutants:
            changed = read_cells(folder / mutant["path"])
            changed_code = [cell for cell in changed if cell.type == "code"]
            start = first_difference([cell.source for cell in trunk.cells], [cell.source for cell in changed_code])
            seen = [bound.get(mutant["origin"][cell.index]) for cell in changed_code]
            waiting.setdefault(start, []).append((mutant, changed, seen))
        for number in range(len(trunk.cells) + 1):
            for mutant, changed, seen in waiting.pop(number, []):
                if time.monotonic() > deadline:
                    return
                _run_mutant(trunk, trunk_folder, mutant, changed, seen, out)
            if not waiting or number == len(trunk.cells):
                return
            trunk.step()

    in_empty_folder(work)


def in_copy_of(folder, work):
    """Does the work in a folder of its own that starts as a copy: what the cells above have written is there."""
    own = tempfile.mkdtemp(prefix="mutant-", dir=folder)
    for item in os.listdir(folder):
        if not item.startswith("mutant-"):
            source = os.path.join(folder, item)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, os.path.join(own, item))
    os.chdir(own)
    work()
    os.chdir("/")
    shutil.rmtree(own, ignore_errors=True)


def _run_mutant(trunk, trunk_folder, mutant, changed, seen, out):
    def finish():
        trunk.retarget(changed, seen)
        trunk.finish()
        append(out, {"path": mutant["path"], "cells": trunk.records})

    def work():
        in_copy_of(trunk_folder, finish)

    if not in_child(work, NOTEBOOK_SECONDS):
        lost = {"status": "not_run", "ename": None, "name": None, "class": None}
        cells = [{"index": cell.index, **lost} for cell in changed if cell.type == "code"]
        append(out, {"path": mutant["path"], "cells": cells})


def first_difference(before, after):
    """The first place where two lists differ: the end of the shorter where none does."""
    for number, (one, other) in enumerate(zip(before, after)):
        if one != other:
            return number
    return min(len(before), len(after))


def execute(corpus, folder, minutes):
    """Runs what has not been run yet, for so many minutes; leaves a mark when all has been run."""
    deadline = time.monotonic() + minutes * 60
    originals, out = folder / "originals.jsonl", folder / "truth.jsonl"
    groups = {}
    for mutant in read_lines(folder / "mutants.jsonl"):
        groups.setdefault(mutant["original"], []).append(mutant)
    have = done_paths(originals)
    for path in groups:
        if path not in have and time.monotonic() < deadline:
            if not in_child(lambda: run_original(corpus, path, originals), 4 * NOTEBOOK_SECONDS):
                append(originals, {"path": path, "cells": []})
    records = {line["path"]: line["cells"] for line in read_lines(originals)}
    done = done_paths(out)
    for path, mutants in groups.items():
        rest = [mutant for mutant in mutants if mutant["path"] not in done]
        # A notebook that misses names here already (a data file, a version) proves little by its mutants.
        cells = records.get(path)
        if not rest or not cells or any(cell["status"] in ("timeout", "not_run") or cell["name"] for cell in cells):
            continue
        left = deadline - time.monotonic()
        if left <= 0:
            return
        bound = {cell["index"]: cell["bound"] for cell in cells if cell["status"] == "ok"}
        began = time.monotonic()
        in_child(lambda: run_mutants(corpus, folder, path, rest, bound, out, deadline), left + NOTEBOOK_SECONDS)
        print(f"{time.monotonic() - began:6.1f} s  {len(rest):4} mutants of {path}", flush=True)
    if time.monotonic() < deadline:
        (folder / COMPLETE).touch()


def report(folder):
    """Prints how many mutants ran, and the classes of their NameErrors."""
    lines = read_lines(folder / "truth.jsonl")
    classes = Counter(cell["class"] for line in lines for cell in line["cells"] if cell["class"])
    status = Counter(cell["status"] for line in lines for cell in line["cells"])
    failing = sum(any(cell["class"] in TRUTHS for cell in line["cells"]) for line in lines)
    print(f"{len(lines)} mutants run, {failing} with a NameError to predict")
    print("cells:   " + ", ".join(f"{name} {count}" for name, count in status.most_common()))
    print("classes: " + ", ".join(f"{name} {count}" for name, count in classes.most_common()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, default=corpus_folder())
    parser.add_argument("--cache", type=Path, default=cache_folder() / "mutants")
    parser.add_argument("--minutes", type=float, default=30, help="stop after so long; the next run goes on from there")
    parser.add_argument("--run", type=Path, metavar="NOTEBOOK", help="run this notebook alone and print its record")
    options = parser.parse_args()
    _without_network_where_possible()
    sys.stdin = open(os.devnull)
    os.dup2(sys.stdin.fileno(), 0)
    warm()
    no_network()
    if options.run:
        notebook = options.run.resolve()
        in_child(lambda: run_original(notebook.parent, notebook.name, "/dev/stdout"), 4 * NOTEBOOK_SECONDS)
        return
    execute(options.corpus.resolve(), options.cache.resolve(), options.minutes)
    report(options.cache)


def _without_network_where_possible():
    """Starts this command again in a network namespace of its own, where Linux allows it."""
    if "CELLWISE_NO_NETWORK" in os.environ or not shutil.which("unshare"):
        return
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0:
        os.environ["CELLWISE_NO_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "-rn", sys.executable, *sys.argv])


if __name__ == "__main__":
    main()
