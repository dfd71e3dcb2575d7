//! `cellwise git-setup`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::Status;
use super::terminal::Terminal;
use super::write as files;

/// Let git leave outputs, counts and volatile metadata out of what is committed and compared.
///
/// This repository's git will run "cellwise clean" on each notebook that is added and that a diff shows. The notebooks on disk
/// stay as they are. It is set in .git/config and .git/info/attributes, which are not committed: everybody
/// who clones the repository runs this once. A notebook that cannot be cleaned, with merge conflicts in it say,
/// is added as it is, and git says so.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take it back
    #[arg(long)]
    undo: bool,
}

/// What git is told of notebooks.
const ATTRIBUTES: &str = "*.ipynb filter=cellwise diff=cellwise";

/// The sections of git's configuration that are ours.
const SECTIONS: [&str; 2] = ["filter.cellwise", "diff.cellwise"];

pub fn run(args: &Args, terminal: &Terminal) -> ExitCode {
    let done = if args.undo { undo() } else { set_up() };
    let status = match done {
        Ok(message) => {
            terminal.tell(message);
            Status::Nothing
        }
        Err(error) => {
            terminal.error(error);
            Status::Error
        }
    };
    status.into()
}

fn set_up() -> Result<&'static str, String> {
    let attributes = attributes_file()?;
    let program = std::env::current_exe()
        .map_err(|error| format!("it is not known where cellwise itself stands: {error}"))?;
    let program = quoted(&program)?;
    // The configuration first: attributes that name a filter which is not there would do nothing, silently.
    let settings = [
        ("filter.cellwise.clean", format!("{program} clean -")),
        ("filter.cellwise.smudge", "cat".to_owned()),
        (
            "diff.cellwise.textconv",
            format!("{program} clean --stdout"),
        ),
    ];
    for (key, value) in settings {
        git(&["config", "--local", key, &value])?;
    }
    let old = read(&attributes)?;
    if old.lines().any(|line| line.trim() == ATTRIBUTES) {
        return Ok("git was set up already; it now runs this cellwise.");
    }
    let gap = if old.is_empty() || old.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    write(&attributes, &format!("{old}{gap}{ATTRIBUTES}\n"))?;
    Ok(
        "git now leaves outputs out of what is committed. For notebooks that are committed already, run: \
        git add --renormalize .",
    )
}

fn undo() -> Result<&'static str, String> {
    let attributes = attributes_file()?;
    let old = read(&attributes)?;
    let kept: String = old
        .split_inclusive('\n')
        .filter(|line| line.trim() != ATTRIBUTES)
        .collect();
    let mut was_set_up = kept != old;
    if was_set_up {
        write(&attributes, &kept)?;
    }
    for section in SECTIONS {
        let pattern = format!("^{}\\.", section.replace('.', "\\."));
        // git answers with an error where there is none.
        if git(&["config", "--local", "--get-regexp", &pattern]).is_ok() {
            git(&["config", "--local", "--remove-section", section])?;
            was_set_up = true;
        }
    }
    if was_set_up {
        Ok("git commits notebooks as they are again.")
    } else {
        Ok("git was not set up; nothing changed.")
    }
}

/// The file of attributes that is this clone's own. git knows it, for a worktree has its folder elsewhere.
fn attributes_file() -> Result<PathBuf, String> {
    let path = git(&["rev-parse", "--git-path", "info/attributes"])?;
    Ok(PathBuf::from(path))
}

fn read(path: &Path) -> Result<String, String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|error| format!("{} cannot be read: {error}", path.display())),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |reason: String| format!("{} cannot be written: {reason}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    }
    files::put(path, text.as_bytes()).map_err(failed)
}

/// Runs git here and gives its answer.
fn git(args: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(args)
        .output()
        .map_err(|error| format!("git cannot be run: {error}; install it first"))?;
    if output.status.success() {
        let answer = String::from_utf8_lossy(&output.stdout);
        return Ok(answer.trim_end_matches(['\n', '\r']).to_owned());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let told = told.trim();
    if told.contains("not a git repository") {
        return Err(
            "this folder is in no git repository; go to one, or run `git init` first".to_owned(),
        );
    }
    Err(format!("git {} failed: {told}", args.join(" ")))
}

/// The path as a word of the shell by which git runs filters, on Windows, too.
fn quoted(path: &Path) -> Result<String, String> {
    let path = path
        .to_str()
        .ok_or("the path of cellwise is not UTF-8, which git's configuration cannot hold")?;
    let path = if cfg!(windows) {
        path.replace('\\', "/")
    } else {
        path.to_owned()
    };
    Ok(format!("'{}'", path.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_the_shell() {
        let word = quoted(Path::new("/a b/it's/cellwise")).unwrap();
        assert_eq!(word, r"'/a b/it'\''s/cellwise'");
    }
}
