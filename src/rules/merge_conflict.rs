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
use crate::format::conflict;
use crate::notebook::{Anchor, CellIdx, ProblemKind};
use crate::rule::{Check, Context, Finding, Group, Rule, Severity};
use crate::text::{TextRange, TextSize};

pub const RULE: Rule = Rule {
    name: "merge-conflict",
    group: Group::Version,
    severity: Severity::Error,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// The markers in a file stay until it is saved and read anew; those in a cell come and go.
fn wakes(before: &Facts, after: &Facts) -> bool {
    may_hold_markers(before) || may_hold_markers(after)
}

/// No marker starts a line of code that is Python, unless inside a string.
fn may_hold_markers(facts: &Facts) -> bool {
    !facts.syntax_errors.is_empty() || facts.statements.is_empty()
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
    for (index, cell) in cx.notebook.indexed() {
        if cell.is_code() && may_hold_markers(cx.facts(index)) {
            in_cell(cx, index, &cell.text, findings);
        }
    }
}

/// The conflicts that somebody committed inside a cell's code, or that nbdime wrote there.
fn in_cell(cx: &Context<'_>, index: CellIdx, text: &str, findings: &mut Vec<Finding>) {
    for conflict in conflict::find(text.as_bytes()) {
        let (Some(first), Ok(start)) = (
            text[conflict.span.start..].lines().next(),
            u32::try_from(conflict.span.start),
        ) else {
            continue;
        };
        let ours = conflict::name_side(&conflict.ours_label, "one side");
        let theirs = conflict::name_side(&conflict.theirs_label, "the other");
        let range = TextRange::at(TextSize::new(start), TextSize::of(first));
        let cell = cx.cell_name(index);
        findings.push(Finding::new(
            RULE.name,
            Anchor::Range(index, range),
            format!(
                "The code of {cell} holds a merge conflict between {ours} and {theirs}, so it cannot run; \
                 keep one side and remove the marker lines."
            ),
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::config::Config;
    use crate::engine::Analysis;
    use crate::format::percent;
    use crate::notebook::{Anchor, Cell, CellIdx, CellKind};
    use crate::text::{TextRange, TextSize};
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
                    assert!(
                        found.len() == 1 && found[0].contains(expected),
                        "{file}\n{found:#?}"
                    );
                }
                None => assert!(found.is_empty(), "{file}\n{found:#?}"),
            }
        }
        examples.len()
    }

    #[test]
    fn a_conflict_in_a_cell_comes_and_goes() {
        let conflict = "<<<<<<< local\nx\n=======\ny\n>>>>>>> remote\n";
        let notebook = percent::parse("# %%\nx = 1\n# %%\ny = 1\n");
        let mut analysis = Analysis::new(notebook, Arc::new(Config::default()));
        let mut places = |text: &str| -> Vec<Anchor> {
            let cell = Cell::new(CellKind::Code, text);
            analysis.set_cell(CellIdx(1), cell);
            analysis.settle();
            let found = analysis.findings();
            let found = found.filter(|finding| finding.rule == "merge-conflict");
            found.map(|finding| finding.anchor).collect()
        };
        let first = TextRange::up_to(TextSize::of("<<<<<<< local"));
        assert_eq!(places(conflict), [Anchor::Range(CellIdx(1), first)]);
        assert_eq!(places("y"), []);
        assert_eq!(places(&format!("text = '''\n{conflict}'''")), []);
        assert_eq!(places(&format!("%%bash\n{conflict}")).len(), 1);
    }

    #[test]
    fn the_documented_examples_hold() {
        assert_eq!(run_examples("merge-conflict"), 3);
        assert_eq!(run_examples("invalid-notebook"), 3);
    }
}
