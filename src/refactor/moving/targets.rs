//! The modules that definitions may move to.

use std::path::{Path, PathBuf};

use super::pieces;
use crate::action::{ActionContext, Choice, Choices, Choosable};
use crate::format::{self, Hint};
use crate::project::slashed;
use crate::refactor::module::Import;
use crate::refactor::module::target::{Target, is_identifier, module_folder};

/// The modules that fit without being asked for: the notebook imports from them, or they stand beside it or in
/// `module-root`. No more than `most`.
pub fn fitting(cx: &ActionContext<'_>, most: usize) -> Vec<Target> {
    let folder = cx.project.folder().map(Path::to_owned).unwrap_or_default();
    let root = module_folder(&cx.all, cx.project);
    let mut near: Vec<(bool, PathBuf)> = Vec::new();
    for path in cx.project.modules() {
        let parent = path.parent().unwrap_or(Path::new(""));
        let is_near = parent == folder || root.as_deref() == Some(parent);
        let is_imported = imports(cx, &path);
        if (is_near || is_imported) && holds_code(&path) {
            near.push((!is_imported, path));
        }
    }
    near.sort();
    // Files are read only until enough are found: this runs whenever a cursor moves.
    let targets = near
        .into_iter()
        .filter(|(_, path)| !is_notebook(cx, path))
        .filter_map(|(_, path)| Target::new(&cx.all, cx.project, &path).ok());
    targets.take(most).collect()
}

/// All modules that people write code into.
pub fn all(cx: &ActionContext<'_>) -> Vec<Target> {
    let modules = cx
        .project
        .modules()
        .into_iter()
        .filter(|path| holds_code(path) && !is_notebook(cx, path));
    modules
        .filter_map(|path| Target::new(&cx.all, cx.project, &path).ok())
        .collect()
}

/// What a person may choose from: modules, and what moves there.
pub fn choices(cx: &ActionContext<'_>) -> Option<Choices> {
    let chosen = pieces::chosen(&cx.all, cx.cell, cx.range);
    let proposed = Target::proposed(&cx.all, cx.project).ok()?;
    let others = all(cx).into_iter();
    let others = others.filter(|target| target.path != proposed.path);
    let mut targets = vec![proposed.clone()];
    targets.extend(others);
    let targets = targets.into_iter().map(|target| {
        let path = slashed(&target.path);
        let kind = if target.exists { "existing" } else { "new" };
        Choice {
            description: match &target.search {
                None => format!("{kind} module, from {} import …", target.module),
                Some(search) => format!(
                    "{kind} module, from {} import …, with `{search}` on `sys.path`",
                    target.module
                ),
            },
            label: path.clone(),
            argument: path,
            is_new: !target.exists,
        }
    });
    let definitions = pieces::definitions(&cx.all).map(|(id, name)| Choosable {
        name: name.to_string(),
        cell: id.cell,
        selected: chosen.contains(&id),
    });
    Some(Choices {
        targets: targets.collect(),
        definitions: definitions.collect(),
        placeholder: "pkg/module.py, from the project's root".into(),
    })
}

/// The parts of `shop/prices.py#clean,load`. A path may hold `#`, too; but its end is no list of names.
pub fn path_and_names(argument: &str) -> (&str, Vec<&str>) {
    let named = argument.rsplit_once('#').map(|(path, names)| {
        let names = names.split(',').map(str::trim);
        (path, names.filter(|name| !name.is_empty()).collect())
    });
    let is_list = |names: &Vec<&str>| names.iter().all(|name| is_identifier(name));
    named
        .filter(|(_, names)| is_list(names))
        .unwrap_or((argument, Vec::new()))
}

/// Whether the notebook imports a module that ends like the path.
fn imports(cx: &ActionContext<'_>, path: &Path) -> bool {
    let dotted = slashed(&path.with_extension("")).replace('/', ".");
    cx.all.notebook.python_cells().any(|(cell, _)| {
        let mut own = cx.all.facts(cell).bindings.iter().filter_map(Import::of);
        own.any(|own| {
            dotted == own.module.as_str()
                || dotted
                    .strip_suffix(own.module.as_str())
                    .is_some_and(|rest| rest.ends_with('.'))
        })
    })
}

/// Whether the script is a notebook of cells: percent, Databricks, marimo.
fn is_notebook(cx: &ActionContext<'_>, path: &Path) -> bool {
    let text = cx.project.read(path);
    text.is_ok_and(|text| format::is_notebook(text.as_bytes(), Hint::Python))
}

/// Tests, settings and scripts that set a project up are no place for what a notebook defines.
fn holds_code(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_test = name.starts_with("test_") || name.ends_with("_test.py");
    let is_set_up = matches!(
        &*name,
        "__init__.py" | "__main__.py" | "conftest.py" | "setup.py" | "noxfile.py"
    );
    !is_test && !is_set_up && !path.iter().any(|part| part == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_behind_the_last_hash_of_an_argument() {
        let parts = |argument| path_and_names(argument);
        assert_eq!(parts("b/m.py"), ("b/m.py", vec![]));
        assert_eq!(parts("b/m.py#f, g"), ("b/m.py", vec!["f", "g"]));
        assert_eq!(parts("a#b/m.py"), ("a#b/m.py", vec![]));
        assert_eq!(parts("a#b/m.py#f"), ("a#b/m.py", vec!["f"]));
        assert_eq!(parts("#f"), ("", vec!["f"]));
        assert_eq!(parts("m.py#"), ("m.py", vec![]));
    }
}
