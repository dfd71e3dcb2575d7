//! Top-level statements of a notebook that can be taken out whole, with the comments that belong to them.

use ruff_python_ast::Stmt;
use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;

use crate::action::Refusal;
use crate::analysis::facts::{Binding, Facts, Statement, StatementKind};
use crate::analysis::source::parse_part;
use crate::analysis::{depth, python};
use crate::notebook::CellIdx;
use crate::refactor::pieces::whole;
use crate::rule::Context;
use crate::text::{Ranged, TextRange, TextSize};

/// A top-level statement, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceId {
    pub cell: CellIdx,
    /// Its position among the cell's statements.
    pub statement: usize,
}

/// A statement that binds names and can stand in a module.
#[derive(Debug)]
pub struct Piece {
    pub id: PieceId,
    /// What it binds.
    pub names: Vec<Name>,
    /// Its whole lines in the cell, with comments, up to the start of the next line.
    pub lines: TextRange,
    /// Those lines, without the last line break.
    pub text: String,
    pub is_definition: bool,
    pub stmt: Stmt,
    /// The facts of its text alone.
    pub facts: Facts,
}

impl Piece {
    /// # Errors
    /// Where the statement cannot be cut out, or is no plain Python.
    pub fn take(cx: &Context<'_>, id: PieceId) -> Result<Self, Refusal> {
        let place = cx.cell_name(id.cell);
        let cell = cx.notebook.cell(id.cell).ok_or("the cell is gone")?;
        let facts = cx.facts(id.cell);
        let statement = facts
            .statements
            .get(id.statement)
            .ok_or("the definition is gone")?;
        let mut names: Vec<Name> = Vec::new();
        for binding in facts.bound_by(id.statement) {
            if !names.contains(&binding.name) {
                names.push(binding.name.clone());
            }
        }
        let name = names
            .first()
            .map_or_else(|| "it".to_owned(), |name| format!("`{name}`"));
        if let Some(error) = facts.syntax_errors.first() {
            return Err(format!("{place} is not valid Python: {}", error.message).into());
        }
        let lines = whole_lines(&cell.text, statement.range).ok_or_else(|| {
            format!("{name} in {place} is indented, or shares its lines with other code")
        })?;
        let mut text = cell.text[lines].trim_end().to_owned();
        let parsed = depth::with_stack_for(&text, || parse_part(&text, whole(&text), Mode::Module))
            .map_err(|too_deep| format!("{name} is {too_deep}"))?;
        let mut statements = parsed.statements.into_iter();
        let (Some(stmt), None, true) = (
            statements.next(),
            statements.next(),
            parsed.errors.is_empty(),
        ) else {
            return Err(format!(
                "{name} in {place} holds magics or shell lines, which only run in a notebook"
            )
            .into());
        };
        // Which hid a result, and does nothing in a module.
        let end = stmt.end().to_usize();
        if text[end..].starts_with(';') {
            text.remove(end);
        }
        Ok(Self {
            id,
            names,
            lines,
            is_definition: statement.kind == StatementKind::Definition,
            stmt,
            facts: python::facts(&text),
            text,
        })
    }

    /// "`clean`".
    pub fn quoted(&self) -> String {
        self.names
            .first()
            .map_or_else(|| "it".to_owned(), |name| format!("`{name}`"))
    }

    /// A function that is called as it is written, by whoever knows its name.
    pub fn is_plain_function(&self) -> bool {
        let function = self.stmt.as_function_def_stmt();
        function.is_some_and(|own| own.decorator_list.is_empty())
    }

    pub fn is_class(&self) -> bool {
        self.stmt.is_class_def_stmt()
    }
}

/// The lines of a statement, with the comments directly above it and those that end its body.
fn whole_lines(text: &str, statement: TextRange) -> Option<TextRange> {
    let (start, end) = (statement.start().to_usize(), statement.end().to_usize());
    let mut first = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let rest = text[end..].lines().next().unwrap_or_default().trim();
    let rest = rest.strip_prefix(';').unwrap_or(rest).trim_start();
    if first != start || !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    while first > 0 {
        let above = text[..first - 1].rfind('\n').map_or(0, |at| at + 1);
        let line = &text[above..first];
        if !line.starts_with('#') || is_directive(line) {
            break;
        }
        first = above;
    }
    let mut last = after_line(text, end);
    let mut at = last;
    for line in text[last..].split_inclusive('\n') {
        at += line.len();
        let is_comment = line.starts_with([' ', '\t']) && line.trim_start().starts_with('#');
        if is_comment {
            last = at;
        } else if !line.trim().is_empty() {
            break;
        }
    }
    Some(TextRange::new(size(first), size(last)))
}

/// Comments that speak to a tool about the cell, not to a reader about the definition.
pub fn is_directive(line: &str) -> bool {
    let comment = line.trim_start_matches('#').trim();
    line.starts_with("#|")
        || line.starts_with("#@")
        || line.starts_with("#!")
        || line.starts_with("# %%")
        || comment.starts_with("cellwise: ignore-cell")
        || comment.starts_with("-*-")
        || matches!(
            comment,
            "hide" | "export" | "exports" | "hide_input" | "collapse"
        )
}

fn after_line(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |found| at + found + 1)
}

fn size(at: usize) -> TextSize {
    TextSize::new(u32::try_from(at).unwrap_or(u32::MAX))
}

/// What a selection, or a cursor, is about: the definitions and constants that it touches; without any, those of a
/// cell that holds nothing but imports, constants and definitions.
///
/// A cursor is about a constant only where it is written as one, in CAPITALS; a selection about those it covers.
/// What is bound again elsewhere goes only where somebody points at it alone.
pub fn chosen(cx: &Context<'_>, cell: CellIdx, range: TextRange) -> Vec<PieceId> {
    let facts = cx.facts(cell);
    if !facts.runs() {
        return Vec::new();
    }
    let ids = |choose: &dyn Fn(usize, &Statement) -> bool| -> Vec<PieceId> {
        let statements = facts.statements.iter().enumerate();
        let chosen = statements.filter(|(at, own)| choose(*at, own));
        chosen
            .map(|(statement, _)| PieceId { cell, statement })
            .collect()
    };
    let is_definition = |own: &Statement| own.kind == StatementKind::Definition;
    let touches = |own: &Statement| own.range.intersect(range).is_some();
    if range.is_empty() {
        let touched =
            ids(&|at, own| touches(own) && (is_definition(own) || is_in_capitals(facts, at)));
        if !touched.is_empty() {
            return touched;
        }
    } else {
        let is_selected = |at: usize, own: &Statement| {
            is_definition(own) && touches(own)
                || range.contains_range(own.range)
                    && is_constant(facts, at)
                    && is_bound_once(cx, facts, at)
        };
        let selected = ids(&is_selected);
        let is_meant = |id: &PieceId| {
            is_definition(&facts.statements[id.statement]) || is_in_capitals(facts, id.statement)
        };
        if selected.iter().any(is_meant) {
            return selected;
        }
    }
    let is_library = facts.magics.is_empty()
        && facts
            .statements
            .iter()
            .enumerate()
            .all(|(at, own)| match own.kind {
                StatementKind::Import | StatementKind::Definition => true,
                StatementKind::Other => is_constant(facts, at),
                _ => false,
            });
    if !is_library {
        return Vec::new();
    }
    ids(&|at, own| is_definition(own) || is_in_capitals(facts, at) && is_bound_once(cx, facts, at))
}

/// Whether a statement sets names in CAPITALS to constants.
fn is_in_capitals(facts: &Facts, statement: usize) -> bool {
    let mut own = facts.bound_by(statement);
    is_constant(facts, statement)
        && own.all(|own| {
            own.name.len() > 1
                && own.name.chars().any(char::is_alphabetic)
                && !own.name.chars().any(char::is_lowercase)
        })
}

/// Whether nothing else binds or changes what a statement binds.
fn is_bound_once(cx: &Context<'_>, facts: &Facts, statement: usize) -> bool {
    let mut own = facts.bound_by(statement);
    own.all(|binding| {
        let mut cells = cx.notebook.python_cells().map(|(cell, _)| cx.facts(cell));
        let is_changed = cells.any(|own| {
            own.mutations
                .iter()
                .any(|change| change.name == binding.name)
        });
        let mut bound = super::closure::bindings(cx, &binding.name);
        !is_changed && bound.next().is_some() && bound.next().is_none()
    })
}

fn is_constant(facts: &Facts, statement: usize) -> bool {
    use crate::analysis::facts::{BindingKind, Value};
    let mut own = facts.bound_by(statement).peekable();
    own.peek().is_some()
        && own.all(|own| {
            matches!(
                own.kind,
                BindingKind::Value(Value::Constant | Value::Literal | Value::ModulePart)
                    | BindingKind::TypeAlias
            )
        })
}

/// The definitions and constants of the notebook that bind these names.
///
/// # Errors
/// Where a name is none, or several, of them.
pub fn named(cx: &Context<'_>, names: &[&str]) -> Result<Vec<PieceId>, Refusal> {
    let mut found = Vec::new();
    for name in names {
        let mut definitions = definitions(cx)
            .filter(|(_, own)| own == name)
            .map(|(id, _)| id);
        let Some(id) = definitions.next() else {
            return Err(format!("no cell defines `{name}`").into());
        };
        if let Some(other) = definitions.next() {
            return Err(format!(
                "`{name}` is defined in {} and in {}; put the cursor on the one that is meant",
                id.cell, other.cell
            )
            .into());
        }
        found.push(id);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The functions, classes and constants in CAPITALS at the top level of the notebook, with their names.
pub fn definitions<'a>(cx: &'a Context<'a>) -> impl Iterator<Item = (PieceId, &'a Name)> {
    cx.notebook.python_cells().flat_map(|(cell, _)| {
        let facts = cx.facts(cell);
        let is_one = move |own: &&Binding| {
            let at = own.statement as usize;
            let statement = facts.statements.get(at);
            statement.is_some_and(|statement| match statement.kind {
                StatementKind::Definition => own.kind.is_definition(),
                StatementKind::Other => is_in_capitals(facts, at),
                _ => false,
            })
        };
        facts.bindings.iter().filter(is_one).map(move |own| {
            let statement = own.statement as usize;
            (PieceId { cell, statement }, &own.name)
        })
    })
}

/// The names that a piece binds, without it being taken out.
pub fn names_of<'a>(cx: &'a Context<'a>, id: PieceId) -> impl Iterator<Item = &'a Name> {
    let bindings = cx.facts(id.cell).bound_by(id.statement);
    bindings.map(|own| &own.name)
}

/// "`clean`", "`clean` and `load`", "4 definitions".
pub fn title(cx: &Context<'_>, chosen: &[PieceId]) -> String {
    let names = chosen.iter().filter_map(|id| names_of(cx, *id).next());
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        more => format!("{} definitions", more.len()),
    }
}
