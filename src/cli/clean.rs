//! `cellwise clean`.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use super::diff::{self, Change};
use super::terminal::{Terminal, plain};
use super::{Status, check, files, write};
use crate::config::Settings;
use crate::format::ipynb::clean::{self, Policy};
use crate::workspace::Workspace;

/// Take outputs, execution counts and volatile metadata out of notebooks; every other byte stays.
///
/// Volatile is metadata that changes without anyone meaning it. Of cells: collapsed, scrolled, hidden,
/// heading_collapsed, ExecuteTime, execution, executionInfo and outputId. Of notebooks: widgets, signature and
/// vscode.interpreter.
///
/// The outputs of a cell are kept (without their counts) if it has the tag keep_output or keep, or keep_output or init_cell
/// in its metadata; all are kept if the notebook has keep_output in its metadata and the cell does not deny it.
///
/// Without a path, or with "-", a notebook is read from standard input and written to standard output, as a git filter
/// does. The exit status is 0 when all is clean now, 1 when --check or --diff found something to take out,
/// 2 on an error.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Notebooks, and folders to look for notebooks in; "-" is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Write nothing; name the notebooks that are not clean
    #[arg(long)]
    check: bool,

    /// Write nothing; show what would change
    #[arg(long)]
    diff: bool,

    /// Write the cleaned notebook to standard output, and leave the file
    #[arg(long, conflicts_with_all = ["check", "diff"])]
    stdout: bool,

    /// Take out what differs between machines, too: the kernel and the version of its language
    #[arg(long)]
    kernel: bool,
}

pub fn run(args: &Args, terminal: &mut Terminal) -> ExitCode {
    let policy = Policy {
        kernel: args.kernel,
    };
    let status = match &args.paths[..] {
        [] if io::stdin().is_terminal() => {
            terminal
                .error("name a notebook, a folder (`.` for this one), or `-` for standard input");
            Status::Error
        }
        [] => of_stdin(args, policy, terminal),
        [only] if only == Path::new("-") => of_stdin(args, policy, terminal),
        paths if args.stdout => of_files_to_stdout(paths, policy, terminal),
        paths => of_files(paths, args, policy, terminal),
    };
    status.into()
}

fn of_stdin(args: &Args, policy: Policy, terminal: &Terminal) -> Status {
    let mut bytes = Vec::new();
    if let Err(error) = io::stdin().lock().read_to_end(&mut bytes) {
        terminal.error(format_args!("standard input cannot be read: {error}"));
        return Status::Error;
    }
    let new = match clean::clean(&bytes, policy) {
        Ok(new) => new,
        Err(reason) => {
            terminal.error(format_args!("standard input cannot be cleaned: {reason}"));
            return Status::Error;
        }
    };
    if !args.check && !args.diff {
        return put(new.as_deref().unwrap_or(&bytes), terminal);
    }
    let Some(new) = new else {
        return Status::Nothing;
    };
    if args.diff {
        let change = Change { old: bytes, new };
        let mut is_masked = false;
        let printed = terminal.print(|out| {
            is_masked = diff::write(Path::new("-"), &change, out)?;
            Ok(())
        });
        if is_masked {
            terminal.tell(diff::MASKED);
        }
        return told(printed, Status::Found, terminal);
    }
    terminal.tell("standard input is not clean");
    Status::Found
}

fn of_files_to_stdout(paths: &[PathBuf], policy: Policy, terminal: &Terminal) -> Status {
    let mut worst = Status::Nothing;
    for path in paths {
        let cleaned = files::read(path).and_then(|bytes| {
            let new = clean::clean(&bytes, policy).map_err(|reason| refusal(path, &reason))?;
            Ok(new.unwrap_or(bytes))
        });
        match cleaned {
            Ok(bytes) => {
                if put(&bytes, terminal) == Status::Error {
                    return Status::Error;
                }
            }
            Err(error) => {
                terminal.error(error);
                worst = Status::Error;
            }
        }
    }
    worst
}

fn of_files(paths: &[PathBuf], args: &Args, policy: Policy, terminal: &Terminal) -> Status {
    let workspace = Arc::new(Workspace::new(Settings::default()));
    let files = files::find(paths, &workspace);
    let writes = !args.check && !args.diff;
    let count = files.paths.len();
    let results = check::each(files.paths, |path| {
        let old = files::read(path)?;
        let new = clean::clean(&old, policy).map_err(|reason| refusal(path, &reason))?;
        let Some(new) = new else { return Ok(None) };
        if writes {
            write::replace(&write::Unbroken::begin(), path, &old, &new)?;
        }
        // Of many notebooks only what is shown is held.
        let change = args.diff.then_some(Change { old, new });
        Ok(Some((path.to_owned(), change)))
    });

    let mut errors: BTreeSet<String> = files.errors.into_iter().collect();
    let mut changed = Vec::new();
    for result in results {
        match result {
            Ok(change) => changed.extend(change),
            Err(error) => {
                errors.insert(error);
            }
        }
    }
    let mut is_masked = false;
    let printed = terminal.print(|out| {
        for (path, change) in &changed {
            match change {
                Some(change) => is_masked |= diff::write(path, change, out)?,
                None if args.check => {
                    writeln!(out, "{} is not clean", plain(&path.to_string_lossy()))?;
                }
                None => {}
            }
        }
        Ok(())
    });
    if is_masked {
        terminal.tell(diff::MASKED);
    }
    for error in &errors {
        terminal.error(error);
    }
    terminal.tell(summary(changed.len(), count, writes));
    let status = match (errors.is_empty(), writes || changed.is_empty()) {
        (false, _) => Status::Error,
        (true, true) => Status::Nothing,
        (true, false) => Status::Found,
    };
    told(printed, status, terminal)
}

fn summary(changed: usize, all: usize, writes: bool) -> String {
    let notebooks = match all {
        0 => return "no notebooks found".to_owned(),
        1 => "1 notebook".to_owned(),
        all => format!("{all} notebooks"),
    };
    let verb = if writes { "Cleaned" } else { "Would clean" };
    format!("{verb} {changed} of {notebooks}.")
}

fn refusal(path: &Path, reason: &crate::format::Unpatchable) -> String {
    format!("{} is left as it is: {reason}", path.display())
}

/// Writes bytes as they are: the terminal's stream would take out what looks like colours.
fn put(bytes: &[u8], terminal: &Terminal) -> Status {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Status::Nothing,
        written => told(written, Status::Nothing, terminal),
    }
}

fn told(written: io::Result<()>, status: Status, terminal: &Terminal) -> Status {
    match written {
        Ok(()) => status,
        Err(error) => {
            terminal.error(format_args!("standard output cannot be written: {error}"));
            Status::Error
        }
    }
}
