//! How the scripts and notebooks of a project import what they use.

use std::path::Path;

use ignore::WalkBuilder;

use super::regular;
use crate::analysis::known_imports::Votes;
use crate::analysis::python;
use crate::format;

/// No more files than this are read: by then the habits of a project are known.
const MOST_FILES: usize = 2_000;

/// Larger files hold data rather than habits.
const LARGEST: u64 = 8 << 20;

/// Reads the imports of all scripts and notebooks below a folder, apart from hidden and ignored ones.
pub fn of(root: &Path) -> Votes {
    let mut votes = Votes::default();
    let files = WalkBuilder::new(root)
        .require_git(false)
        .sort_by_file_path(Ord::cmp)
        .build()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let mut read = 0;
    for entry in files {
        let is = |wanted: &str| entry.path().extension().is_some_and(|own| own == wanted);
        if !is("py") && !is("ipynb") {
            continue;
        }
        read += 1;
        if read > MOST_FILES {
            break;
        }
        let Ok(bytes) = regular::read(entry.path(), LARGEST) else {
            continue;
        };
        if is("ipynb") {
            for (_, cell) in format::parse(&bytes).python_cells() {
                votes.count(&python::facts(&cell.text));
            }
        } else if let Ok(text) = std::str::from_utf8(&bytes) {
            votes.count(&python::facts(text));
        }
    }
    votes
}
