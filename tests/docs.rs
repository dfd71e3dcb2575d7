//! The documents say what is so: what is generated from the code is current, and what they name exists.
//!
//! `CELLWISE_UPDATE_DOCS=1 cargo test --test docs` writes the generated parts anew.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(
    clippy::disallowed_methods,
    reason = "these tests read the documents and start the binary"
)]

#[path = "support/svg.rs"]
mod svg;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use cellwise::config::Settings;
use cellwise::rule::Group;
use cellwise::{actions, docs, rules};
use serde_json::Value;

const DOCUMENTS: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benches/README.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compares a file with what it should be, or writes it.
#[track_caller]
fn current(path: &str, wanted: &str) {
    if std::env::var_os("CELLWISE_UPDATE_DOCS").is_some() {
        fs::write(root().join(path), wanted).unwrap();
    }
    assert!(
        read(path) == wanted,
        "{path} is not current; CELLWISE_UPDATE_DOCS=1 cargo test --test docs writes it"
    );
}

/// The text with what stands between `<!-- name -->` and `<!-- end of name -->` replaced.
#[track_caller]
fn with_block(text: &str, name: &str, block: &str) -> String {
    let (open, close) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let start = text
        .find(&open)
        .unwrap_or_else(|| panic!("no block {name}"))
        + open.len();
    let end = start
        + text[start..]
            .find(&close)
            .unwrap_or_else(|| panic!("{name} has no end"));
    format!("{}{block}{}", &text[..start], &text[end..])
}

/// The fenced blocks in a language.
fn fenced<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let open = format!("```{language}\n");
    let blocks = text.split(open.as_str()).skip(1);
    blocks
        .filter_map(|block| Some(block.split_once("```")?.0))
        .collect()
}

/// Whatever stands in single backticks outside of fenced blocks.
fn quoted(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    prose
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn check(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cellwise"))
        .arg("check")
        .args(args)
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tables_of_rules_and_actions_are_current() {
    let mut table = String::new();
    for group in Group::ALL {
        let of_group: Vec<_> = rules::ALL
            .iter()
            .filter(|rule| rule.group == group)
            .collect();
        if of_group.is_empty() {
            continue;
        }
        let _ = writeln!(table, "**{group}**: {}\n", group.description());
        table.push_str("| rule | severity | finds |\n| --- | --- | --- |\n");
        for rule in of_group {
            let severity = if rule.on_by_default {
                rule.severity.name().to_owned()
            } else {
                format!("{}, opt-in", rule.severity)
            };
            let finds = docs::summary(rule.source);
            let _ = writeln!(table, "| `{}` | {severity} | {finds} |", rule.name);
        }
        table.push('\n');
    }
    let mut list = String::from("| action | kind | does |\n| --- | --- | --- |\n");
    for action in actions::ALL {
        let does = docs::summary(action.source);
        let kinds = action.kinds.join("`, `");
        let _ = writeln!(list, "| `{}` | `{kinds}` | {does} |", action.name);
    }
    let readme = with_block(&read("README.md"), "rules", &table);
    let readme = with_block(&readme, "actions", &list);
    current("README.md", &readme);
}

#[test]
fn the_picture_is_what_the_terminal_shows() {
    let output = check(&["examples/churn.ipynb", "--color", "always"]);
    let picture = svg::of_terminal("cellwise check examples/churn.ipynb", &output);
    current("examples/check.svg", &picture);
}

#[test]
fn the_lines_shown_are_printed() {
    let output = check(&["examples/churn.ipynb"]);
    let mut printed = output.lines();
    let shown = fenced(&read("README.md"), "text")[0].to_owned();
    for line in shown.lines().filter(|line| *line != "…") {
        assert!(
            printed.any(|own| own == line),
            "not printed, or not in this order: {line}"
        );
    }
}

#[test]
fn the_examples_are_what_they_are_said_to_be() {
    for rule in [
        "hidden-definition",
        "undefined-name",
        "used-before-definition",
        "long-cell",
    ] {
        assert!(check(&["examples/churn.ipynb"]).contains(rule), "{rule}");
    }
    assert_eq!(
        check(&["examples/weather.ipynb"]),
        "Nothing found in 1 notebook.\n"
    );
}

#[test]
fn json_has_the_keys_that_are_promised() {
    let keys = |of: &Value| -> Vec<String> { of.as_object().unwrap().keys().cloned().collect() };
    let promised: Value = serde_json::from_str(fenced(&read("README.md"), "json")[0]).unwrap();
    let found: Vec<Value> =
        serde_json::from_str(&check(&["examples/churn.ipynb", "--format", "json"])).unwrap();
    assert!(
        found.contains(&promised[0]),
        "this finding is not printed: {}",
        promised[0]
    );
    for finding in &found {
        assert_eq!(keys(finding), keys(&promised[0]));
    }
}

#[test]
fn the_configuration_shown_is_read() {
    let readme = read("README.md");
    let tables = fenced(&readme, "toml");
    assert!(!tables.is_empty());
    for table in tables {
        if table.contains("[tool.cellwise]") {
            assert!(
                Settings::from_pyproject(table).unwrap().is_some(),
                "{table}"
            );
        } else {
            Settings::from_toml(table).unwrap();
        }
    }
}

/// `src/rules/empty_cell.rs` and `tests/tidy.rs::files_stay_small` name a file, and a test in it.
#[test]
fn every_file_and_test_that_is_named_exists() {
    let folders = [
        "src/",
        "tests/",
        "benches/",
        "examples/",
        "editors/",
        "fuzz/",
    ];
    for document in DOCUMENTS {
        for name in quoted(&read(document)) {
            if name.contains([' ', '<', '*', '…'])
                || !folders.iter().any(|own| name.starts_with(own))
            {
                continue;
            }
            let (path, test) = match name.split_once("::") {
                Some((path, test)) => (path, Some(test)),
                None => (name.as_str(), None),
            };
            assert!(
                root().join(path).exists(),
                "{document} names {path}, which is not there"
            );
            if let Some(test) = test {
                let there = read(path).contains(&format!("fn {test}("));
                assert!(there, "{document} names {name}, and there is no such test");
            }
        }
    }
}

#[test]
fn every_invariant_names_its_guard() {
    let text = read("ARCHITECTURE.md");
    let section = text
        .split("\n## Invariants")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter(|line| {
            !["| what always holds |", "| --- |"]
                .iter()
                .any(|head| line.starts_with(head))
        })
        .collect();
    assert!(rows.len() > 40);
    for row in rows {
        assert!(
            ["::", "`clippy.toml`", ".test."]
                .iter()
                .any(|guard| row.contains(guard)),
            "no guard: {row}"
        );
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let names = |table: &str| manifest[table].as_table().unwrap().keys().cloned();
    // Some are for one system only.
    let systems = manifest["target"].as_table().unwrap().values();
    let theirs = systems.flat_map(|system| system["dependencies"].as_table().unwrap().keys());
    let declared: BTreeSet<String> = names("dependencies")
        .chain(names("dev-dependencies"))
        .chain(theirs.cloned())
        .collect();
    let text = read("ARCHITECTURE.md");
    let section = text
        .split("\n## Dependencies")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let told: BTreeSet<String> = rows
        .flat_map(|row| quoted(row.split(" | ").next().unwrap()))
        .collect();
    assert_eq!(declared, told);
}

#[test]
fn the_rule_that_is_walked_through_is_the_real_one() {
    let text = read("CONTRIBUTING.md");
    let block = format!("```rust\n{}```\n", read("src/rules/empty_cell.rs"));
    current(
        "CONTRIBUTING.md",
        &with_block(&text, "src/rules/empty_cell.rs", &block),
    );
}

#[test]
fn no_document_names_a_machine() {
    for document in DOCUMENTS {
        for word in ["/work/", "/root/", "/tmp/", "localhost"] {
            assert!(!read(document).contains(word), "{document} names {word}");
        }
    }
}
