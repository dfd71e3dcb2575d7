//! The `cellwise` command. Everything it does is in [`cellwise::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    cellwise::cli::run()
}
