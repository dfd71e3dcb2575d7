//! What each statement of a notebook becomes in a module.

use ruff_python_ast::Stmt;
use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::action::Refusal;
use crate::analysis::facts::{
    Binding, BindingKind, Facts, OpeningKind, Statement, StatementKind, Value,
};
use crate::analysis::source::parse_part;
use crate::analysis::{depth, python};
use crate::notebook::{Cell, CellIdx};
use crate::refactor::moving::classes;
use crate::refactor::pieces;
use crate::rule::Context;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Import,
    /// `from module import *`, or an import that may fail, with what is done then.
    ImportBlock,
    Constant,
    Definition,
    /// It stays in the notebook.
    Kept,
    Work,
}

/// Who binds which name, over all cells.
pub struct Bindings<'a> {
    cx: &'a Context<'a>,
    by_name: FxHashMap<Name, Vec<Bound<'a>>>,
    /// Names that bodies bind.
    changed: FxHashSet<Name>,
}

/// A place where a name is bound.
struct Bound<'a> {
    cell: CellIdx,
    is_import: bool,
    /// What it imports, by its whole path.
    imported: Option<String>,
    /// The statement's text.
    code: &'a str,
}

/// A statement that is looked at.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    cell: CellIdx,
    facts: &'a Facts,
    /// Its index among those of the cell.
    at: usize,
    statement: &'a Statement,
    code: &'a str,
}

/// Decorators that only wrap what they decorate.
const PLAIN_DECORATORS: &[&str] = &[
    "abstractmethod",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "dataclass",
    "dataclasses.dataclass",
    "functools.cache",
    "functools.lru_cache",
    "functools.wraps",
    "jit",
    "lru_cache",
    "nb.jit",
    "nb.njit",
    "njit",
    "np.vectorize",
    "numba.jit",
    "numba.njit",
    "property",
    "staticmethod",
    "tf.function",
    "total_ordering",
    "wraps",
];

impl<'a> Bindings<'a> {
    pub fn of(cx: &'a Context<'a>) -> Self {
        let mut by_name: FxHashMap<Name, Vec<Bound<'a>>> = FxHashMap::default();
        let mut changed = FxHashSet::default();
        for (index, cell) in cx.notebook.python_cells() {
            let facts = cx.facts(index);
            let written = facts.bindings.iter();
            for binding in written.filter(|binding| binding.kind.is_written()) {
                let statement = facts.statements.get(binding.statement as usize);
                by_name
                    .entry(binding.name.clone())
                    .or_default()
                    .push(Bound {
                        cell: index,
                        is_import: binding.kind.is_import(),
                        imported: imported(binding),
                        code: statement.map_or("", |statement| &cell.text[statement.range]),
                    });
            }
            let bodies = facts.scopes.iter();
            changed.extend(bodies.flat_map(|scope| scope.binds.iter().cloned()));
        }
        Self {
            cx,
            by_name,
            changed,
        }
    }

    fn of_name(&self, name: &Name) -> impl Iterator<Item = &Bound<'a>> {
        self.by_name.get(name).into_iter().flatten()
    }

    /// Whether the name is bound, and by imports alone.
    pub fn is_import(&self, name: &Name) -> bool {
        let mut bound = self.of_name(name).peekable();
        bound.peek().is_some() && bound.all(|bound| bound.is_import)
    }

    /// The place of each statement of a cell; a constant may be one that bodies want to read.
    ///
    /// # Errors
    /// Where a module would do something else.
    pub fn places(
        &self,
        index: CellIdx,
        cell: &'a Cell,
        wanted: &FxHashSet<Name>,
    ) -> Result<Vec<Place>, Refusal> {
        let facts = self.cx.facts(index);
        let statements = facts.statements.iter().enumerate();
        let candidates = statements.map(|(at, statement)| Candidate {
            cell: index,
            facts,
            at,
            statement,
            code: &cell.text[statement.range],
        });
        candidates
            .map(|candidate| self.place(candidate, wanted))
            .collect()
    }

    fn place(&self, candidate: Candidate<'_>, wanted: &FxHashSet<Name>) -> Result<Place, Refusal> {
        // What a star import brings is in the module, and the notebook could not hand it over.
        let mut deleted = candidate.bound().filter(|own| own.kind.is_delete());
        let only_deletes = |bound: &Bound<'_>| bound.code.starts_with("del ");
        if let Some(nobodys) = deleted.find(|own| self.of_name(&own.name).all(only_deletes)) {
            return Err(format!(
                "{} deletes `{1}`, which no cell binds by name; import `{1}` by its name first",
                self.cx.cell_name(candidate.cell),
                nobodys.name
            )
            .into());
        }
        match candidate.statement.kind {
            StatementKind::Magic => Ok(Place::Kept),
            StatementKind::Import => {
                for binding in candidate.bound() {
                    self.refuse_other_than_imports(candidate, &binding.name)?;
                    self.refuse_other_imports(candidate, binding)?;
                }
                let mut bound = candidate.bound().peekable();
                let is_star = bound.peek().is_none();
                // What a star import above it may bring, it has to follow.
                let keeps_place = is_star
                    || bound.any(|binding| self.star_of(&binding.name, candidate, true).is_some());
                Ok(if keeps_place {
                    Place::ImportBlock
                } else {
                    Place::Import
                })
            }
            StatementKind::Definition => {
                for binding in candidate.bound() {
                    self.refuse_other_meaning(candidate, &binding.name)?;
                    if let Some(star) = self.star_of(&binding.name, candidate, false) {
                        return Err(format!(
                            "`{}` is defined in {} and may be another thing by an import of all names in {}; import what is used by its name",
                            binding.name,
                            self.cx.cell_name(candidate.cell),
                            self.cx.cell_name(star)
                        )
                        .into());
                    }
                }
                self.refuse_early_needs(candidate)?;
                Ok(Place::Definition)
            }
            StatementKind::Other if candidate.is_import_block() => Ok(Place::ImportBlock),
            StatementKind::Other if self.is_function(candidate) => Ok(Place::Definition),
            StatementKind::Other if self.is_constant(candidate, wanted) => Ok(Place::Constant),
            StatementKind::Expression | StatementKind::Other => Ok(Place::Work),
        }
    }

    /// `area = lambda r: r * r`, bound once.
    fn is_function(&self, candidate: Candidate<'_>) -> bool {
        let mut reads = candidate.facts.uses.iter();
        candidate.binding().is_some_and(|binding| {
            matches!(binding.kind, BindingKind::Value(Value::Lambda(_)))
                && self.of_name(&binding.name).count() == 1
        }) && !reads.any(|read| candidate.statement.takes(read.step))
    }

    /// A plain value that is bound once, and that is written like a constant or read like one.
    fn is_constant(&self, candidate: Candidate<'_>, wanted: &FxHashSet<Name>) -> bool {
        let Some(binding) = candidate.binding() else {
            return false;
        };
        let name = &binding.name;
        let is_plain = matches!(binding.kind, BindingKind::Value(Value::Constant));
        let is_once = self.of_name(name).count() == 1 && !self.changed.contains(name);
        let looks_so = name.chars().any(|c| c.is_ascii_uppercase())
            && !name.chars().any(|c| c.is_ascii_lowercase());
        let starts = candidate.code.starts_with(name.as_str());
        is_plain && is_once && starts && name.len() > 1 && (looks_so || wanted.contains(name))
    }

    fn refuse_other_than_imports(
        &self,
        candidate: Candidate<'_>,
        name: &Name,
    ) -> Result<(), Refusal> {
        match self.of_name(name).find(|bound| !bound.is_import) {
            None => Ok(()),
            Some(other) => Err(format!(
                "`{name}` is imported in {} and is another thing in {}",
                self.cx.cell_name(candidate.cell),
                self.cx.cell_name(other.cell)
            )
            .into()),
        }
    }

    /// A name that is imported as two things means each of them in its time, and in a module the last.
    fn refuse_other_imports(
        &self,
        candidate: Candidate<'_>,
        binding: &Binding,
    ) -> Result<(), Refusal> {
        let own = imported(binding);
        let mut others = self.of_name(&binding.name);
        match others.find(|bound| bound.is_import && bound.imported != own) {
            None => Ok(()),
            Some(other) => Err(format!(
                "`{}` is imported in {} and as another thing in {}; give one of them another name",
                binding.name,
                self.cx.cell_name(candidate.cell),
                self.cx.cell_name(other.cell)
            )
            .into()),
        }
    }

    /// The cell of an import of all names, above the candidate or below it, that may bring the name.
    fn star_of(&self, name: &Name, candidate: Candidate<'_>, above: bool) -> Option<CellIdx> {
        let surroundings = self.cx.link.surroundings();
        let mut cells = self.cx.notebook.python_cells().map(|(cell, _)| cell);
        cells.find(|&cell| {
            let mut openings = self.cx.facts(cell).openings.iter();
            openings.any(|opening| {
                let place = (cell, opening.range.start());
                let own = (candidate.cell, candidate.statement.range.start());
                (place < own) == above
                    && matches!(opening.kind, OpeningKind::StarImport(_))
                    && surroundings.may_bring(&opening.kind, name)
            })
        })
    }

    fn refuse_other_meaning(&self, candidate: Candidate<'_>, name: &Name) -> Result<(), Refusal> {
        let cell = self.cx.cell_name(candidate.cell);
        match self.of_name(name).find(|bound| bound.code != candidate.code) {
            None => Ok(()),
            Some(other) if other.cell == candidate.cell => Err(format!(
                "`{name}` is bound twice in {cell}, and a module would have one of them"
            )
            .into()),
            Some(other) => Err(format!(
                "`{name}` is defined in {cell} and bound again in {}, and a module would have one of them",
                self.cx.cell_name(other.cell)
            )
            .into()),
        }
    }

    /// What a definition reads and calls while it is made happens when the module is imported.
    fn refuse_early_needs(&self, candidate: Candidate<'_>) -> Result<(), Refusal> {
        let cell = self.cx.cell_name(candidate.cell);
        for decorator in candidate.decorators() {
            if !PLAIN_DECORATORS.contains(&decorator) {
                return Err(format!(
                    "`@{decorator}` in {cell} may do something when the module is imported"
                )
                .into());
            }
        }
        if candidate
            .bound()
            .any(|own| matches!(own.kind, BindingKind::Class(_)))
            && let Some(Stmt::ClassDef(class)) = statement_of(candidate.code)
        {
            let find = |name: &str| {
                let bound = self.by_name.get(name).into_iter().flatten();
                bound.filter_map(|own| statement_of(own.code)).next()
            };
            if let Some(hook) = classes::hook(&class, &find) {
                return Err(format!(
                    "{hook} may do something when class `{}` of {cell} is made, which a module does when it is imported",
                    class.name
                )
                .into());
            }
        }
        let reads = candidate.facts.uses.iter();
        for read in reads.filter(|read| candidate.statement.takes(read.step)) {
            let mut bound = self.of_name(&read.name);
            if let Some(variable) = bound.find(|own| !own.is_import && !is_definition(own.code))
                && !is_plain_assignment(variable.code)
            {
                return Err(format!(
                    "`{}` in {cell} needs `{}` of {} when it is defined, before anything has run in a module",
                    candidate.head(),
                    read.name,
                    self.cx.cell_name(variable.cell)
                )
                .into());
            }
        }
        Ok(())
    }
}

impl<'a> Candidate<'a> {
    fn bound(self) -> impl Iterator<Item = &'a Binding> {
        self.facts.bound_by(self.at)
    }

    /// What it binds, if that is one name.
    fn binding(self) -> Option<&'a Binding> {
        let mut bound = self.bound();
        bound.next().filter(|_| bound.next().is_none())
    }

    /// `try: import a` with `except ImportError: a = None`.
    fn is_import_block(self) -> bool {
        let mut calls = self.facts.calls.iter();
        let mut written = self.bound().filter(|binding| binding.kind.is_written());
        self.bound().any(|binding| binding.kind.is_import())
            && !calls.any(|call| self.statement.takes(call.step))
            && written.all(|binding| {
                binding.kind.is_import()
                    || matches!(binding.kind, BindingKind::Value(Value::Constant))
            })
    }

    /// The names behind `@`, without what they are called with.
    fn decorators(self) -> impl Iterator<Item = &'a str> {
        let lines = self.code.lines().take_while(|line| line.starts_with('@'));
        lines.map(|line| {
            let called = line.trim_start_matches('@').split('(').next();
            called.unwrap_or_default().trim()
        })
    }

    /// `def clean`, `class Shop`.
    fn head(self) -> &'a str {
        let head = self.code.split(['(', ':']).next().unwrap_or_default();
        head.lines().next_back().unwrap_or_default()
    }
}

/// What an import brings: `os` of `import os.path`, which `import os` brings as well, and `matplotlib.pyplot` of both ways
/// to write it.
fn imported(binding: &Binding) -> Option<String> {
    let BindingKind::Import { module, member } = &binding.kind else {
        return None;
    };
    let root = module.split('.').next().unwrap_or_default();
    Some(match member {
        Some(member) => format!("{module}.{member}"),
        None if *root == binding.name => root.to_owned(),
        None => module.to_string(),
    })
}

/// A class, or what may be another name for one.
fn statement_of(code: &str) -> Option<Stmt> {
    let parse = || parse_part(code, pieces::whole(code), Mode::Module);
    let parsed = depth::with_stack_for(code, parse).ok()?;
    parsed.statements.into_iter().next()
}

fn is_definition(code: &str) -> bool {
    ["def ", "class ", "async def ", "@"]
        .iter()
        .any(|start| code.starts_with(start))
}

/// `LIMIT = 3`: a constant of the module, if nothing else binds it.
fn is_plain_assignment(code: &str) -> bool {
    let facts = python::facts(code);
    facts.bindings.len() == 1
        && matches!(facts.bindings[0].kind, BindingKind::Value(Value::Constant))
        && facts.bindings[0]
            .name
            .chars()
            .all(|c| !c.is_ascii_lowercase())
}
