use proptest::prelude::*;

use super::*;

/// Reads everything and writes it down again, a hole for what is missing.
fn read(json: &[u8]) -> (String, Vec<FaultKind>) {
    let mut scanner = Scanner::new(json, 0);
    let mut out = String::new();
    let mut closers = Vec::new();
    let mut value = Some(scanner.value());
    loop {
        if let Some(value) = value.take() {
            match value {
                Value::Object => {
                    out.push('{');
                    closers.push('}');
                }
                Value::List => {
                    out.push('[');
                    closers.push(']');
                }
                Value::Text(text) => out.push_str(&format!("{:?}", text.decode(json))),
                Value::Number(span) => out.push_str(&String::from_utf8_lossy(span.of(json))),
                Value::Bool(is) => out.push_str(if is { "true" } else { "false" }),
                Value::Null => out.push_str("null"),
                Value::Missing => out.push('?'),
            }
        }
        let more = match closers.last() {
            None => break,
            Some('}') => scanner
                .next_key()
                .map(|key| out.push_str(&format!(" {}:", key.decode(json))))
                .is_some(),
            Some(_) => {
                let more = scanner.next_element();
                if more {
                    out.push(' ');
                }
                more
            }
        };
        if more {
            value = Some(scanner.value());
        } else {
            out.extend(closers.pop());
        }
    }
    let faults = scanner.finish();
    (out, faults.list.iter().map(|fault| fault.kind).collect())
}

#[track_caller]
fn check(json: &str, expected: &str, faults: &[FaultKind]) {
    assert_eq!(
        read(json.as_bytes()),
        (expected.to_owned(), faults.to_vec()),
        "{json}"
    );
}

#[test]
fn sound_json_is_read() {
    check(
        r#" {"a": [1, -2.5e+3, true, false, null, "x\n\u00e9\ud83d\ude00"], "b": {}} "#,
        r#"{ a:[ 1 -2.5e+3 true false null "x\né😀"] b:{}}"#,
        &[],
    );
    check("[]", "[]", &[]);
    check("\"\\\\\"", "\"\\\\\"", &[]);
}

#[test]
fn broken_json_is_read_as_it_was_meant() {
    use FaultKind::*;
    check(r#"{"a": 1 "b": 2}"#, "{ a:1 b:2}", &[MissingComma]);
    check(r#"[1, 2,]"#, "[ 1 2]", &[ExtraComma]);
    check(r#"[1,, 2]"#, "[ 1 2]", &[ExtraComma]);
    check(r#"{"a" 1}"#, "{ a:1}", &[MissingColon]);
    check(r#"{"a": }"#, "{ a:?}", &[MissingValue]);
    check(
        r#"{"a": [] #x
        , "b": 1}"#,
        "{ a:[] b:1}",
        &[Unexpected],
    );
    check(r#"{"a": [1, 2}"#, "{ a:[ 1 2]}", &[OpenBracket]);
    check(
        r#"{"a": [1, {"b": 2}, "c": 3}"#,
        "{ a:[ 1 { b:2}] c:3}",
        &[OpenBracket],
    );
    check(r#"[{"a": 1], 2"#, "[ { a:1}]", &[OpenBracket, TextAfter]);
    check(r#"[1}]"#, "[ 1]", &[OpenBracket]);
    check(r#"{{}}"#, "{ :{}}", &[MissingKey]);
    check(r#"[1] x"#, "[ 1]", &[TextAfter]);
    check("[\"a\tb\"]", "[ \"a\\tb\"]", &[ControlCharacter]);
    check("[\"a\\qb\"]", r#"[ "a\\qb"]"#, &[BadEscape]);
    check("[01, 1., .5]", "[ 01 1. .5]", &[BadNumber; 3]);
    check("nul", "?", &[Truncated]);
    check("", "?", &[Truncated]);
}

#[test]
fn a_string_without_its_quote_ends_with_its_line() {
    use FaultKind::*;
    check(
        "[\"a\r\n  \"b\"]",
        r#"[ "a" "b"]"#,
        &[OpenString, MissingComma],
    );
    check("[\"a\n]", r#"[ "a"]"#, &[OpenString]);
    check("[\"a\nb\"]", r#"[ "a\nb"]"#, &[ControlCharacter]);
}

#[test]
fn a_quote_inside_a_string_belongs_to_it() {
    check(
        "[\n\"x = d + \"e/f\",\n\"y\"\n]",
        r#"[ "x = d + \"e/f" "y"]"#,
        &[FaultKind::InnerQuote],
    );
    check(
        "[\n\"print(\"hello\")\"\n]",
        r#"[ "print(\"hello\")"]"#,
        &[FaultKind::InnerQuote; 2],
    );
}

#[test]
fn a_truncated_file_is_read_to_its_end() {
    let json = r#"{"a": ["b\u00e9", {"c": [1, tr"#;
    for end in 0..json.len() {
        let (_, faults) = read(&json.as_bytes()[..end]);
        assert!(faults.contains(&FaultKind::Truncated), "{end}: {faults:?}");
    }
}

#[test]
fn nesting_costs_no_stack() {
    for opening in ["[", "{\"a\":", "{", "[{", "[}", "{]"] {
        let json = opening.repeat(200_000);
        let mut scanner = Scanner::new(json.as_bytes(), 0);
        scanner.skip();
        assert!(!scanner.finish().list.is_empty());
    }
    let sound = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut scanner = Scanner::new(sound.as_bytes(), 0);
    assert_eq!(scanner.skip(), Span::new(0, 200_000));
    assert_eq!(scanner.finish(), Faults::default());
}

/// What could be searched for again and again, from every place anew, would take minutes here.
#[test]
fn damage_costs_no_more_than_its_length() {
    for piece in [
        "\"a", "\"a ", "\"\n", "\"a\n\n ", "\\", "\"a\t", "[\"a}", "\"a\": ]", "{\"a\" b",
    ] {
        let json = format!("[{}", piece.repeat(200_000));
        let mut scanner = Scanner::new(json.as_bytes(), 0);
        scanner.skip();
        assert!(!scanner.finish().list.is_empty());
    }
}

#[test]
fn numbers_that_are_none_are_noted_apart() {
    let mut scanner = Scanner::new(b"[NaN, -Infinity, Infinity, NaNs]", 0);
    scanner.skip();
    let faults = scanner.finish();
    assert_eq!(faults.not_finite, Some(1));
    assert_eq!(faults.total, 1);
}

#[test]
fn halves_of_surrogate_pairs_are_no_characters() {
    check(r#""\ud83dx""#, "\"\u{fffd}x\"", &[]);
    check(r#""\ude00\ud83d\n""#, "\"\u{fffd}\u{fffd}\\n\"", &[]);
    check(r#""\ud83d\ud83d\ude00""#, "\"\u{fffd}😀\"", &[]);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn anything_like_json_is_read(json in "[\\[\\]{}:,\"\\\\au01e \n\r\t-]{0,60}") {
        let (_, faults) = read(json.as_bytes());
        let sound = serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok();
        prop_assert_eq!(faults.is_empty(), sound, "{:?}", faults);
    }

    #[test]
    fn characters_and_text_agree(raw in prop::collection::vec(prop::sample::select(
        vec!["a", "\\n", "\\u00e9", "\\ud83d", "\\ude00", "\\", "\\u1", "é", "😀", "\n"]
    ), 0..12), junk in prop::collection::vec(any::<u8>(), 0..6)) {
        let mut bytes: Vec<u8> = raw.concat().into_bytes();
        bytes.extend(junk);
        let text = Text { raw: Span::new(0, bytes.len()), escaped: true };
        let characters: String = text.chars(&bytes).map(|(_, character)| character).collect();
        prop_assert_eq!(text.decode(&bytes), characters);
    }
}
