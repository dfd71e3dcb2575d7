//! Files, and what the client has open of them.
//!
//! A file is asked for by its place, not by a URI: Neovim leaves `+`, `@` and parentheses in one as they are, VS Code escapes
//! them, and through a link a file has several paths.

use std::path::{Path, PathBuf};

use super::documents::Documents;
use super::proto::Uri;
use crate::format;

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
