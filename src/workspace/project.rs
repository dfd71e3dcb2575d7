//! The files around a notebook, on disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Workspace, absolute, surroundings};
use crate::project::{Project, is_module, outside, slashed, within};

/// A walk ends after so many files and folders: who has more names a module by its path.
const MOST_ENTRIES: usize = 20_000;

/// The largest file that is read, in bytes: what somebody wrote by hand is far smaller.
const LARGEST: u64 = 64 << 20;

#[derive(Debug)]
pub struct DiskProject<'w> {
    workspace: &'w Workspace,
    root: PathBuf,
    notebook: Option<PathBuf>,
}

impl<'w> DiskProject<'w> {
    pub fn new(workspace: &'w Workspace, path: &Path) -> Self {
        let path = absolute(path);
        let root = surroundings::project_root(path.parent().unwrap_or(&path));
        Self {
            workspace,
            notebook: path.strip_prefix(&root).ok().map(Path::to_owned),
            root,
        }
    }

    /// Where the path leads, links followed. What does not exist yet is below the nearest folder that does.
    fn resolve(&self, path: &Path) -> Result<PathBuf, String> {
        let inside = within(path).ok_or_else(|| outside(path))?;
        let root = self
            .root
            .canonicalize()
            .map_err(|error| cannot("be read", path, &error))?;
        let whole = root.join(&inside);
        for ancestor in whole.ancestors() {
            // A broken link is there, and leads to where nobody has looked.
            if ancestor.symlink_metadata().is_err() {
                continue;
            }
            let real = ancestor
                .canonicalize()
                .map_err(|error| cannot("be read", path, &error))?;
            if !real.starts_with(&root) {
                return Err(outside(path));
            }
            let rest = whole.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return Ok(if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            });
        }
        Err(outside(path))
    }
}

impl Project for DiskProject<'_> {
    fn root(&self) -> &Path {
        &self.root
    }

    fn notebook(&self) -> Option<&Path> {
        self.notebook.as_deref()
    }

    fn modules(&self) -> Vec<PathBuf> {
        let walk = || walk(&self.root, self.workspace).into();
        let known = self.workspace.modules.entry(self.root.clone());
        known.or_insert_with(walk).to_vec()
    }

    fn entries(&self, folder: &Path) -> Vec<PathBuf> {
        let read = self
            .resolve(folder)
            .ok()
            .and_then(|real| std::fs::read_dir(real).ok());
        let names = read.into_iter().flatten().flatten();
        let mut entries: Vec<PathBuf> = names.map(|entry| folder.join(entry.file_name())).collect();
        entries.sort();
        entries
    }

    fn read(&self, path: &Path) -> Result<Arc<str>, String> {
        let file = self.resolve(path)?;
        let failed = |error: io::Error| cannot("be read", path, &error);
        let metadata = file.metadata().map_err(failed)?;
        let name = slashed(path);
        if !metadata.is_file() {
            return Err(format!("{name} is no file"));
        }
        if metadata.len() > LARGEST {
            return Err(format!("{name} is too large to be code that people wrote"));
        }
        let bytes = std::fs::read(&file).map_err(failed)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(_) => Err(format!("{name} is not UTF-8; save it as UTF-8 first")),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        self.resolve(path).is_ok_and(|file| file.exists())
    }

    fn may_write(&self, path: &Path) -> Result<(), String> {
        let file = self.resolve(path)?;
        let name = slashed(path);
        let nearest = file
            .ancestors()
            .find_map(|own| Some((own, own.metadata().ok()?)));
        let Some((own, metadata)) = nearest else {
            return Err(outside(path));
        };
        if metadata.permissions().readonly() {
            return Err(match own.strip_prefix(&self.root) {
                Ok(below) if below.as_os_str().is_empty() => {
                    "the project's folder is read-only".to_owned()
                }
                Ok(below) => format!("{} is read-only", slashed(below)),
                Err(_) => format!("{} is read-only", slashed(own)),
            });
        }
        match own == file {
            true if metadata.is_dir() => Err(format!("{name} is a folder")),
            false if !metadata.is_dir() => Err(format!("{name} lies below a file")),
            _ => Ok(()),
        }
    }
}

/// The modules below `root`, apart from those that git ignores, that are hidden, or that the configuration excludes.
fn walk(root: &Path, workspace: &Workspace) -> Vec<PathBuf> {
    let files = super::walk::sorted(root)
        .flatten()
        .take(MOST_ENTRIES)
        .filter(|entry| {
            entry.file_type().is_some_and(|kind| kind.is_file()) && is_module(entry.path())
        })
        .filter(|entry| !workspace.excludes(entry.path()));
    files
        .filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_owned))
        .collect()
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    let name = slashed(path);
    match error.kind() {
        io::ErrorKind::NotFound => format!("{name} does not exist"),
        io::ErrorKind::PermissionDenied => format!("{name} may not {what}; check its permissions"),
        _ => format!("{name} cannot {what}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_ignores_is_no_module_and_nothing_leaves_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("project/notebooks")).unwrap();
        std::fs::create_dir_all(at("project/build")).unwrap();
        for (file, text) in [
            ("project/cellwise.toml", ""),
            ("project/.gitignore", "build/\n"),
            ("project/b.py", "b = 1\n"),
            ("project/a.py", ""),
            ("project/notes.txt", ""),
            ("project/build/c.py", ""),
            ("secret.py", "key = 1\n"),
        ] {
            std::fs::write(at(file), text).unwrap();
        }
        let workspace = Workspace::default();
        let project = workspace.project(&at("project/notebooks/n.ipynb"));
        assert_eq!(project.modules(), [Path::new("a.py"), Path::new("b.py")]);
        assert_eq!(project.folder(), Some(Path::new("notebooks")));
        assert_eq!(project.read(Path::new("b.py")).as_deref(), Ok("b = 1\n"));
        assert!(project.exists(Path::new("notebooks")));
        assert!(project.may_write(Path::new("new/deep/d.py")).is_ok());
        assert!(project.may_write(Path::new("notebooks")).is_err());
        assert!(project.may_write(Path::new("a.py/d.py")).is_err());
        for path in ["../secret.py", "notebooks/../../secret.py", "/etc/passwd"] {
            let error = project.read(Path::new(path)).unwrap_err();
            assert!(error.contains("outside"), "{error}");
            assert!(project.may_write(Path::new(path)).is_err());
        }
        let error = project.read(Path::new("none.py")).unwrap_err();
        assert_eq!(error, "none.py does not exist");
        // What was listed is kept until somebody says that files have changed.
        std::fs::write(at("project/new.py"), "").unwrap();
        assert_eq!(project.modules().len(), 2);
        workspace.forget();
        assert_eq!(project.modules().len(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_within_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("project/lib")).unwrap();
        std::fs::write(at("project/cellwise.toml"), "").unwrap();
        std::fs::write(at("project/lib/a.py"), "a").unwrap();
        std::fs::write(at("secret.py"), "key").unwrap();
        let link = std::os::unix::fs::symlink::<PathBuf, PathBuf>;
        link(at("secret.py"), at("project/secret.py")).unwrap();
        link(folder.path().to_owned(), at("project/out")).unwrap();
        link(at("gone.py"), at("project/gone.py")).unwrap();
        link(at("project/lib"), at("project/same")).unwrap();
        let workspace = Workspace::default();
        let project = workspace.project(&at("project/n.ipynb"));
        for path in ["secret.py", "out/secret.py", "out/new.py", "gone.py"] {
            assert!(project.read(Path::new(path)).is_err(), "{path}");
            assert!(project.may_write(Path::new(path)).is_err(), "{path}");
        }
        assert_eq!(project.read(Path::new("same/a.py")).as_deref(), Ok("a"));
        assert!(project.may_write(Path::new("same/b.py")).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_file_is_not_to_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.py");
        std::fs::write(&file, "").unwrap();
        let mut permissions = file.metadata().unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&file, permissions).unwrap();
        let workspace = Workspace::default();
        let project = workspace.project(&folder.path().join("n.ipynb"));
        let error = project.may_write(Path::new("a.py")).unwrap_err();
        assert_eq!(error, "a.py is read-only");
    }
}
