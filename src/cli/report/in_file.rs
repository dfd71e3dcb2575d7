//! Where a place in a cell stands in the notebook's file: code review shows the file, not its cells.

use std::borrow::Cow;
use std::ops::Range;

use crate::format::ipynb::SourceMap;
use crate::format::{Decoded, Hint, ipynb, line_column};
use crate::notebook::{Anchor, Notebook};
use crate::text::LineColumn;

/// The bytes of a notebook's file, and what of them belongs to which cell.
#[derive(Debug)]
pub struct InFile<'b> {
    bytes: &'b [u8],
    map: SourceMap<'b>,
}

impl<'b> InFile<'b> {
    /// `None` where cells cannot be told from the bytes: the file is no `.ipynb`, or holds conflict markers.
    pub fn new(decoded: &'b Decoded<'_>) -> Option<Self> {
        let bytes: &'b [u8] = match &decoded.bytes {
            Cow::Borrowed(bytes) => bytes,
            Cow::Owned(bytes) => bytes,
        };
        if decoded.format(Hint::None)?.name != ipynb::FORMAT.name {
            return None;
        }
        let (_, map) = ipynb::read(bytes);
        (!map.has_conflicts()).then_some(Self { bytes, map })
    }

    /// The characters of the file that an anchor in a cell means, the end one past the last.
    pub fn range(&self, notebook: &Notebook, anchor: Anchor) -> Option<Range<LineColumn>> {
        let index = anchor.cell()?;
        let cell = notebook.cell(index)?;
        let range = anchor.range_in(&cell.text);
        let place = |offset| line_column(self.bytes, self.map.file_offset(index, offset));
        Some(place(range.start())..place(range.end()))
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
        let range = InFile::new(&decoded)?.range(&notebook, anchor)?;
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
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        assert_eq!(place(b"# %%\nx = 1\nprint(a)\n"), None);
        let conflict = FILE.replace(
            "\n   \"print",
            "\n<<<<<<< a\n=======\n>>>>>>> b\n   \"print",
        );
        assert_eq!(place(conflict.as_bytes()), None);
    }
}
