//! Imports what `%run` was for.
//!
//! A script that only imports, defines and sets constants becomes what it is: a module, of which the names that the notebook
//! uses are imported. Of a notebook a module is written beside it: its definitions, and where it does more, a function for each
//! section, which this notebook calls then as running it did. The notebook that was run stays as it is.
//! The same goes for notebooks that are imported by `import_ipynb`, as far as they only define.
//!
//! Where a script does more (it prints, reads files, has a part for `__main__`), where the file reads names of the notebook or is
//! given arguments, nothing is done, and the reason says why. `dbutils.notebook.run` starts a session of its own, so that no import
//! does the same: the reason says how to get there by hand.
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
//! ## Before
//! ### A notebook that does more than define
//! ```notebook name=analysis/report.ipynb
//! # %%
//! %run load.ipynb$0
//! # %%
//! print(double(total))
//! ```
//! ```json file=analysis/load.ipynb
//! {"cells": [
//!   {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [],
//!    "source": ["def double(x):\n", "    return 2 * x"]},
//!   {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "## Add the prices"},
//!   {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": null, "outputs": [],
//!    "source": ["prices = [1, 2]\n", "total = sum(prices)\n", "print('added')\n", "total"]}
//!  ],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from load import add_prices, double
//!
//! total = add_prices()
//! # %%
//! print(double(total))
//! ```
//! ```python file=analysis/load.py
//! """What load.ipynb computes."""
//!
//! def double(x):
//!     return 2 * x
//!
//!
//! def add_prices():
//!     prices = [1, 2]
//!     total = sum(prices)
//!     print('added')
//!     return total
//!
//!
//! def main():
//!     total = add_prices()
//!
//!
//! if __name__ == "__main__":
//!     main()
//! ```
//!
//! ## Before
//! ### A notebook of Databricks
//! ```notebook home=databricks name=jobs/report.ipynb
//! # %%
//! %run ./helpers$0
//! # %%
//! print(double(2))
//! ```
//! ```python file=jobs/helpers.py
//! # Databricks notebook source
//! FACTOR = 2
//!
//! # COMMAND ----------
//!
//! def double(x):
//!     return FACTOR * x
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from helpers_functions import double
//! # %%
//! print(double(2))
//! ```
//! ```python file=jobs/helpers_functions.py
//! """What helpers.py computes."""
//!
//! FACTOR = 2
//!
//!
//! def double(x):
//!     return FACTOR * x
//! ```
//!
//! ## Before
//! ### A notebook that is imported
//! ```notebook
//! # %%
//! import import_ipynb$0
//! import helpers
//! print(helpers.double(2))
//! ```
//! ```json file=helpers.ipynb
//! {"cells": [
//!   {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [],
//!    "source": ["def double(x):\n", "    return 2 * x"]}
//!  ],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import helpers
//! print(helpers.double(2))
//! ```
//! ```python file=helpers.py
//! """What helpers.ipynb computes."""
//!
//! def double(x):
//!     return 2 * x
//! ```
//!
//! ## Disabled
//! ### A session of its own
//! ```notebook home=databricks name=jobs/report.ipynb
//! # %%
//! result = dbutils.notebook.run("./load", 600, {"day": "1"})$0
//! ```
//! ```python file=jobs/load.py
//! # Databricks notebook source
//! day = dbutils.widgets.get("day")
//! ```
//! > jobs/load.py runs in a session of its own, with its own arguments
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
use crate::analysis::facts::{Binding, Magic, MagicKind, RemarkKind};
use crate::analysis::run_line::{self, RunLine};
use crate::notebook::Edit;
use crate::project::slashed;
use crate::refactor::run_target::{self, imported};

pub const ACTION: Action = Action {
    name: "run-to-import",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    if !cx.client.files {
        return Vec::new();
    }
    let Some((title, planned)) = planned(cx) else {
        return Vec::new();
    };
    let is_found = cx.findings.iter().any(|own| own.rule == "notebook-run");
    vec![Offer {
        preferred: is_found && planned.is_ok(),
        disabled: planned.err().map(|refusal| refusal.0),
        repairs: is_found.then_some("notebook-run"),
        ..Offer::new(title)
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let (_, planned) = planned(cx).ok_or_else(|| format!("{} runs no file here", cx.cell))?;
    planned
}

/// What is run or imported where the person stands: what a menu says, and what is done.
fn planned(cx: &ActionContext<'_>) -> Option<(String, Result<Edit, Refusal>)> {
    let import = |what: &str| format!("Import what is used of `{what}`");
    if let Some(magic) = run_line(cx) {
        let written = RunLine::new(&magic.argument).target?;
        return Some((import(written), run_target::plan(cx, magic)));
    }
    if let Some(importer) = importer(cx) {
        let title = "Make modules of the notebooks that are imported".to_owned();
        return Some((title, imported::plan(cx, importer)));
    }
    let mut runs = cx.all.facts(cx.cell).remarks_of(RemarkKind::NotebookRun);
    let range = runs.find(|own| own.intersect(cx.range).is_some())?;
    let text = &cx.all.notebook.cell(cx.cell)?.text;
    let written = run_line::path_in_call(&text[range])?;
    Some((import(written), Err(own_session(cx, written))))
}

/// Why a notebook that runs in another session is not imported, and what to do.
fn own_session(cx: &ActionContext<'_>, written: &str) -> Refusal {
    match run_target::find(cx.project, written) {
        Ok(file) => format!(
            "{} runs in a session of its own, with its own arguments: promote it to a module, give its functions the arguments as parameters, and call those here",
            slashed(&file)
        )
        .into(),
        Err(reason) => reason,
    }
}

/// The `%run` line that the range touches.
fn run_line<'a>(cx: &ActionContext<'a>) -> Option<&'a Magic> {
    let mut magics = cx.all.facts(cx.cell).magics.iter();
    magics.find(|own| {
        own.kind == MagicKind::Line
            && &*own.name == "run"
            && own.range.intersect(cx.range).is_some()
    })
}

/// The import that the range touches and that lets notebooks be imported.
fn importer<'a>(cx: &ActionContext<'a>) -> Option<&'a Binding> {
    let mut bindings = cx.all.facts(cx.cell).bindings.iter();
    bindings.find(|own| imported::is_importer(own) && own.range.intersect(cx.range).is_some())
}
