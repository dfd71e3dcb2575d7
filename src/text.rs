//! Places in a text.
//!
//! Everything inside Cellwise counts UTF-8 bytes ([`TextRange`], [`TextSize`]).
//! People count lines and characters, and editors count UTF-16 code units;
//! both conversions live here and nowhere else.

use ropey::{Rope, str_utils};
pub use ruff_text_size::{Ranged, TextLen, TextRange, TextSize};

/// Where each line of a text starts.
///
/// A line ends with `\n`, `\r\n` or a lone `\r`, which is how LSP and CPython count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    ascii: bool,
}

/// A place as a person says it: both numbers are 1-based, and columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    pub line: u32,
    pub column: u32,
}

/// A place as LSP says it by default: 0-based, and columns count UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utf16Position {
    pub line: u32,
    pub character: u32,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, &byte) in bytes.iter().enumerate() {
            let ends_line = byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends_line {
                starts.push(to_u32(at + 1));
            }
        }
        Self {
            starts,
            ascii: text.is_ascii(),
        }
    }

    /// How many lines there are. A text that ends in a line break has an empty last line.
    pub fn line_count(&self) -> u32 {
        to_u32(self.starts.len())
    }

    /// The 0-based line that holds `offset`.
    pub fn line_of(&self, offset: TextSize) -> u32 {
        to_u32(
            self.starts
                .partition_point(|&start| start <= offset.to_u32())
                - 1,
        )
    }

    /// The bytes of the 0-based `line`, without its line break. Empty past the last line.
    pub fn line_range(&self, text: &str, line: u32) -> TextRange {
        let Some(&start) = self.starts.get(line as usize) else {
            return TextRange::empty(text.text_len());
        };
        let end = self
            .starts
            .get(line as usize + 1)
            .copied()
            .unwrap_or_else(|| text.text_len().to_u32());
        let line_text = &text[start as usize..end as usize];
        let kept = line_text.trim_end_matches(['\n', '\r']).len();
        TextRange::at(start.into(), TextSize::of(&line_text[..kept]))
    }

    /// Line and character of `offset`, which must not be past the end of `text`.
    pub fn line_column(&self, text: &str, offset: TextSize) -> LineColumn {
        let line = self.line_of(offset);
        let before = self.before(text, line, offset);
        let characters = if self.ascii {
            before.len()
        } else {
            before.chars().count()
        };
        LineColumn {
            line: line + 1,
            column: to_u32(characters) + 1,
        }
    }

    /// Line and UTF-16 column of `offset`, which must not be past the end of `text`.
    pub fn utf16(&self, text: &str, offset: TextSize) -> Utf16Position {
        let line = self.line_of(offset);
        let before = self.before(text, line, offset);
        let units = if self.ascii {
            before.len()
        } else {
            before.chars().map(char::len_utf16).sum()
        };
        Utf16Position {
            line,
            character: to_u32(units),
        }
    }

    /// The byte at an LSP position. As LSP demands, a column past the end of a line means its end;
    /// so does a line past the end of the text, and a column inside a surrogate pair means its start.
    pub fn offset_of_utf16(&self, text: &str, position: Utf16Position) -> TextSize {
        let range = self.line_range(text, position.line);
        if position.line >= self.line_count() {
            return range.end();
        }
        let mut left = position.character;
        let mut offset = range.start();
        for character in text[range].chars() {
            let units = to_u32(character.len_utf16());
            if units > left {
                break;
            }
            left -= units;
            offset += TextSize::of(character);
        }
        offset
    }

    fn before<'t>(&self, text: &'t str, line: u32, offset: TextSize) -> &'t str {
        let start = self.starts[line as usize] as usize;
        let mut end = offset.to_usize().min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[start..end.max(start)]
    }
}

/// Bytes of a text that gave place to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spliced {
    pub start: usize,
    pub old_len: usize,
    pub new_len: usize,
}

/// Replaces the text between two LSP positions, with the leniency of [`LineIndex::offset_of_utf16`].
/// A range that ends before it starts is read as empty.
pub fn edit_rope(rope: &mut Rope, start: Utf16Position, end: Utf16Position, text: &str) -> Spliced {
    let start = rope_char(rope, start);
    let end = rope_char(rope, end).max(start);
    let from = rope.char_to_byte(start);
    let spliced = Spliced {
        start: from,
        old_len: rope.char_to_byte(end) - from,
        new_len: text.len(),
    };
    rope.remove(start..end);
    rope.insert(start, text);
    spliced
}

/// Makes `text` of a rope, and says what changed.
pub fn replace_rope(rope: &mut Rope, text: &str) -> Spliced {
    let same = |(a, b): &(u8, u8)| a == b;
    let mut start = rope.bytes().zip(text.bytes()).take_while(same).count();
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let (old, new) = (rope.len_bytes(), text.len());
    let from_behind = rope.bytes_at(old).reversed();
    let from_behind = from_behind.zip(text.bytes().rev());
    let most = (old - start).min(new - start);
    let mut end = from_behind.take(most).take_while(same).count();
    while !text.is_char_boundary(new - end) {
        end -= 1;
    }
    let spliced = Spliced {
        start,
        old_len: old - end - start,
        new_len: new - end - start,
    };
    let first = rope.byte_to_char(start);
    rope.remove(first..rope.byte_to_char(old - end));
    rope.insert(first, &text[start..new - end]);
    spliced
}

/// The byte of a rope at an LSP position, with the leniency of [`LineIndex::offset_of_utf16`].
pub fn rope_offset(rope: &Rope, position: Utf16Position) -> usize {
    rope.char_to_byte(rope_char(rope, position))
}

/// The LSP position of a byte of a rope; one past its end means its end.
pub fn rope_position(rope: &Rope, offset: usize) -> Utf16Position {
    let offset = offset.min(rope.len_bytes());
    // Most lines begin in the chunk that holds the place: one walk down the tree tells all.
    let (chunk, start, _, first_line) = rope.chunk_at_byte(offset);
    let inside = offset - start;
    let line = str_utils::byte_to_line_idx(chunk, inside);
    if line > 0 && chunk.is_char_boundary(inside) {
        let before = &chunk[str_utils::line_to_byte_idx(chunk, line)..inside];
        return Utf16Position {
            line: to_u32(first_line + line),
            character: to_u32(before.chars().map(char::len_utf16).sum()),
        };
    }
    let character = rope.byte_to_char(offset);
    let line = rope.char_to_line(character);
    let start = rope.char_to_utf16_cu(rope.line_to_char(line));
    Utf16Position {
        line: to_u32(line),
        character: to_u32(rope.char_to_utf16_cu(character) - start),
    }
}

/// The bytes of a part of a rope.
pub fn rope_part(rope: &Rope, start: usize, end: usize) -> String {
    let end = end.min(rope.len_bytes());
    let start = rope.byte_to_char(start.min(end));
    rope.slice(start..rope.byte_to_char(end)).to_string()
}

fn rope_char(rope: &Rope, position: Utf16Position) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_chars();
    }
    let slice = rope.line(line);
    let mut length = slice.len_chars();
    while length > 0 && matches!(slice.char(length - 1), '\n' | '\r') {
        length -= 1;
    }
    let units = slice.char_to_utf16_cu(length);
    let character = slice.utf16_cu_to_char((position.character as usize).min(units));
    rope.line_to_char(line) + character
}

/// The part of `text` that starts at `offset`'s line and ends with it, without the line break.
pub fn line_at(text: &str, offset: TextSize) -> &str {
    let at = offset.to_usize().min(text.len());
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |found| found + 1);
    let end = text[at..]
        .find(['\n', '\r'])
        .map_or(text.len(), |found| at + found);
    &text[start..end]
}

/// The line end of most lines: a string within code may hold another.
pub fn newline_of(text: &str) -> &'static str {
    let both = text.matches("\r\n").count();
    let alone = text.matches('\n').count() - both;
    if both > alone { "\r\n" } else { "\n" }
}

/// The text with each range replaced by what stands beside it. The ranges are in any order and apart from each other;
/// of two insertions at one place the first of the list comes first.
///
/// # Panics
/// Where a range is none of the text.
pub fn with_replacements(text: &str, replacements: &[(TextRange, impl AsRef<str>)]) -> String {
    let mut ordered: Vec<_> = replacements.iter().collect();
    ordered.sort_by_key(|(range, _)| (range.start(), range.end()));
    let mut text = text.to_owned();
    // From the back, so that the places before stay what they are.
    for (range, new) in ordered.into_iter().rev() {
        text.replace_range(std::ops::Range::<usize>::from(*range), new.as_ref());
    }
    text
}

/// Sizes in Cellwise are `u32`: [`crate::format`] refuses texts of 4 GiB and more.
fn to_u32(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_lines_say_how_lines_end() {
        assert_eq!(newline_of("a"), "\n");
        assert_eq!(newline_of("a\r\nb\r\nc\n"), "\r\n");
        assert_eq!(newline_of("a\nb = '''\r\n'''\n"), "\n");
    }

    #[test]
    fn replacements_are_made_in_any_order() {
        let place = |start: u32, end: u32| TextRange::new(start.into(), end.into());
        let all = [
            (place(3, 4), "D"),
            (place(0, 1), ""),
            (place(2, 2), "x"),
            (place(2, 2), "y"),
        ];
        assert_eq!(with_replacements("abcd", &all), "bxycD");
    }

    const ASTRAL: &str = "a = '😀'\r\nß = 1\rz";

    #[test]
    fn lines_end_as_in_lsp() {
        let index = LineIndex::new(ASTRAL);
        assert_eq!(index.line_count(), 3);
        assert_eq!(&ASTRAL[index.line_range(ASTRAL, 0)], "a = '😀'");
        assert_eq!(&ASTRAL[index.line_range(ASTRAL, 1)], "ß = 1");
        assert_eq!(&ASTRAL[index.line_range(ASTRAL, 2)], "z");
    }

    #[test]
    fn columns_count_characters_for_people_and_code_units_for_editors() {
        let index = LineIndex::new(ASTRAL);
        let after_face = TextSize::new(9);
        assert_eq!(
            index.line_column(ASTRAL, after_face),
            LineColumn { line: 1, column: 7 }
        );
        assert_eq!(
            index.utf16(ASTRAL, after_face),
            Utf16Position {
                line: 0,
                character: 7
            }
        );
    }

    #[test]
    fn a_position_survives_the_round_trip() {
        let index = LineIndex::new(ASTRAL);
        for (at, _) in ASTRAL.char_indices() {
            let offset = TextSize::new(to_u32(at));
            if ASTRAL.as_bytes()[at] == b'\n' {
                continue; // the middle of \r\n is no place an editor can name
            }
            let position = index.utf16(ASTRAL, offset);
            assert_eq!(index.offset_of_utf16(ASTRAL, position), offset, "byte {at}");
        }
    }

    #[test]
    fn a_column_inside_a_surrogate_pair_means_its_start() {
        let index = LineIndex::new(ASTRAL);
        let inside = Utf16Position {
            line: 0,
            character: 6,
        };
        assert_eq!(index.offset_of_utf16(ASTRAL, inside), TextSize::new(5));
    }

    #[test]
    fn a_place_in_a_long_rope_is_where_the_index_says() {
        let text = format!("{ASTRAL}\n{}\r\n", "x".repeat(1500)).repeat(20);
        let (rope, index) = (Rope::from_str(&text), LineIndex::new(&text));
        for (at, _) in text.char_indices() {
            let is_inside_break = text[..at].ends_with('\r') && text[at..].starts_with('\n');
            if !is_inside_break {
                let expected = index.utf16(&text, TextSize::new(to_u32(at)));
                assert_eq!(rope_position(&rope, at), expected, "byte {at}");
            }
        }
    }

    #[test]
    fn a_rope_is_edited_where_the_index_says() {
        let mut rope = Rope::from_str(ASTRAL);
        let at = |line, character| Utf16Position { line, character };
        edit_rope(&mut rope, at(0, 5), at(0, 7), "x");
        assert_eq!(rope.to_string(), "a = 'x'\r\nß = 1\rz");
        edit_rope(&mut rope, at(2, 99), at(7, 0), "!");
        assert_eq!(rope.to_string(), "a = 'x'\r\nß = 1\rz!");
        edit_rope(&mut rope, at(1, 1), at(0, 0), "é");
        assert_eq!(rope.to_string(), "a = 'x'\r\nßé = 1\rz!");
    }
}
