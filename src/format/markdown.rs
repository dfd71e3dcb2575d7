//! jupytext's Markdown: a YAML header that names a kernel, code in fences of its language, prose as it is.
//!
//! Two blank lines part Markdown cells; one that has such lines in it, or fences, stands between
//! `<!-- #region -->` and `<!-- #endregion -->`, and a raw cell between `<!-- #raw -->` and `<!-- #endraw -->`
//! (<https://jupytext.readthedocs.io/en/latest/formats-markdown.html>). A fence with `active="md"` is a raw cell, too.

use super::fenced::{self, Chunk, Fence, Flavour};
use super::header;
use super::percent::{is_active, take_metadata};
use super::sheet::{Coding, Frame, Sheet};
use super::{Format, Hint, Kind, is_countable, without_mark};
use crate::notebook::{CellKind, Language, NotebookMeta};

pub const FORMAT: Format = Format {
    name: "Markdown notebook",
    recognises,
    kind: Kind::Sheet(fenced::dialect(FLAVOUR.parted_by, parse, write)),
};

const FLAVOUR: Flavour = Flavour::jupytext(chunk);

fn recognises(bytes: &[u8], hint: Hint) -> bool {
    matches!(hint, Hint::None | Hint::Markdown) && is_countable(bytes) && {
        let text = String::from_utf8_lossy(without_mark(bytes));
        header::read(&text, "").is_some_and(|header| header.is_notebook)
    }
}

fn parse(text: &str, frame: Option<&Frame>) -> Sheet {
    let (start, frame) = begin(text, frame);
    fenced::parse(text, start, frame, &FLAVOUR)
}

/// Where the text begins behind the header, and what that says.
pub(super) fn begin(text: &str, frame: Option<&Frame>) -> (usize, Frame) {
    if let Some(frame) = frame {
        return (0, frame.clone());
    }
    let header = header::read(text, "").unwrap_or_default();
    let meta = NotebookMeta {
        language: header.language.unwrap_or_default(),
        ..NotebookMeta::default()
    };
    let coding = if header.comment_magics == Some(true) {
        Coding::Magics
    } else {
        Coding::Plain
    };
    let frame = Frame {
        meta,
        coding,
        runs: header.runs,
        may_fail: header.may_fail,
        ..Frame::default()
    };
    (header.end, frame)
}

fn chunk(fence: &Fence<'_>, frame: &Frame) -> Option<Chunk> {
    let info = fence.info;
    let (name, options) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
    if fence.is_deep()
        || name.is_empty()
        || options.split_whitespace().any(|word| word == ".noeval")
    {
        return None;
    }
    let mut chunk = Chunk::of(CellKind::Code);
    if Language::from_name(name) != frame.meta.language {
        chunk.magic = Some(fenced::magic_of(name)?);
    }
    let mut options = options.to_owned();
    let mut metadata = Vec::new();
    take_metadata(&mut options, &mut metadata);
    if !is_active(&metadata, "ipynb") {
        chunk.kind = CellKind::Raw;
    }
    let tags = metadata.iter().find(|(key, _)| key == "tags");
    let tags = tags.and_then(|(_, tags)| tags.as_array());
    let tags = tags.into_iter().flatten().filter_map(|tag| tag.as_str());
    chunk.tags = tags.map(Box::from).collect();
    Some(chunk)
}

fn write(frame: &Frame, kind: CellKind, text: &str) -> Option<String> {
    Some(match kind {
        CellKind::Code => {
            let language = match &frame.meta.language {
                Language::Python => "python",
                Language::Other(name) => name,
            };
            fenced::write_chunk(language, frame.coding, text)
        }
        CellKind::Markdown => {
            let is_plain = !text.is_empty()
                && text.trim() == text
                && !["\n\n\n", "```", "~~~", "<!--"]
                    .iter()
                    .any(|sign| text.contains(sign));
            if is_plain {
                fenced::write_prose(text)
            } else {
                let text = fenced::write_prose(text);
                format!("<!-- #region -->\n{text}<!-- #endregion -->\n")
            }
        }
        CellKind::Raw => {
            let text = fenced::write_prose(text);
            format!("<!-- #raw -->\n{text}<!-- #endraw -->\n")
        }
        CellKind::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As jupytext 1.19 reads them.
    #[test]
    fn what_does_not_run_in_the_notebook_is_no_code() {
        for (options, kind) in [
            ("", CellKind::Code),
            (" active=\"md\"", CellKind::Raw),
            (" tags=[\"active-md\"]", CellKind::Raw),
            (" active=\"ipynb\"", CellKind::Code),
            (" active=\"ipynb,md\"", CellKind::Code),
            (" tags=[\"active-ipynb\"]", CellKind::Code),
        ] {
            let text = format!("```python{options}\nx = 1\n```\n");
            let notebook = parse(&text, Some(&Frame::default())).notebook();
            let [cell] = &notebook.cells[..] else {
                panic!("{options}: {:?}", notebook.cells);
            };
            assert_eq!((cell.kind, &*cell.text), (kind, "x = 1"), "{options}");
        }
    }
}
