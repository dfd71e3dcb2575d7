//! A function that depends on a notebook variable which it does not take as a parameter.
//!
//! What it returns depends on which cells ran before the call, no test can give it another value, and no module can have it
//! as it is. Modules, functions, classes, constants in CAPITALS and loggers are what functions are meant to read;
//! so are numbers and strings that one cell alone binds, which are constants in all but name. Functions with a decorator
//! are called by somebody else, who says what they are given.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! rates = load_rates()
//! # %%
//! def gross(net):
//! #   ^^^^^ function-reads-global: reads `rates` of cell 1
//!     return net * (1 + rates["standard"])
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! import logging
//! import math
//! import scipy
//! RATE = 0.19
//! digits = 2
//! stats = scipy.stats
//! logger = logging.getLogger("prices")
//! def rounded(x):
//!     logger.info("%s", stats.norm(x))
//!     return math.ceil(x * 10 ** digits)
//! # %%
//! def gross(net, rates):
//!     return rounded(net * (1 + RATE + rates["extra"]))
//! ```

use crate::analysis::facts::BindingKind;
use crate::analysis::globals;
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "function-reads-global",
    group: Group::Structure,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

/// How many names a message tells besides the first.
const MOST_NAMED: usize = 2;

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for binding in &cx.facts.bindings {
        let BindingKind::Function(scope) = binding.kind else {
            continue;
        };
        // Whoever decorates it calls it, and gives it what they like.
        if cx.facts.scope(scope).decorated {
            continue;
        }
        let read = globals::read_by(cx.all.link, cx.index, scope);
        let Some(((name, cell), rest)) = read.split_first() else {
            continue;
        };
        let more = rest.len().saturating_sub(MOST_NAMED);
        let named = rest.iter().take(rest.len() - more);
        let mut others: String = named.map(|(name, _)| format!(", `{name}`")).collect();
        if more > 0 {
            others = format!("{others} and {more} more");
        }
        let them = if rest.is_empty() {
            "it a parameter"
        } else {
            "them parameters"
        };
        findings.push(
            Finding::new(
                RULE.name,
                Anchor::Range(cx.index, binding.range),
                format!(
                    "`{}` reads `{name}` of {cell}{others} without taking {}: its result depends on which cells ran before, and no test can give it another. Make {them}.",
                    binding.name,
                    if rest.is_empty() { "it" } else { "them" },
                ),
            )
            .fix(Fix {
                action: "parametrize-function",
                title: format!("Make `{name}`{others} {} of `{}`", if rest.is_empty() { "a parameter" } else { "parameters" }, binding.name),
                safety: Safety::Unsafe,
                argument: Some(binding.name.to_string()),
            }),
        );
    }
}
