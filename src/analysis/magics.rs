//! What IPython's magics and shell lines do to names.
//!
//! Source of the facts: the documentation of IPython's built-in magics, and of the extensions
//! named in the tables.

mod argument;
mod automagic;

pub use self::argument::is_name;
use self::argument::{
    after_breakpoint, after_options, captured_name, compiled_names, first_name, imported_names,
    leading_name, name_behind_options, option_values, sql_target, sql_target_below,
};
pub use self::automagic::{automagic, is_automagic};
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
    // Of manim itself, which runs the scene among the notebook's names.
    "manim",
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
    "wandb",
    "plantuml",
    "python",
    "install_ext",
    "latex",
    "markdown",
    "md",
    "svg",
];

/// What `%name argument` does.
pub fn line_effect<'l>(name: &str, argument: &'l str) -> Effect<'l> {
    let none = Effect::default();
    match name {
        // `%debug` without a statement looks at what failed.
        "time" | "prun" | "memit" => Effect {
            python: Some((after_options(argument), true)),
            ..none
        },
        "debug" => Effect {
            python: Some((after_breakpoint(argument), true)),
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
        "aimport" => Effect {
            binds: imported_names(argument),
            ..none
        },
        "sc" => Effect {
            binds: captured_name(argument),
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
        // `%reset out` empties IPython's history and leaves the notebook's names alone. `%reset array` deletes those of arrays,
        // which nobody can tell.
        "reset" => Effect {
            opening: resets_names(argument).then_some(OpeningKind::Reset),
            ..none
        },
        // Of Databricks: Python itself begins anew.
        "restart_python" => Effect {
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

/// Whether `%reset argument` deletes all names: where it says what to reset, only a soft reset does (`-s`).
fn resets_names(argument: &str) -> bool {
    let words = argument.split_whitespace();
    let (options, targets): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('-'));
    let is_soft = |option: &&str| !option.starts_with("--") && option.contains('s');
    targets.is_empty() || options.iter().any(is_soft)
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
    "bqsql",
    "csharp",
    "cleanup",
    "dot",
    "graphviz",
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

/// The options of `%%bigquery` that take a value, in google-cloud-bigquery and bigquery-magics.
const BIGQUERY_VALUED: &[&str] = &[
    "--bigquery_api_endpoint",
    "--bqstorage_api_endpoint",
    "--destination_table",
    "--engine",
    "--location",
    "--max_results",
    "--maximum_bytes_billed",
    "--params",
    "--progress_bar_type",
    "--project",
];

/// The options of `%%sparksql` that take a value, in sparksql-magic and jupyterlab-sql-editor.
const SPARKSQL_VALUED: &[&str] = &[
    "-d",
    "--database",
    "--dataframe",
    "-f",
    "--file",
    "-i",
    "--input",
    "-l",
    "--limit",
    "-o",
    "--output",
    "-r",
    "--refresh",
    "-t",
    "--truncate",
    "-v",
    "--view",
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
        "bigquery" | "bqsql" => Effect {
            binds: name_behind_options(argument, BIGQUERY_VALUED),
            ..none
        },
        "read_sql" => Effect {
            binds: name_behind_options(argument, &["-c", "--connection"]),
            ..none
        },
        "sql" => Effect {
            binds: sql_target(argument)
                .into_iter()
                .chain(sql_target_below(body))
                .chain(option_values(argument, "-o"))
                .collect(),
            ..none
        },
        // Two extensions have it: one takes the name as a word, the other behind an option.
        "sparksql" => Effect {
            binds: name_behind_options(argument, SPARKSQL_VALUED)
                .into_iter()
                .chain(option_values(argument, "-d"))
                .chain(option_values(argument, "--dataframe"))
                .chain(option_values(argument, "-o"))
                .collect(),
            ..none
        },
        "spark" | "local" => Effect {
            binds: option_values(argument, "-o"),
            ..none
        },
        "stata" => Effect {
            binds: [
                "-doutd", "-douta", "-foutd", "-fouta", "-ret", "-eret", "-sret",
            ]
            .iter()
            .flat_map(|option| option_values(argument, option))
            .collect(),
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
        assert_eq!(line_effect("aimport", "a.b, c as d, -e").binds, ["a", "d"]);
        assert_eq!(line_effect("sc", "-l files = ls x=y").binds, ["files"]);
        assert_eq!(
            cell_effect("cython", "", "cpdef int f(int x):\n    y = 2").binds,
            ["int", "f"]
        );
    }

    #[test]
    fn queries_bind_what_their_line_or_first_line_says() {
        let binds = |name, argument, body| cell_effect(name, argument, body).binds;
        assert_eq!(binds("bigquery", "df --project p", ""), ["df"]);
        assert_eq!(binds("bigquery", "--project p --params $q df", ""), ["df"]);
        assert_eq!(binds("sparksql", "-c -v view df", ""), ["df"]);
        assert_eq!(binds("sparksql", "--dataframe df -l 3", ""), ["df"]);
        assert_eq!(binds("sql", "x://", "\nrows << select 1"), ["rows"]);
        assert_eq!(binds("sql", "x://", "\nselect a << 2"), [""; 0]);
        assert_eq!(binds("sql", "x:// rows << select", ""), ["rows"]);
        assert_eq!(
            binds("stata", "-d df -doutd auto -ret r", ""),
            ["auto", "r"]
        );
    }

    #[test]
    fn a_reset_may_be_of_the_history_only() {
        let opens = |argument| line_effect("reset", argument).opening.is_some();
        for all in ["", "-f", "-sf", "--aggressive", "-s out"] {
            assert!(opens(all), "{all}");
        }
        for some in ["-f out", "in", "-f dhist in", "array", "--aggressive out"] {
            assert!(!opens(some), "{some}");
        }
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
