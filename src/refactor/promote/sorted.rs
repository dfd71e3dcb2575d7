//! Which statement of a notebook goes where when it becomes a module.

use std::collections::BTreeMap;

use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;
use rustc_hash::FxHashSet;

use super::place::{Bindings, Place};
use crate::action::Refusal;
use crate::analysis::facts::{
    BindingKind, Facts, MagicKind, OpeningKind, StatementKind, TextReads, Value,
};
use crate::analysis::known::builtins;
use crate::analysis::python;
use crate::analysis::source::parse_part;
use crate::notebook::{Cell, CellIdx, Home};
use crate::refactor::function::cut::{self, Fate};
use crate::refactor::function::texts;
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
    /// Names that [`Self::import_blocks`], [`Self::definitions`] and [`Self::constants`] bind.
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

/// Line magics that set up the notebook and do nothing else.
const SETTING_UP: &[&str] = &[
    "matplotlib",
    "load_ext",
    "reload_ext",
    "autoreload",
    "config",
    "precision",
];

/// Sorts all code of a notebook.
///
/// # Errors
/// Where a module would do something else.
pub fn of(cx: &Context<'_>) -> Result<Sorted, Refusal> {
    refuse_what_no_module_can_be(cx)?;
    let bindings = Bindings::of(cx);
    let wanted = wanted_by_bodies(cx);
    let mut sorted = Sorted {
        imports: of_runtime(cx),
        ..Sorted::default()
    };
    let mut work_above: Option<(CellIdx, String)> = None;
    for (index, cell) in cx.notebook.python_cells() {
        let facts = cx.facts(index);
        if facts.statements.is_empty() {
            continue;
        }
        if cell.has_tag("parameters") {
            sorted.parameters = cell.text.to_string();
            sorted.parameter_cell = Some(index);
            continue;
        }
        let places = bindings.places(index, cell, &wanted)?;
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
        sorted.take(cx, index, cell, &places)?;
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

impl Sorted {
    /// Takes in a cell, each statement by its place.
    fn take(
        &mut self,
        cx: &Context<'_>,
        index: CellIdx,
        cell: &Cell,
        places: &[Place],
    ) -> Result<(), Refusal> {
        let facts = cx.facts(index);
        let part = |place| part(&cell.text, facts, places, place).ok_or_else(|| uncut(cx, index));
        let each = |place| each(&cell.text, facts, places, place).ok_or_else(|| uncut(cx, index));
        self.taken.push(index);
        add_new(&mut self.import_blocks, each(Place::ImportBlock)?);
        add_new(&mut self.definitions, each(Place::Definition)?);
        self.constants.extend(each(Place::Constant)?);
        for binding in &facts.bindings {
            match places.get(binding.statement as usize) {
                Some(Place::Import) => self.imports.extend(Import::of(binding)),
                Some(Place::ImportBlock | Place::Definition | Place::Constant) => {
                    self.defined.insert(binding.name.clone());
                }
                _ => {}
            }
        }
        let work = part(Place::Work)?;
        if !work.trim().is_empty() {
            self.work.insert(index, work);
        }
        let kept = part(Place::Kept)?;
        if !kept.trim().is_empty() {
            self.remarks.push(remark(cx, index, kept.trim()));
            self.kept.insert(index, kept);
        }
        Ok(())
    }
}

/// Adds the texts that are not there yet.
fn add_new(known: &mut Vec<String>, texts: Vec<String>) {
    for text in texts {
        if !known.contains(&text) {
            known.push(text);
        }
    }
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

/// Imports of what Databricks gives to notebooks. Its own `display` comes with the helpers.
fn of_runtime(cx: &Context<'_>) -> Vec<Import> {
    let mut names: Vec<&Name> = Vec::new();
    for (index, _) in cx.notebook.python_cells() {
        let facts = cx.facts(index);
        let reads = facts.uses.iter().map(|read| &read.name);
        let later = facts.scopes.iter().flat_map(|scope| &scope.reads);
        names.extend(reads.chain(later.map(|read| &read.name)));
    }
    names.retain(|name| {
        name.as_str() != "display"
            && is_imported(name, cx.notebook.meta.home)
            && cx.link.binders(name).next().is_none()
    });
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter();
    names
        .map(|name| Import::member(builtins::DATABRICKS_RUNTIME, name))
        .collect()
}

fn is_imported(name: &str, home: Home) -> bool {
    home == Home::Databricks && builtins::is_of_databricks_runtime(name)
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
            let home = cx.notebook.meta.home;
            let is_given = builtins::is_of_platform(read, home) && !is_imported(read, home);
            if is_given && !is_own && cx.link.binders(read).next().is_none() {
                return Err(format!(
                    "`{read}` in {name} is given to notebooks alone, and no module has it; make it the parameter of a function"
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
    for (index, cell) in cx.notebook.python_cells() {
        let facts = cx.facts(index);
        wanted.extend(wanted_by_text(cx, facts, cell));
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

/// Names of the notebook that functions of a cell read by the text of a query.
fn wanted_by_text(cx: &Context<'_>, facts: &Facts, cell: &Cell) -> Vec<Name> {
    if facts.text_reads == TextReads::Nothing {
        return Vec::new();
    }
    let definitions = facts
        .statements
        .iter()
        .filter(|statement| statement.kind == StatementKind::Definition);
    let names = definitions.flat_map(|statement| {
        let parsed = parse_part(&cell.text, statement.range, Mode::Module);
        texts::names(cx, &parsed.statements)
    });
    names.map(|read| read.name).collect()
}

/// The names that bodies read and that no import, definition or constant of the module brings.
fn shared(
    cx: &Context<'_>,
    wanted: &FxHashSet<Name>,
    bindings: &Bindings<'_>,
    sorted: &Sorted,
) -> FxHashSet<Name> {
    // A constant that is set anew somewhere is none; `Bindings` saw to it that it is not among the defined.
    let names = wanted.iter();
    let shared = names.filter(|name| {
        !sorted.defined.contains(*name)
            && !bindings.is_import(name)
            && cx.link.binders(name).next().is_some()
    });
    shared.cloned().collect()
}
