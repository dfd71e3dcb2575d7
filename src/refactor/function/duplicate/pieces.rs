//! The places of a repetition, cut to what can move, as text with its syntax tree.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use crate::action::Refusal;
use crate::analysis::clones::Repetition;
use crate::analysis::facts::{Facts, MagicKind, StatementKind};
use crate::analysis::shapes::{Outline, outline};
use crate::analysis::source::parse_part;
use crate::notebook::CellIdx;
use crate::refactor::pieces::whole;
use crate::rule::Context;
use crate::text::{TextRange, TextSize, newline_of};

/// Whole lines of a cell.
pub(super) struct Piece {
    pub cell: CellIdx,
    /// The lines in the cell, without the last line break.
    pub range: TextRange,
    pub body: String,
    /// Places in [`Self::body`].
    pub outline: Outline,
    statements: Vec<Stmt>,
    pub newline: &'static str,
    pub has_cell_magic: bool,
}

/// A function of fewer statements would say less than its call.
const LEAST_STATEMENTS: usize = 2;

/// The places in document order, each with the statements that can move from all of them.
pub(super) fn of(
    cx: &Context<'_>,
    cell: CellIdx,
    repetition: &Repetition,
) -> Result<Vec<Piece>, Refusal> {
    if !repetition.is_at_top {
        return Err("it stands within another statement".into());
    }
    let own = cx.facts(cell);
    let first = statement_at(own, repetition.range.start()).ok_or("nothing stands here")?;
    let last = statement_before(own, repetition.range.end()).ok_or("nothing stands here")?;
    let length = last + 1 - first;
    let others = repetition.others.iter().filter_map(|place| {
        let facts = cx.facts(place.cell);
        Some((place.cell, statement_at(facts, place.range.start())?))
    });
    let mut places: Vec<(CellIdx, usize)> = others.chain([(cell, first)]).collect();
    places.sort_unstable();
    places.retain(|(cell, start)| start + length <= cx.facts(*cell).statements.len());
    // A place that begins alike may go on into another.
    places.dedup_by(|later, before| later.0 == before.0 && later.1 < before.1 + length);

    let is_definition = |at: usize| own.statements[at].kind == StatementKind::Definition;
    if (first..=last).all(is_definition) {
        return Err(
            "it is a definition already; keep one of them, and use it in both places".into(),
        );
    }
    let kept = |at: usize| {
        places.iter().all(|(cell, start)| {
            let facts = cx.facts(*cell);
            can_move(facts, start + at) && !is_shown(cx, *cell, start + at)
        })
    };
    let from = (0..length)
        .find(|&at| kept(at))
        .ok_or("nothing of it can move")?;
    let to = (from..length).rfind(|&at| kept(at)).unwrap_or(from);
    if let Some(fixed) = (from..to).find(|&at| !kept(at)) {
        let (cell, start) = places[0];
        let what = match cx.facts(cell).statements[start + fixed].kind {
            StatementKind::Import => "an import stands",
            StatementKind::Definition => "a definition stands",
            _ => "a magic, or what a cell shows, stands",
        };
        return Err(format!("{what} between the statements, and must stay").into());
    }
    if to + 1 - from < LEAST_STATEMENTS {
        return Err("too little of it can move".into());
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for (cell, start) in places {
        let piece = piece(cx, cell, start + from, start + to)?;
        // A place that begins alike may go on otherwise.
        let alike = pieces
            .first()
            .is_none_or(|first| first.outline.shape == piece.outline.shape);
        if alike {
            pieces.push(piece);
        }
    }
    if pieces.len() < 2 {
        return Err("the places are not alike".into());
    }
    Ok(pieces)
}

impl Piece {
    pub fn statements(&self) -> &[Stmt] {
        &self.statements
    }
}

/// The comments of some code, in order.
pub(super) fn comments(code: &str) -> Vec<String> {
    if !code.contains('#') {
        return Vec::new();
    }
    let parsed = parse_unchecked(code, ParseOptions::from(Mode::Module));
    let comments = parsed
        .tokens()
        .iter()
        .filter(|token| token.kind() == TokenKind::Comment);
    comments
        .map(|token| code[ruff_text_size::Ranged::range(token)].to_owned())
        .collect()
}

fn piece(cx: &Context<'_>, cell: CellIdx, first: usize, last: usize) -> Result<Piece, Refusal> {
    let facts = cx.facts(cell);
    let text = cx.notebook.cell(cell).map_or("", |cell| &cell.text);
    let start = facts.statements[first].range.start().to_usize();
    let end = facts.statements[last].range.end().to_usize();
    let line_start = text[..start]
        .rfind(['\n', '\r'])
        .map_or(0, |found| found + 1);
    let line_end = text[end..]
        .find(['\n', '\r'])
        .map_or(text.len(), |found| end + found);
    if line_start != start {
        return Err(format!("the lines in {cell} are indented, or hold something else").into());
    }
    let rest = text[end..line_end].trim_start();
    let rest = rest.strip_prefix(';').unwrap_or(rest).trim_start();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return Err(format!("the last line in {cell} holds something else, too").into());
    }
    let mut body = text[start..line_end].trim_end();
    if rest.is_empty() {
        body = &text[start..end];
    }
    let parsed = parse_part(body, whole(body), Mode::Module);
    if !parsed.errors.is_empty() {
        return Err(format!("the lines in {cell} are no plain Python").into());
    }
    let size = |bytes: usize| TextSize::new(u32::try_from(bytes).unwrap_or(u32::MAX));
    Ok(Piece {
        cell,
        range: TextRange::new(size(start), size(line_end)),
        body: body.to_owned(),
        outline: outline(&parsed.statements),
        statements: parsed.statements,
        newline: newline_of(text),
        has_cell_magic: facts
            .magics
            .first()
            .is_some_and(|magic| magic.kind == MagicKind::Cell),
    })
}

fn can_move(facts: &Facts, at: usize) -> bool {
    let statement = &facts.statements[at];
    let is_plain = matches!(
        statement.kind,
        StatementKind::Expression | StatementKind::Other
    );
    let has_magic = facts
        .magics
        .iter()
        .any(|magic| magic.kind != MagicKind::Cell && statement.range.contains_range(magic.range));
    is_plain && !has_magic
}

/// Whether the cell shows the statement's value; `print(…)` has none.
fn is_shown(cx: &Context<'_>, cell: CellIdx, at: usize) -> bool {
    let facts = cx.facts(cell);
    let is_last = at + 1 == facts.statements.len();
    let Some(trailing) = facts.trailing.filter(|_| is_last) else {
        return false;
    };
    let text = cx.notebook.cell(cell).map_or("", |cell| &cell.text);
    let has_none = is_print(&text[trailing.range]) && cx.link.binders("print").next().is_none();
    !trailing.suppressed && !has_none
}

fn is_print(code: &str) -> bool {
    if !code.starts_with("print") {
        return false;
    }
    let parsed = parse_part(code, whole(code), Mode::Module);
    let [Stmt::Expr(only)] = &parsed.statements[..] else {
        return false;
    };
    matches!(&*only.value, Expr::Call(call)
        if matches!(&*call.func, Expr::Name(name) if name.id == "print"))
}

fn statement_at(facts: &Facts, at: TextSize) -> Option<usize> {
    facts
        .statements
        .iter()
        .position(|statement| statement.range.start() == at)
}

fn statement_before(facts: &Facts, end: TextSize) -> Option<usize> {
    facts
        .statements
        .iter()
        .rposition(|statement| statement.range.end() == end)
}
