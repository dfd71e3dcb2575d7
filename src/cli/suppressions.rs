//! `cellwise check --add-suppressions`: an old repository begins with what is new.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::{check, files, write};
use crate::action::Client;
use crate::analysis::clones::Index;
use crate::engine::Analysis;
use crate::format::{self, Hint};
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::project::NoProject;
use crate::rule::Finding;
use crate::suppress;
use crate::text::TextRange;
use crate::workspace::Workspace;

/// What was done to one notebook.
#[derive(Debug, Default)]
pub struct Added {
    pub findings: usize,
    /// Findings that no comment can be written for: those of the file, and of cells without code.
    pub left: usize,
}

/// A comment may move another place, so they are written in rounds; no cell needs more.
const MOST_ROUNDS: usize = 1_000;

const CLIENT: Client = Client {
    cell_structure: false,
    files: false,
};

/// Writes a comment for each finding that is `meant`.
///
/// # Errors
/// With a sentence for a person; the file is then as it was.
pub fn add(
    path: &Path,
    workspace: &Workspace,
    index: &Arc<Index>,
    meant: impl Fn(&Finding, &crate::config::Config) -> bool,
) -> Result<Added, String> {
    let config = check::config_of(path, workspace)?;
    let old = files::read(path)?;
    let hint = Hint::of_path(path);
    let mut new: Option<Vec<u8>> = None;
    let mut added = Added::default();
    for _ in 0..MOST_ROUNDS {
        let bytes = new.as_deref().unwrap_or(&old);
        let notebook = format::parse_as(bytes, hint);
        let mut analysis = check::analyse(path, notebook, &config, workspace);
        analysis.set_clones(index, &check::name_of(path));
        analysis.settle();
        let findings: Vec<&Finding> = analysis
            .findings()
            .filter(|finding| finding.rule != suppress::RULE_NAME && meant(finding, &config))
            .collect();
        let edit = comments(&analysis, &findings);
        if edit.ops.is_empty() {
            added.left = findings.len();
            break;
        }
        let patched = format::patch_as(bytes, hint, &edit)
            .map_err(|reason| format!("{} is left as it is: {reason}", path.display()))?;
        added.findings += edit.ops.len();
        new = Some(patched);
    }
    if let Some(new) = new {
        write::replace(&write::Unbroken::begin(), path, &old, &new)?;
    }
    Ok(added)
}

/// The comments of one round: no two at one place.
fn comments(analysis: &Analysis, findings: &[&Finding]) -> Edit {
    let mut edit = Edit::default();
    let mut taken: BTreeSet<(CellIdx, u32)> = BTreeSet::new();
    for finding in findings {
        let Some((cell, range)) = place(analysis, finding) else {
            continue;
        };
        let offers = analysis.offers(cell, range, CLIENT, &NoProject);
        let Some((action, _)) = offers.iter().find(|(action, offer)| {
            action.name == "suppress" && offer.argument.as_deref() == Some(finding.rule)
        }) else {
            continue;
        };
        let Ok(comment) =
            analysis.edit(action, Some(finding.rule), cell, range, CLIENT, &NoProject)
        else {
            continue;
        };
        let [EditOp::Replace { cell, range, .. }] = &comment.ops[..] else {
            continue;
        };
        if taken.insert((*cell, range.start().to_u32())) {
            edit.ops.extend(comment.ops);
        }
    }
    edit
}

fn place(analysis: &Analysis, finding: &Finding) -> Option<(CellIdx, TextRange)> {
    let cell = finding.anchor.cell()?;
    let text = &analysis.notebook().cell(cell)?.text;
    Some((cell, finding.anchor.range_in(text)))
}
