//! Notebooks that are run or imported, as modules beside them. The notebooks themselves stay as they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::{Turned, wanted};
use crate::action::{ActionContext, Refusal};
use crate::engine::Analysis;
use crate::format;
use crate::notebook::{Cell, Home, Notebook, NotebookMeta};
use crate::project::slashed;
use crate::refactor::module::own_modules;
use crate::refactor::module::target::{Target, is_identifier, topic};
use crate::refactor::promote::{self, Caller};

/// The notebook at `path` as a module: its definitions where it only defines, all of it otherwise.
///
/// # Errors
/// Where it cannot be promoted, or a module of its name is there.
pub(super) fn turned(cx: &ActionContext<'_>, path: &Path, text: &str) -> Result<Turned, Refusal> {
    let module = module_beside(cx, path)?;
    let notebook = read(path, text)?;
    let only_defines = definitions_of(cx, notebook.clone());
    match only_defines {
        Ok(text) => Ok(Turned {
            path: module,
            text: text.into(),
            caller: Caller::default(),
        }),
        Err(_) if notebook.meta.home != Home::Databricks => promoted(cx, path, &module, notebook),
        Err(reason) => Err(within(path, &reason)),
    }
}

/// The text of a module with what the notebook at `path` defines.
///
/// # Errors
/// With what it does besides.
pub(super) fn definitions(
    cx: &ActionContext<'_>,
    path: &Path,
    text: &str,
) -> Result<String, Refusal> {
    definitions_of(cx, read(path, text)?).map_err(|reason| within(path, &reason))
}

fn definitions_of(cx: &ActionContext<'_>, notebook: Notebook) -> Result<String, Refusal> {
    let own = own_modules(cx.project);
    let is_own = |module: &str| own.iter().any(|own| own == module);
    let analysis = Analysis::new(notebook, Arc::default());
    promote::definitions(&analysis.context(), &is_own)
}

/// The whole notebook as a module, and the calls that do in this notebook what running it did.
fn promoted(
    cx: &ActionContext<'_>,
    path: &Path,
    module: &Path,
    notebook: Notebook,
) -> Result<Turned, Refusal> {
    let analysis = Analysis::new(shows_no_results(notebook), Arc::default());
    let own = analysis.context();
    let mut read: Vec<Name> = wanted(cx)?
        .into_iter()
        .filter(|name| own.link.binders(name).next().is_some())
        .map(Name::from)
        .collect();
    read.sort_unstable();
    let target = Target::new(&cx.all, cx.project, module)?;
    let promotion = promote::plan_for(&own, cx.project, &target, &read)
        .map_err(|reason| within(path, &reason))?;
    let caller = promotion.caller;
    let shared = caller
        .shared
        .iter()
        .filter(|name| read.contains(name) || cx.all.link.binders(name).next().is_some());
    if let Some(name) = shared.min() {
        return Err(format!(
            "functions of {} read `{name}`, which this notebook uses, too: make it their parameter first",
            slashed(path)
        )
        .into());
    }
    Ok(Turned {
        path: module.to_owned(),
        text: promotion.module.into(),
        caller,
    })
}

/// The notebook as it is run by `%run`, which shows what is printed, and no results.
fn shows_no_results(mut notebook: Notebook) -> Notebook {
    let analysis = Analysis::new(notebook.clone(), Arc::default());
    let cx = analysis.context();
    let shown: Vec<_> = notebook
        .python_cells()
        .filter_map(|(index, _)| Some((index, cx.facts(index).trailing?)))
        .filter(|(_, trailing)| !trailing.suppressed)
        .collect();
    for (index, trailing) in shown {
        if let Some(slot) = notebook.cells.get_mut(index.to_usize()) {
            let mut text = slot.text.to_string();
            text.insert(trailing.range.end().to_usize(), ';');
            let cell: &mut Cell = Arc::make_mut(slot);
            cell.text = text.into();
        }
    }
    notebook
}

fn read(path: &Path, text: &str) -> Result<Notebook, Refusal> {
    let mut notebook = format::parse(text.as_bytes());
    notebook.meta = Arc::new(NotebookMeta {
        file_name: path.file_name().map(|own| own.to_string_lossy().into()),
        ..NotebookMeta::clone(&notebook.meta)
    });
    match notebook.problems.first() {
        Some(problem) => {
            Err(format!("{} cannot be read: {}", slashed(path), problem.message).into())
        }
        None => Ok(notebook),
    }
}

/// The module that a notebook becomes.
pub(super) fn module_beside(cx: &ActionContext<'_>, notebook: &Path) -> Result<PathBuf, Refusal> {
    let stem = notebook.file_stem().unwrap_or_default().to_string_lossy();
    let stem = if is_identifier(&stem) {
        stem.into_owned()
    } else {
        topic(&stem)
    };
    // A notebook of Databricks has the name that its module would have.
    let is_script = notebook.extension().is_some_and(|own| own == "py");
    let stem = if is_script {
        format!("{stem}_functions")
    } else {
        stem
    };
    let path = notebook.with_file_name(format!("{stem}.py"));
    if cx.project.exists(&path) {
        return Err(format!(
            "{} exists, and is left as it is: move the definitions of {} there, and import them",
            slashed(&path),
            slashed(notebook)
        )
        .into());
    }
    Ok(path)
}

fn within(path: &Path, reason: &Refusal) -> Refusal {
    format!("{}: {}", slashed(path), reason.0).into()
}
