//! Files that are named like notebooks and are none: they have no cells, and a problem that says what they are.

use serde::de::IgnoredAny;

use super::{Format, Kind, without_mark};
use crate::notebook::{Anchor, Notebook, Problem, ProblemKind};

pub const FORMAT: Format = Format {
    name: "no notebook",
    recognises: |_, _| true,
    kind: Kind::Foreign,
};

pub(super) fn parse(bytes: &[u8]) -> Notebook {
    let problem = Problem {
        kind: ProblemKind::Unreadable,
        anchor: Anchor::Notebook,
        message: describe(without_mark(bytes)).to_owned(),
        is_mendable: false,
    };
    Notebook {
        problems: [problem].into(),
        ..Notebook::default()
    }
}

fn describe(bytes: &[u8]) -> &'static str {
    let start = bytes.trim_ascii_start();
    let starts_with = |word: &str| {
        start
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    if start.is_empty() {
        "The file is empty, and Jupyter refuses an empty file; restore it from version control or delete it."
    } else if starts_with("version https://git-lfs") {
        "The file is a git-LFS pointer: the notebook itself was not downloaded; run `git lfs pull`."
    } else if starts_with("<!doctype html") || starts_with("<html") {
        "The file is a web page that was saved under a notebook's name; download the raw file instead."
    } else if start.starts_with(b"\x1F\x8B") || start.starts_with(b"PK\x03\x04") {
        "The file is a compressed archive, which no editor opens as a notebook; unpack it."
    } else if memchr::memchr(0, bytes).is_some() {
        "The file is binary data, which no editor opens as a notebook; restore it from version control."
    } else if serde_json::from_slice::<IgnoredAny>(start).is_ok() {
        "The file is JSON and no notebook, which is an object with a list of `cells`; editors refuse it."
    } else {
        "The file is plain text and no notebook, so editors refuse it; if it is a script, give it the name of one, and \
         `# %%` lines make it a notebook that Cellwise reads."
    }
}

#[cfg(test)]
mod tests {
    use crate::format;

    #[test]
    fn what_is_no_notebook_is_named() {
        for (content, word) in [
            (&b""[..], "empty"),
            (b"\xEF\xBB\xBF \n", "empty"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
                "git-LFS",
            ),
            (b"\n\n<!DOCTYPE html>\n<html>", "web page"),
            (b"import os\nprint(os)\n", "plain text"),
            (b"\x89PNG\r\n\x1a\n\0\0", "binary"),
            (b"\x1F\x8B\x08", "archive"),
            (b"[1, 2]\n", "JSON and no notebook"),
            (b"\"x\"", "JSON and no notebook"),
        ] {
            let notebook = format::parse(content);
            assert_eq!(notebook.cells.len(), 0);
            assert_eq!(notebook.problems.len(), 1, "{content:?}");
            let message = &notebook.problems[0].message;
            assert!(message.contains(word), "{message}");
        }
    }
}
