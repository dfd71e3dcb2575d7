//! Walking a folder as git sees it: without what is hidden or ignored. Symbolic links are not followed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder};

use super::regular;

/// The first line of a file in `.git` is a path. A longer file is none of git's.
const LONGEST_PATH: u64 = 1 << 16;

/// The entries below a folder, and what is wrong with those that cannot be told.
pub struct Walk {
    entries: Option<ignore::Walk>,
    /// Files that would say what is ignored, and that nobody can read to their end.
    odd: Arc<Mutex<VecDeque<PathBuf>>>,
}

/// Walks a folder in any order, without the folders and files that `keep` refuses.
pub fn below(root: &Path, keep: impl Fn(&DirEntry) -> bool + Send + Sync + 'static) -> Walk {
    start(WalkBuilder::new(root), root, keep)
}

/// Walks a folder in the order of its paths.
pub fn sorted(root: &Path) -> Walk {
    let mut builder = WalkBuilder::new(root);
    builder.sort_by_file_path(Ord::cmp);
    start(builder, root, |_| true)
}

/// The crate opens whatever is called `.gitignore`, and would wait for a pipe for ever: so each folder is looked at
/// before the crate comes to it, and is passed over where it holds such a file. The crate looks into all folders above, too.
fn start(
    mut builder: WalkBuilder,
    root: &Path,
    keep: impl Fn(&DirEntry) -> bool + Send + Sync + 'static,
) -> Walk {
    builder.require_git(false);
    let whole = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let above: VecDeque<PathBuf> = whole.ancestors().find_map(odd_file).into_iter().collect();
    let is_readable = above.is_empty();
    let odd = Arc::new(Mutex::new(above));
    let found = Arc::clone(&odd);
    builder.filter_entry(move |entry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        // The root was looked at.
        if entry.depth() > 0
            && is_folder
            && let Some(odd) = odd_file(entry.path())
        {
            found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_back(odd);
            return false;
        }
        keep(entry)
    });
    Walk {
        entries: is_readable.then(|| builder.build()),
        odd,
    }
}

impl Iterator for Walk {
    type Item = Result<DirEntry, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.entries.as_mut().and_then(Iterator::next);
        match next {
            Some(Ok(entry)) => Some(Ok(entry)),
            Some(Err(error)) => Some(Err(error.to_string())),
            None => {
                let mut odd = self.odd.lock().unwrap_or_else(PoisonError::into_inner);
                let odd = odd.pop_front()?.display().to_string();
                Some(Err(format!(
                    "{odd} is no regular file, so that nobody knows what git ignores there; remove it"
                )))
            }
        }
    }
}

/// A file that the crate would open when it comes to this folder, and never come back from.
fn odd_file(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    let mut opened = vec![folder.join(".gitignore"), folder.join(".ignore")];
    if git.is_file() {
        // A worktree or a submodule, whose repository is elsewhere.
        opened.push(git.clone());
        if let Some(own) =
            first_line(&git).and_then(|line| Some(PathBuf::from(line.strip_prefix("gitdir: ")?)))
        {
            opened.push(own.join("commondir"));
            if let Some(common) = first_line(&own.join("commondir")) {
                opened.push(own.join(common).join("info/exclude"));
            }
        }
    } else {
        opened.push(git.join("info/exclude"));
    }
    // To open a folder fails at once.
    opened
        .into_iter()
        .find(|path| std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()))
}

fn first_line(path: &Path) -> Option<String> {
    let text = String::from_utf8(regular::read(path, LONGEST_PATH).ok()?).ok()?;
    text.lines().next().map(str::to_owned)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_whose_ignored_files_cannot_be_known_is_told_of_and_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let at = |name: &str| top.join(name);
        for sub in ["plain", "odd", "old/.git/info", "tree", "far"] {
            std::fs::create_dir_all(at(sub)).unwrap();
        }
        for file in ["plain/a.py", "odd/b.py", "old/c.py", "tree/d.py"] {
            std::fs::write(at(file), "").unwrap();
        }
        // None of these ends when it is read.
        symlink("/dev/zero", at("odd/.gitignore")).unwrap();
        symlink("/dev/zero", at("old/.git/info/exclude")).unwrap();
        symlink("/dev/zero", at("far/commondir")).unwrap();
        let pointer = format!("gitdir: {}\n", at("far").display());
        std::fs::write(at("tree/.git"), pointer).unwrap();

        let walk = |root: &Path| -> (Vec<String>, Vec<String>) {
            let (found, told): (Vec<_>, Vec<_>) = sorted(root).partition(Result::is_ok);
            let name = |path: &Path| path.strip_prefix(&top).unwrap().display().to_string();
            let found = found
                .into_iter()
                .flatten()
                .filter(|entry| entry.path().extension().is_some());
            let told = told.into_iter().filter_map(Result::err);
            let told = told.map(|line| name(Path::new(line.split(" is no").next().unwrap())));
            (
                found.map(|entry| name(entry.path())).collect(),
                told.collect(),
            )
        };
        let (found, told) = walk(&top);
        assert_eq!(found, ["plain/a.py"]);
        assert_eq!(
            told,
            ["odd/.gitignore", "old/.git/info/exclude", "far/commondir"]
        );
        // The same where the walk begins there, or below.
        std::fs::create_dir(at("odd/sub")).unwrap();
        for begin in ["odd", "odd/sub"] {
            assert_eq!(walk(&at(begin)), (vec![], vec!["odd/.gitignore".into()]));
        }
    }
}
