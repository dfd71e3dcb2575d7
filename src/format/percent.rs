//! Percent scripts: Python files cut into cells by `# %%` lines, as VS Code, Spyder and jupytext read them.
//!
//! A marker is `# %%` alone or with a space behind it, then in any order a title, `[markdown]` or `[raw]`, and
//! `tags=["a", "b"]`. `# %%timeit` is a magic that somebody commented out, not a marker
//! (<https://jupytext.readthedocs.io/en/latest/formats-scripts.html#the-percent-format>).
//! The text of a code cell is the script's own lines, but for one that runs only in the notebook (`active="ipynb"`),
//! which stands in comments. Only where jupytext's header says `format_name: percent` are
//! magics uncommented: in hydrogen scripts, in those of VS Code and of Spyder a comment is a comment.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value;

use super::header::{self, Header};
use super::json::Span;
use super::sheet::{self, Coding, Dialect, Frame, Sheet, SheetCell};
use super::{Format, Hint, Kind, is_countable, without_mark};
use crate::notebook::{Cell, CellKind, Notebook, NotebookMeta};
use crate::text::{TextRange, TextSize};

pub const FORMAT: Format = Format {
    name: "percent script",
    recognises: |bytes, hint| {
        matches!(hint, Hint::None | Hint::Python)
            && is_countable(bytes)
            && has_marker(&String::from_utf8_lossy(without_mark(bytes)))
    },
    kind: Kind::Sheet(DIALECT),
};

const DIALECT: Dialect = Dialect {
    parse: read,
    write,
    separator: |_, _, _| "\n",
    marker: "# %%\n",
    needs_blank: true,
    joins_prose: false,
};

/// Reads a script. Text before the first marker is a code cell of its own, unless it is blank
/// or the header that jupytext writes.
pub fn parse(text: &str) -> Notebook {
    read(text, None).notebook()
}

/// The cells of a script, each with what its marker says besides kind and metadata.
pub fn titled(text: &str) -> Vec<(String, Cell)> {
    let titles = split(text, true).into_iter().map(|cell| cell.title);
    let cells = read(text, None).cells.into_iter().map(|cell| cell.cell);
    titles.zip(cells).collect()
}

fn read(text: &str, frame: Option<&Frame>) -> Sheet {
    let has_header = frame.is_none();
    let frame = frame.cloned().unwrap_or_else(|| {
        let header = header::read(text, "# ").unwrap_or_default();
        Frame {
            coding: coding(&header),
            meta: NotebookMeta {
                language: header.language.unwrap_or_default(),
                ..NotebookMeta::default()
            },
            ..Frame::default()
        }
    });
    let cells = split(text, has_header);
    let ends = cells
        .iter()
        .skip(1)
        .map(|next| Some(to_usize(next.marker_range).start));
    let ends: Vec<Option<usize>> = ends.chain([None]).collect();
    let cells = cells.into_iter().zip(ends);
    Sheet {
        cells: cells
            .map(|(cell, end)| cell.on_sheet(text, end, frame.coding))
            .collect(),
        frame,
    }
}

fn coding(header: &Header) -> Coding {
    let is_percent = header.format_name.as_deref() == Some("percent");
    if header.comment_magics.unwrap_or(is_percent) {
        Coding::Magics
    } else {
        Coding::Plain
    }
}

fn write(frame: &Frame, kind: CellKind, text: &str) -> Option<String> {
    let mut out = String::from("# %%");
    match kind {
        CellKind::Code => {
            out.push('\n');
            sheet::encode(frame.coding, text, &mut out);
            return Some(out);
        }
        CellKind::Markdown => out.push_str(" [markdown]\n"),
        CellKind::Raw => out.push_str(" [raw]\n"),
        CellKind::Unknown => return None,
    }
    if !text.is_empty() {
        comment(text, &mut out);
        out.push('\n');
    }
    Some(out)
}

/// One cell of a script, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PercentCell {
    /// What the marker says besides the kind and the tags.
    title: String,
    kind: CellKind,
    tags: Vec<Box<str>>,
    /// jupytext's `language="bash"`: the cell is one of the magic `%%bash`, and its body stands in comments.
    language: Option<String>,
    /// jupytext's `active="ipynb"`: the script has it in comments.
    is_off_in_script: bool,
    /// The marker's line, without its line break. Empty for text before the first marker.
    marker_range: TextRange,
    /// The lines below the marker, as they stand in the script: for a code cell exactly its text.
    /// Leaves out the last line break, and the blank line that parts it from the next marker.
    text_range: TextRange,
}

impl PercentCell {
    /// The cell with its lines; `end` is where the next one starts.
    fn on_sheet(self, text: &str, end: Option<usize>, coding: Coding) -> SheetCell {
        let marker = to_usize(self.marker_range);
        let is_marked = !marker.is_empty();
        let start = if is_marked {
            sheet::line_end(text, marker.end)
        } else {
            to_usize(self.text_range).start
        };
        let mut body = Span::new(start, end.unwrap_or(text.len()).max(start));
        if end.is_some() {
            body = sheet::without_blank(text, body);
        }
        let whole = Span::new(if is_marked { marker.start } else { start }, body.end);
        let (body, coding) = match (self.kind, &self.language) {
            (CellKind::Code, None)
                if self.is_off_in_script && is_comment(&text[body.start..body.end]) =>
            {
                (body, Coding::Prefix("# "))
            }
            (CellKind::Code, None) => (body, coding),
            (CellKind::Code, Some(_)) => (body, Coding::Prefix("# ")),
            _ => match inside_quotes(text, body) {
                Some(inside) => (inside, Coding::Plain),
                None => (body, Coding::Prefix("# ")),
            },
        };
        let mut cell = SheetCell::new(text, self.kind, whole, body, coding);
        if let Some(language) = &self.language {
            cell.say_first(&format!("%%{language}"));
        }
        cell.is_marked = is_marked;
        cell.cell.tags = self.tags.into();
        cell
    }
}

/// The cells of a script in order. They need not cover it: markers, blank lines that part
/// cells and jupytext's header belong to no cell.
fn split(text: &str, has_header: bool) -> Vec<PercentCell> {
    let lines: Vec<Span> = sheet::lines_of(text, Span::new(0, text.len())).collect();
    let line = |number: usize| lines[number].start..lines[number].end;
    let markers: Vec<(usize, Marker)> = (0..lines.len())
        .filter_map(|number| Some((number, marker_of(&text[line(number)])?)))
        .collect();

    let mut cells = Vec::with_capacity(markers.len() + 1);
    let header = if has_header {
        header::read(text, "# ")
    } else {
        None
    };
    let after_header = header.map_or(0, |header| {
        let rest = &text[header.end..];
        let blank = rest.split_inclusive('\n');
        let blank = blank.take_while(|line| line.trim().is_empty());
        header.end + blank.map(str::len).sum::<usize>()
    });
    let end = markers.first().map(|(at, _)| line(*at).start);
    let before = after_header..end.unwrap_or(text.len());
    if let Some(preamble) = text.get(before.clone())
        && !preamble.trim().is_empty()
    {
        cells.push(PercentCell {
            title: String::new(),
            kind: CellKind::Code,
            tags: Vec::new(),
            language: None,
            is_off_in_script: false,
            marker_range: TextRange::empty(to_size(before.start)),
            text_range: body(text, before, markers.is_empty()),
        });
    }
    let starts: Vec<usize> = markers.iter().map(|(at, _)| *at).collect();
    for (position, (at, marker)) in markers.into_iter().enumerate() {
        let next = starts.get(position + 1).map(|&next| line(next).start);
        let below = lines.get(at + 1).map_or(text.len(), |next| next.start);
        cells.push(PercentCell {
            title: marker.title,
            kind: marker.kind,
            tags: marker.tags,
            language: marker.language,
            is_off_in_script: marker.is_off_in_script,
            marker_range: to_range(line(at)),
            text_range: body(text, below..next.unwrap_or(text.len()), next.is_none()),
        });
    }
    cells
}

/// Writes a notebook as a script. [`parse`] gives back the kinds, texts and tags, except where
/// a script has no words for a line: one of code that looks like a marker becomes one, and so does
/// one of Markdown that stands in the same cell as a line `%%`.
pub fn render(notebook: &Notebook) -> String {
    let mut script = String::new();
    for (index, cell) in notebook.indexed() {
        if index.0 > 0 {
            script.push('\n');
        }
        script.push_str("# %%");
        match cell.kind {
            CellKind::Code => {}
            CellKind::Markdown => script.push_str(" [markdown]"),
            CellKind::Raw | CellKind::Unknown => script.push_str(" [raw]"),
        }
        if !cell.tags.is_empty() {
            let tags = serde_json::Value::from_iter(cell.tags.iter().map(|tag| &**tag));
            let _ = write!(script, " tags={tags}");
        }
        script.push('\n');
        if cell.kind == CellKind::Code {
            script.push_str(&cell.text);
        } else {
            comment(&cell.text, &mut script);
        }
        script.push('\n');
    }
    script
}

/// Whether any line of `text` is a marker.
pub fn has_marker(text: &str) -> bool {
    sheet::lines_of(text, Span::new(0, text.len()))
        .filter_map(|line| marker_of(&text[line.start..line.end]))
        .next()
        .is_some()
}

/// A carriage return alone ends no line of a sheet: what stands around it is one line, and no marker.
fn marker_of(line: &str) -> Option<Marker> {
    if line.contains('\r') {
        return None;
    }
    Marker::read(line)
}

struct Marker {
    title: String,
    kind: CellKind,
    tags: Vec<Box<str>>,
    language: Option<String>,
    is_off_in_script: bool,
}

impl Marker {
    fn read(line: &str) -> Option<Self> {
        let rest = line.strip_prefix('#')?.trim_start_matches([' ', '\t']);
        // More signs mean a deeper cell.
        let rest = rest.strip_prefix("%%")?.trim_start_matches('%');
        if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
            return None;
        }
        let mut title = rest.to_owned();
        let mut kind = CellKind::Code;
        for (word, means) in [
            ("[markdown]", CellKind::Markdown),
            ("[md]", CellKind::Markdown),
            ("[raw]", CellKind::Raw),
        ] {
            if let Some(at) = title.find(word) {
                title.replace_range(at..at + word.len(), "");
                kind = means;
                break;
            }
        }
        let mut metadata = Vec::new();
        take_metadata(&mut title, &mut metadata);
        let value = |key: &str| {
            let found = metadata.iter().find(|(own, _)| own == key);
            found.map(|(_, value)| value)
        };
        let tags = value("tags").and_then(Value::as_array);
        let tags = tags.into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            title: title.split_whitespace().collect::<Vec<_>>().join(" "),
            kind,
            tags: tags.map(Box::from).collect(),
            language: value("language").and_then(Value::as_str).map(str::to_owned),
            is_off_in_script: !is_active(&metadata, "py") && is_active(&metadata, "ipynb"),
        })
    }
}

/// Whether jupytext says that the cell runs in files with this extension: `active="ipynb,py"`, the tag `active-ipynb-py`,
/// or nothing of that sort.
pub(super) fn is_active(metadata: &[(String, Value)], extension: &str) -> bool {
    let of = |key: &str| metadata.iter().find(|(own, _)| own == key);
    if let Some(active) = of("active").and_then(|(_, active)| active.as_str()) {
        return active.split([',', '.']).any(|own| own == extension);
    }
    let tags = of("tags").and_then(|(_, tags)| tags.as_array());
    let tags = tags.into_iter().flatten().filter_map(Value::as_str);
    let mut active = tags.filter_map(|tag| tag.strip_prefix("active-"));
    active
        .next()
        .is_none_or(|active| active.split('-').any(|own| own == extension))
}

/// Takes what is said in JSON out of a marker: `key="value" tags=["a"]`, or one object at the end.
/// What is not written so stays in the title.
pub(super) fn take_metadata(title: &mut String, metadata: &mut Vec<(String, Value)>) {
    if let Some(at) = title.find('{')
        && let Ok(Value::Object(object)) = serde_json::from_str(title[at..].trim())
        && !title[..at].ends_with('=')
    {
        title.truncate(at);
        metadata.extend(object);
    }
    let mut from = 0;
    while let Some(found) = title[from..].find('=') {
        let equals = from + found;
        let key = title[..equals]
            .trim_end_matches(|character: char| !character.is_whitespace())
            .len();
        let rest = &title[equals + 1..];
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let value = stream.next();
        let end = equals + 1 + stream.byte_offset();
        let is_apart = title[end..].is_empty() || title[end..].starts_with(char::is_whitespace);
        match value {
            Some(Ok(value)) if is_apart && key < equals => {
                metadata.push((title[key..equals].to_owned(), value));
                title.replace_range(key..end, "");
                from = key;
            }
            _ => from = equals + 1,
        }
    }
}

fn body(text: &str, range: Range<usize>, is_last: bool) -> TextRange {
    let start = range.start.min(range.end);
    let mut end = start + without_line_break(&text[start..range.end]).len();
    if !is_last {
        end = start + without_line_break(&text[start..end]).len();
    }
    to_range(start..end)
}

fn without_line_break(text: &str) -> &str {
    text.strip_suffix("\r\n")
        .or_else(|| text.strip_suffix(['\n', '\r']))
        .unwrap_or(text)
}

/// The text of a cell that is no code, where it stands in quotes of its own.
fn inside_quotes(text: &str, body: Span) -> Option<Span> {
    let outer = &text[body.start..body.end];
    let trimmed = outer.trim();
    let start = body.start + (outer.len() - outer.trim_start().len());
    let unraw = trimmed.strip_prefix(['r', 'R']).unwrap_or(trimmed);
    let inner = ["\"\"\"", "'''"]
        .into_iter()
        .find_map(|quotes| unraw.strip_prefix(quotes)?.strip_suffix(quotes))?;
    let from = start + (trimmed.len() - unraw.len()) + 3;
    let line_break = ["\r\n", "\n"]
        .into_iter()
        .find(|end| inner.starts_with(end));
    let first = line_break.map_or(0, str::len);
    Some(Span::new(from + first, from + inner.len().max(first)))
}

/// Whether all lines are comments, or blank. A cell that somebody left uncommented is as it stands there.
fn is_comment(text: &str) -> bool {
    text.lines()
        .all(|line| line.starts_with('#') || line.trim().is_empty())
}

fn comment(text: &str, script: &mut String) {
    let start = script.len();
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            script.push('\n');
        }
        script.push('#');
        if !line.is_empty() {
            script.push(' ');
        }
        script.push_str(line);
    }
    // Commented out, the line `%% x` would be a marker.
    if has_marker(&script[start..]) && !has_marker(text) && !text.contains("\"\"\"") {
        script.truncate(start);
        let _ = write!(script, "\"\"\"\n{text}\n\"\"\"");
    }
}

/// A script that is too long for [`TextSize`] is refused before it comes here.
fn to_size(offset: usize) -> TextSize {
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

fn to_range(range: Range<usize>) -> TextRange {
    TextRange::new(to_size(range.start), to_size(range.end))
}

fn to_usize(range: TextRange) -> Range<usize> {
    range.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::sync::Arc;

    use super::*;

    fn texts(script: &str) -> Vec<(CellKind, String)> {
        parse(script)
            .cells
            .iter()
            .map(|cell| (cell.kind, cell.text.to_string()))
            .collect()
    }

    #[test]
    fn markers_cut_a_script_into_cells() {
        let script = "import os\n\n# %%\nx = 1\n\n\n# %% [markdown]\n# # Title\n#\n# text\n# %% [raw]\n# raw\n#%%\ny";
        assert_eq!(
            texts(script),
            [
                (CellKind::Code, "import os".into()),
                (CellKind::Code, "x = 1\n".into()),
                (CellKind::Markdown, "# Title\n\ntext".into()),
                (CellKind::Raw, "raw".into()),
                (CellKind::Code, "y".into()),
            ]
        );
    }

    #[test]
    fn a_marker_has_a_title_a_kind_and_tags() {
        let cells = split(
            "# %% Load  data [markdown] tags=[\"a b\", \"c\"]\n# %% In [3] error=NameError: name 'x'\n",
            true,
        );
        assert_eq!(cells[0].title, "Load data");
        assert_eq!(cells[0].kind, CellKind::Markdown);
        assert_eq!(cells[0].tags, ["a b".into(), "c".into()]);
        assert_eq!(cells[1].title, "In [3] error=NameError: name 'x'");
        assert_eq!(cells[1].kind, CellKind::Code);
    }

    #[test]
    fn a_commented_magic_is_no_marker() {
        assert_eq!(split("# %%timeit\nx\n# %%%% deeper\ny", true).len(), 2);
        assert!(!has_marker("x = 1 # %% no\n  # %%\n# %%bash"));
        assert!(has_marker("x\r\n# %%\r\n"));
    }

    #[test]
    fn the_range_of_a_code_cell_is_its_text() {
        let script = "# %%\r\na\r\nb\r\n\r\n# %%\r\nc\r\n";
        let cells = split(script, true);
        assert_eq!(&script[cells[0].text_range], "a\r\nb");
        assert_eq!(&script[cells[0].marker_range], "# %%");
        assert_eq!(&script[cells[1].text_range], "c");
    }

    /// As jupytext 1.19 reads them; what is uncommented although it should not be, it takes for a comment's text.
    #[test]
    fn what_runs_in_the_notebook_only_stands_in_comments() {
        let script = "# %% active=\"ipynb\"\n# x = 1\n#\n# # why\n# %time y\n\n# %% tags=[\"active-ipynb\"]\n# z = 1\n\n\
            # %% active=\"ipynb,py\"\n# both\na = 1\n\n# %% active=\"ipynb\"\n# left\nb = 1\n";
        assert_eq!(
            texts(script),
            [
                (CellKind::Code, "x = 1\n\n# why\n%time y".into()),
                (CellKind::Code, "z = 1".into()),
                (CellKind::Code, "# both\na = 1".into()),
                (CellKind::Code, "# left\nb = 1".into()),
            ]
        );
    }

    #[test]
    fn empty_cells_and_empty_scripts() {
        assert_eq!(texts(""), []);
        assert_eq!(texts("\n\n"), []);
        assert_eq!(
            texts("# %%\n# %%"),
            [
                (CellKind::Code, String::new()),
                (CellKind::Code, String::new())
            ]
        );
    }

    #[test]
    fn a_jupytext_header_is_no_cell() {
        assert_eq!(
            texts("# ---\n# jupyter:\n#   x: y\n# ---\n\n# %%\nx"),
            [(CellKind::Code, "x".into())]
        );
        assert_eq!(texts("# ---\nx = 1\n# %%\ny").len(), 2);
    }

    #[test]
    fn markdown_may_stand_in_quotes() {
        assert_eq!(
            texts("# %% [markdown]\n\"\"\"\n%% a\n# b\n\"\"\"\n# %%\n"),
            [
                (CellKind::Markdown, "%% a\n# b".into()),
                (CellKind::Code, String::new())
            ]
        );
    }

    proptest! {
        #[test]
        fn what_is_rendered_reads_the_same(
            cells in prop::collection::vec((0..3_u8, "[a%# \n]{0,12}", prop::collection::vec("[a\"é ]{1,3}", 0..2)), 0..5)
        ) {
            prop_assume!(cells.iter().all(|(_, text, _)| !has_marker(text)));
            let notebook = Notebook {
                cells: cells.into_iter().map(|(kind, text, tags)| {
                    let kind = [CellKind::Code, CellKind::Markdown, CellKind::Raw][usize::from(kind)];
                    let text = if kind == CellKind::Code { text.replace('#', "x") } else { text };
                    let mut cell = Cell::new(kind, text);
                    cell.tags = tags.into_iter().map(String::into_boxed_str).collect();
                    Arc::new(cell)
                }).collect(),
                ..Notebook::default()
            };
            prop_assert_eq!(parse(&render(&notebook)).cells, notebook.cells);
        }

        #[test]
        fn any_text_is_read(text in "\\PC*|([#% \r\n\"=\\[\\]mdtags-]{0,40})") {
            for cell in read(&text, None).cells {
                prop_assert!(cell.whole.start <= cell.body.start && cell.body.end <= cell.whole.end);
            }
        }
    }
}
