//! Fingerprints of short passages of a cell, by which repetitions are found.

use std::hash::{Hash, Hasher};

use ruff_python_ast::Stmt;
use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHasher};

use super::atoms::{AtomKind, Line, Outline, outline};
use crate::analysis::source::Source;
use crate::text::TextRange;

/// The shortest passage, from one statement on, that is long enough to be worth telling when it is
/// found again. A longer repetition is a row of passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// Equal where shape and names are equal, up to renaming one by one.
    pub hash: u64,
    /// Which of the cell's blocks it stands in: 0 is the cell itself.
    pub block: u32,
    /// The statement in the block that it begins with.
    pub at: u32,
    /// How many statements of the block it has.
    pub length: u32,
    /// In the cell's text.
    pub range: TextRange,
}

/// How many statements must do something.
const LEAST_DOING: usize = 4;
/// How many of them must differ in shape: a row of like statements is a table, not a passage.
const LEAST_DISTINCT: usize = 3;
/// How many nodes of the syntax tree there must be: four assignments of names to names say little.
const LEAST_NODES: u32 = 24;
/// No passage goes on for longer, in statements of its block.
const LONGEST: usize = 24;

/// The passages of a cell, by block and place. Time is linear in the cell.
pub fn passages(source: &Source<'_>, statements: &[Stmt]) -> Vec<Passage> {
    let outline = outline(statements);
    let mut names = Names::of(&outline);
    let mut passages = Vec::new();
    for (block, lines) in (0..).zip(&outline.blocks) {
        for at in 0..lines.len() {
            let Some(length) = length(&outline, &lines[at..]) else {
                continue;
            };
            let part = &lines[at..at + length];
            let (first, last) = (&part[0], &part[length - 1]);
            let mut hasher = FxHasher::default();
            for line in part {
                line.shape.hash(&mut hasher);
            }
            names.hash(first.atoms.start..last.atoms.end, &mut hasher);
            passages.push(Passage {
                hash: hasher.finish(),
                block,
                at: to_u32(at),
                length: to_u32(length),
                range: source.in_cell(first.range.cover(last.range)),
            });
        }
    }
    passages
}

/// How many lines, from the first one on, make a passage.
fn length(outline: &Outline, lines: &[Line]) -> Option<usize> {
    let first = lines.first().filter(|line| line.does)?;
    let mut nodes = 0;
    for (at, line) in lines.iter().enumerate().take(LONGEST) {
        nodes += line.nodes;
        let doing = &outline.doing[first.doing.start..line.doing.end];
        if doing.len() >= LEAST_DOING && nodes >= LEAST_NODES && are_distinct(doing, LEAST_DISTINCT)
        {
            return Some(at + 1);
        }
    }
    None
}

fn are_distinct(shapes: &[u64], least: usize) -> bool {
    let mut seen: Vec<u64> = Vec::with_capacity(least);
    for shape in shapes {
        if !seen.contains(shape) {
            seen.push(*shape);
            if seen.len() == least {
                return true;
            }
        }
    }
    false
}

/// The names of an outline as numbers, counted anew in each passage.
struct Names {
    /// For each atom the number of its name in the outline, if it is one.
    ids: Vec<Option<usize>>,
    /// For each name the passage that it was last seen in, and its number there.
    seen: Vec<(u32, u32)>,
    passage: u32,
}

impl Names {
    fn of(outline: &Outline) -> Self {
        let mut known: FxHashMap<&Name, usize> = FxHashMap::default();
        let ids = outline
            .atoms
            .iter()
            .map(|atom| match &atom.kind {
                AtomKind::Name(name) | AtomKind::Called(name) => {
                    let next = known.len();
                    Some(*known.entry(name).or_insert(next))
                }
                AtomKind::Literal | AtomKind::Literals | AtomKind::Text => None,
            })
            .collect();
        Self {
            ids,
            seen: vec![(0, 0); known.len()],
            passage: 0,
        }
    }

    /// Hashes which of the names are the same.
    fn hash(&mut self, atoms: std::ops::Range<usize>, hasher: &mut FxHasher) {
        self.passage += 1;
        let mut next = 0;
        for id in self.ids[atoms].iter().flatten() {
            let seen = &mut self.seen[*id];
            if seen.0 != self.passage {
                *seen = (self.passage, next);
                next += 1;
            }
            seen.1.hash(hasher);
        }
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<u64> {
        let source = Source::new(text);
        let parsed = source.parse();
        assert!(parsed.errors.is_empty(), "{text}");
        let passages = passages(&source, &parsed.statements);
        passages.iter().map(|passage| passage.hash).collect()
    }

    const WORK: &str = "kept = rows[rows[\"a\"] > 3]\nkept = kept.dropna(axis=0)\ntotal = sum(kept[\"a\"]) / len(kept)\nout.append((total, kept.max()))";

    #[test]
    fn names_and_literals_may_differ() {
        let other = WORK
            .replace("kept", "k")
            .replace("\"a\"", "\"b\"")
            .replace('3', "-0.5");
        assert_eq!(hashes(WORK).len(), 1);
        assert_eq!(hashes(WORK), hashes(&other));
        let spaced = WORK.replace('\n', "  # so\n\n");
        assert_eq!(hashes(WORK), hashes(&spaced));
    }

    #[test]
    fn nothing_else_may() {
        for (from, to) in [
            (">", ">="),
            ("dropna", "fillna"),
            ("axis", "how"),
            ("sum(", "max("),
            ("sum(kept", "sum(rows"),
            ("(total, ", "(kept, "),
            ("3", "n"),
            ("kept = kept.dropna", "rows = kept.dropna"),
        ] {
            assert_ne!(hashes(WORK), hashes(&WORK.replacen(from, to, 1)), "{from}");
        }
    }

    #[test]
    fn what_sets_the_stage_is_no_passage() {
        for text in [
            "import a\nimport b\nimport c\nfrom d import e, f, g, h, i, j, k, l, m, n, o, p, q, r, s",
            "a = 1\nb = 'x'\nc = [1, 2, 3]\nd = {}\ne = -5\nf = None\ng = (1, 2)\nh = []",
            "plt.figure(figsize=(3, 4))\nplt.plot(x, y, label='a')\nplt.title('t')\nplt.xlabel('x')\nplt.legend(loc='best')\nplt.show()",
            "fig, ax = plt.subplots(2, 2)\nax[0].plot(x, y)\nax[0].set_title('t')\nax[1].plot(x, z)\nfig.tight_layout()\nfig.savefig('x')",
            "df['a'] = clean(df['a'])\ndf['b'] = clean(df['b'])\ndf['c'] = clean(df['c'])\ndf['d'] = clean(df['d'])\ndf['e'] = clean(df['e'])",
        ] {
            assert!(hashes(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn bodies_have_passages_of_their_own() {
        let body = format!("def f(rows, out):\n    {}", WORK.replace('\n', "\n    "));
        assert!(hashes(&body).contains(&hashes(WORK)[0]));
    }
}
