//! Shell commands that install packages: `pip install pandas`, `conda install -c conda-forge gdal`.

use crate::analysis::source::size;
use crate::text::TextRange;

/// A command that installs.
#[derive(Debug, PartialEq, Eq)]
pub struct Install<'t> {
    /// The magic that does the same in the kernel's environment: `pip`, `conda`, `mamba`.
    pub tool: &'static str,
    /// Where the tool's name ends in the line.
    pub tool_end: usize,
    /// Whether the line asks the kernel's own Python: `{sys.executable} -m pip install`.
    pub own_python: bool,
    /// Packages of which any version will do.
    pub unpinned: Vec<&'t str>,
    /// Whether other commands follow or go before.
    pub compound: bool,
}

impl Install<'_> {
    /// What of a shell line in `text` a magic can take the place of: `!python -m pip`. Nothing where the line
    /// does more than install.
    pub fn magic_in(&self, text: &str, line: TextRange) -> Option<TextRange> {
        let written = &text[line];
        let command = written
            .strip_prefix('!')
            .filter(|rest| !rest.starts_with('!'))?;
        let before = &text[..line.start().to_usize()];
        let stands_alone = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .trim()
            .is_empty();
        let blank = command.len() - command.trim_start().len();
        let length = size(1 + blank + self.tool_end);
        let is_plain = stands_alone && !self.compound && !command.trim_start().starts_with("sudo");
        is_plain.then(|| TextRange::at(line.start(), length))
    }
}

/// Options of pip and conda whose value is the next word.
const WITH_VALUE: &[&str] = &[
    "--channel",
    "--constraint",
    "--editable",
    "--extra-index-url",
    "--file",
    "--find-links",
    "--index-url",
    "--name",
    "--prefix",
    "--progress-bar",
    "--python-version",
    "--requirement",
    "--root",
    "--src",
    "--target",
    "--timeout",
    "--trusted-host",
    "--upgrade-strategy",
    "-c",
    "-e",
    "-f",
    "-i",
    "-n",
    "-p",
    "-r",
    "-t",
];

/// What the first command of the line that installs something installs.
pub fn install(line: &str) -> Option<Install<'_>> {
    let mut commands = vec![0];
    for separator in ["&&", "||", ";"] {
        let ends = line
            .match_indices(separator)
            .map(|(at, _)| at + separator.len());
        commands.extend(ends);
    }
    commands.sort_unstable();
    let ends = commands.iter().skip(1).copied().chain([line.len()]);
    let mut found = commands.iter().zip(ends).find_map(|(&start, end)| {
        let command = line[start..end].trim_end_matches(['&', '|', ';']);
        installs(command).map(|mut install| {
            install.tool_end += start;
            install
        })
    })?;
    found.compound = commands.len() > 1;
    Some(found)
}

fn installs(command: &str) -> Option<Install<'_>> {
    let mut words = words(command).peekable();
    let (mut at, mut word) = words.next()?;
    while word == "sudo" || word == "env" || is_setting(word) {
        (at, word) = words.next()?;
    }
    let bare = word.trim_matches(['"', '\'']);
    let own_python = bare.contains("sys.executable");
    let is_python = own_python || program(bare).starts_with("python");
    if is_python {
        words.next_if(|(_, word)| *word == "-m")?;
        (at, word) = words.next()?;
    }
    let program = program(word.trim_matches(['"', '\'']));
    let tool = match program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "pip" => "pip",
        "conda" => "conda",
        "mamba" | "micromamba" => "mamba",
        _ => return None,
    };
    let tool_end = at + word.len();
    let subcommand = words.find(|(_, word)| !word.starts_with('-'))?;
    if subcommand.1 != "install" {
        return None;
    }
    Some(Install {
        tool,
        tool_end,
        own_python,
        unpinned: unpinned(words.map(|(_, word)| word), tool != "pip"),
        compound: false,
    })
}

/// The packages that no word pins. A file of requirements and a folder pin what they name.
fn unpinned<'t>(mut words: impl Iterator<Item = &'t str>, is_conda: bool) -> Vec<&'t str> {
    let mut packages = Vec::new();
    while let Some(word) = words.next() {
        if word.starts_with(['|', '>', '#', '&', '<', '\\']) || word.starts_with("2>") {
            break;
        }
        if WITH_VALUE.contains(&word) {
            words.next();
            continue;
        }
        let package = word.trim_matches(['"', '\'']);
        let is_name = package.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_url = package.contains("://");
        let tail = package.rsplit('/').next().unwrap_or_default();
        let is_file = !is_url && (package.contains('/') || package.contains('\\'))
            || [".whl", ".gz", ".zip"]
                .iter()
                .any(|end| package.ends_with(end));
        let pinned = if is_url {
            tail.contains('@')
        } else {
            ["==", "~=", "<", "@"]
                .iter()
                .any(|sign| package.contains(sign))
                || is_conda && package.contains('=')
        };
        let own = ["pip", "setuptools", "wheel", "conda"].contains(&package);
        // `{package}` and `$package` may say a version.
        if is_name && !pinned && !is_file && !own && !package.contains(['{', '$', '*']) {
            packages.push(package);
        }
    }
    packages
}

/// The words of a command, each with its place.
fn words(command: &str) -> impl Iterator<Item = (usize, &str)> {
    command
        .split_whitespace()
        .map(|word| (word.as_ptr() as usize - command.as_ptr() as usize, word))
}

/// `PIP_NO_CACHE=1`
fn is_setting(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    })
}

/// `pip` of `/opt/venv/bin/pip`.
fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_install_are_read() {
        for (line, tool, unpinned) in [
            ("pip install pandas", "pip", vec!["pandas"]),
            (
                "pip3 install -q pandas==2.1 'numpy>=1'",
                "pip",
                vec!["numpy>=1"],
            ),
            ("python -m pip install -U pip wheel", "pip", vec![]),
            (
                "{sys.executable} -m pip install -r requirements.txt",
                "pip",
                vec![],
            ),
            (
                "conda install -y -c conda-forge gdal=3 fiona",
                "conda",
                vec!["fiona"],
            ),
            (
                "sudo pip install git+https://x.org/a.git",
                "pip",
                vec!["git+https://x.org/a.git"],
            ),
            (
                "pip install git+https://x.org/a.git@v1 ./lib a.whl",
                "pip",
                vec![],
            ),
            ("cd x && pip install a > /dev/null 2>&1", "pip", vec!["a"]),
        ] {
            let install = install(line).unwrap();
            assert_eq!((install.tool, install.unpinned), (tool, unpinned), "{line}");
            assert!(line[..install.tool_end].ends_with(|c: char| c.is_alphanumeric()));
        }
    }

    #[test]
    fn other_commands_are_not() {
        for line in [
            "pip list",
            "ls",
            "",
            "apt install pip",
            "echo pip install x",
            "python x.py",
        ] {
            assert_eq!(install(line), None, "{line}");
        }
    }
}
