//! Moves an import up to the others, where a cell needs it before it is made.
//!
//! Offered where a name is used before its definition, and the definition is an import further down.
//! The statement moves whole. One that imports several names, or shares its line, stays where it is,
//! and so does one that something above it has to prepare: an install, a change of `sys.path`.
//!
//! ## Before
//! ```notebook
//! # %%
//! import os
//! # %%
//! np$0.mean([1, 2])
//! # %%
//! import numpy as np
//! x = np.ones(3)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//! import numpy as np
//! # %%
//! np.mean([1, 2])
//! # %%
//! x = np.ones(3)
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! import os
//! # %%
//! np$0.mean([1, 2])
//! # %%
//! %pip install numpy
//! # %%
//! import numpy as np
//! ```
//! > cell 3 installs something
//!
//! ## Disabled
//! ```notebook
//! # %%
//! print(e$0)
//! # %%
//! from math import e, pi
//! ```
//! > imports more than `e`
//!
//! ## Disabled
//! ### Another has the name in between
//! ```notebook
//! # %%
//! import os
//! # %%
//! sqrt$0(4)
//! # %%
//! from math import *
//! # %%
//! from cmath import sqrt
//! ```
//! > `from math import *` in cell 3 may bind `sqrt` anew

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::graph::{Lack, Need};
use crate::notebook::{Anchor, CellIdx, Edit, EditOp};
use crate::refactor::imports;
use crate::refactor::imports::served::{self, Wanted};
use crate::text::{TextRange, TextSize};

pub const ACTION: Action = Action {
    name: "move-import",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    late_imports(cx)
        .map(|(rule, need, binder)| Offer {
            argument: Some(need.name.to_string()),
            repairs: Some(rule),
            disabled: plan(cx, need, binder).err().map(|refusal| refusal.0),
            ..Offer::new(format!("Move the import of `{}` up", need.name))
        })
        .collect()
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let (_, need, binder) = late_imports(cx)
        .find(|(_, need, _)| argument.is_none_or(|name| need.name == *name))
        .ok_or("nothing here waits for an import")?;
    plan(cx, need, binder)
}

/// The needs at the place that a later import meets, with the rule that tells of each.
fn late_imports<'a>(
    cx: &'a ActionContext<'a>,
) -> impl Iterator<Item = (&'static str, &'a Need, CellIdx)> {
    let told = |need: &Need| {
        cx.findings.iter().find(|finding| {
            matches!(finding.rule, "used-before-definition" | "hidden-definition")
                && finding.anchor == Anchor::Range(cx.cell, need.range)
        })
    };
    let needs = cx.all.link.needs(cx.cell).iter();
    needs.filter_map(move |need| {
        let Lack::Later { cell, range } = need.lack else {
            return None;
        };
        let facts = cx.all.facts(cell);
        let binding = facts
            .bindings
            .iter()
            .find(|binding| binding.range == range)?;
        let is_import = binding.kind.is_import() && cell != cx.cell;
        is_import.then_some(())?;
        Some((told(need)?.rule, need, cell))
    })
}

fn plan(cx: &ActionContext<'_>, need: &Need, binder: CellIdx) -> Result<Edit, Refusal> {
    let facts = cx.all.facts(binder);
    let text = cx.all.notebook.cell(binder).map_or("", |cell| &cell.text);
    let name = &need.name;
    let binding = facts
        .bindings
        .iter()
        .find(|binding| binding.name == *name && binding.kind.is_import())
        .ok_or_else(|| format!("{binder} does not import `{name}` any more"))?;
    let statement = facts.statements[binding.statement as usize];
    let alone = facts
        .bindings
        .iter()
        .filter(|other| other.statement == binding.statement)
        .count()
        == 1;
    if !alone {
        return Err(format!("the statement in {binder} imports more than `{name}`").into());
    }
    let line = whole_lines(text, statement.range)
        .ok_or_else(|| format!("the import in {binder} shares its line with other code"))?;
    let target = imports::import_cell(cx).map_or(CellIdx(0), |(cell, _)| cell);
    for between in (target.0..=binder.0).map(CellIdx) {
        let facts = cx.all.facts(between);
        if facts
            .magics
            .iter()
            .any(|magic| magic.argument.contains("install") || &*magic.name == "pip")
        {
            return Err(format!("{between} installs something, which the import may need").into());
        }
        let code = cx.all.notebook.cell(between).map_or("", |cell| &cell.text);
        if code.contains("sys.path") || code.contains("chdir") {
            return Err(format!("{between} changes where modules are found").into());
        }
    }
    if let Some(path) = served::path_of(binding) {
        let wanted = Wanted { name, path: &path };
        let above = imports::place(cx).unwrap_or((CellIdx(0), 0));
        let opening = wanted.other_opening(&cx.all, above, (binder, binding.step));
        if let Some((cell, kind)) = opening {
            return Err(format!("{} in {cell} may bind `{name}` anew", kind.quoted()).into());
        }
    }
    let mut edit = imports::insert(cx, &text[statement.range])?;
    let is_empty_then = text[..line.start().to_usize()].trim().is_empty()
        && text[line.end().to_usize()..].trim().is_empty();
    edit.ops.push(if is_empty_then && cx.client.cell_structure {
        EditOp::Remove { cell: binder }
    } else {
        EditOp::Replace {
            cell: binder,
            range: line,
            text: String::new(),
        }
    });
    Ok(edit)
}

/// The lines of a statement with their line break, where nothing else stands on them.
fn whole_lines(text: &str, statement: TextRange) -> Option<TextRange> {
    let (start, end) = (statement.start().to_usize(), statement.end().to_usize());
    let line_start = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let rest = &text[end..];
    let line_end = rest.find('\n').map_or(text.len(), |at| end + at + 1);
    let blank = text[line_start..start].is_empty() && text[end..line_end].trim().is_empty();
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    blank.then(|| TextRange::new(size(line_start), size(line_end)))
}
