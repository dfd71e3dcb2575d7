"""Mutants of small notebooks: what is changed, and that the same seed gives the same."""

import random
import unittest

from mutate import candidates, choose
from notebooks import source_of


def notebook(*sources):
    return {
        "cells": [{"cell_type": "code", "source": source} for source in sources],
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def made(kind, *sources):
    return [
        [source_of(raw) for raw in mutant.cells] for mutant in candidates(notebook(*sources)) if mutant.kind == kind
    ]


class Mutants(unittest.TestCase):
    def test_cells(self):
        self.assertEqual(made("delete-cell", "a = 1", "a"), [["a"], ["a = 1"]])
        self.assertEqual(made("move-down", "a = 1", "a"), [["a", "a = 1"]])
        # Moving the second up is the same notebook again.
        self.assertEqual(made("move-up", "a = 1", "a"), [])

    def test_statements(self):
        source = "import os\nx = 1\n@deco\ndef f():\n    return 1\nprint(f(), os)"
        self.assertEqual(made("drop-import", source), [["x = 1\n@deco\ndef f():\n    return 1\nprint(f(), os)"]])
        self.assertEqual(
            made("drop-definition", source),
            [["import os\n@deco\ndef f():\n    return 1\nprint(f(), os)"], ["import os\nx = 1\nprint(f(), os)"]],
        )

    def test_statements_that_share_a_line_stay(self):
        self.assertEqual(made("drop-definition", "x = 1; y = 2\nprint(x)"), [])

    def test_below_the_call_that_needs_it(self):
        moved = made("move-below", "g = 1", "def f():\n    return g", "f()")
        self.assertIn(["", "def f():\n    return g", "f()\n\ng = 1"], moved)
        # The definition alone does not need it.
        self.assertNotIn(["", "def f():\n    return g\n\ng = 1", "f()"], moved)

    def test_below_its_reader_in_the_same_cell(self):
        self.assertEqual(made("move-below", "x = 1\nprint(x)\ny = 2"), [["print(x)\nx = 1\ny = 2"]])

    def test_same_seed_same_mutants(self):
        sources = [f"a{i} = {i}\nprint(a{max(i - 1, 0)})" for i in range(8)]
        first, second = (
            [
                (mutant.kind, mutant.cell, mutant.detail)
                for mutant in choose(candidates(notebook(*sources)), random.Random(5))
            ]
            for _ in range(2)
        )
        self.assertEqual(first, second)


if __name__ == "__main__":
    unittest.main()
