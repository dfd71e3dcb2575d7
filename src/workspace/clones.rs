//! What the notebooks and `# %%` scripts of a project hold, to find what stands in several.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::WalkBuilder;
use rayon::prelude::*;

use super::priority;
use crate::analysis::clones::{Index, Kept};
use crate::analysis::python;
use crate::format;

/// Larger files hold data rather than code.
const LARGEST: u64 = 32 << 20;

/// A project of more files is indexed up to here.
const MOST_FILES: usize = 20_000;

/// The stack of a thread that reads: deep expressions are walked by recursion.
const STACK_BYTES: usize = 64 << 20;

/// The notebooks and scripts below a folder, apart from hidden and ignored ones, sorted.
pub fn files(root: &Path, excludes: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let files = WalkBuilder::new(root)
        .require_git(false)
        .sort_by_file_path(Ord::cmp)
        .build()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| is_candidate(path) && !excludes(path));
    files.take(MOST_FILES).collect()
}

/// Whether a file of that name may be a notebook or a script of cells.
pub fn is_candidate(path: &Path) -> bool {
    path.extension()
        .is_some_and(|own| own == "ipynb" || own == "py")
}

/// The passages of a file; none where it cannot be read, or is no notebook and no script of cells.
pub fn passages(path: &Path) -> Vec<Kept> {
    let is_small =
        std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    let Some(bytes) = is_small.then(|| std::fs::read(path).ok()).flatten() else {
        return Vec::new();
    };
    let is_script = path.extension().is_some_and(|own| own == "py");
    if is_script && !is_cells(&bytes) {
        return Vec::new();
    }
    format::parse(&bytes)
        .python_cells()
        .flat_map(|(cell, content)| {
            let facts = python::facts(&content.text);
            Kept::of_cell(cell, &facts.passages).collect::<Vec<Kept>>()
        })
        .collect()
}

/// Reads the files behind everything else that runs, on half of the cores at most. `name` is what a file is called in the index; `step` is told after each
/// file. `None` once `cancelled` is set.
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

/// Whether a line of the script starts a cell.
fn is_cells(bytes: &[u8]) -> bool {
    let is_mark = |line: &[u8]| line.starts_with(b"# %%") || line.starts_with(b"#%%");
    bytes.split(|&byte| byte == b'\n').any(is_mark)
        || bytes.starts_with(b"# Databricks notebook source")
}
