//! `cellwise check`.

mod together;

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::baseline::Baseline;
use super::output::Format;
use super::progress::Progress;
use super::report::{self, InFile, Item, Report};
use super::selection::Selection;
use super::terminal::Terminal;
use super::{Status, files, suppressions};
use crate::analysis::FactsCache;
use crate::analysis::clones::{Index, Kept};
use crate::config::Config;
use crate::engine::Analysis;
use crate::format::{self, Hint};
use crate::notebook::{Notebook, ProblemKind};
use crate::rule::Severity;
use crate::rules;
use crate::workspace::{Workspace, clones};

/// Check notebooks and print what was found.
///
/// A hint is shown only with --hints, or when its rule is selected by its own name.
/// The exit status is 0 when nothing but hints was found, 1 when something was, 2 on an error of use or of reading.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Notebooks, and folders to look for notebooks in
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    #[command(flatten)]
    selection: Selection,

    /// Print how often each rule found something, in place of the findings (text and json)
    #[arg(long)]
    statistics: bool,

    /// Leave out the findings that this file holds
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings into this file, which --baseline leaves out from then on
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "statistics"])]
    write_baseline: Option<PathBuf>,

    /// Write a comment that suppresses it behind every finding, into the notebooks
    #[arg(long, conflicts_with_all = ["baseline", "statistics", "write_baseline", "format"])]
    add_suppressions: bool,
}

pub fn run(args: &Args, terminal: &mut Terminal) -> ExitCode {
    let workspace = Arc::new(Workspace::new(args.selection.settings()));
    let baseline = match args.baseline.as_deref().map(Baseline::read).transpose() {
        Ok(baseline) => baseline,
        Err(error) => {
            terminal.error(error);
            return Status::Error.into();
        }
    };
    let files = files::find(&args.paths, &workspace);
    if args.add_suppressions {
        return add_suppressions(files, &workspace, args, terminal).into();
    }
    let (mut report, errors) = check(&files.paths, &workspace, args);
    let errors: BTreeSet<String> = files.errors.into_iter().chain(errors).collect();
    if report.notebooks == 0 && errors.is_empty() {
        terminal.tell("no notebooks found");
    }
    if let Some(path) = &args.write_baseline {
        return write_baseline(&report, path, &errors, terminal).into();
    }
    if let Some(baseline) = baseline {
        baseline.take_known(&mut report);
    }
    let printed = terminal.print(|out| {
        if args.statistics {
            args.format.write_statistics(&report, out)
        } else {
            args.format.write(&report, out)
        }
    });
    for error in &errors {
        terminal.error(error);
    }
    if let Err(error) = &printed {
        terminal.error(format_args!("the report cannot be written: {error}"));
    }
    let status = if printed.is_err() || !errors.is_empty() {
        Status::Error
    } else if report.fails() {
        Status::Found
    } else {
        Status::Nothing
    };
    status.into()
}

/// A baseline that lacks what could not be read would call it new one day, so none is written then.
fn write_baseline(
    report: &Report,
    path: &Path,
    errors: &BTreeSet<String>,
    terminal: &Terminal,
) -> Status {
    for error in errors {
        terminal.error(error);
    }
    if !errors.is_empty() {
        terminal.error("no baseline is written before every notebook can be read");
        return Status::Error;
    }
    match Baseline::of(report, path).write(path) {
        Ok(()) => {
            let findings = report.items.len();
            let plural = if findings == 1 { "" } else { "s" };
            terminal.tell(format_args!(
                "wrote {findings} finding{plural} to {}",
                path.display()
            ));
            Status::Nothing
        }
        Err(error) => {
            terminal.error(error);
            Status::Error
        }
    }
}

/// Writes comments for what a run without the option would show.
fn add_suppressions(
    files: files::Files,
    workspace: &Workspace,
    args: &Args,
    terminal: &Terminal,
) -> Status {
    let paths: Vec<PathBuf> = files.paths.iter().cloned().collect();
    let never = AtomicBool::new(false);
    let index = clones::index(&paths, name_of, &never, || {});
    let index = Arc::new(index.unwrap_or_default());
    let results = each(files.paths, |path| {
        suppressions::add(path, workspace, &index, |finding, config| {
            args.selection.hints
                || finding.severity != Severity::Hint
                || config.asks_for(finding.rule)
        })
    });
    let mut errors: BTreeSet<String> = files.errors.into_iter().collect();
    let (mut findings, mut notebooks, mut left) = (0, 0, 0);
    for result in results {
        match result {
            Ok(added) => {
                findings += added.findings;
                notebooks += usize::from(added.findings > 0);
                left += added.left;
            }
            Err(error) => {
                errors.insert(error);
            }
        }
    }
    for error in &errors {
        terminal.error(error);
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    terminal.tell(format_args!(
        "Suppressed {findings} finding{} in {notebooks} notebook{}.",
        plural(findings),
        plural(notebooks)
    ));
    if left > 0 {
        terminal.tell(format_args!(
            "{left} finding{} no comment can be written for: --write-baseline takes those.",
            plural(left)
        ));
    }
    match (errors.is_empty(), left) {
        (false, _) => Status::Error,
        (true, 0) => Status::Nothing,
        (true, _) => Status::Found,
    }
}

/// Deep expressions are walked by recursion, and public notebooks hold some that need more than the usual 2 MB.
/// Only what is used of it takes memory.
const STACK_BYTES: usize = 64 << 20;

/// Checks the files on all cores. The order of the report is that of the paths.
fn check(paths: &BTreeSet<PathBuf>, workspace: &Workspace, args: &Args) -> (Report, Vec<String>) {
    let mut report = Report {
        hints: args.selection.hints,
        ..Report::default()
    };
    let mut errors = Vec::new();
    for result in together::check(paths, workspace, args.format) {
        match result {
            Ok(mut checked) => {
                report.notebooks += 1;
                report.items.append(&mut checked.items);
                errors.extend(checked.problem);
            }
            Err(error) => errors.push(error),
        }
    }
    (report, errors)
}

/// What a file is called in the index, and in messages.
pub(super) fn name_of(path: &Path) -> Arc<str> {
    path.to_string_lossy().replace('\\', "/").into()
}

/// Does the work for each file, on all cores. The order of the results is that of the paths;
/// a panic is an error of one file.
pub(super) fn each<T: Send>(
    paths: BTreeSet<PathBuf>,
    work: impl Fn(&Path) -> Result<T, String> + Sync,
) -> Vec<Result<T, String>> {
    let paths = paths.into_iter().map(|path| (path, ()));
    each_with(paths.collect(), |path, ()| work(path))
}

/// The same with something of each file's own.
fn each_with<I: Send, T: Send>(
    files: Vec<(PathBuf, I)>,
    work: impl Fn(&Path, I) -> Result<T, String> + Sync,
) -> Vec<Result<T, String>> {
    let progress = Progress::new(files.len());
    let pool = match pool() {
        Ok(pool) => pool,
        Err(error) => return vec![Err(error)],
    };
    panic::set_hook(Box::new(|panic| {
        let trace = Backtrace::capture();
        LAST_PANIC.set(Some(format!("{panic}\n{trace}")));
    }));
    let results = pool.install(|| {
        files
            .into_par_iter()
            .map(|(path, own)| {
                let result = guarded(&path, || work(&path, own));
                progress.done();
                result
            })
            .collect()
    });
    let _ = panic::take_hook();
    results
}

fn pool() -> Result<rayon::ThreadPool, String> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES);
    pool.build()
        .map_err(|error| format!("no threads can be started: {error}"))
}

thread_local! {
    /// What the panic hook saw last on this thread.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Turns a panic into an error of one file, so that the others are checked all the same.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    // What `work` leaves half done is its own: the workspace's cache holds only whole entries.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload: Box<dyn Any + Send>| {
        let seen = LAST_PANIC.take();
        let what = seen
            .as_deref()
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("panicked");
        Err(format!(
            "{} could not be worked on, which is a mistake in Cellwise; please report it: {}",
            path.display(),
            what.trim_end()
        ))
    })
}

pub(super) struct Checked {
    pub items: Vec<Item>,
    /// Why editors will not open the file, where no rule tells it.
    pub problem: Option<String>,
    /// What other notebooks may repeat; none where no rule asks.
    pub passages: Vec<Kept>,
}

/// The rules that tell what is wrong with a file. Where neither runs, silence would pass for "nothing found".
const TELL_PROBLEMS: [&str; 2] = ["invalid-notebook", "merge-conflict"];

/// The rule that looks at other notebooks.
const ACROSS_FILES: &str = "duplicate-code";

fn check_file(
    path: &Path,
    workspace: &Workspace,
    format: Format,
    index: Option<&Arc<Index>>,
) -> Result<Checked, String> {
    let config = config_of(path, workspace)?;
    let bytes = files::read(path)?;
    let hint = Hint::of_path(path);
    let notebook = format::parse_as(&bytes, hint);
    // A file may be far larger than its cells, and most outputs do not look at it again.
    let bytes = format.is_about_files().then_some(bytes);
    let mut analysis = analyse(path, notebook, &config, workspace);
    if let Some(index) = index {
        analysis.set_clones(index, &name_of(path));
        analysis.settle();
    }
    let decoded = bytes.as_deref().map(format::Decoded::new);
    let is_found = analysis.findings().next().is_some();
    let in_file = decoded.as_ref().filter(|_| is_found);
    let in_file = in_file.and_then(|decoded| InFile::new(decoded, hint));
    Ok(checked(
        path,
        &analysis,
        &config,
        workspace,
        in_file.as_ref(),
    ))
}

pub(crate) fn config_of(path: &Path, workspace: &Workspace) -> Result<Arc<Config>, String> {
    let config = workspace.config_for(path).map_err(|mut error| {
        error.file = error.file.map(|file| files::shortest(&file));
        error.to_string()
    })?;
    Ok(Arc::new(config))
}

/// Analyses a notebook with what it needs to know of the files around.
pub(crate) fn analyse(
    path: &Path,
    notebook: Notebook,
    config: &Arc<Config>,
    workspace: &Workspace,
) -> Analysis {
    let mut analysis = read(path, notebook, config, workspace, Arc::default());
    if lacks_names(&analysis) {
        analysis.set_imports(workspace.imports(path));
    }
    analysis.settle();
    analysis
}

/// Links a notebook with what it takes from the files around. Its rules have not run.
fn read(
    path: &Path,
    mut notebook: Notebook,
    config: &Arc<Config>,
    workspace: &Workspace,
    cache: Arc<FactsCache>,
) -> Analysis {
    let file_name = path.file_name().and_then(|name| name.to_str());
    Arc::make_mut(&mut notebook.meta).file_name = file_name.map(Arc::from);
    let mut analysis = Analysis::unsettled(notebook, Arc::clone(config), cache);
    analysis.set_dependencies(workspace.dependencies(path));
    let lookups = analysis.lookups();
    if !lookups.is_empty() {
        let surroundings = workspace.surroundings(path, lookups);
        analysis.set_surroundings(surroundings);
    }
    analysis
}

/// Whether it helps to know how the project imports what it uses.
fn lacks_names(analysis: &Analysis) -> bool {
    let mut cells = analysis.notebook().indexed();
    cells.any(|(cell, _)| analysis.lacks_names(cell))
}

/// `file` is given where the report is about places in files.
pub(super) fn checked(
    path: &Path,
    analysis: &Analysis,
    config: &Config,
    workspace: &Workspace,
    file: Option<&InFile<'_>>,
) -> Checked {
    let is_told = analysis
        .findings()
        .any(|finding| TELL_PROBLEMS.contains(&finding.rule));
    let problem = analysis
        .notebook()
        .problems
        .iter()
        .find(|problem| problem.kind == ProblemKind::Unreadable && !is_told)
        .map(|problem| format!("{}: {}", path.display(), problem.message));
    let project = workspace.project(path);
    let items = report::items(path.to_owned(), analysis, &project, file, |rule| {
        config.asks_for(rule)
    });
    Checked {
        items,
        problem,
        passages: passages(analysis, config),
    }
}

/// What other notebooks may repeat; none where no rule asks.
fn passages(analysis: &Analysis, config: &Config) -> Vec<Kept> {
    let looks_across = rules::find(ACROSS_FILES).and_then(|rule| config.severity_of(rule));
    looks_across.map_or_else(Vec::new, |_| analysis.passages())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_one_file() {
        let result = guarded::<()>(Path::new("a.ipynb"), || panic!("ouch"));
        let error = result.unwrap_err();
        assert!(
            error.starts_with("a.ipynb could not be worked on"),
            "{error}"
        );
        assert!(error.contains("ouch"), "{error}");
    }
}
