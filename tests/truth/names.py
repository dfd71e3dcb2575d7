"""What a cell does with names, from its syntax alone: binds, reads, and where a read stands."""

import ast
import re
import symtable
from dataclasses import dataclass, field, replace

from notebooks import python_lines

_BINDS_ANYTHING = re.compile(r"import\s*\*|\bexec\(|\bglobals\(\)|\brun_cell|%run\b|%pylab\b|%load\b(?!_)")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class CellNames:
    """The names of one cell.

    `binds` maps a name to the lines of its bindings at the cell's top level.
    `through_calls` are names that a function of the cell binds with `global`.
    `reads` are read when the cell runs; `bodies` maps a function or class to
    the globals that its body reads, `later` is all of them together.
    `unknowable`: a star import, exec or %run may bind any name.
    """

    binds: dict = field(default_factory=dict)
    through_calls: set = field(default_factory=set)
    reads: set = field(default_factory=set)
    bodies: dict = field(default_factory=dict)
    unknowable: bool = False

    @property
    def later(self):
        return set().union(*self.bodies.values())


@dataclass(frozen=True)
class Place:
    """Where a read stands: in a function's body, on a path that need not be taken,
    the last line of the top-level statement around it (0: not known), and the
    names that this statement mentions."""

    in_body: bool = False
    on_branch: bool = False
    statement_end: int = 0
    statement_names: frozenset = frozenset()


def names_of(source):
    """The names of a cell's source; nothing for a cell that is no Python."""
    names = CellNames()
    names.unknowable = bool(_BINDS_ANYTHING.search(source))
    text = python_lines(source)
    if not text:
        return names
    tree = ast.parse(text)
    for statement in tree.body:
        _bindings(statement, names.binds)
    try:
        table = symtable.symtable(text, "cell", "exec")
    except SyntaxError:  # `return` or `await` outside a function: parsed, not compiled.
        return names
    for symbol in table.get_symbols():
        if symbol.is_referenced():
            names.reads.add(symbol.get_name())
    for child in table.get_children():
        _scope(child, names, owner=None)
    return names


def _scope(table, names, owner):
    """Adds the globals that a nested scope reads or binds.

    Class bodies and comprehensions run at once; functions and lambdas later.
    """
    at_once = table.get_type() == "class" or table.get_name() in ("listcomp", "setcomp", "dictcomp", "genexpr")
    if not at_once and owner is None:
        owner = table.get_name()
    for symbol in table.get_symbols():
        if not symbol.is_global():
            continue
        if symbol.is_declared_global() and symbol.is_assigned():
            names.through_calls.add(symbol.get_name())
        if symbol.is_referenced():
            target = names.reads if owner is None else names.bodies.setdefault(owner, set())
            target.add(symbol.get_name())
    for child in table.get_children():
        # A method belongs to its class: calling the class is how it gets to run.
        _scope(child, names, owner or (table.get_name() if table.get_type() == "class" else None))


def _bindings(node, binds):
    """Collects the names that running the node binds in the scope it stands in."""

    def bind(name, line):
        binds.setdefault(name, []).append(line)

    if isinstance(node, FUNCTIONS + (ast.ClassDef,)):
        bind(node.name, node.lineno)
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            bind(alias.asname or alias.name.split(".")[0], node.lineno)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        bind(node.id, node.lineno)
    elif isinstance(node, ast.ExceptHandler) and node.name:
        bind(node.name, node.lineno)
    elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        bind(node.name, node.lineno)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        bind(node.rest, node.lineno)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.comprehension):
            # Targets of a comprehension are its own; its conditions may hold a walrus.
            for part in [child.iter, *child.ifs]:
                _bindings(part, binds)
        else:
            _bindings(child, binds)


def bound_by(statement):
    """The names that one top-level statement binds."""
    binds = {}
    _bindings(statement, binds)
    return set(binds)


def place_of(source, name, line):
    """The place of the read of `name` that a tool reports at a line (1-based) of the cell.

    Where the name is read more than once on the line, the plainest place is
    taken: one that surely runs, if there is one.
    """
    text = python_lines(source)
    if not text:
        return Place()
    found, on_line = [], []
    for statement in ast.parse(text).body:
        if statement.lineno <= line <= statement.end_lineno or _decorated_at(statement, line):
            mentioned = frozenset(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))
            outside = Place(statement_end=statement.end_lineno, statement_names=mentioned)
            _places(statement, name, line, outside, found, on_line)
    # Names inside an f-string carry no exact position in Python 3.11: then
    # what stands on the line decides.
    places = found or on_line[-1:]
    return min(places, key=lambda place: (place.in_body, place.on_branch), default=Place())


def _decorated_at(statement, line):
    return any(item.lineno <= line <= item.end_lineno for item in getattr(statement, "decorator_list", []))


def _places(node, name, line, place, found, on_line):
    if isinstance(node, ast.Name) and node.id == name and node.lineno == line:
        found.append(place)
    elif hasattr(node, "lineno") and node.lineno <= line <= node.end_lineno:
        on_line.append(place)
    for field_name, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for position, child in enumerate(children):
            if isinstance(child, ast.AST):
                inside = _inside(node, field_name, position, place)
                _places(child, name, line, inside, found, on_line)


def _inside(node, field_name, position, place):
    """The place of a node's part. A loop's body counts as run: loops over nothing are rare."""
    if isinstance(node, FUNCTIONS + (ast.Lambda,)) and field_name == "body":
        return replace(place, in_body=True)
    optional = (
        (isinstance(node, (ast.If, ast.IfExp, ast.While)) and field_name in ("body", "orelse"))
        or (isinstance(node, (ast.For, ast.AsyncFor)) and field_name == "orelse")
        or (isinstance(node, (ast.Try, ast.TryStar)) and field_name in ("handlers", "orelse", "body"))
        or (isinstance(node, ast.Match) and field_name == "cases")
        or (isinstance(node, ast.BoolOp) and field_name == "values" and position > 0)
        or (isinstance(node, ast.Assert) and field_name == "msg")
    )
    return replace(place, on_branch=True) if optional else place


def needs_when_called(names, all_bodies):
    """What running a cell reads, through any number of calls of the notebook's functions."""
    needed, waiting = set(), list(names.reads)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(all_bodies.get(name, ()))
    return needed
