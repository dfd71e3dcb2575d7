//! A file that is no notebook, or one that editors refuse or warn of.
//!
//! A broken file opens for the person who made it, from the editor's memory, and for nobody else.
//! What Jupyter refuses is an error: broken JSON (with the place), a git-LFS pointer, a missing list of cells.
//! What breaks a rule of the notebook format and opens all the same is a warning: missing or repeated ids,
//! outputs in a Markdown cell, an unknown type of cell.
//! The cells are read and checked as far as they go.
//! What can be repaired without loss is: missing ids and keys, what does not belong into a cell and says nothing there.
//!
//! ## Flagged
//! ```ipynb
//! {"cells": [], "metadata": {}, "nbformat": 4 "nbformat_minor": 5}
//! ```
//! > invalid-notebook: Broken JSON at line 1, column 45: a comma is missing
//!
//! ```ipynb
//! {"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "text", "outputs": []}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//! > invalid-notebook: `outputs` in cell 1
//!
//! ## Clean
//! ```ipynb
//! {"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "text"}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```

use crate::analysis::Facts;
use crate::notebook::ProblemKind;
use crate::rule::{Check, Context, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "invalid-notebook",
    group: Group::Version,
    severity: Severity::Error,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// What is wrong with a file is not mended by typing.
fn wakes(_before: &Facts, _after: &Facts) -> bool {
    false
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for problem in &*cx.notebook.problems {
        let severity = match problem.kind {
            ProblemKind::Unreadable => Severity::Error,
            ProblemKind::Invalid => Severity::Warning,
            ProblemKind::Conflict => continue,
        };
        let finding =
            Finding::new(RULE.name, problem.anchor, problem.message.as_str()).severity(severity);
        findings.push(if problem.is_mendable {
            finding.fix(Fix {
                action: "mend-file",
                title: "Repair what is wrong with the file, as far as nothing is lost".into(),
                safety: Safety::Safe,
                argument: None,
            })
        } else {
            finding
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{Config, Settings};
    use crate::engine::Analysis;
    use crate::format;

    fn severities(file: &str, config: Config) -> Vec<Severity> {
        Analysis::new(format::parse(file.as_bytes()), Arc::new(config))
            .findings()
            .filter(|finding| finding.rule == RULE.name)
            .map(|finding| finding.severity)
            .collect()
    }

    #[test]
    fn what_editors_refuse_is_worse_than_what_they_warn_of() {
        let broken = r#"{"cells": [], "metadata": {}, "nbformat": 4 "nbformat_minor": 5}"#;
        let invalid = r#"{"cells": [], "metadata": {}, "nbformat": 4}"#;
        let sound = r#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
        assert_eq!(severities(broken, Config::default()), [Severity::Error]);
        assert_eq!(severities(invalid, Config::default()), [Severity::Warning]);
        assert_eq!(severities(sound, Config::default()), []);
    }

    #[test]
    fn the_configuration_has_the_last_word() {
        let settings = Settings::from_toml("severity.invalid-notebook = 'hint'").unwrap();
        let config = Config::resolve(&[&settings], None);
        assert_eq!(severities("", config), [Severity::Hint]);
    }
}
