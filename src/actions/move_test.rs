//! Moves a test to `tests/`.
//!
//! Test functions, test cases and cells of nothing but `assert` go to `tests/test_<module>.py`, after the module of the project that they import,
//! or to `tests/test_<notebook>.py`. Their imports go along; what only ran or served them leaves the notebook, too: `test_tax()`,
//! `unittest.main()`, `import unittest`. A cell of `assert` becomes one function, named after what it asks.
//! `tests/conftest.py` makes pytest find the module where nothing else does.
//!
//! ## Before
//! ### A function and a test case
//! ```notebook
//! # %%
//! import unittest
//! from prices import gross
//!
//! # Taxes are none of zero.
//! def test_gross$0():
//!     assert gross(0) == 0
//!
//! test_gross()
//! print(gross(1))
//! ```
//! ```python file=prices.py
//! def gross(net):
//!     return net
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import unittest
//! from prices import gross
//!
//! print(gross(1))
//! ```
//! ```python file=tests/test_prices.py
//! from prices import gross
//!
//!
//! # Taxes are none of zero.
//! def test_gross():
//!     assert gross(0) == 0
//! ```
//! ```python file=tests/conftest.py
//! import sys
//! from pathlib import Path
//!
//! # Tests import the modules of this folder.
//! sys.path.insert(0, str(Path(__file__).parents[1]))
//! ```
//!
//! ## Before
//! ### Beside other tests
//! ```notebook name=report.ipynb
//! # %%
//! import unittest
//! class TestSum(unittest.TestCase):
//!     def test_none(self):
//!         self.assertEqual(sum([]), 0)
//! unittest.main(argv=[""], exit=False)$0
//! # %%
//! print(1)
//! ```
//! ```python file=tests/test_report.py
//! def test_one():
//!     assert 1
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! print(1)
//! ```
//! ```python file=tests/test_report.py
//! import unittest
//!
//!
//! def test_one():
//!     assert 1
//!
//!
//! class TestSum(unittest.TestCase):
//!     def test_none(self):
//!         self.assertEqual(sum([]), 0)
//! ```
//!
//! ## Before
//! ### A cell of `assert`
//! ```notebook name=report.ipynb
//! # %%
//! import math
//! # %%
//! assert math.floor(1.5) == 1$0
//! # Rounds down.
//! assert math.floor(-1.5) == -2
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import math
//! ```
//! ```python file=tests/test_report.py
//! import math
//!
//!
//! def test_in_cell_2():
//!     assert math.floor(1.5) == 1
//!     # Rounds down.
//!     assert math.floor(-1.5) == -2
//! ```
//!
//! ## Disabled
//! ### What it tests is still in the notebook
//! ```notebook
//! # %%
//! def gross(net):
//!     return net
//! # %%
//! def test_gross$0():
//!     assert gross(0) == 0
//! ```
//! > move `gross` to a module first
//!
//! ## Disabled
//! ### A variable of the notebook
//! ```notebook
//! # %%
//! prices = [1]
//! # %%
//! def test_prices$0():
//!     assert prices
//! ```
//! > it reads `prices`, a variable of cell 1
//!
//! ## Disabled
//! ### A parameter that nobody gives
//! ```notebook
//! # %%
//! def test_prices$0(prices):
//!     assert prices
//! ```
//! > takes `prices`

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::Edit;
use crate::project::slashed;
use crate::refactor::testing::moved::{self, Tests};

pub const ACTION: Action = Action {
    name: "move-test",
    kinds: &["refactor.move", "quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some(tests) = tests(cx).filter(|_| cx.client.files) else {
        return Vec::new();
    };
    let is_found = cx.findings.iter().any(|own| own.rule == "test-in-notebook");
    let what = match &tests {
        Tests::Definitions(own) if own.len() == 1 => "the test",
        _ => "the tests",
    };
    let planned = moved::plan(cx, &tests);
    let place = planned
        .as_ref()
        .map_or_else(|_| "tests/".to_owned(), |own| slashed(&own.file));
    vec![Offer {
        disabled: planned.err().map(|refusal| refusal.0),
        repairs: is_found.then_some("test-in-notebook"),
        preferred: is_found,
        ..Offer::new(format!("Move {what} to {place}"))
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let tests =
        tests(cx).ok_or_else(|| format!("{} holds no test that could be moved", cx.cell))?;
    Ok(moved::plan(cx, &tests)?.edit)
}

fn tests(cx: &ActionContext<'_>) -> Option<Tests> {
    let facts = cx.all.facts(cx.cell);
    Tests::at(facts, cx.range).filter(|_| facts.runs())
}
