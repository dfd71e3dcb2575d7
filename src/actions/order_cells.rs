//! Moves cells, as few as possible, so that the notebook runs from the top.
//!
//! Each cell finds the names it needs, also through the functions it calls, and reads what it read before.
//! Cells that are not moved keep their order. Where it matters on which side of another a moved cell stands,
//! its execution count tells. Without counts it is moved only where that makes no difference: names, what is
//! changed in place (also by functions that are called), random numbers, files and settings are looked at.
//!
//! ## Before
//! ```notebook
//! # %%
//! prices = load()$0
//! # %%
//! print(prices)
//! # %%
//! def load():
//!     return [1, 2]
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! def load():
//!     return [1, 2]
//! # %%
//! prices = load()
//! # %%
//! print(prices)
//! ```
//!
//! ## Before
//! ```notebook
//! # %% In [3]
//! x = x + 1$0
//! # %% In [1]
//! x = 1
//! # %% In [2]
//! print(x)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! print(x)
//! # %%
//! x = x + 1
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! print(x$0)
//! # %%
//! x = 1
//! # %%
//! x = 2
//! ```
//! > cell 2 and cell 3 both change `x`
//!
//! ## Before
//! ```notebook
//! # %% In [1]
//! a = 1
//! # %% In [4]
//! show(a)$0
//! # %% In [7]
//! b = 2
//! # %% In [6]
//! b = 3
//! # %% In [3]
//! def show(x):
//!     print(x)
//! # %%
//! print(b)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! a = 1
//! # %%
//! def show(x):
//!     print(x)
//! # %%
//! show(a)
//! # %%
//! b = 2
//! # %%
//! b = 3
//! # %%
//! print(b)
//! ```
//!
//! ## Before
//! ```notebook
//! # %%
//! random_list.index(4)$0
//! # %%
//! import random
//! # %%
//! random.seed(1)
//! # %%
//! random_list = [1, 4]
//! # %%
//! random.random()
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! random_list = [1, 4]
//! # %%
//! random_list.index(4)
//! # %%
//! import random
//! # %%
//! random.seed(1)
//! # %%
//! random.random()
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! print(table())$0
//! # %%
//! xs = [3, 1]
//! # %%
//! def add(items):
//!     items.append(4)
//! # %%
//! add(xs)
//! # %%
//! def table():
//!     return xs
//! ```
//! > cell 2 and cell 4 both change `xs`
//!
//! ## Disabled
//! ```notebook
//! # %%
//! np.random.rand()$0
//! # %%
//! import numpy as np
//! # %%
//! np.random.seed(1)
//! ```
//! > both change the random numbers
//!
//! ## Disabled
//! ```notebook
//! # %%
//! a = b$0
//! # %%
//! b = a
//! ```
//! > need each other, so no order runs
//!
//! A notebook that runs, and whose counts fall, can be put into the order in which it ran, where
//! every cell still reads what it reads on the page.
//!
//! ## Before
//! ```notebook argument="by-counts"
//! # %% In [1]
//! x = 1
//! # %% In [3]
//! y = 2
//! # %% In [2]
//! print(x)$0
//! ```
//!
//! ## After
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %% In [2]
//! print(x)
//! # %% In [3]
//! y = 2
//! ```
//!
//! ## Disabled
//! ```notebook argument="by-counts"
//! # %% In [3]
//! x = 1
//! # %% In [2]
//! print(x)$0
//! ```
//! > cell 2 ran before cell 1 and would not find what cell 1 makes or changes

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::graph::Lack;
use crate::analysis::order::{self, Plan};
use crate::notebook::{CellIdx, Edit, EditOp};

pub const ACTION: Action = Action {
    name: "order-cells",
    kinds: &["refactor.rewrite"],
    offer,
    apply,
    source: "",
};

/// Asks for the order of the counts, where the notebook runs from the top as it is.
const BY_COUNTS: &str = "by-counts";

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let cells = || cx.all.notebook.indexed().map(|(index, _)| index);
    let fails = cells().any(|index| {
        let needs = cx.all.link.needs(index);
        needs
            .iter()
            .any(|need| matches!(need.lack, Lack::Later { cell, .. } if cell != index))
    });
    let cannot = (!cx.client.cell_structure)
        .then(|| "this editor lets no language server move cells".to_owned());
    if !fails {
        let broken = cx
            .findings
            .iter()
            .find(|finding| finding.rule == "out-of-order-execution");
        let offer = broken.map(|finding| Offer {
            argument: Some(BY_COUNTS.to_owned()),
            repairs: Some(finding.rule),
            disabled: cannot.or_else(|| order::by_counts(cx.all.notebook, cx.all.link).err()),
            ..Offer::new("Order the cells as they were run")
        });
        return offer.into_iter().collect();
    }
    let repairs = cx
        .findings
        .iter()
        .map(|finding| finding.rule)
        .find(|rule| matches!(*rule, "used-before-definition" | "hidden-definition"));
    let disabled = cannot.or_else(|| order::plan(cx.all.notebook, cx.all.link).err());
    vec![Offer {
        disabled,
        repairs,
        preferred: repairs.is_some(),
        ..Offer::new("Order the cells so that the notebook runs from the top")
    }]
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let plan = match argument {
        Some(BY_COUNTS) => order::by_counts(cx.all.notebook, cx.all.link)?,
        _ => order::plan(cx.all.notebook, cx.all.link)?,
    };
    Ok(moves(&plan))
}

/// Every moved cell goes before the next one that stays.
fn moves(plan: &Plan) -> Edit {
    let end = CellIdx::new(plan.order.len());
    let mut ops = Vec::with_capacity(plan.moved.len());
    for (position, cell) in plan.order.iter().enumerate() {
        if plan.moved.contains(cell) {
            let before = plan.order[position..]
                .iter()
                .find(|other| !plan.moved.contains(other))
                .copied()
                .unwrap_or(end);
            ops.push(EditOp::Move {
                cell: *cell,
                before,
            });
        }
    }
    Edit { ops, select: None }
}
