//! `--format github`: one workflow command a finding, which GitHub Actions turns into an annotation
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).
//!
//! The place is that in the notebook's file; the message begins with that in the cell.

use std::io::{self, Write};

use crate::cli::report::Report;
use crate::cli::terminal::plain;
use crate::rule::Severity;

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for item in report.shown() {
        let command = match item.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info | Severity::Hint => "notice",
        };
        write!(
            out,
            "::{command} file={}",
            plain(&property(&item.slash_path()))
        )?;
        let (first, last) = item.place.file_lines();
        write!(out, ",line={first},endLine={last}")?;
        // GitHub takes columns only within one line.
        if let Some((start, end)) = item.place.in_file
            && start.line == end.line
        {
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        }
        writeln!(
            out,
            ",title={}::{}",
            property(&format!("cellwise {}", item.rule)),
            plain(&data(&item.placed_message()))
        )?;
    }
    Ok(())
}

/// As `escapeData` of <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts> does.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// As `escapeProperty` there does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::output::{Format, tests::written};

    #[test]
    fn a_finding_is_one_line() {
        insta::assert_snapshot!(written(Format::Github), @r##"
        ::error file=a%2C b%3A100%25/"x" & <値>.ipynb,line=120,endLine=120,col=3,endColumn=3,title=cellwise merge-conflict::`値` <is> "50%25 & 'more'",%0Aor%0D%0A::less:: ]]>␛.
        ::error file=a%2C b%3A100%25/"x" & <値>.ipynb,line=9,endLine=9,col=7,endColumn=9,title=cellwise undefined-name::cell 1, line 1: `値` <is> "50%25 & 'more'",%0Aor%0D%0A::less:: ]]>␛.
        ::warning file=a%2C b%3A100%25/"x" & <値>.ipynb,line=1,endLine=1,title=cellwise undefined-name::cell 2, line 1: `値` <is> "50%25 & 'more'",%0Aor%0D%0A::less:: ]]>␛.
        ::notice file=a%2C b%3A100%25/"x" & <値>.ipynb,line=1,endLine=1,title=cellwise long-cell::cell 2, line 1: `値` <is> "50%25 & 'more'",%0Aor%0D%0A::less:: ]]>␛.
        "##);
    }

    /// What GitHub's runner reads.
    fn unescaped(text: &str) -> String {
        text.replace("%2C", ",")
            .replace("%3A", ":")
            .replace("%0A", "\n")
            .replace("%0D", "\r")
            .replace("%25", "%")
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_read_back(text in "[%0-3ACD:,\r\n\"é]{0,20}") {
            let escaped = property(&text);
            prop_assert!(!escaped.contains(['\r', '\n', ':', ',']));
            prop_assert_eq!(unescaped(&escaped), text);
        }
    }
}
