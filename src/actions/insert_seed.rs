//! Seeds a generator, so that every run draws the same numbers.
//!
//! Offered on an [`unseeded-random`] finding. A generator that a whole library shares is seeded right below the
//! imports; one that the call makes, and scikit-learn's estimators and splitters, are given the seed where they are called.
//!
//! ## Before
//! ```notebook
//! # %%
//! import numpy as np
//! import pandas as pd
//!
//! size = 3
//! # %%
//! x = $0np.random.rand(size)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import numpy as np
//! import pandas as pd
//!
//! np.random.seed(0)
//!
//! size = 3
//! # %%
//! x = np.random.rand(size)
//! ```
//!
//! ### A generator of its own
//! ## Before
//! ```notebook
//! # %%
//! from numpy.random import default_rng
//! rng = $0default_rng()
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from numpy.random import default_rng
//! rng = default_rng(0)
//! ```
//!
//! ### Only a function is imported
//! ## Before
//! ```notebook
//! # %%
//! from torch.nn import Linear  # layers
//! layer = $0Linear(2, 1)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from torch.nn import Linear  # layers
//! import torch
//!
//! torch.manual_seed(0)
//! layer = Linear(2, 1)
//! ```
//!
//! ### scikit-learn
//! ## Before
//! ```notebook
//! # %%
//! from sklearn.cluster import KMeans
//! from sklearn.model_selection import train_test_split
//! # %%
//! a, b = $0train_test_split(
//!     x,
//!     test_size=0.2,
//! )
//! # %%
//! KMeans().fit(a)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from sklearn.cluster import KMeans
//! from sklearn.model_selection import train_test_split
//! # %%
//! a, b = train_test_split(
//!     x,
//!     test_size=0.2, random_state=0,
//! )
//! # %%
//! KMeans(random_state=0).fit(a)
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! from torch.nn import Linear
//! torch = "a light"
//! # %%
//! layer = $0Linear(2, 1)
//! ```
//! > `torch` is something else in this notebook
//!
//! [`unseeded-random`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::known::randomness::{self, Draw, Family};
use crate::notebook::{Edit, EditOp};
use crate::rule::Finding;
use crate::text::{TextRange, TextSize, newline_of};

pub const ACTION: Action = Action {
    name: "insert-seed",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some(finding) = finding(cx) else {
        return Vec::new();
    };
    let title = finding
        .fix
        .as_ref()
        .map_or("Seed the generator", |fix| &fix.title);
    vec![Offer {
        repairs: Some(finding.rule),
        preferred: true,
        disabled: apply(cx, None).err().map(|refusal| refusal.0),
        ..Offer::new(title)
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let anchor = finding(cx).map(|finding| finding.anchor);
    let draw = randomness::unseeded(cx.all.link)
        .into_iter()
        .find(|draw| {
            anchor.is_some_and(|anchor| anchor.cell() == Some(draw.cell) && is_at(anchor, draw))
        })
        .ok_or("the generator is seeded by now")?;
    match draw.family {
        Family::Generator => Ok(Edit::replace(draw.cell, draw.call.arguments, "(0)")),
        Family::Sklearn => give_random_state(cx),
        _ => below_imports(cx, &draw),
    }
}

fn finding<'a>(cx: &ActionContext<'a>) -> Option<&'a Finding> {
    cx.findings
        .iter()
        .copied()
        .find(|finding| finding.rule == "unseeded-random")
}

fn is_at(anchor: crate::notebook::Anchor, draw: &Draw<'_>) -> bool {
    matches!(anchor, crate::notebook::Anchor::Range(_, range) if range == draw.call.function)
}

/// The seed as a statement of its own, below the imports that the draw's name comes from.
fn below_imports(cx: &ActionContext<'_>, draw: &Draw<'_>) -> Result<Edit, Refusal> {
    let link = cx.all.link;
    let seed = draw.seed(link);
    if seed.import.is_some() && link.binders(&seed.root).next().is_some() {
        return Err(format!("`{}` is something else in this notebook", seed.root).into());
    }
    // A name that is still to be imported stands below the import that the draw is from.
    let imported = if seed.import.is_some() {
        draw.call.root.as_str()
    } else {
        &seed.root
    };
    let cell = link
        .binders(imported)
        .next()
        .ok_or_else(|| format!("no cell imports `{imported}` any more"))?;
    let facts = link.facts(cell);
    let first = facts
        .bindings
        .iter()
        .find(|binding| binding.name == *imported)
        .ok_or_else(|| format!("no cell imports `{imported}` any more"))?;
    let text = cx.all.notebook.cell(cell).map_or("", |cell| &cell.text);
    let mut statements = facts.statements.iter().skip(first.statement as usize);
    let own = statements
        .next()
        .ok_or_else(|| format!("{cell} imports `{imported}` in a magic's line"))?;
    let mut end = line_end(text, own.range.end());
    for next in statements {
        let shares_line = next.range.start() < end;
        let is_import = next.kind == crate::analysis::facts::StatementKind::Import;
        if !shares_line && !is_import {
            break;
        }
        end = line_end(text, next.range.end());
    }
    let before = &text[..own.range.start().to_usize()];
    let line = &before[before.rfind(['\n', '\r']).map_or(0, |at| at + 1)..];
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let line_break = newline_of(text);
    let import = seed.import.map_or_else(String::new, |import| {
        format!("{line_break}{indent}{import}")
    });
    let new = format!("{import}{line_break}{line_break}{indent}{}", seed.statement);
    Ok(Edit::replace(cell, TextRange::empty(end), new))
}

/// `random_state=0` in every call that draws from scikit-learn's default.
fn give_random_state(cx: &ActionContext<'_>) -> Result<Edit, Refusal> {
    let mut edit = Edit::default();
    for draw in randomness::draws(cx.all.link) {
        if draw.family != Family::Sklearn {
            continue;
        }
        let text = cx
            .all
            .notebook
            .cell(draw.cell)
            .map_or("", |cell| &cell.text);
        let range = draw.call.arguments;
        let arguments = &text[range];
        let (range, new) = if let Some(at) = arguments.find("random_state=None") {
            let start = range.start() + TextSize::of(&arguments[..at]);
            (
                TextRange::at(start, TextSize::of("random_state=None")),
                "random_state=0",
            )
        } else {
            let inner = arguments.strip_suffix(')').unwrap_or(arguments).trim_end();
            let last_line = inner.rsplit(['\n', '\r']).next().unwrap_or_default();
            if last_line.contains('#') {
                return Err(
                    format!("a comment stands at the end of a call in {}", draw.cell).into(),
                );
            }
            let inner = inner.strip_suffix(',').unwrap_or(inner);
            let at = TextRange::empty(range.start() + TextSize::of(inner));
            (
                at,
                if inner == "(" {
                    "random_state=0"
                } else {
                    ", random_state=0"
                },
            )
        };
        edit.ops.push(EditOp::Replace {
            cell: draw.cell,
            range,
            text: new.to_owned(),
        });
    }
    Ok(edit)
}

/// The end of the line that holds `offset`, without its line break.
fn line_end(text: &str, offset: TextSize) -> TextSize {
    let rest = &text[offset.to_usize()..];
    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    offset + TextSize::of(&rest[..length])
}
