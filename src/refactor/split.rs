//! Where a cell can be cut in two so that both parts show what the whole did.

mod figures;

use rustc_hash::FxHashMap;

use self::figures::Figures;
use super::pieces::{self, line_end, line_start, offset};
use super::shown;
use crate::action::Refusal;
use crate::analysis::facts::{Facts, MagicKind};
use crate::notebook::{Cell, CellIdx};
use crate::refactor::function::extract;
use crate::rule::Context;

/// A place between two top-level statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seam {
    /// The first statement below.
    pub statement: usize,
    /// Where the part above ends, and where the part below begins, in bytes of the cell.
    pub above: usize,
    pub below: usize,
    /// Whether a comment or a blank line stands there.
    pub is_marked: bool,
}

/// The least lines of code that are worth a cell of their own.
const LEAST_LINES: usize = 5;
/// Where a long cell is cut, its parts are about as long as this, in lines of code.
const PART_LINES: usize = 20;

/// Whether the cell can be cut at all.
///
/// # Errors
/// Why it cannot, for a person.
pub fn can_be_cut(cx: &Context<'_>, index: CellIdx, cell: &Cell) -> Result<(), Refusal> {
    let facts = cx.facts(index);
    if let Some(error) = facts.syntax_errors.first() {
        return Err(format!("the cell is not valid Python: {}", error.message).into());
    }
    if let Some(magic) = facts
        .magics
        .first()
        .filter(|own| own.kind == MagicKind::Cell)
    {
        return Err(format!("`%%{}` speaks of the whole cell", magic.name).into());
    }
    if cell.is_for_papermill() {
        return Err("papermill replaces this cell (tag `parameters`)".into());
    }
    if let Some(tag) = cell.tags.first() {
        return Err(format!("only one of its parts would keep the tag `{tag}`").into());
    }
    if cell.outputs.error.is_some() {
        return Err(
            "it stops with an error, and what stands below would run as a cell of its own".into(),
        );
    }
    if let Some((setter, _)) = cx
        .notebook
        .python_cells()
        .find(|(other, _)| cx.facts(*other).shows_every_expression)
    {
        return Err(format!(
            "{} lets IPython show more than the last expression of a cell",
            cx.cell_name(setter)
        )
        .into());
    }
    if extract::reads_history(cx) {
        return Err("a cell asks IPython for earlier inputs or results, which are counted".into());
    }
    Ok(())
}

/// The place above a statement as a seam.
///
/// # Errors
/// Why the cell cannot be cut there, for a person.
pub fn seam(cx: &Context<'_>, index: CellIdx, cell: &Cell, at: usize) -> Result<Seam, Refusal> {
    let figures = Figures::new(cx.facts(index), &cell.text);
    seam_by(cx, index, cell, at, &figures)
}

fn seam_by(
    cx: &Context<'_>,
    index: CellIdx,
    cell: &Cell,
    at: usize,
    figures: &Figures,
) -> Result<Seam, Refusal> {
    let (text, facts) = (&*cell.text, cx.facts(index));
    let (upper, lower) = (&facts.statements[at - 1], &facts.statements[at]);
    let start = line_start(text, lower.range.start());
    let above = line_end(text, upper.range.end());
    let ends_upper = text[offset(upper.range.end())..above].trim_start();
    if start < above
        || start != offset(lower.range.start())
        || !(ends_upper.is_empty() || ends_upper.starts_with(['#', ';']))
    {
        return Err("two statements share a line there".into());
    }
    if shown::would_show(cx, facts, text, at - 1) {
        let line = text[upper.range].lines().next().unwrap_or_default();
        let shown: String = line.chars().take(40).collect();
        return Err(format!("the part above would show `{shown}`, which the cell does not").into());
    }
    if figures.is_open_above(at) {
        return Err("it would cut a plot in two: a figure is shown when its cell ends".into());
    }
    // Comments belong to what they stand above.
    let between = &text[above..start];
    let comments = between.trim_start_matches(['\n', '\r', ' ', '\t']);
    let below = start - comments.len();
    let is_blank = between[..between.len() - comments.len()]
        .matches('\n')
        .count()
        > 1;
    Ok(Seam {
        statement: at,
        above,
        below,
        is_marked: is_blank || !comments.is_empty(),
    })
}

/// Where a long cell is cut by itself: at marked places, into parts of a good length. In document order.
pub fn seams(cx: &Context<'_>, index: CellIdx, cell: &Cell) -> Vec<Seam> {
    let facts = cx.facts(index);
    let figures = Figures::new(facts, &cell.text);
    let mut lines_above = vec![0];
    let mut all = 0;
    for statement in &facts.statements {
        let lines = cell.text[statement.range].lines();
        all += lines.filter(|line| !line.trim().is_empty()).count();
        lines_above.push(all);
    }
    let mut data = Data::new(facts);
    let mut chosen: Vec<Seam> = Vec::new();
    let mut start = 0;
    let mut best: Option<(Seam, u32)> = None;
    for at in 1..facts.statements.len() {
        data.pass(at - 1);
        let lines = lines_above[at] - lines_above[start];
        if lines < LEAST_LINES || all - lines_above[at] < LEAST_LINES {
            continue;
        }
        let Ok(seam) = seam_by(cx, index, cell, at, &figures) else {
            continue;
        };
        let has_heading = cell.text[seam.below..].starts_with('#');
        let weight = u32::from(seam.is_marked)
            + u32::from(has_heading) * 2
            + u32::from(data.changes(start, at));
        if weight == 0 {
            continue;
        }
        let is_better = best.is_none_or(|(_, own)| weight >= own);
        if is_better {
            best = Some((seam, weight));
        }
        if lines >= PART_LINES
            && let Some((seam, _)) = best.take()
        {
            start = seam.statement;
            chosen.push(seam);
        }
    }
    if let (true, Some((seam, _))) = (chosen.is_empty(), best) {
        chosen.push(seam);
    }
    chosen
}

/// Which statements read what others bind, in one pass from the top.
struct Data<'f> {
    /// The names that each statement reads and binds.
    reads: Vec<Vec<&'f str>>,
    binds: Vec<Vec<&'f str>>,
    /// The last statement above that binds a name.
    bound: FxHashMap<&'f str, usize>,
}

impl<'f> Data<'f> {
    fn new(facts: &'f Facts) -> Self {
        let count = facts.statements.len();
        let (mut reads, mut binds) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for read in &facts.uses {
            let own = facts
                .statements
                .partition_point(|own| own.steps.1 <= read.step);
            if let (Some(reads), Some(own)) = (reads.get_mut(own), facts.statements.get(own))
                && own.takes(read.step)
            {
                reads.push(&*read.name);
            }
        }
        for binding in &facts.bindings {
            if let Some(binds) = binds.get_mut(binding.statement as usize) {
                binds.push(&*binding.name);
            }
        }
        Self {
            reads,
            binds,
            bound: FxHashMap::default(),
        }
    }

    fn pass(&mut self, statement: usize) {
        for name in &self.binds[statement] {
            self.bound.insert(name, statement);
        }
    }

    /// Whether the statement reads nothing that those from `start` on have bound.
    fn changes(&self, start: usize, at: usize) -> bool {
        let is_bound = |name: &&str| self.bound.get(name).is_some_and(|last| *last >= start);
        !self.reads[at].iter().any(is_bound)
    }
}

/// The cell's text in parts, without blank lines around them.
pub fn parts(text: &str, seams: &[Seam]) -> Vec<String> {
    let mut parts = Vec::with_capacity(seams.len() + 1);
    let mut start = 0;
    for seam in seams {
        parts.push(text[start..seam.above].trim_end().to_owned());
        start = seam.below;
    }
    parts.push(text[start..].to_owned());
    parts
}

/// The first statement that begins at or below a place; `None` below the last.
pub fn statement_below(facts: &Facts, text: &str, at: crate::text::TextSize) -> Option<usize> {
    let line = pieces::line_start(text, at);
    facts
        .statements
        .iter()
        .position(|statement| offset(statement.range.start()) >= line)
}
