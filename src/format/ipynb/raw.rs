//! What a notebook file says, before anything is made of it.
//!
//! One pass over the bytes. Of a cell's source only the place is kept, of its outputs a summary.

use super::clean::{VOLATILE_IN_CELLS, VOLATILE_IN_NOTEBOOKS};
use super::secrets_in_text;
use crate::format::BYTE_ORDER_MARK;
use crate::format::conflict::Side;
use crate::format::json::{Faults, Scanner, Span, Text, Value};
use crate::notebook::{OutputError, Outputs};

#[derive(Debug, Default)]
pub struct RawFile {
    pub cells: Vec<RawCell>,
    /// The values that the cells stand in.
    pub lists: Vec<Span>,
    pub root: Root,
    pub faults: Faults,
}

/// What stands outside the cells.
#[derive(Debug, Default)]
pub struct Root {
    pub is_object: bool,
    pub nbformat: Option<Integer>,
    pub nbformat_minor: Option<Integer>,
    /// The value of `cells`, and whether it is a list.
    pub cells: Option<bool>,
    pub worksheets: Option<Worksheets>,
    pub metadata: RootMetadata,
    pub kernel_name: Option<String>,
    pub kernel_language: Option<String>,
    pub language_name: Option<String>,
    pub language_version: Option<String>,
    pub databricks: bool,
    pub databricks_language: Option<String>,
    pub jupytext_language: Option<String>,
    pub colab: bool,
    /// Keys that nbformat 4 does not know; a few.
    pub unknown_keys: Vec<String>,
    /// Which of [`VOLATILE_IN_NOTEBOOKS`] the metadata has.
    pub volatile: Vec<&'static str>,
}

impl Root {
    /// The format's version. A file that says none is read as what its keys make of it.
    pub fn major(&self) -> i64 {
        let said = self.nbformat.as_ref().and_then(|number| number.value);
        said.unwrap_or(if self.worksheets.is_some() { 3 } else { 4 })
    }

    /// The minor version; `None` where the file says none, and no rule that depends on it can be applied.
    pub fn minor(&self) -> Option<i64> {
        self.nbformat_minor.as_ref()?.value
    }
}

#[derive(Debug, Default)]
pub struct RootMetadata {
    pub present: bool,
    pub is_object: bool,
    pub is_null: bool,
    /// The objects in it that lack a key which the schema demands.
    pub lacking: Vec<(&'static str, &'static str)>,
}

#[derive(Debug, Default)]
pub struct Worksheets {
    pub count: usize,
    /// How many of them have no list of cells.
    pub without_cells: usize,
}

#[derive(Debug, Clone)]
pub struct Integer {
    pub span: Span,
    /// `None` where it is no integer.
    pub value: Option<i64>,
    pub is_null: bool,
}

#[derive(Debug, Default)]
pub struct RawCell {
    pub object: Span,
    pub is_object: bool,
    pub side: Option<Side>,
    pub cell_type: Option<String>,
    pub source: Option<Span>,
    pub source_shape: Shape,
    pub input: Option<Span>,
    pub outputs: Option<RawOutputs>,
    pub count: Option<Integer>,
    pub id: Option<Id>,
    pub metadata: CellMetadata,
    pub has_attachments: bool,
    /// nbformat 3: of a heading.
    pub level: Option<i64>,
    /// nbformat 3: of the cell.
    pub language: Option<String>,
    /// Keys that nbformat 4 does not know; a few.
    pub unknown_keys: Vec<String>,
}

/// What a source is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    #[default]
    Strings,
    Null,
    /// A list that holds something besides strings.
    MixedList,
    Other,
}

#[derive(Debug)]
pub struct RawOutputs {
    pub span: Span,
    pub is_list: bool,
    pub is_null: bool,
    pub summary: Outputs,
}

#[derive(Debug)]
pub struct Id {
    pub span: Span,
    /// `None` where it is no string.
    pub text: Option<String>,
}

#[derive(Debug, Default)]
pub struct CellMetadata {
    pub span: Option<Span>,
    pub is_object: bool,
    pub is_null: bool,
    pub tags: Vec<Box<str>>,
    pub tags_are_sound: Option<bool>,
    pub language: Option<String>,
    pub databricks: bool,
    /// Which of [`VOLATILE_IN_CELLS`] it has.
    pub volatile: Vec<&'static str>,
}

/// Where the notebook starts in a file that has a little text before it.
pub fn object_after_text(bytes: &[u8]) -> Option<usize> {
    const FAR: usize = 4096;
    let head = &bytes[..bytes.len().min(FAR)];
    memchr::memchr_iter(b'{', head).find(|&at| {
        let inside = head[at + 1..].trim_ascii_start();
        let keys = [
            "\"cells\"",
            "\"metadata\"",
            "\"nbformat\"",
            "\"worksheets\"",
        ];
        keys.iter().any(|key| inside.starts_with(key.as_bytes()))
            && memchr::memmem::find(bytes, b"\"cell_type\"").is_some()
            && !crate::format::percent::has_marker(&String::from_utf8_lossy(&head[..at]))
    })
}

impl RawFile {
    pub fn read(bytes: &[u8]) -> Self {
        let mark = if bytes.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let is_object = bytes[mark..].trim_ascii_start().starts_with(b"{");
        let after_text = if is_object {
            None
        } else {
            object_after_text(bytes)
        };
        let mut reader = Reader {
            bytes,
            scanner: Scanner::new(bytes, after_text.unwrap_or(mark)),
        };
        if after_text.is_some() {
            reader.scanner.note_text_before();
        }
        let mut file = Self::default();
        reader.file(&mut file);
        file.faults = reader.scanner.finish();
        file
    }

    pub fn has_outputs(&self) -> bool {
        let outputs = self.cells.iter().filter_map(|cell| cell.outputs.as_ref());
        outputs.into_iter().any(|outputs| outputs.summary.count > 0)
    }
}

const KEPT_KEYS: usize = 4;

struct Reader<'b> {
    bytes: &'b [u8],
    scanner: Scanner<'b>,
}

impl<'b> Reader<'b> {
    fn file(&mut self, file: &mut RawFile) {
        let depth = self.scanner.depth();
        if self.scanner.value() != Value::Object {
            self.scanner.leave_to(depth);
            return;
        }
        file.root.is_object = true;
        while let Some(key) = self.scanner.next_key() {
            match self.key(key) {
                "cells" => {
                    // Of a key that comes twice the last one counts, for Python and browsers alike.
                    file.cells.clear();
                    file.lists.clear();
                    let is_list = self.cells(&mut file.cells, &mut file.lists);
                    file.root.cells = Some(is_list);
                }
                "worksheets" => {
                    let mut sheets = Worksheets::default();
                    self.list(|reader| {
                        sheets.count += 1;
                        let mut found = false;
                        reader.object(|reader, key| match reader.key(key) {
                            "cells" => found = reader.cells(&mut file.cells, &mut file.lists),
                            _ => reader.skip(),
                        });
                        sheets.without_cells += usize::from(!found);
                    });
                    file.root.worksheets = Some(sheets);
                }
                "nbformat" => file.root.nbformat = Some(self.integer()),
                "nbformat_minor" => file.root.nbformat_minor = Some(self.integer()),
                "metadata" => self.root_metadata(&mut file.root),
                name => {
                    let name = name.to_owned();
                    keep(&mut file.root.unknown_keys, name);
                    self.skip();
                }
            }
        }
    }

    fn root_metadata(&mut self, root: &mut Root) {
        let mut metadata = RootMetadata {
            present: true,
            ..RootMetadata::default()
        };
        root.volatile.clear();
        let start = self.scanner.here();
        metadata.is_object = self.object(|reader, key| match reader.key(key) {
            "kernelspec" => {
                let (mut display, mut name) = (false, None);
                let is_object = reader.object(|reader, key| match reader.key(key) {
                    "name" => name = reader.string(),
                    "language" => root.kernel_language = reader.string(),
                    "display_name" => {
                        display = true;
                        reader.skip();
                    }
                    _ => reader.skip(),
                });
                if is_object && name.is_none() {
                    metadata.lacking.push(("kernelspec", "name"));
                } else if is_object && !display {
                    metadata.lacking.push(("kernelspec", "display_name"));
                }
                root.kernel_name = name;
            }
            "language_info" => {
                root.language_name = None;
                let is_object = reader.object(|reader, key| match reader.key(key) {
                    "name" => root.language_name = reader.string(),
                    "version" => root.language_version = reader.string(),
                    _ => reader.skip(),
                });
                if is_object && root.language_name.is_none() {
                    metadata.lacking.push(("language_info", "name"));
                }
            }
            // What jupytext made of a script, often with no other word about its language.
            "jupytext" => {
                reader.object(|reader, key| match reader.key(key) {
                    "main_language" => root.jupytext_language = reader.string(),
                    _ => reader.skip(),
                });
            }
            "colab" => {
                root.colab = true;
                reader.skip();
            }
            name if volatile(&VOLATILE_IN_NOTEBOOKS, name).is_some() => {
                root.volatile.extend(volatile(&VOLATILE_IN_NOTEBOOKS, name));
                reader.skip();
            }
            name if is_object_of(&VOLATILE_IN_NOTEBOOKS, name) => {
                reader.object(|reader, key| {
                    let path = format!("{name}.{}", reader.key(key));
                    root.volatile
                        .extend(volatile(&VOLATILE_IN_NOTEBOOKS, &path));
                    reader.skip();
                });
            }
            name if name.starts_with("application/vnd.databricks") => {
                root.databricks = true;
                reader.object(|reader, key| match reader.key(key) {
                    "language" => root.databricks_language = reader.string(),
                    _ => reader.skip(),
                });
            }
            _ => reader.skip(),
        });
        metadata.is_null = self.is_null_from(start);
        root.metadata = metadata;
    }

    fn cells(&mut self, cells: &mut Vec<RawCell>, lists: &mut Vec<Span>) -> bool {
        let start = self.scanner.here();
        let is_list = self.list(|reader| {
            let mut cell = RawCell::default();
            let start = reader.scanner.here();
            cell.is_object = reader.object(|reader, key| reader.member(key, &mut cell));
            cell.object = Span::new(start, reader.scanner.end());
            cells.push(cell);
        });
        if is_list {
            lists.push(Span::new(start, self.scanner.end()));
        }
        is_list
    }

    fn member(&mut self, key: Text, cell: &mut RawCell) {
        match self.key(key) {
            "cell_type" => cell.cell_type = self.string(),
            "source" => {
                let (span, shape) = self.source();
                cell.source = Some(span);
                cell.source_shape = shape;
            }
            "input" => cell.input = Some(self.source().0),
            "outputs" => cell.outputs = Some(self.outputs()),
            "execution_count" | "prompt_number" => cell.count = Some(self.integer()),
            "id" => {
                let start = self.scanner.here();
                let text = self.string();
                let span = Span::new(start, self.scanner.end());
                cell.id = Some(Id { span, text });
            }
            "metadata" => self.cell_metadata(&mut cell.metadata),
            "attachments" => {
                cell.has_attachments = true;
                self.skip();
            }
            "level" => cell.level = self.integer().value,
            "language" => {
                cell.language = self.string();
                keep(&mut cell.unknown_keys, "language".to_owned());
            }
            name => {
                let name = name.to_owned();
                keep(&mut cell.unknown_keys, name);
                self.skip();
            }
        }
    }

    fn source(&mut self) -> (Span, Shape) {
        let start = self.scanner.here();
        let depth = self.scanner.depth();
        let shape = match self.scanner.value() {
            Value::Text(_) => Shape::Strings,
            Value::Null => Shape::Null,
            Value::List => {
                let mut shape = Shape::Strings;
                while self.scanner.next_element() {
                    let depth = self.scanner.depth();
                    if !matches!(self.scanner.value(), Value::Text(_)) {
                        shape = Shape::MixedList;
                    }
                    self.scanner.leave_to(depth);
                }
                shape
            }
            _ => Shape::Other,
        };
        self.scanner.leave_to(depth);
        (Span::new(start, self.scanner.end().max(start)), shape)
    }

    fn outputs(&mut self) -> RawOutputs {
        let start = self.scanner.here();
        let mut summary = Outputs::default();
        let mut secrets = Vec::new();
        let is_list = self.list(|reader| {
            summary.count = summary.count.saturating_add(1);
            let (mut is_error, mut name, mut text) = (false, None, None);
            reader.object(|reader, key| match reader.key(key) {
                "output_type" => {
                    let output_type = reader.text();
                    // nbformat 3 says "pyerr".
                    is_error = output_type.is_some_and(|output_type| {
                        output_type.is(reader.bytes, "error")
                            || output_type.is(reader.bytes, "pyerr")
                    });
                }
                "ename" => name = reader.text(),
                "evalue" => {
                    text = reader.text();
                    secrets_in_text::collect(reader.bytes, text.as_slice(), &mut secrets);
                }
                // In nbformat 3 what was displayed stands beside the type.
                "text" | "traceback" | "html" => reader.look_through(&mut secrets),
                "data" => {
                    reader.object(|reader, mime| {
                        let mime = reader.key(mime);
                        if mime.starts_with("text/") || mime == "application/javascript" {
                            reader.look_through(&mut secrets);
                        } else if mime.ends_with("json") {
                            reader.look_through_json(&mut secrets);
                        } else {
                            reader.skip();
                        }
                    });
                }
                _ => reader.skip(),
            });
            if is_error && summary.error.is_none() {
                summary.error = Some(Box::new(OutputError {
                    ename: reader.shortened(name),
                    evalue: reader.shortened(text),
                }));
            }
        });
        let span = Span::new(start, self.scanner.end().max(start));
        if summary.count > 0 {
            summary.bytes = span.len() as u64;
        }
        summary.secrets = secrets.into();
        RawOutputs {
            span,
            is_list,
            is_null: self.is_null_from(start),
            summary,
        }
    }

    /// Reads a text that may be a list of strings, for what stands in it.
    fn look_through(&mut self, secrets: &mut Vec<&'static str>) {
        let depth = self.scanner.depth();
        let mut pieces = Vec::new();
        match self.scanner.value() {
            Value::Text(text) => pieces.push(text),
            Value::List => {
                while self.scanner.next_element() {
                    let depth = self.scanner.depth();
                    if let Value::Text(text) = self.scanner.value() {
                        pieces.push(text);
                    }
                    self.scanner.leave_to(depth);
                }
            }
            _ => {}
        }
        self.scanner.leave_to(depth);
        secrets_in_text::collect(self.bytes, &pieces, secrets);
    }

    /// Looks through a value of any depth, as it stands in the file.
    fn look_through_json(&mut self, secrets: &mut Vec<&'static str>) {
        let raw = self.scanner.skip();
        secrets_in_text::collect(self.bytes, &[Text::within(raw)], secrets);
    }

    fn cell_metadata(&mut self, metadata: &mut CellMetadata) {
        *metadata = CellMetadata::default();
        let start = self.scanner.here();
        metadata.is_object = self.object(|reader, key| match reader.key(key) {
            "tags" => {
                let mut tags: Vec<Box<str>> = Vec::new();
                let mut sound = true;
                let is_list = reader.list(|reader| match reader.string() {
                    Some(tag) => {
                        sound &= !tag.is_empty() && !tag.contains(',');
                        sound &= !tags.iter().any(|other| **other == *tag);
                        tags.push(tag.into());
                    }
                    None => sound = false,
                });
                metadata.tags_are_sound = Some(sound && is_list);
                metadata.tags = tags;
            }
            "vscode" | "dotnet_interactive" | "polyglot_notebook" => {
                reader.object(|reader, key| match reader.key(key) {
                    "languageId" | "language" | "kernelName" => {
                        metadata.language = reader.string().or(metadata.language.take());
                    }
                    _ => reader.skip(),
                });
            }
            name if name.starts_with("application/vnd.databricks") => {
                metadata.databricks = true;
                reader.skip();
            }
            name => {
                metadata.volatile.extend(volatile(&VOLATILE_IN_CELLS, name));
                reader.skip();
            }
        });
        metadata.is_null = self.is_null_from(start);
        metadata.span = Some(Span::new(start, self.scanner.end().max(start)));
    }

    /// Whether the value that was read from `start` on is `null`.
    fn is_null_from(&self, start: usize) -> bool {
        Span::new(start, self.scanner.end().max(start)).of(self.bytes) == b"null"
    }

    /// Goes through an object; gives whether it is one. `member` reads or skips one value for each key.
    fn object(&mut self, mut member: impl FnMut(&mut Self, Text)) -> bool {
        let depth = self.scanner.depth();
        let is_object = self.scanner.value() == Value::Object;
        if is_object {
            while let Some(key) = self.scanner.next_key() {
                member(self, key);
            }
        }
        self.scanner.leave_to(depth);
        is_object
    }

    /// Goes through a list; gives whether it is one. `element` reads or skips one value.
    fn list(&mut self, mut element: impl FnMut(&mut Self)) -> bool {
        let depth = self.scanner.depth();
        let is_list = self.scanner.value() == Value::List;
        if is_list {
            while self.scanner.next_element() {
                element(self);
            }
        }
        self.scanner.leave_to(depth);
        is_list
    }

    fn skip(&mut self) {
        self.scanner.skip();
    }

    fn text(&mut self) -> Option<Text> {
        let depth = self.scanner.depth();
        let value = self.scanner.value();
        self.scanner.leave_to(depth);
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn string(&mut self) -> Option<String> {
        let text = self.text()?;
        Some(text.decode(self.bytes).into_owned())
    }

    fn shortened(&self, text: Option<Text>) -> Box<str> {
        const LONGEST: usize = 200;
        let Some(text) = text else {
            return Box::default();
        };
        let characters = text.chars(self.bytes).map(|(_, character)| character);
        characters.take(LONGEST).collect()
    }

    fn integer(&mut self) -> Integer {
        let start = self.scanner.here();
        let depth = self.scanner.depth();
        let value = self.scanner.value();
        self.scanner.leave_to(depth);
        let span = Span::new(start, self.scanner.end().max(start));
        let digits = match value {
            Value::Number(number) => std::str::from_utf8(number.of(self.bytes)).ok(),
            _ => None,
        };
        Integer {
            span,
            value: digits.and_then(|digits| digits.parse().ok()),
            is_null: value == Value::Null,
        }
    }

    /// A key as it stands. The few that matter hold no escapes in any file ever written.
    fn key(&self, key: Text) -> &'b str {
        std::str::from_utf8(key.raw.of(self.bytes)).unwrap_or_default()
    }
}

/// The key of `all` that is this one.
fn volatile(all: &[&'static str], key: &str) -> Option<&'static str> {
    all.iter().find(|own| **own == key).copied()
}

/// Whether some key of `all` stands in an object of this name.
fn is_object_of(all: &[&'static str], name: &str) -> bool {
    let mut objects = all.iter().filter_map(|key| key.split_once('.'));
    objects.any(|(object, _)| object == name)
}

fn keep(keys: &mut Vec<String>, name: String) {
    if keys.len() < KEPT_KEYS && !keys.contains(&name) {
        keys.push(name);
    }
}
