//! What a cell is called where there is no room for it.

use crate::analysis::secrets::Masked;
use crate::analysis::source::size;
use crate::notebook::{Cell, CellKind};
use crate::text::TextRange;

/// Longer titles are cut, in characters.
const LONGEST: usize = 80;

/// One [line](line) of the cell, with secrets masked.
pub fn title(cell: &Cell) -> String {
    let line = line(cell);
    if line.is_empty() {
        return String::new();
    }
    let at = line.as_ptr() as usize - cell.text.as_ptr() as usize;
    let end = line.char_indices().nth(LONGEST);
    let length = end.map_or(line.len(), |(end, _)| end);
    Masked::new(&cell.text).part(TextRange::at(size(at), size(length)))
}

/// The line of the cell's own text that says what it is about: a heading, a comment at the top, or its first
/// line that says anything. Empty for an empty cell.
pub fn line(cell: &Cell) -> &str {
    let mut lines = cell
        .text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let line = match cell.kind {
        CellKind::Markdown => {
            let first = lines.next().unwrap_or_default();
            let heading = std::iter::once(first)
                .chain(lines)
                .find(|line| heading_level(line).is_some());
            heading.unwrap_or(first).trim_start_matches('#')
        }
        CellKind::Code => {
            let first = lines.find(|line| says_something(line)).unwrap_or_default();
            first.trim_start_matches(['#', '%', ' '])
        }
        CellKind::Raw | CellKind::Unknown => lines.next().unwrap_or_default(),
    };
    line.trim()
}

/// The level of a Markdown heading of the form `## Title`, from 1 to 6.
pub fn heading_level(line: &str) -> Option<usize> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    let is_heading = (1..=6).contains(&level) && title.starts_with([' ', '\t']);
    (is_heading && !title.trim().is_empty()).then_some(level)
}

/// Rulers (`# -----`) and bare `#` do not.
fn says_something(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}
