//! What IPython's magics and shell lines do to names.
//!
//! Source of the facts: the documentation of IPython's built-in magics, and of the extensions
//! named in the tables.

mod argument;
mod automagic;

pub use self::argument::is_name;
use self::argument::{
    after_options, compiled_names, first_name, leading_name, option_values, sql_target,
};
pub use self::automagic::is_automagic;
use super::facts::OpeningKind;

/// What the lines below a cell magic are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Python that runs in the notebook's namespace.
    Python,
    /// Python that reads the notebook's names and binds none: `%%timeit`.
    PythonAside,
    /// Another language, another process, or text.
    Other,
}

/// Cell magics whose body is Python in the notebook's namespace.
const PYTHON_CELLS: &[&str] = &[
    "black",
    "blue",
    "capture",
    "chime",
    "code_wrap",
    "debug",
    "expect_exception",
    "heat",
    "ipytest",
    "local",
    "lprun",
    "matplotlib",
    "memit",
    "mprun",
    "mypy",
    "notify",
    "prun",
    "pyinstrument",
    "run_pytest",
    "scalene",
    "snakeviz",
    "time",
    "track",
    "typecheck",
    "viztracer",
    "wandb",
];

/// What the body below `%%name` is.
pub fn body_of(name: &str) -> Body {
    match name {
        "timeit" => Body::PythonAside,
        _ if PYTHON_CELLS.contains(&name) => Body::Python,
        _ => Body::Other,
    }
}

/// What a magic does to names, as far as its line tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effect<'l> {
    /// Names that it binds: slices of its argument.
    pub binds: Vec<&'l str>,
    /// Names that it deletes: slices of its argument.
    pub deletes: Vec<&'l str>,
    /// The part of its argument that is Python, and whether what that binds stays.
    pub python: Option<(&'l str, bool)>,
    /// After it any name may exist, or none.
    pub opening: Option<OpeningKind>,
    /// Names that it passes on, which do not fail when they are missing.
    pub mentions: Vec<&'l str>,
}

/// Line magics that touch no name. Anything not known here or below may do anything.
const HARMLESS_LINES: &[&str] = &[
    "alias",
    "alias_magic",
    "aimport",
    "autoawait",
    "autocall",
    "automagic",
    "autoreload",
    "autosave",
    "bookmark",
    "cat",
    "cd",
    "clear",
    "colors",
    "conda",
    "config",
    "connect_info",
    "cp",
    "dhist",
    "dirs",
    "display",
    "doctest_mode",
    "ed",
    "edit",
    "env",
    "gui",
    "hist",
    "history",
    "html",
    "javascript",
    "js",
    "killbgscripts",
    "ldir",
    "less",
    "lf",
    "lk",
    "ll",
    "load_ext",
    "logoff",
    "logon",
    "logstart",
    "logstate",
    "logstop",
    "ls",
    "lsmagic",
    "lx",
    "magic",
    "man",
    "mamba",
    "matplotlib",
    "micromamba",
    "mkdir",
    "more",
    "mv",
    "nbagg",
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
    "psearch",
    "psource",
    "pushd",
    "pwd",
    "pycat",
    "pyflakes_off",
    "pyflakes_on",
    "pycodestyle_on",
    "qtconsole",
    "quickref",
    "recall",
    "rehashx",
    "reload_ext",
    "rep",
    "reset_selective",
    "restart_python",
    "rm",
    "rmdir",
    "save",
    "set_env",
    "skip",
    "subplot_tool",
    "sx",
    "system",
    "tb",
    "tensorboard",
    "unalias",
    "unload_ext",
    "uv",
    "version_information",
    "watermark",
    "who",
    "who_ls",
    "whos",
    "writefile",
    "xmode",
    "flake8_on",
    "load_dotenv",
    "dotenv",
    "nb_black",
    "lab_black",
    "bash",
    "sh",
    "sql",
    "fs",
    "debug",
    "wandb",
    "plantuml",
    "python",
    "install_ext",
    "sc",
    "latex",
    "markdown",
    "md",
    "svg",
];

/// What `%name argument` does.
pub fn line_effect<'l>(name: &str, argument: &'l str) -> Effect<'l> {
    let none = Effect::default();
    match name {
        "time" | "prun" | "memit" => Effect {
            python: Some((after_options(argument), true)),
            ..none
        },
        "timeit" => Effect {
            python: Some((after_options(argument), false)),
            ..none
        },
        "lprun" | "mprun" => Effect {
            python: Some((after_options(argument), true)),
            mentions: option_values(argument, "-f"),
            ..none
        },
        "capture" => Effect {
            binds: first_name(argument),
            ..none
        },
        "macro" => Effect {
            binds: first_name(argument),
            ..none
        },
        "R" | "octave" => Effect {
            binds: option_values(argument, "-o"),
            mentions: option_values(argument, "-i"),
            ..none
        },
        "Rget" | "Rpull" | "octave_pull" => Effect {
            binds: argument
                .split_whitespace()
                .filter(|word| is_name(word))
                .collect(),
            ..none
        },
        "Rpush" | "octave_push" | "Rdevice" => Effect {
            mentions: argument
                .split_whitespace()
                .filter(|word| is_name(word))
                .collect(),
            ..none
        },
        "sql" => Effect {
            binds: sql_target(argument),
            ..none
        },
        "xdel" => Effect {
            deletes: after_options(argument).split_whitespace().collect(),
            ..none
        },
        "reset" => Effect {
            opening: Some(OpeningKind::Reset),
            ..none
        },
        "store" => Effect {
            binds: match argument.trim().strip_prefix("-r") {
                Some(names) => names
                    .split_whitespace()
                    .filter(|word| is_name(word))
                    .collect(),
                None => Vec::new(),
            },
            opening: (argument.trim() == "-r").then(|| OpeningKind::Magic(name.into())),
            ..none
        },
        "run" => Effect {
            opening: Some(OpeningKind::Run(after_options(argument).into())),
            ..none
        },
        _ if HARMLESS_LINES.contains(&name) => none,
        _ => Effect {
            opening: Some(OpeningKind::Magic(name.into())),
            ..none
        },
    }
}

/// Cell magics whose body leaves the notebook's names alone, apart from the options below.
const FOREIGN_CELLS: &[&str] = &[
    "!",
    "HTML",
    "SVG",
    "ai",
    "applescript",
    "bash",
    "batch",
    "bat",
    "cmd",
    "css",
    "configure",
    "dataframe",
    "file",
    "fs",
    "html",
    "info",
    "javascript",
    "js",
    "julia",
    "latex",
    "markdown",
    "md",
    "mermaid",
    "octave",
    "perl",
    "pip",
    "powershell",
    "px",
    "pwsh",
    "py",
    "pypy",
    "python",
    "python2",
    "python3",
    "r",
    "R",
    "rb",
    "ruby",
    "scala",
    "script",
    "sh",
    "spark",
    "sparkr",
    "sparksql",
    "sql",
    "svg",
    "sx",
    "system",
    "tikz",
    "writefile",
    "bigquery",
    "csharp",
    "cleanup",
    "dot",
    "graphviz",
    "manim",
    "perl6",
    "node",
    "typescript",
    "kql",
    "read_sql",
    "save",
    "sas",
    "stata",
    "lua",
    "skip",
];

/// What the line of `%%name argument` does, and what its body does when it is not Python.
pub fn cell_effect<'l>(name: &str, argument: &'l str, body: &'l str) -> Effect<'l> {
    let none = Effect::default();
    match name {
        "time" => Effect {
            python: Some((argument, true)),
            ..none
        },
        "prun" | "memit" => Effect {
            python: Some((after_options(argument), true)),
            ..none
        },
        // The rest of the line is set-up code.
        "timeit" => Effect {
            python: Some((after_options(argument), true)),
            ..none
        },
        "capture" => Effect {
            binds: first_name(argument),
            ..none
        },
        "R" | "octave" | "julia" => Effect {
            binds: option_values(argument, "-o"),
            mentions: option_values(argument, "-i"),
            ..none
        },
        "bigquery" | "read_sql" => Effect {
            binds: first_name(argument),
            ..none
        },
        "sql" => Effect {
            binds: sql_target(argument)
                .into_iter()
                .chain(option_values(argument, "-o"))
                .collect(),
            ..none
        },
        "spark" | "sparksql" | "local" => Effect {
            binds: option_values(argument, "-o"),
            ..none
        },
        "bash" | "sh" | "script" | "perl" | "ruby" | "python" | "python2" | "python3" | "pypy" => {
            Effect {
                binds: option_values(argument, "--out")
                    .into_iter()
                    .chain(option_values(argument, "--err"))
                    .chain(option_values(argument, "--proc"))
                    .collect(),
                ..none
            }
        }
        "cython" | "cython_inline" | "cython_pyximport" | "fortran" | "pythran" => Effect {
            binds: compiled_names(body),
            opening: (name == "fortran").then(|| OpeningKind::Magic(name.into())),
            ..none
        },
        _ if PYTHON_CELLS.contains(&name) || FOREIGN_CELLS.contains(&name) => none,
        _ => Effect {
            opening: Some(OpeningKind::Magic(name.into())),
            ..none
        },
    }
}

/// Names in a shell line that IPython puts in place of: `$name`, `{expression}`.
pub fn shell_mentions(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, opener) in line.match_indices(['$', '{']) {
        let rest = &line[at + 1..];
        if opener == "$" {
            names.extend(leading_name(rest));
        } else if let Some(end) = rest.find('}') {
            let expression = &rest[..end];
            let mut from = 0;
            while let Some(start) = expression[from..].find(|c: char| c.is_alphabetic() || c == '_')
            {
                let start = from + start;
                let Some(name) = leading_name(&expression[start..]) else {
                    break;
                };
                if !expression[..start].ends_with('.') {
                    names.push(name);
                }
                from = start + name.len();
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magics_bind_what_their_line_says() {
        assert_eq!(cell_effect("capture", "--no-stderr out", "").binds, ["out"]);
        assert_eq!(line_effect("R", "-i x -o y,z lm(x)").binds, ["y", "z"]);
        assert_eq!(cell_effect("bash", "--out lines", "").binds, ["lines"]);
        assert_eq!(line_effect("sql", "result << select 1").binds, ["result"]);
        assert_eq!(line_effect("store", "-r a b").binds, ["a", "b"]);
        assert_eq!(
            cell_effect("cython", "", "cpdef int f(int x):\n    y = 2").binds,
            ["int", "f"]
        );
    }

    #[test]
    fn only_unknown_magics_open_the_names() {
        assert_eq!(line_effect("matplotlib", "inline").opening, None);
        assert_eq!(
            line_effect("my_magic", "").opening,
            Some(OpeningKind::Magic("my_magic".into()))
        );
    }

    #[test]
    fn shell_lines_mention_names() {
        assert_eq!(shell_mentions("cp {src.name} $dst ~/x"), ["src", "dst"]);
    }
}
