//! Changes to a file's bytes, and the places in a sound file that they concern.

use crate::format::json::{Scanner, Span, Text, Value};

/// Replacements in a file; what they do not name stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patches {
    list: Vec<(Span, Vec<u8>)>,
}

impl Patches {
    pub fn replace(&mut self, span: Span, new: impl Into<Vec<u8>>) {
        self.list.push((span, new.into()));
    }

    /// The same, where the bytes are not these already.
    pub fn set(&mut self, bytes: &[u8], span: Span, new: &[u8]) {
        if span.of(bytes) != new {
            self.replace(span, new);
        }
    }

    /// Adds those of `other`.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts the replacements in the order of their places. They must not overlap.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|(span, _)| span.start);
    }

    /// The file with the replacements made, which must be [sorted](Self::sort).
    pub fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        self.write(bytes, Span::new(0, bytes.len()), &mut out);
        out
    }

    /// A part of the file with the replacements that lie in it.
    pub fn write(&self, bytes: &[u8], part: Span, out: &mut Vec<u8>) {
        let first = self
            .list
            .partition_point(|(span, _)| span.start < part.start);
        let mut at = part.start;
        for (span, new) in &self.list[first..] {
            if span.end > part.end {
                break;
            }
            out.extend_from_slice(Span::new(at, span.start).of(bytes));
            out.extend_from_slice(new);
            at = span.end;
        }
        out.extend_from_slice(Span::new(at, part.end).of(bytes));
    }

    /// Takes members out of an object, each with one comma. An object that loses all is `{}`.
    pub fn remove_members(
        &mut self,
        object: Span,
        members: &[Member],
        goes: impl Fn(&Member) -> bool,
    ) {
        if !members.is_empty() && members.iter().all(&goes) {
            self.replace(object, "{}");
            return;
        }
        // The comma behind a member goes with it; those at the end take the comma before them instead.
        let kept_end = members.iter().rposition(|member| !goes(member));
        for (position, member) in members.iter().enumerate().filter(|(_, one)| goes(one)) {
            let span = match members.get(position + 1) {
                Some(next) if Some(position) < kept_end => {
                    Span::new(member.key.raw.start - 1, next.key.raw.start - 1)
                }
                _ => Span::new(members[position - 1].value.end, member.value.end),
            };
            self.replace(span, "");
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub key: Text,
    pub value: Span,
}

impl Member {
    pub fn is(&self, bytes: &[u8], key: &str) -> bool {
        self.key.is(bytes, key)
    }
}

/// The members of the object that starts at `object`; `None` where there is none.
pub fn members(bytes: &[u8], object: Span) -> Option<Vec<Member>> {
    let mut scanner = Scanner::new(bytes, object.start);
    if scanner.value() != Value::Object {
        return None;
    }
    let mut members = Vec::new();
    while let Some(key) = scanner.next_key() {
        let value = scanner.skip();
        members.push(Member { key, value });
    }
    Some(members)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    pub span: Span,
    /// Set where it is a string.
    pub text: Option<Text>,
}

/// The elements of the list that starts at `list`; `None` where there is none.
pub fn elements(bytes: &[u8], list: Span) -> Option<Vec<Element>> {
    let mut scanner = Scanner::new(bytes, list.start);
    if scanner.value() != Value::List {
        return None;
    }
    let mut elements = Vec::new();
    while scanner.next_element() {
        let start = scanner.here();
        let depth = scanner.depth();
        let text = match scanner.value() {
            Value::Text(text) => Some(text),
            _ => None,
        };
        scanner.leave_to(depth);
        elements.push(Element {
            span: Span::new(start, scanner.end()),
            text,
        });
    }
    Some(elements)
}

/// The string that starts at `value`; `None` where there is none.
pub fn text(bytes: &[u8], value: Span) -> Option<Text> {
    match Scanner::new(bytes, value.start).value() {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_go_with_one_comma() {
        let object = r#"{ "a": 1, "b": [2, {"a": 0}],  "c": "}" , "d": null }"#;
        let check = |gone: &[&str], expected: &str| {
            let bytes = object.as_bytes();
            let all = Span::new(0, bytes.len());
            let mut patches = Patches::default();
            let members = members(bytes, all).unwrap();
            patches.remove_members(all, &members, |member| {
                gone.iter().any(|key| member.is(bytes, key))
            });
            patches.sort();
            assert_eq!(String::from_utf8(patches.apply(bytes)).unwrap(), expected);
        };
        check(&[], object);
        check(&["a"], r#"{ "b": [2, {"a": 0}],  "c": "}" , "d": null }"#);
        check(&["b", "c"], r#"{ "a": 1, "d": null }"#);
        check(&["a", "c"], r#"{ "b": [2, {"a": 0}],  "d": null }"#);
        check(&["d"], r#"{ "a": 1, "b": [2, {"a": 0}],  "c": "}" }"#);
        check(&["b", "d"], r#"{ "a": 1, "c": "}" }"#);
        check(&["c", "d", "b"], r#"{ "a": 1 }"#);
        check(&["a", "b", "c", "d"], "{}");
    }
}
