//! Makes a module of the notebook, and the notebook its caller.
//!
//! Imports, functions, classes and constants stand in the module as they are. The code below each heading becomes a function that
//! takes what it reads of other sections and returns what they read of it; `main()` calls the functions in their order.
//! The notebook keeps its text and calls the functions, and shows what it showed; `python prices.py` prints it.
//!
//! What a cell shows by its last expression is shown by `show(…)`, and its figures by `plt.show()`.
//! A variable that the notebook's functions read stays a variable of the module.
//! Magics that set up the notebook stay there (`%matplotlib inline`, `%pip install`). Where another magic, a shell line or
//! an import that needs what runs above it cannot live in a module, nothing is done, and the reason says what to do.
//!
//! An existing file is never written. On the command line: `cellwise promote NOTEBOOK --to pkg/module.py`.
//!
//! ## Before
//! ### Sections become functions
//! ```notebook name=report.ipynb choice="prices.py"
//! # %% [markdown]
//! # # Prices
//! # %%
//! import pandas as pd
//!
//! LIMIT = 3
//! # %% [markdown]
//! # ## Load the prices
//! # %%
//! prices = pd.read_csv("prices.csv")$0
//! # %%
//! def affordable(price):
//!     return price < LIMIT
//! # %% [markdown]
//! # ## Count
//! # %%
//! cheap = prices[affordable(prices.price)]
//! print(len(cheap))
//! ```
//!
//! ## After
//! ```notebook
//! # %% [markdown]
//! # # Prices
//! # %%
//! from prices import count_prices, load_prices
//! # %% [markdown]
//! # ## Load the prices
//! # %%
//! prices = load_prices()
//! # %% [markdown]
//! # ## Count
//! # %%
//! count_prices(prices)
//! ```
//! ```python file=prices.py
//! """Prices."""
//!
//! import pandas as pd
//!
//! LIMIT = 3
//!
//!
//! def affordable(price):
//!     return price < LIMIT
//!
//!
//! def load_prices():
//!     prices = pd.read_csv("prices.csv")
//!     return prices
//!
//!
//! def count_prices(prices):
//!     cheap = prices[affordable(prices.price)]
//!     print(len(cheap))
//!
//!
//! def main():
//!     prices = load_prices()
//!     count_prices(prices)
//!
//!
//! if __name__ == "__main__":
//!     main()
//! ```
//!
//! ## Before
//! ### A variable that a function reads
//! ```notebook name=report.ipynb choice="taxes.py"
//! # %%
//! rates = {"a": 1.2}
//! def taxed(price):
//!     return price * rates["a"]
//! # %%
//! # Tax the prices
//! taxes = [taxed(2)]
//! print(taxes)$0
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from taxes import compute_rates, print_taxes
//! # %%
//! compute_rates()
//! # %%
//! print_taxes()
//! ```
//! ```python file=taxes.py
//! """What report.ipynb computes."""
//!
//! def taxed(price):
//!     return price * rates["a"]
//!
//!
//! def compute_rates():
//!     global rates
//!     rates = {"a": 1.2}
//!
//!
//! def print_taxes():
//!     # Tax the prices
//!     taxes = [taxed(2)]
//!     print(taxes)
//!
//!
//! def main():
//!     compute_rates()
//!     print_taxes()
//!
//!
//! if __name__ == "__main__":
//!     main()
//! ```
//!
//! ## Disabled
//! ### A shell line
//! ```notebook name=report.ipynb choice="listing.py"
//! # %%
//! files = !ls$0
//! # %%
//! print(len(files))
//! ```
//! > cannot live in a module
//!
//! ## Disabled
//! ### The module exists
//! ```notebook name=report.ipynb choice="prices.py"
//! # %%
//! price = 3$0
//! # %%
//! print(price)
//! ```
//! ```python file=prices.py
//! price = 3
//! ```
//! > prices.py exists
//!
//! ## Disabled
//! ### A name with two meanings
//! ```notebook name=report.ipynb choice="prices.py"
//! # %%
//! def rate(x):
//!     return x$0
//! # %%
//! print(rate(1))
//! # %%
//! rate = 3
//! print(rate)
//! ```
//! > `rate` is defined in cell 1 and bound again in cell 3
//!
//! ## Disabled
//! ### No such name in Python
//! ```notebook name=report.ipynb choice="my-prices.py"
//! # %%
//! price = 3$0
//! # %%
//! print(price)
//! ```
//! > no name that Python can import

use std::path::Path;

use crate::action::{Action, ActionContext, Ask, Choice, Choices, Offer, Refusal};
use crate::notebook::{CellIdx, Edit, Home};
use crate::project::slashed;
use crate::refactor::module::target::Target;
use crate::refactor::promote;

pub const ACTION: Action = Action {
    name: "promote-notebook",
    kinds: &["refactor.move"],
    offer,
    apply,
    source: "",
};

/// A notebook of one cell is no more than that cell.
const LEAST_CELLS: usize = 2;

/// Whether it can be done is found out when somebody chooses it: that reads the whole notebook.
fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let has_code = |cell: CellIdx| !cx.all.facts(cell).statements.is_empty();
    let mut cells = cx
        .all
        .notebook
        .python_cells()
        .filter(|(cell, _)| has_code(*cell));
    let is_one = cells.nth(LEAST_CELLS - 1).is_none();
    // marimo's is a program already.
    let is_marimo = cx.all.notebook.meta.home == Home::Marimo;
    if !has_code(cx.cell) || is_one || is_marimo || cx.project.notebook().is_none() {
        return Vec::new();
    }
    let proposed = Target::proposed(&cx.all, cx.project);
    let disabled = match &proposed {
        _ if !(cx.client.cell_structure && cx.client.files) => {
            Some("this editor lets no language server change the cells of a notebook; run `cellwise promote`".to_owned())
        }
        Err(refusal) => Some(refusal.0.clone()),
        Ok(_) => None,
    };
    let title = match &proposed {
        Ok(target) => format!("Promote notebook to module `{}`", slashed(&target.path)),
        Err(_) => "Promote notebook to module".to_owned(),
    };
    let path = proposed.ok().map(|target| slashed(&target.path));
    vec![Offer {
        ask: Some(Ask {
            what: "module",
            title: "Promote notebook to a module…".to_owned(),
            possible: cx.client.cell_structure && cx.client.files,
        }),
        argument: path,
        disabled,
        ..Offer::new(title)
    }]
}

/// New modules only: a notebook is not put into one that exists.
pub fn choices(cx: &ActionContext<'_>) -> Option<Choices> {
    let proposed = Target::proposed(&cx.all, cx.project).ok();
    let targets = proposed.filter(|target| !target.exists).map(|target| {
        let path = slashed(&target.path);
        Choice {
            description: format!("new module, from {} import …", target.module),
            label: path.clone(),
            argument: path,
            is_new: true,
        }
    });
    Some(Choices {
        targets: targets.into_iter().collect(),
        definitions: Vec::new(),
        placeholder: "pkg/module.py, from the project's root".to_owned(),
    })
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let target = match argument {
        Some(path) => Target::new(&cx.all, cx.project, Path::new(path))?,
        None => Target::proposed(&cx.all, cx.project)?,
    };
    Ok(promote::plan(&cx.all, cx.project, &target)?.edit)
}
