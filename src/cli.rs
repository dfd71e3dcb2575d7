//! The command line.
//!
//! Exit status of every command: 0 nothing was found, 1 something was, 2 an error of use or of reading.
#![expect(
    clippy::disallowed_methods,
    reason = "the command line reads files, the environment and the clock, and writes to the terminal"
)]

mod baseline;
pub(crate) mod check;
mod clean;
mod diff;
mod explain;
pub(crate) mod files;
mod fix;
mod git_setup;
mod output;
mod progress;
mod promote;
mod report;
mod resolve;
mod rules;
mod selection;
mod suppressions;
mod terminal;
mod write;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use terminal::{ColorChoice, Terminal};

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut terminal = Terminal::new(cli.color);
    match cli.command {
        Command::Check(args) => check::run(&args, &mut terminal),
        Command::Clean(args) => clean::run(&args, &mut terminal),
        Command::Fix(args) => fix::run(&args, &mut terminal),
        Command::Promote(args) => promote::run(&args, &mut terminal),
        Command::GitSetup(args) => git_setup::run(&args, &terminal),
        Command::Resolve(args) => resolve::run(&args, &mut terminal),
        Command::Rules(args) => rules::run(&args, &mut terminal),
        Command::Explain(args) => explain::run(&args, &mut terminal),
        Command::Server { stdio: _ } => crate::lsp::serve(),
    }
}

/// Finds what will hurt later in notebooks: hidden state, cells run out of order, code that cannot be tested,
/// outputs in version control.
#[derive(Debug, Parser)]
#[command(
    name = "cellwise",
    version,
    propagate_version = false,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Whether the output has colours. "auto" asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
}

// A command without a line of its own here shows what its arguments' type says, the whole of it with --help.
#[derive(Debug, Subcommand)]
enum Command {
    /// Check notebooks and print what was found
    Check(check::Args),
    Fix(fix::Args),
    Clean(clean::Args),
    Promote(promote::Args),
    Resolve(resolve::Args),
    GitSetup(git_setup::Args),
    /// List all rules
    Rules(rules::Args),
    /// Print the manual page of a rule or an action
    Explain(explain::Args),
    /// Run the language server, on standard input and output
    Server {
        /// Taken for clients that always send it; there is no other way to talk
        #[arg(long, hide = true)]
        stdio: bool,
    },
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Nothing,
    Found,
    Error,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Nothing => 0,
            Status::Found => 1,
            Status::Error => 2,
        })
    }
}
