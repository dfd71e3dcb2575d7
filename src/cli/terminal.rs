//! What all commands print to: standard output and standard error, with colours where they are wanted.

use std::fmt::Display;
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;

use crate::analysis::secrets;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

impl From<ColorChoice> for anstream::ColorChoice {
    fn from(choice: ColorChoice) -> Self {
        match choice {
            ColorChoice::Auto => Self::Auto,
            ColorChoice::Always => Self::AlwaysAnsi,
            ColorChoice::Never => Self::Never,
        }
    }
}

pub const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
pub const WARNING: Style = AnsiColor::BrightYellow.on_default().bold();
pub const INFO: Style = AnsiColor::BrightCyan.on_default().bold();
pub const HINT: Style = AnsiColor::BrightGreen.on_default();
pub const FRAME: Style = AnsiColor::BrightBlue.on_default().bold();
pub const QUIET: Style = Style::new().dimmed();
pub const BOLD: Style = Style::new().bold();

#[derive(Debug)]
pub struct Terminal {
    color: ColorChoice,
}

impl Terminal {
    pub fn new(color: ColorChoice) -> Self {
        Self { color }
    }

    /// Prints to standard output. When nobody reads any more (`| head`), the rest is dropped without a word.
    ///
    /// # Errors
    /// When standard output cannot be written for another reason: the disk is full.
    pub fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let stream = AutoStream::new(io::stdout().lock(), self.color.into());
        let mut buffered = io::BufWriter::new(stream);
        match write(&mut buffered).and_then(|()| buffered.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Prints a line about an error to standard error.
    pub fn error(&self, message: impl Display) {
        self.line(format_args!(
            "{ERROR}error{ERROR:#}{BOLD}:{BOLD:#} {}",
            shown(&message)
        ));
    }

    /// Prints a line to standard error.
    pub fn tell(&self, line: impl Display) {
        self.line(shown(&line));
    }

    /// Where standard error is closed, there is nobody to tell.
    fn line(&self, line: impl Display) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.color.into());
        let _ = writeln!(stream, "{line}");
    }
}

/// What is said of files and notebooks names them, and quotes them.
fn shown(message: &impl Display) -> String {
    plain(&secrets::hidden(message.to_string()))
}

/// The text with control characters made visible: what a notebook holds must not steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            '\u{0}'..='\u{1f}' => {
                // The pictures of the control characters stand in the same order as they do.
                char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}')
            }
            '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            character => character,
        })
        .collect()
}
