//! marimo's notebooks: Python files in which each cell is a function below `@app.cell`.
//!
//! The function's parameters and its last `return` are wiring that marimo writes itself, from what the cells bind and
//! read; they are not the cell's text. `with app.setup:`, `@app.function` and `@app.class_definition` are cells, too.
//! marimo binds each name in one cell and runs cells in the order of what they need, so that rules about the order
//! of cells have nothing to say ([`Home::Marimo`]).

use super::json::Span;
use super::sheet::{self, Coding, Dialect, Frame, Sheet, SheetCell, lines_of};
use super::{Format, Hint, Kind, has_line, is_countable, without_mark};
use crate::notebook::{CellKind, Home, NotebookMeta};

pub const FORMAT: Format = Format {
    name: "marimo notebook",
    recognises: |bytes, hint| {
        matches!(hint, Hint::None | Hint::Python)
            && is_countable(bytes)
            && has_line(without_mark(bytes), |line| {
                line.starts_with("app = marimo.App(")
            })
    },
    kind: Kind::Sheet(Dialect {
        parse,
        write,
        separator: |_, _, _| "\n\n",
        marker: "",
        needs_blank: false,
        joins_prose: false,
    }),
};

/// The body of a cell's function.
const INDENTED: Coding = Coding::Indent(4);

fn parse(text: &str, frame: Option<&Frame>) -> Sheet {
    let frame = frame.cloned().unwrap_or_else(|| Frame {
        meta: NotebookMeta {
            home: Home::Marimo,
            ..NotebookMeta::default()
        },
        coding: INDENTED,
        ..Frame::default()
    });
    let mut cells = Vec::new();
    let tops = top_lines(text);
    let mut at = 0;
    while let Some(&line) = tops.get(at) {
        let head = &text[line.start..line.end];
        let Some(sort) = Sort::of(head) else {
            at += 1;
            continue;
        };
        // Decorators stand above the definition, and its parameters may end on a line of their own.
        let mut last = at;
        let mut is_defined = sort == Sort::Setup;
        while let Some(next) = tops.get(last + 1) {
            let next = &text[next.start..next.end];
            let goes_on = if is_defined {
                sort == Sort::Cell && next.starts_with(')')
            } else {
                is_defined = is_definition(next);
                is_defined || next.starts_with(['@', ')', '#'])
            };
            if !goes_on {
                break;
            }
            last += 1;
        }
        let end = tops.get(last + 1).map_or(text.len(), |next| next.start);
        if let Some(cell) = sort.cell(text, &tops[at..=last], end) {
            cells.push(cell);
        }
        at = last + 1;
    }
    Sheet { cells, frame }
}

/// What begins at the margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Cell,
    Setup,
    /// A function or a class that is a cell of its own.
    Definition,
}

impl Sort {
    fn of(line: &str) -> Option<Self> {
        let starts = |word: &str| {
            line.strip_prefix(word)
                .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(['(', ':']))
        };
        if starts("@app.cell") {
            Some(Self::Cell)
        } else if starts("with app.setup") {
            Some(Self::Setup)
        } else if starts("@app.function") || starts("@app.class_definition") {
            Some(Self::Definition)
        } else {
            None
        }
    }

    /// The cell whose lines at the margin are `heads`; what begins next begins at `end`.
    fn cell(self, text: &str, heads: &[Span], end: usize) -> Option<SheetCell> {
        let (first, last) = (heads.first()?, heads.last()?);
        let block = without_blanks(text, Span::new(first.start, end));
        if self == Self::Definition {
            let definition = heads
                .iter()
                .find(|head| is_definition(&text[head.start..head.end]))?;
            let body = Span::new(definition.start, block.end);
            let mut cell = SheetCell::new(text, CellKind::Code, block, body, Coding::Plain);
            cell.cell.is_importable = true;
            return Some(cell);
        }
        let is_function = heads
            .iter()
            .any(|head| is_definition(&text[head.start..head.end]));
        if self == Self::Cell && !is_function {
            return None;
        }
        let from = sheet::line_end(text, last.start).min(block.end);
        let mut body = Span::new(from, block.end);
        if self == Self::Cell
            && let Some(wiring) = wiring(text, body)
        {
            body.end = wiring;
        }
        Some(SheetCell::new(text, CellKind::Code, block, body, INDENTED))
    }
}

/// Where the `return` at the end of a cell starts.
fn wiring(text: &str, body: Span) -> Option<usize> {
    let mut found = None;
    let mut quotes = sheet::Quotes::default();
    for line in lines_of(text, body) {
        let words = &text[line.start..line.end];
        if quotes.pass(words) || words.trim().is_empty() {
            continue;
        }
        let is_return = words
            .strip_prefix("    return")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '(']));
        // Lines of its own brackets follow it.
        let goes_on = found.is_some() && (words.starts_with("     ") || words.trim() == ")");
        if is_return {
            found = Some(line.start);
        } else if !goes_on {
            found = None;
        }
    }
    found
}

/// The lines that begin at the margin, outside of strings.
fn top_lines(text: &str) -> Vec<Span> {
    let mut quotes = sheet::Quotes::default();
    let lines = lines_of(text, Span::new(0, text.len()));
    lines
        .filter(|line| {
            let words = &text[line.start..line.end];
            !quotes.pass(words) && !words.is_empty() && !words.starts_with([' ', '\t'])
        })
        .collect()
}

fn is_definition(line: &str) -> bool {
    ["def ", "async def ", "class "]
        .iter()
        .any(|word| line.starts_with(word))
}

fn without_blanks(text: &str, span: Span) -> Span {
    let kept = text[span.start..span.end].trim_end().len();
    let end = sheet::line_end(text, span.start + kept).min(span.end);
    Span::new(span.start, end)
}

fn write(_: &Frame, kind: CellKind, text: &str) -> Option<String> {
    if kind != CellKind::Code {
        return None;
    }
    let is_async = if text.contains("await ") {
        "async "
    } else {
        ""
    };
    let mut out = format!("@app.cell\n{is_async}def _():\n");
    sheet::encode(INDENTED, text, &mut out);
    out.push_str("    return\n");
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::Analysis;
    use crate::format::{self, Hint};

    fn rules(cells: &str) -> Vec<&'static str> {
        let text = format!("import marimo\n\napp = marimo.App()\n\n\n{cells}");
        let notebook = format::parse_as(text.as_bytes(), Hint::Python);
        let analysis = Analysis::new(notebook, Arc::default());
        analysis.findings().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_function_at_the_margin_can_be_imported() {
        let lines = "    x += 1\n".repeat(10);
        let own = format!("@app.function\ndef f(x):\n{lines}    return x\n");
        assert!(rules(&own).is_empty());
        let lines = "        x += 1\n".repeat(10);
        let inner = |name: &str| {
            format!(
                "@app.cell\ndef _():\n    def {name}(x):\n{lines}        return x\n    return\n"
            )
        };
        assert_eq!(rules(&inner("f")), ["untestable-function"]);
        assert!(rules(&inner("_")).is_empty());
    }

    #[test]
    fn what_marimo_knows_is_no_finding() {
        assert!(rules("@app.cell\ndef _():\n    print(__file__)\n    return\n").is_empty());
        let test =
            "@app.cell\ndef _():\n    def test_sum():\n        assert sum([]) == 0\n    return\n";
        assert!(rules(test).is_empty());
    }
}
