"""Runs the two tools on notebooks and gives their findings one form."""

import json
import os
import re
import subprocess
from collections import defaultdict
from dataclasses import dataclass

CELLWISE_RULES = frozenset({"undefined-name", "used-before-definition", "hidden-definition"})
FILES_A_CALL = 200

_BACKTICKED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Finding:
    """A name that a tool says will be missing.

    `cell` is the index among all cells (None: the whole notebook), `line` is
    1-based inside the cell, `related` are the cells that the finding also names.
    """

    rule: str
    severity: str
    cell: int | None
    line: int
    name: str
    related: frozenset = frozenset()
    message: str = ""


def name_in(message):
    """The first name in backticks."""
    found = _BACKTICKED.search(message)
    return found.group(1) if found else ""


def cellwise(binary, paths):
    """{path: findings of the three rules, of every severity}, and [(path or None, complaint)].

    Exit status 2 says that a file could not be read; what is printed then still counts.
    """
    return _in_batches([str(binary), "check", "--format", "json"], paths, _cellwise_finding)


def ruff(binary, paths):
    """{path: findings of F821}, and [(path, what ruff says of a file that it rejects)]."""
    return _in_batches(
        [str(binary), "check", "--isolated", "--no-cache", "--select", "F821", "--output-format", "json"],
        paths,
        _ruff_finding,
    )


def _in_batches(command, paths, read):
    findings, complaints = defaultdict(list), []
    by_real_path = {os.path.realpath(path): path for path in paths}
    paths = list(paths)
    for start in range(0, len(paths), FILES_A_CALL):
        batch = [str(path) for path in paths[start : start + FILES_A_CALL]]
        done = subprocess.run([*command, *batch], capture_output=True, text=True)
        try:
            items = json.loads(done.stdout or "[]")
        except json.JSONDecodeError:
            if len(batch) == 1:
                complaints.append((paths[start], f"exit status {done.returncode}: {done.stderr.strip()[:300]}"))
                continue
            # One file that makes the tool fail must not hide the others.
            for path in paths[start : start + FILES_A_CALL]:
                more, other = _in_batches(command, [path], read)
                findings.update(more)
                complaints.extend(other)
            continue
        if done.returncode not in (0, 1):
            complaints.append((None, f"exit status {done.returncode}: {done.stderr.strip()[:300]}"))
        for item in items:
            path = by_real_path.get(os.path.realpath(item.get("path") or item.get("filename") or ""))
            finding = read(item)
            if path is not None and isinstance(finding, Finding):
                findings[path].append(finding)
            elif path is not None and finding:
                complaints.append((path, finding))
    return findings, complaints


def _cellwise_finding(item):
    if item["rule"] not in CELLWISE_RULES:
        return None
    related = frozenset(
        place["cell"]
        for place in item.get("related") or []
        if isinstance(place, dict) and place.get("cell") is not None
    )
    return Finding(
        item["rule"],
        item["severity"],
        item["cell"],
        item["line"] or 0,
        name_in(item["message"]),
        related,
        item["message"],
    )


def _ruff_finding(item):
    """Ruff counts all cells from 1, and rows inside the cell from 1."""
    if item["code"] != "F821":
        return item["message"]
    return Finding(
        "F821",
        "error",
        item["cell"] - 1,
        item["location"]["row"],
        name_in(item["message"]),
        frozenset(),
        item["message"],
    )
