//! Magics without their `%`.

/// A line that IPython takes for a magic although no `%` stands there, as the magic's name and its argument.
/// The line has no blanks around. A lone word is one only where no variable is called so, and is left to
/// whoever knows; `pylab` is no variable's name.
pub fn automagic(line: &str) -> Option<(&str, &str)> {
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let (word, argument) = line.split_at(end);
    let argument = argument.trim();
    let is_magic = is_automagic(word)
        && if argument.is_empty() {
            word == "pylab"
        } else {
            !goes_on_in_python(word, argument)
        };
    is_magic.then_some((word, argument))
}

/// Words that IPython takes for a magic without its `%`, when a cell is one line and starts with one, and no variable
/// or builtin is called so.
pub fn is_automagic(word: &str) -> bool {
    SHELL.contains(&word) || OTHERS.contains(&word)
}

/// Whether a line that starts with the word is rather an expression or an assignment: `time - start`, `env = 3`.
/// That a variable is called so makes it one to IPython, too. What the shell's commands take may look like operators.
fn goes_on_in_python(word: &str, argument: &str) -> bool {
    let starts = ['=', '(', ',', '[', ';', '#'];
    let is_member = argument
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    let first = argument.split_whitespace().next().unwrap_or_default();
    let is_operator = OPERATORS.contains(&first)
        || first
            .strip_suffix('=')
            .is_some_and(|operator| OPERATORS.contains(&operator));
    argument.starts_with(starts) || is_member || (is_operator && !SHELL.contains(&word))
}

/// What may stand behind the first operand of an expression.
const OPERATORS: &[&str] = &[
    "!=", "%", "&", "*", "**", "+", "-", "/", "//", "<", "<<", "==", ">", ">>", "@", "^", "and",
    "for", "if", "in", "is", "not", "or", "|",
];

/// Commands of the shell.
const SHELL: &[&str] = &[
    "cat", "cd", "cp", "ldir", "lf", "lk", "ll", "ls", "lx", "mkdir", "mv", "rm", "rmdir",
];

/// The other line magics of IPython 9.18 and of ipykernel 7, those of `autoreload` and `storemagic`, and some that
/// older versions have.
const OTHERS: &[&str] = &[
    "aimport",
    "alias",
    "alias_magic",
    "autoawait",
    "autocall",
    "automagic",
    "autoreload",
    "autosave",
    "bookmark",
    "clear",
    "code_wrap",
    "colors",
    "conda",
    "config",
    "connect_info",
    "debug",
    "dhist",
    "dirs",
    "doctest_mode",
    "ed",
    "edit",
    "env",
    "gui",
    "hist",
    "history",
    "install_ext",
    "killbgscripts",
    "less",
    "load",
    "load_ext",
    "loadpy",
    "logoff",
    "logon",
    "logstart",
    "logstate",
    "logstop",
    "lsmagic",
    "macro",
    "magic",
    "mamba",
    "man",
    "matplotlib",
    "micromamba",
    "more",
    "notebook",
    "page",
    "pastebin",
    "pdb",
    "pdef",
    "pdoc",
    "pfile",
    "pinfo",
    "pinfo2",
    "pip",
    "popd",
    "pprint",
    "precision",
    "prun",
    "psearch",
    "psource",
    "pushd",
    "pwd",
    "pycat",
    "pylab",
    "qtconsole",
    "quickref",
    "recall",
    "rehashx",
    "reload_ext",
    "rep",
    "rerun",
    "reset",
    "reset_selective",
    "run",
    "save",
    "sc",
    "set_env",
    "store",
    "subshell",
    "sx",
    "system",
    "tb",
    "time",
    "timeit",
    "unalias",
    "unload_ext",
    "uv",
    "who",
    "who_ls",
    "whos",
    "xdel",
    "xmode",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_could_mean_is_no_magic() {
        for line in [
            "env = 3",
            "time - start",
            "page + 1",
            "config |= other",
            "save in names",
            "store",
            "debug",
            "precision == 3",
            "edit.x",
            "less (3)",
            "uv / norm",
            "table 3",
        ] {
            assert_eq!(automagic(line), None, "{line}");
        }
    }

    #[test]
    fn what_python_could_not_mean_is_one() {
        for (line, expected) in [
            ("ls -a", ("ls", "-a")),
            ("ls | sort", ("ls", "| sort")),
            ("cd  ..", ("cd", "..")),
            ("store -r x", ("store", "-r x")),
            ("time x = f()", ("time", "x = f()")),
            ("time x= f()", ("time", "x= f()")),
            ("macro again 1-3", ("macro", "again 1-3")),
            ("pylab", ("pylab", "")),
        ] {
            assert_eq!(automagic(line), Some(expected));
        }
    }
}
