//! Makes a function of a cell, and calls it.
//!
//! The function takes the variables of other cells that the code reads, and returns what other cells read of it;
//! modules, functions and classes of the notebook are read where they are.
//!
//! ## Before
//! ```notebook
//! # %%
//! import pandas as pd
//! path = "prices.csv"
//! # %%
//! prices = pd.read_csv(path)$0
//! prices = prices.dropna()
//! # %%
//! print(prices)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import pandas as pd
//! path = "prices.csv"
//! # %%
//! def load_prices(path):
//!     prices = pd.read_csv(path)
//!     prices = prices.dropna()
//!     return prices
//! # %%
//! prices = load_prices(path)
//! # %%
//! print(prices)
//! ```

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{CellKind, Edit, EditOp};
use crate::refactor::extract::{self, Outcome, Plan};
use crate::refactor::pieces;

pub const ACTION: Action = Action {
    name: "extract-cell-to-function",
    kind: "refactor.extract.function",
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    match extract::plan_cell(&cx.all, cx.cell) {
        Outcome::NotOffered => Vec::new(),
        Outcome::Refused(refusal) => vec![Offer {
            disabled: Some(refusal.0),
            ..Offer::new("Extract cell to function")
        }],
        Outcome::Planned(plan) => {
            vec![Offer::new(format!("Extract cell to function `{}`", plan.name))]
        }
    }
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    match extract::plan_cell(&cx.all, cx.cell) {
        Outcome::NotOffered => Err(format!("nothing in {} would be a function", cx.cell).into()),
        Outcome::Refused(refusal) => Err(refusal),
        Outcome::Planned(plan) => Ok(edit(cx, &plan)),
    }
}

fn edit(cx: &ActionContext<'_>, plan: &Plan) -> Edit {
    let text = cx.all.notebook.cell(cx.cell).map_or("", |cell| &cell.text);
    let apart = cx.client.cell_structure && !plan.stays;
    let new = plan.cell_text(!apart);
    let start = if apart { 0 } else { new.find(&plan.function).unwrap_or(0) };
    let mut edit = Edit::replace(cx.cell, pieces::whole(text), new);
    if apart {
        edit.ops.insert(
            0,
            EditOp::Insert {
                at: cx.cell,
                kind: CellKind::Code,
                text: plan.function.clone(),
            },
        );
    }
    // An inserted cell takes the place of the one that it stands above.
    edit.select = plan.name_in_function(start).map(|range| (cx.cell, range));
    edit
}
