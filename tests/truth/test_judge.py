"""Findings and outcomes written by hand: what counts as what."""

import unittest

from judge import Executed, SecondWitness, score
from names import place_of
from tools import Finding, name_in


def error(cell, line, name, rule="undefined-name", related=()):
    return Finding(rule, "error", cell, line, name, frozenset(related))


def record(index, status="ok", name=None, kind=None, **more):
    return {
        "index": index,
        "status": status,
        "ename": "NameError" if name else None,
        "name": name,
        "class": kind,
        **more,
    }


def judged(sources, findings, records):
    verdict = Executed(records)
    return score("n.ipynb", dict(enumerate(sources)), findings, verdict.truths, verdict)


class Judgement(unittest.TestCase):
    def counts(self, one):
        return one.hits, len(one.misses), len(one.false_alarms), len(one.untold), one.neither

    def test_hit_and_miss(self):
        records = [record(0, "error", "a", "never-bound"), record(1, "error", "b", "use-before-def")]
        self.assertEqual(self.counts(judged(["a", "b"], [error(0, 1, "a")], records)), (1, 1, 0, 0, 0))

    def test_a_finding_in_a_cell_that_ran_is_a_false_alarm(self):
        self.assertEqual(
            self.counts(judged(["a\na"], [error(0, 1, "a"), error(0, 2, "a")], [record(0)])), (0, 0, 1, 0, 0)
        )

    def test_a_failed_cell_cannot_refute(self):
        records = [record(0, "error", "a", "never-bound")]
        self.assertEqual(self.counts(judged(["a + b"], [error(0, 1, "a"), error(0, 1, "b")], records)), (1, 0, 0, 1, 0))

    def test_what_ended_before_the_failing_line_can_be_refuted(self):
        records = [record(0, "error", "b", "never-bound", line=2, bound=[])]
        self.assertEqual(self.counts(judged(["a\nb"], [error(0, 1, "a"), error(0, 2, "b")], records)), (1, 0, 1, 0, 0))

    def test_a_consequence_counts_neither(self):
        self.assertEqual(
            self.counts(judged(["a"], [error(0, 1, "a")], [record(0, "error", "a", "consequence")])), (0, 0, 0, 0, 1)
        )

    def test_a_body_and_a_branch_cannot_be_told(self):
        sources = ["def f():\n    a", "if x:\n    b"]
        findings = [error(0, 2, "a"), error(1, 2, "b")]
        self.assertEqual(self.counts(judged(sources, findings, [record(0), record(1)])), (0, 0, 0, 2, 0))

    def test_a_traced_run_tells_more_of_them(self):
        sources = ["a = b = 1", "def f():\n    a", "if x:\n    b"]
        records = [record(0, bound=["a", "b"], unbound=[]), record(1, bound=["f"], unbound=[]), record(2, bound=[])]
        findings = [error(1, 2, "a"), error(2, 2, "b")]
        self.assertEqual(self.counts(judged(sources, findings, records)), (0, 0, 2, 0, 0))

    def test_through_a_call(self):
        sources = ["def f():\n    return g", "f()", "g = 1"]
        records = [record(0), record(1, "error", "g", "use-before-def", frame_cell=0), record(2)]
        at_read = error(0, 2, "g", "used-before-definition", related=[1, 2])
        at_call = error(1, 1, "g", "used-before-definition")
        silent = error(0, 2, "g")
        for finding, expected in ((at_read, 1), (at_call, 1), (silent, 0)):
            self.assertEqual(judged(sources, [finding], records).hits, expected)

    def test_a_name_that_no_cell_binds_may_be_reported_at_its_read(self):
        records = [record(0), record(1, "error", "g", "never-bound", frame_cell=0)]
        one = judged(["def f():\n    return g", "f()"], [error(0, 2, "g")], records)
        self.assertEqual((one.hits, one.at_read, one.recall, one.strict_recall), (1, 1, 1.0, 0.0))

    def test_second_witness(self):
        verdict = SecondWitness(
            {
                "names": [{"cell": 0, "name": "a", "class": "never-bound"}],
                "unsure": [{"cell": 0, "name": "u", "class": ""}],
                "ran": [0],
            }
        )
        sources = {0: "a + rest\nu\nb", 1: "c"}
        findings = [error(0, 1, "a"), error(0, 1, "rest"), error(0, 2, "u"), error(0, 3, "b"), error(1, 1, "c")]
        one = score("n.ipynb", sources, findings, verdict.truths, verdict)
        self.assertEqual(self.counts(one), (1, 0, 1, 2, 1))
        self.assertEqual(one.false_alarms[0][2], "b")


class Places(unittest.TestCase):
    def test_places(self):
        for source, name, line, expected in (
            ("a", "a", 1, (False, False)),
            ("def f(x=a): pass", "a", 1, (False, False)),
            ("@a\ndef f(): pass", "a", 1, (False, False)),
            ("f = lambda: a", "a", 1, (True, False)),
            ("class C:\n    x = a", "a", 2, (False, False)),
            ("class C:\n    def m(self):\n        a", "a", 3, (True, False)),
            ("for i in x:\n    a", "a", 2, (False, False)),
            ("x or a", "a", 1, (False, True)),
            ("x if a else b", "b", 1, (False, True)),
            ("try:\n    a\nexcept NameError:\n    pass", "a", 2, (False, True)),
            ("%matplotlib inline\n!ls\nif x:\n    %time y = a", "a", 4, (False, True)),
            ("x = !ls\nprint(a)", "a", 2, (False, False)),
        ):
            place = place_of(source, name, line)
            self.assertEqual((place.in_body, place.on_branch), expected, source)

    def test_name_in_message(self):
        self.assertEqual(name_in("`np` is read before `import numpy as np` ran"), "np")


if __name__ == "__main__":
    unittest.main()
