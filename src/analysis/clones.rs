//! Repetitions: rows of [passages](Facts::passages) that stand in two places.

mod index;

use super::Link;
use super::facts::Facts;
use super::shapes::Passage;
use crate::notebook::CellIdx;
use crate::text::TextRange;

pub use index::{Elsewhere, Index, Kept, Project};

/// A piece of a cell that stands elsewhere in the notebook before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repetition {
    pub range: TextRange,
    /// Where else it stands: first the first place, then the next ones after this one, as far as they
    /// are told. Never empty.
    pub others: Vec<Place>,
    /// Whether it stands at the top level of its cells, here and at the first place.
    pub is_at_top: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub cell: CellIdx,
    pub range: TextRange,
}

/// What the cell repeats, where it is the second place of it; in the order of its blocks.
/// Of a passage within a longer repetition nothing is said.
pub fn in_notebook(link: &Link, cell: CellIdx) -> Vec<Repetition> {
    let passages = &link.facts(cell).passages;
    let mut found: Vec<Repetition> = Vec::new();
    for (at, passage) in passages.iter().enumerate() {
        let holders = link.holders(passage.hash);
        if holders.len() < 2
            || found
                .iter()
                .any(|known| overlaps(known.range, passage.range))
        {
            continue;
        }
        let places = places(link, passage.hash, holders);
        let [(first_cell, first), (second_cell, second), rest @ ..] = &places[..] else {
            continue;
        };
        if *second_cell != cell || second.range != passage.range {
            continue;
        }
        let firsts = &link.facts(*first_cell).passages;
        let first_at = index_of(firsts, first);
        let apart = |own: &Passage, other: &Passage| {
            *first_cell != cell || !overlaps(own.range, passage.range.cover(other.range))
        };
        let row = row(&passages[at..], &firsts[first_at..], apart);
        let (own_last, first_last) = (&passages[at + row], &firsts[first_at + row]);
        let mut others = vec![Place {
            cell: *first_cell,
            range: first.range.cover(first_last.range),
        }];
        others.extend(rest.iter().map(|(cell, passage)| Place {
            cell: *cell,
            range: passage.range,
        }));
        found.push(Repetition {
            range: passage.range.cover(own_last.range),
            others,
            is_at_top: (passage.block, first.block) == (0, 0),
        });
    }
    found
}

/// How many more passages of two lists follow each other alike, from their first ones on.
fn row(own: &[Passage], other: &[Passage], apart: impl Fn(&Passage, &Passage) -> bool) -> usize {
    let step = |a: &Passage, b: &Passage| (b.block == a.block).then(|| b.at - a.at);
    let pairs = || own.iter().zip(other);
    pairs()
        .zip(pairs().skip(1))
        .take_while(|((a, b), (next_a, next_b))| {
            next_a.hash == next_b.hash
                && step(a, next_a).is_some()
                && step(a, next_a) == step(b, next_b)
                && apart(next_b, next_a)
        })
        .count()
}

/// The first places of a passage that do not overlap, in order.
fn places<'l>(link: &'l Link, hash: u64, holders: &[u32]) -> Vec<(CellIdx, &'l Passage)> {
    let mut places: Vec<(CellIdx, &Passage)> = Vec::new();
    let mut holders = holders.to_vec();
    holders.truncate(super::graph::TOLD);
    holders.dedup();
    for cell in holders.into_iter().map(CellIdx) {
        let facts: &Facts = link.facts(cell);
        let own = facts.passages.iter().filter(|own| own.hash == hash);
        for own in own {
            let is_new = places
                .last()
                .is_none_or(|(last, known)| *last != cell || !overlaps(known.range, own.range));
            if is_new && places.len() < super::graph::TOLD {
                places.push((cell, own));
            }
        }
    }
    places
}

fn index_of(passages: &[Passage], wanted: &Passage) -> usize {
    passages.partition_point(|passage| (passage.block, passage.at) < (wanted.block, wanted.at))
}

fn overlaps(a: TextRange, b: TextRange) -> bool {
    a.intersect(b).is_some_and(|both| !both.is_empty())
}
