//! `--statistics`: how often each rule found something, most often first.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::text::{severity_style, summary};
use crate::cli::report::Report;
use crate::rule::Severity;

pub fn write_text(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(report);
    let digits = rows
        .iter()
        .map(|row| row.count.to_string().len())
        .max()
        .unwrap_or_default();
    for row in &rows {
        let style = severity_style(row.severity);
        writeln!(
            out,
            "{:>digits$}  {style}{:<7}{style:#}  {}",
            row.count, row.severity, row.rule
        )?;
    }
    if !rows.is_empty() {
        writeln!(out)?;
    }
    out.write_all(summary(report).as_bytes())
}

pub fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let elements: Vec<Element<'_>> = rows(report)
        .into_iter()
        .map(|row| Element {
            rule: row.rule,
            severity: row.severity.name(),
            count: row.count,
            notebooks: row.notebooks,
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &elements)?;
    out.write_all(b"\n")
}

struct Row {
    rule: &'static str,
    severity: Severity,
    count: usize,
    notebooks: usize,
}

#[derive(Serialize)]
struct Element<'a> {
    rule: &'a str,
    severity: &'a str,
    count: usize,
    /// In how many.
    notebooks: usize,
}

/// Where findings of one rule differ in severity, each has its row.
fn rows(report: &Report) -> Vec<Row> {
    let mut by_rule: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for item in report.shown() {
        by_rule
            .entry((item.severity, item.rule))
            .or_default()
            .push(&item.path);
    }
    let mut rows: Vec<Row> = by_rule
        .into_iter()
        .map(|((severity, rule), mut paths)| {
            let count = paths.len();
            paths.dedup();
            Row {
                rule,
                severity,
                count,
                notebooks: paths.len(),
            }
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}
