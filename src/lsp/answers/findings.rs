//! `cellwise/findings`, a notebook's findings as a list, and `cellwise/explain`, a rule's manual page.

use serde::Serialize;

use crate::lsp::proto::{Range, Uri};
use crate::lsp::publish;
use crate::lsp::session::View;
use crate::rules;
use crate::{docs, rule};

#[derive(Debug, Serialize)]
pub struct Item {
    rule: &'static str,
    group: Option<&'static str>,
    severity: &'static str,
    /// The index of the cell; `None` for a finding on the whole notebook.
    cell: Option<u32>,
    uri: Uri,
    range: Range,
    message: String,
    href: String,
}

#[derive(Debug, Serialize)]
pub struct Explanation {
    markdown: String,
}

/// All findings, in the order in which the command line prints them.
pub fn list(view: View<'_>) -> Vec<Item> {
    let item = |finding: &rule::Finding| {
        let cell = finding.anchor.cell();
        let uri = match cell {
            Some(cell) => view.document.order.get(cell.to_usize())?,
            None => view.notebook,
        };
        Some(Item {
            rule: finding.rule,
            group: rules::find(finding.rule).map(|rule| rule.group.name()),
            severity: finding.severity.name(),
            cell: cell.map(|cell| cell.0),
            uri: uri.clone(),
            range: publish::range(finding.anchor, view.analysis),
            message: finding.message.clone(),
            href: publish::href(finding.rule),
        })
    };
    view.analysis.findings().filter_map(item).collect()
}

/// What `cellwise explain` prints, as Markdown. `None` for a rule that does not exist.
pub fn explain(rule: &str) -> Option<Explanation> {
    let rule = rules::find(rule)?;
    let markdown = format!("# {}\n\n{}", rule.name, docs::page(rule.source));
    Some(Explanation { markdown })
}
