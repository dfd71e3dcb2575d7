//! Where a place in a cell stands in the notebook's file: code review shows the file, not its cells.

use std::borrow::Cow;
use std::ops::Range;

use crate::format::ipynb::SourceMap;
use crate::format::sheet::Sheet;
use crate::format::{Decoded, Hint, Kind, ipynb, line_column};
use crate::notebook::{Anchor, Notebook};
use crate::text::LineColumn;

/// The bytes of a notebook's file, and what of them belongs to which cell.
#[derive(Debug)]
pub struct InFile<'b> {
    bytes: &'b [u8],
    map: Map<'b>,
}

#[derive(Debug)]
enum Map<'b> {
    Ipynb(SourceMap<'b>),
    /// With the length of the byte order mark before it.
    Sheet(Sheet, usize),
}

impl<'b> InFile<'b> {
    /// `None` where cells cannot be told from the bytes: the file is no notebook, or holds conflict markers.
    pub fn new(decoded: &'b Decoded<'_>, hint: Hint) -> Option<Self> {
        let bytes: &'b [u8] = match &decoded.bytes {
            Cow::Borrowed(bytes) => bytes,
            Cow::Owned(bytes) => bytes,
        };
        let map = match &decoded.format(hint)?.kind {
            Kind::Ipynb => {
                let (_, map) = ipynb::read(bytes);
                Map::Ipynb(Some(map).filter(|map| !map.has_conflicts())?)
            }
            Kind::Sheet(dialect) => {
                let mark = if bytes.starts_with(b"\xEF\xBB\xBF") {
                    3
                } else {
                    0
                };
                Map::Sheet(dialect.read(bytes), mark)
            }
            Kind::Foreign => return None,
        };
        Some(Self { bytes, map })
    }

    /// The characters of the file that an anchor in a cell means, the end one past the last.
    pub fn range(&self, notebook: &Notebook, anchor: Anchor) -> Option<Range<LineColumn>> {
        let index = anchor.cell()?;
        let cell = notebook.cell(index)?;
        let range = anchor.range_in(&cell.text);
        let place = |offset| {
            let at = match &self.map {
                Map::Ipynb(map) => map.file_offset(index, offset),
                Map::Sheet(sheet, mark) => {
                    mark + sheet.cells.get(index.to_usize())?.file_offset(offset)
                }
            };
            Some(line_column(self.bytes, at))
        };
        Some(place(range.start())?..place(range.end())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;
    use crate::notebook::CellIdx;
    use crate::text::TextRange;

    const FILE: &str = "{\"cells\": [\n {\"cell_type\": \"code\", \"metadata\": {}, \"outputs\": [],\n  \
        \"source\": [\n   \"é = 1\\n\",\n   \"print(b)\"]}],\n \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 4}";

    fn place(bytes: &[u8]) -> Option<[u32; 4]> {
        let decoded = Decoded::new(bytes);
        let notebook = format::parse(bytes);
        let anchor = Anchor::Range(CellIdx(0), TextRange::new(13.into(), 14.into()));
        let range = InFile::new(&decoded, Hint::None)?.range(&notebook, anchor)?;
        Some([
            range.start.line,
            range.start.column,
            range.end.line,
            range.end.column,
        ])
    }

    #[test]
    fn a_place_in_a_cell_is_a_place_in_the_file() {
        assert_eq!(place(FILE.as_bytes()), Some([5, 11, 5, 12]));
        let utf16: Vec<u8> = FILE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(place(&utf16), Some([5, 11, 5, 12]));
        let script = b"\xEF\xBB\xBF# %%\nx = 1\nx = 12\nprint(a)\n";
        assert_eq!(place(script), Some([4, 1, 4, 2]));
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        assert_eq!(place(b"x = 1\nprint(a)\n"), None);
        let conflict = FILE.replace(
            "\n   \"print",
            "\n<<<<<<< a\n=======\n>>>>>>> b\n   \"print",
        );
        assert_eq!(place(conflict.as_bytes()), None);
    }
}
