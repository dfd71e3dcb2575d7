//! What the project of a notebook says that it depends on.
//!
//! The engine reads no files: a front end finds out (see `workspace/dependencies.rs`) and hands it in.

use rustc_hash::FxHashSet;

use crate::analysis::known::distributions;

/// The distributions that the files of a project name, where all of them could be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// The file that names most of them, as a message says it: `requirements.txt`. `None` where no file names any,
    /// or where what a file names is known only when it runs.
    pub file: Option<String>,
    /// Normal forms: see [`distributions::normalised`].
    pub names: FxHashSet<String>,
    /// Modules and folders where imports of the notebook may look first.
    pub local: FxHashSet<String>,
}

impl Dependencies {
    /// The distribution that should be named for a module that is imported, if none of those is that bring it.
    /// Says nothing of a module that nobody knows.
    pub fn lacking(&self, module: &str) -> Option<&'static str> {
        self.file.as_ref()?;
        let top = module.split('.').next().unwrap_or(module);
        if self.local.contains(top) || self.names.contains(&distributions::normalised(top)) {
            return None;
        }
        let mut wanted = None;
        for distribution in distributions::of(top)? {
            if self.names.contains(distribution) {
                return None;
            }
            wanted = wanted.or(Some(distribution));
        }
        wanted
    }
}
