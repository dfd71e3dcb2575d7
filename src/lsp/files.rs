//! Files, and what the client has open of them.
//!
//! A file is asked for by its place, not by a URI: Neovim leaves `+`, `@` and parentheses in one as they are, VS Code escapes
//! them, and through a link a file has several paths.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::documents::Documents;
use super::proto::Uri;
use crate::format;
use crate::project::{Project, slashed};
use crate::workspace::DiskProject;

/// The documents in which the client has the file open, those of this very path first.
pub fn open<'d>(documents: &'d Documents, path: &Path) -> Vec<&'d Uri> {
    let wanted = real(path);
    let uris = documents.texts.keys().chain(documents.notebooks());
    let mut found: Vec<(bool, &Uri)> = uris
        .filter_map(|uri| {
            let own = uri.to_file_path()?;
            let is_other = own != path;
            let is_it = !is_other || (wanted.is_some() && real(&own) == wanted);
            is_it.then_some((is_other, uri))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(_, uri)| uri).collect()
}

/// Whether the document shows the file's text, or of a notebook its cells.
pub fn shows(documents: &Documents, uri: &Uri, text: &str) -> bool {
    // JupyterLab's document has the URI of the notebook and another text.
    let is_text = !uri.as_str().ends_with(".ipynb");
    if let Some(open) = documents.text(uri)
        && (is_text || open.text == *text)
    {
        return open.text == *text;
    }
    let Some(notebook) = documents.notebook(uri) else {
        return false;
    };
    let saved = format::parse(text.as_bytes());
    let plain = |text: &str| text.replace("\r\n", "\n");
    let shown = notebook.order.iter().map(|cell| {
        let cell = documents.cell(cell);
        cell.map(|cell| plain(&cell.text.whole()))
    });
    shown.eq(saved.cells.iter().map(|cell| Some(plain(&cell.text))))
}

/// The path without links; a file that does not exist yet is in a folder that does.
fn real(path: &Path) -> Option<PathBuf> {
    let whole = path.canonicalize().ok();
    whole.or_else(|| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?)))
}

/// The files around a notebook on disk, and what the client has of them that is not saved.
#[derive(Debug)]
pub struct OpenProject<'a> {
    pub disk: DiskProject<'a>,
    pub documents: &'a Documents,
}

impl Project for OpenProject<'_> {
    fn root(&self) -> &Path {
        self.disk.root()
    }

    fn notebook(&self) -> Option<&Path> {
        self.disk.notebook()
    }

    fn modules(&self) -> Vec<PathBuf> {
        self.disk.modules()
    }

    fn entries(&self, folder: &Path) -> Vec<PathBuf> {
        self.disk.entries(folder)
    }

    fn read(&self, path: &Path) -> Result<Arc<str>, String> {
        self.disk.read(path)
    }

    fn read_saved(&self, path: &Path) -> Result<Arc<str>, String> {
        let text = self.disk.read(path)?;
        let open = open(self.documents, &self.disk.place(path));
        match open.iter().all(|uri| shows(self.documents, uri, &text)) {
            true => Ok(text),
            false => Err(format!("{} has changes that are not saved", slashed(path))),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        self.disk.exists(path)
    }

    fn may_write(&self, path: &Path) -> Result<(), String> {
        self.disk.may_write(path)
    }
}
