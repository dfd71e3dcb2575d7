//! An order of cells that runs: which cells must stand before which, and the fewest moves to get there.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{BindingKind, Callee, StatementKind};
use super::graph::{Lack, Link};
use crate::notebook::{CellIdx, Notebook};

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
/// Where all cells carry counts and the order of the counts runs, that is the order that is meant.
/// Otherwise the order on the page is, except where it fails.
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
    let effects: BTreeMap<CellIdx, Effects> = code
        .iter()
        .map(|&cell| (cell, Effects::of(notebook, link, cell)))
        .collect();
    let meant = run_order(notebook, &code).filter(|order| runs(&effects, order));
    let as_it_is: Vec<CellIdx> = notebook.indexed().map(|(index, _)| index).collect();
    let mut lacks = Vec::new();
    note_lacks(link, &as_it_is, &mut lacks)?;
    // A call tells of one missing name at a time, so a better order may show the next one.
    for _ in 0..MOST_ROUNDS {
        let before = match &meant {
            Some(order) => constraints(&effects, order, &[]),
            None => constraints(&effects, &code, &lacks),
        };
        let reach = closure(&code, &before)?;
        let moved = fewest(&violated(&code, &reach));
        if meant.is_none() {
            no_doubt(&moved, &effects)?;
        }
        let order = place(notebook, &moved, &reach);
        let known = lacks.len();
        let missing = note_lacks(&link.reordered(&order), &order, &mut lacks)?;
        if !missing {
            return Ok(Plan {
                moved: moved.into_iter().collect(),
                order,
            });
        }
        if lacks.len() == known || meant.is_some() {
            break;
        }
    }
    let reason = lacks.last().map(|lack| {
        let (name, cell) = (&lack.name, lack.cell);
        format!("`{name}` would still be missing in {cell}, in any order that keeps what the other cells read")
    });
    Err(reason.unwrap_or_default())
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

/// What a cell does to names, as far as the order of cells is concerned.
#[derive(Debug, Default)]
struct Effects {
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
    /// Written whatever was there before: not `x += 1`, not `xs.append(1)`.
    makes: BTreeSet<String>,
}

/// Things that cells share without naming them, told by words in the text. The order of cells that
/// touch the same one matters.
const SHARED: &[(&str, &[&str])] = &[
    (
        "the random numbers",
        &["random", ".shuffle(", "seed(", ".sample("],
    ),
    (
        "the files",
        &[
            ".to_csv(",
            ".to_parquet(",
            ".to_pickle(",
            "savefig(",
            "np.save",
            "np.load",
            "open(",
            ".read_csv(",
            ".read_parquet(",
            "pickle.",
            "joblib.",
            "%%writefile",
        ],
    ),
    ("the working directory", &["chdir(", "%cd"]),
];

impl Effects {
    fn of(notebook: &Notebook, link: &Link, cell: CellIdx) -> Self {
        let facts = link.facts(cell);
        let mut effects = Self::default();
        let reads = facts
            .uses
            .iter()
            .filter(|read| !read.local.may_be_bound())
            .map(|read| &read.name);
        let reads = reads
            .chain(link.sources(cell).iter().map(|source| &source.name))
            .chain(
                link.needs(cell)
                    .iter()
                    .filter(|need| !need.in_body)
                    .map(|need| &need.name),
            );
        effects.reads = reads.map(ToString::to_string).collect();
        for (name, exit) in &facts.exits {
            // The same import twice makes no difference.
            effects.writes.insert(name.to_string());
            if !matches!(facts.binding(exit).kind, BindingKind::Augmented) {
                effects.makes.insert(name.to_string());
            }
        }
        let discarded = facts.calls.iter().filter_map(|call| match &call.callee {
            // `model.fit(x)` on a line of its own is there for what it does.
            Callee::Attribute(base, _) => facts
                .statements
                .iter()
                .any(|stmt| stmt.kind == StatementKind::Expression && stmt.range == call.range)
                .then_some(base),
            _ => None,
        });
        for name in facts
            .mutations
            .iter()
            .map(|mutation| &mutation.name)
            .chain(discarded)
        {
            if !is_import(link, name) {
                effects.writes.insert(name.to_string());
            }
        }
        let text = notebook.cell(cell).map_or("", |cell| &cell.text);
        let run_at_once = facts
            .statements
            .iter()
            .filter(|stmt| !matches!(stmt.kind, StatementKind::Definition | StatementKind::Import))
            .map(|stmt| &text[stmt.range]);
        for (thing, words) in SHARED {
            if run_at_once
                .clone()
                .any(|code| words.iter().any(|word| code.contains(word)))
            {
                effects.writes.insert((*thing).to_owned());
            }
        }
        effects
    }

    /// Names that it reads from elsewhere or changes rather than makes.
    fn takes(&self) -> impl Iterator<Item = &String> {
        self.reads.iter().chain(self.writes.difference(&self.makes))
    }
}

fn is_import(link: &Link, name: &str) -> bool {
    link.binders(name).all(|cell| {
        let facts = link.facts(cell);
        facts
            .exit(name)
            .is_some_and(|exit| facts.binding(exit).kind.is_import())
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

/// Whether every name that is read in this order has been written before, where any cell writes it.
fn runs(effects: &BTreeMap<CellIdx, Effects>, order: &[CellIdx]) -> bool {
    let all: BTreeSet<&String> = effects
        .values()
        .flat_map(|effects| &effects.makes)
        .collect();
    let mut written: BTreeSet<&String> = BTreeSet::new();
    order.iter().all(|cell| {
        let effects = &effects[cell];
        let found = effects
            .reads
            .iter()
            .all(|name| written.contains(name) || !all.contains(name));
        written.extend(&effects.makes);
        found
    })
}

type Before = BTreeMap<CellIdx, BTreeSet<CellIdx>>;

/// For each cell those that must stand after it, for the cells in `order` to read what they read there.
/// A cell that lacks a name stands after the one that brings it instead.
fn constraints(
    effects: &BTreeMap<CellIdx, Effects>,
    order: &[CellIdx],
    lacks: &[Lacking],
) -> Before {
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

/// Without counts, the order that was meant is known only where each name has one maker.
fn no_doubt(moved: &BTreeSet<CellIdx>, effects: &BTreeMap<CellIdx, Effects>) -> Result<(), String> {
    for cell in moved {
        let own = &effects[cell];
        for name in own.writes.iter().chain(own.takes()) {
            let writers: Vec<CellIdx> = effects
                .iter()
                .filter(|(_, other)| other.writes.contains(name))
                .map(|(writer, _)| *writer)
                .collect();
            if let [first, .., last] = writers[..] {
                let name = if name.starts_with("the ") {
                    name.clone()
                } else {
                    format!("`{name}`")
                };
                return Err(format!(
                    "{first} and {last} both change {name}, and without execution counts nobody can tell where {cell} belongs between them"
                ));
            }
        }
    }
    Ok(())
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
