//! A function of some size that lives only in the notebook.
//!
//! No test can import it, no other notebook can use it but by copying, and no debugger steps into it by its file. Ten lines
//! of code (without blank lines and comments) are worth a module. marimo's `@app.function` can be imported, and is fine.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! def clean(prices):
//! #   ^^^^^ untestable-function: 10 lines of code
//!     """What can be sold."""
//!     sold = []
//!     for price in prices:
//!         if price is None:
//!             continue
//!
//!         # free ones are samples
//!         if price == 0:
//!             continue
//!         sold.append(price)
//!     return sold
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! def gross(net):
//!     return net * 1.19
//! ```

use crate::analysis::facts::BindingKind;
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "untestable-function",
    group: Group::Test,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

/// From so many lines of code on a function is worth a module.
const WORTH_A_MODULE: usize = 10;

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for binding in &cx.facts.bindings {
        let BindingKind::Function(scope) = binding.kind else {
            continue;
        };
        let text = &cx.cell.text[cx.facts.scope(scope).range];
        let lines = text.lines().map(str::trim);
        let code = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        // Tests have a rule of their own, and who calls a function `_` only wants a scope.
        let is_other = binding.name.starts_with("test_") || binding.name == "_";
        if code < WORTH_A_MODULE || is_other || cx.cell.is_importable {
            continue;
        }
        findings.push(
            Finding::new(
                RULE.name,
                Anchor::Range(cx.index, binding.range),
                format!(
                    "`{}` has {code} lines of code and lives in {} alone: no test can import it, and other notebooks can only copy it. Move it to a module.",
                    binding.name, cx.index
                ),
            )
            .fix(Fix {
                action: "move-to-module",
                title: format!("Move `{}` to a module", binding.name),
                safety: Safety::Unsafe,
                argument: None,
            }),
        );
    }
}
