//! What would change in a file, as `git apply` reads it.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::time::Duration;

use similar::{Algorithm, TextDiff};

use super::terminal::plain;
use crate::analysis::secrets;

/// What changes in one file.
#[derive(Debug)]
pub struct Change {
    pub old: Vec<u8>,
    pub new: Vec<u8>,
}

/// No private key has more lines.
const MOST_KEY_LINES: u32 = 120;

/// Said after a patch that [`write()`] masked.
pub const MASKED: &str =
    "a secret is masked in what is shown, so git will not apply it; run the command without --diff";

/// After this long, the rest of a file is shown as replaced.
const PATIENCE: Duration = Duration::from_secs(2);

/// Writes a unified diff. A secret is masked, which makes it a patch that git refuses: no output shows one.
/// Gives whether one was.
pub fn write(path: &Path, change: &Change, out: &mut dyn Write) -> io::Result<bool> {
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
    let (text, is_masked) = masked(text);
    if !io::stdout().is_terminal() {
        out.write_all(&text)?;
        return Ok(is_masked);
    }
    // A terminal must not be steered by what a notebook holds; a file gets every byte.
    for line in String::from_utf8_lossy(&text).lines() {
        writeln!(out, "{}", plain(line))?;
    }
    Ok(is_masked)
}

/// The text, of which nothing but secrets is other than it was, and whether it holds any.
fn masked(text: Vec<u8>) -> (Vec<u8>, bool) {
    const HIDDEN: &str = "••••";
    let shown = String::from_utf8_lossy(&text);
    let mut out = String::with_capacity(shown.len());
    let mut is_masked = false;
    // Each line of a private key is a string of its own.
    let mut key_lines = 0;
    for line in shown.split_inclusive('\n') {
        if line.contains("PRIVATE KEY-----") && line.contains("-----BEGIN ") {
            key_lines = MOST_KEY_LINES;
        }
        if key_lines > 0 {
            key_lines = if line.contains("-----END ") {
                0
            } else {
                key_lines - 1
            };
            is_masked = true;
            out.extend(line.chars().take(1));
            out.push_str(HIDDEN);
            out.push('\n');
            continue;
        }
        let plain = quoted_as_written(line);
        let mut hidden = line.to_owned();
        for secret in secrets::find(&plain) {
            is_masked = true;
            let secret = &plain[secret.range];
            hidden = if hidden.contains(secret) {
                hidden.replace(secret, HIDDEN)
            } else {
                // It is written with escapes.
                line.chars()
                    .take(1)
                    .chain(HIDDEN.chars())
                    .chain(['\n'])
                    .collect()
            };
        }
        out.push_str(&hidden);
    }
    if is_masked {
        (out.into_bytes(), true)
    } else {
        (text, false)
    }
}

/// Source code stands in a notebook's file with its quotes escaped, between quotes that are none of its own.
fn quoted_as_written(line: &str) -> String {
    const OWN: &str = "\u{1}";
    let own = line.replace("\\\"", OWN).replace('"', " ");
    own.replace(OWN, "\"").replace("\\n", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_and_told_of() {
        let secret = ["q7!Lm", "2+vXz"].concat();
        for quote in ["\\\"", "'"] {
            let line = format!("    \"password = {quote}{secret}{quote}\\n\",\n");
            let old = format!("{{\n{line}}}\n").into_bytes();
            let new = b"{\n}\n".to_vec();
            let mut out = Vec::new();
            let is_masked = write(Path::new("a.ipynb"), &Change { old, new }, &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            assert!(
                is_masked && out.contains("••••") && !out.contains(&secret),
                "{out}"
            );
        }
        let dashes = "-".repeat(5);
        let old = format!(
            "\"{dashes}BEGIN PRIVATE KEY{dashes}\\n\",\n\"{secret}\\n\",\n\"{dashes}END PRIVATE KEY{dashes}\"\nlast\n"
        );
        let mut out = Vec::new();
        let change = Change {
            old: old.into_bytes(),
            new: b"new\n".to_vec(),
        };
        assert!(write(Path::new("a.ipynb"), &change, &mut out).unwrap());
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("-last") && !out.contains(&secret), "{out}");
        let change = Change {
            old: b"a\n".to_vec(),
            new: b"b\n".to_vec(),
        };
        assert!(!write(Path::new("a.ipynb"), &change, &mut Vec::new()).unwrap());
    }
}
