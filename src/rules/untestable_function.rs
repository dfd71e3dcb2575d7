//! A function of some size that lives only in the notebook.
//!
//! No test can import it, no other notebook can use it but by copying, and no debugger steps into it by its file. Ten lines
//! of code (without blank lines, comments and what describes the function) are worth a module. marimo's `@app.function`
//! can be imported, and is fine.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! def clean(prices):
//! #   ^^^^^ untestable-function: 10 lines of code
//!     """What can be sold."""
//!     sold = []
//!     rest = []
//!     for price in prices:
//!         if price is None:
//!             continue
//!
//!         # free ones are samples
//!         if price == 0:
//!             rest.append(price)
//!         sold.append(price)
//!     return sold, rest
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! def gross(net):
//!     return net * 1.19
//! # %%
//! def net(gross):
//!     """The price without tax.
//!
//!     Parameters
//!     ----------
//!     gross : float
//!         The price with tax.
//!
//!     Returns
//!     -------
//!     float
//!         The price without it.
//!     """
//!     return gross / 1.19
//! ```

use ruff_python_ast::Stmt;
use ruff_python_parser::Mode;
use ruff_text_size::Ranged;

use crate::analysis::facts::BindingKind;
use crate::analysis::source::parse_part;
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};
use crate::text::TextRange;

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
        // Tests have a rule of their own, and who calls a function `_` only wants a scope.
        let is_other = binding.name.starts_with("test_") || binding.name == "_";
        if is_other || cx.cell.is_importable {
            continue;
        }
        let function = cx.facts.scope(scope).range;
        let mut code = code_lines(&cx.cell.text[function]);
        if code >= WORTH_A_MODULE
            && let Some(docstring) = docstring(&cx.cell.text, function)
        {
            code -= code_lines(&cx.cell.text[docstring]);
        }
        if code < WORTH_A_MODULE {
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

/// Lines that are not empty and no comment.
fn code_lines(text: &str) -> usize {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .count()
}

/// Where the text that describes a function stands.
fn docstring(text: &str, function: TextRange) -> Option<TextRange> {
    let parsed = parse_part(text, function, Mode::Module);
    let [Stmt::FunctionDef(function)] = &parsed.statements[..] else {
        return None;
    };
    let first = function.body.first()?.as_expr_stmt()?;
    first
        .value
        .is_string_literal_expr()
        .then(|| first.value.range())
}
