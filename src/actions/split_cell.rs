//! Splits a cell in two at the cursor, or a long one at its seams.
//!
//! Nothing is shown that the cell did not show: it is not cut below an expression whose value would then be
//! displayed, nor in the middle of a plot, which is drawn when its cell ends. The last part keeps the outputs.
//!
//! **At the cursor** the cell is cut above the statement whose line it stands on; below a statement's first line, above
//! the next one. **A long cell** (`long-cell`) is cut at blank lines and comments, and where it turns to other data.
//!
//! ## Before
//! ```notebook
//! # %%
//! rows = [1, 2]
//!
//! # the sum
//! total = sum(rows)$0
//! print(total)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! rows = [1, 2]
//! # %%
//! # the sum
//! total = sum(rows)
//! print(total)
//! ```
//!
//! ## Before
//! ### A long cell
//! ```notebook long-cell.max-lines=9 argument="seams"
//! # %%
//! $0a = 1
//! b = 2
//! c = 3
//! d = 4
//! e = 5
//!
//! # second
//! f = 1
//! g = f + 1
//! h = g + 1
//! i = h + 1
//! j = i + 1
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! a = 1
//! b = 2
//! c = 3
//! d = 4
//! e = 5
//! # %%
//! # second
//! f = 1
//! g = f + 1
//! h = g + 1
//! i = h + 1
//! j = i + 1
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! rows = [1, 2]
//! len(rows)
//! total = sum(rows)$0
//! ```
//! > the part above would show `len(rows)`, which the cell does not
//!
//! ## Disabled
//! ```notebook
//! # %%
//! import matplotlib.pyplot as plt
//! plt.plot([1, 2]);
//! plt.title("Rows")$0
//! plt.show()
//! ```
//! > it would cut a plot in two
//!
//! ## Disabled
//! ```notebook
//! # %%
//! %%time
//! a = 1
//! b = 2$0
//! ```
//! > `%%time` speaks of the whole cell
//!
//! ## Disabled
//! ```notebook
//! # %%
//! a = 1
//! b = ($0
//! ```
//! > the cell is not valid Python
//!
//! ## Disabled
//! ```notebook client=plain
//! # %%
//! a = 1
//! b = 2$0
//! ```
//! > this editor lets no language server insert cells

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{CellKind, Edit, EditOp};
use crate::refactor::pieces;
use crate::refactor::split::{self, Seam};
use crate::refactor::style;
use crate::text::{TextRange, TextSize};

pub const ACTION: Action = Action {
    name: "split-cell",
    kinds: &["refactor.rewrite"],
    offer,
    apply,
    source: "",
};

const RULE: &str = "long-cell";
/// Asks for the seams of the cell instead of the cursor.
const SEAMS: &str = "seams";

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let mut offers = Vec::new();
    if cx.findings.iter().any(|finding| finding.rule == RULE) {
        let seams = at_seams(cx);
        let title = match &seams {
            Ok(seams) => format!("Split cell into {} parts", seams.len() + 1),
            Err(_) => "Split cell into parts".to_owned(),
        };
        offers.push(Offer {
            argument: Some(SEAMS.to_owned()),
            disabled: seams.err().map(|refusal| refusal.0),
            repairs: Some(RULE),
            ..Offer::new(title)
        });
    }
    if let Some(seam) = at_cursor(cx) {
        offers.push(Offer {
            disabled: seam.err().map(|refusal| refusal.0),
            ..Offer::new("Split cell here")
        });
    }
    offers
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let seams = match argument {
        Some(SEAMS) => at_seams(cx)?,
        _ => vec![at_cursor(cx).ok_or("there is no statement below the cursor to begin a cell")??],
    };
    let text = cx.all.notebook.cell(cx.cell).map_or("", |cell| &cell.text);
    let mut parts = split::parts(text, &seams);
    let last = parts.pop().unwrap_or_default();
    let inserted = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let mut edit = Edit::default();
    edit.ops
        .extend(parts.into_iter().map(|text| EditOp::Insert {
            at: cx.cell,
            kind: CellKind::Code,
            text,
        }));
    edit.ops
        .extend(Edit::replace(cx.cell, pieces::whole(text), last).ops);
    let below = crate::notebook::CellIdx(cx.cell.0.saturating_add(inserted));
    edit.select = Some((below, TextRange::empty(TextSize::new(0))));
    Ok(style::kept(cx, &edit))
}

fn can_be_cut(cx: &ActionContext<'_>) -> Result<(), Refusal> {
    let cell = cx
        .all
        .notebook
        .cell(cx.cell)
        .ok_or("there is no such cell")?;
    split::can_be_cut(&cx.all, cx.cell, cell)?;
    if !cx.client.cell_structure {
        return Err("this editor lets no language server insert cells".into());
    }
    Ok(())
}

fn at_seams(cx: &ActionContext<'_>) -> Result<Vec<Seam>, Refusal> {
    can_be_cut(cx)?;
    let cell = cx
        .all
        .notebook
        .cell(cx.cell)
        .ok_or("there is no such cell")?;
    let seams = split::seams(&cx.all, cx.cell, cell);
    if seams.is_empty() {
        return Err("it has no place where each part would be whole and show what it did".into());
    }
    Ok(seams)
}

/// The seam at the cursor; `None` where there is no statement on one of its sides.
fn at_cursor(cx: &ActionContext<'_>) -> Option<Result<Seam, Refusal>> {
    let cell = cx.all.notebook.cell(cx.cell)?;
    let facts = cx.all.facts(cx.cell);
    if !cell.is_python(&cx.all.notebook.meta.language) {
        return None;
    }
    let at = split::statement_below(facts, &cell.text, cx.range.start())?;
    if at == 0 {
        return None;
    }
    if let Err(refusal) = can_be_cut(cx) {
        return Some(Err(refusal));
    }
    Some(split::seam(&cx.all, cx.cell, cell, at))
}
