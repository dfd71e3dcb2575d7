//! Which files a command reads: those that are named, and the notebooks below the folders that are named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::DirEntry;
use rayon::prelude::*;

use crate::format::{self, Hint};
use crate::workspace::{Workspace, clones, regular, walk};

/// Files of this size and more are refused: places in a text are 32-bit numbers.
pub const MAX_BYTES: u64 = regular::LARGEST_NOTEBOOK;

/// The files, in the order of their paths, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Files {
    pub paths: BTreeSet<PathBuf>,
    pub errors: Vec<String>,
}

/// Finds the files. A walk honours .gitignore and the configuration's `exclude`, and leaves out what is hidden
/// (`.ipynb_checkpoints`, `.virtual_documents`). It follows no symbolic links: what they point at is
/// either found anyway or somebody else's.
pub fn find(named: &[PathBuf], workspace: &Arc<Workspace>) -> Files {
    let mut files = Files::default();
    for path in named {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => walk(path, workspace, &mut files),
            Ok(_) => {
                files.paths.insert(path.clone());
            }
            Err(error) => files.errors.push(complaint(path, &error)),
        }
    }
    let paths = std::mem::take(&mut files.paths).into_par_iter();
    files.paths = paths.filter(|path| !is_other_text(path)).collect();
    files
}

/// Whether a file is a script or a document that holds no notebook: nothing is said of it, named or not, for hooks name
/// whatever somebody commits. What cannot be read is left for whoever tells of it.
fn is_other_text(path: &Path) -> bool {
    let hint = Hint::of_path(path);
    if hint == Hint::None || std::fs::metadata(path).is_ok_and(|found| found.len() >= MAX_BYTES) {
        return false;
    }
    let bytes = read(path).ok();
    bytes.is_some_and(|bytes| !format::is_notebook(&bytes, hint))
}

/// Reads a whole file. A memory map would be cheaper for huge ones, and is unsound while others write.
///
/// # Errors
/// With a sentence for a person, which names the file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| complaint(path, &error))?;
    if !metadata.is_file() {
        // Opening a pipe would wait for whoever writes to it.
        return Err(format!(
            "{} is no regular file; save it to one first",
            path.display()
        ));
    }
    if metadata.len() >= MAX_BYTES {
        return Err(format!(
            "{} holds {:.1} GiB, and files of 4 GiB and more are not read; clear the notebook's outputs first",
            path.display(),
            metadata.len() as f64 / f64::from(1 << 30),
        ));
    }
    std::fs::read(path).map_err(|error| complaint(path, &error))
}

/// The path as a person in the working directory would write it.
pub fn shortest(path: &Path) -> PathBuf {
    let below = std::env::current_dir()
        .ok()
        .and_then(|folder| Some(path.strip_prefix(folder).ok()?.to_owned()));
    below.unwrap_or_else(|| path.to_owned())
}

fn complaint(path: &Path, error: &std::io::Error) -> String {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("{path} does not exist; check the spelling"),
        std::io::ErrorKind::PermissionDenied => {
            format!("{path} may not be read; check its permissions")
        }
        _ => format!("{path} cannot be read: {error}"),
    }
}

fn walk(folder: &Path, workspace: &Arc<Workspace>, files: &mut Files) {
    let filter = Arc::clone(workspace);
    let entries = walk::below(folder, move |entry| {
        entry.depth() == 0 || !is_candidate(entry) || !filter.excludes(entry.path())
    });
    for entry in entries {
        match entry {
            Ok(entry) if is_file(&entry) && is_candidate(&entry) => {
                let path = entry.into_path();
                // `cellwise check` names files as `cellwise check a.ipynb` does.
                let path = match path.strip_prefix(".") {
                    Ok(plain) => plain.to_owned(),
                    Err(_) => path,
                };
                files.paths.insert(path);
            }
            Ok(_) => {}
            Err(error) => files.errors.push(error),
        }
    }
}

fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
}

/// Whether the entry is a folder, or has an extension of files that may hold a notebook: nothing else is worth a look.
fn is_candidate(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir()) || clones::is_candidate(entry.path())
}
