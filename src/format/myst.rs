//! MyST Markdown: cells are the directives `{code-cell}` and `{raw-cell}`, with options in YAML or behind colons;
//! `+++` parts Markdown cells (<https://myst-nb.readthedocs.io/en/latest/authoring/text-notebooks.html>).

use super::fenced::{self, Chunk, Fence, Flavour, Parted};
use super::markdown;
use super::sheet::{Frame, Sheet};
use super::{Format, Hint, Kind, is_countable, without_mark};
use crate::notebook::CellKind;

pub const FORMAT: Format = Format {
    name: "MyST notebook",
    recognises,
    kind: Kind::Sheet(fenced::dialect(FLAVOUR.parted_by, parse, write)),
};

const FLAVOUR: Flavour = Flavour {
    chunk,
    has_regions: false,
    parted_by: Parted::PlusSigns,
    has_options: true,
};

const CODE: &str = "{code-cell}";
const RAW: &str = "{raw-cell}";

fn recognises(bytes: &[u8], hint: Hint) -> bool {
    matches!(hint, Hint::None | Hint::Markdown)
        && is_countable(bytes)
        && super::has_line(without_mark(bytes), |line| {
            let info = line.trim_start_matches(['`', '~']);
            line.len() - info.len() >= 3 && info.trim_start().starts_with(CODE)
        })
}

fn parse(text: &str, frame: Option<&Frame>) -> Sheet {
    let is_whole = frame.is_none();
    let (start, frame) = markdown::begin(text, frame);
    let mut sheet = fenced::parse(text, start, frame, &FLAVOUR);
    if is_whole {
        let mut cells = sheet.cells.iter();
        let first = cells.find(|cell| cell.cell.kind == CellKind::Code);
        let info = first.and_then(|first| code_info(&text[first.whole.start..first.body.start]));
        sheet.frame.code_info = info.unwrap_or_default().into();
    }
    sheet
}

/// What stands behind the directive's name in the first line of a code cell.
fn code_info(head: &str) -> Option<&str> {
    let (_, info) = head.lines().next()?.split_once(CODE)?;
    Some(info.trim_end())
}

fn chunk(fence: &Fence<'_>, _: &Frame) -> Option<Chunk> {
    match fence.info.split_whitespace().next()? {
        _ if fence.is_deep() => None,
        CODE => Some(Chunk::of(CellKind::Code)),
        RAW => Some(Chunk::of(CellKind::Raw)),
        _ => None,
    }
}

fn write(frame: &Frame, kind: CellKind, text: &str) -> Option<String> {
    Some(match kind {
        CellKind::Code => {
            let head = format!("{CODE}{}", frame.code_info);
            fenced::write_chunk(&head, frame.coding, text)
        }
        CellKind::Raw => fenced::write_chunk(RAW, frame.coding, text),
        // There are no words for a Markdown cell with nothing in it.
        CellKind::Markdown if text.trim().is_empty() => return None,
        CellKind::Markdown => fenced::write_prose(text),
        CellKind::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::Analysis;
    use crate::format::{self, Hint};

    /// <https://myst-nb.readthedocs.io/en/latest/authoring/text-notebooks.html>
    #[test]
    fn a_cell_whose_code_stands_in_a_file_may_bind_any_name() {
        for (options, expected) in [
            (":load: model.py", &[][..]),
            ("---\nload: model.py\n---", &[]),
            (":tags: [a]", &["undefined-name"]),
        ] {
            let text = format!(
                "```{{code-cell}}\n{options}\n```\n\n```{{code-cell}}\nprint(model)\n```\n"
            );
            let notebook = format::parse_as(text.as_bytes(), Hint::Markdown);
            let analysis = Analysis::new(notebook, Arc::default());
            let names = analysis.findings().map(|finding| finding.rule);
            let names: Vec<_> = names.filter(|rule| *rule != "empty-cell").collect();
            assert_eq!(names, expected, "{text}");
        }
    }
}
