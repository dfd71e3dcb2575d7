//! The passages of all notebooks of a project, to find what stands in several.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::shapes::Passage;
use super::overlaps;
use crate::analysis::Link;
use crate::notebook::{CellIdx, Notebook};
use crate::text::TextRange;

/// Passages of files by name, kept current file by file. Two indices of the same files are equal in
/// what they answer, in whatever order the files came.
#[derive(Debug, Default, Clone)]
pub struct Index {
    files: FxHashMap<Arc<str>, Arc<[Kept]>>,
    /// By hash and then by the file's name; the number is the passage's in its file.
    places: Vec<(u64, Arc<str>, u32)>,
}

/// A passage of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub hash: u64,
    pub cell: CellIdx,
    block: u32,
    at: u32,
}

/// A project's index as one of its notebooks sees it.
#[derive(Debug, Default, Clone)]
pub struct Project {
    index: Arc<Index>,
    own: Arc<str>,
    /// Files that hold most of what this notebook holds, with the number of passages they share.
    /// Of those, nothing is said cell by cell.
    pub copies: Vec<(Arc<str>, usize)>,
}

/// A piece of a cell that stands in other files, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    pub range: TextRange,
    /// The files, in the order of their names, and the first cell in each. Never empty.
    pub files: Vec<(Arc<str>, CellIdx)>,
    /// How many files there are besides.
    pub more: usize,
}

/// A file that shares so many passages, and this share of them, is a copy of the notebook.
const LEAST_SHARED: usize = 4;
const LEAST_SHARE: (usize, usize) = (1, 2);
/// Of a passage that very many files hold, only the first ones are looked at.
const MOST_FILES: usize = 64;
/// How many files are named.
const MOST_NAMED: usize = 2;

impl Index {
    /// The files with their passages.
    pub fn of(files: impl IntoIterator<Item = (Arc<str>, Vec<Kept>)>) -> Self {
        let mut index = Self::default();
        for (name, kept) in files {
            index.files.insert(name, kept.into());
        }
        for (name, kept) in &index.files {
            let places = (0..).zip(&kept[..]);
            index
                .places
                .extend(places.map(|(at, kept)| (kept.hash, Arc::clone(name), at)));
        }
        index.places.sort_unstable();
        index
    }

    /// The file holds these passages now; none where it has gone.
    pub fn set(&mut self, name: &Arc<str>, kept: Vec<Kept>) {
        if self.files.remove(name).is_some() {
            self.places.retain(|(_, own, _)| own != name);
        }
        if kept.is_empty() {
            return;
        }
        let places = (0..).zip(&kept);
        self.places
            .extend(places.map(|(at, kept)| (kept.hash, Arc::clone(name), at)));
        self.places.sort_unstable();
        self.files.insert(Arc::clone(name), kept.into());
    }

    /// Whether the file shares a passage with another.
    pub fn shares(&self, name: &str) -> bool {
        let kept = self.files.get(name).map_or(&[][..], |kept| kept);
        kept.iter()
            .any(|kept| self.others(kept.hash, name).next().is_some())
    }

    /// The first place of a passage in each other file.
    fn others<'i>(
        &'i self,
        hash: u64,
        own: &'i str,
    ) -> impl Iterator<Item = (&'i Arc<str>, u32)> + 'i {
        let start = self.places.partition_point(|(other, ..)| *other < hash);
        let mut last: Option<&Arc<str>> = None;
        self.places[start..]
            .iter()
            .take_while(move |(other, ..)| *other == hash)
            .filter(move |(_, name, _)| {
                !is_same_notebook(name, own) && last.replace(name) != Some(name)
            })
            .map(|(_, name, at)| (name, *at))
    }
}

/// Whether two files are one notebook: jupytext keeps `a.py` or `a.md` beside `a.ipynb`, and writes each from the other.
fn is_same_notebook(one: &str, other: &str) -> bool {
    let stem = |name: &str| -> usize {
        let folder = name.rfind('/').map_or(0, |at| at + 1);
        name[folder..]
            .rfind('.')
            .map_or(name.len(), |dot| folder + dot)
    };
    one[..stem(one)] == other[..stem(other)]
}

impl Kept {
    /// The passages of a notebook, in the order of its cells.
    pub fn of(notebook: &Notebook, link: &Link) -> Vec<Self> {
        let cells = notebook.python_cells();
        cells
            .flat_map(|(cell, _)| Self::of_cell(cell, &link.facts(cell).passages))
            .collect()
    }

    pub fn of_cell(cell: CellIdx, passages: &[Passage]) -> impl Iterator<Item = Self> {
        passages.iter().map(move |passage| Self {
            hash: passage.hash,
            cell,
            block: passage.block,
            at: passage.at,
        })
    }
}

impl Project {
    /// What the notebook of that name, which holds these passages, sees of the others.
    pub fn new(index: Arc<Index>, own: Arc<str>, kept: &[Kept]) -> Self {
        let mut hashes: Vec<u64> = kept.iter().map(|kept| kept.hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let mut shared: FxHashMap<&Arc<str>, usize> = FxHashMap::default();
        for &hash in &hashes {
            for (name, _) in index.others(hash, &own).take(MOST_FILES) {
                *shared.entry(name).or_default() += 1;
            }
        }
        let is_copy = |count: usize| {
            count >= LEAST_SHARED && count * LEAST_SHARE.1 >= hashes.len() * LEAST_SHARE.0
        };
        let mut copies: Vec<(Arc<str>, usize)> = shared
            .into_iter()
            .filter(|(_, count)| is_copy(*count))
            .map(|(name, count)| (Arc::clone(name), count))
            .collect();
        copies.sort_unstable();
        Self { index, own, copies }
    }

    /// What of the cell stands in other files, apart from copies of the notebook, and where this is its
    /// first place in the notebook; in the order of its blocks.
    pub fn elsewhere(&self, link: &Link, cell: CellIdx) -> Vec<Elsewhere> {
        let passages = &link.facts(cell).passages;
        let mut found: Vec<Elsewhere> = Vec::new();
        for (at, passage) in passages.iter().enumerate() {
            let is_first = link.holders(passage.hash).first() == Some(&cell.0);
            if !is_first
                || found
                    .iter()
                    .any(|known| overlaps(known.range, passage.range))
            {
                continue;
            }
            let mut others: Vec<(&Arc<str>, u32)> = self
                .index
                .others(passage.hash, &self.own)
                .take(MOST_FILES)
                .filter(|(name, _)| self.copies.iter().all(|(copy, _)| copy != *name))
                .collect();
            // A pair is one notebook, and told as one.
            others.dedup_by(|next, last| is_same_notebook(next.0, last.0));
            let Some((first, first_at)) = others.first().copied() else {
                continue;
            };
            let kept = self.index.files.get(first).map_or(&[][..], |kept| kept);
            let last = &passages[at + row(&passages[at..], &kept[first_at as usize..])];
            let more = others.len().saturating_sub(MOST_NAMED);
            others.truncate(MOST_NAMED);
            found.push(Elsewhere {
                range: passage.range.cover(last.range),
                files: others
                    .into_iter()
                    .map(|(name, at)| {
                        let cell = self.index.files[name][at as usize].cell;
                        (Arc::clone(name), cell)
                    })
                    .collect(),
                more,
            });
        }
        found
    }
}

/// How many more passages follow each other alike, from the first ones on.
fn row(own: &[Passage], other: &[Kept]) -> usize {
    let pairs = || own.iter().zip(other);
    pairs()
        .zip(pairs().skip(1))
        .take_while(|((a, b), (next_a, next_b))| {
            next_a.hash == next_b.hash
                && (a.block, b.block, b.cell) == (next_a.block, next_b.block, next_b.cell)
                && next_a.at - a.at == next_b.at - b.at
        })
        .count()
}

impl PartialEq for Project {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.index, &other.index)
            && self.own == other.own
            && self.copies == other.copies
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Surroundings;
    use crate::analysis::cache::FactsCache;
    use crate::format::percent;

    const WORK: &str = "kept = rows[rows[\"a\"] > 3]\nkept = kept.dropna(axis=0)\ntotal = sum(kept[\"a\"]) / len(kept)\nout.append((total, kept.max()))\n";

    fn link(script: &str) -> (Notebook, Link) {
        let notebook = percent::parse(script);
        let surroundings = Arc::<Surroundings>::default();
        let link = Link::new(&notebook, &FactsCache::default(), [].into(), surroundings);
        (notebook, link)
    }

    fn kept(script: &str) -> Vec<Kept> {
        let (notebook, link) = link(script);
        Kept::of(&notebook, &link)
    }

    #[test]
    fn an_index_that_followed_is_one_that_was_made() {
        let work = format!("# %%\n{WORK}");
        let twice = format!("# %%\nx = 1\n# %%\n{WORK}# %%\n{WORK}");
        let name = |name: &str| Arc::<str>::from(name);
        let made = Index::of([(name("a"), kept(&work)), (name("b"), kept(&twice))]);
        let mut followed = Index::of([(name("b"), kept(&work)), (name("c"), kept(&work))]);
        followed.set(&name("b"), kept(&twice));
        followed.set(&name("a"), kept(&work));
        followed.set(&name("c"), Vec::new());
        assert_eq!(made.places, followed.places);
        assert_eq!(made.files, followed.files);
        assert!(made.shares("a") && made.shares("b") && !made.shares("c"));
    }

    #[test]
    fn what_stands_elsewhere_is_found_in_full_and_copies_apart() {
        let longer = format!("{WORK}kept.sort()\nout.extend(kept[\"b\"].tolist())\n");
        let own = format!("# %%\nx = 1\n# %%\n{longer}");
        let other = format!("# %%\n{}", longer.replace("kept", "k"));
        let index = Arc::new(Index::of([("b".into(), kept(&other))]));
        let (notebook, link) = link(&own);
        let project = Project::new(Arc::clone(&index), "a".into(), &Kept::of(&notebook, &link));
        let found = project.elsewhere(&link, CellIdx(1));
        assert_eq!(found.len(), 1);
        let text = &notebook.cells[1].text;
        assert_eq!(&text[found[0].range], longer.trim_end());
        assert_eq!(found[0].files, [("b".into(), CellIdx(0))]);
        // The file itself, as it was saved, is no other file.
        let own = Project::new(index, "b".into(), &[]);
        assert_eq!(own.elsewhere(&link, CellIdx(1)), []);
    }
}
