//! `cellwise promote`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::diff::{self, Change};
use super::terminal::Terminal;
use super::{Status, check, files, write};
use crate::engine::Analysis;
use crate::format;
use crate::notebook::EditOp;
use crate::project::Project;
use crate::refactor::module::target::Target;
use crate::refactor::promote;
use crate::workspace::Workspace;

/// Make a module of a notebook, and the notebook its caller.
///
/// Imports, functions, classes and constants stand in the module as they are. The code below each heading becomes a
/// function; `main()` calls them in order, and prints what the notebook shows. The notebook keeps its text and calls
/// the functions. What cannot live in a module is named, and nothing is written.
/// The exit status is 0 when it is done, 2 when it is not.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The notebook
    notebook: PathBuf,

    /// The module to write, which must not exist yet; without it, one beside the notebook
    #[arg(long, value_name = "MODULE.py")]
    to: Option<PathBuf>,

    /// Write nothing; show what would change
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &Args, terminal: &mut Terminal) -> ExitCode {
    match promote(args, terminal) {
        Ok(()) => Status::Nothing,
        Err(error) => {
            terminal.error(error);
            Status::Error
        }
    }
    .into()
}

fn promote(args: &Args, terminal: &mut Terminal) -> Result<(), String> {
    let workspace = Workspace::new(crate::config::Settings::default());
    let config = check::config_of(&args.notebook, &workspace)?;
    let old = files::read(&args.notebook)?;
    let analysis = check::analyse(&args.notebook, format::parse(&old), &config, &workspace);
    let name = args.notebook.display();
    if let Some(problem) = analysis.notebook().problems.first() {
        return Err(format!("{name} is not promoted: {}", problem.message));
    }
    let project = workspace.project(&args.notebook);
    let refused = |reason: &dyn std::fmt::Display| format!("{name} is not promoted: {reason}");
    let target = target(args, &analysis, &project).map_err(|reason| refused(&reason))?;
    let promotion = promote::plan(&analysis.context(), &project, &target)
        .map_err(|refusal| refused(&refusal.0))?;
    let mut edit = promotion.edit;
    let mut created = Vec::new();
    edit.ops.retain(|op| match op {
        EditOp::CreateFile { path, text } => {
            created.push((shortened(path), text.clone()));
            false
        }
        _ => true,
    });
    let new = format::patch(&old, &edit).map_err(|reason| refused(&reason))?;
    for remark in &promotion.remarks {
        terminal.tell(remark);
    }
    if args.dry_run {
        let created = created.into_iter().map(|(path, text)| {
            let change = Change {
                old: Vec::new(),
                new: text.into_bytes(),
            };
            (path, change)
        });
        let changes = created.chain([(args.notebook.clone(), Change { old, new })]);
        let mut is_masked = false;
        let printed = terminal.print(|out| {
            for (path, change) in changes {
                is_masked |= diff::write(&path, &change, out)?;
            }
            Ok(())
        });
        if is_masked {
            terminal.tell(diff::MASKED);
        }
        return printed.map_err(|error| format!("the diff cannot be written: {error}"));
    }
    // A module without its caller would be half of the work.
    let unbroken = write::Unbroken::begin();
    for (position, (path, text)) in created.iter().enumerate() {
        let written = write::create(&unbroken, path, text.as_bytes());
        written.inspect_err(|_| take_back(&created[..position]))?;
    }
    let called = write::replace(&unbroken, &args.notebook, &old, &new);
    called.inspect_err(|_| take_back(&created))?;
    for (path, _) in &created {
        terminal.tell(format_args!("Wrote {}; {name} calls it.", path.display()));
    }
    Ok(())
}

/// Removes modules that are nobody's yet.
fn take_back(created: &[(PathBuf, String)]) {
    for (path, _) in created {
        let _ = std::fs::remove_file(path);
    }
}

/// The path as seen from the working directory, where it is below.
fn shortened(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

/// Where the module goes; a path that was given starts from the working directory.
fn target(args: &Args, analysis: &Analysis, project: &dyn Project) -> Result<Target, String> {
    let cx = analysis.context();
    let target = match &args.to {
        None => Target::proposed(&cx, project),
        Some(to) => {
            let to =
                std::path::absolute(to).map_err(|error| format!("{}: {error}", to.display()))?;
            let path = to.strip_prefix(project.root()).map_err(|_| {
                format!(
                    "{} is outside of the project, which begins at {}; choose a file below it",
                    to.display(),
                    project.root().display()
                )
            })?;
            Target::new(&cx, project, path)
        }
    };
    target.map_err(|refusal| refusal.0)
}
