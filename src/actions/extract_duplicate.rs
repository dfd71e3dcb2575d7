//! Makes one function of statements that stand in several places of a notebook, and calls it in each.
//!
//! Offered on a [`duplicate-code`] finding. What differs becomes a **parameter**: variables, functions and classes, and literals.
//! What any cell reads of a place is **returned**. The code is that of the first place; comments that only another place has stay above its call.
//! What is shown, imports and magics stay where they are.
//!
//! The function gets a cell of its own above the first place where the editor can insert cells; otherwise it stands there in the same cell.
//! It is not done where the places differ in what no parameter can say, or where one of them could not be a function.
//!
//! ## Before
//! ```notebook
//! # %%
//! import pandas as pd
//! # %%
//! train = pd.read_csv("train.csv")
//! train = train.dropna()
//! train["ratio"] = train["price"] / train["area"]
//! train = train[train["ratio"] < 9]
//! # %%
//! $0test = pd.read_csv("test.csv")
//! # The ratio of the test set.
//! test = test.dropna()
//! test["ratio"] = test["price"] / test["area"]
//! test = test[test["ratio"] < 8]
//! # %%
//! print(train, test)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import pandas as pd
//! # %%
//! def load_train(path, value):
//!     train = pd.read_csv(path)
//!     train = train.dropna()
//!     train["ratio"] = train["price"] / train["area"]
//!     train = train[train["ratio"] < value]
//!     return train
//! # %%
//! train = load_train("train.csv", 9)
//! # %%
//! # The ratio of the test set.
//! test = load_train("test.csv", 8)
//! # %%
//! print(train, test)
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! kept = rows[rows["a"] > 3]
//! kept = kept.dropna(axis=0)
//! total = sum(kept["a"]) / len(kept)
//! out.append(f"all of it: {total}")
//! print(total)
//! # %%
//! $0left = rows[rows["a"] > 4]
//! left = left.dropna(axis=0)
//! share = sum(left["a"]) / len(left)
//! out.append(f"some of it: {share}")
//! print(share)
//! ```
//! > the text of an f-string differs
//!
//! [`duplicate-code`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{Anchor, Edit};
use crate::refactor::function::duplicate::{self, Plan};
use crate::refactor::style;
use crate::text::TextRange;

pub const ACTION: Action = Action {
    name: "extract-duplicate",
    kinds: &["refactor.extract.function"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some((rule, range)) = repetition(cx) else {
        return Vec::new();
    };
    let offer = match duplicate::plan(&cx.all, cx.cell, range) {
        Ok(plan) => Offer::new(title(&plan)),
        Err(refusal) => Offer {
            disabled: Some(refusal.0),
            ..Offer::new("Extract the repeated code to one function")
        },
    };
    vec![Offer {
        repairs: Some(rule),
        ..offer
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let (_, range) = repetition(cx).ok_or("nothing is repeated here")?;
    let plan = duplicate::plan(&cx.all, cx.cell, range)?;
    let edit = plan.edit(&cx.all, cx.client.cell_structure);
    Ok(style::kept(cx, &edit))
}

fn title(plan: &Plan) -> String {
    format!(
        "Extract {} places to function `{}`",
        plan.places(),
        plan.name
    )
}

/// The repetition that the cursor stands in.
fn repetition(cx: &ActionContext<'_>) -> Option<(&'static str, TextRange)> {
    cx.repairs(ACTION.name)
        .find_map(|(finding, _)| match finding.anchor {
            Anchor::Range(_, range) => Some((finding.rule, range)),
            _ => None,
        })
}
