use proptest::prelude::*;

use super::*;
use crate::format;
use crate::format::conflict::Side;
use crate::notebook::{Anchor, CellIdx, Language, ProblemKind};
use crate::text::TextSize;

fn parse(file: &str) -> Notebook {
    format::parse(file.as_bytes())
}

/// A file of nbformat 4.5 with these cells.
fn file(cells: &str) -> String {
    format!(r#"{{"cells": [{cells}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}"#)
}

const CODE: &str = r#"{"cell_type": "code", "id": "a", "metadata": {}, "source": ["x\n", "y"], "outputs": [], "execution_count": 3}"#;
const TEXT: &str = r#"{"cell_type": "markdown", "id": "b", "metadata": {}, "source": "t"}"#;

fn texts(notebook: &Notebook) -> Vec<&str> {
    notebook.cells.iter().map(|cell| &*cell.text).collect()
}

#[track_caller]
fn check_problems(file: &str, expected: &[(ProblemKind, &str)]) {
    let notebook = parse(file);
    let found = &notebook.problems;
    assert_eq!(found.len(), expected.len(), "{file}\n{found:#?}");
    for (found, (kind, words)) in found.iter().zip(expected) {
        assert_eq!(found.kind, *kind, "{found:?}");
        assert!(found.message.contains(words), "{found:?}");
    }
}

#[test]
fn a_sound_notebook_has_no_problems() {
    let notebook = parse(&file(&format!("{CODE}, {TEXT}")));
    assert_eq!(notebook.problems, [].into());
    assert_eq!(texts(&notebook), ["x\ny", "t"]);
    assert_eq!(notebook.cells[0].execution.count, Some(3));
    assert_eq!(notebook.cells[0].id.as_deref(), Some("a"));
    assert_eq!(notebook.cells[1].kind, CellKind::Markdown);
    assert_eq!(notebook.meta.nbformat, Some((4, 5)));
}

#[test]
fn outputs_are_counted_and_the_first_error_kept() {
    let outputs = r#"[{"output_type": "stream", "text": "a"},
        {"evalue": "name 'é\n' is not defined", "ename": "NameError", "output_type": "stream", "output_type": "error", "traceback": ["\u001b[0m"]},
        {"output_type": "error", "ename": "Other", "evalue": ""}]"#;
    let long = outputs.replace("is not", &"z".repeat(999));
    for (outputs, length) in [(outputs, 24), (&long, 200)] {
        let notebook = parse(&file(
            &CODE.replace("\"outputs\": []", &format!("\"outputs\": {outputs}")),
        ));
        let found = &notebook.cells[0].outputs;
        assert_eq!((found.count, found.bytes), (3, outputs.len() as u64));
        let error = found.error.as_ref().unwrap();
        assert_eq!(&*error.ename, "NameError");
        assert_eq!(error.evalue.chars().count(), length);
    }
}

#[test]
fn nbformat_3_is_read() {
    let notebook = parse(
        r##"{"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [
        {"cells": [{"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Ti\n", "tle"]},
          {"cell_type": "code", "collapsed": false, "input": ["a\r\n", "b"], "language": "python", "metadata": {},
           "outputs": [{"output_type": "pyerr", "ename": "E", "evalue": "v"}], "prompt_number": 7}], "metadata": {}},
        {"cells": [{"cell_type": "raw", "source": "r"}]}]}"##,
    );
    assert_eq!(texts(&notebook), ["## Ti tle", "a\r\nb", "r"]);
    assert_eq!(notebook.cells[0].kind, CellKind::Markdown);
    assert_eq!(notebook.cells[1].execution.count, Some(7));
    assert_eq!(
        &*notebook.cells[1].outputs.error.as_ref().unwrap().ename,
        "E"
    );
    assert_eq!(notebook.cells[1].language, None);
    assert_eq!(notebook.problems, [].into());
}

#[test]
fn languages_and_homes_are_told() {
    let with = |metadata: &str, cell: &str| {
        parse(&format!(
            r#"{{"metadata": {metadata}, "cells": [{cell}], "nbformat": 4, "nbformat_minor": 5}}"#
        ))
    };
    let language = |metadata| with(metadata, "").meta.language.clone();
    let other = |name: &str| Language::Other(name.into());
    assert_eq!(language("{}"), Language::Python);
    assert_eq!(language(r#"{"kernelspec": {"name": "ir"}}"#), other("r"));
    assert_eq!(
        language(r#"{"kernelspec": {"name": "julia-1.6"}}"#),
        other("julia")
    );
    assert_eq!(
        language(r#"{"kernelspec": {"name": "xsql"}}"#),
        other("sql")
    );
    assert_eq!(
        language(r#"{"kernelspec": {"name": "my-env"}}"#),
        Language::Python
    );
    assert_eq!(
        language(r#"{"kernelspec": {"name": "x", "language": "R"}}"#),
        other("r")
    );
    assert_eq!(
        language(r#"{"language_info": {"name": "scala"}}"#),
        other("scala")
    );
    for sage in [
        r#"{"kernelspec": {"name": "x", "language": "sage"}, "language_info": {"name": "python"}}"#,
        r#"{"kernelspec": {"name": "sagemath-9.3"}, "language_info": {"name": "python"}}"#,
    ] {
        assert_eq!(language(sage), other("sage"));
    }
    assert_eq!(
        language(r#"{"jupytext": {"main_language": "julia"}}"#),
        other("julia")
    );

    let sql = CODE.replace(r#"["x\n", "y"]"#, r#""%sql\nselect 1""#);
    let databricks = r#"{"application/vnd.databricks.v1+notebook": {"language": "python"}}"#;
    assert_eq!(with(databricks, &sql).meta.home, Home::Databricks);
    assert_eq!(with(databricks, &sql).cells[0].language, Some(other("sql")));
    assert_eq!(with("{}", &sql).cells[0].language, None);
    assert_eq!(with(r#"{"colab": {}}"#, "").meta.home, Home::Colab);
    let vscode = CODE.replace(
        "{}",
        r#"{"vscode": {"languageId": "javascript"}, "tags": ["a", "b"]}"#,
    );
    assert_eq!(
        with("{}", &vscode).cells[0].language,
        Some(other("javascript"))
    );
    assert!(with("{}", &vscode).cells[0].has_tag("b"));
}

#[test]
fn what_jupyter_refuses_is_told_from_what_it_warns_of() {
    use ProblemKind::{Invalid, Unreadable};
    let cell = |from: &str, to: &str| file(&CODE.replacen(from, to, 1));
    let whole = |from: &str, to: &str| file(CODE).replace(from, to);

    check_problems(
        &cell(r#", "metadata": {}"#, ""),
        &[(Unreadable, "No `metadata` in cell 1")],
    );
    check_problems(
        &cell("\"outputs\": []", "\"outputs\": null"),
        &[(Unreadable, "`outputs` is no list")],
    );
    check_problems(
        &cell(r#"["x\n", "y"]"#, "[1]"),
        &[(Unreadable, "besides strings")],
    );
    check_problems(&file("7"), &[(Unreadable, "no object")]);
    check_problems(
        &whole("\"nbformat\": 4", "\"nbformat\": 5"),
        &[(Unreadable, "no version that exists")],
    );
    check_problems(
        &whole("\"nbformat_minor\": 5", "\"nbformat_minor\": null"),
        &[(Unreadable, "is no number")],
    );
    check_problems(
        &file("").replace(r#""metadata": {}, "#, ""),
        &[(Unreadable, "metadata` is missing")],
    );
    check_problems("{}", &[(Unreadable, "without `cells`")]);
    check_problems(
        r#"{"nbformat": 3, "nbformat_minor": 0, "metadata": {}}"#,
        &[(Unreadable, "no `worksheets`")],
    );

    check_problems(
        &cell(r#""cell_type": "code", "#, ""),
        &[(Invalid, "No `cell_type` in cell 1")],
    );
    check_problems(
        &cell(r#""code""#, r#""foo""#),
        &[(Invalid, "cell type `foo`")],
    );
    check_problems(
        &cell(r#"["x\n", "y"]"#, "null"),
        &[(Invalid, "neither a string")],
    );
    check_problems(
        &cell(r#", "outputs": []"#, ""),
        &[(Invalid, "No `outputs` in cell 1")],
    );
    check_problems(
        &cell(r#", "execution_count": 3"#, ""),
        &[(Invalid, "No `execution_count`")],
    );
    check_problems(&cell("3", "-1"), &[(Invalid, "execution count")]);
    check_problems(&cell("3", "0"), &[]);
    check_problems(
        &cell(r#""id": "a", "#, ""),
        &[(Invalid, "No `id` in cell 1")],
    );
    check_problems(
        &cell(r#""id": "a""#, r#""id": "a b""#),
        &[(Invalid, "1 to 64 letters")],
    );
    check_problems(
        &cell("{}", r#"{"tags": "a"}"#),
        &[(Invalid, "The tags of cell 1")],
    );
    check_problems(&cell("{}", r#"{}, "foo": 1"#), &[(Invalid, "key `foo`")]);
    check_problems(
        &file(&format!("{CODE}, {TEXT}, {CODE}")),
        &[(Invalid, "The id `a` belongs to cells 1 and 3")],
    );
    check_problems(
        &file(&TEXT.replace("{}", r#"{}, "outputs": [], "execution_count": null"#)),
        &[
            (Invalid, "`execution_count` in cell 1"),
            (Invalid, "`outputs` in cell 1"),
        ],
    );
    check_problems(
        &whole("\"nbformat_minor\": 5", "\"nbformat_minor\": 4"),
        &[(Invalid, "An `id` in cell 1")],
    );
    check_problems(
        &whole("\"nbformat_minor\": 5", "\"nbformat_minor\": 99").replace("\"code\"", "\"new\""),
        &[],
    );
    check_problems(
        &file("").replace(r#""nbformat": 4, "#, ""),
        &[(Invalid, "does not say its `nbformat`")],
    );
    check_problems(
        &file(&CODE.replace("[]", r#"[{"output_type": "display_data", "data": NaN}]"#)),
        &[(Invalid, "NaN")],
    );
    check_problems(
        r#"{"nbformat": 2, "metadata": {}, "worksheets": [{"cells": []}]}"#,
        &[(Invalid, "nbformat 2")],
    );
}

#[test]
fn cells_with_the_same_complaint_are_told_of_together() {
    let bare = r#"{"cell_type": "raw", "metadata": {}, "source": ""}"#;
    let cells = [bare; 9].join(",");
    check_problems(
        &file(&cells),
        &[(
            ProblemKind::Invalid,
            "No `id` in cells 1, 2, 3, 4 and 5 more",
        )],
    );
}

#[test]
fn broken_json_is_named_with_its_place() {
    use ProblemKind::Unreadable;
    let sound = file(&format!("{CODE},\n{TEXT}"));
    let cut = &sound[..sound.find("\"t\"").unwrap()];
    check_problems(cut, &[(Unreadable, "ends too early, in line 2")]);
    assert_eq!(texts(&parse(cut)), ["x\ny", ""]);
    let garbled = sound.replace(",\n", "\n ");
    check_problems(
        &garbled,
        &[(Unreadable, "line 2, column 2: a comma is missing")],
    );
    assert_eq!(texts(&parse(&garbled)), ["x\ny", "t"]);
    check_problems(&format!("j{sound}"), &[(Unreadable, "text stands before")]);
    check_problems(&format!("{sound}x"), &[(Unreadable, "text stands after")]);
    check_problems(
        &format!("\u{feff}{sound}"),
        &[(Unreadable, "byte order mark")],
    );
    let latin = sound.replace('t', "\u{1}").into_bytes();
    let latin: Vec<u8> = latin
        .into_iter()
        .map(|byte| if byte == 1 { 0xE9 } else { byte })
        .collect();
    let problems = format::parse(&latin).problems;
    assert!(problems[0].message.contains("not UTF-8"), "{problems:?}");
}

#[test]
fn the_last_of_repeated_keys_counts() {
    let notebook = parse(&file(
        &CODE.replace("\"id\"", "\"source\": \"old\", \"id\""),
    ));
    assert_eq!(texts(&notebook), ["x\ny"]);
    let cells = format!("{CODE}], \"cells\": [{TEXT}");
    assert_eq!(texts(&parse(&file(&cells))), ["t"]);
}

const CONFLICT: &str = r#"{"cells": [
{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": [
<<<<<<< HEAD
  "x = 1"
||||||| 123
  "x = 0"
=======
  "x = 2\n", "é = \"\ud83d\ude00\""
>>>>>>> topic
 ]},
<<<<<<< HEAD
=======
{"cell_type": "markdown", "id": "new", "metadata": {}, "source": "new"},
>>>>>>> topic
{"cell_type": "code",
<<<<<<< HEAD
 "execution_count": 1,
=======
 "execution_count": 2,
>>>>>>> topic
 "id": "b", "metadata": {}, "outputs": [], "source": "last"}
], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;

#[test]
fn a_file_with_conflicts_is_read_with_both_sides() {
    let (notebook, map) = read(CONFLICT.as_bytes());
    assert_eq!(
        texts(&notebook),
        ["x = 1", "x = 2\né = \"😀\"", "new", "last"]
    );
    let sides: Vec<_> = map.cells.iter().map(|spans| spans.side).collect();
    assert_eq!(
        sides,
        [
            Some(Side::Ours),
            Some(Side::Theirs),
            Some(Side::Theirs),
            None
        ]
    );
    assert!(map.has_conflicts());
    check_problems(
        CONFLICT,
        &[
            (
                ProblemKind::Conflict,
                "between HEAD and topic in cell 1 (HEAD) and cell 2 (topic)",
            ),
            (ProblemKind::Conflict, "in cell 3 (topic)"),
            (ProblemKind::Conflict, "in the execution count of cell 4"),
        ],
    );
    assert_eq!(
        notebook.problems[0].anchor,
        Anchor::File(crate::text::LineColumn { line: 3, column: 1 })
    );
    let face = map.file_offset(CellIdx(1), TextSize::new(12));
    assert!(CONFLICT[face..].starts_with(r"\ud83d"));
}

#[test]
fn markers_inside_strings_belong_to_the_cell() {
    let markers = r#""<<<<<<< local\nx\n=======\ny\n>>>>>>> remote\n""#;
    let code = file(&CODE.replace(r#"["x\n", "y"]"#, markers));
    check_problems(&code, &[]);
    assert!(parse(&code).cells[0].text.starts_with("<<<<<<< local\n"));
    check_problems(&file(&TEXT.replace("\"t\"", markers)), &[]);
}

#[test]
fn places_are_mapped_through_escapes_and_lists() {
    let source = r#"["a\u00e9\ud83d\ude00\n",   "", "ß\\\"z" ]"#;
    let whole = file(&CODE.replace(r#"["x\n", "y"]"#, source));
    let (notebook, map) = read(whole.as_bytes());
    assert_eq!(texts(&notebook), ["aé😀\nß\\\"z"]);
    let cell = CellIdx(0);
    let start = whole.find(source).unwrap();
    assert_eq!(
        map.cells[0].source,
        Some(crate::format::json::Span::new(start, start + source.len()))
    );
    let expected = [
        (0, 2),
        (1, 3),
        (3, 9),
        (7, 21),
        (8, 33),
        (10, 35),
        (11, 37),
        (12, 39),
        (13, 40),
    ];
    for (at, place) in expected.iter().take(expected.len() - 1).copied() {
        let found = map.file_offset(cell, TextSize::new(at)) - start;
        assert_eq!(
            map.cell_offset(cell, start + found),
            Some(TextSize::new(at))
        );
        if at < 12 {
            assert_eq!(found, place, "byte {at}");
        }
    }
    // Inside an escape means its start, between strings means where they meet.
    assert_eq!(map.cell_offset(cell, start + 5), Some(TextSize::new(1)));
    assert_eq!(map.cell_offset(cell, start + 26), Some(TextSize::new(8)));
    assert_eq!(map.cell_offset(cell, start - 1), None);
    assert_eq!(map.cell_offset(cell, start + source.len()), None);
    assert_eq!(map.locate(start + 3), Some((cell, TextSize::new(1))));
}

#[test]
fn a_cell_without_text_has_a_place_all_the_same() {
    for source in ["[]", "null", "7", "\"\""] {
        let whole = file(&CODE.replace(r#"["x\n", "y"]"#, source));
        let (_, map) = read(whole.as_bytes());
        let start = map.cells[0].source.unwrap().start;
        let inside = usize::from(source == "\"\"");
        assert_eq!(
            map.file_offset(CellIdx(0), TextSize::new(9)),
            start + inside
        );
    }
    assert_eq!(read(b"{}").1.file_offset(CellIdx(3), TextSize::new(0)), 0);
}

#[test]
fn nesting_and_long_lines_are_survived() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let nested = CODE.replace(
        "\"outputs\": []",
        &format!("\"outputs\": [{{\"data\": {deep}}}]"),
    );
    let notebook = parse(&file(&nested));
    assert_eq!(notebook.problems, [].into());
    assert_eq!(notebook.cells[0].outputs.count, 1);
    parse(&file(&format!("{}{CODE}", "{\"cells\": [".repeat(10_000))));

    let long = "0123456789abcdef".repeat(300_000);
    let outputs = format!("\"outputs\": [{{\"output_type\": \"stream\", \"text\": \"{long}\"}}]");
    let notebook = parse(&file(&format!(
        "{}, {TEXT}",
        CODE.replace("\"outputs\": []", &outputs)
    )));
    assert_eq!(notebook.problems, [].into());
    assert!(notebook.cells[0].outputs.bytes > 4_800_000);
    assert_eq!(&*notebook.cells[1].text, "t");
}

#[test]
fn odd_characters_in_a_source_are_kept() {
    let source = "\"a\\u0000b\\rc\\r\\nd\\u2028\"";
    let notebook = parse(&file(&CODE.replace(r#"["x\n", "y"]"#, source)));
    assert_eq!(texts(&notebook), ["a\0b\rc\r\nd\u{2028}"]);
    assert_eq!(notebook.problems, [].into());
}

proptest! {
    #[test]
    fn any_damage_is_survived_and_every_place_maps_back(
        at in 0..CONFLICT.len(), length in 0..60_usize, junk in "[\\[\\]{}:,\"\\\\<=>\n a]{0,9}"
    ) {
        let mut bytes = CONFLICT.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, junk.bytes());
        let (notebook, map) = read(&bytes);
        for (index, cell) in notebook.indexed() {
            let mut mapped = map.positions(index).map(|(at, _)| at.to_usize()).peekable();
            if mapped.peek().is_some() {
                let boundaries: Vec<usize> = cell.text.char_indices().map(|(at, _)| at).chain([cell.text.len()]).collect();
                prop_assert_eq!(mapped.collect::<Vec<_>>(), boundaries);
            }
            for (at, place) in map.positions(index) {
                prop_assert_eq!(map.file_offset(index, at), place);
            }
        }
    }
}
