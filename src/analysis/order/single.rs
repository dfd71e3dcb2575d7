//! One cell that stands wrong: which one, and where it belongs.

use std::collections::BTreeSet;

use super::effects::{self, AllEffects};
use super::{Before, Lacking, MOST_ROUNDS, Plan, closure, doubt, needed, note_lacks};
use super::{CellIdx, Link, Notebook};

/// A notebook that runs when one cell is moved.
struct Candidate {
    cell: CellIdx,
    order: Vec<CellIdx>,
    effects: AllEffects,
    /// How many pairs of cells stand in the order of their counts that did not before.
    told: isize,
    /// Why its place is not certain.
    doubt: Option<String>,
}

/// The move of one cell that makes the notebook run, where there is one.
///
/// The cells that could be the one are those that have part in all that is missing. Of more than one,
/// the counts tell which stands wrong; without them, all the moves must come to the same.
///
/// # Errors
/// Where two moves would do and give different values.
pub fn plan(
    notebook: &Notebook,
    link: &Link,
    code: &[CellIdx],
    lacks: &[Lacking],
) -> Result<Option<Plan>, String> {
    let mut candidates: Vec<Candidate> = concerned(link, lacks)
        .into_iter()
        .filter_map(|cell| {
            Search {
                notebook,
                link,
                code,
                cell,
            }
            .run(lacks)
        })
        .collect();
    // Of two that are as good, what was defined too late moves up.
    candidates.sort_by_key(|candidate| (candidate.told, candidate.cell));
    let Some(best) = candidates.pop() else {
        return Ok(None);
    };
    if let Some(doubt) = best.doubt {
        return Err(doubt);
    }
    for other in candidates.iter().filter(|other| other.told == best.told) {
        if let Some(doubt) = &other.doubt {
            return Err(doubt.clone());
        }
        if let Some((cell, name)) = difference(&best, other) {
            return Err(doubt(other.cell, cell, &name, &best.effects));
        }
    }
    let moved = BTreeSet::from([best.cell]);
    Ok(Some(Plan::new(moved, best.order)))
}

/// The cells that have part in all that is missing: the one that reads it, and those that bring it too late.
fn concerned(link: &Link, lacks: &[Lacking]) -> BTreeSet<CellIdx> {
    lacks
        .iter()
        .map(|lack| {
            let late = link.binders(&lack.name).filter(|&cell| cell > lack.cell);
            late.chain([lack.cell, lack.binder]).collect()
        })
        .reduce(|one: BTreeSet<CellIdx>, other| &one & &other)
        .unwrap_or_default()
}

/// Two cells of which it matters which comes first, and that stand differently in the two orders.
fn difference(one: &Candidate, other: &Candidate) -> Option<(CellIdx, String)> {
    let place = |order: &[CellIdx], cell| order.iter().position(|&other| other == cell);
    for moved in [one.cell, other.cell] {
        let own = one.effects.get(&moved)?;
        for (&cell, theirs) in &one.effects {
            if cell == moved {
                continue;
            }
            let before = |order: &[CellIdx]| place(order, cell) < place(order, moved);
            if before(&one.order) != before(&other.order)
                && let Some(name) = own.conflict(theirs).next()
            {
                return Some((cell, name.clone()));
            }
        }
    }
    None
}

/// The search for the place of one cell.
struct Search<'n> {
    notebook: &'n Notebook,
    link: &'n Link,
    code: &'n [CellIdx],
    cell: CellIdx,
}

impl Search<'_> {
    fn run(&self, lacks: &[Lacking]) -> Option<Candidate> {
        let mut order: Vec<CellIdx> = self.notebook.indexed().map(|(index, _)| index).collect();
        let mut lacks = lacks.to_vec();
        // Where a cell stands decides what it reads through its calls, and the other way round.
        for _ in 0..MOST_ROUNDS {
            let link = self.link.reordered(&order);
            let missing = note_lacks(&link, &order, &mut lacks).ok()?;
            let effects = effects::of_all(self.notebook, &link, &order);
            let must = closure(self.code, &needed(&effects, &lacks)).ok()?;
            let (place, doubt) = self.place(&effects, &must)?;
            if place == order {
                return (!missing).then(|| Candidate {
                    cell: self.cell,
                    told: self.told(&order),
                    order,
                    effects,
                    doubt,
                });
            }
            order = place;
        }
        None
    }

    /// The order of the page with the cell where it belongs, and why that is not certain.
    fn place(&self, effects: &AllEffects, must: &Before) -> Option<(Vec<CellIdx>, Option<String>)> {
        let others: Vec<CellIdx> = self
            .notebook
            .indexed()
            .map(|(index, _)| index)
            .filter(|&index| index != self.cell)
            .collect();
        // The cell goes to a position from `lowest` to `highest`; the second pair is what is needed alone.
        let (mut lowest, mut highest) = (0, others.len());
        let (mut at_least, mut at_most) = (0, others.len());
        let mut unsure = None;
        for (position, &other) in others.iter().enumerate() {
            let Some(theirs) = effects.get(&other) else {
                continue;
            };
            let is_needed = must[&other].contains(&self.cell);
            let needs = must[&self.cell].contains(&other);
            let conflict = effects[&self.cell].conflict(theirs).next();
            let is_before = match (self.count(other), self.count(self.cell)) {
                _ if is_needed || needs => is_needed,
                _ if conflict.is_none() => continue,
                (Some(theirs), Some(own)) if theirs != own => theirs < own,
                _ => {
                    unsure = unsure.or(conflict.map(|name| (other, name)));
                    continue;
                }
            };
            if is_before {
                lowest = lowest.max(position + 1);
            } else {
                highest = highest.min(position);
            }
            if is_needed {
                at_least = at_least.max(position + 1);
            } else if needs {
                at_most = at_most.min(position);
            }
        }
        let certain = unsure.is_none() && lowest <= highest;
        if !certain {
            (lowest, highest) = (at_least, at_most);
        }
        if lowest > highest {
            return None;
        }
        let doubt = match unsure {
            Some((other, name)) => Some(doubt(self.cell, other, name, effects)),
            None if !certain => Some(format!(
                "the execution counts contradict each other about where {} belongs",
                self.cell
            )),
            None => None,
        };
        let own = others.partition_point(|&other| other < self.cell);
        let best = (lowest..=highest)
            .min_by_key(|&at| (self.inversions(&others, at), at.abs_diff(own)))
            .unwrap_or(own);
        let mut order = others;
        order.insert(best, self.cell);
        Some((order, doubt))
    }

    fn count(&self, cell: CellIdx) -> Option<u32> {
        let count = self.notebook.cell(cell)?.execution.count?;
        (count > 0).then_some(count)
    }

    /// How many of the others the cell does not stand to as its count says, if it stands before `others[at]`.
    fn inversions(&self, others: &[CellIdx], at: usize) -> isize {
        let Some(own) = self.count(self.cell) else {
            return 0;
        };
        others
            .iter()
            .enumerate()
            .filter_map(|(position, &other)| Some((position < at, self.count(other)?)))
            .filter(|&(is_before, theirs)| is_before != (theirs < own))
            .count()
            .cast_signed()
    }

    fn told(&self, order: &[CellIdx]) -> isize {
        let others: Vec<CellIdx> = order
            .iter()
            .copied()
            .filter(|&other| other != self.cell)
            .collect();
        let own = self.notebook.cells.len().min(self.cell.to_usize());
        let at = order
            .iter()
            .position(|&cell| cell == self.cell)
            .unwrap_or(0);
        self.inversions(&others, own) - self.inversions(&others, at)
    }
}
