//! All safe repairs of a notebook as one edit, for an editor that makes them when a file is saved.

use std::sync::Arc;

use super::{Analysis, Repairs};
use crate::action::Client;
use crate::notebook::{Cell, CellIdx, Edit, EditOp, Notebook};
use crate::project::Project;
use crate::rule::{Finding, Safety, Severity};
use crate::text::{TextRange, TextSize};

/// A repair may make another possible, and none should bring back what another took away.
const MOST_ROUNDS: usize = 20;

impl Analysis {
    /// Whether there may be something to repair; cheap. `cell` alone, or any.
    pub fn may_fix(&self, cell: Option<CellIdx>) -> bool {
        let may = |finding: &Finding| {
            is_wanted(finding)
                && finding
                    .fix
                    .as_ref()
                    .is_some_and(|fix| fix.safety == Safety::Safe)
        };
        match cell {
            Some(cell) => self.cell_findings(cell).iter().any(may),
            None => self.findings().any(may),
        }
    }

    /// The safe repairs of everything but hints, round by round, as one edit of the notebook as it is now.
    /// With a `cell`, its findings alone, as far as their repairs stay within its text.
    pub fn fix_all(&self, cell: Option<CellIdx>, client: Client, project: &dyn Project) -> Repairs {
        let mut now = self.notebook().clone();
        // Where each cell comes from; `None` for a new one.
        let mut origins: Vec<Option<CellIdx>> = (0..now.cells.len())
            .map(|at| Some(CellIdx::new(at)))
            .collect();
        let mut findings = 0;
        for _ in 0..MOST_ROUNDS {
            let round = self.like(&now);
            let is_ours = |finding: &Finding| cell.is_none() || finding.anchor.cell() == cell;
            let can_do = |edit: &Edit| client.cell_structure || edit.is_text_only();
            let fits = |edit: &Edit| can_do(edit) && cell.is_none_or(|cell| stays_in(edit, cell));
            let repairs = round.repairs_by(
                client,
                Safety::Safe,
                |finding| is_wanted(finding) && is_ours(finding),
                fits,
                project,
            );
            let can_be_said = repairs.edit.ops.iter().all(|op| {
                matches!(
                    op,
                    EditOp::Replace { .. } | EditOp::Insert { .. } | EditOp::Remove { .. }
                )
            });
            if repairs.findings == 0 || !can_be_said {
                break;
            }
            findings += repairs.findings;
            let slots = repairs.edit.arrangement(now.cells.len());
            origins = slots
                .iter()
                .map(|slot| match slot {
                    crate::notebook::edit::Slot::Kept(cell) => origins[cell.to_usize()],
                    crate::notebook::edit::Slot::New(..) => None,
                })
                .collect();
            now = repairs.edit.apply(&now);
        }
        Repairs {
            edit: difference(self.notebook(), &now, &origins),
            findings,
        }
    }

    /// A fresh analysis of another notebook that knows of its surroundings what this one does.
    fn like(&self, notebook: &Notebook) -> Self {
        let (config, cache) = (Arc::clone(&self.config), Arc::clone(&self.cache));
        let mut analysis = Self::with_cache(notebook.clone(), config, cache);
        analysis.surroundings = Arc::clone(&self.surroundings);
        analysis.imports = Arc::clone(&self.imports);
        analysis.relink();
        analysis.settle();
        analysis
    }
}

/// A hint is for a person to look at.
fn is_wanted(finding: &Finding) -> bool {
    finding.severity != Severity::Hint
}

fn stays_in(edit: &Edit, cell: CellIdx) -> bool {
    let is_own = |op: &EditOp| matches!(op, EditOp::Replace { cell: own, .. } if *own == cell);
    edit.ops.iter().all(is_own)
}

/// The edit that makes `after` of `before`, whose cells kept their order.
fn difference(before: &Notebook, after: &Notebook, origins: &[Option<CellIdx>]) -> Edit {
    let mut edit = Edit::default();
    let mut next = 0;
    for (cell, origin) in after.cells.iter().zip(origins) {
        match origin {
            Some(origin) => {
                remove(&mut edit, next, origin.to_usize());
                next = origin.to_usize() + 1;
                edit.ops.extend(
                    before
                        .cell(*origin)
                        .and_then(|was| replaced(*origin, was, cell)),
                );
            }
            None => edit.ops.push(EditOp::Insert {
                at: CellIdx::new(next),
                kind: cell.kind,
                text: cell.text.to_string(),
            }),
        }
    }
    remove(&mut edit, next, before.cells.len());
    edit
}

fn remove(edit: &mut Edit, from: usize, to: usize) {
    let gone = (from..to).map(|at| EditOp::Remove {
        cell: CellIdx::new(at),
    });
    edit.ops.extend(gone);
}

/// The part of a text that differs.
fn replaced(cell: CellIdx, before: &Cell, after: &Cell) -> Option<EditOp> {
    let (old, new) = (&*before.text, &*after.text);
    if old == new {
        return None;
    }
    let start: usize = old
        .chars()
        .zip(new.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let end: usize = old[start..]
        .chars()
        .rev()
        .zip(new[start..].chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    Some(EditOp::Replace {
        cell,
        range: TextRange::new(size(start), size(old.len() - end)),
        text: new[start..new.len() - end].to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Settings};
    use crate::format::percent;
    use crate::project::NoProject;

    fn analysis(script: &str) -> Analysis {
        let settings = Settings::from_toml("severity.empty-cell = 'warning'").unwrap();
        let config = Arc::new(Config::resolve(&[&settings], None));
        Analysis::new(percent::parse(script), config)
    }

    fn fixed(script: &str, cell: Option<u32>, client: Client) -> Vec<String> {
        let analysis = analysis(script);
        let repairs = analysis.fix_all(cell.map(CellIdx), client, &NoProject);
        let after = repairs.edit.apply(analysis.notebook());
        after
            .cells
            .iter()
            .map(|cell| cell.text.to_string())
            .collect()
    }

    const ALL: Client = Client {
        cell_structure: true,
        files: false,
    };

    #[test]
    fn rounds_become_one_edit() {
        let script = "# %%\nnp.mean(plt)\n# %%\n# %%\nbreakpoint()\nx = 1\n# %%\n# %%\npd.x\n";
        assert!(analysis(script).may_fix(None));
        let cells = fixed(script, None, ALL);
        assert_eq!(
            cells,
            [
                "import numpy as np\nimport matplotlib.pyplot as plt\nimport pandas as pd",
                "np.mean(plt)",
                "x = 1",
                "pd.x"
            ]
        );
        let again = fixed(&format!("# %%\n{}\n", cells.join("\n# %%\n")), None, ALL);
        assert_eq!(again, cells);
    }

    #[test]
    fn one_cell_stays_within_itself() {
        let script = "# %%\nimport os\n# %%\nbreakpoint()\nnp.x\n# %%\nbreakpoint()\ny = 1\n";
        assert_eq!(
            fixed(script, Some(1), ALL),
            ["import os", "np.x", "breakpoint()\ny = 1"]
        );
    }

    #[test]
    fn a_client_without_cell_edits_gets_what_is_text() {
        let script = "# %%\nimport os\n# %%\n# %%\nnp.x\n";
        assert_eq!(
            fixed(
                script,
                None,
                Client {
                    cell_structure: false,
                    files: false
                }
            ),
            ["import os\nimport numpy as np", "", "np.x"]
        );
    }
}
