//! `cellwise resolve`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::terminal::{Terminal, plain};
use super::{Status, files, write};
use crate::format::conflict::{self, Keep};
use crate::format::ipynb::resolve;
use crate::format::{self, Decoded, Encoding};
use crate::notebook::{Anchor, ProblemKind};

/// Resolve the merge conflicts that git left in notebooks.
///
/// Without a choice the conflicts are listed with their numbers. --both keeps a cell that differs twice, first as it
/// was checked out. The notebook is valid afterwards, or it is left as it is and the reason is told.
/// The exit status is 0 when no conflict is left, 1 when some are, 2 on an error.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Notebooks with conflicts
    #[arg(value_name = "NOTEBOOK", required = true)]
    paths: Vec<PathBuf>,

    /// Keep what was checked out
    #[arg(long, group = "choice")]
    ours: bool,

    /// Keep what was merged in
    #[arg(long, group = "choice")]
    theirs: bool,

    /// Keep the cells of both
    #[arg(long, group = "choice")]
    both: bool,

    /// Resolve only the conflicts of these numbers (comma-separated; of one notebook)
    #[arg(long, value_delimiter = ',', value_name = "N", requires = "choice")]
    only: Vec<usize>,
}

pub fn run(args: &Args, terminal: &mut Terminal) -> ExitCode {
    if !args.only.is_empty() && args.paths.len() > 1 {
        terminal.error("--only names conflicts of one notebook; name that alone");
        return Status::Error.into();
    }
    let keep = match (args.ours, args.theirs, args.both) {
        (true, ..) => Some(Keep::Ours),
        (_, true, _) => Some(Keep::Theirs),
        (.., true) => Some(Keep::Both),
        _ => None,
    };
    let mut status = Status::Nothing;
    for path in &args.paths {
        let left = match keep {
            None => list(path, terminal),
            Some(keep) => resolve_file(path, keep, &args.only, terminal),
        };
        status = match (left, status) {
            (Err(error), _) => {
                terminal.error(error);
                Status::Error
            }
            (Ok(_), Status::Error) => Status::Error,
            (Ok(0), status) => status,
            (Ok(_), _) => Status::Found,
        };
    }
    status.into()
}

/// Gives how many conflicts are left.
fn resolve_file(
    path: &Path,
    keep: Keep,
    only: &[usize],
    terminal: &Terminal,
) -> Result<usize, String> {
    let old = files::read(path)?;
    let name = plain(&path.to_string_lossy());
    let count = conflict::find(&old).len();
    if count == 0 {
        terminal.tell(format_args!("{name} has no conflicts."));
        return Ok(0);
    }
    if let Some(wrong) = only.iter().find(|number| !(1..=count).contains(*number)) {
        return Err(format!(
            "{name} has no conflict {wrong}; they are numbered from 1 to {count}"
        ));
    }
    let is_meant = |number: usize| only.is_empty() || only.contains(&number);
    let keep: Vec<Option<Keep>> = (1..=count)
        .map(|number| is_meant(number).then_some(keep))
        .collect();
    let new = resolve::resolve(&old, &keep)
        .map_err(|reason| format!("{name} is left as it is: {reason}"))?;
    write::replace(&write::Unbroken::begin(), path, &old, &new)?;
    let left = conflict::find(&new).len();
    let resolved = count - left;
    let plural = if resolved == 1 { "" } else { "s" };
    terminal.tell(format_args!(
        "Resolved {resolved} conflict{plural} in {name}; {left} left."
    ));
    Ok(left)
}

/// Prints where each conflict is; gives how many there are.
fn list(path: &Path, terminal: &Terminal) -> Result<usize, String> {
    let bytes = files::read(path)?;
    let name = plain(&path.to_string_lossy());
    if Decoded::new(&bytes).encoding != Encoding::Utf8 {
        return Err(format!("{name} is UTF-16; save it as UTF-8 first"));
    }
    let notebook = format::parse(&bytes);
    let conflicts: Vec<_> = notebook
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Conflict)
        .filter_map(|problem| match problem.anchor {
            Anchor::File(place) => Some((place, &problem.message)),
            _ => None,
        })
        .collect();
    let printed = terminal.print(|out| {
        for (position, (place, message)) in conflicts.iter().enumerate() {
            let what = message.split(": no editor").next().unwrap_or_default();
            writeln!(
                out,
                "{name}:{}: conflict {}: {}",
                place.line,
                position + 1,
                plain(what)
            )?;
        }
        Ok(())
    });
    printed.map_err(|error| format!("standard output cannot be written: {error}"))?;
    if conflicts.is_empty() {
        terminal.tell(format_args!("{name} has no conflicts."));
    }
    Ok(conflicts.len())
}
