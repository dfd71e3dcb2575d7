//! How a file is written: its indent, its separators, and what it escapes.

use memchr::memmem;

use super::SourceMap;
use super::patch::{elements, members};
use crate::format::BYTE_ORDER_MARK;
use crate::format::json::Span;

/// What stands between the parts of an object or list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    pub open: String,
    pub separator: String,
    pub close: String,
}

/// How new cells and lines are written, so that they look as those beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Between the cells of the list.
    pub cells: Layout,
    /// Between the members of a cell.
    pub members: Layout,
    /// Between the lines of a source.
    pub lines: Layout,
    pub colon: String,
    /// Whether a source is one string, and no list of lines.
    pub source_is_string: bool,
    /// Whether what is not ASCII is written `\u00e9`.
    pub ascii: bool,
}

impl Style {
    /// The style of a sound file, read from its first cell, or from its outermost object where it has none.
    pub fn of(bytes: &[u8], map: &SourceMap<'_>) -> Self {
        let root = root(bytes);
        let outer = Written::of(bytes, root);
        let first = map.cells.first().map(|spans| spans.object);
        let mut style = match first {
            Some(object) => {
                let line = indent_before(bytes, object.start);
                let cell = Written::of(bytes, object);
                let unit = cell
                    .indent
                    .len()
                    .saturating_sub(line.map_or(0, <[u8]>::len));
                let unit = cell.indent[..unit].to_vec();
                Self::with(&cell, line.unwrap_or_default(), &unit)
            }
            None => {
                let unit = &outer.indent;
                let indent = [&unit[..], unit].concat();
                let inner = Written {
                    indent: [&indent[..], unit].concat(),
                    ..outer.clone()
                };
                Self::with(&inner, &indent, unit)
            }
        };
        style.cells = cells(bytes, map, &outer);
        let starts = |with: u8| {
            let mut sources = map.cells.iter().filter_map(|spans| spans.source);
            sources.any(|source| source.of(bytes).first() == Some(&with))
        };
        style.source_is_string = starts(b'"') && !starts(b'[');
        style.ascii = is_ascii_only(bytes);
        style
    }

    fn with(cell: &Written, outside: &[u8], unit: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let colon = text(&cell.colon);
        let (members, lines) = match &cell.newline {
            None => {
                let flat = Layout {
                    separator: text(&cell.separator),
                    ..Layout::default()
                };
                (flat.clone(), flat)
            }
            Some(newline) => {
                let broken = |inside: &[u8], outside: &[u8]| {
                    let open = format!("{newline}{}", text(inside));
                    // Old versions of Python leave a space at the end of each line.
                    let space = if cell.separator.starts_with(b", ") {
                        " "
                    } else {
                        ""
                    };
                    Layout {
                        separator: format!(",{space}{open}"),
                        open,
                        close: format!("{newline}{}", text(outside)),
                    }
                };
                let deeper = [&cell.indent[..], unit].concat();
                (broken(&cell.indent, outside), broken(&deeper, &cell.indent))
            }
        };
        Self {
            cells: Layout::default(),
            members,
            lines,
            colon,
            source_is_string: false,
            ascii: false,
        }
    }

    /// Adds `text` as it stands between the quotes of a string.
    pub fn escape(&self, text: &str, out: &mut Vec<u8>) {
        for character in text.chars() {
            self.escape_char(character, out);
        }
    }

    pub fn escape_char(&self, character: char, out: &mut Vec<u8>) {
        let short = match character {
            '"' => b"\\\"",
            '\\' => b"\\\\",
            '\n' => b"\\n",
            '\r' => b"\\r",
            '\t' => b"\\t",
            '\u{8}' => b"\\b",
            '\u{c}' => b"\\f",
            _ if character < ' ' || (self.ascii && !character.is_ascii()) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
                return;
            }
            _ => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return;
            }
        };
        out.extend_from_slice(short);
    }
}

/// The outermost object.
pub fn root(bytes: &[u8]) -> Span {
    let mark = if bytes.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    let space = bytes[mark..].len() - bytes[mark..].trim_ascii_start().len();
    Span::new(mark + space, bytes.len())
}

/// How one object is written.
#[derive(Debug, Clone)]
struct Written {
    /// `None` where its first member stands on the line of its bracket.
    newline: Option<&'static str>,
    /// What stands before its first member on a line of its own.
    indent: Vec<u8>,
    separator: Vec<u8>,
    colon: Vec<u8>,
}

impl Written {
    fn of(bytes: &[u8], object: Span) -> Self {
        let members = members(bytes, object).unwrap_or_default();
        let mut written = Self {
            newline: None,
            indent: Vec::new(),
            separator: b", ".to_vec(),
            colon: b": ".to_vec(),
        };
        let Some(first) = members.first() else {
            return written;
        };
        let open = Span::new(object.start + 1, first.key.raw.start - 1).of(bytes);
        if let Some(line) = open.iter().rposition(|&byte| byte == b'\n') {
            let is_crlf = line > 0 && open[line - 1] == b'\r';
            written.newline = Some(if is_crlf { "\r\n" } else { "\n" });
            written.indent = open[line + 1..].to_vec();
        }
        written.colon = Span::new(first.key.raw.end + 1, first.value.start)
            .of(bytes)
            .to_vec();
        if let Some(second) = members.get(1) {
            written.separator = Span::new(first.value.end, second.key.raw.start - 1)
                .of(bytes)
                .to_vec();
        }
        written
    }
}

/// What stands before `at` on its line, where that is nothing but space.
fn indent_before(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let line = bytes[..at].iter().rposition(|&byte| byte == b'\n')? + 1;
    let indent = &bytes[line..at];
    indent.trim_ascii().is_empty().then_some(indent)
}

fn cells(bytes: &[u8], map: &SourceMap<'_>, outer: &Written) -> Layout {
    let text = |span: Span| String::from_utf8_lossy(span.of(bytes)).into_owned();
    let Some(&list) = map.lists.first() else {
        return Layout::default();
    };
    let found = elements(bytes, list).unwrap_or_default();
    if let (Some(first), Some(last)) = (found.first(), found.last()) {
        let open = text(Span::new(list.start + 1, first.span.start));
        let separator = match found.get(1) {
            Some(second) => text(Span::new(first.span.end, second.span.start)),
            None if open.contains('\n') => format!(",{open}"),
            None => String::from_utf8_lossy(&outer.separator).into_owned(),
        };
        return Layout {
            separator,
            close: text(Span::new(last.span.end, list.end - 1)),
            open,
        };
    }
    let Some(newline) = outer.newline else {
        return Layout {
            separator: String::from_utf8_lossy(&outer.separator).into_owned(),
            ..Layout::default()
        };
    };
    let unit = String::from_utf8_lossy(&outer.indent);
    Layout {
        open: format!("{newline}{unit}{unit}"),
        separator: format!(",{newline}{unit}{unit}"),
        close: format!("{newline}{unit}"),
    }
}

/// Whether the file escapes whatever is not ASCII: it holds none of it, and at least one such escape.
fn is_ascii_only(bytes: &[u8]) -> bool {
    bytes.is_ascii()
        && memmem::find_iter(bytes, b"\\u").any(|at| {
            let backslashes = bytes[..=at].iter().rev().take_while(|&&byte| byte == b'\\');
            let is_escape = backslashes.count() % 2 == 1;
            let code = bytes
                .get(at + 2..at + 6)
                .and_then(|digits| std::str::from_utf8(digits).ok())
                .and_then(|digits| u32::from_str_radix(digits, 16).ok());
            is_escape && code.is_some_and(|code| code >= 0x80)
        })
}
