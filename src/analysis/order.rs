//! An order of cells that runs: which cells must stand before which, and the fewest moves to get there.

mod effects;
mod single;

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Lack, Link};
use crate::notebook::{CellIdx, Notebook};
use effects::AllEffects;

/// Moves that make a notebook run from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The cells that are moved, in document order.
    pub moved: Vec<CellIdx>,
    /// All cells in their new order.
    pub order: Vec<CellIdx>,
}

/// Finds the fewest moves after which every cell finds the names it needs, and each reads what it read before.
///
/// Cells that are not moved keep the order of the page. Where it matters on which side of another a moved
/// cell stands, and the names that it needs do not tell, the counts do.
///
/// # Errors
/// Why there is no such order, or none that is certain; a sentence for a person, without a full stop.
pub fn plan(notebook: &Notebook, link: &Link) -> Result<Plan, String> {
    let code: Vec<CellIdx> = notebook.python_cells().map(|(index, _)| index).collect();
    for &cell in &code {
        if !link.facts(cell).runs() {
            return Err(format!(
                "{cell} is not valid Python, so what it needs cannot be told"
            ));
        }
        if let Some(opening) = link.facts(cell).openings.first() {
            let text = notebook
                .cell(cell)
                .map_or("", |cell| &cell.text[opening.range]);
            return Err(format!(
                "{cell} may bind any name (`{text}`), so no order is certain"
            ));
        }
    }
    let page: Vec<CellIdx> = notebook.indexed().map(|(index, _)| index).collect();
    let mut lacks = Vec::new();
    note_lacks(link, &page, &mut lacks)?;
    if let Some(plan) = single::plan(notebook, link, &code, &lacks)? {
        return Ok(plan);
    }
    let run_order = run_order(notebook, &code);
    if let Some(plan) = run_order.and_then(|order| as_it_ran(notebook, link, &code, &order)) {
        return Ok(plan);
    }
    as_on_page(notebook, link, &code, lacks)
}

/// The moves after which each cell reads what it read when the cells were run in `order`.
fn as_it_ran(
    notebook: &Notebook,
    link: &Link,
    code: &[CellIdx],
    order: &[CellIdx],
) -> Option<Plan> {
    let ran = link.reordered(order);
    if note_lacks(&ran, order, &mut Vec::new()) != Ok(false) {
        return None;
    }
    let effects = effects::of_all(notebook, &ran, order);
    let reach = closure(code, &constraints(&effects, order, &[])).ok()?;
    let moved = fewest(&violated(code, &reach));
    let order = place(notebook, &moved, &reach);
    let missing = note_lacks(&link.reordered(&order), &order, &mut Vec::new());
    (missing == Ok(false)).then(|| Plan::new(moved, order))
}

/// The moves after which each cell reads what it reads on the page, or what it lacks there.
fn as_on_page(
    notebook: &Notebook,
    link: &Link,
    code: &[CellIdx],
    mut lacks: Vec<Lacking>,
) -> Result<Plan, String> {
    let page: Vec<CellIdx> = notebook.indexed().map(|(index, _)| index).collect();
    let effects = effects::of_all(notebook, link, &page);
    // A call tells of one missing name at a time, so a better order may show the next one.
    for _ in 0..MOST_ROUNDS {
        let reach = closure(code, &constraints(&effects, &page, &lacks))?;
        let pairs = violated(code, &reach);
        let moved = fewest(&pairs);
        let order = place(notebook, &moved, &reach);
        let known = lacks.len();
        let after = link.reordered(&order);
        if !note_lacks(&after, &order, &mut lacks)? {
            let effects = effects::of_all(notebook, &after, &order);
            let must = closure(code, &needed(&effects, &lacks))?;
            for cell in could_move(&pairs, &moved) {
                no_doubt(cell, &effects, &must)?;
            }
            return Ok(Plan::new(moved, order));
        }
        if lacks.len() == known {
            break;
        }
    }
    let reason = lacks.last().map(|lack| {
        let (name, cell) = (&lack.name, lack.cell);
        format!("`{name}` would still be missing in {cell}, in any order that keeps what the other cells read")
    });
    Err(reason.unwrap_or_default())
}

impl Plan {
    fn new(moved: BTreeSet<CellIdx>, order: Vec<CellIdx>) -> Self {
        Self {
            moved: moved.into_iter().collect(),
            order,
        }
    }
}

/// Each round brings at least one more pair of cells into order.
const MOST_ROUNDS: usize = 32;

/// A cell that reads a name before the cell that brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lacking {
    cell: CellIdx,
    name: String,
    binder: CellIdx,
}

/// Adds what is missing in `link`, whose cells stand in `order`, in terms of the notebook's own cells.
/// Returns whether anything is.
fn note_lacks(link: &Link, order: &[CellIdx], lacks: &mut Vec<Lacking>) -> Result<bool, String> {
    let mut missing = false;
    for (position, &cell) in order.iter().enumerate() {
        for need in link.needs(CellIdx::new(position)) {
            missing = true;
            let name = &need.name;
            let binder = match need.lack {
                Lack::Later { cell, .. } => order[cell.to_usize()],
                Lack::Never => {
                    return Err(format!(
                        "`{name}` in {cell} is bound by no cell: no order helps until it is"
                    ));
                }
                Lack::Deleted { .. } => {
                    return Err(format!("`{name}` is deleted before {cell} reads it"));
                }
            };
            if binder == cell {
                return Err(format!(
                    "{cell} itself binds `{name}` only after it needs it"
                ));
            }
            let lack = Lacking {
                cell,
                name: name.to_string(),
                binder,
            };
            if !lacks.contains(&lack) {
                lacks.push(lack);
            }
        }
    }
    Ok(missing)
}

/// Puts the cells that ran into the order in which they did; the others keep their places.
///
/// # Errors
/// Where a cell would then read something else than it does on the page: a sentence without a full stop.
pub fn by_counts(notebook: &Notebook, link: &Link) -> Result<Plan, String> {
    let code: Vec<CellIdx> = notebook.python_cells().map(|(index, _)| index).collect();
    if let Some(cell) = code.iter().find(|&&cell| !link.facts(cell).runs()) {
        return Err(format!(
            "{cell} is not valid Python, so what it needs cannot be told"
        ));
    }
    let count = |cell: CellIdx| notebook.cell(cell).and_then(|cell| cell.execution.count);
    let ran: Vec<CellIdx> = notebook
        .indexed()
        .map(|(index, _)| index)
        .filter(|&cell| count(cell).is_some())
        .collect();
    let mut sorted = ran.clone();
    sorted.sort_by_key(|&cell| (count(cell), cell));
    if let Some(pair) = sorted
        .windows(2)
        .find(|pair| count(pair[0]) == count(pair[1]))
    {
        return Err(format!("{} and {} carry the same count", pair[0], pair[1]));
    }
    let page: Vec<CellIdx> = notebook.indexed().map(|(index, _)| index).collect();
    let effects = effects::of_all(notebook, link, &page);
    let mut order = page;
    for (&place, &cell) in ran.iter().zip(&sorted) {
        order[place.to_usize()] = cell;
    }
    let mut place = vec![0; order.len()];
    for (position, cell) in order.iter().enumerate() {
        place[cell.to_usize()] = position;
    }
    for (first, followers) in constraints(&effects, &code, &[]) {
        if let Some(second) = followers
            .into_iter()
            .find(|second| place[second.to_usize()] < place[first.to_usize()])
        {
            return Err(format!(
                "{second} ran before {first} and would not find what {first} makes or changes"
            ));
        }
    }
    Ok(Plan {
        moved: ran
            .into_iter()
            .filter(|&cell| order[cell.to_usize()] != cell)
            .collect(),
        order,
    })
}

/// The order in which the cells were run, where every one has a count of its own.
fn run_order(notebook: &Notebook, code: &[CellIdx]) -> Option<Vec<CellIdx>> {
    let mut counted = code
        .iter()
        .filter(|&&cell| {
            notebook
                .cell(cell)
                .is_some_and(|cell| !cell.text.trim().is_empty())
        })
        .map(|&cell| Some((notebook.cell(cell)?.execution.count?, cell)))
        .collect::<Option<Vec<_>>>()?;
    counted.sort_unstable();
    let distinct = counted.windows(2).all(|pair| pair[0].0 < pair[1].0);
    distinct.then(|| counted.into_iter().map(|(_, cell)| cell).collect())
}

type Before = BTreeMap<CellIdx, BTreeSet<CellIdx>>;

/// For each cell those that must stand after it, for the cells in `order` to read what they read there.
/// A cell that lacks a name stands after the one that brings it instead.
fn constraints(effects: &AllEffects, order: &[CellIdx], lacks: &[Lacking]) -> Before {
    let mut after: Before = BTreeMap::new();
    let mut writer: BTreeMap<&str, CellIdx> = BTreeMap::new();
    let mut readers: BTreeMap<&str, Vec<CellIdx>> = BTreeMap::new();
    let is_lacking = |cell: CellIdx, name: &str| {
        lacks
            .iter()
            .any(|lack| lack.cell == cell && lack.name == name)
    };
    for &cell in order {
        let Some(effects) = effects.get(&cell) else {
            continue;
        };
        for name in &effects.reads {
            if is_lacking(cell, name) {
                continue;
            }
            if let Some(&writer) = writer.get(name.as_str()) {
                after.entry(writer).or_default().insert(cell);
            }
            readers.entry(name).or_default().push(cell);
        }
        for name in &effects.writes {
            if is_lacking(cell, name) {
                continue;
            }
            let seen = readers.remove(name.as_str()).unwrap_or_default();
            for earlier in seen.into_iter().chain(writer.insert(name, cell)) {
                if earlier != cell {
                    after.entry(earlier).or_default().insert(cell);
                }
            }
        }
    }
    for lack in lacks {
        after.entry(lack.binder).or_default().insert(lack.cell);
    }
    after
}

/// Everything that must stand after each cell, directly or not.
fn closure(code: &[CellIdx], after: &Before) -> Result<Before, String> {
    let mut reach = Before::new();
    for &start in code {
        let mut found = BTreeSet::new();
        let mut pending: Vec<CellIdx> = after.get(&start).into_iter().flatten().copied().collect();
        while let Some(cell) = pending.pop() {
            if found.insert(cell) {
                pending.extend(after.get(&cell).into_iter().flatten());
            }
        }
        if found.contains(&start) {
            let other = found.iter().find(|&&cell| {
                cell != start && after.get(&cell).is_some_and(|next| next.contains(&start))
            });
            return Err(match other {
                Some(other) => format!("{start} and {other} need each other, so no order runs"),
                None => format!("{start} needs itself, so no order runs"),
            });
        }
        reach.insert(start, found);
    }
    Ok(reach)
}

/// Pairs of cells that stand the wrong way round.
fn violated(code: &[CellIdx], reach: &Before) -> Vec<(CellIdx, CellIdx)> {
    code.iter()
        .flat_map(|&first| {
            reach[&first]
                .iter()
                .filter(move |&&second| second < first)
                .map(move |&second| (second, first))
        })
        .collect()
}

/// The smallest set of cells that has one of each pair; exact for up to three cells, then by the
/// cell that is in most pairs.
fn fewest(pairs: &[(CellIdx, CellIdx)]) -> BTreeSet<CellIdx> {
    (0..=3)
        .find_map(|size| cover(pairs, size))
        .unwrap_or_else(|| {
            let mut left = pairs.to_vec();
            let mut chosen = BTreeSet::new();
            while !left.is_empty() {
                let mut degrees: BTreeMap<CellIdx, usize> = BTreeMap::new();
                for &(a, b) in &left {
                    *degrees.entry(a).or_default() += 1;
                    *degrees.entry(b).or_default() += 1;
                }
                let Some(most) = degrees
                    .into_iter()
                    .max_by_key(|&(cell, degree)| (degree, cell))
                else {
                    break;
                };
                left.retain(|&(a, b)| a != most.0 && b != most.0);
                chosen.insert(most.0);
            }
            chosen
        })
}

/// A cover of at most `size` cells. Of a pair the lower one is tried first: what was defined too
/// late moves up, rather than what uses it down.
fn cover(pairs: &[(CellIdx, CellIdx)], size: usize) -> Option<BTreeSet<CellIdx>> {
    let Some(&(upper, lower)) = pairs.first() else {
        return Some(BTreeSet::new());
    };
    let size = size.checked_sub(1)?;
    [lower, upper].into_iter().find_map(|chosen| {
        let left: Vec<_> = pairs
            .iter()
            .filter(|&&(a, b)| a != chosen && b != chosen)
            .copied()
            .collect();
        let mut cover = cover(&left, size)?;
        cover.insert(chosen);
        Some(cover)
    })
}

/// The cells that are moved, and those that could be in their stead: nothing on the page tells which
/// of two stands wrong.
fn could_move(pairs: &[(CellIdx, CellIdx)], moved: &BTreeSet<CellIdx>) -> BTreeSet<CellIdx> {
    let mut found = moved.clone();
    for &cell in pairs.iter().flat_map(|(upper, lower)| [upper, lower]) {
        let others: Vec<_> = pairs
            .iter()
            .filter(|&&(a, b)| a != cell && b != cell)
            .copied()
            .collect();
        if !found.contains(&cell) && cover(&others, moved.len().saturating_sub(1)).is_some() {
            found.insert(cell);
        }
    }
    found
}

/// For each cell those that must stand after it in any order: a name that one cell alone makes is
/// made before it is taken.
fn needed(effects: &AllEffects, lacks: &[Lacking]) -> Before {
    let mut makers: BTreeMap<&String, Option<CellIdx>> = BTreeMap::new();
    for (&cell, own) in effects {
        for name in own.makes.iter().filter(|name| !effects::is_thing(name)) {
            makers
                .entry(name)
                .and_modify(|maker| *maker = None)
                .or_insert(Some(cell));
        }
    }
    let mut after = Before::new();
    for (&cell, own) in effects {
        for name in own.takes() {
            if let Some(&Some(maker)) = makers.get(name)
                && maker != cell
            {
                after.entry(maker).or_default().insert(cell);
            }
        }
    }
    for lack in lacks {
        after.entry(lack.binder).or_default().insert(lack.cell);
    }
    after
}

/// Without counts, the place of a moved cell is known only where what is needed tells on which side
/// of each other cell it stands, or where that makes no difference.
fn no_doubt(cell: CellIdx, effects: &AllEffects, must: &Before) -> Result<(), String> {
    for (&other, theirs) in effects {
        if other != cell
            && !must[&cell].contains(&other)
            && !must[&other].contains(&cell)
            && let Some(name) = effects[&cell].conflict(theirs).next()
        {
            return Err(doubt(cell, other, name, effects));
        }
    }
    Ok(())
}

/// Why nobody can tell on which side of the other a cell belongs.
fn doubt(cell: CellIdx, other: CellIdx, name: &str, effects: &AllEffects) -> String {
    let shown = if effects::is_thing(name) {
        name.to_owned()
    } else {
        format!("`{name}`")
    };
    let writers: Vec<CellIdx> = effects
        .iter()
        .filter(|(_, effects)| effects.writes.contains(name))
        .map(|(writer, _)| *writer)
        .collect();
    match writers[..] {
        [first, .., last] => format!(
            "{first} and {last} both change {shown}, and without execution counts nobody can tell where {cell} belongs between them"
        ),
        _ => {
            let (writer, reader) = if effects[&cell].writes.contains(name) {
                (cell, other)
            } else {
                (other, cell)
            };
            format!(
                "{writer} changes {shown}, and without execution counts nobody can tell whether {reader} belongs before or after it"
            )
        }
    }
}

/// Puts the moved cells where they may stand, close to those that need them.
fn place(notebook: &Notebook, moved: &BTreeSet<CellIdx>, reach: &Before) -> Vec<CellIdx> {
    let mut order: Vec<CellIdx> = notebook
        .indexed()
        .map(|(index, _)| index)
        .filter(|index| !moved.contains(index))
        .collect();
    let mut waiting: Vec<CellIdx> = moved.iter().copied().collect();
    // Those that others need go first, so that each finds its neighbours in place.
    waiting.sort_by_key(|cell| (std::cmp::Reverse(reach[cell].len()), *cell));
    for cell in waiting {
        let must_follow =
            |other: &CellIdx| reach.get(other).is_some_and(|after| after.contains(&cell));
        let lowest = order.iter().rposition(must_follow).map_or(0, |at| at + 1);
        let highest = order
            .iter()
            .position(|other| reach[&cell].contains(other))
            .unwrap_or(order.len());
        let own = order.partition_point(|&other| other < cell);
        order.insert(own.clamp(lowest, highest.max(lowest)), cell);
    }
    order
}
