//! Which bytes of a document are which cell's.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use super::Update;
use crate::format::ipynb::{self, SourceMap};
use crate::format::quarto::sets_options;
use crate::format::sheet::{Coding, Dialect, Frame, Piece, Quotes, SheetCell};
use crate::format::virtual_document::{Base, VirtualCell};
use crate::format::{self, Decoded, Hint, Kind};
use crate::lsp::proto::Uri;
use crate::notebook::{CellIdx, Notebook, NotebookMeta, Problem};
use crate::text::{LineColumn, Spliced, TextRange, TextSize, rope_part};
use crate::workspace::regular;

#[derive(Debug)]
pub(super) struct Layout {
    pub hint: Hint,
    cells: Vec<Place>,
    how: How,
    /// What was wrong when the document was read as a whole.
    pub problems: Arc<[Problem]>,
    /// What the saved notebook says of itself, where the document does not.
    meta: Option<Arc<NotebookMeta>>,
}

/// How the document is read.
#[derive(Debug)]
enum How {
    Ipynb {
        /// Its JSON was without a fault.
        is_sound: bool,
    },
    Sheet {
        dialect: &'static Dialect,
        frame: Frame,
    },
    /// JupyterLab's one text for all code cells.
    Virtual { base: Base },
}

/// The bytes of one cell.
#[derive(Debug)]
struct Place {
    start: usize,
    end: usize,
    text: Text,
}

/// Where a cell's text stands; places count from the cell's start.
#[derive(Debug)]
enum Text {
    /// In the JSON strings of a `source`.
    Source {
        span: Range<usize>,
        /// Bytes of the text that stand nowhere in it.
        prefix: usize,
        /// The strings are broken, and the text is that of before.
        is_broken: bool,
        /// Where each part of the text stands in the strings, once somebody has asked.
        pieces: OnceCell<Vec<Piece>>,
    },
    Lines(Box<SheetCell>),
    /// In lines of JupyterLab's document, of which some are written otherwise there.
    Virtual(Box<VirtualCell>),
    /// Something around it is broken.
    Lost,
}

/// A document, read as a whole.
#[derive(Debug)]
pub(super) struct Read {
    pub notebook: Notebook,
}

impl Layout {
    /// Reads a document; `None` where it holds no notebook. `before` is how it was.
    pub fn read(rope: &Rope, hint: Hint, uri: &Uri, before: Option<&Self>) -> Option<(Self, Read)> {
        let text = rope.to_string();
        let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
        if hint == Hint::Json && !is_notebook_json(&text, uri) {
            return None;
        }
        let bytes = text.as_bytes();
        let format = Decoded::of_text(&text).format(hint)?;
        let (mut notebook, cells, how) = match &format.kind {
            Kind::Foreign => return Self::read_virtual(&text, hint, uri, before),
            Kind::Ipynb => {
                let (notebook, map) = ipynb::read(bytes);
                let is_sound = map.is_sound();
                let cells = map.cells.iter();
                let cells = cells.map(|spans| Place {
                    start: spans.object.start,
                    end: spans.object.end,
                    text: match spans.source {
                        Some(source) if !map.has_conflicts() => Text::Source {
                            span: source.start - spans.object.start
                                ..source.end - spans.object.start,
                            prefix: spans.prefix,
                            is_broken: false,
                            pieces: OnceCell::new(),
                        },
                        _ => Text::Lost,
                    },
                });
                (notebook, cells.collect(), How::Ipynb { is_sound })
            }
            Kind::Sheet(dialect) => {
                let sheet = (dialect.parse)(&text[mark..], None);
                let notebook = sheet.notebook();
                let cells = sheet.cells.into_iter();
                let cells = cells.map(|cell| Place::of_lines(cell, mark));
                let frame = sheet.frame;
                (notebook, cells.collect(), How::Sheet { dialect, frame })
            }
        };
        Arc::make_mut(&mut notebook.meta).file_name = file_name(uri);
        let layout = Self {
            hint,
            cells,
            how,
            problems: Arc::clone(&notebook.problems),
            meta: None,
        };
        Some((layout, Read { notebook }))
    }

    /// Reads JupyterLab's document, whose cells are those of the notebook on disk.
    fn read_virtual(
        text: &str,
        hint: Hint,
        uri: &Uri,
        before: Option<&Self>,
    ) -> Option<(Self, Read)> {
        let known = before.and_then(|before| match &before.how {
            How::Virtual { base } => Some((base.clone(), before.meta.clone())),
            _ => None,
        });
        let (base, meta) = match known {
            Some(known) => known,
            None => {
                if hint != Hint::Python || !is_named_notebook(uri) {
                    return None;
                }
                let path = uri.to_file_path()?;
                let saved = regular::read(&path, regular::LARGEST_NOTEBOOK).ok()?;
                let mut saved = format::parse(&saved);
                let base = Base::of(&saved);
                if saved.cells.is_empty() || !base.fits(text) {
                    return None;
                }
                Arc::make_mut(&mut saved.meta).file_name = file_name(uri);
                (base, Some(saved.meta))
            }
        };
        let (cells, base) = base.read(text);
        let notebook = Notebook {
            cells: cells
                .iter()
                .map(|cell| Arc::new(cell.cell.cell.clone()))
                .collect(),
            meta: meta.clone().unwrap_or_default(),
            problems: Arc::default(),
        };
        let layout = Self {
            hint,
            cells: cells.into_iter().map(Place::of_virtual).collect(),
            how: How::Virtual { base },
            problems: Arc::default(),
            meta,
        };
        Some((layout, Read { notebook }))
    }

    /// Whether its client shows other lines than the notebook has, so that nothing can be changed by it.
    pub fn is_virtual(&self) -> bool {
        matches!(self.how, How::Virtual { .. })
    }

    /// Whether this is JSON that has broken, where the other was not.
    pub fn is_worse_than(&self, other: &Self) -> bool {
        self.is_unsound() && matches!(other.how, How::Ipynb { is_sound: true })
    }

    /// Whether it is a notebook's JSON, and more is wrong with it than the strings of cells that are typed in: what it is
    /// told by may stand in any of them.
    pub fn is_unsound(&self) -> bool {
        matches!(self.how, How::Ipynb { is_sound: false })
    }

    /// Whether some cell's strings are broken.
    pub fn is_broken(&self) -> bool {
        self.cells.iter().any(|cell| {
            matches!(
                cell.text,
                Text::Lost
                    | Text::Source {
                        is_broken: true,
                        ..
                    }
            )
        })
    }

    /// Follows an edit. `rope` is the document after it. With `only_places` nothing is read.
    pub fn edited(&mut self, rope: &Rope, spliced: Spliced, only_places: bool) -> Update {
        let (start, end) = (spliced.start, spliced.start + spliced.old_len);
        let moved = |at: usize| at - spliced.old_len + spliced.new_len;
        let after = self.cells.partition_point(|cell| cell.start < start);
        let inside = after
            .checked_sub(1)
            .filter(|&last| end < self.cells[last].end);
        for (position, cell) in self
            .cells
            .iter_mut()
            .enumerate()
            .skip(after.saturating_sub(1))
        {
            if Some(position) == inside {
                cell.end = moved(cell.end);
            } else if cell.start >= end {
                (cell.start, cell.end) = (moved(cell.start), moved(cell.end));
            } else if cell.end > start {
                // The edit takes away one of its ends.
                cell.start = cell.start.min(start);
                cell.end = moved(cell.end.max(end));
                cell.text = Text::Lost;
            }
        }
        let Some(position) = inside else {
            return Update::Unread;
        };
        let update = if only_places || self.begins_a_header(rope) || self.begins_an_object(rope) {
            Update::Unread
        } else {
            self.reread(rope, position, spliced)
        };
        if matches!(update, Update::Unread) {
            self.cells[position].text = Text::Lost;
        }
        update
    }

    /// Whether the first cell begins as a header that nothing closes: whatever is typed may close it.
    fn begins_a_header(&self, rope: &Rope) -> bool {
        let Some(first) = self.cells.first() else {
            return false;
        };
        let begins: Vec<u8> = rope.bytes_at(first.start).take(5).collect();
        matches!(self.how, How::Sheet { .. }) && (begins.starts_with(b"---") || begins == b"# ---")
    }

    /// Whether the text begins as a notebook's JSON does, and nobody says that it is something else.
    fn begins_an_object(&self, rope: &Rope) -> bool {
        matches!(self.how, How::Sheet { .. })
            && self.hint.may_be_json()
            && object_start(rope).is_some()
    }

    /// Reads one cell, with the edit in it.
    fn reread(&mut self, rope: &Rope, position: usize, spliced: Spliced) -> Update {
        let (last, behind) = (
            position + 1 == self.cells.len(),
            self.cells.get(position + 1),
        );
        let next = behind.map(|next| next.start);
        let place = &mut self.cells[position];
        match (&self.how, &mut place.text) {
            (How::Sheet { dialect, frame }, Text::Lines(known)) => {
                let piece = rope_part(rope, place.start, place.end);
                let Some(cell) = alone(&piece, known, dialect, frame) else {
                    return Update::Unread;
                };
                // Whether a blank line at the end is the cell's depends on what follows.
                let last_line = cell.cell.text.rsplit('\n').next().unwrap_or_default();
                let is_blank = dialect.needs_blank && last_line.trim().is_empty();
                let is_followed = next.is_some_and(|next| {
                    let gap = rope_part(rope, place.end, next);
                    gap.lines()
                        .next()
                        .is_some_and(|line| line.trim().is_empty())
                });
                if !last && (!piece.ends_with('\n') || (is_blank && !is_followed)) {
                    return Update::Unread;
                }
                let text = cell.cell.clone();
                **known = cell;
                Update::Cell(position, Box::new(text))
            }
            (
                How::Ipynb { .. },
                Text::Source {
                    span,
                    prefix: 0,
                    is_broken,
                    pieces,
                },
            ) => {
                pieces.take();
                let from = place.start + span.start;
                let (start, end) = (spliced.start, spliced.start + spliced.old_len);
                if start <= from || end >= place.start + span.end {
                    return Update::Unread;
                }
                span.end = span.end - spliced.old_len + spliced.new_len;
                let source = rope_part(rope, from, place.start + span.end);
                match ipynb::read_source(source.as_bytes()) {
                    Ok(text) => {
                        *is_broken = false;
                        Update::Text(position, text)
                    }
                    Err(fault) => {
                        *is_broken = true;
                        let place = line_column(rope, from + fault.at);
                        Update::Broken(ipynb::broken_json(fault.kind, place))
                    }
                }
            }
            _ => Update::Unread,
        }
    }

    pub fn bytes(&self, rope: &Rope, cell: usize, range: TextRange) -> Option<Range<usize>> {
        let place = self.cells.get(cell)?;
        let bytes = match &place.text {
            Text::Source {
                span,
                prefix,
                is_broken: false,
                pieces,
            } => {
                let from = place.start + span.start;
                let pieces = pieces.get_or_init(|| {
                    let source = rope_part(rope, from, place.start + span.end);
                    SourceMap::of_source(source.as_bytes(), *prefix).pieces_of(CellIdx(0))
                });
                let at = |offset: TextSize| from + Piece::file_offset(pieces, offset.to_usize());
                at(range.start())..at(range.end())
            }
            Text::Lines(lines) => {
                let at = |offset| place.start + lines.file_offset(offset);
                let start = at(range.start());
                start..at(range.end()).max(start)
            }
            Text::Virtual(cell) => {
                let range = cell.shown(range)?;
                let at = |offset| place.start + cell.cell.file_offset(offset);
                at(range.start())..at(range.end()).max(at(range.start()))
            }
            Text::Source { .. } | Text::Lost => return None,
        };
        Some(bytes)
    }

    pub fn locate(&self, rope: &Rope, at: usize) -> Option<(usize, TextSize)> {
        let after = self.cells.partition_point(|cell| cell.start <= at);
        let position = after.checked_sub(1)?;
        let place = &self.cells[position];
        if at > place.end {
            return None;
        }
        let zero = TextSize::new(0);
        let offset = match &place.text {
            Text::Source { span, prefix, .. } => {
                let from = place.start + span.start;
                let source = rope_part(rope, from, place.start + span.end);
                let map = SourceMap::of_source(source.as_bytes(), *prefix);
                let inside = at.checked_sub(from);
                inside.and_then(|inside| map.cell_offset(CellIdx(0), inside))
            }
            Text::Lines(lines) => lines.cell_offset(at - place.start),
            Text::Virtual(cell) => cell.cell.cell_offset(at - place.start),
            Text::Lost => return None,
        };
        Some((position, offset.unwrap_or(zero)))
    }
}

impl Place {
    fn of_virtual(mut cell: VirtualCell) -> Self {
        let (start, end) = (cell.cell.whole.start, cell.cell.whole.end);
        cell.cell.shift_back(start);
        Self {
            start,
            end,
            text: Text::Virtual(Box::new(cell)),
        }
    }

    fn of_lines(mut cell: SheetCell, mark: usize) -> Self {
        let (start, end) = (cell.whole.start, cell.whole.end);
        cell.shift_back(start);
        Self {
            start: start + mark,
            end: end + mark,
            text: Text::Lines(Box::new(cell)),
        }
    }
}

/// The one cell of a part of a document, if it is still one of the same sort.
fn alone(piece: &str, known: &SheetCell, dialect: &Dialect, frame: &Frame) -> Option<SheetCell> {
    let mut cells = (dialect.parse)(piece, Some(frame)).cells;
    let cell = cells.pop()?;
    let is_alone = cells.is_empty()
        && cell.whole.start == 0
        && cell.whole.end == piece.len()
        && cell.is_marked == known.is_marked
        && cell.cell.kind == known.cell.kind
        && cell.cell.language == known.cell.language
        && cell.cell.tags == known.cell.tags
        && ends_within(&cell) == ends_within(known);
    // In prose, a fence or a comment may begin that goes on behind it.
    let begins_more = |cell: &SheetCell| {
        let signs = ["```", "~~~", "<!--", "+++"];
        !cell.is_marked && signs.iter().any(|sign| cell.cell.text.contains(sign))
    };
    // marimo's cells end where a line begins at the margin, unless a string goes on there.
    let goes_on = matches!(frame.coding, Coding::Indent(_)) && Quotes::are_left_open(piece);
    let tells_others = [&cell, known].iter().any(|own| sets_options(&own.cell));
    (is_alone && !tells_others && !goes_on && !begins_more(&cell) && !begins_more(known))
        .then_some(cell)
}

/// Whether something closes the cell.
fn ends_within(cell: &SheetCell) -> bool {
    cell.body.end < cell.whole.end
}

fn is_named_notebook(uri: &Uri) -> bool {
    uri.as_str().to_ascii_lowercase().ends_with(".ipynb")
}

fn file_name(uri: &Uri) -> Option<Arc<str>> {
    let path = uri.to_file_path()?;
    Some(path.file_name()?.to_str()?.into())
}

/// The byte at which a text begins as a JSON object does.
pub(super) fn object_start(rope: &Rope) -> Option<usize> {
    let mut text = rope.chars().peekable();
    let mark = text.next_if_eq(&'\u{feff}').map_or(0, char::len_utf8);
    let mut blank = 0;
    while text.next_if(char::is_ascii_whitespace).is_some() {
        blank += 1;
    }
    (text.next() == Some('{')).then_some(mark + blank)
}

/// Whether JSON is that of a notebook: by its name where it has the right one, or by its keys.
fn is_notebook_json(text: &str, uri: &Uri) -> bool {
    is_named_notebook(uri) || (text.contains("\"nbformat\"") && text.contains("\"cells\""))
}

fn line_column(rope: &Rope, at: usize) -> LineColumn {
    let character = rope.byte_to_char(at.min(rope.len_bytes()));
    let line = rope.char_to_line(character);
    let size = |size| u32::try_from(size).unwrap_or(u32::MAX);
    LineColumn {
        line: size(line).saturating_add(1),
        column: size(character - rope.line_to_char(line)).saturating_add(1),
    }
}
