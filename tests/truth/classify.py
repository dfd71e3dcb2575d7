"""The class of a NameError, in the words of the corpus: who is to blame, the notebook or the run."""

import builtins

# Classes that a tool should have predicted.
TRUTHS = frozenset({"never-bound", "use-before-def", "deleted", "same-cell-later"})

PYTHON_2_NAMES = frozenset(
    "xrange unicode raw_input basestring long unichr reduce reload file cmp execfile buffer apply coerce intern".split()
)


class Run:
    """What is known of a run when a cell has failed.

    `cells` are the CellNames of the code cells in order; `seen_before[i]` the
    names that cell i bound when it ran to its end in the unchanged notebook
    (None for a changed cell, and for one that failed there too);
    `failed` the cells that stopped early so far; `last_bound` maps a name to the
    last cell at whose end the namespace held it.
    """

    def __init__(self, cells, seen_before):
        self.cells = cells
        self.seen_before = seen_before
        self.failed = set()
        self.last_bound = {}

    def binds(self, cell, name):
        """Whether the cell binds the name, by its syntax or because it once did."""
        names = self.cells[cell]
        return name in names.binds or name in names.through_calls or name in (self.seen_before[cell] or ())

    def may_bind_anything(self, cell):
        """Whether the cell would have bound names that neither its syntax nor a run tells."""
        return self.cells[cell].unknowable and self.seen_before[cell] is None


def classify(run, cell, name, line, in_notebook, bound_now=False):
    """The class of a NameError for `name` in code cell number `cell` of a run.

    `line` is the line of the cell that was being run (None: not known);
    `in_notebook` says that the frame that raised belongs to a cell;
    `bound_now` that the notebook's namespace holds the name nevertheless, so
    that another namespace was meant.
    """
    if not in_notebook or bound_now:
        return "library"
    since = run.last_bound.get(name, -1)
    # A cell that failed after the name was last there would have bound it anew.
    suspects = [earlier for earlier in sorted(run.failed) if since < earlier < cell]
    if any(run.binds(earlier, name) for earlier in suspects):
        return "consequence"
    if since >= 0:
        return "deleted"
    if any(run.may_bind_anything(earlier) for earlier in suspects) and not hasattr(builtins, name):
        return "consequence-star"
    if any(run.binds(earlier, name) for earlier in range(cell)):
        return "bound-conditionally"
    own = run.cells[cell].binds.get(name)
    if own:
        # Bound on a line above, and yet not there: that path was not taken.
        return "bound-conditionally" if line is not None and min(own) < line else "same-cell-later"
    if any(run.binds(later, name) for later in range(cell + 1, len(run.cells))):
        return "use-before-def"
    return "py2-name" if name in PYTHON_2_NAMES else "never-bound"
