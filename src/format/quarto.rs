//! Quarto documents: chunks in fences of `{python}`, with the prose between them.
//!
//! Chunks of other languages are cells of those languages. One that is not run is a raw cell: its code may be anything
//! (<https://quarto.org/docs/computations/python.html>). That is said by the chunk (`eval: false`), for all by the header
//! (`execute: eval: false`, `execute: enabled: false`, `engine: markdown`), or for those below by a chunk of R
//! (`knitr::opts_chunk$set(eval = FALSE)`).

use super::fenced::{self, Chunk, Fence, Flavour, Parted};
use super::header::Runs;
use super::sheet::{Frame, Sheet};
use super::{Format, Hint, Kind, has_line, is_countable, without_mark};
use super::{header, markdown};
use crate::notebook::{Cell, CellKind, Home, Language};

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
    mind_options(text, &mut sheet);
    sheet
}

/// Makes raw cells of the chunks that are not run, and tags those that are meant to fail: by what they say in their options,
/// what a chunk of R above says for those below, or what the header says for all.
pub(super) fn mind_options(text: &str, sheet: &mut Sheet) {
    let mut runs = sheet.frame.runs;
    let mut may_fail = sheet.frame.may_fail;
    for cell in &mut sheet.cells {
        if cell.cell.kind != CellKind::Code {
            continue;
        }
        let head = &text[cell.whole.start..cell.body.start];
        let said = |wanted: &str| option(&cell.cell.text, wanted).or_else(|| named(head, wanted));
        let is_run = runs != Runs::Never && said("eval").unwrap_or(runs == Runs::Unless);
        if !is_run {
            cell.cell.kind = CellKind::Raw;
            continue;
        }
        if said("error").unwrap_or(may_fail) && !cell.cell.has_tag(MAY_FAIL) {
            let tags = cell.cell.tags.iter().cloned();
            cell.cell.tags = tags.chain([Box::from(MAY_FAIL)]).collect();
        }
        if sets_options(&cell.cell) {
            if let Some(is_run) = set_for_all(&cell.cell.text, "eval") {
                runs = if is_run { Runs::Unless } else { Runs::If };
            }
            may_fail = set_for_all(&cell.cell.text, "error").unwrap_or(may_fail);
        }
    }
}

/// How a chunk of R says what holds for those below.
const SET_OPTIONS: &str = "opts_chunk$set(";

/// Whether what the cell says holds for others, too.
pub fn sets_options(cell: &Cell) -> bool {
    matches!(&cell.language, Some(Language::Other(name)) if &**name == "r" || &**name == "R")
        && cell.text.contains(SET_OPTIONS)
}

/// What a chunk of R says of an option for those below. Where it says several things, or what only R knows, they may not be run.
fn set_for_all(text: &str, wanted: &str) -> Option<bool> {
    let lines = text.lines().map(|line| match line.trim_start() {
        comment if comment.starts_with('#') => "",
        line => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let calls = text.split(SET_OPTIONS).skip(1);
    let all: Vec<bool> = calls.filter_map(|call| named(call, wanted)).collect();
    let first = all.first().copied()?;
    Some(first && all.iter().all(|own| *own))
}

/// What `name = value` among the arguments at the start of a text says, up to where they end. What is not plainly true counts
/// as false.
fn named(arguments: &str, wanted: &str) -> Option<bool> {
    let mut depth = 0_u32;
    let mut quote = None;
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, one) in arguments.char_indices() {
        match (quote, one) {
            (Some(open), _) if open == one => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(one),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']' | '}') if depth == 0 => {
                parts.push(&arguments[start..at]);
                start = arguments.len();
                break;
            }
            (None, ')' | ']') => depth -= 1,
            // Behind the name of a chunk's language stands a blank, or a comma.
            (None, ',') if depth == 0 => {
                parts.push(&arguments[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&arguments[start..]);
    parts.iter().find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let name = name.split_whitespace().next_back()?;
        (name == wanted).then(|| matches!(value.trim(), "TRUE" | "T" | "true"))
    })
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
    let is_run = named(options, "eval").unwrap_or(true);
    let mut chunk = Chunk::of(if is_run {
        CellKind::Code
    } else {
        CellKind::Raw
    });
    if name != "python" {
        chunk.language = Some(Language::Other(name.into()));
    }
    let options: String = options.split_whitespace().collect();
    if let Some((_, list)) = options.split_once("tags=c(") {
        let list = list.split(')').next().unwrap_or_default();
        let tags = list.split(',').map(|tag| tag.trim_matches(['"', '\'']));
        chunk.tags = tags.map(Box::from).collect();
    }
    if named(inner, "error") == Some(true) {
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
    fn a_document_that_runs_nothing_has_raw_chunks() {
        use CellKind::{Code, Raw};
        let chunks = "```{python}\nx\n```\n\n```{python}\n#| eval: true\ny\n```\n";
        for (header, expected) in [
            ("execute:\n  enabled: false", [Raw, Raw]),
            ("execute:\n  eval: true\n  enabled: false", [Raw, Raw]),
            ("execute: false", [Raw, Raw]),
            ("engine: markdown", [Raw, Raw]),
            ("execute: {echo: false, eval: false}", [Raw, Code]),
            ("knitr:\n  opts_chunk:\n    eval: false", [Raw, Code]),
            ("execute:\n  enabled: true\n  freeze: auto", [Code, Code]),
            ("execute: {echo: false}", [Code, Code]),
            ("engine: jupyter", [Code, Code]),
            ("params:\n  eval: false", [Code, Code]),
        ] {
            let text = format!("---\n{header}\n---\n\n{chunks}");
            assert_eq!(kinds(&text, Hint::Quarto), expected, "{text}");
        }
    }

    #[test]
    fn a_chunk_of_r_says_whether_those_below_are_run() {
        use CellKind::{Code, Raw};
        let chunks = |setup: &str| {
            format!(
                "```{{python}}\nx\n```\n\n```{{r setup, include=FALSE}}\n{setup}\n```\n\n```{{python}}\nx\n```\n\n```{{python, eval=TRUE}}\ny\n```\n"
            )
        };
        for (setup, below) in [
            ("knitr::opts_chunk$set(eval = FALSE)", Raw),
            (
                "opts_chunk$set(\n  comment = \"#> (x, y)\",\n  eval = F\n)",
                Raw,
            ),
            (
                "knitr::opts_chunk$set(eval = reticulate::py_module_available(\"a\"))",
                Raw,
            ),
            (
                "if (ok) opts_chunk$set(eval = TRUE) else opts_chunk$set(eval = FALSE)",
                Raw,
            ),
            ("knitr::opts_chunk$set(echo = FALSE)", Code),
            ("knitr::opts_chunk$set(eval = TRUE, fig.width = 4)", Code),
            ("# knitr::opts_chunk$set(eval = FALSE)", Code),
            (
                "knitr::opts_chunk$set(tidy.opts = list(eval = FALSE))",
                Code,
            ),
            ("set(eval = FALSE)", Code),
        ] {
            for hint in [Hint::RMarkdown, Hint::Quarto] {
                let text = chunks(setup);
                assert_eq!(kinds(&text, hint), [Code, Code, below, Code], "{text}");
            }
        }
        // What is not run sets nothing.
        let text = chunks("#| eval: false\nknitr::opts_chunk$set(eval = FALSE)");
        assert_eq!(kinds(&text, Hint::Quarto), [Code, Raw, Code, Code]);
        let text = chunks("knitr::opts_chunk$set(error = TRUE)");
        let notebook = format::parse_as(text.as_bytes(), Hint::RMarkdown);
        let may_fail = notebook
            .cells
            .iter()
            .map(|cell| cell.has_tag("raises-exception"));
        assert_eq!(may_fail.collect::<Vec<_>>(), [false, false, true, true]);
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
