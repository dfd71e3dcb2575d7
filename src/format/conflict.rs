//! The conflict markers that git leaves, in a file and in the text of a cell.
//!
//! A marker starts its line. In a notebook's file that cannot be the line of a string,
//! for JSON has no line breaks in strings.

use std::ops::Range;

use memchr::memmem;

use super::json::Span;

/// Two versions of some lines, from the line of the first marker to that of the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// All of it, markers included.
    pub span: Span,
    /// The lines of the version that was checked out.
    pub ours: Span,
    /// The lines as they were before both versions changed them, where git was asked for them (`diff3`).
    pub base: Option<Span>,
    /// The lines of the version that was merged in.
    pub theirs: Span,
    pub ours_label: String,
    pub theirs_label: String,
}

/// Every conflict in `bytes` that has its three markers, in the order of their first lines.
/// Conflicts may stand inside one another, as a merge of unresolved files leaves them.
pub fn find(bytes: &[u8]) -> Vec<Conflict> {
    Markers::new(bytes).conflicts
}

/// Which version of a conflict to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Ours,
    Theirs,
}

/// What stays of a conflict when it is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Ours,
    Theirs,
    Both,
}

/// The text without the markers of the conflicts for which `keep` has an answer, at their positions in
/// [`find`], and without the lines that do not stay.
pub fn without(bytes: &[u8], keep: &[Option<Keep>]) -> Vec<u8> {
    let after = |at: usize| {
        if bytes.get(at) == Some(&b'\n') {
            at + 1
        } else {
            at
        }
    };
    let mut gone: Vec<Range<usize>> = Vec::new();
    for (conflict, keep) in find(bytes).iter().zip(keep) {
        let (ours, theirs) = (conflict.ours, conflict.theirs);
        let (start, end) = (conflict.span.start, after(conflict.span.end));
        match keep {
            None => {}
            Some(Keep::Ours) => gone.extend([start..ours.start, ours.end..end]),
            Some(Keep::Theirs) => gone.extend([start..theirs.start, theirs.end..end]),
            Some(Keep::Both) => {
                gone.extend([start..ours.start, ours.end..theirs.start, theirs.end..end]);
            }
        }
    }
    gone.sort_by_key(|range| range.start);
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for range in gone {
        // A conflict inside of what goes has nothing left to take out.
        out.extend_from_slice(&bytes[at..range.start.max(at)]);
        at = at.max(range.end);
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// A file's two versions, each as long as the file: what belongs to the other is blank,
/// so that every place stays where it is. `None` where no conflict is found.
pub fn versions(bytes: &[u8]) -> Option<(Vec<Conflict>, [Vec<u8>; 2])> {
    let markers = Markers::new(bytes);
    if markers.conflicts.is_empty() {
        return None;
    }
    let version = |side| {
        let mut version = bytes.to_vec();
        for line in &markers.lines {
            blank(&mut version[line.clone()]);
        }
        for conflict in &markers.conflicts {
            let other = match side {
                Side::Ours => conflict.theirs,
                Side::Theirs => conflict.ours,
            };
            for span in std::iter::once(other).chain(conflict.base) {
                blank(&mut version[span.start..span.end]);
            }
        }
        version
    };
    let versions = [version(Side::Ours), version(Side::Theirs)];
    Some((markers.conflicts, versions))
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if !matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

#[derive(Default)]
struct Markers {
    conflicts: Vec<Conflict>,
    /// The lines of all markers, those of halves of conflicts included.
    lines: Vec<Range<usize>>,
}

/// A conflict whose end was not met yet.
struct Open {
    start: usize,
    ours: usize,
    ours_label: String,
    base: Option<(usize, usize)>,
    middle: Option<(usize, usize)>,
}

impl Markers {
    fn new(bytes: &[u8]) -> Self {
        let mut found = Self::default();
        if memmem::find(bytes, b"<<<<<<<").is_none() {
            return found;
        }
        let mut open: Vec<Open> = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found);
            let next = (end + 1).min(bytes.len());
            let line = &bytes[at..end];
            if let Some((sign, label)) = marker(line) {
                let inner = open.last_mut();
                let belongs = match (sign, inner) {
                    (b'<', _) => {
                        open.push(Open {
                            start: at,
                            ours: next,
                            ours_label: label,
                            base: None,
                            middle: None,
                        });
                        true
                    }
                    (b'|', Some(inner)) if inner.middle.is_none() => {
                        inner.base.get_or_insert((at, next));
                        true
                    }
                    (b'=', Some(inner)) if inner.middle.is_none() => {
                        inner.middle = Some((at, next));
                        true
                    }
                    (b'>', Some(_)) => {
                        let inner = open.pop();
                        found
                            .conflicts
                            .extend(inner.and_then(|inner| inner.close(at, end, label)));
                        true
                    }
                    _ => false,
                };
                if belongs {
                    found.lines.push(at..end);
                }
            }
            at = next;
            if open.is_empty() {
                // No other marker counts before the next conflict starts.
                match memmem::find(&bytes[at..], b"<<<<<<<") {
                    Some(ahead) => at = line_start(bytes, at, at + ahead),
                    None => break,
                }
            }
        }
        found.conflicts.sort_by_key(|conflict| conflict.span.start);
        found
    }
}

impl Open {
    fn close(self, marker: usize, end: usize, theirs_label: String) -> Option<Conflict> {
        let (middle, theirs) = self.middle?;
        let ours_end = self.base.map_or(middle, |(base, _)| base);
        Some(Conflict {
            span: Span::new(self.start, end),
            ours: Span::new(self.ours, ours_end),
            base: self.base.map(|(_, start)| Span::new(start, middle)),
            theirs: Span::new(theirs, marker),
            ours_label: self.ours_label,
            theirs_label,
        })
    }
}

fn line_start(bytes: &[u8], from: usize, at: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[from..at]).map_or(from, |found| from + found + 1)
}

/// The sign of a marker and what stands behind it.
fn marker(line: &[u8]) -> Option<(u8, String)> {
    const LENGTH: usize = 7;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let sign = *line.first()?;
    if !matches!(sign, b'<' | b'|' | b'=' | b'>')
        || line.len() < LENGTH
        || line[..LENGTH].iter().any(|&byte| byte != sign)
    {
        return None;
    }
    match &line[LENGTH..] {
        [] => Some((sign, String::new())),
        [b' ', label @ ..] if sign != b'=' => Some((
            sign,
            String::from_utf8_lossy(label.trim_ascii()).into_owned(),
        )),
        _ => None,
    }
}

/// What a person calls a side: its label without a commit's subject, and a commit by its short hash.
pub fn name_side(label: &str, otherwise: &str) -> String {
    const LONGEST: usize = 40;
    const SHORT_HASH: usize = 7;
    let label = label.split(" (").next().unwrap_or_default().trim();
    let is_hash = label.len() == 40 && label.bytes().all(|byte| byte.is_ascii_hexdigit());
    let length = if is_hash { SHORT_HASH } else { LONGEST };
    let mut name: String = label.chars().take(length).collect();
    if name.is_empty() {
        otherwise.clone_into(&mut name);
    } else if name.len() < label.len() && !is_hash {
        name.push('…');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, &str, String, String)> {
        find(text.as_bytes())
            .into_iter()
            .map(|conflict| {
                (
                    &text[conflict.ours.start..conflict.ours.end],
                    &text[conflict.theirs.start..conflict.theirs.end],
                    conflict.ours_label,
                    conflict.theirs_label,
                )
            })
            .collect()
    }

    #[test]
    fn a_conflict_has_two_sides() {
        let expected = [("a\n", "b\nc\n", "HEAD".into(), "origin/x".into())];
        assert_eq!(
            read("0\n<<<<<<< HEAD\na\n=======\nb\nc\n>>>>>>> origin/x\n1"),
            expected
        );
        assert_eq!(
            read("<<<<<<< HEAD\na\n||||||| 123\nold\n=======\nb\nc\n>>>>>>> origin/x"),
            expected
        );
    }

    #[test]
    fn each_version_leaves_every_place_where_it_was() {
        let text = "0\r\n<<<<<<< HEAD\r\na\r\n||||||| 1\r\no\r\n=======\r\nb\r\n>>>>>>> x\r\n1";
        let (_, [ours, theirs]) = versions(text.as_bytes()).unwrap();
        assert_eq!(ours.len(), text.len());
        assert_eq!(theirs.len(), text.len());
        let words = |version: Vec<u8>| -> Vec<String> {
            let version = String::from_utf8(version).unwrap();
            version.split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(words(ours), ["0", "a", "1"]);
        assert_eq!(words(theirs), ["0", "b", "1"]);
    }

    #[test]
    fn sides_are_named_shortly() {
        assert_eq!(name_side("HEAD", "x"), "HEAD");
        assert_eq!(name_side("", "one side"), "one side");
        assert_eq!(name_side("f06c799 (fix(a): b (#466))", "x"), "f06c799");
        let hash = "5f2115666006bf6e6367320fff46ddc1e0e32044";
        assert_eq!(name_side(hash, "x"), "5f21156");
        assert_eq!(name_side(&"é".repeat(41), "x").chars().count(), 41);
    }

    #[test]
    fn conflicts_may_nest() {
        let text = "<<<<<<< A\na\n=======\n<<<<<<< B\nb\n=======\nc\n>>>>>>> C\n>>>>>>> D\n";
        assert_eq!(read(text).len(), 2);
        let (_, [ours, theirs]) = versions(text.as_bytes()).unwrap();
        assert_eq!(ours.trim_ascii(), b"a");
        assert_eq!(theirs.trim_ascii(), b"c");
    }

    #[test]
    fn what_only_looks_like_a_marker_is_none() {
        for text in [
            "<<<<<<< HEAD\na\n>>>>>>> x",
            "<<<<<<< HEAD\na\n=======\nb",
            " <<<<<<< HEAD\na\n=======\nb\n>>>>>>> x",
            "<<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x",
            "Title\n=======\n",
            "<<<<<<< HEAD\na\n======= x\nb\n>>>>>>> x",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
