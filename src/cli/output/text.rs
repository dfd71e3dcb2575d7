//! `--format text`: each finding with its place, the line it is on and what to do about it, then a summary.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::cli::report::{Item, Place, Report};
use crate::cli::terminal::{BOLD, ERROR, FRAME, HINT, INFO, QUIET, WARNING, plain};
use crate::rule::{Safety, Severity};

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for item in report.shown() {
        out.write_all(draw(item).as_bytes())?;
    }
    out.write_all(summary(report).as_bytes())
}

/// How many columns of a source line are shown; the rest is cut around what is flagged.
const SOURCE_COLUMNS: usize = 100;

fn draw(item: &Item) -> String {
    let style = severity_style(item.severity);
    let gutter = item
        .related
        .iter()
        .map(|(place, _)| place)
        .chain([&item.place])
        .filter(|place| place.source.is_some())
        .map(|place| place.start.line.to_string().len())
        .max()
        .unwrap_or(1);
    let pad = " ".repeat(gutter);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{style}{}[{}]{style:#}{BOLD}:{BOLD:#} {}",
        item.severity,
        item.rule,
        plain(&item.message)
    );
    let path = plain(&item.path.to_string_lossy());
    let _ = writeln!(
        text,
        "{pad}{FRAME}-->{FRAME:#} {path}:{}",
        place_name(&item.place)
    );
    draw_source(&item.place, gutter, ('^', style), &mut text);
    for (place, message) in &item.related {
        let _ = writeln!(
            text,
            "{pad}{FRAME}:::{FRAME:#} {}: {}",
            place_name(place),
            plain(message)
        );
        draw_source(place, gutter, ('-', FRAME), &mut text);
    }
    if let Some(fix) = &item.fix {
        let unsure = match fix.safety {
            Safety::Safe => "",
            Safety::Unsafe => " (look at the result)",
        };
        let _ = writeln!(
            text,
            "{pad} {FRAME}={FRAME:#} {HINT}fix{HINT:#}: {}{QUIET}{unsure}{QUIET:#}",
            plain(&fix.title)
        );
    }
    text.push('\n');
    text
}

/// `cell 7 (In [12]):3:5`, which goes on after the path and a colon.
fn place_name(place: &Place) -> String {
    let mut name = String::new();
    if let Some(cell) = place.cell {
        let _ = write!(name, "{cell}");
        if let Some(count) = place.count {
            let _ = write!(name, " (In [{count}])");
        }
        name.push(':');
    }
    let _ = write!(name, "{}:{}", place.start.line, place.start.column);
    name
}

/// The line that the place starts on, with a mark below what is meant. A cell as a whole gets no mark.
fn draw_source(place: &Place, gutter: usize, (mark, style): (char, Style), text: &mut String) {
    let Some(source) = &place.source else {
        return;
    };
    if source.trim().is_empty() {
        return;
    }
    let from = place.start.column as usize - 1;
    let to = if place.end.line == place.start.line {
        place.end.column as usize - 1
    } else {
        source.chars().count()
    };
    let (line, before, width) = cut(source, from, to.max(from));
    let pad = " ".repeat(gutter);
    let _ = writeln!(text, "{pad} {FRAME}|{FRAME:#}");
    let _ = writeln!(
        text,
        "{FRAME}{:>gutter$} |{FRAME:#} {line}",
        place.start.line
    );
    if place.is_range {
        let marks = mark.to_string().repeat(width.max(1));
        let goes_on = if place.end.line > place.start.line {
            "…"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{pad} {FRAME}|{FRAME:#} {}{style}{marks}{goes_on}{style:#}",
            " ".repeat(before)
        );
    }
}

/// What is shown of a source line whose characters `from..to` are flagged: the text,
/// the columns before the mark, and the columns of the mark.
fn cut(source: &str, from: usize, to: usize) -> (String, usize, usize) {
    let characters: Vec<char> = source.chars().collect();
    let to = to.min(characters.len());
    let from = from.min(to);
    let shown = |range: std::ops::Range<usize>| -> String {
        let text: String = characters[range].iter().collect();
        plain(&text.replace('\t', "    "))
    };
    if shown(0..characters.len()).width() <= SOURCE_COLUMNS {
        let all = shown(0..characters.len());
        return (all, shown(0..from).width(), shown(from..to).width());
    }
    // Where the mark would stand far to the right, what is before it is cut to a third.
    let columns = |character: &char| character.width().unwrap_or(0).max(1);
    let mut start = 0;
    if shown(0..to).width() > SOURCE_COLUMNS {
        let mut left = SOURCE_COLUMNS / 3;
        start = from;
        while start > 0 && left >= columns(&characters[start - 1]) {
            start -= 1;
            left -= columns(&characters[start]);
        }
    }
    let mut end = start;
    let mut left = SOURCE_COLUMNS;
    while end < characters.len() && left >= columns(&characters[end]) {
        left -= columns(&characters[end]);
        end += 1;
    }
    let head = if start > 0 { "…" } else { "" };
    let tail = if end < characters.len() { "…" } else { "" };
    (
        format!("{head}{}{tail}", shown(start..end)),
        head.width() + shown(start..from).width(),
        shown(from..to.min(end)).width(),
    )
}

pub(super) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Info => INFO,
        Severity::Hint => HINT,
    }
}

/// How many findings there are, and how many more are not shown.
pub(super) fn summary(report: &Report) -> String {
    let shown: Vec<&Item> = report.shown().collect();
    let hidden = report.items.len() - shown.len();
    let mut text = String::new();
    if report.notebooks == 0 {
        return text;
    }
    let of = count(report.notebooks, "notebook");
    if shown.is_empty() {
        let _ = writeln!(text, "{BOLD}Nothing found{BOLD:#} in {of}.");
    } else {
        let paths: HashSet<_> = shown.iter().map(|item| &item.path).collect();
        let kinds: Vec<String> = Severity::ALL
            .into_iter()
            .filter_map(|severity| {
                let style = severity_style(severity);
                let number = shown
                    .iter()
                    .filter(|item| item.severity == severity)
                    .count();
                let text = match severity {
                    Severity::Info => format!("{number} info"),
                    other => count(number, other.name()),
                };
                (number > 0).then(|| format!("{style}{text}{style:#}"))
            })
            .collect();
        let _ = writeln!(
            text,
            "{BOLD}Found {}{BOLD:#} ({}) in {} of {of}.",
            count(shown.len(), "finding"),
            kinds.join(", "),
            paths.len()
        );
        let fixes = shown.iter().filter(|item| item.fix.is_some()).count();
        if fixes > 0 {
            let _ = writeln!(
                text,
                "{QUIET}{} a repair in the editor.{QUIET:#}",
                match fixes {
                    1 => "1 has".to_owned(),
                    fixes => format!("{fixes} have"),
                }
            );
        }
    }
    if hidden > 0 {
        let _ = writeln!(
            text,
            "{QUIET}{} not shown; --hints shows {}.{QUIET:#}",
            count(hidden, "hint"),
            if hidden == 1 { "it" } else { "them" }
        );
    }
    if report.known > 0 {
        let _ = writeln!(
            text,
            "{QUIET}{} of the baseline not shown.{QUIET:#}",
            count(report.known, "finding")
        );
    }
    text
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::notebook::{Anchor, Cell, CellIdx, CellKind, Execution, Notebook};
    use crate::rule::{Finding, Fix};
    use crate::text::{LineColumn, TextRange};

    #[test]
    fn a_finding_is_drawn_with_its_places() {
        let text = "total = (prices\n  + 値段)\nprint(total)";
        let notebook = Notebook {
            cells: [Cell::new(CellKind::Markdown, "# Prices"), {
                let mut cell = Cell::new(CellKind::Code, text);
                cell.execution = Execution::with_count(Some(12));
                cell
            }]
            .map(Arc::new)
            .into(),
            ..Notebook::default()
        };
        let range =
            |from: u32, to: u32| Anchor::Range(CellIdx(1), TextRange::new(from.into(), to.into()));
        let finding = |rule, severity, anchor| Finding {
            severity,
            ..Finding::new(rule, anchor, "what is wrong, why and what to do.")
        };
        let path: Arc<Path> = Path::new("analysis/prices.ipynb").into();
        let report = Report {
            notebooks: 40,
            items: [
                finding("undefined-name", Severity::Error, range(9, 15))
                    .related(range(34, 39), "it is printed here"),
                finding("rerun-hazard", Severity::Info, range(8, 27)).fix(Fix {
                    action: "extract",
                    title: "Bind a new name".into(),
                    safety: Safety::Unsafe,
                    argument: None,
                }),
                finding("long-cell", Severity::Warning, Anchor::Cell(CellIdx(1))),
                finding(
                    "merge-conflict",
                    Severity::Error,
                    Anchor::File(LineColumn {
                        line: 120,
                        column: 1,
                    }),
                ),
                finding("empty-cell", Severity::Hint, Anchor::Cell(CellIdx(0))),
            ]
            .iter()
            .map(|finding| Item::new(&path, &notebook, finding, false))
            .collect(),
            ..Report::default()
        };
        let mut drawn = Vec::new();
        write(&report, &mut anstream::StripStream::new(&mut drawn)).unwrap();
        insta::assert_snapshot!(String::from_utf8(drawn).unwrap(), @"
        error[undefined-name]: what is wrong, why and what to do.
         --> analysis/prices.ipynb:cell 2 (In [12]):1:10
          |
        1 | total = (prices
          |          ^^^^^^
         ::: cell 2 (In [12]):3:7: it is printed here
          |
        3 | print(total)
          |       -----

        info[rerun-hazard]: what is wrong, why and what to do.
         --> analysis/prices.ipynb:cell 2 (In [12]):1:9
          |
        1 | total = (prices
          |         ^^^^^^^…
          = fix: Bind a new name (look at the result)

        warning[long-cell]: what is wrong, why and what to do.
         --> analysis/prices.ipynb:cell 2 (In [12]):1:1
          |
        1 | total = (prices

        error[merge-conflict]: what is wrong, why and what to do.
         --> analysis/prices.ipynb:120:1

        Found 4 findings (2 errors, 1 warning, 1 info) in 1 of 40 notebooks.
        1 has a repair in the editor.
        1 hint not shown; --hints shows it.
        ");
    }

    #[track_caller]
    fn check(source: &str, from: usize, to: usize, expected: &str) {
        let (line, before, width) = cut(source, from, to);
        let drawn = format!("{line}\n{}{}", " ".repeat(before), "^".repeat(width));
        assert_eq!(drawn, expected);
    }

    #[test]
    fn marks_stand_below_wide_characters() {
        check("a = '値' + x", 10, 11, "a = '値' + x\n           ^");
        check("'😀' + 値段", 6, 8, "'😀' + 値段\n       ^^^^");
        check("\tx\u{1b}y", 2, 3, "    x␛y\n     ^");
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let long = format!("{}bad{}", "a".repeat(300), "z".repeat(300));
        let (line, before, width) = cut(&long, 300, 303);
        assert_eq!(line.width(), SOURCE_COLUMNS + 2);
        assert!(line.starts_with('…') && line.ends_with('…'), "{line}");
        assert_eq!(
            line.chars().skip(before).take(width).collect::<String>(),
            "bad"
        );
        let (line, before, width) = cut(&long, 0, 603);
        assert_eq!(
            (line.width(), before, width),
            (SOURCE_COLUMNS + 1, 0, SOURCE_COLUMNS)
        );
    }
}
