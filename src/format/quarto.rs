//! Quarto documents: chunks in fences of `{python}`, with the prose between them.
//!
//! Chunks of other languages are cells of those languages. One that is not run (`eval: false`) is a raw cell: its code
//! may be anything (<https://quarto.org/docs/computations/python.html>).

use super::fenced::{self, Chunk, Flavour, Parted};
use super::markdown;
use super::sheet::{Dialect, Frame, Sheet};
use super::{Format, Hint, Kind, has_line, is_countable, without_mark};
use crate::notebook::{CellKind, Home, Language};

pub const FORMAT: Format = Format {
    name: "Quarto document",
    recognises: |bytes, hint| {
        matches!(hint, Hint::None | Hint::Markdown | Hint::Quarto)
            && is_countable(bytes)
            && has_chunk(without_mark(bytes))
    },
    kind: Kind::Sheet(Dialect {
        parse,
        write,
        separator: |_, _, _| "\n",
        marker: "",
        needs_blank: false,
        joins_prose: true,
    }),
};

const FLAVOUR: Flavour = Flavour {
    chunk,
    has_regions: false,
    parted_by: Parted::Nothing,
    has_options: false,
};

/// Whether some fence holds Python that is run.
pub(super) fn has_chunk(bytes: &[u8]) -> bool {
    has_line(bytes, |line| {
        let line = line.trim_start();
        let info = line.trim_start_matches(['`', '~']);
        let inner = info.trim_start().strip_prefix("{python");
        line.len() - info.len() >= 3
            && inner.is_some_and(|rest| rest.starts_with(['}', ' ', ',', '\t']))
    })
}

fn parse(text: &str, frame: Option<&Frame>) -> Sheet {
    let (start, mut frame) = markdown::begin(text, frame);
    // With R beside it, knitr runs the chunks, and Python sees R's variables as `r`.
    if has_line(text.as_bytes(), |line| {
        line.starts_with("```{r}") || line.starts_with("```{r ") || line.starts_with("```{r,")
    }) {
        frame.meta.home = Home::Knitr;
    }
    let mut sheet = fenced::parse(text, start, frame, &FLAVOUR);
    for cell in &mut sheet.cells {
        let mut options = cell
            .cell
            .text
            .lines()
            .map_while(|line| line.strip_prefix("#|"));
        if options.any(is_not_run) {
            cell.cell.kind = CellKind::Raw;
        }
    }
    sheet
}

/// Whether an option of a chunk keeps it from being run.
fn is_not_run(option: &str) -> bool {
    option.split_once(':').is_some_and(|(key, value)| {
        key.trim() == "eval" && matches!(value.trim(), "false" | "FALSE" | "no")
    })
}

pub(super) fn chunk(info: &str, _: &Frame) -> Option<Chunk> {
    let inner = info.strip_prefix('{')?.strip_suffix('}')?;
    // `{{python}}` is shown and not run, and so is `{.python}`.
    let end = inner.find([' ', ',', '\t']).unwrap_or(inner.len());
    let (name, options) = inner.split_at(end);
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_');
    if !is_name {
        return None;
    }
    let options: String = options.split_whitespace().collect();
    let is_run = !["eval=FALSE", "eval=F", "eval=false"]
        .iter()
        .any(|off| options.split(',').any(|option| option == *off));
    let mut chunk = Chunk::of(if is_run {
        CellKind::Code
    } else {
        CellKind::Raw
    });
    if name != "python" {
        chunk.language = Some(Language::Other(name.into()));
    }
    if let Some((_, list)) = options.split_once("tags=c(") {
        let list = list.split(')').next().unwrap_or_default();
        let tags = list.split(',').map(|tag| tag.trim_matches(['"', '\'']));
        chunk.tags = tags.map(Box::from).collect();
    }
    Some(chunk)
}

pub(super) fn write(frame: &Frame, kind: CellKind, text: &str) -> Option<String> {
    match kind {
        CellKind::Code => Some(fenced::write_chunk("{python}", frame.coding, text)),
        CellKind::Markdown if !text.trim().is_empty() => Some(fenced::write_prose(text)),
        CellKind::Markdown | CellKind::Raw | CellKind::Unknown => None,
    }
}
