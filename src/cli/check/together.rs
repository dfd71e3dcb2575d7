//! Files that are checked in one run: each is read, then judged with what it shares with the others.
//!
//! As many as fit into memory are held in between. The others are judged at once, and again from their files
//! if it turns out that they share something.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustc_hash::FxHashMap;

use super::{
    Checked, check_file, checked, config_of, each, each_with, name_of, passages, pool, read,
};
use crate::analysis::FactsCache;
use crate::analysis::clones::Index;
use crate::analysis::known::imports::Votes;
use crate::cli::files;
use crate::cli::output::Format;
use crate::config::Config;
use crate::engine::Analysis;
use crate::format::{self, Hint};
use crate::workspace::Workspace;

/// How much text the cells of the files may have that are held, in bytes. What is known of a cell is some
/// 20 times as large.
const MOST_HELD: usize = 8 << 20;

/// A file of the run after its first reading.
enum First {
    Held(Box<Held>),
    Judged(Checked),
}

/// A file that has been read and linked. Its rules have not run.
struct Held {
    config: Arc<Config>,
    analysis: Analysis,
    lacks_names: bool,
}

/// Checks the files on all cores; the results are in their order.
pub fn check(
    paths: &BTreeSet<PathBuf>,
    workspace: &Workspace,
    format: Format,
) -> Vec<Result<Checked, String>> {
    // Notebooks are often copies of each other, in part at least.
    let cache = Arc::new(FactsCache::default());
    let held = AtomicUsize::new(0);
    let mut firsts = each(paths.clone(), |path| {
        // Reports about places in files need the files' bytes, which are far larger than the cells.
        let is_room = held.load(Ordering::Relaxed) < MOST_HELD && !format.is_about_files();
        if !is_room {
            return check_file(path, workspace, format, None).map(First::Judged);
        }
        let first = hold(path, workspace, &cache)?;
        let cells = first.analysis.notebook().cells.iter();
        held.fetch_add(cells.map(|cell| cell.text.len()).sum(), Ordering::Relaxed);
        Ok(First::Held(Box::new(first)))
    });
    gather_imports(paths, &firsts, workspace);

    let known = paths.iter().zip(&mut firsts);
    let passages = known.filter_map(|(path, first)| {
        let kept = match first.as_mut().ok()? {
            First::Held(held) => passages(&held.analysis, &held.config),
            First::Judged(checked) => std::mem::take(&mut checked.passages),
        };
        Some((name_of(path), kept))
    });
    let index = Arc::new(Index::of(passages));

    let firsts = paths.iter().cloned().zip(firsts).collect();
    each_with(firsts, |path, first| {
        let shared = Some(&index).filter(|index| index.shares(&name_of(path)));
        match (first?, shared) {
            (First::Held(held), _) => Ok(judge(path, *held, workspace, shared)),
            (First::Judged(_), Some(_)) => check_file(path, workspace, format, shared),
            (First::Judged(checked), None) => Ok(checked),
        }
    })
}

fn hold(path: &Path, workspace: &Workspace, cache: &Arc<FactsCache>) -> Result<Held, String> {
    let config = config_of(path, workspace)?;
    let notebook = format::parse_as(&files::read(path)?, Hint::of_path(path));
    let analysis = read(path, notebook, &config, workspace, Arc::clone(cache));
    Ok(Held {
        lacks_names: super::lacks_names(&analysis),
        config,
        analysis,
    })
}

fn judge(path: &Path, held: Held, workspace: &Workspace, index: Option<&Arc<Index>>) -> Checked {
    let mut analysis = held.analysis;
    if held.lacks_names {
        analysis.set_imports(workspace.imports(path));
    }
    if let Some(index) = index {
        analysis.set_clones(index, &name_of(path));
    }
    analysis.settle();
    checked(path, &analysis, &held.config, workspace, None)
}

/// Reads how the projects of the files that lack names import things, from the files that are held as far as
/// they are.
fn gather_imports(
    paths: &BTreeSet<PathBuf>,
    firsts: &[Result<First, String>],
    workspace: &Workspace,
) {
    let held = paths.iter().zip(firsts);
    let held = held.filter_map(|(path, first)| match first {
        Ok(First::Held(held)) => Some((path, held)),
        _ => None,
    });
    let lacking: Vec<&PathBuf> = held
        .clone()
        .filter(|(_, held)| held.lacks_names)
        .map(|(path, _)| path)
        .collect();
    if lacking.is_empty() {
        return;
    }
    let held: FxHashMap<PathBuf, &Held> = held
        .filter_map(|(path, held)| Some((std::path::absolute(path).ok()?, &**held)))
        .collect();
    let votes_of = |path: &Path| {
        let analysis = &held.get(path)?.analysis;
        let mut votes = Votes::default();
        for (cell, _) in analysis.notebook().python_cells() {
            votes.count(analysis.link().facts(cell));
        }
        Some(votes)
    };
    // Without threads the files have not been read either.
    if let Ok(pool) = pool() {
        pool.install(|| {
            let projects = lacking.into_iter();
            projects.for_each(|path| workspace.gather_imports(path, votes_of));
        });
    }
}
