//! JupyterLab's virtual document: one text for all code cells of a notebook, as jupyterlab-lsp sends it.
//!
//! Cells are joined by two blank lines, which a cell may hold itself, and magics are rewritten as Python. So the text alone
//! does not tell the cells: they are those of the saved notebook at first, and then those of the text before, whose parts
//! are found again in the new one. Prose, raw and empty cells are an empty part each
//! (seen in jupyterlab-lsp 5.3; <https://github.com/jupyter-lsp/jupyterlab-lsp>).

use std::sync::Arc;

use similar::{DiffTag, TextDiff};

use super::json::Span;
use super::sheet::{Coding, Piece, SheetCell, lines_of};
use crate::notebook::{Cell, CellKind, Notebook};
use crate::text::{TextRange, TextSize};

/// What parts two cells.
const BETWEEN: &str = "\n\n\n";

/// The cells that a text is compared with.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// The text in parts, each with the cell that it is of.
    parts: Vec<(String, usize)>,
    cells: Vec<Arc<Cell>>,
}

/// A cell of the document.
#[derive(Debug)]
pub struct VirtualCell {
    pub cell: SheetCell,
    /// The lines of its text that are written otherwise in the document. JupyterLab shows nothing that begins there.
    pub rewritten: Vec<Span>,
}

impl VirtualCell {
    /// Where JupyterLab shows what is said of a part of the text: there, unless the part begins in a line that is written
    /// otherwise. Then on the next plain line of the cell, or the last; `None` where there is none, and in the cell of a
    /// `%%` magic, in which nothing is shown.
    pub fn shown(&self, range: TextRange) -> Option<TextRange> {
        let is_rewritten = |at: usize| {
            self.rewritten
                .iter()
                .any(|line| line.start <= at && at <= line.end)
        };
        let start = range.start().to_usize();
        if self.cell.cell.text.starts_with("%%") {
            return None;
        }
        if !is_rewritten(start) {
            return Some(range);
        }
        let text = &self.cell.cell.text;
        let lines = lines_of(text, Span::new(0, text.len()));
        let plain: Vec<Span> = lines
            .filter(|line| {
                !is_rewritten(line.start) && !text[line.start..line.end].trim().is_empty()
            })
            .collect();
        let line = plain
            .iter()
            .find(|line| line.start > start)
            .or(plain.last())?;
        let indent =
            text[line.start..line.end].len() - text[line.start..line.end].trim_start().len();
        let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
        Some(TextRange::new(size(line.start + indent), size(line.end)))
    }
}

impl Base {
    /// The cells of a notebook as it was saved.
    pub fn of(notebook: &Notebook) -> Self {
        let cells = &notebook.cells;
        let texts = cells.iter().map(|cell| match cell.kind {
            CellKind::Code => cell.text.replace("\r\n", "\n"),
            _ => String::new(),
        });
        let mut joined = String::new();
        let mut starts = Vec::new();
        for (position, text) in texts.enumerate() {
            if position > 0 {
                joined.push_str(BETWEEN);
            }
            starts.push(joined.len());
            joined.push_str(&text);
        }
        let parts = parts_of(&joined).map(|part| {
            let text = &joined[part.start..part.end];
            let first = part.start + (text.len() - text.trim_start_matches('\n').len());
            let first = if first == part.end { part.start } else { first };
            let cell = starts.partition_point(|&start| start <= first);
            (text.to_owned(), cell.saturating_sub(1))
        });
        Self {
            parts: parts.collect(),
            cells: cells.clone(),
        }
    }

    /// Whether a text may be of these cells: most of what is code in it is in them.
    pub fn fits(&self, text: &str) -> bool {
        let unmasked = Unmasked::of(text);
        let own: Vec<&str> = parts_of(&unmasked.text)
            .map(|part| &unmasked.text[part.start..part.end])
            .filter(|part| !part.is_empty())
            .collect();
        let known = |part: &&&str| self.parts.iter().any(|(known, _)| known == **part);
        own.iter().filter(known).count() * 2 >= own.len()
    }

    /// Reads a text. Gives its cells, and what the next text is compared with.
    pub fn read(&self, text: &str) -> (Vec<VirtualCell>, Self) {
        let unmasked = Unmasked::of(text);
        let own: Vec<Span> = parts_of(&unmasked.text).collect();
        let mut cells: Vec<VirtualCell> = Vec::new();
        let mut after = Self::default();
        let mut previous: Option<usize> = None;
        for (part, known) in own.iter().zip(self.cells_of(&unmasked.text, &own)) {
            let goes_on = known.is_some() && known == previous;
            previous = known;
            let start = match after.parts.last() {
                Some(_) if goes_on => cells.pop().map_or(part.start, |last| last.cell.whole.start),
                _ => part.start,
            };
            if goes_on {
                after.cells.pop();
            }
            let known = known.and_then(|known| self.cells.get(known));
            let cell = unmasked.cell(Span::new(start, part.end), known);
            after.parts.push((
                unmasked.text[part.start..part.end].to_owned(),
                after.cells.len(),
            ));
            after.cells.push(Arc::new(cell.cell.cell.clone()));
            cells.push(cell);
        }
        for cell in &mut cells {
            unmasked.to_document(&mut cell.cell);
        }
        (cells, after)
    }

    /// For each part of a text the cell that it is of; `None` for one that is new.
    fn cells_of(&self, text: &str, own: &[Span]) -> Vec<Option<usize>> {
        let before: Vec<&str> = self.parts.iter().map(|(part, _)| part.as_str()).collect();
        let now: Vec<&str> = own.iter().map(|part| &text[part.start..part.end]).collect();
        let mut cells = Vec::with_capacity(now.len());
        for op in TextDiff::from_slices(&before, &now).ops() {
            let (old, new) = (op.old_range(), op.new_range());
            let cell = |at: usize| self.parts.get(at).map(|&(_, cell)| cell);
            if op.tag() == DiffTag::Equal || old.len() == new.len() {
                cells.extend(old.map(cell));
                continue;
            }
            let beside = [old.start.checked_sub(1).and_then(cell), cell(old.end)];
            let is_one = old.clone().all(|at| cell(at) == cell(old.start));
            for (count, _) in new.enumerate() {
                cells.push(if old.is_empty() {
                    beside[0].filter(|_| beside[0] == beside[1])
                } else if is_one {
                    cell(old.start)
                } else if count < old.len() {
                    cell(old.start + count)
                } else {
                    None
                });
            }
        }
        cells
    }
}

/// Where the parts of a text stand.
fn parts_of(text: &str) -> impl Iterator<Item = Span> + '_ {
    let mut at = 0;
    text.split(BETWEEN).map(move |part| {
        let span = Span::new(at, at + part.len());
        at = span.end + BETWEEN.len();
        span
    })
}

/// A document with its magics as people wrote them.
struct Unmasked {
    text: String,
    lines: Vec<UnmaskedLine>,
}

#[derive(Debug, Clone, Copy)]
struct UnmaskedLine {
    /// In the unmasked text.
    start: usize,
    len: usize,
    /// In the document.
    file: Span,
    is_rewritten: bool,
}

impl Unmasked {
    fn of(document: &str) -> Self {
        let mut unmasked = Self {
            text: String::with_capacity(document.len()),
            lines: Vec::new(),
        };
        let end = document.strip_suffix('\n').unwrap_or(document).len();
        // An empty last line is a line, too.
        let mut lines: Vec<Span> = lines_of(document, Span::new(0, end)).collect();
        if end == 0 || document[..end].ends_with('\n') {
            lines.push(Span::new(end, end));
        }
        let mut in_magic = false;
        for span in lines {
            let line = &document[span.start..span.end];
            if in_magic {
                let (body, ends) = match line.strip_suffix("\"\"\")") {
                    Some(body) => (body, true),
                    None => (line, false),
                };
                in_magic = !ends;
                unmasked.push(&body.replace("\\\"\\\"\\\"", "\"\"\""), span, true);
            } else if line == "# END_CELL_MAGIC" {
            } else if let Some((magic, body)) = cell_magic(line) {
                unmasked.push(&magic, span, true);
                if let Some(body) = body {
                    let (body, ends) = match body.strip_suffix("\"\"\")") {
                        Some(body) => (body, true),
                        None => (body, false),
                    };
                    in_magic = !ends;
                    unmasked.push(&body.replace("\\\"\\\"\\\"", "\"\"\""), span, true);
                }
            } else if let Some(line) = line_magic(line) {
                unmasked.push(&line, span, true);
            } else {
                unmasked.push(line, span, false);
            }
        }
        unmasked
    }

    fn push(&mut self, line: &str, file: Span, is_rewritten: bool) {
        if !self.lines.is_empty() {
            self.text.push('\n');
        }
        self.lines.push(UnmaskedLine {
            start: self.text.len(),
            len: line.len(),
            file,
            is_rewritten,
        });
        self.text.push_str(line);
    }

    /// The lines that begin in a part of the text.
    fn lines_in(&self, part: Span) -> &[UnmaskedLine] {
        let first = self.lines.partition_point(|line| line.start < part.start);
        let last = self.lines.partition_point(|line| line.start <= part.end);
        self.lines.get(first..last).unwrap_or_default()
    }

    /// A cell of the text, with places in the unmasked text yet. `known` is the cell as it was.
    fn cell(&self, part: Span, known: Option<&Arc<Cell>>) -> VirtualCell {
        let text = &self.text[part.start..part.end];
        let mut cell = match known {
            // Prose is not in the document.
            Some(known) if text.is_empty() && !known.is_code() => Cell::clone(known),
            Some(known) => Cell {
                kind: CellKind::Code,
                text: text.into(),
                ..Cell::clone(known)
            },
            None if text.is_empty() => Cell::new(CellKind::Markdown, ""),
            None => Cell::new(CellKind::Code, text),
        };
        if known.is_some_and(|known| known.text != cell.text) {
            // What the saved outputs show is not what this text would.
            cell.outputs = crate::notebook::Outputs::default();
        }
        let lines = self.lines_in(part);
        let pieces = lines.iter().map(|line| Piece {
            text: line.start - part.start,
            file: line.file.start,
            len: line.len.min(line.file.len()),
            is_said: false,
        });
        let rewritten = lines.iter().filter(|line| line.is_rewritten);
        VirtualCell {
            rewritten: rewritten
                .map(|line| {
                    let start = line.start - part.start;
                    Span::new(start, start + line.len)
                })
                .collect(),
            cell: SheetCell {
                pieces: pieces.collect(),
                cell,
                whole: part,
                body: part,
                coding: Coding::Plain,
                is_marked: true,
            },
        }
    }

    fn to_document(&self, cell: &mut SheetCell) {
        let lines = self.lines_in(cell.whole);
        let start = lines.first().map_or(0, |line| line.file.start);
        let end = lines.last().map_or(start, |line| line.file.end);
        cell.whole = Span::new(start, end.max(start));
        cell.body = cell.whole;
    }
}

/// `%%magic` and the start of its body, if that stands in the same line.
fn cell_magic(line: &str) -> Option<(String, Option<&str>)> {
    if let Some(rest) = line.strip_prefix("# START_CELL_MAGIC(") {
        let (name, rest) = literal(rest)?;
        let (arguments, rest) = literal(rest.strip_prefix(", ")?)?;
        return (rest == ")").then(|| (format!("%%{name}{arguments}"), None));
    }
    let rest = line.strip_prefix("get_ipython().run_cell_magic(")?;
    let (name, rest) = literal(rest)?;
    let (arguments, rest) = literal(rest.strip_prefix(", ")?)?;
    let body = rest.strip_prefix(", \"\"\"")?;
    Some((format!("%%{name}{arguments}"), Some(body)))
}

/// The line that was rewritten as this one.
fn line_magic(line: &str) -> Option<String> {
    let at = line.find("get_ipython().")?;
    let (before, call) = line.split_at(at);
    // A call stands alone, or is assigned.
    let is_start = before.trim().is_empty() || before.trim_end().ends_with('=');
    let call = call.strip_prefix("get_ipython().").filter(|_| is_start)?;
    let (function, rest) = call.split_once('(')?;
    let (first, rest) = literal(rest)?;
    match function {
        "getoutput" | "system" if rest == ")" => Some(format!("{before}!{first}")),
        "run_line_magic" => {
            let (second, rest) = literal(rest.strip_prefix(',')?.trim_start())?;
            match (&*first, rest) {
                ("pinfo", ")") => Some(format!("{before}{second}?")),
                ("pinfo2", ")") => Some(format!("{before}{second}??")),
                (_, ")") => Some(format!("{before}%{first}{second}")),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The string that a text begins with, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let mut characters = text.char_indices();
    let (_, quote) = characters
        .next()
        .filter(|(_, quote)| matches!(quote, '"' | '\''))?;
    let mut value = String::new();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            _ if character == quote => return Some((value, &text[at + 1..])),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(cells: &[(CellKind, &str)]) -> Notebook {
        let cells = cells.iter();
        Notebook {
            cells: cells
                .map(|(kind, text)| Arc::new(Cell::new(*kind, *text)))
                .collect(),
            ..Notebook::default()
        }
    }

    fn texts(cells: &[VirtualCell]) -> Vec<&str> {
        cells.iter().map(|cell| &*cell.cell.cell.text).collect()
    }

    #[test]
    fn magics_are_as_they_were_written() {
        for (rewritten, line) in [
            (
                r#"get_ipython().run_line_magic("matplotlib", " inline")"#,
                "%matplotlib inline",
            ),
            (
                r#"files = get_ipython().getoutput("ls -l")"#,
                "files = !ls -l",
            ),
            (
                r#"  get_ipython().run_line_magic("run", " a.py \"b c\"")"#,
                "  %run a.py \"b c\"",
            ),
            ("get_ipython().run_line_magic('pinfo',  'df')", "df?"),
        ] {
            assert_eq!(line_magic(rewritten).as_deref(), Some(line));
        }
        assert_eq!(line_magic("print(get_ipython().x)"), None);
        let document = "# START_CELL_MAGIC(\"time\", \"\")\nx = 1\n# END_CELL_MAGIC\n\n\nget_ipython().run_cell_magic(\"bash\", \" -x\", \"\"\"echo \"hi\"\nls \\\"\\\"\\\"\"\"\")\n";
        assert_eq!(
            Unmasked::of(document).text,
            "%%time\nx = 1\n\n\n%%bash -x\necho \"hi\"\nls \"\"\""
        );
    }

    #[test]
    fn cells_are_found_again() {
        use CellKind::{Code, Markdown};
        let saved = notebook(&[
            (Code, "a = 1\n\n\nb = 2"),
            (Markdown, "# Title"),
            (Code, "%time c"),
            (Code, ""),
            (Code, "d\n"),
        ]);
        let base = Base::of(&saved);
        let document = "a = 1\n\n\nb = 2\n\n\n\n\n\nget_ipython().run_line_magic(\"time\", \" c\")\n\n\n\n\n\nd\n\n";
        assert!(base.fits(document));
        let (cells, base) = base.read(document);
        assert_eq!(
            texts(&cells),
            ["a = 1\n\n\nb = 2", "# Title", "%time c", "", "d\n"]
        );
        let typed = document
            .replace("b = 2", "b = 3")
            .replace("d\n", "x\n\n\nd\n");
        let (cells, base) = base.read(&typed);
        assert_eq!(
            texts(&cells),
            ["a = 1\n\n\nb = 3", "# Title", "%time c", "", "x", "d\n"]
        );
        let (cells, _) = base.read(&typed.replace("x\n\n\n", ""));
        assert_eq!(
            texts(&cells),
            ["a = 1\n\n\nb = 3", "# Title", "%time c", "", "d\n"]
        );
        assert!(!base.fits("something\n\n\nelse\n"));
    }
}
