//! Quarto documents: chunks in fences of `{python}`, with the prose between them.
//!
//! Chunks of other languages are cells of those languages. One that is not run (`eval: false`) is a raw cell: its code
//! may be anything (<https://quarto.org/docs/computations/python.html>).

use super::fenced::{self, Chunk, Fence, Flavour, Parted};
use super::sheet::{Frame, Sheet};
use super::{Format, Hint, Kind, has_line, is_countable, without_mark};
use super::{header, markdown};
use crate::notebook::{CellKind, Home, Language};

pub const FORMAT: Format = Format {
    name: "Quarto document",
    recognises: |bytes, hint| {
        matches!(hint, Hint::None | Hint::Markdown | Hint::Quarto)
            && is_countable(bytes)
            && has_chunk(without_mark(bytes))
    },
    kind: Kind::Sheet(fenced::dialect(FLAVOUR.parted_by, parse, write)),
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
    let is_whole = frame.is_none();
    let (start, mut frame) = markdown::begin(text, frame);
    if is_whole {
        frame.meta.home = Home::Quarto;
    }
    // With R beside it, knitr runs the chunks, and Python sees R's variables as `r`.
    if has_line(text.as_bytes(), |line| {
        line.starts_with("```{r}") || line.starts_with("```{r ") || line.starts_with("```{r,")
    }) {
        frame.meta.home = Home::Knitr;
    }
    let mut sheet = fenced::parse(text, start, frame, &FLAVOUR);
    mind_options(&mut sheet);
    sheet
}

/// Makes raw cells of the chunks that are not run, by what they say in their options or the header for all, and tags
/// those that are meant to fail.
pub(super) fn mind_options(sheet: &mut Sheet) {
    for cell in &mut sheet.cells {
        let is_run = option(&cell.cell.text, "eval").unwrap_or(!sheet.frame.is_shown_only);
        if cell.cell.kind == CellKind::Code && !is_run {
            cell.cell.kind = CellKind::Raw;
        }
        let may_fail = option(&cell.cell.text, "error").unwrap_or(sheet.frame.may_fail);
        if cell.cell.kind == CellKind::Code && may_fail {
            let tags = cell.cell.tags.iter().cloned();
            cell.cell.tags = tags.chain([Box::from(MAY_FAIL)]).collect();
        }
    }
}

/// Jupyter's tag for a cell that is meant to fail.
const MAY_FAIL: &str = "raises-exception";

/// What the lines `#| key: value` at the top of a chunk say of a key. Formatters make `# |` of their sign, which counts, too.
/// What is not plainly true (a list of lines, an expression of R) counts as false: the chunk may not be run.
fn option(text: &str, wanted: &str) -> Option<bool> {
    let lines = text.lines();
    let mut options =
        lines.map_while(|line| line.strip_prefix('#')?.trim_start().strip_prefix('|'));
    options.find_map(|option| {
        let (key, value) = option.split_once(':')?;
        (key.trim() == wanted).then(|| header::is_true(value))
    })
}

pub(super) fn chunk(fence: &Fence<'_>, _: &Frame) -> Option<Chunk> {
    if fence.sign != b'`' {
        return None;
    }
    let inner = fence.info.strip_prefix('{')?.strip_suffix('}')?;
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
    if ["error=TRUE", "error=T"]
        .iter()
        .any(|on| options.split(',').any(|option| option == *on))
    {
        chunk.tags.push(MAY_FAIL.into());
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

#[cfg(test)]
mod tests {
    use crate::format::{self, Hint};
    use crate::notebook::CellKind;

    /// The kinds of the chunks.
    fn kinds(text: &str, hint: Hint) -> Vec<CellKind> {
        let notebook = format::parse_as(text.as_bytes(), hint);
        let kinds = notebook.cells.iter().map(|cell| cell.kind);
        kinds.filter(|kind| *kind != CellKind::Markdown).collect()
    }

    #[test]
    fn a_chunk_that_is_not_run_is_raw() {
        use CellKind::{Code, Raw};
        let chunk = |options: &str| format!("```{{python}}\n{options}\nx\n```\n\n");
        for (options, kind) in [
            ("#| eval: true", Code),
            ("#| label: a", Code),
            ("x = 1\n#| eval: false", Code),
            ("#| eval: false", Raw),
            ("#| label: a\n# | eval: False # not yet", Raw),
            ("#| eval: !expr runs", Raw),
        ] {
            let text = chunk(options);
            assert_eq!(kinds(&text, Hint::Quarto), [kind], "{text}");
        }
        let all = format!(
            "---\nexecute:\n  echo: true\n  eval: false\n---\n\n{}{}",
            chunk("y"),
            chunk("#| eval: true")
        );
        assert_eq!(kinds(&all, Hint::Quarto), [Raw, Code]);
        // jupytext knows no such options.
        let jupytext = "---\njupyter:\n  jupytext:\n    text_representation:\n      format_name: rmarkdown\n---\n\n";
        let text = jupytext.to_owned() + &chunk("#| eval: false");
        assert_eq!(kinds(&text, Hint::RMarkdown), [Code]);
    }

    #[test]
    fn a_chunk_that_is_meant_to_fail_is_tagged() {
        for (text, hint) in [
            ("```{python, error = TRUE}\nx\n```\n", Hint::RMarkdown),
            ("```{python}\n#| error: true\nx\n```\n", Hint::Quarto),
            (
                "---\nexecute:\n  error: true\n---\n```{python}\nx\n```\n",
                Hint::Quarto,
            ),
        ] {
            let notebook = format::parse_as(text.as_bytes(), hint);
            assert!(notebook.cells[0].has_tag("raises-exception"), "{text}");
        }
        let but_one = "---\nexecute:\n  error: true\n---\n```{python}\n#| error: false\nx\n```\n";
        let notebook = format::parse_as(but_one.as_bytes(), Hint::Quarto);
        assert!(!notebook.cells[0].has_tag("raises-exception"));
    }

    /// `breakQuartoMd` and knitr's `chunk.begin` look at no fence around a chunk.
    #[test]
    fn a_fence_hides_no_chunk() {
        let text = "````\n```{python}\nx = 1\n```\n\n```{python}\nx\n```\n\n````\n```{{python}}\ny\n```\n````\n";
        assert_eq!(kinds(text, Hint::Quarto).len(), 2);
        assert_eq!(kinds(text, Hint::RMarkdown).len(), 2);
    }

    #[test]
    fn a_chunk_in_a_list_is_code_without_its_indent() {
        let text = "1. a\n\n    ```{python}\n    if x:\n        y\n\n    z\n    ```\n\n1. b\n";
        for hint in [Hint::Quarto, Hint::RMarkdown] {
            let notebook = format::parse_as(text.as_bytes(), hint);
            assert_eq!(&*notebook.cells[1].text, "if x:\n    y\n\nz");
            assert_eq!(&*notebook.cells[2].text, "1. b");
        }
        assert_eq!(
            kinds("~~~{python}\nx\n~~~\n\n```{python}\n```\n", Hint::Quarto).len(),
            1
        );
    }
}
