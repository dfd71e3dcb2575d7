//! The plan by which a cell becomes a function and its call.

use super::cut::{self, Fate, NoCut};
use super::interface::{self, Interface, Parts, Rest};
use super::naming::{self, Subject};
use super::{shape, unread};
use crate::action::{ActionContext, Refusal};
use crate::analysis::facts::{Facts, Magic};
use crate::analysis::known::builtins;
use crate::analysis::source::parse_part;
use crate::analysis::{depth, python};
use crate::notebook::{Cell, CellIdx, CellKind, Edit, EditOp, Home, Notebook};
use crate::refactor::layout;
use crate::refactor::pieces::{self, Pieces};
use crate::rule::Context;
use crate::text::{TextRange, TextSize};
use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;
use rustc_hash::FxHashSet;

/// A cell as a function and what is left of the cell.
#[derive(Debug)]
pub struct Plan {
    pub name: String,
    pub interface: Interface,
    /// The whole definition.
    pub function: String,
    call: String,
    pieces: Pieces,
    /// Why the function must not stand in a cell of its own.
    pub stays: bool,
}

/// What becomes of a cell.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing in it would be a function.
    NotOffered,
    Refused(Refusal),
    Planned(Box<Plan>),
}

/// Plans the extraction of a whole cell. Looks at the cell's own text and at the facts of the others.
pub fn plan_cell(cx: &Context<'_>, index: CellIdx) -> Outcome {
    let Some(cell) = cx.notebook.cell(index) else {
        return Outcome::NotOffered;
    };
    if !cell.is_python(&cx.notebook.meta.language) || cell.text.trim().is_empty() {
        return Outcome::NotOffered;
    }
    let planned = depth::with_stack_for(&cell.text, || plan(cx, index, cell, None));
    outcome(planned)
}

/// Plans the extraction of whole statements of the cell's own level: from the first that `selection`
/// touches to the last.
pub fn plan_selection(cx: &Context<'_>, index: CellIdx, selection: TextRange) -> Outcome {
    let Some(cell) = cx.notebook.cell(index) else {
        return Outcome::NotOffered;
    };
    if !cell.is_python(&cx.notebook.meta.language) || cell.text[selection].trim().is_empty() {
        return Outcome::NotOffered;
    }
    let planned = depth::with_stack_for(&cell.text, || plan(cx, index, cell, Some(selection)));
    outcome(planned)
}

fn outcome(planned: Result<Result<Plan, NoCut>, depth::TooMuch>) -> Outcome {
    match planned {
        Ok(Ok(plan)) => Outcome::Planned(Box::new(plan)),
        Ok(Err(NoCut::NothingToDo)) => Outcome::NotOffered,
        Ok(Err(NoCut::Refused(refusal))) => Outcome::Refused(refusal),
        Err(too_deep) => Outcome::Refused(format!("it is {too_deep}").into()),
    }
}

/// What a whole cell must heed when it becomes a function of a module.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// Names that stay variables of the module, which functions read there.
    pub shared: &'a FxHashSet<Name>,
    /// Names that somebody has, beyond those of the notebook.
    pub taken: &'a dyn Fn(&str) -> bool,
}

/// Plans a function of everything in a cell: nothing stays outside of it.
///
/// # Errors
/// Where the function would not do what the cell does.
pub fn plan_all_of(cx: &Context<'_>, index: CellIdx, wish: Wish<'_>) -> Result<Plan, Refusal> {
    let cell = cx.notebook.cell(index).ok_or("the cell is gone")?;
    let fates = vec![Fate::Inside; cx.facts(index).statements.len()];
    let planned = depth::with_stack_for(&cell.text, || {
        planned(cx, index, cell, &fates, wish, Part::Section)
    });
    match planned {
        Ok(Ok(plan)) => Ok(plan),
        Ok(Err(NoCut::NothingToDo)) => Err("nothing in it would be a function".into()),
        Ok(Err(NoCut::Refused(refusal))) => Err(refusal),
        Err(too_deep) => Err(format!("it is {too_deep}").into()),
    }
}

impl From<Refusal> for NoCut {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn plan(
    cx: &Context<'_>,
    index: CellIdx,
    cell: &Cell,
    selection: Option<TextRange>,
) -> Result<Plan, NoCut> {
    refuse_what_is_no_plain_code(cx.link.facts(index))?;
    let fates = match selection {
        None => cut::cell(cx, index, &cell.text)?,
        Some(selection) => cut::selection(cx, index, &cell.text, selection)?,
    };
    refuse_what_the_notebook_forbids(cx, index, cell)?;
    let wish = Wish {
        shared: &FxHashSet::default(),
        taken: &|_| false,
    };
    let part = selection.map_or(Part::Cell, |_| Part::Selection);
    planned(cx, index, cell, &fates, wish, part)
}

/// What the statements that become a function are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A whole cell, of which the heading above it tells.
    Cell,
    /// Some statements of a cell.
    Selection,
    /// A part of a module, where nobody looks at variables.
    Section,
}

/// The text of a cell in three pieces, with the facts of each.
struct Parted {
    pieces: Pieces,
    before: Facts,
    inside: Facts,
    after: Facts,
}

impl Parted {
    fn of(text: &str, facts: &Facts, fates: &[Fate]) -> Result<Self, Refusal> {
        let pieces = pieces::of(text, facts, fates)
            .ok_or("its lines are indented, or joined in a way that cannot be cut")?;
        let before = python::facts(&pieces.before);
        let inside = python::facts(&pieces.body);
        let after = python::facts(&pieces.after);
        let parts = [&before, &inside, &after];
        let count: usize = parts.iter().map(|part| part.statements.len()).sum();
        let is_complete = parts.iter().all(|part| part.runs()) && count == facts.statements.len();
        if !is_complete || inside.statements.is_empty() {
            return Err("its statements share lines in a way that cannot be cut".into());
        }
        Ok(Self {
            pieces,
            before,
            inside,
            after,
        })
    }
}

/// The function that the statements with the fate [`Fate::Inside`] become.
fn planned(
    cx: &Context<'_>,
    index: CellIdx,
    cell: &Cell,
    fates: &[Fate],
    wish: Wish<'_>,
    part: Part,
) -> Result<Plan, NoCut> {
    let facts = cx.link.facts(index);
    let Parted {
        pieces,
        before,
        inside,
        after,
    } = Parted::of(&cell.text, facts, fates)?;
    let parsed = parse_part(&pieces.body, pieces::whole(&pieces.body), Mode::Module);
    let shape = shape::of(&parsed.statements, &pieces.body);
    let mut bound = inside.bindings.iter();
    if shape.annotates && bound.any(|own| wish.shared.contains(&own.name)) {
        return Err(Refusal::from("it annotates a variable that functions read").into());
    }
    // A part of a module is nowhere looked at, and what stops with an error gives nothing back.
    let is_kept = part != Part::Section && !ends_in_error(cell);
    let kept = if is_kept {
        unread::kept(&parsed.statements, &inside)
    } else {
        Vec::new()
    };
    let parts = Parts {
        cell: index,
        before: &before,
        inside: &inside,
        body: &pieces.body,
        rest: &Rest::of(&after, &pieces.after),
        shape: &shape,
        shared: wish.shared,
        is_of_module: part == Part::Section,
        function: None,
        result: unread::assigned_last(&parsed.statements).filter(|_| is_kept),
        kept: &kept,
    };
    let interface = interface::of(cx, &parts)?;
    if ends_in_error(cell) && !interface.returns.is_empty() {
        return Err(Refusal::from(
            "it is meant to stop with an error, and what it has bound until then would be lost",
        )
        .into());
    }
    let no_headings = Notebook::default();
    let subject = Subject {
        notebook: match part {
            Part::Selection => &no_headings,
            Part::Cell | Part::Section => cx.notebook,
        },
        cell: index,
        body: &pieces.body,
        inside: &inside,
        shape: &shape,
        interface: &interface,
        shows_values: part == Part::Section,
    };
    let name = naming::function_name(&subject, |name| {
        is_taken(cx, index, name) || (wish.taken)(name)
    });
    let body = match part {
        Part::Section => with_shared(&pieces, &inside, wish.shared),
        Part::Cell | Part::Selection => {
            let is_needed = |name: &Name| interface.returns.contains(name);
            unread::without_targets(&parsed.statements, &pieces.body, &inside, is_needed)
        }
    };
    let function = layout::function(&name, inside.awaits, &interface, &body, pieces.newline);
    let written = python::facts(&function);
    if !written.runs() || written.statements.len() != 1 {
        return Err(Refusal::from("its code cannot be indented without changing it").into());
    }
    if facts.cell_magics().next().is_some() && inside.awaits {
        return Err(Refusal::from("a cell magic cannot run `await`").into());
    }
    let call = layout::call(&name, inside.awaits, &interface, pieces.newline);
    Ok(Plan {
        stays: reads_history(cx),
        name,
        interface,
        function,
        call,
        pieces,
    })
}

/// The body, with a `global` line for the shared names that it binds.
fn with_shared(pieces: &Pieces, inside: &Facts, shared: &FxHashSet<Name>) -> String {
    let mut bound: Vec<&str> = inside
        .bindings
        .iter()
        .map(|binding| binding.name.as_str())
        .filter(|name| shared.contains(*name))
        .collect();
    bound.sort_unstable();
    bound.dedup();
    if bound.is_empty() {
        return pieces.body.clone();
    }
    let names = bound.join(", ");
    format!("global {names}{0}{1}", pieces.newline, pieces.body)
}

pub(super) fn refuse_what_is_no_plain_code(facts: &Facts) -> Result<(), NoCut> {
    if let Some(error) = facts.syntax_errors.first() {
        return Err(Refusal(format!("the cell is not valid Python: {}", error.message)).into());
    }
    let is_plain = |magic: &Magic| {
        (&*magic.name == "time" && magic.argument.is_empty()) || &*magic.name == "capture"
    };
    let Some(magic) = facts.cell_magics().find(|magic| !is_plain(magic)) else {
        return Ok(());
    };
    if facts.statements.is_empty() {
        return Err(NoCut::NothingToDo);
    }
    Err(Refusal(format!(
        "`%%{}` decides how its cell runs, and a call may run otherwise",
        magic.name
    ))
    .into())
}

pub(super) fn refuse_what_the_notebook_forbids(
    cx: &Context<'_>,
    index: CellIdx,
    cell: &Cell,
) -> Result<(), Refusal> {
    let cells = || cx.notebook.python_cells();
    if cell.is_for_papermill() {
        return Err("papermill sets the variables of this cell (tag `parameters`)".into());
    }
    if cell.is_form() {
        return Err("its `#@param` lines are a form, which works only at the top of a cell".into());
    }
    if let Some((setter, _)) = cells().find(|(other, _)| cx.facts(*other).shows_every_expression) {
        return Err(format!(
            "{} lets IPython show every expression of a cell, and those of a function are not shown",
            cx.cell_name(setter)
        )
        .into());
    }
    let destroyed = cells().find(|(other, _)| {
        *other <= index
            && cx
                .facts(*other)
                .classes
                .iter()
                .any(|class| class.methods.iter().any(|(name, _)| name == "__del__"))
    });
    if let Some((other, _)) = destroyed {
        return Err(format!(
            "a class in {} has `__del__`, and objects would go when the function ends",
            cx.cell_name(other)
        )
        .into());
    }
    Ok(())
}

pub(super) fn ends_in_error(cell: &Cell) -> bool {
    cell.has_tag("raises-exception") || cell.outputs.error.is_some()
}

/// Whether any cell counts on how many cells have run: a new one would shift `Out[3]`.
pub fn reads_history(cx: &Context<'_>) -> bool {
    cx.notebook.python_cells().any(|(index, _)| {
        let facts = cx.facts(index);
        let at_once = facts.uses.iter().map(|read| &read.name);
        let later = facts
            .scopes
            .iter()
            .flat_map(|scope| scope.reads.iter().map(|read| &read.name));
        at_once
            .chain(later)
            .any(|name| builtins::is_history(name) && !name.trim_matches('_').is_empty())
    })
}

pub(super) fn is_taken(cx: &Context<'_>, index: CellIdx, name: &str) -> bool {
    let facts = cx.facts(index);
    cx.link.is_given(name)
        || cx.link.touchers(name).next().is_some()
        || cx.link.askers(name).next().is_some()
        || facts.uses.iter().any(|read| read.name == *name)
        || facts.bindings.iter().any(|binding| binding.name == *name)
        || facts.scopes.iter().any(|scope| {
            scope.reads.iter().any(|read| read.name == *name)
                || scope.parameters.iter().any(|parameter| parameter == name)
        })
}

impl Plan {
    /// The statement that calls the function.
    pub fn call(&self) -> &str {
        &self.call
    }

    /// Whether the function is a coroutine.
    pub fn awaits(&self) -> bool {
        self.function.starts_with("async ")
    }

    /// The function in a cell of its own above, where the client can insert cells, and the call. In marimo they stay
    /// together: a function that reads what its caller's cell imports would need that cell, and be needed by it.
    pub fn edit(&self, cx: &ActionContext<'_>) -> Edit {
        let text = cx.all.notebook.cell(cx.cell).map_or("", |cell| &cell.text);
        let is_marimo = cx.all.notebook.meta.home == Home::Marimo;
        let apart = cx.client.cell_structure && !self.stays && !is_marimo;
        let new = self.cell_text(!apart);
        let start = if apart {
            0
        } else {
            new.find(&self.function).unwrap_or(0)
        };
        let mut edit = Edit::replace(cx.cell, pieces::whole(text), new);
        if apart {
            edit.ops.insert(
                0,
                EditOp::Insert {
                    at: cx.cell,
                    kind: CellKind::Code,
                    text: self.function.clone(),
                },
            );
        }
        // An inserted cell takes the place of the one that it stands above.
        edit.select = self.name_in_function(start).map(|range| (cx.cell, range));
        edit
    }

    /// The cell's text with the call in place of what moved; with the function, too, where it
    /// stands in the same cell.
    pub fn cell_text(&self, with_function: bool) -> String {
        let pieces = &self.pieces;
        let newline = pieces.newline;
        let mut text = String::new();
        let mut push = |part: &str, blank_lines: usize| {
            if part.is_empty() {
                return;
            }
            if !text.is_empty() {
                text.push_str(newline);
                (0..blank_lines).for_each(|_| text.push_str(newline));
            }
            text.push_str(part);
        };
        push(&pieces.header, 0);
        push(&pieces.before, 0);
        let apart = match (pieces.before.is_empty(), pieces.defines_last) {
            (true, _) => 0,
            (false, true) => 2,
            (false, false) => 1,
        };
        if with_function {
            push(&self.function, if pieces.before.is_empty() { 0 } else { 2 });
            push(&self.call, 2);
        } else {
            push(&self.call, apart);
        }
        push(&pieces.after, self.gap_before_rest());
        text
    }

    /// Where the name stands in its definition, `start` bytes into its cell.
    pub fn name_in_function(&self, start: usize) -> Option<TextRange> {
        let at = self.function.find(&self.name)?;
        let start = TextSize::try_from(start + at).ok()?;
        Some(TextRange::at(start, TextSize::of(self.name.as_str())))
    }

    fn gap_before_rest(&self) -> usize {
        let starts_definition = ["def ", "class ", "async def ", "@"]
            .iter()
            .any(|start| self.pieces.after.starts_with(start));
        if starts_definition {
            2
        } else {
            usize::from(self.pieces.after_is_apart)
        }
    }
}
