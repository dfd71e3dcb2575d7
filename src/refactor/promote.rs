//! The plan by which a notebook becomes a module and its thin caller.
//!
//! Every top-level statement gets a place ([`sorted`]): imports, definitions and constants stand in the module, where
//! nothing happens when it is imported; magics stay in the notebook; the rest is work. The work of the cells below
//! one heading becomes one function: it is put into one cell of a notebook that is made up for the purpose, and
//! [`extract::plan_all_of`] says what that function takes and gives. `main()` calls the functions in their order.
//!
//! What a cell shows by its last expression is shown by a call ([`shown`]), and a figure that the
//! notebook shows when a cell ends is shown there.

mod place;
mod reasons;
pub mod shown;
pub mod sorted;
mod thin;
mod written;

use std::sync::Arc;

use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use super::module::target::Target;
use super::module::{self, Import};
use super::run_target;
use crate::action::Refusal;
use crate::analysis::graph::Lack;
use crate::engine::Analysis;
use crate::notebook::{Cell, CellIdx, CellKind, Edit, Home, Notebook};
use crate::project::{Project, slashed};
use crate::refactor::function::extract::{self, Plan, Wish};
use crate::rule::Context;

use self::reasons::Naming;
use self::sorted::Sorted;

/// A notebook as a module.
#[derive(Debug)]
pub struct Promotion {
    /// The module's text.
    pub module: String,
    /// Writes the module and makes the notebook its caller.
    pub edit: Edit,
    /// What stays in the notebook alone and what to do about it, for a person.
    pub remarks: Vec<String>,
    /// What the notebook is then, as code: the functions of the module that it calls, and how.
    pub caller: Caller,
}

/// The code of a notebook that calls its module.
#[derive(Debug, Default)]
pub struct Caller {
    /// What it imports of the module.
    pub functions: Vec<Name>,
    /// Magics that stay, then the calls, in their order.
    pub lines: Vec<String>,
    /// Variables that are the module's from now on.
    pub shared: FxHashSet<Name>,
}

/// A run of cells that becomes one function.
#[derive(Debug)]
struct Section {
    /// The Markdown that heads it.
    heading: Option<CellIdx>,
    /// The cells whose work it is, in their order.
    cells: Vec<CellIdx>,
    /// Their work, as the function's body will be.
    work: String,
}

/// Plans the promotion of a whole notebook. What it runs by `%run` is imported first.
///
/// # Errors
/// With the reason where the module would not do what the notebook does.
pub fn plan(
    cx: &Context<'_>,
    project: &dyn Project,
    target: &Target,
) -> Result<Promotion, Refusal> {
    if cx.notebook.meta.home == Home::Marimo {
        return Err("a marimo notebook is a program already, and one that can be imported".into());
    }
    let imported = run_target::all(cx, project)?;
    if imported.ops.is_empty() {
        return plan_for(cx, project, target, &[]);
    }
    let after = Analysis::new(imported.apply(cx.notebook), Arc::new(cx.config.clone()));
    let promotion = plan_for(&after.context(), project, target, &[])?;
    Ok(Promotion {
        edit: imported.followed_by(promotion.edit, cx.notebook),
        ..promotion
    })
}

/// The same for somebody who reads some of its variables afterwards.
///
/// # Errors
/// As [`plan`].
pub fn plan_for(
    cx: &Context<'_>,
    project: &dyn Project,
    target: &Target,
    read_afterwards: &[Name],
) -> Result<Promotion, Refusal> {
    let path = slashed(&target.path);
    if target.exists {
        return Err(format!("{path} exists, and is left as it is; choose another name").into());
    }
    if let Some(search) = &target.search {
        return Err(format!(
            "the notebook could import {path} only with `{search}` on `sys.path`; choose a file below the notebook's folder"
        )
        .into());
    }
    refuse_what_stops(cx)?;
    let sorted = sorted::of(cx)?;
    let mut helpers = shown::Helpers::new(cx)?;
    let sections = sections(cx, &sorted, &mut helpers)?;
    let own = module::own_modules(project);
    let is_own = |name: &str| own.iter().any(|own| own == name);
    let top = written::top(&sorted, &helpers, &is_own);
    let main = if cx.link.binders("main").next().is_none() {
        "main"
    } else {
        "run_notebook"
    };
    let mut made_up = made_up(cx, &top, &sections, &sorted);
    let naming = Naming {
        cx,
        sections: &sections,
        cells: &made_up.cells,
        parameters: sorted.parameter_cell,
    };
    if !read_afterwards.is_empty() {
        let text = read_afterwards.join("\n");
        let cell = Cell::new(CellKind::Code, text);
        made_up.notebook.cells.push(Arc::new(cell));
    }
    reasons::mark(&mut made_up.notebook);
    let analysis = Analysis::new(made_up.notebook, Arc::default());
    refuse_new_failures(cx, &analysis.context())?;
    let mut names: FxHashSet<String> = helpers.names();
    names.insert(main.to_owned());
    let of_module: FxHashSet<Name> = sorted.shared.union(&sorted.defined).cloned().collect();
    let mut plans: Vec<Plan> = Vec::new();
    for (at, &cell) in made_up.cells.iter().enumerate() {
        let wish = Wish {
            shared: &of_module,
            taken: &|name| names.contains(name),
        };
        let plan = extract::plan_all_of(&analysis.context(), cell, wish)
            .map_err(|refusal| naming.located(at, &refusal))?;
        names.insert(plan.name.clone());
        plans.push(plan);
    }
    if plans.is_empty() && sorted.definitions.is_empty() {
        return Err("it has no code that could stand in a module".into());
    }
    let mut sorted = sorted;
    let top = if plans.iter().any(Plan::awaits) {
        sorted.imports.push(Import::module("asyncio"));
        written::top(&sorted, &helpers, &is_own)
    } else {
        top
    };
    let module = written::module(cx, &sorted, &top, &plans, main);
    let place = project.place(&target.path);
    let kept = sorted.kept.values().map(|text| text.trim().to_owned());
    let calls = plans.iter().map(|plan| plan.call().to_owned());
    let caller = Caller {
        functions: plans.iter().map(|plan| plan.name.as_str().into()).collect(),
        lines: kept.filter(|text| !text.is_empty()).chain(calls).collect(),
        shared: sorted.shared.clone(),
    };
    let edit = thin::edit(
        cx,
        place,
        &target.module,
        &sorted,
        &sections,
        &plans,
        &module,
    );
    Ok(Promotion {
        module,
        edit,
        remarks: sorted.remarks,
        caller,
    })
}

/// The module of a notebook that only imports, defines and sets constants.
///
/// # Errors
/// With what the notebook does besides.
pub fn definitions(cx: &Context<'_>, is_own: &dyn Fn(&str) -> bool) -> Result<String, Refusal> {
    let sorted = sorted::of(cx)?;
    if let Some(cell) = sorted.work.keys().next() {
        return Err(format!(
            "{} does more than define, and an import would do that once, and not with the notebook's names",
            cx.cell_name(*cell)
        )
        .into());
    }
    if let Some((cell, kept)) = sorted.kept.iter().next() {
        let line = kept.trim().lines().next().unwrap_or_default();
        return Err(format!(
            "`{line}` in {} sets up the notebook that runs it: put that line there first",
            cx.cell_name(*cell)
        )
        .into());
    }
    if sorted.parameter_cell.is_some() {
        return Err("it takes parameters, and a module takes none".into());
    }
    let top = written::top(&sorted, &shown::Helpers::new(cx)?, is_own);
    Ok(written::module(cx, &sorted, &top, &[], ""))
}

fn sections(
    cx: &Context<'_>,
    sorted: &Sorted,
    helpers: &mut shown::Helpers,
) -> Result<Vec<Section>, Refusal> {
    let has_headings = cx
        .notebook
        .indexed()
        .any(|(index, cell)| index.0 > 0 && is_heading(cell));
    let mut sections: Vec<Section> = Vec::new();
    let mut heading = None;
    let mut is_open = false;
    for (index, cell) in cx.notebook.indexed() {
        if is_heading(cell) {
            heading = Some(index);
            is_open = false;
        }
        let Some(work) = sorted.work.get(&index) else {
            continue;
        };
        let work = helpers.show(cx, index, work)?;
        if is_open && has_headings {
            if let Some(section) = sections.last_mut() {
                section.cells.push(index);
                section.work.push_str("\n\n");
                section.work.push_str(&work);
            }
        } else {
            is_open = true;
            sections.push(Section {
                heading: heading.take(),
                cells: vec![index],
                work,
            });
        }
    }
    Ok(sections)
}

fn is_heading(cell: &Cell) -> bool {
    cell.kind == CellKind::Markdown
        && cell.text.lines().any(|line| {
            let text = line.trim_start_matches('#');
            let level = line.len() - text.len();
            (1..=6).contains(&level) && text.starts_with([' ', '\t'])
        })
}

/// A notebook whose first cell is the module's top, with one cell a section.
struct MadeUp {
    notebook: Notebook,
    /// The cell of each section.
    cells: Vec<CellIdx>,
}

fn made_up(cx: &Context<'_>, top: &str, sections: &[Section], sorted: &Sorted) -> MadeUp {
    let mut notebook = Notebook {
        cells: vec![Arc::new(Cell::new(CellKind::Code, top))],
        meta: Arc::clone(&cx.notebook.meta),
        ..Notebook::default()
    };
    if !sorted.parameters.is_empty() {
        notebook.cells.push(Arc::new(Cell::new(
            CellKind::Code,
            sorted.parameters.as_str(),
        )));
    }
    let mut cells = Vec::new();
    for section in sections {
        if let Some(heading) = section
            .heading
            .and_then(|heading| cx.notebook.cells.get(heading.to_usize()))
        {
            // The title of a notebook names none of its parts.
            let place = Arc::new(Cell::new(CellKind::Markdown, ""));
            notebook.cells.push(
                if section.heading == Some(CellIdx(0)) && is_title(heading) {
                    place
                } else {
                    Arc::clone(heading)
                },
            );
        }
        cells.push(CellIdx::new(notebook.cells.len()));
        notebook
            .cells
            .push(Arc::new(Cell::new(CellKind::Code, section.work.as_str())));
    }
    MadeUp { notebook, cells }
}

fn is_title(cell: &Cell) -> bool {
    cell.text.trim_start().starts_with("# ")
}

/// A notebook that stops half-way computes nothing that a module could compute.
fn refuse_what_stops(cx: &Context<'_>) -> Result<(), Refusal> {
    let stop = cx.notebook.indexed().find_map(|(index, _)| {
        let mut needs = cx.link.needs(index).iter();
        let need = needs.find(|need| !need.in_body && !need.in_branch)?;
        Some((index, need))
    });
    let Some((index, need)) = stop else {
        return Ok(());
    };
    let cell = cx.cell_name(index);
    let name = &need.name;
    let reason = match need.lack {
        Lack::Never => format!("no cell binds `{name}`; bind or import it first"),
        Lack::Later { cell: below, .. } if below != index => format!(
            "{} below it binds `{name}`; put the cells in an order that runs first",
            cx.cell_name(below)
        ),
        Lack::Later { .. } | Lack::Deleted { .. } => {
            format!("`{name}` is not there by then; mend that first")
        }
    };
    Err(format!("a run from the top stops in {cell}: {reason}").into())
}

/// What is read before it is there, in the new order and not in the old.
fn refuse_new_failures(old: &Context<'_>, new: &Context<'_>) -> Result<(), Refusal> {
    let needs = |cx: &Context<'_>| -> FxHashSet<Name> {
        let cells = cx.notebook.indexed();
        cells
            .flat_map(|(index, _)| cx.link.needs(index))
            .map(|need| need.name.clone())
            .collect()
    };
    let before = needs(old);
    let mut missing: Vec<Name> = needs(new).difference(&before).cloned().collect();
    missing.sort_unstable();
    match missing.first() {
        None => Ok(()),
        Some(name) => Err(format!(
            "`{name}` would be read in the module before it is there; put its cell above those that use it"
        )
        .into()),
    }
}
