//! Files that others change: which are worth telling of, and what to forget when one changes.

use serde_json::{Value, json};

/// What is read besides open notebooks: settings, and what notebooks import, run and depend on.
const GLOBS: &[&str] = &[
    "**/cellwise.toml",
    "**/pyproject.toml",
    "**/*.ipynb",
    "**/*.py",
    "**/*.md",
    "**/*.qmd",
    "**/*.Rmd",
    "**/requirements*.txt",
    "**/environment.yml",
    "**/setup.cfg",
];

/// The parameters of `client/registerCapability`.
pub fn registration() -> Value {
    let watchers: Vec<Value> = GLOBS
        .iter()
        .map(|glob| json!({"globPattern": glob}))
        .collect();
    json!({"registrations": [{
        "id": "cellwise.files",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": {"watchers": watchers},
    }]})
}
