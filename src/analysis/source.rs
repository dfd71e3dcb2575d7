//! From a cell's text to what Python's parser may see, as IPython prepares it:
//! a cell magic is taken off, a common indentation and pasted prompts are accepted.
//!
//! Places stay what they are in the cell's text: nothing is moved except by a constant number of
//! bytes ([`Source::shift`]), which [`Source::in_cell`] takes off again.

mod readable;

use std::borrow::Cow;

use ruff_python_ast::Stmt;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, ParseError, ParseOptions, parse_cells_unchecked, parse_unchecked};

pub use self::readable::readable;
use super::facts::{Magic, MagicKind};
use super::magics::{self, Body};
use crate::text::{Ranged, TextRange, TextSize};

/// In front of an indented cell, so that its lines form a block.
const BLOCK: &str = "if 1:\n";

/// A cell's text, ready to be parsed.
#[derive(Debug)]
pub struct Source<'t> {
    pub text: Cow<'t, str>,
    /// The part of [`Self::text`] that is Python.
    python: TextRange,
    /// How many bytes stand in front of the cell's own.
    shift: TextSize,
    /// `%%capture out` and, on the next line, `%%bash`: the first runs the rest as a cell.
    pub cell_magics: Vec<Magic>,
}

/// The statements of a cell and where it is not Python, in places of the cell's source.
pub struct Parsed {
    pub statements: Vec<Stmt>,
    pub errors: Vec<ParseError>,
}

impl<'t> Source<'t> {
    pub fn new(cell: &'t str) -> Self {
        let mut cell_magics = Vec::new();
        let mut body_start = 0;
        while let Some(magic) = cell_magic(cell, body_start) {
            body_start = magic.range.end().to_usize();
            let is_python = magics::body_of(&magic.name) != Body::Other;
            cell_magics.push(magic);
            if !is_python {
                body_start = cell.len();
                break;
            }
        }
        if !cell_magics.is_empty() {
            return Self {
                text: Cow::Borrowed(cell),
                python: TextRange::new(size(body_start), size(cell.len())),
                shift: TextSize::new(0),
                cell_magics,
            };
        }
        match as_block(cell) {
            Some(block) => Self {
                python: TextRange::up_to(size(block.len())),
                text: Cow::Owned(block),
                shift: size(BLOCK.len()),
                cell_magics,
            },
            None => Self {
                text: Cow::Borrowed(cell),
                python: TextRange::up_to(size(cell.len())),
                shift: TextSize::new(0),
                cell_magics,
            },
        }
    }

    /// A text of which nothing is Python, but for what a magic makes of its line.
    pub fn of_other(cell: &'t str) -> Self {
        Self {
            text: Cow::Borrowed(cell),
            python: TextRange::empty(size(cell.len())),
            shift: TextSize::new(0),
            cell_magics: Vec::new(),
        }
    }

    /// Whether a place of the cell's text stands in Python, and not in the line or the body of a cell magic.
    pub fn is_python(&self, place: TextRange) -> bool {
        self.in_cell(self.python).contains_range(place)
    }

    /// A place of the parsed text as a place of the cell's text.
    pub fn in_cell(&self, range: TextRange) -> TextRange {
        if self.shift == TextSize::new(0) {
            return range;
        }
        let back = |offset: TextSize| offset.checked_sub(self.shift).unwrap_or_default();
        TextRange::new(back(range.start()), back(range.end()))
    }

    pub fn parse(&self) -> Parsed {
        let mut parsed = parse_part(&self.text, self.python, Mode::Ipython);
        if self.shift != TextSize::new(0)
            && let [Stmt::If(_)] = &parsed.statements[..]
            && let Some(Stmt::If(block)) = parsed.statements.pop()
        {
            parsed.statements = block.body.into_iter().collect();
        }
        parsed
    }
}

/// Parses a part of a text as statements whose places are those of the whole text.
pub fn parse_part(text: &str, part: TextRange, mode: Mode) -> Parsed {
    let module = parse_cells_unchecked(&readable(text), [part], &ParseOptions::from(mode));
    let errors = module.errors().to_vec();
    Parsed {
        statements: module.into_suite().into_iter().collect(),
        errors,
    }
}

/// Where string literals stand, those with values in them as a whole.
pub fn strings(code: &str) -> Vec<TextRange> {
    let parsed = parse_unchecked(&readable(code), ParseOptions::from(Mode::Ipython));
    let mut strings = Vec::new();
    let mut open: Vec<TextRange> = Vec::new();
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::String => strings.push(token.range()),
            TokenKind::FStringStart | TokenKind::TStringStart => open.push(token.range()),
            TokenKind::FStringEnd | TokenKind::TStringEnd => {
                if let Some(start) = open.pop() {
                    strings.push(start.cover(token.range()));
                }
            }
            _ => {}
        }
    }
    strings
}

/// Those of the [`strings`] that go on in another line.
pub fn long_strings(code: &str) -> Vec<TextRange> {
    if !may_hold_long_strings(code) {
        return Vec::new();
    }
    let mut strings = strings(code);
    strings.retain(|string| code[*string].contains(['\n', '\r']));
    strings
}

/// Whether a quote is triple, or stands behind the prefix of an f-string, whose values may go on in the next line,
/// or a line break is escaped.
fn may_hold_long_strings(code: &str) -> bool {
    let bytes = code.as_bytes();
    memchr::memchr3_iter(b'"', b'\'', b'\\', bytes).any(|at| match bytes[at] {
        b'\\' => matches!(bytes.get(at + 1), Some(b'\n' | b'\r')),
        quote => {
            let prefix = &bytes[at.saturating_sub(2)..at];
            bytes[at..].starts_with(&[quote; 3]) || prefix.iter().any(|byte| b"fFtT".contains(byte))
        }
    })
}

/// `%%name argument` on the first line behind `start` in which anything stands.
fn cell_magic(cell: &str, start: usize) -> Option<Magic> {
    let start = cell.len() - cell[start..].trim_start_matches(['\n', '\r']).len();
    let line = cell[start..].lines().next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    let content = line[indent..].strip_prefix("%%")?;
    let name_end = content
        .find(|c: char| c.is_whitespace())
        .unwrap_or(content.len());
    let name = &content[..name_end];
    if name.is_empty() {
        return None;
    }
    Some(Magic {
        range: TextRange::at(size(start + indent), size(content.len() + 2)),
        kind: MagicKind::Cell,
        name: name.into(),
        argument: content[name_end..].trim().into(),
    })
}

/// An indented or prompted cell as a block; `None` for a cell that is neither.
fn as_block(cell: &str) -> Option<String> {
    let first = cell
        .lines()
        .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    if first.starts_with([' ', '\t']) {
        return Some(format!("{BLOCK}{cell}"));
    }
    let prompt = prompt_length(first)?;
    let mut block = String::with_capacity(cell.len() + BLOCK.len());
    block.push_str(BLOCK);
    for line in cell.split_inclusive('\n') {
        match prompt_length(line) {
            Some(length) if length == prompt => {
                block.push_str(&" ".repeat(length));
                block.push_str(&line[length..]);
            }
            _ => block.push_str(line),
        }
    }
    Some(block)
}

/// The bytes of a pasted prompt at the start of a line: `>>> `, `... `, `In [3]: `, `   ...: `.
fn prompt_length(line: &str) -> Option<usize> {
    for prompt in [">>> ", "... "] {
        if line.starts_with(prompt) {
            return Some(prompt.len());
        }
    }
    let numbered = line.strip_prefix("In [")?;
    let close = numbered.find("]: ")?;
    numbered[..close]
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some("In [".len() + close + "]: ".len())
}

/// Texts of 4 GiB and more are refused by the readers.
pub fn size(bytes: usize) -> TextSize {
    TextSize::new(u32::try_from(bytes).unwrap_or(u32::MAX))
}
