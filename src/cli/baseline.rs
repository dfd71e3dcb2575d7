//! The baseline: findings that a repository already had, which are neither shown nor fail a run.
//!
//! A finding is known by its path, rule and [`Fingerprint`](super::report::Fingerprint), so it stays known while lines
//! and cells move. Of findings that are equal in all three, as many are known as the file says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::report::{Item, Report};
use super::write;

/// What the file holds, and the folder that its paths start from.
#[derive(Debug)]
pub struct Baseline {
    folder: PathBuf,
    known: BTreeMap<Key, u32>,
}

/// Path, rule and fingerprint.
type Key = (String, String, String);

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    findings: Vec<Known>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    path: String,
    rule: String,
    fingerprint: String,
    count: u32,
}

const VERSION: u32 = 1;

impl Baseline {
    /// # Errors
    /// With a sentence for a person, which names the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!(
                "the baseline {shown} cannot be read: {error}; --write-baseline {shown} writes one"
            )
        })?;
        let file: File = serde_json::from_str(&text)
            .map_err(|error| format!("{shown} is no baseline of Cellwise: {error}"))?;
        if file.version != VERSION {
            return Err(format!(
                "the baseline {shown} is of version {}, and this Cellwise reads version {VERSION}; \
                 write it anew with --write-baseline",
                file.version
            ));
        }
        let mut baseline = Self::empty(path);
        for known in file.findings {
            let key = (known.path, known.rule, known.fingerprint);
            *baseline.known.entry(key).or_default() += known.count;
        }
        Ok(baseline)
    }

    /// Of all findings of a report, hints included.
    pub fn of(report: &Report, path: &Path) -> Self {
        let mut baseline = Self::empty(path);
        for item in &report.items {
            let key = baseline.key(item);
            *baseline.known.entry(key).or_default() += 1;
        }
        baseline
    }

    fn empty(path: &Path) -> Self {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        Self {
            folder: whole(folder),
            known: BTreeMap::new(),
        }
    }

    /// Takes the known findings out of the report.
    pub fn take_known(mut self, report: &mut Report) {
        let before = report.items.len();
        report.items.retain(|item| {
            let key = self.key(item);
            match self.known.get_mut(&key) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    false
                }
                _ => true,
            }
        });
        report.known = before - report.items.len();
    }

    /// Writes the file: one line a finding, sorted, so that two branches merge.
    ///
    /// # Errors
    /// With a sentence for a person, which names the file.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let cannot = |error: &dyn std::fmt::Display| {
            format!("the baseline {} cannot be written: {error}", path.display())
        };
        let mut text = format!("{{\"version\": {VERSION}, \"findings\": [");
        for (position, ((path, rule, fingerprint), count)) in self.known.iter().enumerate() {
            let known = Known {
                path: path.clone(),
                rule: rule.clone(),
                fingerprint: fingerprint.clone(),
                count: *count,
            };
            let line = serde_json::to_string(&known).map_err(|error| cannot(&error))?;
            text.push_str(if position == 0 { "\n  " } else { ",\n  " });
            text.push_str(&line);
        }
        text.push_str("\n]}\n");
        write::put(path, text.as_bytes()).map_err(|error| cannot(&error))
    }

    fn key(&self, item: &Item) -> Key {
        let path = whole(&item.path);
        // The baseline holds for whoever checks out the repository, wherever and from whatever folder.
        let path = path.strip_prefix(&self.folder).unwrap_or(&path);
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        (
            parts.join("/"),
            item.rule.to_owned(),
            item.fingerprint.to_string(),
        )
    }
}

fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
