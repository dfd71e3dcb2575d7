//! Which file a module is, and how the notebook imports it.

use std::path::{Component, Path, PathBuf};

use crate::action::Refusal;
use crate::analysis::facts::RemarkKind;
use crate::analysis::known::standard_library;
use crate::format::{self, Hint};
use crate::project::{Project, is_module, slashed, within};
use crate::rule::Context;

/// A module that the notebook can import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// From the project's root.
    pub path: PathBuf,
    /// What stands behind `from`: `pkg.prices`.
    pub module: String,
    /// The folder that the module's name starts from, from the project's root.
    pub base: PathBuf,
    /// What has to be on `sys.path` besides, seen from the notebook's folder: `../src`.
    pub search: Option<String>,
    pub exists: bool,
}

impl Target {
    /// # Errors
    /// Where the path is no module of the project, or a notebook could not import it under its name.
    pub fn new(cx: &Context<'_>, project: &dyn Project, path: &Path) -> Result<Self, Refusal> {
        let folder = project
            .folder()
            .ok_or("the notebook is in no folder; save it first")?;
        let path = within(path).ok_or_else(|| crate::project::outside(path))?;
        let name = slashed(&path);
        if !is_module(&path) {
            return Err(format!("{name} is no Python module; its name must end in `.py`").into());
        }
        if project.notebook() == Some(path.as_path()) {
            return Err(format!("{name} is the notebook itself; choose another file").into());
        }
        project.may_write(&path)?;
        let (base, search) = base_of(cx, project, &path, folder);
        let below = path.strip_prefix(&base).unwrap_or(&path).with_extension("");
        let mut parts: Vec<String> = Vec::new();
        for part in &below {
            let part = part.to_string_lossy();
            if !is_identifier(&part) {
                return Err(format!("`{part}` in {name} is no name that Python can import; use letters, digits and `_`").into());
            }
            parts.push(part.into_owned());
        }
        if parts.last().is_some_and(|last| last == "__init__") {
            parts.pop();
        }
        let Some(root) = parts.first() else {
            return Err(format!("{name} cannot be imported from the notebook's folder").into());
        };
        if standard_library::has(root) {
            return Err(
                format!("a module `{root}` would hide Python's own; choose another name").into(),
            );
        }
        let exists = project.exists(&path);
        if exists
            && let Ok(text) = project.read(&path)
            && format::only_runs_as_notebook(text.as_bytes())
        {
            return Err(
                format!("{name} is a notebook, which nothing can import; choose a module").into(),
            );
        }
        if let Some(module) = foreign_import(cx, project, &base, root)
            && parts.len() == 1
            && !exists
        {
            return Err(format!(
                "a module `{root}` would hide the one that the notebook imports by `{module}`; choose another name"
            )
            .into());
        }
        Ok(Self {
            module: parts.join("."),
            exists,
            path,
            base,
            search,
        })
    }

    /// The module that is meant for what the notebook defines, before anybody chooses.
    ///
    /// # Errors
    /// Where the notebook is in no folder, or the proposed name cannot be used.
    pub fn proposed(cx: &Context<'_>, project: &dyn Project) -> Result<Self, Refusal> {
        let notebook = project
            .notebook()
            .ok_or("the notebook is in no folder; save it first")?;
        let folder = module_folder(cx, project)
            .unwrap_or_else(|| notebook.parent().map(Path::to_owned).unwrap_or_default());
        let stem = notebook.file_stem().unwrap_or_default().to_string_lossy();
        let topic = topic(&stem);
        let path = folder.join(format!("{topic}.py"));
        let first = Self::new(cx, project, &path).and_then(|target| {
            // A script of cells by the notebook's name is the notebook once more, as text.
            let text = project.read(&path);
            match text.is_ok_and(|text| format::is_notebook(text.as_bytes(), Hint::Python)) {
                true => Err(format!("{} is a notebook", slashed(&path)).into()),
                false => Ok(target),
            }
        });
        first.or_else(|_| Self::new(cx, project, &folder.join(format!("{topic}_functions.py"))))
    }
}

/// `module-root`, from the project's root.
pub fn module_folder(cx: &Context<'_>, project: &dyn Project) -> Option<PathBuf> {
    let folder = cx.config.module_root.as_ref()?;
    let relative = folder.strip_prefix(project.root()).unwrap_or(folder);
    within(relative)
}

/// A module's name for a notebook's: `01-Clean prices` → `clean_prices`.
pub fn topic(stem: &str) -> String {
    let mut topic = String::new();
    for character in stem.chars() {
        if character.is_alphanumeric() {
            topic.extend(character.to_lowercase());
        } else if !topic.is_empty() && !topic.ends_with('_') {
            topic.push('_');
        }
    }
    let topic = topic.trim_start_matches(|first: char| first.is_ascii_digit() || first == '_');
    let topic = topic.trim_end_matches('_');
    if !is_identifier(topic) || topic.starts_with("untitled") {
        return "helpers".into();
    }
    topic.into()
}

/// The folder that the module's name starts from, and what makes the notebook look there.
fn base_of(
    cx: &Context<'_>,
    project: &dyn Project,
    path: &Path,
    folder: &Path,
) -> (PathBuf, Option<String>) {
    // The kernel starts in the notebook's folder, and looks there first.
    if path.starts_with(folder) {
        return (folder.to_owned(), None);
    }
    for searched in searched_folders(cx, folder) {
        if path.starts_with(&searched) && !is_package(project, &searched) {
            return (searched, None);
        }
    }
    let base = package_base(cx, project, path);
    let root = path
        .strip_prefix(&base)
        .ok()
        .and_then(|below| below.iter().next());
    let root = root.map(|part| part.to_string_lossy().trim_end_matches(".py").to_owned());
    let is_imported = root.is_some_and(|root| {
        cx.notebook.python_cells().any(|(cell, _)| {
            let bindings = cx.facts(cell).bindings.iter();
            bindings
                .filter_map(super::Import::of)
                .any(|import| import.root() == root)
        })
    });
    // What the notebook imports already is where it looks: the project is installed.
    let search = (!is_imported).then(|| relative(folder, &base));
    (base, search)
}

/// The folder above the outermost package; `src`, `module-root` or the project's root for a module in none.
fn package_base(cx: &Context<'_>, project: &dyn Project, path: &Path) -> PathBuf {
    let mut base = path.parent().map(Path::to_owned).unwrap_or_default();
    if is_package(project, &base) {
        while is_package(project, &base) && base.pop() {}
        return base;
    }
    if path.starts_with("src") {
        return PathBuf::from("src");
    }
    match module_folder(cx, project) {
        Some(folder) if path.starts_with(&folder) => folder,
        _ => base,
    }
}

fn is_package(project: &dyn Project, folder: &Path) -> bool {
    project.exists(&folder.join("__init__.py"))
}

/// Folders that the notebook puts on `sys.path` by a plain string, from the project's root.
pub fn searched_folders(cx: &Context<'_>, folder: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (cell, own) in cx.notebook.python_cells() {
        for range in cx.facts(cell).remarks_of(RemarkKind::SearchPathChange) {
            let code = &own.text[range];
            let quoted = code.split(['"', '\'']).nth(1);
            let is_plain = code.matches(['"', '\'']).count() == 2;
            if let Some(written) = quoted.filter(|_| is_plain) {
                folders.extend(within(&folder.join(written)));
            }
        }
    }
    folders
}

/// An import of the notebook that a new module of this name would take the place of.
fn foreign_import(
    cx: &Context<'_>,
    project: &dyn Project,
    base: &Path,
    root: &str,
) -> Option<String> {
    let in_base = |path: PathBuf| project.exists(&base.join(path));
    if in_base(format!("{root}.py").into()) || in_base(root.into()) {
        return None;
    }
    cx.notebook.python_cells().find_map(|(cell, _)| {
        let mut imports = cx.facts(cell).bindings.iter().filter_map(super::Import::of);
        let found = imports.find(|import| import.root() == root);
        found.map(|import| import.statement())
    })
}

/// The way from one folder to another, with `/`.
fn relative(from: &Path, to: &Path) -> String {
    let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let up = from.components().count() - shared;
    let mut way: PathBuf = std::iter::repeat_n(Component::ParentDir, up).collect();
    way.extend(to.iter().skip(shared));
    slashed(&way)
}

pub fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let starts = characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_');
    starts && characters.all(|own| own.is_alphanumeric() || own == '_') && !KEYWORDS.contains(&name)
}

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebook_names_its_module() {
        assert_eq!(topic("01-Clean prices"), "clean_prices");
        assert_eq!(topic("Untitled3"), "helpers");
        assert_eq!(topic("class"), "helpers");
        assert_eq!(topic("Übung 2"), "übung_2");
    }

    #[test]
    fn ways_lead_from_folder_to_folder() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("notebooks", "src"), "../src");
        assert_eq!(way("a/b", "a/c/d"), "../c/d");
        assert_eq!(way("a", ""), "..");
    }
}
