//! What can be done at a place of a notebook, and what it would do.

use std::sync::Arc;

use super::Analysis;
use crate::action::{Action, ActionContext, Choices, Client, Offer, Refusal};
use crate::actions;
use crate::analysis::Link;
use crate::analysis::secrets::Masked;
use crate::notebook::{CellIdx, Edit, Home};
use crate::project::Project;
use crate::refactor::marimo;
use crate::rule::Finding;
use crate::text::TextRange;

impl Analysis {
    /// What could be done at a place, disabled offers with their reason included.
    pub fn offers(
        &self,
        cell: CellIdx,
        range: TextRange,
        client: Client,
        project: &dyn Project,
    ) -> Vec<(&'static Action, Offer)> {
        let findings = self.findings_at(cell, range);
        let cx = self.action_context(cell, range, &findings, (client, project));
        let masked = self.masked(cell);
        actions::ALL
            .iter()
            .flat_map(|action| {
                (action.offer)(&cx)
                    .into_iter()
                    .map(move |offer| (action, offer))
            })
            .map(|(action, mut offer)| {
                let asked = offer.ask.as_mut().map(|ask| &mut ask.title);
                let said = [Some(&mut offer.title), offer.disabled.as_mut(), asked];
                said.into_iter()
                    .flatten()
                    .for_each(|words| masked.hide(words));
                (action, offer)
            })
            .collect()
    }

    fn masked(&self, cell: CellIdx) -> Masked<'_> {
        Masked::new(self.notebook.cell(cell).map_or("", |cell| &cell.text))
    }

    /// What a person may choose from where an offer [asks](crate::action::Ask).
    pub fn choices(
        &self,
        action: &Action,
        cell: CellIdx,
        range: TextRange,
        client: Client,
        project: &dyn Project,
    ) -> Option<Choices> {
        let findings = self.findings_at(cell, range);
        let cx = self.action_context(cell, range, &findings, (client, project));
        actions::choices(action, &cx)
    }

    /// What one of the [`offers`](Self::offers) does.
    ///
    /// # Errors
    /// Where it cannot be done there, or no longer.
    pub fn edit(
        &self,
        action: &Action,
        argument: Option<&str>,
        cell: CellIdx,
        range: TextRange,
        client: Client,
        project: &dyn Project,
    ) -> Result<Edit, Refusal> {
        let findings = self.findings_at(cell, range);
        let cx = self.action_context(cell, range, &findings, (client, project));
        let edit = self.applied(action, argument, &cx);
        edit.map_err(|mut refusal| {
            self.masked(cell).hide(&mut refusal.0);
            refusal
        })
    }

    pub(super) fn applied(
        &self,
        action: &Action,
        argument: Option<&str>,
        cx: &ActionContext<'_>,
    ) -> Result<Edit, Refusal> {
        let edit = (action.apply)(cx, argument)?;
        self.allow(&edit)?;
        Ok(edit)
    }

    /// Whether the notebook's home takes what an edit makes of it.
    ///
    /// # Errors
    /// With what marimo would refuse to run.
    pub fn allow(&self, edit: &Edit) -> Result<(), Refusal> {
        if self.notebook.meta.home != Home::Marimo {
            return Ok(());
        }
        let after = edit.apply(&self.notebook);
        let declared = self.config.builtins.as_slice().into();
        let surroundings = Arc::clone(&self.surroundings);
        marimo::check(
            &self.link,
            &Link::new(&after, &self.cache, declared, surroundings),
        )
    }

    pub(super) fn findings_at(&self, cell: CellIdx, range: TextRange) -> Vec<&Finding> {
        // What concerns the whole notebook is shown at its start.
        let whole = match cell {
            CellIdx(0) => self.notebook_findings(),
            _ => &[],
        };
        let text = self.notebook.cell(cell).map_or("", |cell| &cell.text);
        whole
            .iter()
            .chain(self.cell_findings(cell))
            .filter(|finding| finding.anchor.range_in(text).intersect(range).is_some())
            .collect()
    }

    pub(super) fn action_context<'a>(
        &'a self,
        cell: CellIdx,
        range: TextRange,
        findings: &'a [&'a Finding],
        (client, project): (Client, &'a dyn Project),
    ) -> ActionContext<'a> {
        ActionContext {
            all: self.context(),
            cell,
            range,
            findings,
            client,
            project,
            is_trial: false,
        }
    }
}
