//! A file with conflict markers, read with both of its sides.

use std::collections::{HashMap, VecDeque};

use super::raw::{RawCell, RawFile};
use super::source_map;
use super::validate::name_cells;
use crate::format::conflict::{Conflict, Side, name_side};
use crate::format::{json::Span, line_column};
use crate::notebook::{Anchor, CellIdx, Problem, ProblemKind};

/// The cells of both versions of a file, which differ only inside the conflicts.
///
/// A cell that is the same in both, up to its outputs, metadata and count, stands there once.
/// Where one version is no sound JSON, which hand-edited conflicts leave, the better one is read alone.
pub fn both(ours: &[u8], theirs: &[u8]) -> RawFile {
    let mut file = RawFile::read(ours);
    let mut other = RawFile::read(theirs);
    if file.faults.total + other.faults.total > 0 {
        let rank = |file: &RawFile| (file.faults.total, usize::MAX - file.cells.len());
        let (mut better, side) = if rank(&other) < rank(&file) {
            (other, Side::Theirs)
        } else {
            (file, Side::Ours)
        };
        for cell in &mut better.cells {
            cell.side = Some(side);
        }
        return better;
    }

    let places: HashMap<Span, usize> = other
        .cells
        .iter()
        .enumerate()
        .map(|(position, cell)| (cell.object, position))
        .collect();
    let mut cells = Vec::with_capacity(file.cells.len());
    let mut run = Vec::new();
    let mut rest = std::mem::take(&mut other.cells).into_iter();
    let mut taken = 0;
    for cell in file.cells.drain(..) {
        let same = places
            .get(&cell.object)
            .copied()
            .filter(|_| cell.object.of(ours) == cell.object.of(theirs));
        let Some(position) = same.filter(|&position| position >= taken) else {
            run.push(cell);
            continue;
        };
        let other_run = rest.by_ref().take(position - taken).collect();
        interleave(
            &mut cells,
            std::mem::take(&mut run),
            ours,
            other_run,
            theirs,
        );
        // What is the same in both is taken from one.
        rest.next();
        taken = position + 1;
        cells.push(cell);
    }
    interleave(&mut cells, run, ours, rest.collect(), theirs);
    file.cells = cells;
    file
}

/// Adds the cells of a stretch in which the versions differ.
fn interleave(
    cells: &mut Vec<RawCell>,
    mut run: Vec<RawCell>,
    ours: &[u8],
    mut other: Vec<RawCell>,
    theirs: &[u8],
) {
    let text = |cell: &RawCell, bytes| {
        let source = cell.source.or(cell.input).unwrap_or_default();
        (cell.cell_type.clone(), source_map::decode(bytes, source))
    };
    let mut twins: HashMap<_, VecDeque<usize>> = HashMap::new();
    for (position, cell) in other.iter_mut().enumerate() {
        cell.side = Some(Side::Theirs);
        twins
            .entry(text(cell, theirs))
            .or_default()
            .push_back(position);
    }
    let mut matched = vec![false; other.len()];
    for cell in &mut run {
        let twin = twins
            .get_mut(&text(cell, ours))
            .and_then(VecDeque::pop_front);
        cell.side = match twin {
            Some(twin) => {
                matched[twin] = true;
                None
            }
            None => Some(Side::Ours),
        };
    }
    let mut matched = matched.into_iter();
    other.retain(|_| !matched.next().unwrap_or_default());
    run.extend(other);
    // The sort is stable: of two versions of one cell, which start at one place, ours comes first.
    run.sort_by_key(|cell| cell.object.start);
    cells.extend(run);
}

/// Says of each conflict where it is and what it concerns.
pub fn report(bytes: &[u8], raw: &RawFile, conflicts: &[Conflict], problems: &mut Vec<Problem>) {
    problems.extend(conflicts.iter().map(|conflict| {
        let ours = name_side(&conflict.ours_label, "one side");
        let theirs = name_side(&conflict.theirs_label, "the other");
        let place = place(raw, conflict, &ours, &theirs);
        Problem {
            kind: ProblemKind::Conflict,
            anchor: Anchor::File(line_column(bytes, conflict.span.start)),
            message: format!(
                "Merge conflict between {ours} and {theirs}{place}: no editor opens the file before it is resolved; \
                 keep one side and remove the marker lines."
            ),
            is_mendable: false,
        }
    }));
}

fn place(raw: &RawFile, conflict: &Conflict, ours: &str, theirs: &str) -> String {
    let touched = |side| -> Vec<CellIdx> {
        raw.cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell.side == side && cell.object.intersects(conflict.span))
            .map(|(position, _)| CellIdx::new(position))
            .collect()
    };
    let mut parts = Vec::new();
    let common = touched(None);
    if let [only] = common[..] {
        let cell = &raw.cells[only.to_usize()];
        let holds = |span: Option<Span>| {
            span.is_some_and(|span| {
                span.start <= conflict.span.start && conflict.span.end <= span.end
            })
        };
        let touches = |span: Option<Span>| span.is_some_and(|span| span.intersects(conflict.span));
        let part = if holds(cell.outputs.as_ref().map(|outputs| outputs.span)) {
            "the outputs of "
        } else if holds(cell.metadata.span) {
            "the metadata of "
        } else if cell
            .count
            .as_ref()
            .is_some_and(|count| count.span.intersects(conflict.span))
            && !touches(cell.source.or(cell.input))
            && !touches(cell.outputs.as_ref().map(|outputs| outputs.span))
        {
            "the execution count of "
        } else {
            ""
        };
        parts.push(format!("{part}{only}"));
    } else if !common.is_empty() {
        parts.push(name_cells(&common));
    }
    for (side, label) in [(Side::Ours, ours), (Side::Theirs, theirs)] {
        let cells = touched(Some(side));
        if !cells.is_empty() {
            parts.push(format!("{} ({label})", name_cells(&cells)));
        }
    }
    if parts.is_empty() {
        " outside the cells".to_owned()
    } else {
        format!(" in {}", parts.join(" and "))
    }
}
