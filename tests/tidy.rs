//! Invariants that can be read from the sources. Each test names the one it guards.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(clippy::disallowed_methods, reason = "these tests read the sources")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cellwise::rule::Group;
use cellwise::{actions, rules};

/// A source file: its path below the root of the repository, with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines of code, 1-based, without line comments and without the unit tests at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
            .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
    }

    fn is_below(&self, module: &str) -> bool {
        self.path == format!("src/{module}.rs") || self.path.starts_with(&format!("src/{module}/"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below = path.strip_prefix(root()).unwrap();
            found.push(Source {
                path: below.to_str().unwrap().replace('\\', "/"),
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

/// Fails with every line of code that `is_wrong`.
#[track_caller]
fn none(sources: &[Source], why: &str, is_wrong: impl Fn(&Source, &str) -> bool) {
    let mut wrong = String::new();
    for source in sources {
        for (number, line) in source.code() {
            if is_wrong(source, line) {
                let _ = writeln!(wrong, "{}:{number}: {}", source.path, line.trim());
            }
        }
    }
    assert!(wrong.is_empty(), "{why}:\n{wrong}");
}

#[test]
fn only_lsp_names_the_protocol() {
    let why = "only src/lsp names tower or LSP types";
    none(&sources("src"), why, |source, line| {
        !source.is_below("lsp")
            && ["tower_lsp", "ls_types", "lsp_types"]
                .iter()
                .any(|name| line.contains(name))
    });
}

#[test]
fn only_the_border_uses_anyhow() {
    let why = "below the front ends errors have types";
    none(&sources("src"), why, |source, line| {
        !source.is_below("lsp") && !source.is_below("cli") && line.contains("anyhow")
    });
}

#[test]
fn stdout_belongs_to_the_protocol() {
    let why = "only src/cli prints";
    none(&sources("src"), why, |source, line| {
        let prints = ["print!(", "println!(", "dbg!("];
        !source.is_below("cli") && prints.iter().any(|print| line.contains(print))
    });
}

#[test]
fn nothing_is_unsafe_or_unfinished() {
    let why = "no unsafe code, nothing left to do";
    none(&sources("src"), why, |_, line| {
        let words = [
            "unsafe {",
            "unsafe fn",
            "unsafe impl",
            "todo!(",
            "unimplemented!(",
        ];
        words.iter().any(|word| line.contains(word))
    });
}

#[test]
fn every_silenced_lint_has_a_reason() {
    let why = "write #[expect(lint, reason = \"…\")]";
    for folder in ["src", "tests", "benches", "fuzz/src"] {
        // In two parts, or this line would find itself.
        let allow = [concat!("#[", "allow"), concat!("#![", "allow")];
        none(&sources(folder), why, |_, line| {
            allow
                .iter()
                .any(|attribute| line.trim_start().starts_with(attribute))
        });
    }
}

/// What a notebook holds is put into a page as text: no source of an extension knows a way to put it in as markup.
#[test]
fn the_editors_set_no_markup() {
    let ways = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "createContextualFragment",
        "srcdoc",
        "eval(",
        "new Function(",
        "isTrusted = true",
        "supportHtml",
        "unsafe-inline",
        "unsafe-eval",
    ];
    let folders = ["common", "vscode/src", "vscode/webview", "jupyterlab/src"];
    let mut read = 0;
    for folder in folders {
        for entry in fs::read_dir(root().join("editors").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|own| own != "ts") {
                continue;
            }
            read += 1;
            let text = fs::read_to_string(&path).unwrap();
            for way in ways {
                assert!(!text.contains(way), "{} has `{way}`", path.display());
            }
        }
    }
    assert!(read > 30, "{read} sources were read");
    let panel = fs::read_to_string(root().join("editors/vscode/src/graph.ts")).unwrap();
    assert!(panel.contains("Content-Security-Policy\" content=\"default-src 'none';"));
}

#[test]
fn the_engine_opts_out_of_no_guard() {
    let why = "only front ends and the workspace do I/O";
    none(&sources("src"), why, |source, line| {
        let front = ["cli", "lsp", "workspace"];
        line.contains("clippy::disallowed_methods")
            && !front.iter().any(|module| source.is_below(module))
    });
}

#[test]
fn files_stay_small() {
    for folder in ["src", "tests", "benches", "fuzz/src"] {
        for source in sources(folder) {
            let lines = source.text.lines().count();
            assert!(lines <= 700, "{} has {lines} lines; cut it", source.path);
        }
    }
}

#[test]
fn no_line_ends_in_blanks() {
    for folder in ["src", "tests", "benches", "fuzz/src"] {
        for source in sources(folder) {
            for (at, line) in source.text.lines().enumerate() {
                assert_eq!(line.trim_end(), line, "{}:{}", source.path, at + 1);
            }
            assert!(
                source.text.ends_with('\n'),
                "{} has no last line break",
                source.path
            );
        }
    }
}

/// The modules of a folder below src/, by file name.
fn modules(folder: &str) -> Vec<String> {
    let depth = folder.matches('/').count() + 1;
    sources(folder)
        .iter()
        .filter(|source| source.path.matches('/').count() == depth)
        .filter_map(|source| {
            Some(
                source
                    .path
                    .rsplit('/')
                    .next()?
                    .strip_suffix(".rs")?
                    .to_owned(),
            )
        })
        .collect()
}

#[test]
fn every_rule_has_its_file_and_every_file_its_rule() {
    let mut names: Vec<String> = rules::ALL
        .iter()
        .map(|rule| rule.name.replace('-', "_"))
        .collect();
    names.sort();
    assert_eq!(names, modules("src/rules"));
}

#[test]
fn every_action_has_its_file_and_every_file_its_action() {
    let mut names: Vec<String> = actions::ALL
        .iter()
        .map(|action| action.name.replace('-', "_"))
        .collect();
    names.sort();
    assert_eq!(names, modules("src/actions"));
}

#[test]
fn each_rule_stands_in_the_file_of_its_name() {
    for rule in rules::ALL {
        let file = root().join(format!("src/rules/{}.rs", rule.name.replace('-', "_")));
        assert_eq!(
            rule.source,
            fs::read_to_string(file).unwrap(),
            "{}",
            rule.name
        );
    }
    for action in actions::ALL {
        let file = root().join(format!("src/actions/{}.rs", action.name.replace('-', "_")));
        assert_eq!(
            action.source,
            fs::read_to_string(file).unwrap(),
            "{}",
            action.name
        );
    }
}

#[test]
fn rules_are_listed_by_group_and_name() {
    let listed: Vec<(Group, &str)> = rules::ALL
        .iter()
        .map(|rule| (rule.group, rule.name))
        .collect();
    assert!(listed.is_sorted(), "{listed:#?}");
}

#[test]
fn names_are_kebab_case_and_said_once() {
    let mut names: Vec<&str> = rules::ALL
        .iter()
        .map(|rule| rule.name)
        .chain(actions::ALL.iter().map(|action| action.name))
        .collect();
    for name in &names {
        let is_kebab = name.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        assert!(is_kebab, "{name}");
    }
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(
        names.len(),
        all,
        "a name means a rule or an action, not both"
    );
}
