//! Databricks' source format: what a notebook is in a Git folder.
//!
//! The first line says `Databricks notebook source` in a comment of the notebook's language (`.py`, `.sql`, `.scala`, `.r`),
//! and lines of `COMMAND ----------` part the cells. A cell that begins with a magic stands in comments as a whole, behind
//! `# MAGIC `, and its first word tells its language; that of `%md` is prose. `# DBTITLE 1,…` is a cell's title.
//! Nothing says which it is in a file without `COMMAND` lines: it is one cell.

use super::json::Span;
use super::sheet::{self, Coding, Dialect, Frame, Sheet, SheetCell, lines_of};
use super::{Format, Hint, Kind, ipynb, is_countable, without_mark};
use crate::notebook::{CellKind, Home, Language, NotebookMeta};

pub const FORMAT: Format = Format {
    name: "Databricks notebook",
    recognises: |bytes, hint| {
        let fits = |language: &Language| match hint {
            Hint::None => true,
            Hint::Python => language.is_python(),
            Hint::Sql => *language == Language::Other("sql".into()),
            Hint::Scala => *language == Language::Other("scala".into()),
            _ => false,
        };
        is_countable(bytes) && language_in(bytes).is_some_and(|language| fits(&language))
    },
    kind: Kind::Sheet(dialect(parse)),
};

/// A notebook of R begins as one of Python does. Only the file's name or the editor tells them apart.
pub const IN_R: Format = Format {
    name: FORMAT.name,
    recognises: |bytes, hint| {
        let is_hash = || language_in(bytes).is_some_and(|language| language.is_python());
        hint == Hint::R && is_countable(bytes) && is_hash()
    },
    kind: Kind::Sheet(dialect(|text, frame| {
        read(text, frame, Language::Other("r".into()))
    })),
};

const fn dialect(parse: sheet::Parse) -> Dialect {
    Dialect {
        parse,
        write,
        separator: |frame, _, _| match signs(&frame.meta.language).0 {
            "--" => "\n-- COMMAND ----------\n\n",
            "//" => "\n// COMMAND ----------\n\n",
            _ => "\n# COMMAND ----------\n\n",
        },
        marker: "",
        needs_blank: true,
        joins_prose: false,
    }
}

/// Whether a file is a notebook of Databricks in its source format.
pub fn is_source(bytes: &[u8]) -> bool {
    language_in(bytes).is_some()
}

fn language_in(bytes: &[u8]) -> Option<Language> {
    let bytes = without_mark(bytes);
    let first = bytes.split(|&byte| byte == b'\n').next()?;
    language_of(std::str::from_utf8(first).ok()?)
}

/// The language of the notebook, by its first line. R and Python write it alike.
fn language_of(first: &str) -> Option<Language> {
    let (comment, rest) = first.trim_end().split_once(' ')?;
    if rest.trim() != "Databricks notebook source" {
        return None;
    }
    match comment {
        "#" => Some(Language::Python),
        "--" => Some(Language::Other("sql".into())),
        "//" => Some(Language::Other("scala".into())),
        _ => None,
    }
}

/// What begins a comment, and what a line of a magic.
fn signs(language: &Language) -> (&'static str, &'static str) {
    match language {
        Language::Other(name) if &**name == "sql" => ("--", "-- MAGIC "),
        Language::Other(name) if &**name == "scala" => ("//", "// MAGIC "),
        _ => ("#", "# MAGIC "),
    }
}

fn parse(text: &str, frame: Option<&Frame>) -> Sheet {
    let first = &text[..sheet::line_end(text, 0)];
    read(text, frame, language_of(first).unwrap_or_default())
}

/// Reads a notebook of this language, unless the frame tells of another.
fn read(text: &str, frame: Option<&Frame>, language: Language) -> Sheet {
    let (start, frame) = match frame {
        Some(frame) => (0, frame.clone()),
        None => {
            let meta = NotebookMeta {
                language,
                home: Home::Databricks,
                ..NotebookMeta::default()
            };
            let coding = Coding::Plain;
            let frame = Frame {
                meta,
                coding,
                ..Frame::default()
            };
            (sheet::line_end(text, 0), frame)
        }
    };
    let (comment, magic) = signs(&frame.meta.language);
    let is_separator = |line: &str| {
        line.strip_prefix(comment)
            .is_some_and(|rest| rest.trim() == "COMMAND ----------")
    };
    let mut regions = Vec::new();
    let mut from = start;
    for line in lines_of(text, Span::new(start, text.len())) {
        if is_separator(&text[line.start..line.end]) {
            regions.push(Span::new(from, line.start));
            from = sheet::line_end(text, line.start);
        }
    }
    let is_only = regions.is_empty();
    regions.push(Span::new(from, text.len()));
    if is_only && text[from..].trim().is_empty() {
        regions.clear();
    }
    let cells = regions.into_iter();
    Sheet {
        cells: cells
            .map(|region| cell(text, region, &frame.meta.language, comment, magic))
            .collect(),
        frame,
    }
}

fn cell(
    text: &str,
    region: Span,
    language: &Language,
    comment: &str,
    magic: &'static str,
) -> SheetCell {
    let mut whole = region;
    if let Some(first) = lines_of(text, whole).next()
        && text[first.start..first.end].trim().is_empty()
    {
        whole.start = sheet::line_end(text, first.start).min(whole.end);
    }
    if whole.end < text.len() {
        whole = sheet::without_blank(text, whole);
    }
    let mut body = whole;
    let line_at = |at: usize| {
        let end = sheet::line_end(text, at).min(whole.end);
        (text[at..end].trim_end(), end)
    };
    let (first, end) = line_at(body.start);
    let title = format!("{comment} DBTITLE");
    if !first.is_empty() && first.starts_with(&title) {
        body.start = end;
    }
    let (first, end) = line_at(body.start);
    let Some(called) = first.strip_prefix(magic.trim_end()) else {
        return SheetCell::new(text, CellKind::Code, whole, body, Coding::Plain);
    };
    let coding = Coding::Prefix(magic);
    let called = called.trim_start();
    let word = called.split_whitespace().next().unwrap_or_default();
    if matches!(word, "%md" | "%md-sandbox") {
        // Prose may begin in the line of its magic.
        let prose = called[word.len()..].trim_start();
        body.start = if prose.is_empty() {
            end
        } else {
            body.start + first.len() - prose.len()
        };
        return SheetCell::new(text, CellKind::Markdown, whole, body, coding);
    }
    let mut cell = SheetCell::new(text, CellKind::Code, whole, body, coding);
    cell.cell.language = ipynb::language_of_magic(called, language).or_else(|| {
        // `%pip` and such are for Python's kernel, whatever the notebook's language.
        (!language.is_python()).then_some(Language::Other("databricks".into()))
    });
    cell
}

fn write(frame: &Frame, kind: CellKind, text: &str) -> Option<String> {
    let (_, magic) = signs(&frame.meta.language);
    let mut out = String::new();
    match kind {
        CellKind::Code if text.starts_with('%') => {
            sheet::encode(Coding::Prefix(magic), text, &mut out);
        }
        CellKind::Code => sheet::encode(Coding::Plain, text, &mut out),
        CellKind::Markdown => {
            out.push_str(magic);
            out.push_str("%md\n");
            sheet::encode(Coding::Prefix(magic), text, &mut out);
        }
        CellKind::Raw | CellKind::Unknown => return None,
    }
    // What is written is Python, and in a notebook of another language that would be a magic of its own.
    (frame.meta.language.is_python() || kind == CellKind::Markdown).then_some(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::Analysis;
    use crate::format::{self, Hint};
    use crate::notebook::{CellIdx, CellKind};

    /// What real sources hold besides the rule: kinds and texts of the cells.
    #[test]
    fn oddities_are_read() {
        use CellKind::{Code, Markdown};
        for (text, expected) in [
            // No separator at all: one cell, or none.
            ("x = 1\n\ny = 2\n", &[(Code, "x = 1\n\ny = 2")][..]),
            ("\n", &[]),
            // No line break at the end, and blank lines around cells.
            (
                "\n# COMMAND ----------\n\n\n\n# COMMAND ----------\nx",
                &[(Code, ""), (Code, ""), (Code, "x")],
            ),
            ("# DBTITLE 1,Load: é\nx = 1\n", &[(Code, "x = 1")]),
            (
                "# DBTITLE 1,Say\n# MAGIC %md\n# MAGIC\n# MAGIC # A\n",
                &[(Markdown, "\n# A")],
            ),
            (
                "# MAGIC %md # Title\n# MAGIC text\n",
                &[(Markdown, "# Title\ntext")],
            ),
            ("# MAGIC %md-sandbox\n# MAGIC <b>\n", &[(Markdown, "<b>")]),
            ("# MAGIC %run ./setup\n", &[(Code, "%run ./setup")]),
            (
                "# MAGIC %sql\n# MAGIC\n# MAGIC select 1\n",
                &[(Code, "%sql\n\nselect 1")],
            ),
            // Magics that stand outside of MAGIC.
            ("%pip install x\n!ls\n", &[(Code, "%pip install x\n!ls")]),
            // Templates of the command line's bundles, around cells and in them.
            (
                "{{- if .x }}\nx = 1\n# COMMAND ----------\n{{end}}\n",
                &[(Code, "{{- if .x }}\nx = 1"), (Code, "{{end}}")],
            ),
        ] {
            let text = format!("# Databricks notebook source\n{text}");
            let notebook = format::parse_as(text.as_bytes(), Hint::Python);
            let cells = notebook.cells.iter();
            let cells: Vec<_> = cells.map(|cell| (cell.kind, &*cell.text)).collect();
            assert_eq!(cells, expected, "{text}");
        }
    }

    #[test]
    fn a_notebook_of_r_is_not_read_as_python() {
        let text = "# Databricks notebook source\nlibrary(dplyr)\n\n# COMMAND ----------\n\n\
            # MAGIC %python\n# MAGIC print(folder)\n";
        let findings = |hint| {
            let notebook = format::parse_as(text.as_bytes(), hint);
            assert_eq!(notebook.cells.len(), 2);
            let analysis = Analysis::new(notebook, Arc::default());
            let findings = analysis.findings();
            findings
                .map(|own| (own.rule, own.anchor.cell()))
                .collect::<Vec<_>>()
        };
        assert_eq!(findings(Hint::R), [("undefined-name", Some(CellIdx(1)))]);
        let in_python = findings(Hint::Python);
        assert!(in_python.iter().any(|(_, cell)| *cell == Some(CellIdx(0))));
    }

    #[test]
    fn python_cells_of_an_sql_notebook_read_what_another_notebook_binds() {
        let findings = |setup: &str| {
            let text = format!(
                "-- Databricks notebook source\n{setup}\n\n-- COMMAND ----------\n\nselect 1\n\n\
                 -- COMMAND ----------\n\n-- MAGIC %python\n-- MAGIC print(folder)\n"
            );
            let notebook = format::parse_as(text.as_bytes(), Hint::Sql);
            let analysis = Analysis::new(notebook, Arc::default());
            let rules = analysis.findings().map(|finding| finding.rule);
            rules.collect::<Vec<_>>()
        };
        assert_eq!(
            findings("-- MAGIC %run ./setup $reset=false"),
            ["notebook-run"]
        );
        assert_eq!(findings("select 0"), ["undefined-name"]);
    }
}
