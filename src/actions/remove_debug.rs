//! Removes a debugger's line.
//!
//! Offered on a [`debug-leftover`] finding where the debugger has a line to itself. Calls of `ic(…)` are left: their value
//! may be used.
//!
//! ## Before
//! ```notebook
//! # %%
//! def f(x):
//!     $0breakpoint()
//!     return x
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! def f(x):
//!     return x
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! if x:
//!     $0breakpoint()
//! print(x)
//! ```
//! > its block would be empty
//!
//! ## Disabled
//! ```notebook
//! # %%
//! import pdb; $0pdb.set_trace()
//! ```
//! > shares its line
//!
//! ## Disabled
//! ```notebook
//! # %%
//! x
//! $0breakpoint()
//! ```
//! > would show
//!
//! [`debug-leftover`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::RemarkKind;
use crate::analysis::python;
use crate::analysis::source::size;
use crate::notebook::Edit;
use crate::rule::Finding;
use crate::text::TextRange;

pub const ACTION: Action = Action {
    name: "remove-debug",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some((finding, range)) = leftover(cx) else {
        return Vec::new();
    };
    vec![Offer {
        repairs: Some(finding.rule),
        preferred: true,
        disabled: line(cx, range).err().map(|refusal| refusal.0),
        ..Offer::new("Remove the debugger's line")
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let (_, range) =
        leftover(cx).ok_or_else(|| format!("{} starts no debugger any more", cx.cell))?;
    Ok(Edit::replace(cx.cell, line(cx, range)?, ""))
}

fn leftover<'a>(cx: &ActionContext<'a>) -> Option<(&'a Finding, TextRange)> {
    let facts = cx.all.facts(cx.cell);
    let prints = |range| {
        facts
            .remarks_of(RemarkKind::Icecream)
            .any(|own| own == range)
    };
    cx.places("debug-leftover")
        .find(|(_, range)| !prints(*range))
}

/// The line with its end, if the cell does the same without it.
fn line(cx: &ActionContext<'_>, debugger: TextRange) -> Result<TextRange, Refusal> {
    let cell = cx.all.notebook.cell(cx.cell).ok_or("the cell is gone")?;
    let text: &str = &cell.text;
    let written = &text[debugger];
    let (from, to) = (debugger.start().to_usize(), debugger.end().to_usize());
    let start = text[..from].rfind('\n').map_or(0, |at| at + 1);
    let end = text[to..].find('\n').map_or(text.len(), |at| to + at + 1);
    if text[start..end].trim() != written.trim() {
        return Err(format!("`{written}` shares its line with other code").into());
    }
    let without = format!("{}{}", &text[..start], &text[end..]);
    let after = python::facts(&without);
    if !after.runs() {
        return Err(format!(
            "without `{written}` its block would be empty, or the cell is not Python"
        )
        .into());
    }
    let shown = |facts: &crate::analysis::Facts| {
        let trailing = facts.trailing.filter(|trailing| !trailing.suppressed)?;
        Some(trailing.range.start().to_usize())
    };
    let was = shown(cx.all.facts(cx.cell));
    if was.is_none_or(|was| was >= start) && shown(&after).is_some_and(|now| now < start) {
        return Err(format!(
            "without `{written}` {} would show the value of the line above",
            cx.cell
        )
        .into());
    }
    Ok(TextRange::new(size(start), size(end)))
}
