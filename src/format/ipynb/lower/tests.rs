use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::format::{parse, patch};
use crate::text::{TextRange, TextSize};

/// How a made-up file is written.
#[derive(Debug, Clone)]
struct Written {
    /// `None` for a file on one line.
    indent: Option<usize>,
    /// With spaces behind commas and colons, where on one line.
    airy: bool,
    newline: &'static str,
    ends_in_newline: bool,
    ascii: bool,
    strings: bool,
    reversed: bool,
    minor: u32,
}

#[derive(Debug, Clone)]
struct Made {
    kind: &'static str,
    text: String,
    count: Option<u32>,
    outputs: bool,
}

impl Written {
    fn string(&self, text: &str) -> String {
        let plain = serde_json::to_string(text).unwrap();
        let escaped = plain.chars().map(|character| {
            if self.ascii && !character.is_ascii() {
                let mut units = [0; 2];
                let units = character.encode_utf16(&mut units).iter();
                units.map(|unit| format!("\\u{unit:04x}")).collect()
            } else {
                character.to_string()
            }
        });
        escaped.collect()
    }

    fn enclose(&self, brackets: [char; 2], depth: usize, parts: &[String]) -> String {
        let [open, close] = brackets;
        if parts.is_empty() {
            return format!("{open}{close}");
        }
        match self.indent {
            None => {
                let separator = if self.airy { ", " } else { "," };
                format!("{open}{}{close}", parts.join(separator))
            }
            Some(width) => {
                let line = |depth: usize| format!("{}{}", self.newline, " ".repeat(width * depth));
                let inside = line(depth + 1);
                format!(
                    "{open}{inside}{}{}{close}",
                    parts.join(&format!(",{inside}")),
                    line(depth)
                )
            }
        }
    }

    fn object(&self, depth: usize, mut members: Vec<(&str, String)>) -> String {
        if self.reversed {
            members.reverse();
        }
        let space = if self.indent.is_some() || self.airy {
            " "
        } else {
            ""
        };
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value)| format!("\"{key}\":{space}{value}"))
            .collect();
        self.enclose(['{', '}'], depth, &members)
    }

    fn source(&self, text: &str) -> String {
        if self.strings {
            return self.string(text);
        }
        let lines: Vec<String> = text
            .split_inclusive('\n')
            .map(|line| self.string(line))
            .collect();
        self.enclose(['[', ']'], 3, &lines)
    }

    fn cell(&self, position: usize, cell: &Made) -> String {
        let mut members = vec![("cell_type", format!("\"{}\"", cell.kind))];
        if cell.kind == "code" {
            let count = cell
                .count
                .map_or("null".to_owned(), |count| count.to_string());
            members.push(("execution_count", count));
        }
        if self.minor >= 5 {
            members.push(("id", format!("\"cell-{position}\"")));
        }
        members.push(("metadata", "{}".to_owned()));
        if cell.kind == "code" {
            let output = r#"{"name": "stdout", "output_type": "stream", "text": ["a]\n"]}"#;
            let outputs: &[String] = if cell.outputs {
                &[output.to_owned()]
            } else {
                &[]
            };
            members.push(("outputs", self.enclose(['[', ']'], 3, outputs)));
        }
        members.push(("source", self.source(&cell.text)));
        self.object(2, members)
    }

    fn file(&self, cells: &[Made]) -> String {
        let cells: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| self.cell(at, cell))
            .collect();
        let members = vec![
            ("cells", self.enclose(['[', ']'], 1, &cells)),
            ("metadata", "{}".to_owned()),
            ("nbformat", "4".to_owned()),
            ("nbformat_minor", self.minor.to_string()),
        ];
        let mut file = self.object(0, members);
        if self.ends_in_newline {
            file.push_str(self.newline);
        }
        file
    }
}

fn written() -> impl Strategy<Value = Written> {
    (
        prop::option::of(prop::sample::select(vec![1, 2, 4])),
        any::<bool>(),
        prop::sample::select(vec!["\n", "\r\n"]),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        prop::sample::select(vec![2, 5]),
    )
        .prop_map(
            |(indent, airy, newline, (ends_in_newline, ascii, strings, reversed), minor)| Written {
                indent,
                airy,
                newline,
                ends_in_newline,
                ascii,
                strings,
                reversed,
                minor,
            },
        )
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "a", "b c", "\n", "\n", "\r\n", "é", "😀", "\"", "\\", "\\u00e9", "\t", "\u{1}", "]",
        ]),
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

fn made(least: usize) -> impl Strategy<Value = Vec<Made>> {
    let kind = prop::sample::select(vec!["code", "code", "markdown", "raw"]);
    let cell = (kind, text(), prop::option::of(1..9_u32), any::<bool>());
    let cell = cell.prop_map(|(kind, text, count, outputs)| Made {
        kind,
        text,
        count,
        outputs,
    });
    prop::collection::vec(cell, least..5)
}

/// An operation on any notebook: the numbers are taken as far as it goes.
fn op() -> impl Strategy<Value = (u8, usize, usize, usize, String)> {
    (0..7_u8, 0..6_usize, 0..12_usize, 0..12_usize, text())
}

fn edit(notebook: &Notebook, ops: &[(u8, usize, usize, usize, String)]) -> Edit {
    let count = notebook.cells.len();
    let mut edit = Edit::default();
    let mut moved = vec![false; count];
    for (op, cell, a, b, text) in ops {
        let at = CellIdx::new(cell % (count + 1));
        if *op == 0 {
            let kind = [CellKind::Code, CellKind::Markdown, CellKind::Raw][a % 3];
            edit.ops.push(EditOp::Insert {
                at,
                kind,
                text: text.clone(),
            });
            continue;
        }
        if count == 0 {
            continue;
        }
        let cell = CellIdx::new(cell % count);
        let old = &notebook.cells[cell.to_usize()].text;
        match op {
            1 => {
                if !std::mem::replace(&mut moved[cell.to_usize()], true) {
                    edit.ops.push(EditOp::Move {
                        cell,
                        before: CellIdx::new(a % (count + 1)),
                    });
                }
            }
            2 => edit.ops.push(EditOp::Remove { cell }),
            3 => edit.ops.push(EditOp::ClearOutputs { cell }),
            4 => edit.ops.push(EditOp::ClearCount { cell }),
            _ => {
                let places: Vec<usize> = old
                    .char_indices()
                    .map(|(at, _)| at)
                    .chain([old.len()])
                    .collect();
                let (a, b) = (places[a % places.len()], places[b % places.len()]);
                let place = |at: usize| TextSize::new(u32::try_from(at).unwrap());
                let range = TextRange::new(place(a.min(b)), place(a.max(b)));
                edit.ops.push(EditOp::Replace {
                    cell,
                    range,
                    text: text.clone(),
                });
            }
        }
    }
    edit
}

/// What an edit promises: kinds, texts, counts and outputs, and the ids of cells that were there.
#[track_caller]
fn check(file: &[u8], edit: &Edit) -> Vec<u8> {
    let before = parse(file);
    let after = patch(file, edit).unwrap();
    let shown = || {
        format!(
            "{}\n{edit:#?}\n{}",
            String::from_utf8_lossy(file),
            String::from_utf8_lossy(&after)
        )
    };
    let _: Value =
        serde_json::from_slice(&after).unwrap_or_else(|error| panic!("{error}\n{}", shown()));
    let (found, expected) = (parse(&after), edit.apply(&before));
    assert_eq!(found.problems, before.problems, "{}", shown());
    assert_eq!(found.meta, expected.meta);
    assert_eq!(found.cells.len(), expected.cells.len(), "{}", shown());
    for (found, expected) in found.cells.iter().zip(&expected.cells) {
        let mut found = (**found).clone();
        if expected.id.is_none() {
            found.id = None;
        }
        assert_eq!(found, **expected, "{}", shown());
    }
    after
}

proptest! {
    #[test]
    fn any_edit_of_any_style_is_what_was_asked_for(written in written(), cells in made(0), ops in prop::collection::vec(op(), 1..6)) {
        let file = written.file(&cells);
        let notebook = parse(file.as_bytes());
        prop_assert_eq!(&notebook.problems[..], &[]);
        check(file.as_bytes(), &edit(&notebook, &ops));
    }

    /// What is new looks as if the file's own writer had written it: text in an existing cell,
    /// and cells that come or go.
    #[test]
    fn the_result_is_as_its_writer_would_write_it(written in written(), cells in made(1), at in 0..5_usize, cut in 0..9_usize, text in text()) {
        let file = written.file(&cells);
        let cell = at % cells.len();
        // Whether a file escapes or writes strings shows only where there is something to see.
        let shows = |cells: &[Made]| {
            (!written.ascii || cells.iter().any(|cell| !cell.text.is_ascii())) && (written.strings || cells.iter().any(|cell| !cell.text.is_empty()))
        };
        let old = &cells[cell].text;
        let places: Vec<usize> = old.char_indices().map(|(at, _)| at).chain([old.len()]).collect();
        let cut = places[cut % places.len()];
        if shows(&cells) {
            let mut expected = cells.clone();
            expected[cell].text = format!("{}{text}", &old[..cut]);
            let range = TextRange::new(TextSize::new(cut as u32), TextSize::of(old.as_str()));
            let after = check(file.as_bytes(), &Edit::replace(CellIdx::new(cell), range, text));
            prop_assert_eq!(String::from_utf8(after).unwrap(), written.file(&expected));
        }

        let after = check(file.as_bytes(), &EditOp::Remove { cell: CellIdx::new(cell) }.into());
        let mut expected = cells.clone();
        expected.remove(cell);
        if written.minor < 5 {
            prop_assert_eq!(String::from_utf8(after).unwrap(), written.file(&expected));
        }
    }

    /// Whatever stands outside the touched cell stays.
    #[test]
    fn bytes_outside_the_touched_cell_stay(written in written(), cells in made(1), op in op()) {
        let file = written.file(&cells);
        let (notebook, map) = read(file.as_bytes());
        let edit = edit(&notebook, &[op]);
        let after = patch(file.as_bytes(), &edit).unwrap();
        let touched = match edit.ops.first() {
            Some(EditOp::Replace { cell, .. } | EditOp::ClearOutputs { cell } | EditOp::ClearCount { cell }) => *cell,
            _ => return Ok(()),
        };
        let object = map.cells[touched.to_usize()].object;
        let behind = file.len() - object.end;
        prop_assert_eq!(&after[..object.start], &file.as_bytes()[..object.start]);
        prop_assert_eq!(&after[after.len() - behind..], &file.as_bytes()[object.end..]);
    }
}

proptest! {
    /// Nothing panics, and what is not refused is as it should be, for any edit and for `clean`.
    #[test]
    fn damaged_files_are_patched_rightly_or_refused(written in written(), cells in made(0), op in op(), at in any::<prop::sample::Index>(), gone in 0..9_usize, junk in "[\\]{}\",: a-z0-9\\\\]{0,6}") {
        let mut file = written.file(&cells).into_bytes();
        let at = at.index(file.len());
        let end = (at + gone).min(file.len());
        file.splice(at..end, junk.bytes());
        let notebook = parse(&file);
        let edit = edit(&notebook, &[op]);
        if let Ok(after) = patch(&file, &edit) {
            let expected = edit.apply(&notebook);
            let texts = |notebook: &Notebook| -> Vec<String> { notebook.cells.iter().map(|cell| cell.text.to_string()).collect() };
            prop_assert_eq!(texts(&parse(&after)), texts(&expected));
        }
        if let Ok(Some(clean)) = super::super::clean::clean(&file, Default::default()) {
            prop_assert_eq!(super::super::clean::clean(&clean, Default::default()), Ok(None));
        }
    }
}

const FILE: &str = r#"{"cells": [
 {"source": ["a\u00e9 = 1\n", "b\/c"], "cell_type": "code", "metadata": {}, "outputs": [ ], "execution_count": 3}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;

fn at(start: u32, end: u32) -> TextRange {
    TextRange::new(start.into(), end.into())
}

#[test]
fn a_string_keeps_what_was_not_replaced_as_it_was_escaped() {
    let edit = Edit::replace(CellIdx(0), at(11, 11), "ü😀");
    let after = String::from_utf8(patch(FILE.as_bytes(), &edit).unwrap()).unwrap();
    assert_eq!(
        after,
        FILE.replace(r#""b\/c""#, r#""b\/c\u00fc\ud83d\ude00""#)
    );
}

#[test]
fn halves_of_a_character_do_not_join_when_what_parted_them_goes() {
    let file = |source: &[u8]| {
        let (before, after) = (
            &br#"{"cells": [{"cell_type": "code", "metadata": {}, "source": ""#[..],
            &br#""}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#[..],
        );
        [before, source, after].concat()
    };
    for (source, length, expected) in [
        (&br"\ud83dx\ude00"[..], 3, &br"\ufffd\ude00"[..]),
        (b"\xf0\x9fx\x98\x80", 3, b"\xef\xbf\xbd\x98\x80"),
        (br"\ud83d\ud83dx", 6, br"\ud83d\ufffd"),
    ] {
        let range = at(length, length + 1);
        let after = patch(&file(source), &Edit::replace(CellIdx(0), range, "")).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&after),
            String::from_utf8_lossy(&file(expected))
        );
    }
}

#[test]
fn an_inserted_cell_has_an_id_of_its_own_that_is_always_the_same() {
    let insert = |at| EditOp::Insert {
        at: CellIdx(at),
        kind: CellKind::Code,
        text: "x".into(),
    };
    let edit = Edit {
        ops: vec![insert(0), insert(1)],
        select: None,
    };
    let after = patch(FILE.as_bytes(), &edit).unwrap();
    assert_eq!(after, patch(FILE.as_bytes(), &edit).unwrap());
    let notebook = parse(&after);
    let ids: Vec<_> = notebook
        .cells
        .iter()
        .map(|cell| cell.id.as_deref())
        .collect();
    assert_eq!(ids[0].unwrap().len(), 8);
    assert_ne!(ids[0], ids[2]);
    assert_eq!(ids[1], None);
}

#[test]
fn old_files_are_patched_where_it_is_simple() {
    let old = r##"{"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [{"cell_type": "code",
        "collapsed": false, "input": "a", "language": "python", "metadata": {}, "outputs": [{"output_type": "pyerr"}], "prompt_number": 7},
        {"cell_type": "heading", "level": 1, "metadata": {}, "source": "b"}], "metadata": {}}]}"##;
    let mut edit = Edit::replace(CellIdx(0), at(0, 1), "x\ny");
    edit.ops.push(EditOp::ClearOutputs { cell: CellIdx(0) });
    edit.ops.push(EditOp::Insert {
        at: CellIdx(1),
        kind: CellKind::Code,
        text: "z".into(),
    });
    edit.ops.push(EditOp::Move {
        cell: CellIdx(1),
        before: CellIdx(0),
    });
    check(old.as_bytes(), &edit);
    let heading = Edit::replace(CellIdx(1), at(0, 1), "x");
    assert!(
        patch(old.as_bytes(), &heading)
            .unwrap_err()
            .0
            .contains("heading")
    );
}

#[test]
fn what_is_unsure_is_refused() {
    let edit = Edit::from(EditOp::ClearCount { cell: CellIdx(0) });
    let refused = |file: &[u8], words: &str| {
        let reason = patch(file, &edit).unwrap_err().0;
        assert!(reason.contains(words), "{reason}");
    };
    let conflict = FILE.replace(
        "\"metadata\": {}, \"nbformat\"",
        "\n<<<<<<< a\n\"metadata\": {},\n=======\n\"metadata\": {},\n>>>>>>> b\n\"nbformat\"",
    );
    refused(conflict.as_bytes(), "conflict");
    refused(&FILE.as_bytes()[..FILE.len() - 3], "broken");
    refused(format!("text {FILE}").as_bytes(), "broken");
    refused(b"nothing", "no notebook");
    let utf16: Vec<u8> = FILE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&utf16, "UTF-16");
}
