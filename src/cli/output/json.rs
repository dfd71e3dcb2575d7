//! `--format json`: an array with one object a finding, one a line. The keys are a promise to other tools.

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::report::{Item, Place, Report};

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (position, item) in report.items.iter().enumerate() {
        out.write_all(if position == 0 { b"\n  " } else { b",\n  " })?;
        serde_json::to_writer(&mut *out, &Element::new(item))?;
    }
    out.write_all(if report.items.is_empty() {
        b"]\n"
    } else {
        b"\n]\n"
    })
}

#[derive(Serialize)]
struct Element<'a> {
    rule: &'a str,
    group: &'a str,
    severity: &'a str,
    /// Characters that are no UTF-8 are replaced.
    path: String,
    #[serde(flatten)]
    place: JsonPlace<'a>,
    message: &'a str,
    fix: Option<JsonFix<'a>>,
    related: Vec<JsonRelated<'a>>,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    /// 0-based among all cells; null for the whole notebook, whose line and column are those of the file or 1.
    cell: Option<u32>,
    cell_id: Option<&'a str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: &'a str,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    #[serde(flatten)]
    place: JsonPlace<'a>,
    message: &'a str,
}

impl<'a> Element<'a> {
    fn new(item: &'a Item) -> Self {
        Self {
            rule: item.rule,
            group: item.group.name(),
            severity: item.severity.name(),
            path: item.path.to_string_lossy().into_owned(),
            place: JsonPlace::new(&item.place),
            message: &item.message,
            fix: item.fix.as_ref().map(|fix| JsonFix {
                title: &fix.title,
                safety: fix.safety.name(),
            }),
            related: item
                .related
                .iter()
                .map(|(place, message)| JsonRelated {
                    place: JsonPlace::new(place),
                    message,
                })
                .collect(),
        }
    }
}

impl<'a> JsonPlace<'a> {
    fn new(place: &'a Place) -> Self {
        Self {
            cell: place.cell.map(|cell| cell.0),
            cell_id: place.cell_id.as_deref(),
            line: place.start.line,
            column: place.start.column,
            end_line: place.end.line,
            end_column: place.end.column,
        }
    }
}
