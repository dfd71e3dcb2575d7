//! Markdown with cells in fences: what jupytext's Markdown, MyST, Quarto and R Markdown have in common.
//!
//! A fence whose first line says so is a cell, and the prose between the fences is Markdown cells. Fences of
//! other sorts belong to the prose.

use std::ops::Range;

use super::json::Span;
use super::sheet::{self, Coding, Dialect, Frame, Sheet, SheetCell};
use crate::notebook::{CellKind, Home, Language};

/// What tells one such format from another.
#[derive(Debug)]
pub struct Flavour {
    pub chunk: ReadFence,
    /// Whether `<!-- #region -->` and `<!-- #raw -->` make cells.
    pub has_regions: bool,
    pub parted_by: Parted,
    /// Whether the lines of a cell may begin with options in YAML.
    pub has_options: bool,
}

/// What a fence is; `None` for one that is prose.
pub type ReadFence = fn(fence: &Fence<'_>, frame: &Frame) -> Option<Chunk>;

impl Flavour {
    /// What jupytext writes, with the fences that `chunk` knows.
    pub const fn jupytext(chunk: ReadFence) -> Self {
        Self {
            chunk,
            has_regions: true,
            parted_by: Parted::TwoBlankLines,
            has_options: false,
        }
    }
}

/// How cells are written where this parts Markdown cells.
pub const fn dialect(parted_by: Parted, parse: sheet::Parse, write: sheet::Write) -> Dialect {
    Dialect {
        parse,
        write,
        separator: match parted_by {
            Parted::TwoBlankLines => |_, before, after| match (before, after) {
                (CellKind::Markdown, CellKind::Markdown) => "\n\n",
                _ => "\n",
            },
            Parted::PlusSigns => |_, before, after| match (before, after) {
                (CellKind::Markdown, CellKind::Markdown) => "\n+++\n\n",
                _ => "\n",
            },
            Parted::Nothing => |_, _, _| "\n",
        },
        marker: "",
        needs_blank: false,
        joins_prose: matches!(parted_by, Parted::Nothing),
    }
}

/// What parts two Markdown cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parted {
    TwoBlankLines,
    /// `+++`, perhaps with metadata behind it.
    PlusSigns,
    /// Nothing: all prose between two chunks is one cell.
    Nothing,
}

/// What a fence is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub kind: CellKind,
    /// Set where it is not that of the notebook.
    pub language: Option<Language>,
    /// The magic that it stands for: `%%bash`.
    pub magic: Option<String>,
    pub tags: Vec<Box<str>>,
}

impl Chunk {
    pub fn of(kind: CellKind) -> Self {
        Self {
            kind,
            language: None,
            magic: None,
            tags: Vec::new(),
        }
    }
}

/// Languages for which IPython has a cell magic; a fence of one of them is a cell of that magic for jupytext.
const MAGICS: [&str; 18] = [
    "bash",
    "sh",
    "perl",
    "ruby",
    "javascript",
    "js",
    "html",
    "latex",
    "svg",
    "R",
    "r",
    "julia",
    "sql",
    "SQL",
    "cython",
    "python2",
    "python3",
    "pypy",
];

pub fn magic_of(language: &str) -> Option<String> {
    MAGICS.contains(&language).then(|| format!("%%{language}"))
}

/// Reads a text from `start` on, which is behind its header.
pub fn parse(text: &str, start: usize, frame: Frame, flavour: &Flavour) -> Sheet {
    let mut reader = Reader {
        text,
        flavour,
        frame,
        cells: Vec::new(),
        prose: None,
        blank: 0,
    };
    let mut at = start;
    while at < text.len() {
        at = reader.line(at);
    }
    reader.end_prose();
    Sheet {
        cells: reader.cells,
        frame: reader.frame,
    }
}

struct Reader<'a> {
    text: &'a str,
    flavour: &'a Flavour,
    frame: Frame,
    cells: Vec<SheetCell>,
    /// The lines of prose since the last cell, up to the last that is not blank.
    prose: Option<Range<usize>>,
    /// Blank lines since then.
    blank: usize,
}

impl Reader<'_> {
    /// Reads the line at `at`, or what begins there, and gives where it ends.
    fn line(&mut self, at: usize) -> usize {
        let end = sheet::line_end(self.text, at);
        let line = self.text[at..end].trim_end();
        if line.is_empty() {
            self.blank += 1;
            if self.flavour.parted_by == Parted::TwoBlankLines && self.blank == 2 {
                self.end_prose();
            }
            return end;
        }
        if let Some(fence) = Fence::open(line) {
            let (body_end, whole_end) = fence.close(self.text, end);
            if let Some(chunk) = (self.flavour.chunk)(&fence, &self.frame) {
                self.end_prose();
                self.chunk(chunk, &fence, at, end..body_end, whole_end);
                return whole_end;
            }
            // Quarto and knitr run a chunk inside of another fence, too; to be shown it has two braces.
            let may_hold_chunks = matches!(self.frame.meta.home, Home::Quarto | Home::Knitr);
            if !fence.is_deep() && !may_hold_chunks {
                self.prose(at..whole_end);
                return whole_end;
            }
        }
        if self.flavour.parted_by == Parted::PlusSigns
            && (line == "+++" || line.starts_with("+++ "))
        {
            self.end_prose();
            return end;
        }
        if self.flavour.has_regions
            && let Some((kind, closing)) = region(line)
            && let Some((body_end, whole_end)) = find_line(self.text, end, closing)
        {
            self.end_prose();
            self.cell(kind, at, end..body_end, whole_end, Coding::Plain);
            return whole_end;
        }
        self.prose(at..end);
        end
    }

    fn prose(&mut self, lines: Range<usize>) {
        self.blank = 0;
        let start = self.prose.as_ref().map_or(lines.start, |prose| prose.start);
        self.prose = Some(start..lines.end);
    }

    fn end_prose(&mut self) {
        self.blank = 0;
        if let Some(prose) = self.prose.take() {
            let whole = Span::new(prose.start, prose.end);
            let mut cell =
                SheetCell::new(self.text, CellKind::Markdown, whole, whole, Coding::Plain);
            cell.is_marked = false;
            self.cells.push(cell);
        }
    }

    fn chunk(
        &mut self,
        chunk: Chunk,
        fence: &Fence<'_>,
        at: usize,
        mut body: Range<usize>,
        whole_end: usize,
    ) {
        let mut said = chunk.magic;
        let mut options = Options {
            tags: chunk.tags,
            load: None,
        };
        if self.flavour.has_options {
            body.start = options.read(self.text, body.clone());
        }
        if let Some(file) = options.load {
            said = Some(format!("%load {file}"));
        }
        let is_own = chunk.language.is_none() && said.is_none();
        let coding = match self.frame.coding {
            Coding::Magics if is_own => Coding::Magics,
            _ if fence.indent > 0 => Coding::Indent(fence.indent),
            coding if is_own => coding,
            _ => Coding::Plain,
        };
        let cell = self.cell(chunk.kind, at, body, whole_end, coding);
        if let Some(said) = said {
            cell.say_first(&said);
        }
        cell.cell.language = chunk.language;
        cell.cell.tags = options.tags.into();
    }

    fn cell(
        &mut self,
        kind: CellKind,
        at: usize,
        body: Range<usize>,
        whole_end: usize,
        coding: Coding,
    ) -> &mut SheetCell {
        let whole = Span::new(at, whole_end);
        let body = Span::new(body.start, body.end);
        let cell = SheetCell::new(self.text, kind, whole, body, coding);
        self.cells.push_mut(cell)
    }
}

/// The first line of a fence.
pub struct Fence<'a> {
    /// A backtick or a tilde.
    pub sign: u8,
    count: usize,
    /// How many spaces stand before it.
    pub indent: usize,
    /// What stands behind the signs.
    pub info: &'a str,
}

impl<'a> Fence<'a> {
    fn open(line: &'a str) -> Option<Self> {
        let rest = line.trim_start_matches(' ');
        let sign = *rest.as_bytes().first()?;
        if !matches!(sign, b'`' | b'~') {
            return None;
        }
        let count = rest.bytes().take_while(|&byte| byte == sign).count();
        let info = rest[count..].trim();
        let is_fence = count >= 3 && !(sign == b'`' && info.contains('`'));
        is_fence.then_some(Self {
            sign,
            count,
            indent: line.len() - rest.len(),
            info,
        })
    }

    /// To Markdown a line that far in is a part of what stands above it, or code by its indent alone.
    pub fn is_deep(&self) -> bool {
        self.indent > 3
    }

    /// Where the lines inside end, and the fence: both at the end of the text where it is not closed.
    fn close(&self, text: &str, from: usize) -> (usize, usize) {
        let mut at = from;
        while at < text.len() {
            let end = sheet::line_end(text, at);
            let line = text[at..end].trim_end();
            let inner = line.trim_start_matches(' ');
            let signs = inner.bytes().take_while(|&byte| byte == self.sign).count();
            let is_near = line.len() - inner.len() <= self.indent.max(3);
            if signs >= self.count && signs == inner.len() && is_near {
                return (at, end);
            }
            at = end;
        }
        (text.len(), text.len())
    }
}

/// The kind of a cell that an HTML comment begins, and the comment that ends it.
fn region(line: &str) -> Option<(CellKind, &'static str)> {
    let inner = line.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    let word = inner.split_whitespace().next()?;
    Some(match word {
        "#region" => (CellKind::Markdown, "<!-- #endregion -->"),
        "#md" => (CellKind::Markdown, "<!-- #endmd -->"),
        "#markdown" => (CellKind::Markdown, "<!-- #endmarkdown -->"),
        "#raw" => (CellKind::Raw, "<!-- #endraw -->"),
        _ => return None,
    })
}

/// The start and end of the first line that is `wanted`.
fn find_line(text: &str, from: usize, wanted: &str) -> Option<(usize, usize)> {
    let mut at = from;
    while at < text.len() {
        let end = sheet::line_end(text, at);
        if text[at..end].trim_end() == wanted {
            return Some((at, end));
        }
        at = end;
    }
    None
}

/// What the options at the top of a MyST cell say.
struct Options {
    tags: Vec<Box<str>>,
    /// The file that holds the code.
    load: Option<String>,
}

impl Options {
    /// Takes what matters, and gives where the code starts.
    fn read(&mut self, text: &str, body: Range<usize>) -> usize {
        let mut at = body.start;
        let mut is_block = false;
        let mut in_tags = false;
        while at < body.end {
            let end = sheet::line_end(text, at).min(body.end);
            let line = text[at..end].trim_end();
            if line == "---" {
                if is_block {
                    return end;
                }
                if at > body.start {
                    return at;
                }
                is_block = true;
            } else if is_block {
                if let Some(item) = line.trim_start().strip_prefix("- ")
                    && in_tags
                {
                    take_tags(item, &mut self.tags);
                } else {
                    let (key, value) = line.split_once(':').unwrap_or((line, ""));
                    in_tags = key == "tags";
                    self.take(key, value);
                }
            } else if let Some((key, value)) = colon_option(line) {
                self.take(key, value);
            } else {
                // A blank line may part them from the code.
                return if at > body.start && line.is_empty() {
                    end
                } else {
                    at
                };
            }
            at = end;
        }
        // Options that do not end are the text.
        if is_block { body.start } else { at }
    }

    fn take(&mut self, key: &str, value: &str) {
        match key {
            "tags" => take_tags(value, &mut self.tags),
            "load" => self.load = Some(value.trim().to_owned()),
            _ => {}
        }
    }
}

/// `:key: value`
fn colon_option(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix(':')?.split_once(':')?;
    let is_key = !key.is_empty()
        && key
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
    is_key.then_some((key, value))
}

fn take_tags(list: &str, tags: &mut Vec<Box<str>>) {
    let list = list.trim().trim_start_matches('[').trim_end_matches(']');
    let words = list
        .split(',')
        .map(|tag| tag.trim().trim_matches(['"', '\'']));
    tags.extend(words.filter(|tag| !tag.is_empty()).map(Box::from));
}

/// A cell in a fence that nothing in its text closes.
pub fn write_chunk(info: &str, coding: Coding, text: &str) -> String {
    let lines = text.lines();
    let longest = lines.map(|line| {
        let inner = line.trim_start();
        inner.bytes().take_while(|&byte| byte == b'`').count()
    });
    let fence = "`".repeat(longest.max().map_or(3, |longest| (longest + 1).max(3)));
    let mut out = format!("{fence}{info}\n");
    sheet::encode(coding, text, &mut out);
    out.push_str(&fence);
    out.push('\n');
    out
}

/// Prose, as it is.
pub fn write_prose(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}
