//! The saved file of an open notebook, read for its outputs, which LSP does not send.

use std::sync::Arc;
use std::thread;

use super::proto::Uri;
use crate::format;
use crate::notebook::{Notebook, Outputs};
use crate::workspace::regular;

/// A code cell of the file.
#[derive(Debug, Clone)]
pub struct SavedCell {
    /// Its index among all cells.
    pub position: usize,
    pub id: Option<Arc<str>>,
    pub text: Arc<str>,
    pub outputs: Outputs,
}

/// Reads the file in a thread of its own: one of 500 MB takes its time. `done` is called if there is a file.
pub fn read(notebook: &Uri, done: impl FnOnce(Uri, Vec<SavedCell>) + Send + 'static) {
    let Some(path) = notebook.to_file_path() else {
        return;
    };
    let notebook = notebook.clone();
    thread::spawn(move || {
        let _turn = regular::turn(&path);
        // A notebook that was never saved has no file, and no outputs in it.
        if let Ok(bytes) = regular::read(&path, regular::LARGEST_NOTEBOOK) {
            done(notebook, cells(&format::parse(&bytes)));
        }
    });
}

fn cells(notebook: &Notebook) -> Vec<SavedCell> {
    let code = notebook.indexed().filter(|(_, cell)| cell.is_code());
    code.map(|(index, cell)| SavedCell {
        position: index.to_usize(),
        id: cell.id.clone(),
        text: Arc::clone(&cell.text),
        outputs: cell.outputs.clone(),
    })
    .collect()
}
