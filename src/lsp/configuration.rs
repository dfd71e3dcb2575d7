//! Settings as clients send them, and what holds for a notebook.
//!
//! They come with `initialize` and `didChangeConfiguration`, and are never asked for: an answer
//! that an edit waits for is an editor that hangs.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::proto::Uri;
use crate::config::{Config, Settings};
use crate::workspace::Workspace;

/// Reads settings in either form that clients use, `{…}` and `{"cellwise": {…}}`.
///
/// `None` where nothing is said: jupyterlab-lsp and Neovim send `{}` on their own account, which
/// must not undo what came with `initialize`. `{"cellwise": {}}` does.
///
/// # Errors
/// With the key that is wrong, for a person.
pub fn read(settings: &Value) -> Result<Option<Settings>, String> {
    let says_nothing = settings.is_null() || settings.as_object().is_some_and(Map::is_empty);
    if says_nothing {
        return Ok(None);
    }
    let own = settings.get("cellwise").unwrap_or(settings);
    if own.is_null() {
        return Ok(Some(Settings::default()));
    }
    Config::from_settings(own)
        .map(Some)
        .map_err(|error| error.to_string())
}

/// What holds for a notebook: its configuration file, if it is on disk and has one, below the
/// client's settings. A file with a mistake is left out, and the mistake told.
pub fn of(notebook: &Uri, workspace: &Workspace) -> (Arc<Config>, Option<String>) {
    let Some(path) = notebook.to_file_path() else {
        return (Arc::new(workspace.fallback()), None);
    };
    match workspace.config_for(&path) {
        Ok(config) => (Arc::new(config), None),
        Err(mistake) => (Arc::new(workspace.fallback()), Some(mistake.to_string())),
    }
}
