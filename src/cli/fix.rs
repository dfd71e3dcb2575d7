//! `cellwise fix`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use super::diff::{self, Change};
use super::output::Format;
use super::report::Report;
use super::selection::Selection;
use super::terminal::Terminal;
use super::{Status, check, files, write};
use crate::format::{self, Hint, sheet};
use crate::notebook::Notebook;
use crate::rule::{Finding, Safety, Severity};
use crate::workspace::Workspace;

/// Repair what can be repaired for certain, and print what remains.
///
/// Of a notebook's file only what is repaired changes; every other byte stays. Hints are repaired where they are shown:
/// with --hints, or when their rule is selected by its own name.
/// The exit status is 0 when nothing but hints remains, 1 when something does, 2 on an error. With --diff nothing is
/// repaired, so it is 1 when something could be.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Notebooks, and folders to look for notebooks in
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Make the repairs, too, that a person should look at
    #[arg(long)]
    unsafe_fixes: bool,

    /// Write nothing; show what would change
    #[arg(long)]
    diff: bool,

    #[command(flatten)]
    selection: Selection,
}

pub fn run(args: &Args, terminal: &mut Terminal) -> ExitCode {
    let workspace = Arc::new(Workspace::new(args.selection.settings()));
    let files = files::find(&args.paths, &workspace);
    let results = check::each(files.paths, |path| fix_file(path, args, &workspace));

    let mut report = Report {
        hints: args.selection.hints,
        ..Report::default()
    };
    let mut errors: BTreeSet<String> = files.errors.into_iter().collect();
    let (mut repaired, mut changes) = (0, Vec::new());
    for result in results {
        match result {
            Ok(mut fixed) => {
                report.notebooks += 1;
                report.items.append(&mut fixed.remaining.items);
                errors.extend(fixed.remaining.problem);
                errors.extend(fixed.refused);
                repaired += fixed.repaired;
                changes.extend(fixed.change);
            }
            Err(error) => {
                errors.insert(error);
            }
        }
    }
    if report.notebooks == 0 && errors.is_empty() {
        terminal.tell("no notebooks found");
    }
    let mut is_masked = false;
    let printed = terminal.print(|out| {
        if !args.diff {
            return Format::Text.write(&report, out);
        }
        for (path, change) in &changes {
            if let Some(change) = change {
                is_masked |= diff::write(path, change, out)?;
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
    if let Err(error) = &printed {
        terminal.error(format_args!("the report cannot be written: {error}"));
    }
    terminal.tell(summary(repaired, changes.len(), args.diff));
    let status = if printed.is_err() || !errors.is_empty() {
        Status::Error
    } else if report.fails() || (args.diff && repaired > 0) {
        Status::Found
    } else {
        Status::Nothing
    };
    status.into()
}

struct Fixed {
    remaining: check::Checked,
    /// How many findings were repaired, or would be.
    repaired: usize,
    /// The file, where it changed; with its contents, where they are shown.
    change: Option<(PathBuf, Option<Change>)>,
    /// Why a repair was not made.
    refused: Option<String>,
}

/// A repair may make another possible, and none should bring back what another took away.
const MOST_ROUNDS: usize = 20;

fn fix_file(path: &Path, args: &Args, workspace: &Workspace) -> Result<Fixed, String> {
    let config = check::config_of(path, workspace)?;
    let old = files::read(path)?;
    let most = if args.unsafe_fixes {
        Safety::Unsafe
    } else {
        Safety::Safe
    };
    let hint = Hint::of_path(path);
    let mut new: Option<Vec<u8>> = None;
    let (mut repaired, mut refused) = (0, None);
    let mut rounds = 0;
    let analysis = loop {
        let bytes = new.as_deref().unwrap_or(&old);
        let analysis = check::analyse(path, format::parse_as(bytes, hint), &config, workspace);
        if rounds == MOST_ROUNDS {
            break analysis;
        }
        rounds += 1;
        let wanted = |finding: &Finding| {
            args.selection.hints
                || finding.severity != Severity::Hint
                || config.asks_for(finding.rule)
        };
        let repairs = analysis.repairs(most, wanted, &workspace.project(path));
        if repairs.findings == 0 {
            break analysis;
        }
        let patched = format::patch_as(bytes, hint, &repairs.edit).and_then(|patched| {
            let expected = repairs.edit.apply(analysis.notebook());
            if is_same(&format::parse_as(&patched, hint), &expected) {
                Ok(patched)
            } else {
                Err("the repaired file would not read as it should, which is a mistake in Cellwise; please report it".into())
            }
        });
        match patched {
            Ok(patched) => new = Some(patched),
            Err(reason) => {
                refused = Some(format!("{} is not repaired: {reason}", path.display()));
                break analysis;
            }
        }
        repaired += repairs.findings;
    };
    let mut remaining = check::checked(path, &analysis, &config, workspace, None);
    for item in &mut remaining.items {
        // Where a repair was refused, none is promised.
        item.fix.take_if(|fix| fix.safety <= most);
    }
    let change = match new {
        Some(new) if !args.diff => {
            write::replace(&write::Unbroken::begin(), path, &old, &new)?;
            Some((path.to_owned(), None))
        }
        new => new.map(|new| (path.to_owned(), Some(Change { old, new }))),
    };
    Ok(Fixed {
        remaining,
        repaired,
        change,
        refused,
    })
}

/// Nothing is written that reads otherwise than the edit says.
fn is_same(found: &Notebook, expected: &Notebook) -> bool {
    // Texts that hold no outputs were compared when they were patched, and in some of them prose runs together.
    if found.meta.nbformat.is_none() && sheet::is_same(found, expected, true) {
        return true;
    }
    found.cells.len() == expected.cells.len()
        && found
            .cells
            .iter()
            .zip(&expected.cells)
            .all(|(found, expected)| {
                found.kind == expected.kind
                    && found.text == expected.text
                    && found.execution == expected.execution
                    && found.outputs == expected.outputs
            })
}

fn summary(repaired: usize, notebooks: usize, is_diff: bool) -> String {
    let verb = if is_diff { "Would repair" } else { "Repaired" };
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    match repaired {
        0 => "Nothing to repair.".to_owned(),
        repaired => format!(
            "{verb} {} in {}.",
            plural(repaired, "finding"),
            plural(notebooks, "notebook")
        ),
    }
}
