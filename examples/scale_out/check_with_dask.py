#!/usr/bin/env python3
"""Checks notebooks with Dask: on the cores of this machine, or on the workers of a cluster.

    pip install "dask[bag,distributed]"
    examples/scale_out/check_with_dask.py FOLDER [--partitions N] [--scheduler ADDRESS] [--cellwise PATH]

Prints what `cellwise check --format json --ignore duplicate-code` prints for the same files. What a file shows does not
depend on the others but for one rule, `duplicate-code`, which looks for repetitions across files: it is left out here,
and a run of its own (`cellwise check FOLDER --select duplicate-code`) does it for all files at once.

On a cluster every worker needs the program and the files, at the same place.
"""

import argparse
import json
import subprocess
from pathlib import Path

import dask.bag


def check(paths, cellwise):
    """What is found in these files. A file that cannot be read is told on standard error and stops nobody."""
    paths = list(paths)
    if not paths:
        return []
    command = [cellwise, "check", "--format", "json", "--ignore", "duplicate-code", "--", *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE)
    if done.returncode not in (0, 1, 2):
        raise RuntimeError(f"cellwise ended with {done.returncode}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--scheduler", help="the address of a cluster; without one, processes of this machine")
    parser.add_argument("--cellwise", default="cellwise")
    options = parser.parse_args()
    files = sorted(str(path) for path in options.folder.rglob("*.ipynb") if path.is_file())
    if options.scheduler:
        from dask.distributed import Client

        Client(options.scheduler)
    bag = dask.bag.from_sequence(files, npartitions=min(options.partitions, len(files)) or 1)
    found = bag.map_partitions(check, options.cellwise)
    found = found.compute() if options.scheduler else found.compute(scheduler="threads")
    # Each partition has the order of its paths, and so has the whole.
    print("[" + ",".join("\n" + json.dumps(finding) for finding in found) + "\n]")


if __name__ == "__main__":
    main()
