//! Who would notice that a definition has moved: code that asks where it stands, and a module that does more than define.

use super::TargetModule;
use super::annotations;
use super::closure::Plan;
use super::shown;
use crate::action::{ActionContext, Refusal};
use crate::analysis::facts::MagicKind;
use crate::notebook::CellIdx;
use crate::project::{Project, slashed};
use crate::refactor::module::target::Target;
use crate::refactor::module::{Existing, Import};
use crate::rule::Context;

/// Cells whose definitions are not theirs to give.
///
/// # Errors
/// With what the cell is.
pub fn of_cell(cx: &Context<'_>, cell: CellIdx) -> Result<(), Refusal> {
    let place = cx.cell_name(cell);
    let Some(own) = cx.notebook.cell(cell) else {
        return Err("the cell is gone".into());
    };
    if own.is_for_papermill() {
        return Err(format!("papermill sets what {place} binds (tag `parameters`)").into());
    }
    if own.is_form() {
        return Err(format!("{place} is a form: its `#@param` lines work only there").into());
    }
    let magic = cx
        .facts(cell)
        .magics
        .first()
        .filter(|magic| magic.kind == MagicKind::Cell);
    match magic {
        Some(magic) => Err(format!("`%%{}` decides how {place} runs", magic.name).into()),
        None => Ok(()),
    }
}

/// Words of cells that ask where something is defined, whatever it is.
const ASKING: &[&str] = &[
    "__main__",
    "doctest",
    "getsource",
    "getfile",
    "__module__",
    "__globals__",
];

/// Words of cells that keep where a class is defined.
const KEEPING: &[&str] = &["pickle", "dill", "joblib", "shelve"];

/// Magics that show or take apart what they are given.
const SHOWING: &[&str] = &[
    "lprun", "mprun", "pdef", "pdoc", "psource", "pfile", "pinfo", "pinfo2", "pycat", "store",
    "macro", "edit", "save",
];

/// # Errors
/// Where a cell asks where what moves is defined.
pub fn of_notebook(cx: &Context<'_>, plan: &Plan) -> Result<(), Refusal> {
    let has_class = plan.pieces.iter().any(super::pieces::Piece::is_class);
    for (index, cell) in cx.notebook.python_cells() {
        let has = |word: &str| contains_word(&cell.text, word);
        let place = || cx.cell_name(index);
        if let Some(word) = ASKING.iter().find(|word| has(word)) {
            return Err(format!(
                "{} uses `{word}`, which tells where things are defined",
                place()
            )
            .into());
        }
        if let Some(word) = KEEPING.iter().find(|word| has_class && has(word)) {
            return Err(format!(
                "{} uses `{word}`, which remembers where a class is defined",
                place()
            )
            .into());
        }
        for magic in &cx.facts(index).magics {
            let shows = magic.kind == MagicKind::Help || SHOWING.contains(&&*magic.name);
            let named = plan
                .names()
                .find(|name| contains_word(&magic.argument, name));
            if let Some(name) = named.filter(|_| shows) {
                return Err(format!("{} shows where `{name}` is defined", place()).into());
            }
        }
        for name in plan.names() {
            if cell.text.contains("help(") && cell.text.contains(&format!("help({name}")) {
                return Err(format!(
                    "{} shows the help of `{name}`, which names its module",
                    place()
                )
                .into());
            }
        }
        if has_class && let Some(name) = shown::class(cx, index, plan) {
            return Err(format!(
                "{} shows class `{name}`, or an object of it, with the name of its module",
                place()
            )
            .into());
        }
    }
    Ok(())
}

pub(super) fn contains_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    })
}

/// The imports that the target needs: those from itself are none.
///
/// # Errors
/// Where it cannot be imported without more happening, or would import what imports it.
pub fn of_target(
    cx: &ActionContext<'_>,
    plan: &Plan,
    target: &Target,
) -> Result<Vec<Import>, Refusal> {
    let module = if target.exists {
        let text = cx.project.read(&target.path)?;
        let module = TargetModule { text };
        refuse_effects(cx, target, &module)?;
        Some(module)
    } else {
        None
    };
    let name = slashed(&target.path);
    refuse_future(cx, plan, module.as_ref(), &name)?;
    let mut kept = Vec::new();
    for import in &plan.imports {
        if import.module == target.module {
            let existing = module.as_ref().map(|own| own.existing(&name)).transpose()?;
            let member = import.member.as_ref();
            let has_it = member
                .zip(existing.as_ref())
                .is_some_and(|(member, own)| own.binds_once(member));
            if has_it && member == Some(&import.name) {
                continue;
            }
            return Err(format!(
                "it needs `{}`, which would import {name} into itself",
                import.statement()
            )
            .into());
        }
        if import.module == "__future__" && module.is_some() {
            continue;
        }
        refuse_circle(cx, target, import)?;
        kept.push(import.clone());
    }
    Ok(kept)
}

/// `from __future__ import annotations` in one of the two: the annotations of what moves would become texts, or no texts.
fn refuse_future(
    cx: &ActionContext<'_>,
    plan: &Plan,
    module: Option<&TargetModule>,
    name: &str,
) -> Result<(), Refusal> {
    let Some(module) = module else {
        return Ok(());
    };
    let existing = module.existing(name)?;
    let is_future = |own: &Import| own.module == "__future__" && own.name == "annotations";
    let mut imports = existing.facts.bindings.iter().filter_map(Import::of);
    let module_has = imports.any(|own| is_future(&own));
    let notebook_has = plan.imports.iter().any(is_future);
    // What is a text in the notebook may be no code that runs.
    let has_any = || {
        let mut texts = plan.pieces.iter().map(|piece| &piece.text);
        texts.any(|text| text.contains("->") || text.contains(':'))
    };
    if notebook_has && !module_has && has_any() {
        return Err(format!(
            "the notebook has `from __future__ import annotations`, and {name} has not"
        )
        .into());
    }
    if module_has
        && !notebook_has
        && let Some(reader) = annotations::reader(&cx.all, plan)
    {
        return Err(format!(
            "{name} has `from __future__ import annotations`, and the notebook has not: {reader} may read annotations, which would become texts"
        )
        .into());
    }
    Ok(())
}

/// A module that the notebook does not import yet must not do anything when it is.
fn refuse_effects(
    cx: &ActionContext<'_>,
    target: &Target,
    module: &TargetModule,
) -> Result<(), Refusal> {
    let name = slashed(&target.path);
    let is_imported = cx.all.notebook.python_cells().any(|(cell, _)| {
        let mut imports = cx.all.facts(cell).bindings.iter().filter_map(Import::of);
        imports.any(|import| import.module == target.module)
    });
    let existing = module.existing(&name)?;
    match existing.first_effect().filter(|_| !is_imported) {
        Some(line) => Err(format!(
            "line {line} of {name} does something when it is imported; put that below `if __name__ == \"__main__\":` first"
        )
        .into()),
        None => Ok(()),
    }
}

/// How many files are read in search of a circle.
const MOST_FILES: usize = 200;

/// An import of a project's module that imports the target would go in a circle.
fn refuse_circle(cx: &ActionContext<'_>, target: &Target, import: &Import) -> Result<(), Refusal> {
    let project = cx.project;
    let Some(first) = file_of(project, target, import) else {
        return Ok(());
    };
    if !first.starts_with(&target.base) {
        return Err(format!(
            "it needs `{}`, and {} is not found from where {} is imported",
            import.statement(),
            slashed(&first),
            slashed(&target.path)
        )
        .into());
    }
    let mut pending = vec![first.clone()];
    let mut seen = Vec::new();
    while let Some(file) = pending.pop() {
        if file == target.path {
            return Err(format!(
                "it needs `{}`, and {} imports {}: the two would import each other",
                import.statement(),
                slashed(&first),
                slashed(&target.path)
            )
            .into());
        }
        if seen.contains(&file) || seen.len() == MOST_FILES {
            continue;
        }
        let Ok(text) = project.read(&file) else {
            continue;
        };
        if let Ok(module) = Existing::new(&slashed(&file), &text) {
            for own in module.facts.bindings.iter().filter_map(Import::of) {
                pending.extend(file_of_from(project, target, &own, file.parent()));
            }
        }
        seen.push(file);
    }
    Ok(())
}

fn file_of(project: &dyn Project, target: &Target, import: &Import) -> Option<std::path::PathBuf> {
    file_of_from(project, target, import, None)
}

/// The project's file that an import reads; `package` is the folder that relative ones start from.
fn file_of_from(
    project: &dyn Project,
    target: &Target,
    import: &Import,
    package: Option<&std::path::Path>,
) -> Option<std::path::PathBuf> {
    let dots = import.module.len() - import.module.trim_start_matches('.').len();
    let mut bases = Vec::new();
    if dots == 0 {
        bases.push(target.base.clone());
        bases.extend(project.folder().map(std::path::Path::to_owned));
    } else {
        let mut base = package?.to_owned();
        (1..dots).for_each(|_| {
            base.pop();
        });
        bases.push(base);
    }
    let below: std::path::PathBuf = import.module.trim_start_matches('.').split('.').collect();
    bases.into_iter().find_map(|base| {
        let module = base.join(&below);
        let member = import
            .member
            .as_ref()
            .map(|member| module.join(format!("{member}.py")));
        let mut files = vec![];
        files.extend(member);
        if !below.as_os_str().is_empty() {
            files.push(module.with_extension("py"));
        }
        files.push(module.join("__init__.py"));
        files.into_iter().find(|file| project.exists(file))
    })
}
