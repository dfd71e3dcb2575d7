//! The passages of all notebooks of a project, to find what stands in several.

use std::sync::Arc;

use memchr::memrchr;
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
    /// Those that hold any, by name.
    files: Vec<File>,
    /// By hash, then by file. Small, as there is one for each passage of a project.
    places: Vec<InFile>,
}

type File = (Arc<str>, Arc<[Kept]>);

/// Where a passage stands: its hash, its file's place in [`Index::files`], its own number there.
type InFile = (u64, u32, u32);

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
    /// The places of [`Self::copies`]. Sorted.
    copied: Vec<u32>,
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
        let files = files.into_iter().filter(|(_, kept)| !kept.is_empty());
        let mut files: Vec<File> = files.map(|(name, kept)| (name, kept.into())).collect();
        files.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        files.dedup_by(|(a, _), (b, _)| a == b);
        let mut index = Self {
            files,
            places: Vec::new(),
        };
        for (file, (_, kept)) in (0..).zip(&index.files) {
            index.places.extend(places_of(file, kept));
        }
        index.places.sort_unstable();
        index
    }

    /// The file holds these passages now; none where it has gone.
    pub fn set(&mut self, name: &Arc<str>, kept: Vec<Kept>) {
        let found = self.find(name);
        let at = found.unwrap_or_else(|at| at);
        let file = u32::try_from(at).unwrap_or(u32::MAX);
        let is_known = found.is_ok();
        if is_known {
            self.places.retain(|(_, own, _)| *own != file);
        }
        let behind = |places: &mut Vec<InFile>, step: &dyn Fn(&mut u32)| {
            let others = places.iter_mut().map(|(_, own, _)| own);
            others.filter(|own| **own >= file).for_each(step);
        };
        match (is_known, kept.is_empty()) {
            (false, true) => return,
            (true, true) => {
                self.files.remove(at);
                behind(&mut self.places, &|own| *own -= 1);
                return;
            }
            (true, false) => self.files[at].1 = kept.into(),
            (false, false) => {
                behind(&mut self.places, &|own| *own += 1);
                self.files.insert(at, (Arc::clone(name), kept.into()));
            }
        }
        let kept = Arc::clone(&self.files[at].1);
        self.places.extend(places_of(file, &kept));
        self.places.sort_unstable();
    }

    /// Whether the file shares a passage with another.
    pub fn shares(&self, name: &str) -> bool {
        let Ok(at) = self.find(name) else {
            return false;
        };
        let mut kept = self.files[at].1.iter();
        kept.any(|kept| self.others(kept.hash, name).next().is_some())
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.files.binary_search_by(|(own, _)| (**own).cmp(name))
    }

    /// The first place of a passage in each file that is another notebook than `own`, by file.
    fn others<'a>(&'a self, hash: u64, own: &'a str) -> impl Iterator<Item = (u32, u32)> + 'a {
        let start = self.places.partition_point(|(other, ..)| *other < hash);
        let mut last = None;
        self.places[start..]
            .iter()
            .take_while(move |(other, ..)| *other == hash)
            .filter(move |(_, file, _)| {
                last.replace(*file) != Some(*file) && !is_same_notebook(self.name(*file), own)
            })
            .map(|(_, file, at)| (*file, *at))
    }

    fn name(&self, file: u32) -> &str {
        &self.files[file as usize].0
    }
}

/// Whether two files are one notebook: jupytext keeps `a.py` or `a.md` beside `a.ipynb`, and writes each from the other.
fn is_same_notebook(one: &str, other: &str) -> bool {
    let stem = |name: &str| -> usize {
        let folder = memrchr(b'/', name.as_bytes()).map_or(0, |at| at + 1);
        memrchr(b'.', &name.as_bytes()[folder..]).map_or(name.len(), |dot| folder + dot)
    };
    one[..stem(one)] == other[..stem(other)]
}

fn places_of(file: u32, kept: &[Kept]) -> impl Iterator<Item = InFile> {
    (0..).zip(kept).map(move |(at, kept)| (kept.hash, file, at))
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
        let mut shared: FxHashMap<u32, usize> = FxHashMap::default();
        for &hash in &hashes {
            for (other, _) in index.others(hash, &own).take(MOST_FILES) {
                *shared.entry(other).or_default() += 1;
            }
        }
        shared.retain(|_, count| {
            *count >= LEAST_SHARED && *count * LEAST_SHARE.1 >= hashes.len() * LEAST_SHARE.0
        });
        let mut copied: Vec<u32> = shared.keys().copied().collect();
        copied.sort_unstable();
        let named = |copy: &u32| (Arc::clone(&index.files[*copy as usize].0), shared[copy]);
        let copies = copied.iter().map(named).collect();
        Self {
            index,
            own,
            copied,
            copies,
        }
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
            let mut others: Vec<(u32, u32)> = self
                .index
                .others(passage.hash, &self.own)
                .take(MOST_FILES)
                .filter(|(file, _)| self.copied.binary_search(file).is_err())
                .collect();
            // A pair is one notebook, and told as one.
            others.dedup_by(|next, last| {
                is_same_notebook(self.index.name(next.0), self.index.name(last.0))
            });
            let Some((first, first_at)) = others.first().copied() else {
                continue;
            };
            let (_, kept) = &self.index.files[first as usize];
            let last = &passages[at + row(&passages[at..], &kept[first_at as usize..])];
            let more = others.len().saturating_sub(MOST_NAMED);
            others.truncate(MOST_NAMED);
            found.push(Elsewhere {
                range: passage.range.cover(last.range),
                files: others
                    .into_iter()
                    .map(|(file, at)| {
                        let (name, kept) = &self.index.files[file as usize];
                        (Arc::clone(name), kept[at as usize].cell)
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
