//! Output formats, one file each. To add one: write `output/its_name.rs` and name it in [`Format`].

mod json;
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
}

impl Format {
    /// Writes the report. Colours are written always; the stream takes them out where they are not wanted.
    pub fn write(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text => text::write(report, out),
            Self::Json => json::write(report, out),
        }
    }
}
