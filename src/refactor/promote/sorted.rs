//! Which statement of a notebook goes where when it becomes a module.

use std::collections::BTreeMap;

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::action::Refusal;
use crate::analysis::facts::{
    Binding, BindingKind, Facts, MagicKind, OpeningKind, Statement, StatementKind, Value,
};
use crate::analysis::known::builtins;
use crate::analysis::python;
use crate::notebook::{Cell, CellIdx};
use crate::refactor::function::cut::{self, Fate};
use crate::refactor::module::Import;
use crate::refactor::pieces;
use crate::rule::Context;

/// The notebook's code by what becomes of it, in document order, comments included.
#[derive(Debug, Default)]
pub struct Sorted {
    pub imports: Vec<Import>,
    /// `from module import *`, and imports that may fail, with what is done then.
    pub import_blocks: Vec<String>,
    /// Assignments of plain values that nobody changes.
    pub constants: Vec<String>,
    /// Functions and classes.
    pub definitions: Vec<String>,
    /// Names that [`Self::definitions`] and [`Self::constants`] bind.
    pub defined: FxHashSet<Name>,
    /// The work of a cell, with its last expression as it was.
    pub work: BTreeMap<CellIdx, String>,
    /// What stays of a cell in the notebook: magics.
    pub kept: BTreeMap<CellIdx, String>,
    /// The text of the cell that papermill fills in; empty where there is none.
    pub parameters: String,
    /// The cell of [`Self::parameters`].
    pub parameter_cell: Option<CellIdx>,
    /// Variables of the notebook that functions read: they stay variables of the module.
    pub shared: FxHashSet<Name>,
    /// Cells that the module takes over.
    pub taken: Vec<CellIdx>,
    pub remarks: Vec<String>,
}

/// What a statement becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Import,
    ImportBlock,
    Constant,
    Definition,
    Kept,
    Work,
}

/// Line magics that set up the notebook and do nothing else.
const SETTING_UP: &[&str] = &[
    "matplotlib",
    "load_ext",
    "reload_ext",
    "autoreload",
    "config",
    "precision",
];

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

pub fn of(cx: &Context<'_>) -> Result<Sorted, Refusal> {
    refuse_what_no_module_can_be(cx)?;
    let bindings = Bindings::of(cx);
    let wanted = wanted_by_bodies(cx);
    let mut sorted = Sorted::default();
    let mut work_above: Option<(CellIdx, String)> = None;
    for (index, cell) in cx.notebook.python_cells() {
        let facts = cx.facts(index);
        if facts.statements.is_empty() {
            continue;
        }
        if cell.has_tag("parameters") {
            sorted.parameters.clone_from(&cell.text.to_string());
            sorted.parameter_cell = Some(index);
            continue;
        }
        sorted.taken.push(index);
        let places: Vec<Place> = facts
            .statements
            .iter()
            .enumerate()
            .map(|(at, statement)| bindings.place(cx, index, cell, at, statement, &wanted))
            .collect::<Result<_, Refusal>>()?;
        for (at, place) in places.iter().enumerate() {
            let code = &cell.text[facts.statements[at].range];
            match place {
                Place::Work if cut::prepares_imports(code) => {
                    let line = code.lines().next().unwrap_or_default();
                    work_above.get_or_insert((index, line.to_owned()));
                }
                Place::Import | Place::ImportBlock if !cut::is_standard_import(facts, at) => {
                    if let Some((above, line)) = &work_above {
                        return Err(format!(
                            "`{line}` in {} may change what the import in {} finds, and a module imports first",
                            cx.cell_name(*above),
                            cx.cell_name(index)
                        )
                        .into());
                    }
                }
                _ => {}
            }
        }
        let part =
            |place: Place| part(&cell.text, facts, &places, place).ok_or_else(|| uncut(cx, index));
        let statements = |place: Place| -> Result<Vec<String>, Refusal> {
            each(&cell.text, facts, &places, place).ok_or_else(|| uncut(cx, index))
        };
        for block in statements(Place::ImportBlock)? {
            if !sorted.import_blocks.contains(&block) {
                sorted.import_blocks.push(block);
            }
        }
        let is_import =
            |binding: &&Binding| places.get(binding.statement as usize) == Some(&Place::Import);
        sorted.imports.extend(
            facts
                .bindings
                .iter()
                .filter(is_import)
                .filter_map(Import::of),
        );
        for definition in statements(Place::Definition)? {
            if !sorted.definitions.contains(&definition) {
                sorted.definitions.push(definition);
            }
        }
        sorted.constants.extend(statements(Place::Constant)?);
        for binding in &facts.bindings {
            let place = places.get(binding.statement as usize);
            if matches!(place, Some(Place::Definition | Place::Constant)) {
                sorted.defined.insert(binding.name.clone());
            }
        }
        let work = part(Place::Work)?;
        if !work.trim().is_empty() {
            sorted.work.insert(index, work);
        }
        let kept = part(Place::Kept)?;
        if !kept.trim().is_empty() {
            sorted.remarks.push(remark(cx, index, kept.trim()));
            sorted.kept.insert(index, kept);
        }
    }
    sorted.shared = shared(cx, &wanted, &bindings, &sorted);
    for work in sorted.work.values() {
        // What others call must be where they look for it.
        let facts = python::facts(work);
        let defined = facts.bindings.iter().filter(|binding| {
            binding.kind.is_definition()
                || binding.kind.is_import()
                || matches!(
                    binding.kind,
                    BindingKind::TypeAlias | BindingKind::Value(Value::Lambda(_))
                )
        });
        sorted
            .shared
            .extend(defined.map(|binding| binding.name.clone()));
    }
    Ok(sorted)
}

fn uncut(cx: &Context<'_>, index: CellIdx) -> Refusal {
    format!(
        "statements in {} share lines in a way that cannot be cut",
        cx.cell_name(index)
    )
    .into()
}

fn remark(cx: &Context<'_>, index: CellIdx, kept: &str) -> String {
    let line = kept.lines().next().unwrap_or_default();
    let advice = if line.contains("install") {
        "name what it installs in the project's dependencies"
    } else {
        "a module does not need it"
    };
    format!(
        "`{line}` of {} stays in the notebook: {advice}",
        cx.cell_name(index)
    )
}

/// The text of all statements of one place.
fn part(text: &str, facts: &Facts, places: &[Place], wanted: Place) -> Option<String> {
    let fates: Vec<Fate> = places
        .iter()
        .map(|place| {
            if *place == wanted {
                Fate::Inside
            } else {
                Fate::Before
            }
        })
        .collect();
    Some(pieces::of(text, facts, &fates)?.body)
}

/// The statements of one place, each with the comments above it.
fn each(text: &str, facts: &Facts, places: &[Place], wanted: Place) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for at in 0..places.len() {
        if places[at] != wanted {
            continue;
        }
        let fates: Vec<Fate> = (0..places.len())
            .map(|other| match () {
                () if other == at => Fate::Inside,
                // A comment at the end belongs to what is above it.
                () if other < at => Fate::Before,
                () => Fate::After,
            })
            .collect();
        let body = pieces::of(text, facts, &fates)?.body;
        texts.push(body);
    }
    Some(texts)
}

fn refuse_what_no_module_can_be(cx: &Context<'_>) -> Result<(), Refusal> {
    for (index, cell) in cx.notebook.indexed() {
        if !cell.is_code() {
            continue;
        }
        let name = cx.cell_name(index);
        if !cell.is_python(&cx.notebook.meta.language) {
            return Err(format!("{name} is not Python").into());
        }
        let facts = cx.facts(index);
        if let Some(error) = facts.syntax_errors.first() {
            return Err(format!("{name} is not valid Python: {}", error.message).into());
        }
        if cell.has_tag("raises-exception") || cell.outputs.error.is_some() {
            return Err(format!("{name} ends in an error, and a module would end there").into());
        }
        if facts.shows_every_expression {
            return Err(format!(
                "{name} lets IPython show every expression of a cell, and a module shows none"
            )
            .into());
        }
        refuse_magics(cx, index, cell, facts)?;
        let opening = facts
            .openings
            .iter()
            .find(|opening| !matches!(opening.kind, OpeningKind::StarImport(_)));
        if let Some(opening) = opening {
            let code = cell.text[opening.range].lines().next().unwrap_or_default();
            return Err(format!(
                "`{code}` in {name} may bind any name, so what the module would need is unknown"
            )
            .into());
        }
        let reads = facts
            .uses
            .iter()
            .map(|read| (&read.name, read.local.may_be_bound()));
        let later = facts
            .scopes
            .iter()
            .flat_map(|scope| &scope.reads)
            .map(|read| (&read.name, read.local.may_be_bound()));
        for (read, is_own) in reads.chain(later) {
            if builtins::is_history(read) && !is_own && cx.link.binders(read).next().is_none() {
                return Err(format!(
                    "`{read}` in {name} is IPython's history, which a module does not have"
                )
                .into());
            }
            if matches!(read.as_str(), "__name__" | "get_ipython") {
                return Err(format!("`{read}` in {name} means something else in a module").into());
            }
        }
    }
    Ok(())
}

fn refuse_magics(
    cx: &Context<'_>,
    index: CellIdx,
    cell: &Cell,
    facts: &Facts,
) -> Result<(), Refusal> {
    for magic in &facts.magics {
        let code = cell.text[magic.range]
            .lines()
            .next()
            .unwrap_or_default()
            .trim();
        let stands_alone = facts.statements.iter().any(|statement| {
            statement.kind == StatementKind::Magic && statement.range.contains_range(magic.range)
        });
        let is_kept = stands_alone && (is_setting_up(magic.kind, &magic.name) || installs(code));
        if is_kept {
            continue;
        }
        let advice = match (magic.kind, &*magic.name) {
            (MagicKind::Cell | MagicKind::Line, "time" | "timeit" | "prun") => {
                "take it out, or measure with `time.perf_counter()`"
            }
            (MagicKind::Cell, "bash" | "sh" | "script") => {
                "put the commands into a script of the project"
            }
            (MagicKind::Cell, "writefile") => "write the file once and commit it",
            (MagicKind::Line, "cd") => "use paths that start at the project's folder",
            (MagicKind::Help, _) => "it is for whoever reads the notebook; take it out",
            (MagicKind::Shell, _) => {
                "call `subprocess.run`, or put it into a script of the project"
            }
            _ => "take it out, or say the same in Python",
        };
        return Err(format!(
            "`{code}` in {} cannot live in a module: {advice}",
            cx.cell_name(index)
        )
        .into());
    }
    Ok(())
}

fn is_setting_up(kind: MagicKind, name: &str) -> bool {
    kind == MagicKind::Line && SETTING_UP.contains(&name)
}

fn installs(code: &str) -> bool {
    let command = code.trim_start_matches(['!', '%', ' ']);
    [
        "pip",
        "pip3",
        "conda",
        "mamba",
        "uv",
        "python -m pip",
        "apt-get",
        "apt",
    ]
    .iter()
    .any(|tool| {
        command
            .strip_prefix(tool)
            .is_some_and(|rest| rest.starts_with(' ') && rest.contains("install"))
    })
}

/// Names of the notebook that functions read when they are called, or set by `global`.
fn wanted_by_bodies(cx: &Context<'_>) -> FxHashSet<Name> {
    let mut wanted = FxHashSet::default();
    for (index, _) in cx.notebook.python_cells() {
        let facts = cx.facts(index);
        for scope in &facts.scopes {
            let in_definition = facts.statements.iter().any(|statement| {
                statement.kind == StatementKind::Definition
                    && statement.range.contains_range(scope.range)
            });
            if in_definition {
                wanted.extend(scope.reads.iter().map(|read| read.name.clone()));
                wanted.extend(scope.binds.iter().cloned());
            }
        }
    }
    wanted
}

/// The names that bodies read and that no import, definition or constant of the module brings.
fn shared(
    cx: &Context<'_>,
    wanted: &FxHashSet<Name>,
    bindings: &Bindings,
    sorted: &Sorted,
) -> FxHashSet<Name> {
    let is_import = |name: &Name| {
        bindings
            .by_name
            .get(name)
            .is_some_and(|all| all.iter().all(|(_, is_import, _)| *is_import))
    };
    let mut shared: FxHashSet<Name> = wanted
        .iter()
        .filter(|name| !sorted.defined.contains(*name) && !is_import(name))
        .filter(|name| cx.link.binders(name).next().is_some())
        .cloned()
        .collect();
    // A constant that is set anew somewhere is none; `place` saw to it that it is not among the defined.
    shared.retain(|name| !sorted.defined.contains(name));
    shared
}

/// Who binds which name, over all cells.
struct Bindings {
    /// For each name its bindings: the cell, whether it is an import, and the statement's text.
    by_name: FxHashMap<Name, Vec<(CellIdx, bool, String)>>,
    /// Names that are changed in place or bound by bodies.
    changed: FxHashSet<Name>,
}

impl Bindings {
    fn of(cx: &Context<'_>) -> Self {
        let mut by_name: FxHashMap<Name, Vec<(CellIdx, bool, String)>> = FxHashMap::default();
        let mut changed = FxHashSet::default();
        for (index, cell) in cx.notebook.python_cells() {
            let facts = cx.facts(index);
            for binding in facts
                .bindings
                .iter()
                .filter(|binding| binding.kind.is_written())
            {
                let code = facts
                    .statements
                    .get(binding.statement as usize)
                    .map(|statement| cell.text[statement.range].to_owned());
                let entry = (index, binding.kind.is_import(), code.unwrap_or_default());
                by_name.entry(binding.name.clone()).or_default().push(entry);
            }
            changed.extend(
                facts
                    .scopes
                    .iter()
                    .flat_map(|scope| scope.binds.iter().cloned()),
            );
        }
        Self { by_name, changed }
    }

    fn place(
        &self,
        cx: &Context<'_>,
        index: CellIdx,
        cell: &Cell,
        at: usize,
        statement: &Statement,
        wanted: &FxHashSet<Name>,
    ) -> Result<Place, Refusal> {
        let facts = cx.facts(index);
        let bound = || {
            facts
                .bindings
                .iter()
                .filter(|binding| binding.statement as usize == at)
        };
        match statement.kind {
            StatementKind::Magic => Ok(Place::Kept),
            StatementKind::Import => {
                for binding in bound() {
                    let others = &self.by_name[&binding.name];
                    if let Some((other, ..)) = others.iter().find(|(_, is_import, _)| !is_import) {
                        return Err(format!(
                            "`{}` is imported in {} and is another thing in {}",
                            binding.name,
                            cx.cell_name(index),
                            cx.cell_name(*other)
                        )
                        .into());
                    }
                }
                let is_star = bound().next().is_none();
                Ok(if is_star {
                    Place::ImportBlock
                } else {
                    Place::Import
                })
            }
            StatementKind::Definition => {
                for binding in bound() {
                    self.refuse_other_meaning(
                        cx,
                        index,
                        &binding.name,
                        &cell.text[statement.range],
                    )?;
                }
                self.refuse_early_needs(cx, index, cell, statement)?;
                Ok(Place::Definition)
            }
            StatementKind::Other if self.is_import_block(facts, at) => Ok(Place::ImportBlock),
            StatementKind::Other if self.is_function(facts, at) => Ok(Place::Definition),
            StatementKind::Other if self.is_constant(facts, at, cell, statement, wanted) => {
                Ok(Place::Constant)
            }
            StatementKind::Expression | StatementKind::Other => Ok(Place::Work),
        }
    }

    /// `try: import a` with `except ImportError: a = None`.
    fn is_import_block(&self, facts: &Facts, at: usize) -> bool {
        let mut bound = facts
            .bindings
            .iter()
            .filter(|binding| binding.statement as usize == at)
            .peekable();
        let calls = {
            let (from, to) = facts.statements[at].steps;
            facts
                .calls
                .iter()
                .any(|call| (from..to).contains(&call.step))
        };
        bound.peek().is_some()
            && !calls
            && bound.any(|binding| binding.kind.is_import())
            && facts
                .bindings
                .iter()
                .filter(|binding| binding.statement as usize == at && binding.kind.is_written())
                .all(|binding| {
                    binding.kind.is_import()
                        || matches!(binding.kind, BindingKind::Value(Value::Constant))
                })
    }

    /// `area = lambda r: r * r`, bound once.
    fn is_function(&self, facts: &Facts, at: usize) -> bool {
        let bound: Vec<_> = facts
            .bindings
            .iter()
            .filter(|binding| binding.statement as usize == at)
            .collect();
        let (from, to) = facts.statements[at].steps;
        let reads = facts
            .uses
            .iter()
            .any(|read| (from..to).contains(&read.step));
        matches!(&bound[..], [binding] if matches!(binding.kind, BindingKind::Value(Value::Lambda(_)))
            && self.by_name[&binding.name].len() == 1)
            && !reads
    }

    /// A plain value that is bound once, and that is written like a constant or read like one.
    fn is_constant(
        &self,
        facts: &Facts,
        at: usize,
        cell: &Cell,
        statement: &Statement,
        wanted: &FxHashSet<Name>,
    ) -> bool {
        let bound: Vec<_> = facts
            .bindings
            .iter()
            .filter(|binding| binding.statement as usize == at)
            .collect();
        let [binding] = &bound[..] else {
            return false;
        };
        let name = &binding.name;
        let is_plain = matches!(binding.kind, BindingKind::Value(Value::Constant));
        let is_once = self.by_name[name].len() == 1 && !self.changed.contains(name);
        let looks_so = name.chars().any(|c| c.is_ascii_uppercase())
            && !name.chars().any(|c| c.is_ascii_lowercase());
        let starts = cell.text[statement.range].starts_with(name.as_str());
        is_plain && is_once && starts && name.len() > 1 && (looks_so || wanted.contains(name))
    }

    fn refuse_other_meaning(
        &self,
        cx: &Context<'_>,
        index: CellIdx,
        name: &Name,
        code: &str,
    ) -> Result<(), Refusal> {
        let other = self.by_name[name]
            .iter()
            .find(|(_, _, other)| other != code);
        match other {
            None => Ok(()),
            Some((other, ..)) if *other == index => {
                Err(format!("`{name}` is bound twice in {}, and a module would have one of them", cx.cell_name(index)).into())
            }
            Some((other, ..)) => Err(format!(
                "`{name}` is defined in {} and bound again in {}, and a module would have one of them",
                cx.cell_name(index),
                cx.cell_name(*other)
            )
            .into()),
        }
    }

    /// What a definition reads and calls while it is made happens when the module is imported.
    fn refuse_early_needs(
        &self,
        cx: &Context<'_>,
        index: CellIdx,
        cell: &Cell,
        statement: &Statement,
    ) -> Result<(), Refusal> {
        let facts = cx.facts(index);
        let code = &cell.text[statement.range];
        let name = code
            .split(['(', ':'])
            .next()
            .unwrap_or_default()
            .lines()
            .next_back()
            .unwrap_or_default();
        for decorator in code.lines().take_while(|line| line.starts_with('@')) {
            let decorator = decorator
                .trim_start_matches('@')
                .split('(')
                .next()
                .unwrap_or_default()
                .trim();
            if !PLAIN_DECORATORS.contains(&decorator) {
                return Err(format!(
                    "`@{decorator}` in {} may do something when the module is imported",
                    cx.cell_name(index)
                )
                .into());
            }
        }
        let (from, to) = statement.steps;
        for read in facts
            .uses
            .iter()
            .filter(|read| (from..to).contains(&read.step))
        {
            let variable = self.by_name.get(&read.name).and_then(|all| {
                all.iter()
                    .find(|(_, is_import, code)| !is_import && !is_definition(code))
            });
            if let Some((binder, _, code)) = variable
                && !is_plain_assignment(code)
            {
                return Err(format!(
                    "`{name}` in {} needs `{}` of {} when it is defined, before anything has run in a module",
                    cx.cell_name(index),
                    read.name,
                    cx.cell_name(*binder)
                )
                .into());
            }
        }
        Ok(())
    }
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
