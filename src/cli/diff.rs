//! What would change in a file, as `git apply` reads it.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::time::Duration;

use similar::{Algorithm, TextDiff};

use super::terminal::plain;

/// What changes in one file.
#[derive(Debug)]
pub struct Change {
    pub old: Vec<u8>,
    pub new: Vec<u8>,
}

/// After this long, the rest of a file is shown as replaced.
const PATIENCE: Duration = Duration::from_secs(2);

/// Writes a unified diff.
pub fn write(path: &Path, change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .timeout(PATIENCE)
        .diff_lines(&change.old[..], &change.new[..]);
    let name = path.to_string_lossy();
    let name = plain(name.strip_prefix("./").unwrap_or(&name));
    let mut text = Vec::new();
    diff.unified_diff()
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_writer(&mut text)?;
    if !io::stdout().is_terminal() {
        return out.write_all(&text);
    }
    // A terminal must not be steered by what a notebook holds; a file gets every byte.
    for line in String::from_utf8_lossy(&text).lines() {
        writeln!(out, "{}", plain(line))?;
    }
    Ok(())
}
