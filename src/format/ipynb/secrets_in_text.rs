//! The secrets in the texts of outputs.
//!
//! Outputs are passed over undecoded, at the speed of a search for what secrets start with. Only the line
//! around such a start is decoded and looked at, and what it says is not kept.

use crate::analysis::secrets;
use crate::format::json::{Span, Text};

/// How far before its start the name of a secret may stand, in bytes of the file.
const BEFORE: usize = 160;

/// How far a secret may reach: no private key is longer.
const BEHIND: usize = 8192;

/// Adds the kinds of secrets in one text, whose `pieces` follow each other, each kind once.
pub fn collect(bytes: &[u8], pieces: &[Text], kinds: &mut Vec<&'static str>) {
    let [first, .., last] = pieces else {
        return collect_in(bytes, pieces, kinds);
    };
    // Lines are short, and most texts hold none: one search through all of them, and what stands between.
    let all = Span::new(first.raw.start, last.raw.end);
    if secrets::starts(all.of(bytes)).next().is_some() {
        collect_in(bytes, pieces, kinds);
    }
}

fn collect_in(bytes: &[u8], pieces: &[Text], kinds: &mut Vec<&'static str>) {
    for (position, piece) in pieces.iter().enumerate() {
        let raw = piece.raw.of(bytes);
        let mut done = 0;
        for mark in secrets::starts(raw) {
            if mark.start < done {
                continue;
            }
            let start = line_start(raw, done, mark.start);
            let is_block = raw[mark.clone()].eq_ignore_ascii_case(secrets::BLOCK.as_bytes());
            let end = if is_block {
                (mark.end + BEHIND).min(raw.len())
            } else {
                line_end(raw, mark.end)
            };
            // What is cut off here is read once more, as the start of the next part.
            let is_cut = end - mark.start >= BEHIND;
            done = if is_cut { end - BEFORE } else { end };
            let mut line = decode(bytes, piece, start, end);
            if is_block {
                // Each line of the key may be a string of its own.
                for next in &pieces[position + 1..] {
                    if line.len() > BEHIND {
                        break;
                    }
                    line.push_str(&decode(bytes, next, 0, next.raw.len().min(BEHIND)));
                }
            }
            for kind in secrets::kinds_in([&*without_colours(&line)]) {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
    }
}

/// Where the line starts that holds `at`, or so far before it as matters; a line break is an escape here.
fn line_start(raw: &[u8], from: usize, at: usize) -> usize {
    let first = from.max(at.saturating_sub(BEFORE));
    let found = memchr::memmem::rfind(&raw[first..at], b"\\n");
    found.map_or_else(|| after_escape(raw, first), |found| first + found + 2)
}

fn line_end(raw: &[u8], at: usize) -> usize {
    let last = raw.len().min(at + BEHIND);
    memchr::memmem::find(&raw[at..last], b"\\n").map_or(last, |found| at + found)
}

/// The first place from `at` that is not inside a character.
fn after_escape(raw: &[u8], mut at: usize) -> usize {
    while at > 0 && at < raw.len() && raw[at] & 0xC0 == 0x80 {
        at += 1;
    }
    at
}

fn decode(bytes: &[u8], piece: &Text, start: usize, end: usize) -> String {
    piece.part(start, end).decode(bytes).into_owned()
}

/// The text without what a terminal takes for colours, which stand between the words of a traceback.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let codes = &rest[at + 2..];
        let end = codes.find(|c: char| c.is_ascii_alphabetic());
        rest = end.map_or("", |end| &codes[end + 1..]);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use crate::analysis::secrets::tests::planted;
    use crate::format;

    /// What is found in one output's text, which stands in the file in the pieces given.
    fn found(pieces: &[&str], key: &str) -> Vec<&'static str> {
        let pieces = serde_json::to_string(pieces).unwrap();
        let output = match key {
            "text" | "traceback" => format!(r#"{{"output_type": "x", "{key}": {pieces}}}"#),
            mime => format!(r#"{{"output_type": "x", "data": {{"{mime}": {pieces}}}}}"#),
        };
        found_in(&output)
    }

    fn found_in(output: &str) -> Vec<&'static str> {
        let file = format!(
            r#"{{"cells": [{{"cell_type": "code", "source": "", "metadata": {{}}, "execution_count": null,
                "outputs": [{output}]}}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 4}}"#
        );
        let notebook = format::parse(file.as_bytes());
        notebook.cells[0].outputs.secrets.to_vec()
    }

    #[test]
    fn a_secret_is_found_in_its_line() {
        let secret = ["mysql://me:q7!Lm", "2+vXz@db.net/shop"].concat();
        let text = format!("many\nlines \"é\"\nuse {secret} now\nand more\n");
        let long = format!("{} {secret} {}", "é".repeat(9_000), "x ".repeat(9_000));
        for key in ["text", "traceback", "text/plain", "text/html"] {
            for pieces in [&[&*text][..], &["first\n", &text, &text], &[&long]] {
                assert_eq!(
                    found(pieces, key),
                    ["the password of a connection"],
                    "{key}"
                );
            }
        }
        assert!(found(&[&text], "image/png").is_empty());
        assert!(found(&["https://shop.net/key=1\n"], "text").is_empty());
    }

    #[test]
    fn every_shape_is_found_in_every_output() {
        for (what, token) in planted() {
            let said = format!("x = {token}\n");
            for key in [
                "text",
                "traceback",
                "text/plain",
                "text/html",
                "application/javascript",
            ] {
                assert_eq!(found(&["first\n", &said], key), [what], "{key}");
            }
            // As IPython colours the lines of a traceback, and as JSON is displayed, however deep.
            let coloured = format!("\u{1b}[0;32mx\u{1b}[0m = \u{1b}[0;31m'{token}'\u{1b}[0m");
            assert_eq!(found(&[&coloured], "traceback"), [what]);
            for mime in ["application/json", "application/vnd.shop.v1+json"] {
                let value = format!(r#"{{"a": ["é\n", {{"b": "\"{token}\""}}]}}"#);
                assert_eq!(
                    found_in(&format!(r#"{{"data": {{"{mime}": {value}}}}}"#)),
                    [what],
                    "{mime}"
                );
            }
            let error = format!(
                r#"{{"output_type": "error", "ename": "E", "evalue": "no {token}", "traceback": []}}"#
            );
            assert_eq!(found_in(&error), [what]);
        }
    }

    #[test]
    fn colours_are_no_part_of_it() {
        let quoted = ["\"q7!Lm", "2+vXz\""].concat();
        let text = format!(
            "\u{1b}[0;32m      1\u{1b}[0m password\u{1b}[0m\u{1b}[0;34m=\u{1b}[0m{quoted}\n"
        );
        assert_eq!(found(&[&text], "traceback"), ["a password"]);
    }

    #[test]
    fn a_key_over_many_strings_is_one() {
        let body: String = "0a1BcD2eF3gH4iJ5kL6mN7oP8qR9sTuVwXyZ".repeat(2);
        let dashes = "-".repeat(5);
        let lines = [
            format!("{dashes}BEGIN PRIVATE KEY{dashes}\n"),
            format!("{body}\n"),
            format!("{dashes}END PRIVATE KEY{dashes}\n"),
        ];
        let lines = lines.each_ref().map(String::as_str);
        assert_eq!(found(&lines, "text"), ["a private key"]);
        assert_eq!(found(&[&lines.concat()], "text"), ["a private key"]);
        assert!(found(&lines[..1], "text").is_empty());
    }

    #[test]
    fn a_long_line_of_nothing_but_starts_is_survived() {
        let text = "key://token=é".repeat(2_000);
        assert!(found(&[&text], "text").is_empty());
    }
}
