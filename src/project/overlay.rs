//! The project as it is once an edit's files are written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Project, is_module, within};
use crate::notebook::Edit;

/// A project with some files written that are not on disk yet.
#[derive(Debug)]
pub struct Overlay<'p> {
    below: &'p dyn Project,
    files: Vec<(PathBuf, Arc<str>)>,
}

impl<'p> Overlay<'p> {
    pub fn new(below: &'p dyn Project, edit: &Edit) -> Self {
        let files = edit.files().map(|(path, text)| {
            let path = path.strip_prefix(below.root()).unwrap_or(path);
            (path.to_owned(), Arc::from(text))
        });
        Self {
            files: files.collect(),
            below,
        }
    }

    /// The text of a file that is not on disk yet.
    fn own(&self, path: &Path) -> Option<Arc<str>> {
        let inside = within(path)?;
        let mut files = self.files.iter();
        let (_, text) = files.find(|(own, _)| *own == inside)?;
        Some(Arc::clone(text))
    }
}

impl Project for Overlay<'_> {
    fn root(&self) -> &Path {
        self.below.root()
    }

    fn notebook(&self) -> Option<&Path> {
        self.below.notebook()
    }

    fn modules(&self) -> Vec<PathBuf> {
        let own = self.files.iter().map(|(path, _)| path.clone());
        let mut modules = self.below.modules();
        modules.extend(own.filter(|path| is_module(path)));
        modules.sort();
        modules.dedup();
        modules
    }

    fn entries(&self, folder: &Path) -> Vec<PathBuf> {
        let own = self.files.iter().filter_map(|(path, _)| {
            let first = path.strip_prefix(folder).ok()?.components().next()?;
            Some(folder.join(first))
        });
        let mut entries = self.below.entries(folder);
        entries.extend(own);
        entries.sort();
        entries.dedup();
        entries
    }

    fn read(&self, path: &Path) -> Result<Arc<str>, String> {
        self.own(path).map_or_else(|| self.below.read(path), Ok)
    }

    fn read_saved(&self, path: &Path) -> Result<Arc<str>, String> {
        self.own(path)
            .map_or_else(|| self.below.read_saved(path), Ok)
    }

    fn exists(&self, path: &Path) -> bool {
        let is_own = |inside: PathBuf| self.files.iter().any(|(own, _)| own.starts_with(&inside));
        self.below.exists(path) || within(path).is_some_and(is_own)
    }

    fn may_write(&self, path: &Path) -> Result<(), String> {
        self.below.may_write(path)
    }

    fn place(&self, path: &Path) -> PathBuf {
        self.below.place(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::EditOp;
    use crate::project::MemoryProject;

    #[test]
    fn what_is_written_is_there() {
        let below = MemoryProject::new("n.ipynb", [("a.py", "x = 1\n")]);
        let edit = Edit {
            ops: vec![
                EditOp::CreateFile {
                    path: below.place(Path::new("pkg/b.py")),
                    text: "y = 2\n".into(),
                },
                EditOp::EditFile {
                    path: below.place(Path::new("a.py")),
                    expected: "x = 1\n".into(),
                    replacements: vec![(crate::text::TextRange::empty(0.into()), "# ".into())],
                },
            ],
            select: None,
        };
        let project = Overlay::new(&below, &edit);
        assert_eq!(
            project.modules(),
            [Path::new("a.py"), Path::new("pkg/b.py")]
        );
        assert_eq!(project.read(Path::new("a.py")).as_deref(), Ok("# x = 1\n"));
        assert_eq!(
            project.read(Path::new("pkg/b.py")).as_deref(),
            Ok("y = 2\n")
        );
        assert!(project.exists(Path::new("pkg")) && !project.exists(Path::new("c.py")));
    }
}
