//! `cellwise explain`.

use std::fmt::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use super::Status;
use super::terminal::{BOLD, FRAME, HINT, QUIET, Terminal};
use crate::config::UnknownName;
use crate::{actions, docs, rules};

/// Print the manual page of a rule or an action.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A rule's name as `cellwise rules` lists it, or an action's
    #[arg(value_name = "RULE")]
    name: String,
}

pub fn run(args: &Args, terminal: &mut Terminal) -> ExitCode {
    let Some(page) = page(args.name.trim()) else {
        let real = rules::ALL.iter().map(|rule| rule.name);
        let real = real.chain(actions::ALL.iter().map(|action| action.name));
        let unknown = UnknownName::new("rule or action", &args.name, real);
        terminal.error(format_args!("{unknown}"));
        return Status::Error.into();
    };
    match terminal.print(|out| out.write_all(page.as_bytes())) {
        Ok(()) => Status::Nothing.into(),
        Err(error) => {
            terminal.error(error);
            Status::Error.into()
        }
    }
}

fn page(name: &str) -> Option<String> {
    if let Some(rule) = rules::find(name) {
        let default = if rule.on_by_default {
            "on by default"
        } else {
            "off by default"
        };
        let facts = format!(
            "{} (group {}: {}), {default}",
            rule.severity,
            rule.group,
            rule.group.description()
        );
        return Some(draw(name, &facts, &docs::page(rule.source)));
    }
    let action = actions::find(name)?;
    let facts = format!("action ({})", action.kinds.join(", "));
    Some(draw(name, &facts, &docs::page(action.source)))
}

const CODE: Style = AnsiColor::Cyan.on_default();

/// A page of Markdown for a terminal. It stays Markdown where colours are off, less the fences.
fn draw(name: &str, facts: &str, page: &str) -> String {
    let mut text = format!("{BOLD}{name}{BOLD:#}\n{QUIET}{facts}{QUIET:#}\n\n");
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            let style = code_style(line);
            let _ = writeln!(
                text,
                "{}",
                format_args!("    {style}{line}{style:#}")
                    .to_string()
                    .trim_end()
            );
        } else if let Some(heading) = line.strip_prefix("## ").or(line.strip_prefix("### ")) {
            let _ = writeln!(text, "{FRAME}{heading}{FRAME:#}");
        } else {
            let _ = writeln!(text, "{}", with_code(line));
        }
    }
    text
}

fn code_style(line: &str) -> Style {
    if line.trim_start().starts_with('^') {
        HINT
    } else if line.starts_with("# %%") {
        QUIET
    } else {
        Style::new()
    }
}

/// The line with `code` in colour.
fn with_code(line: &str) -> String {
    let mut text = String::new();
    for (position, part) in line.split('`').enumerate() {
        if position % 2 == 1 {
            let _ = write!(text, "{CODE}`{part}`{CODE:#}");
        } else {
            text.push_str(part);
        }
    }
    text
}
