//! A cell that moves the session to another folder, or tells Python to import from one.
//!
//! After `%cd` or `os.chdir` every relative path means another file. Running the cell twice with a relative folder goes one
//! folder too far, and cells that are run alone read from the wrong place. `sys.path.append` makes imports depend on
//! where the notebook lies: a package that is installed (`%pip install -e .`) is found from everywhere.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! %cd data
//! #<^^^^^^ working-directory-change: every relative path below means another file
//! # %%
//! import os, sys
//! os.chdir("..")
//! #<^^^^^^^^^^^^ working-directory-change: every relative path below means another file
//! sys.path.append("../src")
//! #<^^^^^^^^^^^^^^^^^^^^^^^ working-directory-change: `%pip install -e <folder>`
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! import os
//! print(os.getcwd())
//! %pwd
//! open("data/x.csv")
//! ```

use crate::analysis::facts::{MagicKind, RemarkKind};
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};
use crate::text::TextRange;

pub const RULE: Rule = Rule {
    name: "working-directory-change",
    group: Group::Portable,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let moves = cx.facts.magics.iter().filter(|magic| {
        magic.kind == MagicKind::Line && matches!(&*magic.name, "cd" | "pushd" | "popd")
    });
    let moves = moves.map(|magic| magic.range);
    let moves: Vec<TextRange> = moves
        .chain(cx.facts.remarks_of(RemarkKind::DirectoryChange))
        .collect();
    for range in moves {
        findings.push(Finding::new(
            RULE.name,
            Anchor::Range(cx.index, range),
            format!(
                "When {} has run, every relative path below means another file, and a second run may go one folder too far. Keep the folder in a variable, and write paths from it.",
                cx.index
            ),
        ));
    }
    for range in cx.facts.remarks_of(RemarkKind::SearchPathChange) {
        findings.push(Finding::new(
            RULE.name,
            Anchor::Range(cx.index, range),
            "The imports below work only while the notebook lies where it does. Make the folder a package and install it once: `%pip install -e <folder>`.",
        ));
    }
}
