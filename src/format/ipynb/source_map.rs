//! Where the text of each cell stands in the file.

use std::borrow::Cow;

use crate::format::conflict::Side;
use crate::format::json::{Scanner, Span, Text, Value};
use crate::format::sheet::Piece;
use crate::notebook::CellIdx;
use crate::text::TextSize;

/// The bytes of a notebook file and what of them belongs to which cell.
///
/// Every place is one of the bytes that were read. (For a UTF-16 file those are not the file's:
/// see [`crate::format::Decoded`].)
#[derive(Debug)]
pub struct SourceMap<'b> {
    bytes: Cow<'b, [u8]>,
    /// The file as the other side of its conflicts has it.
    theirs: Option<Vec<u8>>,
    pub cells: Vec<CellSpans>,
    /// The lists that the cells stand in: one, or one for each worksheet in nbformat 3.
    pub(super) lists: Vec<Span>,
    pub(super) has_worksheets: bool,
    /// Whether the file is JSON without a fault.
    pub(super) is_sound: bool,
}

/// What of a file belongs to one cell. A key's value, never the key; `None` where there is no such key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSpans {
    pub object: Span,
    /// The value of `source`, or of `input` in nbformat 3: a string or a list of strings.
    pub source: Option<Span>,
    pub outputs: Option<Span>,
    /// The value of `execution_count`, or of `prompt_number` in nbformat 3.
    pub execution_count: Option<Span>,
    pub metadata: Option<Span>,
    pub id: Option<Span>,
    /// Set for a cell that only one side of a conflict has. Its bytes overlap with those of the other's.
    pub side: Option<Side>,
    /// How many bytes of the text stand nowhere in the file: the `## ` of a heading cell.
    pub prefix: usize,
}

impl<'b> SourceMap<'b> {
    pub(super) fn new(bytes: Cow<'b, [u8]>, theirs: Option<Vec<u8>>) -> Self {
        Self {
            bytes,
            theirs,
            cells: Vec::new(),
            lists: Vec::new(),
            has_worksheets: false,
            is_sound: false,
        }
    }

    /// The map of one cell, of which the value of `source` is given and nothing else.
    pub fn of_source(source: &'b [u8], prefix: usize) -> Self {
        let span = Span::new(0, source.len());
        let mut map = Self::new(Cow::Borrowed(source), None);
        map.cells.push(CellSpans {
            object: span,
            source: Some(span),
            outputs: None,
            execution_count: None,
            metadata: None,
            id: None,
            side: None,
            prefix,
        });
        map
    }

    /// Whether the file is JSON without a fault, so that every place is certain.
    pub fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// Whether the file holds conflict markers. Then its bytes must not be patched cell by cell.
    pub fn has_conflicts(&self) -> bool {
        self.theirs.is_some()
    }

    /// The byte of the file at which the character at `offset` of a cell's text starts; for the
    /// end of the text the place where more could be written, before the closing quote.
    /// A cell without a source is answered by the start of what there is.
    pub fn file_offset(&self, cell: CellIdx, offset: TextSize) -> usize {
        let mut last = None;
        for (at, place) in self.positions(cell) {
            if at > offset {
                break;
            }
            last = Some(place);
        }
        last.unwrap_or_else(|| {
            self.cells
                .get(cell.to_usize())
                .map_or(0, |spans| spans.source.unwrap_or(spans.object).start)
        })
    }

    /// The place in a cell's text for a byte of the file, or `None` outside the cell's source.
    /// A byte inside an escape or a character means its start; one between two strings of the
    /// source means where they meet.
    pub fn cell_offset(&self, cell: CellIdx, file: usize) -> Option<TextSize> {
        let spans = self.cells.get(cell.to_usize())?;
        let source = spans.source?;
        if file < source.start || file >= source.end {
            return None;
        }
        let inside = self
            .pieces(spans)
            .iter()
            .any(|piece| piece.raw.start <= file && file < piece.raw.end);
        let mut last = TextSize::new(0);
        for (at, place) in self.positions(cell) {
            if place > file {
                return Some(if inside { last } else { at });
            }
            last = at;
        }
        Some(last)
    }

    /// The cell whose source holds a byte of the file, and the place in its text.
    pub fn locate(&self, file: usize) -> Option<(CellIdx, TextSize)> {
        let after = self
            .cells
            .partition_point(|spans| spans.object.start <= file);
        // Two cells of a conflict may start at one place; the earlier is the one checked out.
        self.cells[..after]
            .iter()
            .enumerate()
            .rev()
            .take(2)
            .find_map(|(position, _)| {
                let cell = CellIdx::new(position);
                Some((cell, self.cell_offset(cell, file)?))
            })
    }

    /// Every character of a cell's text with its place in the file, in order; last, the text's end.
    /// Nothing for a cell whose source holds no string.
    pub fn positions(&self, cell: CellIdx) -> impl Iterator<Item = (TextSize, usize)> + '_ {
        let spans = self.cells.get(cell.to_usize());
        let pieces = spans.map(|spans| self.pieces(spans)).unwrap_or_default();
        let end = pieces.last().map(|piece| piece.raw.end);
        let bytes = spans.map_or(&[][..], |spans| self.bytes_of(spans));
        let start = spans.map_or(0, |spans| spans.prefix);
        let mut at = TextSize::new(u32::try_from(start).unwrap_or(u32::MAX));
        pieces
            .into_iter()
            .flat_map(move |piece| piece.chars(bytes))
            .map(|(place, character)| (place, TextSize::of(character)))
            .chain(end.map(|end| (end, TextSize::new(0))))
            .map(move |(place, length)| {
                let here = at;
                at += length;
                (here, place)
            })
    }

    /// The text of a cell in pieces that stand in the file as they are; an escape is one of no length, and so is the end.
    pub fn pieces_of(&self, cell: CellIdx) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for (at, file) in self.positions(cell) {
            let at = at.to_usize();
            if let Some(last) = pieces.last_mut() {
                let grown = at - last.text;
                if file == last.file + grown {
                    last.len = grown;
                    continue;
                }
            }
            pieces.push(Piece {
                text: at,
                file,
                len: 0,
                is_said: false,
            });
        }
        pieces
    }

    /// The text of a cell, without its prefix.
    pub(super) fn decode(&self, spans: &CellSpans) -> String {
        decode(self.bytes_of(spans), spans.source.unwrap_or_default())
    }

    fn bytes_of(&self, spans: &CellSpans) -> &[u8] {
        match &self.theirs {
            Some(theirs) if spans.side == Some(Side::Theirs) => theirs,
            _ => &self.bytes,
        }
    }

    /// The strings that make up a source, in order.
    fn pieces(&self, spans: &CellSpans) -> Vec<Text> {
        let source = spans.source.unwrap_or_default();
        pieces(self.bytes_of(spans), source)
    }
}

/// The text of a source.
pub(super) fn decode(bytes: &[u8], source: Span) -> String {
    let mut text = String::with_capacity(source.len());
    for piece in pieces(bytes, source) {
        piece.decode_onto(&mut text, bytes);
    }
    text
}

fn pieces(bytes: &[u8], source: Span) -> Vec<Text> {
    let end = source.end.min(bytes.len());
    let mut scanner = Scanner::new(&bytes[..end], source.start);
    let mut pieces = Vec::new();
    match scanner.value() {
        Value::Text(text) => pieces.push(text),
        Value::List => {
            while scanner.next_element() {
                let depth = scanner.depth();
                if let Value::Text(text) = scanner.value() {
                    pieces.push(text);
                }
                scanner.leave_to(depth);
            }
        }
        _ => {}
    }
    pieces
}
