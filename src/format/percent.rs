//! Percent scripts: Python files cut into cells by `# %%` lines, as VS Code, Spyder and jupytext read them.
//!
//! A marker is `# %%` alone or with a space behind it, then in any order a title, `[markdown]` or `[raw]`, and
//! `tags=["a", "b"]`. `# %%timeit` is a magic that somebody commented out, not a marker
//! (<https://jupytext.readthedocs.io/en/latest/formats-scripts.html#the-percent-format>).
//! The text of a code cell is the script's own bytes: a magic that jupytext commented out stays a comment.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use crate::notebook::{Cell, CellKind, Notebook};
use crate::text::{LineIndex, TextRange, TextSize};

/// Reads a script. Text before the first marker is a code cell of its own, unless it is blank
/// or the header that jupytext writes.
pub fn parse(text: &str) -> Notebook {
    let cells = split(text)
        .into_iter()
        .map(|percent| {
            let mut cell = Cell::new(percent.kind, percent.text(text));
            cell.tags = percent.tags.into();
            Arc::new(cell)
        })
        .collect();
    Notebook {
        cells,
        ..Notebook::default()
    }
}

/// One cell of a script, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PercentCell {
    /// What the marker says besides the kind and the tags.
    pub title: String,
    pub kind: CellKind,
    pub tags: Vec<Box<str>>,
    /// The marker's line, without its line break. Empty for text before the first marker.
    pub marker_range: TextRange,
    /// The lines below the marker, as they stand in the script: for a code cell exactly its text.
    /// Leaves out the last line break, and the blank line that parts it from the next marker.
    pub text_range: TextRange,
}

impl PercentCell {
    /// The cell's text: that of `text_range`, uncommented where the cell is not code.
    pub fn text(&self, script: &str) -> String {
        let body = script.get(to_usize(self.text_range)).unwrap_or_default();
        if self.kind == CellKind::Code {
            body.to_owned()
        } else {
            uncomment(body)
        }
    }
}

/// The cells of a script in order. They need not cover it: markers, blank lines that part
/// cells and jupytext's header belong to no cell.
pub fn split(text: &str) -> Vec<PercentCell> {
    let index = LineIndex::new(text);
    let line = |number| to_usize(index.line_range(text, number));
    let markers: Vec<(u32, Marker)> = (0..index.line_count())
        .filter_map(|number| Some((number, Marker::read(&text[line(number)])?)))
        .collect();

    let mut cells = Vec::with_capacity(markers.len() + 1);
    let before = header_end(text)
        ..markers
            .first()
            .map_or(text.len(), |(at, _)| line(*at).start);
    if let Some(preamble) = text.get(before.clone())
        && !preamble.trim().is_empty()
    {
        cells.push(PercentCell {
            title: String::new(),
            kind: CellKind::Code,
            tags: Vec::new(),
            marker_range: TextRange::empty(to_size(before.start)),
            text_range: body(text, before, markers.is_empty()),
        });
    }
    let starts: Vec<u32> = markers.iter().map(|(at, _)| *at).collect();
    for (position, (at, marker)) in markers.into_iter().enumerate() {
        let next = starts.get(position + 1).map(|&next| line(next).start);
        let below = if at + 1 < index.line_count() {
            line(at + 1).start
        } else {
            text.len()
        };
        cells.push(PercentCell {
            title: marker.title,
            kind: marker.kind,
            tags: marker.tags,
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
    text.split(['\n', '\r'])
        .any(|line| Marker::read(line).is_some())
}

struct Marker {
    title: String,
    kind: CellKind,
    tags: Vec<Box<str>>,
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
        let tags = take_tags(&mut title);
        Some(Self {
            title: title.split_whitespace().collect::<Vec<_>>().join(" "),
            kind,
            tags,
        })
    }
}

/// Takes `tags=["a", "b"]` out of a marker. What is not written so stays in the title.
fn take_tags(title: &mut String) -> Vec<Box<str>> {
    let Some(at) = title.find("tags=[") else {
        return Vec::new();
    };
    let list = at + "tags=".len();
    let mut stream =
        serde_json::Deserializer::from_str(&title[list..]).into_iter::<Vec<Box<str>>>();
    let Some(Ok(tags)) = stream.next() else {
        return Vec::new();
    };
    let end = list + stream.byte_offset();
    title.replace_range(at..end, "");
    tags
}

/// Where jupytext's header (`# ---` to `# ---`, at the top) ends; 0 where there is none.
fn header_end(text: &str) -> usize {
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        let line = line.trim_end();
        match (number, line) {
            (0, "# ---") => {}
            (0, _) => return 0,
            (_, "# ---") => return end,
            _ if line.starts_with('#') => {}
            _ => return 0,
        }
    }
    0
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

fn uncomment(body: &str) -> String {
    for quotes in ["\"\"\"", "'''"] {
        let inner = body.trim();
        let inner = inner.strip_prefix(['r', 'R']).unwrap_or(inner);
        let inner = inner
            .strip_prefix(quotes)
            .and_then(|inner| inner.strip_suffix(quotes));
        if let Some(inner) = inner {
            let inner = inner.strip_prefix('\r').unwrap_or(inner);
            return without_line_break(inner.strip_prefix('\n').unwrap_or(inner)).to_owned();
        }
    }
    body.split_inclusive('\n')
        .map(|line| {
            line.strip_prefix("# ")
                .or_else(|| line.strip_prefix('#'))
                .unwrap_or(line)
        })
        .collect()
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

    use super::*;

    fn read(script: &str) -> Vec<(CellKind, String)> {
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
            read(script),
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
        );
        assert_eq!(cells[0].title, "Load data");
        assert_eq!(cells[0].kind, CellKind::Markdown);
        assert_eq!(cells[0].tags, ["a b".into(), "c".into()]);
        assert_eq!(cells[1].title, "In [3] error=NameError: name 'x'");
        assert_eq!(cells[1].kind, CellKind::Code);
    }

    #[test]
    fn a_commented_magic_is_no_marker() {
        assert_eq!(split("# %%timeit\nx\n# %%%% deeper\ny").len(), 2);
        assert!(!has_marker("x = 1 # %% no\n  # %%\n# %%bash"));
        assert!(has_marker("x\r\n# %%\r\n"));
    }

    #[test]
    fn the_range_of_a_code_cell_is_its_text() {
        let script = "# %%\r\na\r\nb\r\n\r\n# %%\r\nc\r\n";
        let cells = split(script);
        assert_eq!(&script[cells[0].text_range], "a\r\nb");
        assert_eq!(&script[cells[0].marker_range], "# %%");
        assert_eq!(&script[cells[1].text_range], "c");
    }

    #[test]
    fn empty_cells_and_empty_scripts() {
        assert_eq!(read(""), []);
        assert_eq!(read("\n\n"), []);
        assert_eq!(
            read("# %%\n# %%"),
            [
                (CellKind::Code, String::new()),
                (CellKind::Code, String::new())
            ]
        );
    }

    #[test]
    fn a_jupytext_header_is_no_cell() {
        assert_eq!(
            read("# ---\n# jupyter:\n#   x: y\n# ---\n\n# %%\nx"),
            [(CellKind::Code, "x".into())]
        );
        assert_eq!(read("# ---\nx = 1\n# %%\ny").len(), 2);
    }

    #[test]
    fn markdown_may_stand_in_quotes() {
        assert_eq!(
            read("# %% [markdown]\n\"\"\"\n%% a\n# b\n\"\"\"\n# %%\n"),
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
            for cell in split(&text) {
                prop_assert!(cell.text(&text).len() <= text.len());
            }
        }
    }
}
