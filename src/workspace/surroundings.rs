//! Reads the scripts, notebooks and modules that a notebook takes all names from.
//!
//! Nothing is run, and nothing outside of the notebook's project is opened: a path that leaves it, by
//! `..` or by a link, counts as unknown, and so does a module that is not a file of the project.

use std::path::{Path, PathBuf};

use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use super::{absolute, regular};
use crate::analysis::facts::{Facts, OpeningKind};
use crate::analysis::python;
use crate::analysis::surroundings::Surroundings;
use crate::format;

/// How far `%run` and star imports are followed from file to file.
const DEEPEST: u32 = 8;

/// The largest file that is read, in bytes: what somebody wrote by hand is far smaller.
const LARGEST: u64 = 64 << 20;

/// Looks up what `openings` of the notebook at `path` bring. What cannot be told is left out.
pub fn of<'o>(path: &Path, openings: impl Iterator<Item = &'o OpeningKind>) -> Surroundings {
    let mut surroundings = Surroundings::default();
    let Some(folder) = path.parent().and_then(|folder| folder.canonicalize().ok()) else {
        return surroundings;
    };
    let root = project_root(&folder);
    for opening in openings {
        let mut names = FxHashSet::default();
        if collect(opening, &folder, &root, DEEPEST, &mut names).is_some() {
            surroundings.insert(opening.clone(), names);
        }
    }
    surroundings
}

/// The nearest folder above that a project is kept in; without one, the notebook's own.
pub fn project_root(folder: &Path) -> PathBuf {
    marked_root(folder).unwrap_or(folder).to_owned()
}

/// The nearest folder above that holds what only the root of a project does.
pub fn marked_root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|ancestor| {
        [".git", "pyproject.toml", "setup.py", "cellwise.toml"]
            .iter()
            .any(|mark| ancestor.join(mark).exists())
    })
}

/// Adds the names that an opening brings; `None` where they cannot all be told.
fn collect(
    opening: &OpeningKind,
    folder: &Path,
    root: &Path,
    patience: u32,
    names: &mut FxHashSet<Name>,
) -> Option<()> {
    let patience = patience.checked_sub(1)?;
    let (file, is_import) = match opening {
        OpeningKind::Run(argument) => (run_target(argument, folder, root)?, false),
        OpeningKind::StarImport(module) => (module_file(module, folder, root)?, true),
        OpeningKind::Dynamic | OpeningKind::Magic(_) | OpeningKind::Reset => return None,
    };
    let file = file
        .canonicalize()
        .ok()
        .filter(|file| file.starts_with(root))?;
    let bytes = regular::read(&file, LARGEST).ok()?;
    let folder = file.parent()?;
    let extension = file.extension();
    let is_notebook = extension.is_some_and(|extension| extension == "ipynb")
        || (!is_import && format::databricks::is_source(&bytes));
    if is_notebook {
        let notebook = format::parse(&bytes);
        for (_, cell) in notebook.python_cells() {
            add(
                &python::facts(&cell.text),
                false,
                folder,
                root,
                patience,
                names,
            )?;
        }
    } else {
        let text = std::str::from_utf8(&bytes).ok()?;
        if is_import && text.contains("__all__") {
            return None; // Which names are brought is computed there.
        }
        add(
            &python::facts(text),
            is_import,
            folder,
            root,
            patience,
            names,
        )?;
    }
    Some(())
}

fn add(
    facts: &Facts,
    is_import: bool,
    folder: &Path,
    root: &Path,
    patience: u32,
    names: &mut FxHashSet<Name>,
) -> Option<()> {
    // A star import leaves private names behind; `%run` does not.
    let brought = facts
        .bound_names()
        .map(|(name, _)| name)
        .filter(|name| !(is_import && name.starts_with('_')));
    names.extend(brought.cloned());
    for opening in &facts.openings {
        collect(&opening.kind, folder, root, patience, names)?;
    }
    Some(())
}

/// The file of `%run`'s argument: quotes and what is passed on are taken off, `.py` may be left out,
/// and Databricks leaves `.ipynb` out, too. Nobody asks for a file outside of the project: to ask for one on another machine
/// (`\\host\share`) opens a connection.
fn run_target(argument: &str, folder: &Path, root: &Path) -> Option<PathBuf> {
    let argument = argument.trim();
    let path = match argument.chars().next()? {
        quote @ ('"' | '\'') => argument[1..].split(quote).next()?,
        _ => argument.split_whitespace().next()?,
    };
    let written = folder.join(path);
    let with = |extension: &str| {
        let mut name = written.clone().into_os_string();
        name.push(extension);
        PathBuf::from(name)
    };
    [written.clone(), with(".py"), with(".ipynb")]
        .into_iter()
        .filter(|file| absolute(file).starts_with(root))
        .find(|file| file.is_file())
}

/// The file of a module: beside the notebook, where kernels start, or below the project's root or its `src`.
fn module_file(module: &str, folder: &Path, root: &Path) -> Option<PathBuf> {
    if module.starts_with('.') || module.is_empty() {
        return None; // A notebook is in no package.
    }
    let relative: PathBuf = module.split('.').collect();
    [folder.to_owned(), root.to_owned(), root.join("src")]
        .iter()
        .flat_map(|base| {
            let module = base.join(&relative);
            [module.with_extension("py"), module.join("__init__.py")]
        })
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brings(files: &[(&str, &str)], opening: &OpeningKind, name: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("project/sub")).unwrap();
        std::fs::write(folder.path().join("project/cellwise.toml"), "").unwrap();
        for (file, text) in files {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let notebook = folder.path().join("project/sub/a.ipynb");
        of(&notebook, std::iter::once(opening)).may_bring(opening, name)
    }

    fn run(path: &str) -> OpeningKind {
        OpeningKind::Run(path.into())
    }

    #[test]
    fn a_script_brings_what_it_binds() {
        let files = [("project/sub/setup.py", "import os\nx = 1\ndef f(): y = 2")];
        for path in ["setup.py", "setup", "'setup.py' --fast", "./setup"] {
            assert!(brings(&files, &run(path), "x"), "{path}");
            assert!(brings(&files, &run(path), "os"), "{path}");
            assert!(!brings(&files, &run(path), "y"), "{path}");
        }
    }

    #[test]
    fn files_are_followed() {
        let files = [
            ("project/sub/a.py", "from b import *"),
            ("project/sub/b.py", "x = 1\n_private = 2"),
        ];
        assert!(brings(&files, &run("a.py"), "x"));
        assert!(!brings(&files, &run("a.py"), "_private"));
    }

    #[test]
    fn a_notebook_brings_what_its_cells_bind() {
        let notebook = r#"{"cells": [{"cell_type": "code", "source": ["x = 1"], "metadata": {}, "outputs": [],
            "execution_count": null}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}"#;
        let files = [("project/setup.ipynb", notebook)];
        assert!(brings(&files, &run("../setup.ipynb"), "x"));
        assert!(!brings(&files, &run("../setup"), "z"));
    }

    /// A link within the project that leads out of it is not followed, whatever names it.
    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("project/sub")).unwrap();
        std::fs::create_dir_all(at("outside")).unwrap();
        std::fs::write(at("project/cellwise.toml"), "").unwrap();
        std::fs::write(at("outside/a.py"), "y = 1").unwrap();
        std::os::unix::fs::symlink(at("outside/a.py"), at("project/sub/a.py")).unwrap();
        std::os::unix::fs::symlink(at("outside"), at("project/sub/pkg")).unwrap();
        let notebook = at("project/sub/n.ipynb");
        for opening in [
            run("a.py"),
            run("pkg/a.py"),
            run(&at("outside/a.py").display().to_string()),
            OpeningKind::StarImport("a".into()),
            OpeningKind::StarImport("pkg.a".into()),
            OpeningKind::StarImport(".a".into()),
        ] {
            let brings = of(&notebook, std::iter::once(&opening));
            assert!(brings.may_bring(&opening, "x"), "{opening:?} was read");
        }
    }

    #[test]
    fn what_cannot_be_told_may_bring_anything() {
        assert!(
            brings(&[], &run("missing.py"), "x"),
            "there is no such file"
        );
        let outside = [("outside.py", "y = 1")];
        assert!(
            brings(&outside, &run("../../outside.py"), "x"),
            "it is not in the project"
        );
        let dynamic = [("project/sub/a.py", "exec(input())")];
        assert!(
            brings(&dynamic, &run("a.py"), "x"),
            "nobody can tell what it binds"
        );
        let import = OpeningKind::StarImport("numpy".into());
        assert!(brings(&[], &import, "x"), "it is no file of the project");
        let loops = [("project/sub/a.py", "%run a.py")];
        assert!(brings(&loops, &run("a.py"), "x"), "it runs itself");
    }
}
