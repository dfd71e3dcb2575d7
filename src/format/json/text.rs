//! JSON strings: what their escapes mean, and where each character stands.

use std::borrow::Cow;

use memchr::memchr;

use super::Span;

/// A string, undecoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// What stands between the quotes.
    pub raw: Span,
    pub(super) escaped: bool,
}

impl Text {
    /// A part of the file as if it stood between quotes: its escapes count.
    pub fn within(raw: Span) -> Self {
        Self { raw, escaped: true }
    }

    /// The string's characters. What is no UTF-8 and no Unicode becomes U+FFFD; a backslash that
    /// starts no escape stays a backslash.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        let raw = self.raw.of(bytes);
        if !self.escaped {
            return String::from_utf8_lossy(raw);
        }
        let mut text = String::with_capacity(raw.len());
        self.decode_onto(&mut text, bytes);
        Cow::Owned(text)
    }

    /// The same, behind what `text` holds already.
    pub fn decode_onto(self, text: &mut String, bytes: &[u8]) {
        let raw = self.raw.of(bytes);
        let mut at = 0;
        while self.escaped
            && let Some(found) = memchr(b'\\', &raw[at..])
        {
            text.push_str(&String::from_utf8_lossy(&raw[at..at + found]));
            at += found;
            let (character, length) = escape(&raw[at..]).unwrap_or(('\\', 1));
            text.push(character);
            at += length;
        }
        text.push_str(&String::from_utf8_lossy(&raw[at..]));
    }

    /// The part between two places of what stands between the quotes.
    pub fn part(self, start: usize, end: usize) -> Self {
        Self {
            raw: Span::new(self.raw.start + start, self.raw.start + end),
            escaped: self.escaped,
        }
    }

    /// The characters with the place in the file where each starts, the same as those of [`decode`](Self::decode).
    pub fn chars(self, bytes: &[u8]) -> impl Iterator<Item = (usize, char)> + '_ {
        let raw = self.raw.of(bytes);
        let start = self.raw.start;
        let mut at = 0;
        std::iter::from_fn(move || {
            let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
            let (character, length) = match rest[0] {
                b'\\' => escape(rest).unwrap_or(('\\', 1)),
                byte if byte.is_ascii() => (char::from(byte), 1),
                _ => utf8(rest),
            };
            let place = start + at;
            at += length;
            Some((place, character))
        })
    }

    /// Whether the string is `expected`. Cheap where nothing is escaped.
    pub fn is(self, bytes: &[u8], expected: &str) -> bool {
        if self.escaped {
            self.decode(bytes) == expected
        } else {
            self.raw.of(bytes) == expected.as_bytes()
        }
    }
}

/// The character that the escape at the start of `raw` stands for, and the escape's length.
/// Half of a surrogate pair stands for U+FFFD.
pub(super) fn escape(raw: &[u8]) -> Option<(char, usize)> {
    let character = match raw.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = hex(raw)?;
            if let Some(character) = char::from_u32(unit) {
                return Some((character, 6));
            }
            let low = raw.get(6..).filter(|rest| rest.starts_with(b"\\u"));
            if let (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) = (unit, low.and_then(hex)) {
                let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Some((char::from_u32(code)?, 12));
            }
            return Some((char::REPLACEMENT_CHARACTER, 6));
        }
        _ => return None,
    };
    Some((character, 2))
}

fn hex(raw: &[u8]) -> Option<u32> {
    raw.get(2..6)?.iter().try_fold(0, |unit, &digit| {
        Some(unit * 16 + char::from(digit).to_digit(16)?)
    })
}

/// The first character of `raw`, read as [`String::from_utf8_lossy`] does.
fn utf8(raw: &[u8]) -> (char, usize) {
    let head = &raw[..raw.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(valid) => valid,
        Err(error) if error.valid_up_to() == 0 => {
            let length = error.error_len().unwrap_or(head.len());
            return (char::REPLACEMENT_CHARACTER, length);
        }
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    valid
        .chars()
        .next()
        .map_or((char::REPLACEMENT_CHARACTER, 1), |character| {
            (character, character.len_utf8())
        })
}
