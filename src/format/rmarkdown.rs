//! R Markdown with chunks of Python, as knitr runs them and as jupytext writes it.
//!
//! What parts cells is as in jupytext's Markdown. jupytext comments magics out, as in percent scripts; whoever writes
//! for knitr has none.

use super::fenced::{self, Chunk, Fence, Flavour};
use super::sheet::{Coding, Frame, Sheet};
use super::{Format, Hint, Kind, header, is_countable, markdown, quarto, without_mark};
use crate::notebook::{CellKind, Home, Language};

pub const FORMAT: Format = Format {
    name: "R Markdown document",
    recognises,
    kind: Kind::Sheet(fenced::dialect(FLAVOUR.parted_by, parse, write)),
};

const FLAVOUR: Flavour = Flavour::jupytext(chunk);

const JUPYTEXT: &str = "rmarkdown";

fn recognises(bytes: &[u8], hint: Hint) -> bool {
    let bytes = without_mark(bytes);
    if !is_countable(bytes) || !quarto::has_chunk(bytes) {
        return false;
    }
    match hint {
        Hint::RMarkdown => true,
        Hint::None | Hint::Markdown => {
            let header = header::read(&String::from_utf8_lossy(bytes), "");
            header.is_some_and(|header| header.format_name.as_deref() == Some(JUPYTEXT))
        }
        _ => false,
    }
}

fn parse(text: &str, frame: Option<&Frame>) -> Sheet {
    let has_header = frame.is_none();
    let (start, mut frame) = markdown::begin(text, frame);
    if has_header {
        let header = header::read(text, "").unwrap_or_default();
        if header.format_name.as_deref() == Some(JUPYTEXT) {
            if header.comment_magics != Some(false) {
                frame.coding = Coding::Magics;
            }
        } else {
            frame.meta.home = Home::Knitr;
        }
    }
    let mut sheet = fenced::parse(text, start, frame, &FLAVOUR);
    if sheet.frame.meta.home == Home::Knitr {
        quarto::mind_options(text, &mut sheet);
    }
    sheet
}

/// For jupytext a chunk of another language is a cell of that magic, which knitr knows nothing of.
fn chunk(fence: &Fence<'_>, frame: &Frame) -> Option<Chunk> {
    let mut chunk = quarto::chunk(fence, frame)?;
    if frame.meta.home == Home::Knitr {
        return Some(chunk);
    }
    // jupytext takes chunks at the margin alone.
    if fence.indent > 0 {
        return None;
    }
    if let Some(Language::Other(name)) = &chunk.language
        && let Some(magic) = fenced::magic_of(name)
    {
        chunk.magic = Some(magic);
        chunk.language = None;
    }
    Some(chunk)
}

fn write(frame: &Frame, kind: CellKind, text: &str) -> Option<String> {
    match kind {
        CellKind::Raw => Some(fenced::write_chunk(
            "{python active=\"\", eval=FALSE}",
            Coding::Plain,
            text,
        )),
        CellKind::Markdown if text.contains("\n\n\n") => {
            let text = fenced::write_prose(text);
            Some(format!("<!-- #region -->\n{text}<!-- #endregion -->\n"))
        }
        _ => quarto::write(frame, kind, text),
    }
}
