"""A command that answers as cellwise does: what of its answer is read."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import tools

ANSWER = """#!{python}
import json, sys
assert sys.argv[1:4] == ["check", "--format", "json"], sys.argv
related = [{{"cell": 4, "line": 1}}, {{"cell": None}}]
place = {{"severity": "error", "line": 2, "message": "`g` is read, `x` is not", "related": related}}
print(json.dumps([
    {{"rule": rule, "path": path, "cell": 3, **place}}
    for path in sys.argv[4:] for rule in ("used-before-definition", "empty-cell")
]))
sys.exit(1)
"""


class Cellwise(unittest.TestCase):
    def test_findings(self):
        with tempfile.TemporaryDirectory() as folder:
            command, notebook = Path(folder) / "cellwise", Path(folder) / "n.ipynb"
            command.write_text(ANSWER.format(python=sys.executable), encoding="utf-8")
            command.chmod(0o755)
            notebook.write_text(json.dumps({"cells": []}), encoding="utf-8")
            findings, complaints = tools.cellwise(command, [notebook])
        self.assertEqual(complaints, [])
        (found,) = findings[notebook]
        self.assertEqual((found.rule, found.cell, found.line, found.name), ("used-before-definition", 3, 2, "g"))
        self.assertEqual(found.related, {4})


if __name__ == "__main__":
    unittest.main()
