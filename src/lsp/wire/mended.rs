//! Messages that are JSON but for what their client could not help, made JSON. A change that is refused would leave
//! its document another than the client's.

use std::borrow::Cow;

/// Values that nest deeper than this are left out. `serde_json` reads 127 levels, and nothing that anybody asks about a
/// notebook stands so deep in its metadata.
const DEEPEST: usize = 100;

/// The message as JSON can have it; `None` where there is nothing to mend.
///
/// - A byte that is no UTF-8 becomes U+FFFD: Neovim sends what its buffer holds, and counts each such byte as one character.
/// - Half of a surrogate pair that stands alone (`"\ud83d"`) becomes U+FFFD, which is as long in UTF-16, so that all
///   positions stay right. JavaScript can send them, and no Rust string holds them.
/// - What nests [too deeply](DEEPEST) becomes `null`.
pub fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut message = Cow::Borrowed(json);
    for mend in [as_utf8, without_lone_surrogates, without_depths] {
        if let Some(mended) = mend(&message) {
            message = Cow::Owned(mended);
        }
    }
    match message {
        Cow::Borrowed(_) => None,
        Cow::Owned(mended) => Some(mended),
    }
}

fn as_utf8(json: &[u8]) -> Option<Vec<u8>> {
    if std::str::from_utf8(json).is_ok() {
        return None;
    }
    let mut text = String::with_capacity(json.len());
    for chunk in json.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(text.into_bytes())
}

fn without_lone_surrogates(json: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| -> Option<u16> {
        let escape = json.get(at..at + 6)?;
        let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut fixed = json.to_vec();
    let mut found = false;
    let mut at = 0;
    while at < json.len() {
        if json[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                fixed[at..at + 6].copy_from_slice(b"\\ufffd");
                found = true;
                at += 6;
            }
            _ => at += 2,
        }
    }
    found.then_some(fixed)
}

fn without_depths(json: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(json.len());
    let mut depth = 0_usize;
    let (mut is_string, mut is_escaped, mut found) = (false, false, false);
    for &byte in json {
        let is_kept = depth <= DEEPEST;
        if is_string {
            is_string = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
        } else if matches!(byte, b'{' | b'[') {
            depth += 1;
            if depth == DEEPEST + 1 {
                found = true;
                kept.extend_from_slice(b"null");
                continue;
            }
        } else if matches!(byte, b'}' | b']') {
            depth = depth.saturating_sub(1);
        } else {
            is_string = byte == b'"';
        }
        if is_kept {
            kept.push(byte);
        }
    }
    found.then_some(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn read(json: &[u8]) -> Value {
        serde_json::from_slice(&mended(json).unwrap()).unwrap()
    }

    #[test]
    fn a_lone_surrogate_becomes_a_replacement_character() {
        let json = br#"["\ud83d","\ud83d\ude00","\\ud83d","\ude00x"]"#;
        let strings = serde_json::json!(["\u{fffd}", "😀", "\\ud83d", "\u{fffd}x"]);
        assert_eq!(read(json), strings);
        assert_eq!(mended(br#"["\ud83d\ude00"]"#), None);
    }

    #[test]
    fn each_byte_that_is_no_utf_8_becomes_a_replacement_character() {
        let json = b"[\"a\xff\xc0\xe2\x82b\", \"\xc3\xa9\"]";
        assert_eq!(
            read(json),
            serde_json::json!(["a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b", "é"])
        );
    }

    #[test]
    fn what_nests_without_end_is_left_out_and_the_rest_is_read() {
        for depth in [100, 127, 10_000] {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            let json = format!(r#"{{"a": [{open}"x]\"{{"{close}], "b": "[{{\"", "c": [1, {{}}]}}"#);
            let value = read(json.as_bytes());
            assert_eq!(
                (&value["b"], &value["c"]),
                (&"[{\"".into(), &serde_json::json!([1, {}]))
            );
        }
        let json = format!("{}{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        assert_eq!(mended(json.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn what_is_json_stays_as_it_is(text in "\\PC{0,20}", list in prop::collection::vec(any::<i32>(), 0..4)) {
            let json = serde_json::json!({text: list}).to_string();
            prop_assert_eq!(mended(json.as_bytes()), None);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            mended(&bytes);
        }
    }
}
