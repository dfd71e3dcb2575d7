//! A tolerant JSON scanner that knows where everything stands.
//!
//! Well-kept libraries beat our own code generally, but none offers what a notebook file needs at once:
//! the bytes of every value, to map places and to patch the file; reading on after an error; and
//! passing over hundreds of megabytes of outputs without holding them. So this one is ours.
//!
//! [`Scanner`] borrows the bytes and is pulled: [`Scanner::value`] tells what stands next, and enters it
//! if it is an object or a list; [`Scanner::next_key`] and [`Scanner::next_element`] go through it.
//! Nothing recurses, whatever the nesting. Strings are decoded when somebody asks.
//! Whatever breaks the grammar of RFC 8259 is noted ([`Faults`]) and read as it was most likely meant.

mod text;

use memchr::{memchr, memchr2};

pub use self::text::Text;
use self::text::escape;

/// Bytes of a file, from `start` up to and without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The span's bytes; empty where `bytes` is too short.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub fn intersects(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// What stands at a place. Objects and lists have been entered; the scanner stands behind anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Object,
    List,
    Text(Text),
    Number(Span),
    Bool(bool),
    Null,
    /// There is none where one must be, or nothing that JSON knows.
    Missing,
}

/// What breaks the grammar, in the order of reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// The first few. Later ones are mostly consequences.
    pub list: Vec<Fault>,
    pub total: usize,
    /// The first `NaN` or `Infinity`, which Python writes and reads and nobody else does.
    pub not_finite: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The byte of the file.
    pub at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    Truncated,
    ControlCharacter,
    OpenString,
    OpenBracket,
    InnerQuote,
    BadEscape,
    BadNumber,
    MissingComma,
    ExtraComma,
    MissingColon,
    MissingKey,
    MissingValue,
    Unexpected,
    TextBefore,
    TextAfter,
}

impl FaultKind {
    /// As in "at line 3, column 7 …".
    pub fn description(self) -> &'static str {
        match self {
            Self::Truncated => "the file ends too early",
            Self::ControlCharacter => {
                "a raw control character stands in a string; it must be written as an escape such as `\\n` or `\\t`"
            }
            Self::OpenString => "a string has no closing quote",
            Self::OpenBracket => "a bracket is not closed, or closed by another kind",
            Self::InnerQuote => "a quote inside a string is not written `\\\"`",
            Self::BadEscape => {
                "a backslash starts no escape that JSON knows; a backslash is written `\\\\`"
            }
            Self::BadNumber => "a number is not written as JSON wants it",
            Self::MissingComma => "a comma is missing",
            Self::ExtraComma => "there is a comma too many",
            Self::MissingColon => "a colon is missing",
            Self::MissingKey => "a key is missing",
            Self::MissingValue => "a value is missing",
            Self::Unexpected => "something stands here that is not JSON",
            Self::TextBefore => "text stands before the JSON",
            Self::TextAfter => "text stands after the JSON",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    List,
}

/// What was read last in an open object or list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Opening,
    Comma,
    Value,
}

#[derive(Debug)]
pub struct Scanner<'b> {
    bytes: &'b [u8],
    at: usize,
    open: Vec<(Kind, Last)>,
    /// How many of `open` are objects, so that a stray bracket is judged without a search.
    open_objects: usize,
    /// An element of a list that was read ahead.
    ahead: Option<Text>,
    /// Up to which byte the last answer of [`Self::is_inner_quote`] holds, and the answer.
    inner_quotes: (usize, bool),
    faults: Faults,
}

const KEPT_FAULTS: usize = 8;

impl<'b> Scanner<'b> {
    /// A scanner that reads from the byte `at`.
    pub fn new(bytes: &'b [u8], at: usize) -> Self {
        Self {
            bytes,
            at: at.min(bytes.len()),
            open: Vec::new(),
            open_objects: 0,
            ahead: None,
            inner_quotes: (0, false),
            faults: Faults::default(),
        }
    }

    /// Where the next value starts, or where the last one ended if none was begun.
    pub fn here(&mut self) -> usize {
        if let Some(ahead) = self.ahead {
            return ahead.raw.start - 1;
        }
        self.skip_space();
        self.at
    }

    /// Where the last value that was read ends.
    pub fn end(&self) -> usize {
        self.at
    }

    /// Reads what stands next, or enters it.
    pub fn value(&mut self) -> Value {
        if let Some(text) = self.ahead.take() {
            return Value::Text(text);
        }
        self.skip_space();
        let Some(byte) = self.peek() else {
            self.fault(FaultKind::Truncated, self.at);
            return Value::Missing;
        };
        match byte {
            b'{' => {
                self.enter(Kind::Object);
                Value::Object
            }
            b'[' => {
                self.enter(Kind::List);
                Value::List
            }
            b'"' => Value::Text(self.string()),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' => self.word(),
            b',' | b':' | b'}' | b']' => {
                self.fault(FaultKind::MissingValue, self.at);
                Value::Missing
            }
            _ => {
                self.fault(FaultKind::Unexpected, self.at);
                self.skip_garbage();
                Value::Missing
            }
        }
    }

    /// The next key of the object that was entered last, or `None` at its end.
    /// The caller then reads or skips the value.
    pub fn next_key(&mut self) -> Option<Text> {
        loop {
            self.skip_space();
            let at = self.at;
            match self.peek() {
                None => {
                    self.fault(FaultKind::Truncated, at);
                    self.leave();
                    return None;
                }
                Some(b'}') => {
                    self.closing();
                    self.at += 1;
                    self.leave();
                    return None;
                }
                Some(b']') => {
                    self.fault(FaultKind::OpenBracket, at);
                    if self.open.len() > self.open_objects {
                        self.leave();
                        return None;
                    }
                    self.at += 1;
                }
                Some(b',') => self.comma(),
                Some(b'"') => {
                    self.member();
                    let key = self.string();
                    self.skip_space();
                    if self.peek() == Some(b':') {
                        self.at += 1;
                    } else if self.peek().is_some() {
                        self.fault(FaultKind::MissingColon, self.at);
                    }
                    return Some(key);
                }
                Some(b'{' | b'[' | b':') => {
                    self.member();
                    self.fault(FaultKind::MissingKey, at);
                    if self.peek() == Some(b':') {
                        self.at += 1;
                    }
                    return Some(Text {
                        raw: Span::new(at, at),
                        escaped: false,
                    });
                }
                Some(_) => {
                    self.fault(FaultKind::Unexpected, at);
                    self.skip_garbage();
                }
            }
        }
    }

    /// Whether the list that was entered last has another element. The caller then reads or skips it.
    pub fn next_element(&mut self) -> bool {
        loop {
            self.skip_space();
            let at = self.at;
            match self.peek() {
                None => {
                    self.fault(FaultKind::Truncated, at);
                    self.leave();
                    return false;
                }
                Some(b']') => {
                    self.closing();
                    self.at += 1;
                    self.leave();
                    return false;
                }
                Some(b'}') => {
                    self.fault(FaultKind::OpenBracket, at);
                    if self.open_objects > 0 {
                        self.leave();
                        return false;
                    }
                    self.at += 1;
                }
                Some(b',') => self.comma(),
                Some(b'"') => {
                    let text = self.string();
                    let end = self.at;
                    self.skip_space();
                    // A key: the list was never closed, and this belongs to an object around it.
                    if self.peek() == Some(b':') && self.open_objects > 0 {
                        self.at = at;
                        self.fault(FaultKind::OpenBracket, at);
                        let last = self.last();
                        self.leave();
                        self.set_last(last);
                        return false;
                    }
                    self.at = end;
                    self.member_at(at);
                    self.ahead = Some(text);
                    return true;
                }
                Some(
                    b'{' | b'[' | b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z',
                ) => {
                    self.member();
                    return true;
                }
                Some(_) => {
                    self.fault(FaultKind::Unexpected, at);
                    self.skip_garbage();
                }
            }
        }
    }

    /// Passes over the next value and gives its bytes.
    pub fn skip(&mut self) -> Span {
        let start = self.here();
        let depth = self.open.len();
        self.value();
        self.leave_to(depth);
        Span::new(start, self.at.max(start))
    }

    /// How many objects and lists are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Passes over the rest of what was entered, until only `depth` objects and lists are open.
    pub fn leave_to(&mut self, depth: usize) {
        while let Some(&(kind, _)) = self.open.last()
            && self.open.len() > depth
        {
            let more = match kind {
                Kind::Object => self.next_key().is_some(),
                Kind::List => self.next_element(),
            };
            if more {
                self.value();
            }
        }
    }

    /// Notes that something stood before the JSON, which starts where the scanner was started.
    pub fn note_text_before(&mut self) {
        self.fault(FaultKind::TextBefore, 0);
    }

    /// Looks at what follows the outermost value, and gives what was wrong.
    pub fn finish(mut self) -> Faults {
        self.skip_space();
        if self.at < self.bytes.len() {
            self.fault(FaultKind::TextAfter, self.at);
        }
        self.faults
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn enter(&mut self, kind: Kind) {
        self.at += 1;
        self.open.push((kind, Last::Opening));
        self.open_objects += usize::from(kind == Kind::Object);
    }

    fn leave(&mut self) {
        if let Some((Kind::Object, _)) = self.open.pop() {
            self.open_objects -= 1;
        }
    }

    fn last(&mut self) -> Last {
        self.open.last().map_or(Last::Opening, |&(_, last)| last)
    }

    fn set_last(&mut self, last: Last) {
        if let Some(top) = self.open.last_mut() {
            top.1 = last;
        }
    }

    fn comma(&mut self) {
        if self.last() != Last::Value {
            self.fault(FaultKind::ExtraComma, self.at);
        }
        self.set_last(Last::Comma);
        self.at += 1;
    }

    fn member(&mut self) {
        self.member_at(self.at);
    }

    fn member_at(&mut self, at: usize) {
        if self.last() == Last::Value {
            self.fault(FaultKind::MissingComma, at);
        }
        self.set_last(Last::Value);
    }

    fn closing(&mut self) {
        if self.last() == Last::Comma {
            self.fault(FaultKind::ExtraComma, self.at);
        }
    }

    fn fault(&mut self, kind: FaultKind, at: usize) {
        let already_ended = kind == FaultKind::Truncated
            && self
                .faults
                .list
                .iter()
                .any(|fault| fault.kind == FaultKind::Truncated);
        if already_ended {
            return;
        }
        self.faults.total += 1;
        if self.faults.list.len() < KEPT_FAULTS || kind == FaultKind::Truncated {
            self.faults.list.push(Fault { kind, at });
        }
    }

    /// Passes over at least one byte, up to something that has a meaning.
    fn skip_garbage(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek()
            && !matches!(byte, b',' | b':' | b'"' | b'[' | b']' | b'{' | b'}')
        {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Value {
        let start = self.at;
        while let Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') = self.peek() {
            self.at += 1;
        }
        let span = Span::new(start, self.at);
        if span.of(self.bytes) == b"-" && self.bytes[self.at..].starts_with(b"Infinity") {
            return self.word();
        }
        if !is_number(span.of(self.bytes)) {
            self.fault(FaultKind::BadNumber, start);
        }
        Value::Number(span)
    }

    fn word(&mut self) -> Value {
        let start = self.at;
        while let Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') = self.peek() {
            self.at += 1;
        }
        match &self.bytes[start..self.at] {
            b"true" => Value::Bool(true),
            b"false" => Value::Bool(false),
            b"null" => Value::Null,
            b"NaN" | b"Infinity" => {
                self.faults.not_finite.get_or_insert(start);
                Value::Null
            }
            _ => {
                let cut = self.at == self.bytes.len();
                let kind = if cut {
                    FaultKind::Truncated
                } else {
                    FaultKind::Unexpected
                };
                self.fault(kind, start);
                Value::Missing
            }
        }
    }

    fn string(&mut self) -> Text {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        let end = loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let found = memchr2(b'"', b'\\', rest);
            let plain = &rest[..found.unwrap_or(rest.len())];
            if let Some(control) = find_control(plain) {
                let place = at + control;
                if self.ends_at_line_break(place) {
                    self.fault(FaultKind::OpenString, start - 1);
                    let trimmed = self.bytes[start..place].strip_suffix(b"\r");
                    self.at = place;
                    break trimmed.map_or(place, |trimmed| start + trimmed.len());
                }
                self.fault(FaultKind::ControlCharacter, place);
                at = place + 1;
                continue;
            }
            let Some(found) = found else {
                self.at = self.bytes.len();
                self.fault(FaultKind::Truncated, self.at);
                break self.at;
            };
            at += found;
            if self.bytes[at] == b'"' {
                if self.is_inner_quote(at) {
                    self.fault(FaultKind::InnerQuote, at);
                    at += 1;
                    continue;
                }
                self.at = at + 1;
                break at;
            }
            escaped = true;
            at += match escape(&self.bytes[at..]) {
                Some((_, length)) => length,
                None if at + 1 < self.bytes.len() => {
                    self.fault(FaultKind::BadEscape, at);
                    1
                }
                None => 1,
            };
        };
        Text {
            raw: Span::new(start, end.max(start)),
            escaped,
        }
    }

    /// Whether a string ends at the raw line break `place` for want of a quote: the next line
    /// starts as JSON does, not as text.
    fn ends_at_line_break(&self, place: usize) -> bool {
        let rest = &self.bytes[place..];
        let Some(rest) = rest
            .strip_prefix(b"\n")
            .or_else(|| rest.strip_prefix(b"\r\n"))
        else {
            return false;
        };
        let next = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        matches!(next, Some(b'"' | b']' | b'}'))
    }

    /// Whether the quote at `place` cannot end a string: what follows it is text, and a quote
    /// that can comes later on the line.
    fn is_inner_quote(&mut self, place: usize) -> bool {
        let follows = |from: usize| {
            self.bytes[from..]
                .iter()
                .copied()
                .find(|byte| !matches!(byte, b' ' | b'\t'))
        };
        let can_end = |next: Option<u8>| {
            matches!(
                next,
                None | Some(b',' | b':' | b']' | b'}' | b'{' | b'[' | b'"' | b'\r' | b'\n')
            )
        };
        if can_end(follows(place + 1)) {
            return false;
        }
        let line = &self.bytes[place + 1..];
        let line = &line[..line.len().min(LONGEST_REPAIR)];
        let line = &line[..memchr(b'\n', line).unwrap_or(line.len())];
        let (until, verdict) = self.inner_quotes;
        if place < until {
            return verdict;
        }
        let end = memchr::memchr_iter(b'"', line)
            .map(|quote| place + 1 + quote)
            .find(|&quote| matches!(follows(quote + 1), Some(b',' | b']' | b'\r' | b'\n')));
        self.inner_quotes = (end.unwrap_or(place + 1 + line.len()), end.is_some());
        end.is_some()
    }
}

/// How far an unescaped quote may look for the end of its string, in bytes. It keeps the scan linear.
const LONGEST_REPAIR: usize = 1000;

/// The first control character, which JSON forbids in a string.
fn find_control(bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 64;
    for (step, chunk) in bytes.chunks(STEP).enumerate() {
        // Without an early exit the compiler makes this a few vector instructions.
        if chunk.iter().fold(false, |any, &byte| any | (byte < 0x20)) {
            let inside = chunk.iter().position(|&byte| byte < 0x20);
            return inside.map(|inside| step * STEP + inside);
        }
    }
    None
}

fn is_number(raw: &[u8]) -> bool {
    fn digits(raw: &[u8]) -> Option<&[u8]> {
        let count = raw.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then(|| &raw[count..])
    }
    let raw = raw.strip_prefix(b"-").unwrap_or(raw);
    let Some(mut rest) = digits(raw) else {
        return false;
    };
    if raw[0] == b'0' && raw.len() - rest.len() > 1 {
        return false;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let Some(after) = digits(fraction) else {
            return false;
        };
        rest = after;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', exponent @ ..] => exponent,
            _ => exponent,
        };
        let Some(after) = digits(exponent) else {
            return false;
        };
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
#[path = "json/tests.rs"]
mod tests;
