//! Everything that can reach the session. A closed list: what is not here does not happen.

use std::path::PathBuf;

use serde_json::Value;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::Result;

use super::profile::Profile;
use super::proto::{DocumentEvent, Uri};
use super::question::Question;
use super::saved::SavedCell;
use super::scan::Outcome;
use crate::analysis::clones::Index;

pub type Folders = Vec<PathBuf>;

#[derive(Debug)]
pub enum Event {
    /// Who is there, and its settings if it sent some.
    Initialize(Profile, Folders, Option<Value>),
    /// Requests may be sent to the client from now on.
    Initialized,
    /// Folders of the workspace that came and went.
    FoldersChanged {
        added: Folders,
        removed: Folders,
    },
    /// Files that the client watches for us have changed on disk.
    FilesChanged(Vec<PathBuf>),
    /// The person cancels work that is shown by this token.
    ProgressCancelled(String),
    Document(DocumentEvent),
    Settings(Value),
    Question(Question),
    Shutdown(Reply<()>),
    /// The client has answered a request of ours, with a result or an error.
    Answered(i64),
    /// Our own: the saved file of a notebook has been read for its outputs.
    OutputsRead(Uri, Vec<SavedCell>),
    /// Our own: the notebooks of the workspace have been checked.
    Scanned(Outcome),
    /// Our own: so many files of the workspace are to be read for what they repeat of each other.
    ClonesCounted(usize),
    /// Our own: they have been read; `None` where that was cancelled.
    ClonesRead(Option<Index>),
    /// Our own: a project's imports have been read.
    ImportsRead,
}

/// Where an answer goes. It is closed when the client has cancelled the request.
#[derive(Debug)]
pub struct Reply<T>(oneshot::Sender<Result<T>>);

impl<T> Reply<T> {
    pub fn channel() -> (Self, oneshot::Receiver<Result<T>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_closed()
    }

    /// Answers, unless nobody waits for it any more: then `answer` does not even run.
    pub fn with(self, answer: impl FnOnce() -> Result<T>) {
        if !self.0.is_closed() {
            // Cancelled in between: the answer is dropped.
            let _ = self.0.send(answer());
        }
    }
}
