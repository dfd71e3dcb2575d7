//! A debugger's line that was left in.
//!
//! `breakpoint()`, `pdb.set_trace()` and `%debug` wait for somebody who types: a run without one (papermill, nbconvert, a
//! scheduled job) hangs or fails there. `%pdb on` does so at the next error. `ic(…)` of icecream prints what only its
//! author understands.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import pdb
//! from icecream import ic
//! def f(x):
//!     pdb.set_trace()
//! #   ^^^^^^^^^^^^^^^ debug-leftover: waits for somebody to type
//!     return x
//! breakpoint()
//! #<^^^^^^^^^^ debug-leftover: waits for somebody to type
//! # %%
//! ic(f(2))
//! #<^^^^^^ debug-leftover: icecream
//! %debug
//! #<^^^^ debug-leftover: waits for somebody to type
//! %pdb on
//! #<^^^^^ debug-leftover: at the next error
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! def ic(x):
//!     return x
//! ic(3)
//! %pdb off
//! ```

use crate::analysis::facts::{BindingKind, MagicKind, RemarkKind};
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};
use crate::text::TextRange;

pub const RULE: Rule = Rule {
    name: "debug-leftover",
    group: Group::Test,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let mut report = |range: TextRange, what: String, removable: bool| {
        let message = format!("{what} Remove it.");
        let finding = Finding::new(RULE.name, Anchor::Range(cx.index, range), message);
        findings.push(if removable {
            finding.fix(Fix {
                action: "remove-debug",
                title: "Remove the debugger's line".into(),
                safety: Safety::Safe,
                argument: None,
            })
        } else {
            finding
        });
    };
    let waits = |range: TextRange| {
        let text = cx.cell.text[range].lines().next().unwrap_or_default();
        format!(
            "`{text}` waits for somebody to type: a run of all cells without one hangs in {}, or fails.",
            cx.index
        )
    };
    for magic in &cx.facts.magics {
        match (magic.kind, &*magic.name, &*magic.argument) {
            (MagicKind::Line | MagicKind::Cell, "debug", _) => report(magic.range, waits(magic.range), true),
            (MagicKind::Line, "pdb", "" | "on" | "1" | "True") => report(
                magic.range,
                "This opens a debugger at the next error, and a run of all cells hangs there instead of failing.".to_owned(),
                true,
            ),
            _ => {}
        }
    }
    // Somebody's own `breakpoint` does what it was written for.
    let is_own = cx.all.link.binders("breakpoint").next().is_some();
    for range in cx.facts.remarks_of(RemarkKind::Breakpoint) {
        if !(is_own && cx.cell.text[range].starts_with("breakpoint")) {
            report(range, waits(range), true);
        }
    }
    if comes_from_icecream(cx) {
        for range in cx.facts.remarks_of(RemarkKind::Icecream) {
            report(
                range,
                "icecream's output is a note to whoever was debugging.".to_owned(),
                false,
            );
        }
    }
}

/// Whether `ic` is icecream's in this cell: by an import here, else in the nearest cell above.
fn comes_from_icecream(cx: &CellContext<'_>) -> bool {
    let above = || {
        cx.all
            .link
            .binder_above("ic", cx.index)
            .map(|cell| cx.all.facts(cell))
    };
    let own = cx.facts.exit("ic").map(|_| cx.facts);
    let Some(facts) = own.or_else(above) else {
        return false;
    };
    facts.exit("ic").is_some_and(|exit| {
        matches!(&facts.binding(exit).kind,
            BindingKind::Import { module, .. } if module.as_str() == "icecream")
    })
}
