//! A cell whose stored output is an error.
//!
//! A run of all cells stops at the first error, so nobody sees what stands below it, and what is
//! stored there comes from a run that nobody can repeat. A cell that is meant to fail says so with the tag
//! `raises-exception`: nbconvert and papermill then go on, and nothing is reported.
//!
//! ## Flagged
//! ```notebook
//! # %% In [3] error=ZeroDivisionError: division by zero
//! ratio = 1 / 0
//! #<^^^ failed-cell: ended in ZeroDivisionError: division by zero
//! ```
//!
//! ```notebook
//! # %% In [3] error=KeyboardInterrupt
//! while True:
//! #<^^^ failed-cell: was interrupted
//!     pass
//! ```
//!
//! ## Clean
//! ```notebook
//! # %% tags=["raises-exception"] In [3] error=ZeroDivisionError: division by zero
//! ratio = 1 / 0
//! ```

use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity, missing, outdated};

pub const RULE: Rule = Rule {
    name: "failed-cell",
    group: Group::State,
    severity: Severity::Warning,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

/// How many characters of an exception's text a message repeats.
const LONGEST: usize = 80;

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let Some(error) = &cx.cell.outputs.error else {
        return;
    };
    // The screen shows a later run, which went well.
    let is_mended = cx.cell.outputs.outdated && cx.cell.execution.success == Some(true);
    if !cx.cell.is_code() || is_mended || missing::fails_on_purpose(cx) {
        return;
    }
    let this = cx.all.cell_name(cx.index);
    let note = outdated::note(cx.cell);
    let message = if &*error.ename == "KeyboardInterrupt" {
        format!(
            "{this} was interrupted: what it left behind is half done, and its output says so to everybody. Run it to its end, or clear its output.{note}"
        )
    } else {
        let what = said(&error.ename, &error.evalue);
        format!(
            "{this} ended in {what}: a run of all cells stops here. Mend it and run it again, or tag it `raises-exception` if it is meant to fail.{note}"
        )
    };
    findings.push(Finding::new(RULE.name, Anchor::Cell(cx.index), message));
}

/// The exception's class and the first line of its text.
fn said(ename: &str, evalue: &str) -> String {
    let line = without_colours(evalue.lines().next().unwrap_or_default());
    let line = line.trim();
    let name = if ename.is_empty() { "an error" } else { ename };
    if line.is_empty() {
        return name.to_owned();
    }
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    format!("{name}: {}", short.trim_end_matches(['.', ':']))
}

/// A text without the escape sequences that colour it in a terminal.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_said_in_one_plain_line() {
        assert_eq!(
            said("LoadError", "\u{1b}[91mno such method\u{1b}[0m:\nstack"),
            "LoadError: no such method"
        );
        assert_eq!(said("", ""), "an error");
    }
}
