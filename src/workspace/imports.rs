//! How the scripts and notebooks of a project import what they use.

use std::path::{Path, PathBuf};

use super::{regular, walk};
use crate::analysis::known::imports::Votes;
use crate::analysis::python;
use crate::format;

/// No more files than this are read: by then the habits of a project are known.
const MOST_FILES: usize = 2_000;

/// Larger files hold data rather than habits.
const LARGEST: u64 = 8 << 20;

/// Reads the imports of all scripts and notebooks below a folder, apart from hidden and ignored ones.
pub fn of(root: &Path) -> Votes {
    let mut votes = Votes::default();
    for path in files(root) {
        let _turn = regular::turn(&path);
        votes += of_file(&path);
    }
    votes
}

/// The files that are looked at below a folder.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let is_candidate = |path: &Path| {
        path.extension()
            .is_some_and(|own| own == "py" || own == "ipynb")
    };
    walk::sorted(root)
        .flatten()
        .filter(|entry| is_candidate(entry.path()))
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter(|entry| entry.metadata().is_ok_and(|meta| meta.len() <= LARGEST))
        .map(ignore::DirEntry::into_path)
        .take(MOST_FILES)
        .collect()
}

/// The imports of one file; none where it cannot be read.
pub fn of_file(path: &Path) -> Votes {
    let mut votes = Votes::default();
    let Ok(bytes) = regular::read(path, LARGEST) else {
        return votes;
    };
    if path.extension().is_some_and(|own| own == "ipynb") {
        for (_, cell) in format::parse(&bytes).python_cells() {
            count(&mut votes, &cell.text);
        }
    } else if let Ok(text) = std::str::from_utf8(&bytes) {
        count(&mut votes, text);
    }
    votes
}

fn count(votes: &mut Votes, text: &str) {
    // Most cells import nothing, and need not be parsed to know that.
    if memchr::memmem::find(text.as_bytes(), b"import").is_some() {
        votes.count(&python::facts(text));
    }
}
