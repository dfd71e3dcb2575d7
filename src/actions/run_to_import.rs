//! Imports what `%run` was for.
//!
//! A script that only imports, defines and sets constants becomes what it is: a module, of which the names that the notebook
//! uses are imported. Of a notebook that only defines, a module is written beside it.
//! Where the file does more (it prints, reads files, has a part for `__main__`), where it reads names of the notebook or where it is
//! given arguments, nothing is done, and the reason says why.
//!
//! ## Before
//! ### A script
//! ```notebook
//! # %%
//! %run helpers.py$0
//! # %%
//! np.sum(clean([RATE]))
//! ```
//! ```python file=helpers.py
//! """Helpers."""
//! import numpy as np
//!
//! RATE = 0.19
//! UNUSED = 1
//!
//! def clean(prices):
//!     return np.array(prices)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import numpy as np
//!
//! from helpers import RATE, clean
//! # %%
//! np.sum(clean([RATE]))
//! ```
//!
//! ## Before
//! ### A notebook
//! ```notebook name=analysis/report.ipynb
//! # %%
//! %run helpers.ipynb$0
//! print(double(2))
//! ```
//! ```json file=analysis/helpers.ipynb
//! {"cells": [
//!   {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [],
//!    "source": ["FACTOR = 2\n", "def double(x):\n", "    return FACTOR * x"]}
//!  ],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from helpers import double
//! print(double(2))
//! ```
//! ```python file=analysis/helpers.py
//! """What helpers.ipynb computes."""
//!
//! FACTOR = 2
//!
//!
//! def double(x):
//!     return FACTOR * x
//! ```
//!
//! ## Disabled
//! ### It does more than define
//! ```notebook
//! # %%
//! %run helpers.py$0
//! print(x)
//! ```
//! ```python file=helpers.py
//! x = 1
//! print(x)
//! ```
//! > helpers.py does more than define, in line 2
//!
//! ## Disabled
//! ### It takes arguments
//! ```notebook
//! # %%
//! %run helpers.py 3$0
//! print(x)
//! ```
//! > `helpers.py` is given options or arguments
//!
//! ## Disabled
//! ### It reads the notebook's names
//! ```notebook
//! # %%
//! rate = 2
//! %run helpers.py$0
//! print(tax(1))
//! ```
//! ```python file=helpers.py
//! def tax(price):
//!     return rate * price
//! ```
//! > helpers.py reads `rate`, which it does not bind
//!
//! ## Disabled
//! ### No such file
//! ```notebook
//! # %%
//! %run helpers.py$0
//! ```
//! > helpers.py is no script or notebook of this project

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::{Magic, MagicKind};
use crate::analysis::run_line::RunLine;
use crate::notebook::Edit;
use crate::refactor::run_target;

pub const ACTION: Action = Action {
    name: "run-to-import",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some(magic) = run_line(cx).filter(|_| cx.client.files) else {
        return Vec::new();
    };
    let Some(written) = RunLine::new(&magic.argument).target else {
        return Vec::new();
    };
    let is_found = cx.findings.iter().any(|own| own.rule == "notebook-run");
    vec![Offer {
        disabled: run_target::plan(cx, magic).err().map(|refusal| refusal.0),
        repairs: is_found.then_some("notebook-run"),
        preferred: is_found,
        ..Offer::new(format!("Import what is used of `{written}`"))
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let magic = run_line(cx).ok_or_else(|| format!("{} runs no file here", cx.cell))?;
    run_target::plan(cx, magic)
}

/// The `%run` line that the range touches.
fn run_line<'a>(cx: &ActionContext<'a>) -> Option<&'a Magic> {
    let mut magics = cx.all.facts(cx.cell).magics.iter();
    magics.find(|own| {
        own.kind == MagicKind::Line && &*own.name == "run" && own.range.intersect(cx.range).is_some()
    })
}
