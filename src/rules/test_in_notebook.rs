//! Tests that live in the notebook.
//!
//! Cells with test cases, `unittest.main()`, `ipytest.run()`, `!pytest`, and cells mostly of `assert`: they run when somebody
//! happens to run them, and no build notices when they fail. In `tests/`, pytest finds them. One `assert` that
//! guards what follows is no test, and is welcome; so are those of a cell whose variables people set, in a form of
//! Colab or by papermill. In marimo's notebooks pytest finds the tests, and nothing is said.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import unittest
//! class TestTax(unittest.TestCase):
//!     def test_none(self):
//!         self.assertEqual(tax(0), 0)
//! unittest.main(argv=[""], exit=False)
//! #<^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ test-in-notebook: cell 1 tests
//! # %%
//! def test_tax():
//! #   ^^^^^^^^ test-in-notebook: move it to `tests/`
//!     assert tax(100) == 19
//! # %%
//! assert tax(0) == 0
//! #<^^^^^^^^^^^^^^^^ test-in-notebook: cell 3 tests
//! assert tax(100) == 19
//! # %%
//! !pytest -q
//! #<^^^^^^^^ test-in-notebook: cell 4 tests
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! prices = load()
//! assert len(prices) > 0
//! total = prices.sum()
//! # %%
//! assert total > 0
//! # %%
//! def test_model(model, data):
//!     return model.score(data)
//! # %%
//! rate = 0.1 #@param {type: "number"}
//! assert rate > 0
//! assert rate < 1
//! ```

use crate::analysis::facts::{MagicKind, RemarkKind};
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};
use crate::text::TextRange;

pub const RULE: Rule = Rule {
    name: "test-in-notebook",
    group: Group::Test,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let Some(range) = tests(cx) else {
        return;
    };
    findings.push(Finding::new(
        RULE.name,
        Anchor::Range(cx.index, range),
        format!(
            "{} tests, and only when somebody runs it: no build will notice that it fails. Put what it tests into a module, and move it to `tests/`.",
            cx.index
        ),
    ));
}

/// The place that shows best that the cell tests.
fn tests(cx: &CellContext<'_>) -> Option<TextRange> {
    let runner = cx.facts.magics.iter().find(|magic| match magic.kind {
        MagicKind::Cell => matches!(&*magic.name, "ipytest" | "run_pytest"),
        MagicKind::Shell => {
            let command = magic.argument.trim_start_matches("python -m ");
            command.split_whitespace().next() == Some("pytest")
        }
        _ => false,
    });
    if let Some(runner) = runner {
        return Some(runner.range);
    }
    // The last one is the call that runs the tests, if there is one.
    if let Some(test) = cx.facts.remarks_of(RemarkKind::Test).last() {
        return Some(test);
    }
    // Those that look at what somebody has set guard the run.
    if cx.cell.is_for_papermill() || cx.cell.is_form() {
        return None;
    }
    let asserts = cx.facts.remarks_of(RemarkKind::Assert).count();
    let mostly = asserts >= 2 && 2 * asserts >= cx.facts.statements.len();
    mostly
        .then(|| cx.facts.remarks_of(RemarkKind::Assert).next())
        .flatten()
}
