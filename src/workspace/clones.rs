//! What the notebooks of a project hold, in whatever form, to find what stands in several.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::{priority, regular, walk};
use crate::analysis::clones::{Index, Kept};
use crate::analysis::python;
use crate::format::{self, Hint};

/// Larger files hold data rather than code.
const LARGEST: u64 = 32 << 20;

/// A project of more files is indexed up to here.
const MOST_FILES: usize = 20_000;

/// The stack of a thread that reads: deep expressions are walked by recursion.
const STACK_BYTES: usize = 64 << 20;

/// The notebooks below a folder, and files that may be some, apart from hidden and ignored ones, sorted.
pub fn files(root: &Path, excludes: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let files = walk::sorted(root)
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| is_candidate(path) && !excludes(path));
    files.take(MOST_FILES).collect()
}

/// Whether a file of that name may hold a notebook, in whatever form.
pub fn is_candidate(path: &Path) -> bool {
    let is_ipynb = |own: &std::ffi::OsStr| own.eq_ignore_ascii_case("ipynb");
    Hint::of_path(path) != Hint::None || path.extension().is_some_and(is_ipynb)
}

/// What people call the file: its path below its root, with the root's name where there are several.
pub fn name_of(path: &Path, roots: &[PathBuf]) -> Arc<str> {
    let root = roots.iter().find(|root| path.starts_with(root));
    let base = match root {
        Some(root) if roots.len() > 1 => root.parent().unwrap_or(root),
        Some(root) => root,
        None => Path::new(""),
    };
    let below = path.strip_prefix(base).unwrap_or(path);
    below.to_string_lossy().replace('\\', "/").into()
}

/// The passages of a file; none where it cannot be read, or is no notebook.
pub fn passages(path: &Path) -> Vec<Kept> {
    let _turn = regular::turn(path);
    let Ok(bytes) = regular::read(path, LARGEST) else {
        return Vec::new();
    };
    let hint = Hint::of_path(path);
    if !format::is_notebook(&bytes, hint) {
        return Vec::new();
    }
    format::parse_as(&bytes, hint)
        .python_cells()
        .flat_map(|(cell, content)| {
            let facts = python::facts(&content.text);
            Kept::of_cell(cell, &facts.passages).collect::<Vec<Kept>>()
        })
        .collect()
}

/// Reads the files at the lowest priority, on half of the cores at most. `name` is what a file is called in the index;
/// `step` is told after each file. `None` once `cancelled` is set.
pub fn index(
    files: &[PathBuf],
    name: impl Fn(&Path) -> Arc<str> + Sync,
    cancelled: &AtomicBool,
    step: impl Fn() + Sync,
) -> Option<Index> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK_BYTES)
        .num_threads((cores / 2).max(1))
        .start_handler(|_| priority::lower())
        .build()
        .ok()?;
    let kept: Vec<(Arc<str>, Vec<Kept>)> = pool.install(|| {
        files
            .par_iter()
            .filter(|_| !cancelled.load(Ordering::Relaxed))
            .map(|path| {
                let kept = passages(path);
                step();
                (name(path), kept)
            })
            .collect()
    });
    (!cancelled.load(Ordering::Relaxed)).then(|| Index::of(kept))
}
