//! What an action may ask about the files around a notebook.
//!
//! The engine does no I/O: who has files hands it a [`Project`]. Paths are relative to the project's root,
//! and nothing outside of the root is read or written, by `..` or by a link.

mod overlay;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

pub use overlay::Overlay;

/// The files around a notebook, as they are now.
pub trait Project: fmt::Debug {
    /// The folder that all other paths start from. Paths of an edit are [below it](Self::place).
    fn root(&self) -> &Path;

    /// The notebook's own path; `None` where it is in no folder, so that nothing can be put beside it.
    fn notebook(&self) -> Option<&Path>;

    /// The `.py` files that git does not ignore, sorted.
    fn modules(&self) -> Vec<PathBuf>;

    /// What lies in a folder: paths of its files and folders, sorted. Nothing where there is no such folder.
    fn entries(&self, folder: &Path) -> Vec<PathBuf>;

    /// The text of a file.
    ///
    /// # Errors
    /// With a sentence for a person, which names the file: it is not there, it is no text, it is outside.
    fn read(&self, path: &Path) -> Result<Arc<str>, String>;

    /// The text of a file, where it is what people see of it.
    ///
    /// # Errors
    /// As [`read`](Self::read), and where an editor has changes of the file that are not saved.
    fn read_saved(&self, path: &Path) -> Result<Arc<str>, String> {
        self.read(path)
    }

    /// Whether there is a file or a folder.
    fn exists(&self, path: &Path) -> bool;

    /// Whether the file may be changed or, where there is none, created.
    ///
    /// # Errors
    /// With a sentence for a person: it is read-only, it is outside.
    fn may_write(&self, path: &Path) -> Result<(), String>;

    /// A path of this project as an edit names it.
    fn place(&self, path: &Path) -> PathBuf {
        self.root().join(path)
    }

    /// The notebook's folder, where its kernel starts; empty where that is the root.
    fn folder(&self) -> Option<&Path> {
        self.notebook()?.parent()
    }
}

/// `path` without `.` and `..`; `None` where it is absolute or leads out of the folder that it starts from.
pub fn within(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => plain.push(part),
            Component::ParentDir => {
                if !plain.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}

/// The path from one folder of a project to another place of it.
pub fn from_folder(folder: &Path, target: &Path) -> PathBuf {
    let same = folder
        .iter()
        .zip(target.iter())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.iter().skip(same).map(|_| Path::new(".."));
    let down = target.iter().skip(same).map(Path::new);
    let path: PathBuf = up.chain(down).collect();
    if path.as_os_str().is_empty() {
        return PathBuf::from(".");
    }
    path
}

/// A path with `/` on every system, as people and settings write it.
pub fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Around a notebook that was never saved, or that nobody reads files for.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProject;

const NO_FOLDER: &str = "the notebook is in no folder; save it first";

impl Project for NoProject {
    fn root(&self) -> &Path {
        Path::new("")
    }

    fn notebook(&self) -> Option<&Path> {
        None
    }

    fn modules(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn entries(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, _: &Path) -> Result<Arc<str>, String> {
        Err(NO_FOLDER.into())
    }

    fn exists(&self, _: &Path) -> bool {
        false
    }

    fn may_write(&self, _: &Path) -> Result<(), String> {
        Err(NO_FOLDER.into())
    }
}

/// A project of files that are held in memory: for tests and documented examples.
#[derive(Debug, Clone, Default)]
pub struct MemoryProject {
    notebook: PathBuf,
    files: BTreeMap<PathBuf, Arc<str>>,
    read_only: Vec<PathBuf>,
}

impl MemoryProject {
    /// `notebook` is the notebook's path; it need not be among the files.
    pub fn new<'f>(
        notebook: impl Into<PathBuf>,
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Self {
        let files = files.into_iter();
        Self {
            notebook: notebook.into(),
            files: files
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
            read_only: Vec::new(),
        }
    }

    /// Makes a file one that nobody may write.
    #[must_use]
    pub fn read_only(mut self, path: impl Into<PathBuf>) -> Self {
        self.read_only.push(path.into());
        self
    }
}

impl Project for MemoryProject {
    fn root(&self) -> &Path {
        Path::new("")
    }

    fn notebook(&self) -> Option<&Path> {
        Some(&self.notebook)
    }

    fn modules(&self) -> Vec<PathBuf> {
        let modules = self.files.keys().filter(|path| is_module(path));
        modules.cloned().collect()
    }

    fn entries(&self, folder: &Path) -> Vec<PathBuf> {
        let below = self.files.keys().filter_map(|file| {
            let first = file.strip_prefix(folder).ok()?.components().next()?;
            Some(folder.join(first))
        });
        let mut entries: Vec<PathBuf> = below.collect();
        entries.dedup();
        entries
    }

    fn read(&self, path: &Path) -> Result<Arc<str>, String> {
        let inside = within(path).ok_or_else(|| outside(path))?;
        let text = self.files.get(&inside);
        text.cloned()
            .ok_or_else(|| format!("{} does not exist", slashed(path)))
    }

    fn exists(&self, path: &Path) -> bool {
        let Some(inside) = within(path) else {
            return false;
        };
        inside == self.notebook || self.files.keys().any(|file| file.starts_with(&inside))
    }

    fn may_write(&self, path: &Path) -> Result<(), String> {
        let inside = within(path).ok_or_else(|| outside(path))?;
        if self.read_only.contains(&inside) {
            return Err(format!("{} is read-only", slashed(path)));
        }
        Ok(())
    }
}

/// Whether the file is a Python module by its name.
pub fn is_module(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

/// Why a path is not looked at.
pub fn outside(path: &Path) -> String {
    format!(
        "{} is outside of the project; name a file within it",
        slashed(path)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_within_or_is_refused() {
        let plain = |path: &str| within(Path::new(path)).map(|path| slashed(&path));
        assert_eq!(plain("a/./b/../c.py").as_deref(), Some("a/c.py"));
        assert_eq!(plain("../c.py"), None);
        assert_eq!(plain("a/../../c.py"), None);
        assert_eq!(plain("/etc/c.py"), None);
    }

    #[test]
    fn memory_answers_as_a_disk_would() {
        let files = [
            ("pkg/__init__.py", ""),
            ("pkg/a.py", "x = 1\n"),
            ("b.txt", ""),
        ];
        let project = MemoryProject::new("notebooks/n.ipynb", files).read_only("pkg/a.py");
        assert_eq!(
            project.modules(),
            [Path::new("pkg/__init__.py"), Path::new("pkg/a.py")]
        );
        assert_eq!(project.folder(), Some(Path::new("notebooks")));
        assert_eq!(
            project.read(Path::new("./pkg/a.py")).as_deref(),
            Ok("x = 1\n")
        );
        assert!(project.exists(Path::new("pkg")) && !project.exists(Path::new("p")));
        assert!(project.read(Path::new("../b.txt")).is_err());
        assert!(project.may_write(Path::new("pkg/a.py")).is_err());
        assert!(project.may_write(Path::new("pkg/c.py")).is_ok());
    }
}
