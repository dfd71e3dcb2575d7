//! Makes one function of statements that stand in several places, with the differences as parameters.
//!
//! Each place is judged as a cell is that becomes a function ([`interface`]); then the places are laid
//! side by side. What differs must be a variable, a definition or a literal, exchanged one for one.

mod differences;
mod pieces;

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;

use super::interface::{self, Interface, Parts, Rest};
use super::naming::{self, Subject};
use super::shape::{self, Shape};
use super::{extract, unread};
use crate::action::Refusal;
use crate::analysis::clones;
use crate::analysis::depth;
use crate::analysis::facts::{Facts, State};
use crate::analysis::source::{Source, parse_part};
use crate::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook};
use crate::refactor::layout;
use crate::refactor::pieces::whole;
use crate::refactor::prior;
use crate::rule::Context;
use crate::text::{TextRange, TextSize};
use differences::Differences;
use pieces::{Piece, comments};

/// More parameters than this, and the places have too little in common.
const MOST_PARAMETERS: usize = 7;

/// One function for all places of the repetition that stands at `range` of `cell`.
#[derive(Debug)]
pub struct Plan {
    pub name: String,
    function: String,
    /// In document order: where each place stands, and what takes its place.
    calls: Vec<(CellIdx, TextRange, String)>,
    /// Why the function must not stand in a cell of its own.
    stays: bool,
    newline: &'static str,
}

/// One place, with what it would take and give if it were a function of its own.
struct Copy {
    piece: Piece,
    facts: Arc<Facts>,
    shape: Shape,
    /// What stands above it in its cell.
    before: Arc<Facts>,
    interface: Interface,
}

/// Plans the extraction of a repetition.
///
/// # Errors
/// Where the places differ in what no parameter can say, or where one of them cannot be a function.
pub fn plan(cx: &Context<'_>, cell: CellIdx, range: TextRange) -> Result<Plan, Refusal> {
    let text = cx.notebook.cell(cell).map_or("", |cell| &cell.text);
    depth::with_stack_for(text, || planned(cx, cell, range))
        .unwrap_or_else(|too_deep| Err(format!("it is {too_deep}").into()))
}

fn planned(cx: &Context<'_>, cell: CellIdx, range: TextRange) -> Result<Plan, Refusal> {
    let repetition = clones::in_notebook(cx.link, cell)
        .into_iter()
        .find(|found| found.range == range)
        .ok_or("nothing is repeated here any more")?;
    let pieces = pieces::of(cx, cell, &repetition)?;
    let copies: Vec<Copy> = pieces
        .into_iter()
        .map(|piece| {
            let place = piece.cell;
            copy(cx, piece).map_err(|Refusal(why)| Refusal(format!("in {place}, {why}")))
        })
        .collect::<Result<_, Refusal>>()?;
    let differences = Differences::of(&copies)?;
    write(cx, &copies, &differences)
}

/// Judges one place.
fn copy(cx: &Context<'_>, piece: Piece) -> Result<Copy, Refusal> {
    let cell = cx.notebook.cell(piece.cell).ok_or("the cell has gone")?;
    if let Err(why) = extract::refuse_what_is_no_plain_code(cx.facts(piece.cell)) {
        return Err(match why {
            super::cut::NoCut::Refused(refusal) => refusal,
            super::cut::NoCut::NothingToDo => "nothing is Python".into(),
        });
    }
    extract::refuse_what_the_notebook_forbids(cx, piece.cell, cell)?;
    let (start, end) = (piece.range.start().to_usize(), piece.range.end().to_usize());
    let before = cx.cache.get_part(&cell.text[..start]);
    let facts = cx.cache.get_part(&piece.body);
    let after_text = &cell.text[end..];
    let after = cx.cache.get_part(after_text);
    let whole = cx.facts(piece.cell).statements.len();
    let parts = [&before, &facts, &after];
    let count: usize = parts.iter().map(|part| part.statements.len()).sum();
    if !parts.iter().all(|part| part.runs()) || count != whole {
        return Err("its statements share lines in a way that cannot be cut".into());
    }
    let shape = shape::of(piece.statements(), &piece.body);
    let interface = interface::of(
        cx,
        &Parts {
            cell: piece.cell,
            before: &before,
            inside: &facts,
            body: &piece.body,
            rest: &Rest::of(&after, after_text),
            shape: &shape,
            shared: &rustc_hash::FxHashSet::default(),
            is_of_module: false,
            function: None,
            result: None,
            kept: &[],
        },
    )?;
    if extract::ends_in_error(cell) && !interface.returns.is_empty() {
        return Err("the cell is meant to stop with an error".into());
    }
    if facts.awaits && piece.has_cell_magic {
        return Err("a cell magic cannot run `await`".into());
    }
    Ok(Copy {
        piece,
        facts,
        shape,
        before,
        interface,
    })
}

fn write(cx: &Context<'_>, copies: &[Copy], differences: &Differences) -> Result<Plan, Refusal> {
    let first = &copies[0];
    let parameters = differences.parameters(cx, copies)?;
    if parameters.len() > MOST_PARAMETERS {
        return Err(format!(
            "the places differ in so much that the function would take {} parameters",
            parameters.len()
        )
        .into());
    }
    let returns = returns(copies, differences)?;
    let body = differences.body(first, &parameters);
    let written = Interface {
        parameters: parameters.iter().map(|one| Name::new(&one.name)).collect(),
        returns: returns
            .iter()
            .map(|name| differences.final_name(name))
            .collect(),
        ..Interface::default()
    };
    let inside = cx.cache.get_part(&body);
    // A heading above the first place tells of that place alone.
    let subject = Subject {
        notebook: &Notebook::default(),
        cell: CellIdx(0),
        body: &body,
        inside: &inside,
        shape: &first.shape,
        interface: &written,
        shows_values: false,
    };
    let is_taken = |name: &str| {
        let mut cells = copies.iter().map(|copy| copy.piece.cell);
        cells.any(|cell| extract::is_taken(cx, cell, name))
            || inside.bindings.iter().any(|binding| binding.name == *name)
            || parameters.iter().any(|parameter| parameter.name == name)
    };
    let name = naming::function_name(&subject, is_taken);
    let newline = first.piece.newline;
    let is_async = first.facts.awaits;
    let parsed = parse_part(&body, whole(&body), Mode::Module);
    let body = unread::without_targets(&parsed.statements, &body, &inside, |name| {
        written.returns.contains(name)
    });
    let function = layout::function(&name, is_async, &written, &body, newline);
    if !is_one_statement(&function) {
        return Err("its code cannot be indented without changing it".into());
    }
    let known = comments(&first.piece.body);
    let calls = (0..copies.len()).map(|at| {
        let own = &copies[at];
        let call = Interface {
            parameters: parameters
                .iter()
                .map(|one| Name::new(&one.arguments[at]))
                .collect(),
            returns: returns
                .iter()
                .map(|name| differences.name_in(at, name))
                .collect(),
            ..Interface::default()
        };
        let newline = own.piece.newline;
        let call = layout::call(&name, is_async, &call, newline);
        let mut lines: Vec<String> = Vec::new();
        if at > 0 {
            // What only this place says would be lost with it.
            let own = comments(&own.piece.body);
            lines.extend(own.into_iter().filter(|comment| !known.contains(comment)));
        }
        lines.push(call);
        (own.piece.cell, own.piece.range, lines.join(newline))
    });
    Ok(Plan {
        calls: calls.collect(),
        function,
        name,
        stays: extract::reads_history(cx),
        newline,
    })
}

fn is_one_statement(code: &str) -> bool {
    let is_one = depth::with_stack_for(code, || {
        let parsed = Source::new(code).parse();
        parsed.errors.is_empty() && parsed.statements.len() == 1
    });
    is_one.unwrap_or(false)
}

/// What the function gives back, by the names of the first place: what is read of any place.
fn returns(copies: &[Copy], differences: &Differences) -> Result<Vec<Name>, Refusal> {
    let first = &copies[0];
    let mut names: Vec<Name> = Vec::new();
    for binding in &first.facts.bindings {
        let name = &binding.name;
        if names.contains(name) {
            continue;
        }
        let is_read = (0..copies.len()).any(|at| {
            let own = differences.name_in(at, name);
            copies[at].interface.returns.contains(&own)
        });
        if !is_read {
            continue;
        }
        let missing = copies.iter().enumerate().find(|(at, copy)| {
            let own = differences.name_in(*at, name);
            let is_sure = copy
                .facts
                .exit(&own)
                .is_some_and(|exit| exit.state == State::Sure);
            !is_sure && !copy.interface.returns.contains(&own)
        });
        if let Some((at, copy)) = missing {
            return Err(format!(
                "in {}, `{}` is bound only on some paths, and what another place makes of it is read",
                copy.piece.cell,
                differences.name_in(at, name)
            )
            .into());
        }
        names.push(name.clone());
    }
    Ok(names)
}

impl Copy {
    /// Whether the name is surely there when the place begins to run.
    fn has(&self, cx: &Context<'_>, name: &str) -> bool {
        prior::of(cx.link, self.piece.cell, &self.before, name).is_there()
    }
}

impl Plan {
    /// How many places call the function.
    pub fn places(&self) -> usize {
        self.calls.len()
    }

    /// `apart` is whether the function may have a cell of its own.
    pub fn edit(&self, cx: &Context<'_>, apart: bool) -> Edit {
        let apart = apart && !self.stays;
        let mut ops = Vec::new();
        let mut select = None;
        for (at, (cell, range, call)) in self.calls.iter().enumerate() {
            let mut text = call.clone();
            if at == 0 {
                let mut start = 0;
                if apart {
                    ops.push(EditOp::Insert {
                        at: *cell,
                        kind: CellKind::Code,
                        text: self.function.clone(),
                    });
                } else {
                    let above = cx.notebook.cell(*cell).map_or("", |cell| &cell.text);
                    let above = &above[..range.start().to_usize()];
                    let gap = self.gap_below(above);
                    start = above.len() + gap.len();
                    let newline = self.newline;
                    text = format!("{gap}{}{newline}{newline}{newline}{call}", self.function);
                }
                let name = self.function.find(&self.name).unwrap_or(0) + start;
                let name = TextSize::new(u32::try_from(name).unwrap_or(u32::MAX));
                // An inserted cell takes the place of the one that it stands above.
                select = Some((*cell, TextRange::at(name, TextSize::of(self.name.as_str()))));
            }
            ops.push(EditOp::Replace {
                cell: *cell,
                range: *range,
                text,
            });
        }
        Edit { ops, select }
    }

    /// Line breaks that leave two blank lines above a definition.
    fn gap_below(&self, above: &str) -> String {
        if above.trim().is_empty() {
            return String::new();
        }
        let blank = above.len() - above.trim_end().len();
        let there = above[above.len() - blank..].matches('\n').count();
        self.newline.repeat(3_usize.saturating_sub(there))
    }
}
