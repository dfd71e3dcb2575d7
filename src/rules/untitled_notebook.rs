//! A file name that says nothing, or that other systems refuse.
//!
//! `Untitled3.ipynb` and `prices-Copy1.ipynb` tell nobody what they are or which of two is the right one. Windows refuses
//! names with `< > : " | ? * \`, and names like `con` and `aux`: the repository can then not be checked out there.
//!
//! ## Flagged
//! ```notebook name=Untitled3.ipynb
//! # %%
//! x = 1
//! ```
//! > untitled-notebook: says nothing of what it is
//!
//! ```notebook name=prices-Copy1.ipynb
//! # %%
//! x = 1
//! ```
//! > untitled-notebook: a copy
//!
//! ```notebook name="what now?.ipynb"
//! # %%
//! x = 1
//! ```
//! > untitled-notebook: Windows refuses the character `?`
//!
//! ## Clean
//! ```notebook name="01 Prices of copy paper.ipynb"
//! # %%
//! x = 1
//! ```

use crate::analysis::Facts;
use crate::notebook::Anchor;
use crate::rule::{Check, Context, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "untitled-notebook",
    group: Group::Version,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// Names that Windows keeps for devices, whatever stands after the dot.
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];
const REFUSED: &[char] = &['<', '>', ':', '"', '|', '?', '*', '\\'];

/// No text changes the file's name.
fn wakes(_before: &Facts, _after: &Facts) -> bool {
    false
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(name) = &cx.notebook.meta.file_name else {
        return;
    };
    if let Some(fault) = fault(name) {
        let message = format!("{fault} Give the notebook a name that tells its subject.");
        findings.push(Finding::new(RULE.name, Anchor::Notebook, message));
    }
}

fn fault(name: &str) -> Option<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let lower = stem.to_lowercase();
    if let Some(refused) = name.chars().find(|c| REFUSED.contains(c)) {
        return Some(format!(
            "Windows refuses the character `{refused}` in the file's name, so the repository cannot be checked out there."
        ));
    }
    if DEVICES.contains(&lower.as_str()) || stem.ends_with(' ') {
        return Some(format!(
            "Windows refuses `{name}` as a file's name, so the repository cannot be checked out there."
        ));
    }
    if let Some(rest) = lower.strip_prefix("untitled")
        && is_number(rest)
    {
        return Some(format!("`{name}` says nothing of what it is."));
    }
    let copied = lower
        .rsplit_once("-copy")
        .is_some_and(|(_, rest)| is_number(rest))
        || lower.starts_with("copy of ");
    copied.then(|| {
        format!("`{name}` is a copy, and nobody will know which of the two is the right one.")
    })
}

/// Nothing, `3`, ` (3)`, `-3`.
fn is_number(rest: &str) -> bool {
    rest.chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_without_their_ending() {
        for name in [
            "Untitled.ipynb",
            "untitled (2).py",
            "a-Copy12.ipynb",
            "Copy of a.ipynb",
            "con.ipynb",
        ] {
            assert!(fault(name).is_some(), "{name}");
        }
        for name in [
            "untitled-works-of-bach.ipynb",
            "copy.ipynb",
            "a-copying.ipynb",
            "contents.ipynb",
        ] {
            assert_eq!(fault(name), None);
        }
    }
}
