//! A notebook of more than 100 code cells, or of 1,000 lines of code with hardly a function.
//!
//! Nobody holds so much state in mind, and a change at the top is a matter of luck at the bottom. Sections with names of
//! their own make several notebooks; what they share makes a module. "Hardly a function" means fewer than one function or
//! class for 100 lines. Blank lines and comments do not count.
//!
//! ## Flagged
//! ```notebook repeat=101
//! # %%
//! tick()
//! ```
//! > long-notebook: 101 code cells
//!
//! ## Clean
//! ```notebook
//! # %%
//! x = 1
//! ```

use crate::analysis::Facts;
use crate::notebook::Anchor;
use crate::rule::{Check, Context, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "long-notebook",
    group: Group::Structure,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// The most code cells, and the most lines of code, that people keep in mind.
const MOST_CELLS: usize = 100;
const MOST_LINES: usize = 1_000;
/// Code in which a function or class stands for so many lines is cut into pieces already.
const LINES_OF_A_FUNCTION: usize = 100;

fn wakes(before: &Facts, after: &Facts) -> bool {
    before.code_lines != after.code_lines || definitions_in(before) != definitions_in(after)
}

fn definitions_in(facts: &Facts) -> usize {
    let kinds = facts.bindings.iter().map(|binding| &binding.kind);
    kinds.filter(|kind| kind.is_definition()).count()
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let (mut cells, mut lines, mut definitions) = (0, 0, 0);
    for (index, cell) in cx.notebook.indexed().filter(|(_, cell)| cell.is_code()) {
        if cell.is_python(&cx.notebook.meta.language) {
            let facts = cx.facts(index);
            cells += usize::from(facts.code_lines > 0);
            lines += facts.code_lines as usize;
            definitions += definitions_in(facts);
        } else {
            cells += usize::from(!cell.text.trim().is_empty());
        }
    }
    let message = if cells > MOST_CELLS {
        format!(
            "The notebook has {cells} code cells, more than {MOST_CELLS}: nobody keeps in mind what they leave to each other. Cut it into several at its headings, and move what they share to a module."
        )
    } else if lines > MOST_LINES && definitions * LINES_OF_A_FUNCTION < lines {
        let count = match definitions {
            0 => "no function".to_owned(),
            1 => "1 function or class".to_owned(),
            more => format!("{more} functions and classes"),
        };
        format!(
            "The notebook has {lines} lines of code and {count}: none of it can be run or tested alone. Move parts of it to functions, and those to a module."
        )
    } else {
        return;
    };
    findings.push(Finding::new(RULE.name, Anchor::Notebook, message));
}
