//! Output formats, one file each. To add one: write `output/its_name.rs` and name it in [`Format`].

mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod statistics;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;

use super::report::Report;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people: places, source and what to do
    #[default]
    Text,
    /// For programs: one array, hints included
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations on a pull request, for a step of GitHub Actions
    Github,
    /// A code quality report, for a GitLab pipeline
    Gitlab,
    /// JUnit XML, for what shows test results: a notebook is a suite
    Junit,
}

impl Format {
    /// Writes the report. Colours are written always; the stream takes them out where they are not wanted.
    pub fn write(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text => text::write(report, out),
            Self::Json => json::write(report, out),
            Self::Sarif => sarif::write(report, out),
            Self::Github => github::write(report, out),
            Self::Gitlab => gitlab::write(report, out),
            Self::Junit => junit::write(report, out),
        }
    }

    /// Writes how often each rule found something, or says that the format has no way to.
    pub fn write_statistics(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text => statistics::write_text(report, out),
            Self::Json => statistics::write_json(report, out),
            Self::Sarif | Self::Github | Self::Gitlab | Self::Junit => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "--statistics are printed as text or json",
            )),
        }
    }

    /// Whether it says where in the notebook's file a finding is, which costs a second look at the file.
    pub fn is_about_files(self) -> bool {
        match self {
            Self::Text | Self::Json => false,
            Self::Sarif | Self::Github | Self::Gitlab | Self::Junit => true,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use crate::cli::report::{Item, Report};
    use crate::notebook::{Anchor, Cell, CellIdx, CellKind, Execution, Notebook};
    use crate::rule::{Finding, Severity};
    use crate::text::{LineColumn, TextRange};

    /// Findings with everything that a format has to escape, two of them equal but for their place.
    pub fn report() -> Report {
        let cell = |text: &str| {
            let mut cell = Cell::new(CellKind::Code, text);
            cell.execution = Execution::with_count(Some(12));
            cell.id = Some("an-id".into());
            Arc::new(cell)
        };
        let notebook = Notebook {
            cells: vec![cell("a = 値段"), cell("a = 値段")],
            ..Notebook::default()
        };
        let message = "`値` <is> \"50% & 'more'\",\nor\r\n::less:: ]]>\u{1b}.";
        let finding = |rule, severity, anchor| Finding {
            severity,
            ..Finding::new(rule, anchor, message)
        };
        let range = |cell| Anchor::Range(CellIdx(cell), TextRange::new(4.into(), 10.into()));
        let file = Anchor::File(LineColumn {
            line: 120,
            column: 3,
        });
        let path: Arc<Path> = Path::new("a, b:100%/\"x\" & <値>.ipynb").into();
        let mut items: Vec<Item> = [
            finding("merge-conflict", Severity::Error, file),
            finding("undefined-name", Severity::Error, range(0)),
            finding("undefined-name", Severity::Warning, range(1)),
            finding("long-cell", Severity::Info, Anchor::Cell(CellIdx(1))),
            finding("empty-cell", Severity::Hint, Anchor::Cell(CellIdx(1))),
        ]
        .iter()
        .map(|finding| Item::new(&path, &notebook, finding, false))
        .collect();
        items[1].place.in_file = Some((
            LineColumn { line: 9, column: 7 },
            LineColumn { line: 9, column: 9 },
        ));
        Report {
            notebooks: 2,
            items,
            ..Report::default()
        }
    }

    /// What a format writes of [`report`].
    pub fn written(format: super::Format) -> String {
        let mut bytes = Vec::new();
        format.write(&report(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}
