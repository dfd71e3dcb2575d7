"""Orders of cells: which were moved, which cells are the same, what differs by nature."""

import unittest

from orders import differences, moved_cells, normalised


def outcome(stdout):
    return {"status": "ok", "stdout": stdout}


class Orders(unittest.TestCase):
    def test_moved_cells(self):
        self.assertEqual(moved_cells(["a", "b", "c", "d"], ["a", "b", "c", "d"]), 0)
        self.assertEqual(moved_cells(["d", "a", "b", "c"], ["a", "b", "c", "d"]), 1)
        self.assertEqual(moved_cells(["c", "b", "a"], ["a", "b", "c"]), 2)

    def test_cells_of_the_same_text_are_as_good_as_each_other(self):
        self.assertEqual(moved_cells(["x", "make", "x"], ["make", "x", "x"]), 1)

    def test_differences_are_told_by_cell(self):
        before = [outcome("1"), outcome("2")]
        self.assertEqual(differences(["a", "b"], ["b", "a"], before, [outcome("2"), outcome("1")]), [])
        ((place, source, *_),) = differences(["a", "b"], ["b", "a"], before, [outcome("3"), outcome("1")])
        self.assertEqual((place, source), (1, "b"))

    def test_the_same_text_twice_is_told_by_which_comes_first(self):
        before = [outcome("1"), outcome("2")]
        self.assertEqual(differences(["x", "x"], ["x", "x"], before, before), [])
        self.assertEqual(len(differences(["x", "x"], ["x", "x"], before, before[::-1])), 2)

    def test_a_cell_that_did_not_run_differs(self):
        self.assertEqual(len(differences(["a", "b"], ["a", "b"], [outcome("1"), outcome("")], [outcome("1")])), 1)

    def test_what_differs_by_nature(self):
        self.assertEqual(normalised("<map at 0x7f3a12345678>"), normalised("<map at 0x7f3a99945678>"))
        self.assertEqual(normalised("Out[3]: 4\n"), normalised("Out[4]: 4\n"))
        self.assertNotEqual(normalised("Out[3]: 4\n"), normalised("Out[3]: 5\n"))
        self.assertEqual(normalised("Wall time: 3 ms"), normalised("Wall time: 5 ms"))


if __name__ == "__main__":
    unittest.main()
