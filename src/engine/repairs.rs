//! What a command can repair without a person beside it.

use super::Analysis;
use crate::action::{ActionContext, Client};
use crate::actions;
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::project::Project;
use crate::rule::{Finding, Fix, Safety};

/// Edits of several findings that can be made at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repairs {
    pub edit: Edit,
    /// How many findings they are for.
    pub findings: usize,
}

/// Who repairs files can do what a notebook's file can hold.
const CLIENT: Client = Client {
    cell_structure: true,
    files: false,
};

/// Who sits at an editor can have files written, too.
const EDITOR: Client = Client {
    cell_structure: true,
    files: true,
};

impl Analysis {
    /// The repair of a finding, where it can be made: its action may have a reason to refuse.
    pub fn repair_of<'a>(&self, finding: &'a Finding, project: &dyn Project) -> Option<&'a Fix> {
        let fix = finding.fix.as_ref()?;
        let is_trial = true;
        let edit = self.edit_of(finding, fix, (EDITOR, project), is_trial);
        edit.map(|_| fix)
    }

    fn edit_of(
        &self,
        finding: &Finding,
        fix: &Fix,
        on: (Client, &dyn Project),
        is_trial: bool,
    ) -> Option<Edit> {
        // What concerns the whole notebook or its file is repaired from its start.
        let cell = finding.anchor.cell().unwrap_or(CellIdx(0));
        let text = self.notebook.cell(cell).map_or("", |cell| &cell.text);
        let range = finding.anchor.range_in(text);
        let action = actions::find(fix.action)?;
        let findings = self.findings_at(cell, range);
        let cx = ActionContext {
            is_trial,
            ..self.action_context(cell, range, &findings, on)
        };
        let edit = self.applied(action, fix.argument.as_deref(), &cx);
        edit.ok().filter(|edit| !edit.ops.is_empty())
    }

    /// The repairs of findings that are `wanted`, as far as they fit together: the others are for the
    /// next round, when the notebook has been read anew. Without any, no finding can be repaired.
    pub fn repairs(
        &self,
        most: Safety,
        wanted: impl Fn(&Finding) -> bool,
        project: &dyn Project,
    ) -> Repairs {
        let fits = |edit: &Edit| !edit.ops.iter().any(is_about_files);
        self.repairs_by(CLIENT, most, wanted, fits, project)
    }

    /// The same for what `client` can do, as far as an edit `fits`.
    pub(super) fn repairs_by(
        &self,
        client: Client,
        most: Safety,
        wanted: impl Fn(&Finding) -> bool,
        fits: impl Fn(&Edit) -> bool,
        project: &dyn Project,
    ) -> Repairs {
        let mut repairs = Repairs::default();
        let mut taken: Vec<(&'static str, Edit)> = Vec::new();
        for finding in self.findings().filter(|finding| wanted(finding)) {
            let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safety <= most) else {
                continue;
            };
            let edit = self.edit_of(finding, fix, (client, project), false);
            let edit = edit.filter(|edit| fits(edit));
            let Some(edit) = edit else { continue };
            if taken.iter().any(|(_, other)| *other == edit) {
                repairs.findings += 1;
                continue;
            }
            let fits = taken.is_empty()
                || (fix.safety == Safety::Safe
                    && is_local(&edit)
                    && taken
                        .iter()
                        .all(|(action, other)| *action == fix.action && is_local(other)));
            if fits {
                repairs.findings += 1;
                repairs.edit.ops.extend(edit.ops.iter().cloned());
                taken.push((fix.action, edit));
            }
        }
        repairs
    }
}

/// A command changes the notebook's own file alone: what needs another one is for an editor.
fn is_about_files(op: &EditOp) -> bool {
    matches!(op, EditOp::CreateFile { .. } | EditOp::EditFile { .. })
}

/// Whether the edit takes nothing from another of its kind: it adds text, or takes away a whole cell.
fn is_local(edit: &Edit) -> bool {
    edit.ops.iter().all(|op| match op {
        EditOp::Replace { range, .. } => range.is_empty(),
        EditOp::Remove { .. } => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;
    use crate::format::percent;
    use crate::notebook::Notebook;
    use crate::project::NoProject;

    fn repairs(notebook: &Notebook) -> Repairs {
        let analysis = Analysis::new(notebook.clone(), Arc::new(Config::default()));
        analysis.repairs(Safety::Safe, |_| true, &NoProject)
    }

    #[test]
    fn what_fits_together_is_one_round() {
        let script =
            "# %%\nimport os\n# %%\n# %%\nnp.mean(pd)\nnp.sum()\nos.getcwd()\n# %%\n# %%\nx = 1\n";
        let mut notebook = percent::parse(script);
        let mut rounds = Vec::new();
        loop {
            let repairs = repairs(&notebook);
            if repairs.findings == 0 {
                break;
            }
            notebook = repairs.edit.apply(&notebook);
            rounds.push(repairs.findings);
        }
        let texts: Vec<&str> = notebook.cells.iter().map(|cell| &*cell.text).collect();
        assert_eq!(
            texts,
            [
                "import os\nimport numpy as np\nimport pandas as pd",
                "np.mean(pd)\nnp.sum()\nos.getcwd()",
                "x = 1"
            ]
        );
        assert_eq!(rounds.len(), 2, "{rounds:?}");
    }

    #[test]
    fn a_new_cell_takes_a_round_of_its_own() {
        let notebook = percent::parse("# %%\nnp.mean(plt)\n");
        let first = repairs(&notebook);
        assert_eq!(first.edit.ops.len(), 1);
        let notebook = first.edit.apply(&notebook);
        let notebook = repairs(&notebook).edit.apply(&notebook);
        assert_eq!(
            &*notebook.cells[0].text,
            "import numpy as np\nimport matplotlib.pyplot as plt"
        );
        assert_eq!(repairs(&notebook), Repairs::default());
    }
}
