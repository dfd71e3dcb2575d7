//! The command line.

use std::process::ExitCode;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("server") {
        return crate::lsp::serve();
    }
    ExitCode::from(2)
}
