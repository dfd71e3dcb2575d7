//! Names a package that the notebook imports in the file that names the project's packages.
//!
//! Offered on an [`undeclared-dependency`] finding. It adds a line to the requirements file, or an entry to the
//! `dependencies` of pyproject.toml's `[project]`; every other byte of the file stays. The name has no version:
//! which ones will do is for a person to say. Poetry's tables, environment.yml and setup.cfg are
//! left to people.
//!
//! ## Before
//! ```notebook
//! # %%
//! import pandas, skl$0earn
//! ```
//!
//! ```text file=requirements.txt
//! # tables
//! pandas>=2
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import pandas, sklearn
//! ```
//!
//! ```text file=requirements.txt
//! # tables
//! pandas>=2
//! scikit-learn
//! ```
//!
//! ## Before
//! ```notebook
//! # %%
//! import pandas, y$0aml
//! ```
//!
//! ```toml file=pyproject.toml
//! [project]
//! name = "prices"
//! dependencies = ["pandas>=2"]  # no more than these
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import pandas, yaml
//! ```
//!
//! ```toml file=pyproject.toml
//! [project]
//! name = "prices"
//! dependencies = ["pandas>=2", "pyyaml"]  # no more than these
//! ```
//!
//! ## Before
//! ```notebook
//! # %%
//! import pandas, y$0aml
//! ```
//!
//! ```toml file=pyproject.toml
//! [project]
//! dependencies = [
//!     "numpy",
//!     'pandas[excel]',  # tables
//! ]
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import pandas, yaml
//! ```
//!
//! ```toml file=pyproject.toml
//! [project]
//! dependencies = [
//!     "numpy",
//!     'pandas[excel]',  # tables
//!     "pyyaml",
//! ]
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! import pandas, y$0aml
//! ```
//!
//! ```yaml file=environment.yml
//! dependencies:
//!   - pandas
//! ```
//! > add `pyyaml` to environment.yml by hand
//!
//! [`undeclared-dependency`]: crate::rules

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::source::size;
use crate::notebook::{Edit, EditOp};
use crate::text::TextRange;

pub const ACTION: Action = Action {
    name: "declare-dependency",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some(file) = &cx.all.dependencies.file else {
        return Vec::new();
    };
    let offers = cx.repairs(ACTION.name).map(|(finding, fix)| Offer {
        preferred: true,
        disabled: fix
            .argument
            .as_deref()
            .and_then(|name| refusal(cx, file, name)),
        ..Offer::repair(finding, fix)
    });
    offers.collect()
}

fn refusal(cx: &ActionContext<'_>, file: &str, name: &str) -> Option<String> {
    if !cx.client.files {
        return Some("this editor lets no language server change other files".to_owned());
    }
    if !file.ends_with(".txt") && !file.ends_with("pyproject.toml") {
        return Some(format!(
            "add `{name}` to {file} by hand; Cellwise does not write such files"
        ));
    }
    cx.project.may_write(Path::new(file)).err()
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let name = argument.ok_or("nothing says what to name")?;
    let file = cx.all.dependencies.file.as_ref();
    let file = file.ok_or("no file of the project names what it depends on any more")?;
    if let Some(reason) = refusal(cx, file, name) {
        return Err(reason.into());
    }
    let text = cx.project.read(Path::new(file))?;
    let replacements = if file.ends_with(".txt") {
        lines(&text, &[name])
    } else {
        entry(&text, name).ok_or_else(|| {
            format!("{file} has no list `dependencies` in `[project]`; add `{name}` by hand")
        })?
    };
    let ops = vec![EditOp::EditFile {
        path: cx.project.place(Path::new(file)),
        expected: Arc::clone(&text),
        replacements,
    }];
    Ok(Edit { ops, select: None })
}

fn insertion(at: usize, text: String) -> (TextRange, String) {
    (TextRange::empty(size(at)), text)
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Last lines with the names.
pub(super) fn lines(text: &str, names: &[impl AsRef<str>]) -> Vec<(TextRange, String)> {
    let newline = newline(text);
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let names = names.join(newline);
    let is_open = !text.is_empty() && !text.ends_with('\n');
    let before = if is_open { newline } else { "" };
    let after = if is_open { "" } else { newline };
    vec![insertion(text.len(), format!("{before}{names}{after}"))]
}

#[derive(Deserialize)]
struct PyProject {
    project: Declared,
}

#[derive(Deserialize)]
struct Declared {
    dependencies: Vec<Spanned<String>>,
}

/// The name behind the last of the list's entries, on a line of its own where that one has one.
fn entry(text: &str, name: &str) -> Option<Vec<(TextRange, String)>> {
    let read: PyProject = toml::from_str(text).ok()?;
    let last = read.project.dependencies.last()?.span();
    let line_start = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line_start..last.start];
    if !indent.trim().is_empty() {
        return Some(vec![insertion(last.end, format!(", \"{name}\""))]);
    }
    let rest = text[last.end..]
        .split(['\r', '\n'])
        .next()
        .unwrap_or_default();
    let added = format!("{}{indent}\"{name}\"", newline(text));
    let behind = rest.trim_start();
    let comment = |text: &str| text.trim_start().starts_with('#');
    // What else stands in the line may say why the entry is there, or close the list.
    let at = last.end + rest.len();
    match behind.strip_prefix(',') {
        Some(rest) if rest.trim().is_empty() || comment(rest) => {
            Some(vec![insertion(at, format!("{added},"))])
        }
        None if comment(behind) => Some(vec![
            insertion(last.end, ",".to_owned()),
            insertion(at, added),
        ]),
        _ => Some(vec![insertion(last.end, format!(",{added}"))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::with_replacements;

    fn after(text: &str, replacements: &[(TextRange, String)]) -> String {
        with_replacements(text, replacements)
    }

    #[test]
    fn a_file_keeps_how_its_lines_end() {
        assert_eq!(after("a\r\n", &lines("a\r\n", &["b"])), "a\r\nb\r\n");
        assert_eq!(after("a", &lines("a", &["b", "c"])), "a\nb\nc");
    }

    #[test]
    fn a_list_keeps_its_shape() {
        for (list, wanted) in [
            ("['a',]", "['a', \"b\",]"),
            ("[\n  'a'\n]", "[\n  'a',\n  \"b\"\n]"),
            ("[\n  'a' # why\n]", "[\n  'a', # why\n  \"b\"\n]"),
            ("[\r\n  'a',\r\n]", "[\r\n  'a',\r\n  \"b\",\r\n]"),
            ("[\n  'a', ]", "[\n  'a',\n  \"b\", ]"),
            ("[\n  'a']", "[\n  'a',\n  \"b\"]"),
            ("[\n  'a'\n  ,\n]", "[\n  'a',\n  \"b\"\n  ,\n]"),
        ] {
            let text = format!("[project]\ndependencies = {list}\nname = 'x'\n");
            let wanted = format!("[project]\ndependencies = {wanted}\nname = 'x'\n");
            assert_eq!(after(&text, &entry(&text, "b").unwrap()), wanted);
            assert!(toml::from_str::<toml::Table>(&wanted).is_ok());
        }
        assert!(entry("[tool.poetry.dependencies]\na = '1'\n", "b").is_none());
    }
}
