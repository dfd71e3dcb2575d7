//! `cellwise rules`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;

use super::Status;
use super::terminal::{BOLD, QUIET, Terminal};
use crate::{docs, rules};

/// List all rules.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// A table for people
    #[default]
    Text,
    /// For programs: one array
    Json,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    group: &'static str,
    severity: &'static str,
    /// Whether it runs without being asked for.
    default: bool,
    summary: String,
}

pub fn run(args: &Args, terminal: &mut Terminal) -> ExitCode {
    let rows: Vec<Row> = rules::ALL
        .iter()
        .map(|rule| Row {
            name: rule.name,
            group: rule.group.name(),
            severity: rule.severity.name(),
            default: rule.on_by_default,
            summary: docs::summary(rule.source),
        })
        .collect();
    let printed = terminal.print(|out| match args.format {
        Format::Text => write_table(&rows, out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &rows)?;
            writeln!(out)
        }
    });
    match printed {
        Ok(()) => Status::Nothing.into(),
        Err(error) => {
            terminal.error(error);
            Status::Error.into()
        }
    }
}

fn write_table(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).len()).max().unwrap_or(0);
    let name = width(|row| row.name).max("rule".len());
    let group = width(|row| row.group).max("group".len());
    writeln!(
        out,
        "{BOLD}{:name$}  {:group$}  severity  default  finds{BOLD:#}",
        "rule", "group"
    )?;
    for row in rows {
        let quiet = if row.default {
            anstyle::Style::new()
        } else {
            QUIET
        };
        writeln!(
            out,
            "{quiet}{:name$}  {:group$}  {:8}  {:7}  {}{quiet:#}",
            row.name,
            row.group,
            row.severity,
            if row.default { "on" } else { "off" },
            row.summary
        )?;
    }
    Ok(())
}
