//! Metadata in the file that changes without anyone meaning it.
//!
//! How a cell was shown (`collapsed`, `scrolled`, `hidden`), when it ran (`ExecuteTime`, `execution`, `executionInfo`), which
//! interpreter an editor chose, what a widget held: each run and each click changes it, so that diffs are full of what nobody
//! wrote, and merges stop at it. `cellwise clean` takes out the same keys, and `cellwise clean --kernel` the kernel's names,
//! too. The state of widgets counts where no output is stored that shows it.
//!
//! Opt-in: it is the policy of projects that keep such metadata out of version control. An editor keeps its own, so that
//! this is found in files, and in the JSON of a notebook that is opened as text.
//!
//! ## Flagged
//! ```ipynb
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {"collapsed": true, "tags": ["a"]}, "execution_count": null, "outputs": [], "source": "x = 1"},
//!  {"cell_type": "code", "id": "b", "metadata": {"ExecuteTime": {"end_time": "2020-01-01"}, "collapsed": true}, "execution_count": null, "outputs": [], "source": "y = 1"}],
//!  "metadata": {"vscode": {"interpreter": {"hash": "aee8b7b2"}}}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//! > volatile-metadata: `vscode.interpreter`, `collapsed` (in 2 cells) and `ExecuteTime`
//!
//! ## Clean
//! ```ipynb
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {"tags": ["a"]}, "execution_count": null, "outputs": [], "source": "x = 1"}],
//!  "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "vscode": {}}, "nbformat": 4, "nbformat_minor": 5}
//! ```

use crate::analysis::Facts;
use crate::notebook::Anchor;
use crate::rule::{Check, Context, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "volatile-metadata",
    group: Group::Version,
    severity: Severity::Warning,
    on_by_default: false,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// No text holds metadata.
fn wakes(_before: &Facts, _after: &Facts) -> bool {
    false
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let keys = cx
        .notebook
        .meta
        .volatile
        .iter()
        .map(|(key, count)| match count {
            1 => format!("`{key}`"),
            count => format!("`{key}` (in {count} cells)"),
        });
    let keys: Vec<String> = keys.collect();
    let named = match &keys[..] {
        [] => return,
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let message = format!(
        "The file holds {named}: that changes with each run or click, and fills diffs with what nobody wrote. \
         Take it out before you commit."
    );
    findings.push(Finding::new(RULE.name, Anchor::Notebook, message).fix(Fix {
        action: "strip-metadata",
        title: "Take out the metadata that nobody meant".into(),
        safety: Safety::Safe,
        argument: None,
    }));
}
