//! Makes a function of a cell, and calls it.
//!
//! **Parameters** are the variables of other cells that the code reads; modules, functions and classes of the notebook are read where they are.
//! **Returned** is what other cells read of it on a run from the top, at once or in the body of a function.
//! A variable that the code changes in place (`df["a"] = 1`) need not come back: it is the same object.
//!
//! **What stays** in the cell: imports, definitions that are used elsewhere, magics, and the last expression, which the cell shows.
//! The code's comments and formatting move with it, and the insides of strings stay as they are.
//!
//! The **name** is taken from the heading above, from the comment at the top, or from what the code does; it is selected afterwards, to be renamed.
//! The function gets a cell of its own, above, where the editor can insert cells.
//!
//! Afterwards a run from the top shows what it showed before. Where that is not sure, the action is listed with the reason why not.
//!
//! ## Before
//! ### Reads and gives
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
//!
//! ## Before
//! ### Imports, magics and what is shown stay
//! ```notebook
//! # %%
//! limit = 3
//! # %% [markdown]
//! # ## 2. Counting words
//! # %%
//! %%time
//! from collections import Counter
//!
//! words = open("text.txt").read().split()$0
//! counts = Counter(words).most_common(limit)
//! counts
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! limit = 3
//! # %% [markdown]
//! # ## 2. Counting words
//! # %%
//! def count_words(limit):
//!     words = open("text.txt").read().split()
//!     counts = Counter(words).most_common(limit)
//!     return counts
//! # %%
//! %%time
//! from collections import Counter
//!
//! counts = count_words(limit)
//! counts
//! ```
//!
//! ## Before
//! ### In one cell, where the editor cannot insert any
//! ```notebook client=plain
//! # %%
//! import random
//!
//! rolls = []$0
//! for _ in range(5):
//!     rolls.append(random.randint(1, 6))
//! # %%
//! print(rolls)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import random
//!
//!
//! def generate_rolls():
//!     rolls = []
//!     for _ in range(5):
//!         rolls.append(random.randint(1, 6))
//!     return rolls
//!
//!
//! rolls = generate_rolls()
//! # %%
//! print(rolls)
//! ```
//!
//! ## Before
//! ### Bound on some paths, and before
//! ```notebook
//! # %%
//! total = 0
//! rows = [1, 2]
//! # %%
//! if rows:$0
//!     total += sum(rows)
//! # %%
//! print(total)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! total = 0
//! rows = [1, 2]
//! # %%
//! def compute_total(rows, total):
//!     if rows:
//!         total += sum(rows)
//!     return total
//! # %%
//! total = compute_total(rows, total)
//! # %%
//! print(total)
//! ```
//!
//! ## Before
//! ### Await
//! ```notebook
//! # %%
//! import client
//! # %%
//! pages = []$0
//! async for page in client.pages():
//!     pages.append(page)
//! # %%
//! print(pages)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import client
//! # %%
//! async def compute_pages():
//!     pages = []
//!     async for page in client.pages():
//!         pages.append(page)
//!     return pages
//! # %%
//! pages = await compute_pages()
//! # %%
//! print(pages)
//! ```
//!
//! ## Disabled
//! ### Bound on some paths only
//! ```notebook
//! # %%
//! rows = [1, 2]
//! # %%
//! if rows:$0
//!     total = sum(rows)
//! # %%
//! print(total)
//! ```
//! > binds `total` only on some paths, and cell 3 reads it
//!
//! ## Disabled
//! ### A function elsewhere looks at the notebook
//! ```notebook
//! # %%
//! def report():
//!     return f"{rate:.0%}"
//! # %%
//! rate = 0.5$0
//! text = report()
//! # %%
//! print(text)
//! ```
//! > `report` in cell 1 reads or sets `rate` in the notebook, not in the function
//!
//! ## Disabled
//! ### Names asked for by text
//! ```notebook
//! # %%
//! x = 1$0
//! print(eval("x + 1"))
//! ```
//! > `eval` looks names up while it runs

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::Edit;
use crate::refactor::function::extract::{self, Outcome};
use crate::refactor::style;

pub const ACTION: Action = Action {
    name: "extract-cell-to-function",
    kinds: &["refactor.extract.function"],
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
            vec![Offer::new(format!(
                "Extract cell to function `{}`",
                plan.name
            ))]
        }
    }
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    match extract::plan_cell(&cx.all, cx.cell) {
        Outcome::NotOffered => Err(format!("nothing in {} would be a function", cx.cell).into()),
        Outcome::Refused(refusal) => Err(refusal),
        Outcome::Planned(plan) => Ok(style::kept(cx, &plan.edit(cx))),
    }
}
