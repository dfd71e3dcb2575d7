"""Small notebooks, really run: each NameError gets the class that the corpus would give it."""

import json
import tempfile
import unittest
from pathlib import Path

from execute import Execution, append, in_child, in_empty_folder
from notebooks import Cell


def run(*sources, seen_before=None):
    """The records of a notebook of code cells, run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"

        def work(_folder):
            cells = [Cell(index, "code", source) for index, source in enumerate(sources)]
            execution = Execution(cells, seen_before or [None] * len(cells))
            execution.finish()
            append(out, execution.records)

        assert in_child(lambda: in_empty_folder(work), 60)
        return json.loads(out.read_text(encoding="utf-8"))


def outcome(record):
    return record["status"], record["name"], record["class"]


class Classes(unittest.TestCase):
    def check(self, record, name, kind):
        self.assertEqual(outcome(record), ("error", name, kind))

    def test_never_bound(self):
        self.check(run("x = 1", "y")[1], "y", "never-bound")

    def test_only_later_cells_bind_it(self):
        records = run("y", "y = 1", "y")
        self.check(records[0], "y", "use-before-def")
        self.assertEqual(records[2]["status"], "ok")

    def test_deleted(self):
        self.check(run("x = 1", "del x", "x")[2], "x", "deleted")

    def test_bound_further_down_in_the_cell(self):
        self.check(run("print(x)\nx = 1")[0], "x", "same-cell-later")

    def test_an_earlier_failure_explains_it(self):
        self.check(run("1 / 0\nx = 1", "x")[1], "x", "consequence")

    def test_a_failed_star_import_explains_it(self):
        self.check(run("from no_such_module import *", "x")[1], "x", "consequence-star")

    def test_a_failure_that_binds_nothing_of_the_kind_explains_nothing(self):
        self.check(run("1 / 0\nz = 1", "x")[1], "x", "never-bound")

    def test_a_failure_explains_what_the_cell_bound_when_it_ran(self):
        records = run("fetch()", "x", seen_before=[{"x"}, set()])
        self.check(records[0], "fetch", "never-bound")
        self.check(records[1], "x", "consequence")

    def test_on_a_path_not_taken(self):
        self.check(run("if 0:\n    x = 1", "x")[1], "x", "bound-conditionally")
        self.check(run("if 0:\n    x = 1\nx")[0], "x", "bound-conditionally")

    def test_python_2(self):
        self.check(run("xrange(3)")[0], "xrange", "py2-name")

    def test_through_a_call(self):
        records = run("def f():\n    return g", "f()", "g = 1")
        self.check(records[1], "g", "use-before-def")
        self.assertEqual((records[1]["frame_cell"], records[1]["line"]), (0, 1))

    def test_raised_outside_of_the_notebook(self):
        self.check(run("import cProfile\ncProfile.run('x')")[0], "x", "library")

    def test_a_function_s_own_name_is_no_name_of_the_notebook(self):
        records = run("def f():\n    print(a)\n    a = 1\nf()")
        self.assertEqual((records[0]["ename"], records[0]["name"]), ("UnboundLocalError", None))

    def test_line_of_failure_and_names_bound(self):
        records = run("a = 1\nb\nc = 2", "a")
        self.assertEqual((records[0]["line"], records[0]["bound"]), (2, ["a"]))
        self.assertEqual(outcome(records[1]), ("ok", None, None))

    def test_magics(self):
        records = run("%time x = 1", "x", "%%time\ny = x\nz", "%timeit w = q", "w")
        self.assertEqual(records[1]["status"], "ok")
        self.check(records[2], "z", "never-bound")
        self.check(records[3], "q", "never-bound")

    def test_a_comment_and_an_empty_cell(self):
        self.assertEqual([record["status"] for record in run("# nothing", "")], ["ok", "empty"])


if __name__ == "__main__":
    unittest.main()
