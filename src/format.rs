//! Texts that hold a notebook: one file below `format/` for each format.
//!
//! A format tells by the content whether it can read a text, and reads it whatever is wrong with it. What an editor
//! calls the language of the text ([`Hint`]) only rules formats out.
//! To add one: write `format/its_name.rs` with a `FORMAT`, and name it in [`ALL`].

pub mod conflict;
pub mod databricks;
mod fenced;
pub mod foreign;
mod header;
mod hint;
pub mod ipynb;
pub mod json;
pub mod marimo;
pub mod markdown;
pub mod myst;
pub mod percent;
pub mod quarto;
mod replacements;
pub mod rmarkdown;
pub mod sheet;
pub mod virtual_document;

use std::borrow::Cow;
use std::fmt;

pub use self::hint::Hint;
pub use self::replacements::replacements;
use self::sheet::{Dialect, Sheet};
use crate::notebook::{Anchor, Edit, Notebook, Problem, ProblemKind};
use crate::text::LineColumn;

/// Every format, in the order in which they are tried. The last takes whatever comes.
pub static ALL: &[Format] = &[
    ipynb::FORMAT,
    databricks::FORMAT,
    databricks::IN_R,
    marimo::FORMAT,
    myst::FORMAT,
    rmarkdown::FORMAT,
    quarto::FORMAT,
    markdown::FORMAT,
    percent::FORMAT,
    foreign::FORMAT,
];

/// Whether a file holds a notebook.
pub fn is_notebook(bytes: &[u8], hint: Hint) -> bool {
    let decoded = Decoded::new(bytes);
    let format = decoded.format(hint);
    format.is_some_and(|format| !matches!(format.kind, Kind::Foreign))
}

/// Whether a script is a notebook that is no module besides: one of Databricks or marimo.
pub fn only_runs_as_notebook(bytes: &[u8]) -> bool {
    let decoded = Decoded::new(bytes);
    let format = decoded.format(Hint::Python);
    format.is_some_and(|own| [databricks::FORMAT.name, marimo::FORMAT.name].contains(&own.name))
}

/// Reads a notebook from a file's bytes.
///
/// Parsing never fails: what is wrong stands in [`Notebook::problems`], and the cells are
/// what could be read all the same.
pub fn parse(bytes: &[u8]) -> Notebook {
    parse_as(bytes, Hint::None)
}

/// The same, for a file of which something is known.
pub fn parse_as(bytes: &[u8], hint: Hint) -> Notebook {
    let decoded = Decoded::new(bytes);
    let mut notebook = decoded
        .format(hint)
        .map_or_else(Notebook::default, |format| format.parse(&decoded.bytes));
    if let Some(problem) = decoded.problem() {
        let mut problems = vec![problem];
        problems.extend_from_slice(&notebook.problems);
        notebook.problems = problems.into();
    }
    notebook
}

/// Carries out an edit on a file's bytes; whatever it does not touch stays byte for byte.
/// Parsing the result gives [`Edit::apply`] of the notebook.
///
/// # Errors
/// With the reason why the file is left alone.
pub fn patch(bytes: &[u8], edit: &Edit) -> Result<Vec<u8>, Unpatchable> {
    patch_as(bytes, Hint::None, edit)
}

/// The same, for a file of which something is known.
///
/// # Errors
/// As [`patch`].
pub fn patch_as(bytes: &[u8], hint: Hint, edit: &Edit) -> Result<Vec<u8>, Unpatchable> {
    let decoded = Decoded::new(bytes);
    if decoded.encoding != Encoding::Utf8 {
        return Err("it is UTF-16; save it as UTF-8 first".into());
    }
    match decoded.format(hint) {
        Some(format) => format.lower(bytes, hint, edit),
        None => Err("it is too large".into()),
    }
}

/// Why a file is not changed, as in "a.ipynb is left as it is: …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpatchable(pub String);

impl fmt::Display for Unpatchable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unpatchable {}

impl<T: Into<String>> From<T> for Unpatchable {
    fn from(reason: T) -> Self {
        Self(reason.into())
    }
}

/// One format of files.
#[derive(Debug)]
pub struct Format {
    pub name: &'static str,
    /// Whether the content, which [`Decoded`] has made UTF-8, is of this format.
    pub recognises: fn(&[u8], Hint) -> bool,
    pub kind: Kind,
}

/// How a format is read and changed.
#[derive(Debug)]
pub enum Kind {
    Ipynb,
    /// Lines of text.
    Sheet(Dialect),
    /// No notebook.
    Foreign,
}

impl Format {
    pub fn parse(&self, bytes: &[u8]) -> Notebook {
        match &self.kind {
            Kind::Ipynb => ipynb::read(bytes).0,
            Kind::Sheet(dialect) => dialect.read(bytes).notebook(),
            Kind::Foreign => foreign::parse(bytes),
        }
    }

    fn lower(&self, bytes: &[u8], hint: Hint, edit: &Edit) -> Result<Vec<u8>, Unpatchable> {
        match &self.kind {
            Kind::Ipynb => ipynb::lower(bytes, edit),
            Kind::Sheet(dialect) => {
                let mark = bytes.len() - without_mark(bytes).len();
                let Ok(text) = std::str::from_utf8(&bytes[mark..]) else {
                    return Err("it holds bytes that are no UTF-8; save it as UTF-8 first".into());
                };
                let after = sheet::lower(text, edit, dialect)?;
                let before = (dialect.parse)(text, None).notebook();
                // A mark that the edit brought would be read as the file's.
                let seen = after.strip_prefix('\u{feff}').filter(|_| mark == 0);
                let found = (dialect.parse)(seen.unwrap_or(&after), None).notebook();
                if !sheet::is_same(&found, &edit.apply(&before), dialect.joins_prose) {
                    return Err(format!(
                        "a {} has no words for it: some line would be read as another thing than it is",
                        self.name
                    )
                    .into());
                }
                if !(self.recognises)(after.as_bytes(), hint) {
                    return Err("nothing in it would say that it is a notebook any more".into());
                }
                if Decoded::new(after.as_bytes()).encoding != Encoding::Utf8 {
                    return Err("its first characters would be taken for UTF-16".into());
                }
                // What is written may close a header that nothing closed, and another format comes first.
                let now = Decoded::of_text(&after).format(hint);
                if let Some(now) = now
                    && now.name != self.name
                {
                    return Err(format!("it would be read as a {} then", now.name).into());
                }
                Ok([&bytes[..mark], after.as_bytes()].concat())
            }
            Kind::Foreign => Err("it is no notebook".into()),
        }
    }
}

impl Dialect {
    /// Reads bytes that are UTF-8, or nearly so. Every place counts from behind the byte order mark.
    pub fn read(&self, bytes: &[u8]) -> Sheet {
        (self.parse)(&String::from_utf8_lossy(without_mark(bytes)), None)
    }
}

/// A file's bytes as UTF-8, or nearly so: bytes that are none are left where they stand,
/// and so is a byte order mark, which keeps every place in the file where it was.
/// Only UTF-16 is rewritten.
#[derive(Debug)]
pub struct Decoded<'b> {
    pub bytes: Cow<'b, [u8]>,
    pub encoding: Encoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16LittleEndian,
    Utf16BigEndian,
}

impl<'b> Decoded<'b> {
    /// A text that an editor has read already, whatever its bytes look like.
    pub fn of_text(text: &'b str) -> Self {
        Self {
            bytes: Cow::Borrowed(text.as_bytes()),
            encoding: Encoding::Utf8,
        }
    }

    pub fn new(bytes: &'b [u8]) -> Self {
        // Without a mark, the zero beside the first ASCII character tells.
        let encoding = match bytes {
            [0xFF, 0xFE, ..] | [b'\t'..=b'~', 0, _, 0, ..] => Encoding::Utf16LittleEndian,
            [0xFE, 0xFF, ..] | [0, b'\t'..=b'~', 0, _, ..] => Encoding::Utf16BigEndian,
            _ => Encoding::Utf8,
        };
        let unit = match encoding {
            Encoding::Utf8 => {
                return Self {
                    bytes: Cow::Borrowed(bytes),
                    encoding,
                };
            }
            Encoding::Utf16LittleEndian => u16::from_le_bytes,
            Encoding::Utf16BigEndian => u16::from_be_bytes,
        };
        let units = bytes
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .skip_while(|&unit| unit == 0xFEFF);
        let text: String = char::decode_utf16(units)
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        Self {
            bytes: Cow::Owned(text.into_bytes()),
            encoding,
        }
    }

    /// The format of the content; `None` where no format is made for a file of its size.
    pub fn format(&self, hint: Hint) -> Option<&'static Format> {
        ALL.iter()
            .find(|format| (format.recognises)(&self.bytes, hint))
    }

    fn problem(&self) -> Option<Problem> {
        (self.encoding != Encoding::Utf8).then(|| Problem {
            kind: ProblemKind::Unreadable,
            anchor: Anchor::Notebook,
            message: "The file is UTF-16, and editors and kernels read notebooks as UTF-8 alone; \
                      save it as UTF-8."
                .to_owned(),
            is_mendable: false,
        })
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whether some line of a text is one of a sort. Bytes that are no UTF-8 make a line of no sort.
fn has_line(bytes: &[u8], is_it: impl Fn(&str) -> bool) -> bool {
    let lines = bytes.split(|&byte| byte == b'\n');
    let mut lines = lines.filter_map(|line| std::str::from_utf8(line).ok());
    lines.any(is_it)
}

/// Whether a text has places that can be counted.
fn is_countable(bytes: &[u8]) -> bool {
    u32::try_from(bytes.len()).is_ok()
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// The place of a byte as a person says it. Lines end as in [`crate::text::LineIndex`].
pub fn line_column(bytes: &[u8], at: usize) -> LineColumn {
    let before = &bytes[..at.min(bytes.len())];
    let mut line = 1;
    let mut start = 0;
    for found in memchr::memchr2_iter(b'\n', b'\r', before) {
        let ends_line = before[found] == b'\n' || bytes.get(found + 1) != Some(&b'\n');
        if ends_line {
            line += 1;
            start = found + 1;
        }
    }
    let characters = String::from_utf8_lossy(&before[start..]).chars().count();
    LineColumn {
        line,
        column: u32::try_from(characters).map_or(u32::MAX, |before| before.saturating_add(1)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOTEBOOK: &str = r#"{"cells": [{"cell_type": "code", "metadata": {}, "source": ["x\n", "y = 'é😀'"],
        "outputs": [], "execution_count": 3}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}"#;

    fn utf16(text: &str, mark: bool, encode: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mark = mark.then_some(0xFEFF);
        mark.into_iter()
            .chain(text.encode_utf16())
            .flat_map(encode)
            .collect()
    }

    #[test]
    fn utf_16_is_read_and_reported() {
        let plain = parse(NOTEBOOK.as_bytes());
        assert_eq!(plain.problems, [].into());
        for mark in [true, false] {
            for encode in [u16::to_le_bytes, u16::to_be_bytes] {
                let notebook = parse(&utf16(NOTEBOOK, mark, encode));
                assert_eq!(notebook.cells[0].text, plain.cells[0].text);
                assert_eq!(notebook.problems.len(), 1);
                assert!(notebook.problems[0].message.contains("UTF-16"));
            }
        }
    }

    #[test]
    fn a_script_is_told_by_its_markers() {
        let notebook = parse("\u{feff}# %%\nx\n# %%\n".as_bytes());
        assert_eq!(notebook.cells.len(), 2);
        assert_eq!(notebook.problems, [].into());
    }

    #[test]
    fn places_are_counted_as_people_do() {
        let bytes = "é\r\na\rßx\n".as_bytes();
        let place = |at| {
            let place = line_column(bytes, at);
            (place.line, place.column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(2), (1, 2));
        assert_eq!(place(4), (2, 1));
        assert_eq!(place(8), (3, 2));
        assert_eq!(place(99), (4, 1));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(&bytes);
        }

        #[test]
        fn any_damage_is_read(at in 0..NOTEBOOK.len(), end in 0..NOTEBOOK.len(), junk in prop::collection::vec(any::<u8>(), 0..4)) {
            let mut bytes = NOTEBOOK.as_bytes().to_vec();
            bytes.splice(at..at.max(end), junk);
            parse(&bytes);
            parse(&bytes[..at]);
        }
    }
}
