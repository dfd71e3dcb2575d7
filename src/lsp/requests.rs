//! Requests to the client. Sending one never waits: its answer comes as an event, or never.

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::wire::Outbox;

#[derive(Debug, Default)]
pub struct Requests {
    last: i64,
    /// What is not answered yet.
    waiting: FxHashMap<i64, Request>,
}

/// What this server asks of a client, where the client has said that it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    /// Ask for all code lenses again.
    RefreshLenses,
    /// Tell of files that others change.
    Watch,
    /// Ask for all inlay hints again.
    RefreshHints,
    /// Show how far work of ours is.
    Progress,
}

impl Request {
    fn method(self) -> &'static str {
        match self {
            Self::RefreshLenses => "workspace/codeLens/refresh",
            Self::Watch => "client/registerCapability",
            Self::RefreshHints => "workspace/inlayHint/refresh",
            Self::Progress => "window/workDoneProgress/create",
        }
    }
}

#[derive(Serialize)]
struct Message<'a> {
    jsonrpc: &'static str,
    id: i64,
    method: &'a str,
    params: Value,
}

impl Requests {
    pub fn send(&mut self, request: Request, params: Value, outbox: &Outbox) {
        self.last += 1;
        self.waiting.insert(self.last, request);
        outbox.request(&Message {
            jsonrpc: "2.0",
            id: self.last,
            method: request.method(),
            params,
        });
    }

    /// Whether a request of the kind is on its way.
    pub fn is_waiting(&self, request: Request) -> bool {
        self.waiting.values().any(|waiting| *waiting == request)
    }

    /// Takes in an answer; an error is one, too. Gives what had been asked.
    pub fn answered(&mut self, id: i64) -> Option<Request> {
        self.waiting.remove(&id)
    }
}

/// Something that a client shows and asks for itself, and that is to be asked for again when it is
/// outdated: once for each time that it was asked for, and never while a request to do so is on its way.
#[derive(Debug, Default)]
pub struct Shown {
    asked_for: bool,
    outdated: bool,
}

impl Shown {
    /// The client has asked, and has what is current.
    pub fn give(&mut self) {
        self.asked_for = true;
        self.outdated = false;
    }

    pub fn outdate(&mut self) {
        self.outdated = self.asked_for;
    }

    /// Has the client ask again if there is need.
    pub fn refresh(&mut self, by: Request, requests: &mut Requests, outbox: &Outbox) {
        if self.outdated && !requests.is_waiting(by) {
            *self = Self::default();
            requests.send(by, json!(null), outbox);
        }
    }
}
