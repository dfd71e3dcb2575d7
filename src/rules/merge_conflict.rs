//! Conflict markers that git left in the file, or that somebody committed inside a cell.
//!
//! No editor opens a notebook with markers between its lines, and in one click of "theirs" half of the work is gone.
//! Cellwise reads it all the same, with both sides: a cell that differs stands there twice,
//! first as it was checked out, then as it was merged in.
//!
//! ## Flagged
//! ```ipynb
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source":
//! <<<<<<< HEAD
//!  "x = 1"
//! =======
//!  "x = 2"
//! >>>>>>> origin/main
//!  }], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//! > merge-conflict: between HEAD and origin/main in cell 1 (HEAD) and cell 2 (origin/main)
//!
//! ```ipynb
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source":
//!  "<<<<<<< local\nx = 1\n=======\nx = 2\n>>>>>>> remote"}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//! > merge-conflict: The code of cell 1 holds a merge conflict between local and remote
//!
//! ## Clean
//! ```ipynb
//! {"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source":
//!  "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x"}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```

use crate::analysis::Facts;
use crate::notebook::ProblemKind;
use crate::rule::{Check, Context, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "merge-conflict",
    group: Group::Version,
    severity: Severity::Error,
    on_by_default: true,
    check: Check::NotebookWhen { check, wakes },
    source: "",
};

/// The markers in a file stay until it is saved and read anew.
fn wakes(_before: &Facts, _after: &Facts) -> bool {
    false
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for problem in &*cx.notebook.problems {
        if problem.kind == ProblemKind::Conflict {
            findings.push(Finding::new(
                RULE.name,
                problem.anchor,
                problem.message.as_str(),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::config::Config;
    use crate::engine::Analysis;
    use crate::{format, rules};

    /// Runs the `ipynb` examples of a rule: each must give what the line after it says, or nothing.
    fn run_examples(name: &str) -> usize {
        let source = rules::find(name).unwrap().source;
        let header = source.lines().map_while(|line| line.strip_prefix("//!"));
        let mut examples: Vec<(String, Option<String>)> = Vec::new();
        let mut inside = false;
        for line in header.map(|line| line.strip_prefix(' ').unwrap_or(line)) {
            match (inside, line) {
                (false, "```ipynb") => {
                    inside = true;
                    examples.push(Default::default());
                }
                (true, "```") => inside = false,
                (true, line) => {
                    let (file, _) = examples.last_mut().unwrap();
                    file.push_str(line);
                    file.push('\n');
                }
                (false, line) => {
                    if let Some(expected) = line.strip_prefix(&format!("> {name}: ")) {
                        examples.last_mut().unwrap().1 = Some(expected.to_owned());
                    }
                }
            }
        }
        for (file, expected) in &examples {
            let analysis =
                Analysis::new(format::parse(file.as_bytes()), Arc::new(Config::default()));
            let found: Vec<&str> = analysis
                .findings()
                .filter(|finding| finding.rule == name)
                .map(|finding| finding.message.as_str())
                .collect();
            match expected {
                Some(expected) => {
                    assert!(found.len() == 1 && found[0].contains(expected), "{file}\n{found:#?}");
                }
                None => assert!(found.is_empty(), "{file}\n{found:#?}"),
            }
        }
        examples.len()
    }

    #[test]
    fn the_documented_examples_hold() {
        assert_eq!(run_examples("merge-conflict"), 3);
        assert_eq!(run_examples("invalid-notebook"), 3);
    }
}
