//! What is said of a notebook as a whole, to clients that asked for it: `cellwise/status` with how it
//! stands, and `cellwise/graphChanged`, which is no more than a nudge.

use serde::Serialize;

use super::proto::Uri;
use super::session::View;
use super::wire::Outbox;
use crate::view::tally::Tally;

/// What the client was told, so that nothing is told twice.
#[derive(Debug, Default)]
pub struct Told {
    /// Something that a picture shows may differ from when [`Self::tell`] was last called.
    pub picture_changed: bool,
    status: Option<Status>,
    /// The client has a picture: it asked for one after it was last told of a change.
    pub has_picture: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    findings: Tally,
    runs_from_top: bool,
    why: Vec<String>,
    stale: Vec<Stale>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Stale {
    uri: Uri,
    index: u32,
}

#[derive(Serialize)]
struct Of<'a, T> {
    notebook: &'a Uri,
    version: i64,
    #[serde(flatten)]
    what: T,
}

impl Told {
    /// Says what has changed, and returns whether anything has. Where nothing has, it looks at nothing.
    pub fn tell(&mut self, view: View<'_>, outbox: &Outbox) -> bool {
        if !std::mem::take(&mut self.picture_changed) {
            return false;
        }
        if view.profile.status {
            let status = status(view);
            if self.status.as_ref() != Some(&status) {
                outbox.notify("cellwise/status", &of(view, &status));
                self.status = Some(status);
            }
        }
        if view.profile.graph && std::mem::take(&mut self.has_picture) {
            outbox.notify("cellwise/graphChanged", &of(view, ()));
        }
        true
    }
}

fn of<T>(view: View<'_>, what: T) -> Of<'_, T> {
    Of {
        notebook: view.notebook,
        version: view.document.version,
        what,
    }
}

fn status(view: View<'_>) -> Status {
    let overview = view.analysis.overview();
    let stale = overview.stale().filter_map(|cell| {
        let uri = view.document.order.get(cell.to_usize())?.clone();
        Some(Stale { uri, index: cell.0 })
    });
    Status {
        findings: view.analysis.tally(),
        runs_from_top: overview.runs_from_top(),
        why: overview.why(view.analysis.link()),
        stale: stale.collect(),
    }
}
