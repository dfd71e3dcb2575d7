//! The real notebooks that tests read. They are not part of the project.

use std::path::{Path, PathBuf};

/// `$CELLWISE_CORPUS`, or `shared/corpus` beside the project.
pub fn folder() -> PathBuf {
    std::env::var_os("CELLWISE_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    )
}

/// The notebooks of the corpus, sorted. Where it is missing, this says so, and there are none.
pub fn notebooks() -> Vec<PathBuf> {
    let root = folder();
    if !root.is_dir() {
        println!("skipped: no corpus at {}", root.display());
        return Vec::new();
    }
    let mut files: Vec<PathBuf> = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .build()
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ipynb")
        })
        .collect();
    files.sort();
    files
}
