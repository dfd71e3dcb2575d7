//! The lines of a cell on which imports stand: where they begin and end, with their comments, and how they go.

use super::barriers::{self, Barrier};
use super::block::{self, Statement};
use super::modules::Nature;
use crate::analysis::facts::{Facts, OpeningKind, StatementKind};
use crate::analysis::source::size;
use crate::notebook::{Cell, CellIdx, EditOp};
use crate::refactor::pieces::{after_line_break, is_directive, line_end, line_start, offset};
use crate::rule::Context;
use crate::text::TextRange;

/// Lines that hold imports and nothing else.
#[derive(Debug)]
pub struct Block {
    pub cell: CellIdx,
    /// Its first statement, and one past its last.
    pub statements: (usize, usize),
    /// The lines without comments above, with the last line break.
    pub lines: (usize, usize),
    /// Where the comments directly above begin.
    pub comments: usize,
    pub imports: Vec<Statement>,
}

/// Where the imports go.
pub struct Target {
    pub cell: CellIdx,
    /// The blocks that stand together; empty below a star import.
    pub run: Vec<Block>,
    /// Where the run begins and ends in the cell's text, without the last line break.
    pub place: (usize, usize),
    /// The first statement below the run.
    pub below: usize,
}

impl Target {
    /// The first cell with imports, and the run of them that others can join.
    pub fn find(cx: &Context<'_>) -> Option<Self> {
        let (index, cell) = cx.notebook.python_cells().find(|(index, cell)| {
            let facts = cx.facts(*index);
            let mut statements = facts.statements.iter();
            facts.runs()
                && !may_fail(cell)
                && statements.any(|statement| statement.kind == StatementKind::Import)
        })?;
        let facts = cx.facts(index);
        let mut runs = runs(index, cell, facts).into_iter().peekable();
        let mut chosen = runs.next()?;
        // Below what prepares imports, if imports stand there already.
        let prepares: Vec<Barrier> = barriers::between(cx, (index, chosen.below), index)
            .into_iter()
            .filter(|barrier| barrier.from <= Nature::Plotting)
            .collect();
        for run in runs {
            let first = run
                .run
                .first()
                .map_or(run.below, |block| block.statements.0);
            let is_prepared = prepares
                .iter()
                .filter_map(|barrier| barrier.statement)
                .any(|statement| (chosen.below..first).contains(&statement));
            if is_prepared {
                chosen = run;
            }
        }
        Some(chosen)
    }
}

/// The runs of imports of a cell. A star import ends one, and may be followed by an empty one.
fn runs(index: CellIdx, cell: &Cell, facts: &Facts) -> Vec<Target> {
    let mut runs: Vec<Target> = Vec::new();
    let mut run: Vec<Block> = Vec::new();
    let close = |run: &mut Vec<Block>, runs: &mut Vec<Target>| {
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            let text = &cell.text;
            let end = text[..last.lines.1].trim_end_matches(['\n', '\r']).len();
            runs.push(Target {
                cell: index,
                place: (first.lines.0, end),
                below: last.statements.1,
                run: std::mem::take(run),
            });
        }
    };
    let mut at = 0;
    while at < facts.statements.len() {
        let is_import = facts.statements[at].kind == StatementKind::Import;
        match block(index, cell, facts, at) {
            Some(block) => {
                at = block.statements.1;
                run.push(block);
                continue;
            }
            None if is_import && is_star(facts, at) => {
                close(&mut run, &mut runs);
                let end = line_end(&cell.text, facts.statements[at].range.end());
                runs.push(Target {
                    cell: index,
                    run: Vec::new(),
                    place: (end, end),
                    below: at + 1,
                });
            }
            None => close(&mut run, &mut runs),
        }
        at += 1;
    }
    close(&mut run, &mut runs);
    runs
}

fn is_star(facts: &Facts, statement: usize) -> bool {
    let range = facts.statements[statement].range;
    facts.openings.iter().any(|opening| {
        matches!(opening.kind, OpeningKind::StarImport(_)) && range.contains_range(opening.range)
    })
}

/// The lines of imports that begin with a statement. `None` where it is none that can be written
/// anew, or where other code stands on its lines.
fn block(index: CellIdx, cell: &Cell, facts: &Facts, first: usize) -> Option<Block> {
    let text = &*cell.text;
    let statements = &facts.statements;
    let start = line_start(text, statements[first].range.start());
    if start != offset(statements[first].range.start()) {
        return None;
    }
    let mut imports = Vec::new();
    let mut at = first;
    let mut end = start;
    while at < statements.len() && (at == first || offset(statements[at].range.start()) < end) {
        if statements[at].kind != StatementKind::Import {
            return None;
        }
        imports.extend(block::read(text, statements[at].range)?);
        end = line_end(text, statements[at].range.end());
        at += 1;
    }
    let rest = text[offset(statements[at - 1].range.end())..end]
        .trim_start_matches([' ', '\t', ';'])
        .trim_end();
    if rest.starts_with('#') {
        imports.first_mut()?.beside = Some(rest.to_owned());
    } else if !rest.is_empty() {
        return None;
    }
    let above = match first.checked_sub(1) {
        Some(before) => line_end(text, statements[before].range.end()),
        None => 0,
    };
    let comments = comments_above(text, above, start);
    let lines = text[comments..start].lines();
    imports.first_mut()?.above = lines.map(|line| line.trim_end().to_owned()).collect();
    Some(Block {
        cell: index,
        statements: (first, at),
        lines: (start, after_line_break(text, end)),
        comments,
        imports,
    })
}

/// Where the comment lines begin that stand directly above a line, no further up than `least`.
fn comments_above(text: &str, least: usize, line: usize) -> usize {
    let mut start = line;
    while start > least {
        let before = text[..start].trim_end_matches(['\n', '\r']);
        if start - before.len() > 2 || before.len() <= least && least > 0 {
            break;
        }
        let begin = line_start(text, size(before.len()));
        let comment = &text[begin..start];
        if begin < least || !comment.starts_with('#') || is_directive(comment) {
            break;
        }
        start = begin;
    }
    start
}

/// Whether the cell is meant to fail, or did when it last ran.
pub fn may_fail(cell: &Cell) -> bool {
    cell.has_tag("raises-exception") || cell.outputs.error.is_some()
}

/// The import statements of the cells below the target, those that cannot be blocks included.
pub fn later_blocks(cx: &Context<'_>, target: CellIdx) -> Vec<(Block, Option<String>)> {
    let mut found = Vec::new();
    for (index, cell) in cx.notebook.python_cells() {
        if index <= target {
            continue;
        }
        let facts = cx.facts(index);
        let mut at = 0;
        while at < facts.statements.len() {
            let statement = &facts.statements[at];
            if statement.kind != StatementKind::Import {
                at += 1;
                continue;
            }
            match block(index, cell, facts, at) {
                Some(block) => {
                    at = block.statements.1;
                    found.push((block, None));
                }
                None => {
                    let reason = if is_star(facts, at) {
                        "it may bind any name, so its place matters"
                    } else {
                        "it shares its line with other code"
                    };
                    let (start, end) = (
                        offset(statement.range.start()),
                        offset(statement.range.end()),
                    );
                    let block = Block {
                        cell: index,
                        statements: (at, at + 1),
                        lines: (start, end),
                        comments: start,
                        imports: Vec::new(),
                    };
                    found.push((block, Some(reason.to_owned())));
                    at += 1;
                }
            }
        }
    }
    found
}

/// What the import statements of the target cell bring that stand below its block, where they are sure to be made.
pub fn made_below(cx: &Context<'_>, target: &Target) -> Vec<Statement> {
    let facts = cx.facts(target.cell);
    let Some(cell) = cx.notebook.cell(target.cell) else {
        return Vec::new();
    };
    let below = facts.statements.iter().filter(|statement| {
        statement.kind == StatementKind::Import && offset(statement.range.start()) >= target.place.1
    });
    below
        .filter_map(|statement| block::read(&cell.text, statement.range))
        .flatten()
        .collect()
}

/// Whether the comments above a block speak of it, rather than of the code below it.
pub fn goes_with_comments(text: &str, block: &Block) -> bool {
    let mut rest = &text[block.lines.1..];
    while let Some(line) = rest.lines().next() {
        let is_import = line.starts_with("import ") || line.starts_with("from ");
        if line.trim().is_empty() {
            return true;
        }
        if !is_import {
            return false;
        }
        rest = &rest[after_line_break(rest, line.len())..];
    }
    true
}

/// Takes blocks out of a cell, with the blank lines that they leave.
pub fn without(cell: CellIdx, text: &str, blocks: &[Block], removes_cells: bool) -> Vec<EditOp> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for block in blocks {
        let start = if goes_with_comments(text, block) {
            block.comments
        } else {
            block.lines.0
        };
        match ranges.last_mut() {
            Some((_, end)) if text[*end..start].trim().is_empty() => *end = block.lines.1,
            _ => ranges.push((start, block.lines.1)),
        }
    }
    let mut kept = String::new();
    let mut at = 0;
    for (start, end) in &ranges {
        kept.push_str(&text[at..*start]);
        at = *end;
    }
    kept.push_str(&text[at..]);
    if kept.trim().is_empty() {
        return vec![if removes_cells {
            EditOp::Remove { cell }
        } else {
            EditOp::Replace {
                cell,
                range: TextRange::up_to(size(text.len())),
                text: String::new(),
            }
        }];
    }
    let ops = ranges.into_iter().map(|(start, end)| {
        let (before, after) = (&text[..start], &text[end..]);
        let blank_after = {
            let code = after.trim_start_matches(['\n', '\r', ' ', '\t']);
            // The indent of what follows stays.
            let upto = after.len() - code.len();
            after[..upto].rfind('\n').map_or(0, |found| found + 1)
        };
        let is_apart = before.trim().is_empty()
            || before.trim_end_matches([' ', '\t']).ends_with("\n\n")
            || before.ends_with("\r\n\r\n");
        let (start, end) = if after.trim().is_empty() {
            (before.trim_end().len(), text.len())
        } else if is_apart {
            (start, end + blank_after)
        } else {
            (start, end)
        };
        EditOp::Replace {
            cell,
            range: TextRange::new(size(start), size(end)),
            text: String::new(),
        }
    });
    ops.collect()
}
