//! A block of imports, merged and sorted as isort's profile "black" does it.
//!
//! Sections are those of isort: `__future__`, the standard library, packages, the project's own modules as far as
//! somebody says which they are, relative imports. [`render`] writes a block anew, [`merge`](merge::merge) adds to one
//! that is there; [`name`] is one imported name, apart from any statement.

pub mod merge;
pub mod name;

use std::cmp::Ordering;

use ruff_python_ast::Stmt;
use ruff_python_parser::Mode;

use super::modules;
use crate::analysis::source::parse_part;
use crate::refactor::layout::{WIDTH, columns};
use crate::text::TextRange;

/// Whether a module belongs to the project, by the first part of its name.
pub type Own<'a> = &'a dyn Fn(&str) -> bool;

/// What one import statement brings from one module, and the comments that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// With the dots of a relative import.
    pub module: String,
    pub names: Names,
    /// The comment lines above it, without their line breaks.
    pub above: Vec<String>,
    /// The comment at the end of its line, from its `#` on.
    pub beside: Option<String>,
    /// Its text, where comments stand inside: it is not written anew.
    verbatim: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// `import module`, `import module as alias`.
    Module(Option<String>),
    /// `from module import member, member as alias`.
    Members(Vec<(String, Option<String>)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Future,
    Standard,
    Package,
    Own,
    Relative,
}

/// What the import statement at `range` of `text` brings, module by module. `None` where it is no
/// import statement, or one of all names.
pub fn read(text: &str, range: TextRange) -> Option<Vec<Statement>> {
    let parsed = parse_part(text, range, Mode::Module);
    let [statement] = &parsed.statements[..] else {
        return None;
    };
    let alias_of = |alias: &ruff_python_ast::Alias| alias.asname.as_ref().map(ToString::to_string);
    match statement {
        Stmt::Import(statement) => {
            let names = statement.names.iter();
            let imports = names.map(|alias| {
                Statement::new(alias.name.to_string(), Names::Module(alias_of(alias)))
            });
            Some(imports.collect())
        }
        Stmt::ImportFrom(statement) => {
            let mut module = ".".repeat(statement.level as usize);
            module.push_str(statement.module.as_deref().unwrap_or_default());
            let mut names: Vec<(String, Option<String>)> = Vec::new();
            for alias in &statement.names {
                if alias.name.as_str() == "*" {
                    return None;
                }
                names.push((alias.name.to_string(), alias_of(alias)));
            }
            let code = &text[range];
            let mut import = Statement::new(module, Names::Members(names));
            // An import holds no strings, so every `#` starts a comment.
            import.verbatim = code.contains('#').then(|| code.to_owned());
            Some(vec![import])
        }
        _ => None,
    }
}

/// The imports as one block of lines, without a line break at its end.
pub fn render(imports: &[Statement], is_own: Own<'_>, newline: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut section = None;
    for statement in written(imports, is_own) {
        let is_apart = section.is_some_and(|section| section != statement.section);
        let is_first = section != Some(statement.section);
        section = Some(statement.section);
        if is_apart || (!statement.above.is_empty() && !is_first) {
            lines.push(String::new());
        }
        lines.extend(statement.above);
        lines.extend(statement.lines);
    }
    lines.join(newline)
}

/// A statement as it is written.
struct Written<'a> {
    section: Section,
    /// What its order goes by.
    head: &'a Statement,
    /// The comments above.
    above: Vec<String>,
    lines: Vec<String>,
}

impl Written<'_> {
    fn code(&self) -> String {
        self.lines.join("\n")
    }
}

/// The statements that make the imports, sorted; those from one module are one, as far as they can be.
fn written<'a>(imports: &'a [Statement], is_own: Own<'_>) -> Vec<Written<'a>> {
    let mut sorted: Vec<&Statement> = imports.iter().collect();
    sorted.sort_by(|a, b| a.place_in_block(b, is_own));
    let mut all = Vec::new();
    let mut rest = &sorted[..];
    while let Some(&head) = rest.first() {
        let same = |other: &&Statement| {
            other.module == head.module && other.is_members() == head.is_members()
        };
        let count = rest.iter().take_while(|other| same(other)).count();
        let (own, others) = rest.split_at(count);
        let lines = if head.is_members() {
            members(own)
        } else {
            plain(own)
        };
        all.extend(lines.into_iter().map(|(above, lines)| Written {
            section: head.section(is_own),
            head,
            above,
            lines,
        }));
        rest = others;
    }
    all
}

impl Statement {
    /// Where the import stands in a block, compared with another.
    pub fn place_in_block(&self, other: &Self, is_own: Own<'_>) -> Ordering {
        let alias = |import: &Self| match &import.names {
            Names::Module(alias) => alias.clone(),
            Names::Members(_) => None,
        };
        let key = |import: &Self| (import.section(is_own), import.is_members());
        key(self)
            .cmp(&key(other))
            .then_with(|| by_module(&self.module, &other.module))
            .then_with(|| alias(self).cmp(&alias(other)))
    }

    /// The names that it binds: `a` for `import a.b`.
    pub fn bound(&self) -> Vec<&str> {
        match &self.names {
            Names::Module(Some(alias)) => vec![alias],
            Names::Module(None) => self.module.split('.').take(1).collect(),
            Names::Members(names) => names
                .iter()
                .map(|(name, alias)| alias.as_ref().unwrap_or(name).as_str())
                .collect(),
        }
    }

    /// The names that it binds, each with the dotted path of what it stands for.
    pub fn bindings(&self) -> Vec<(&str, String)> {
        let names = self.bound().into_iter();
        match &self.names {
            Names::Module(_) => names
                .map(|name| (name, path_of(name, &self.module, None)))
                .collect(),
            Names::Members(members) => names
                .zip(members)
                .map(|(name, (member, _))| (name, path_of(name, &self.module, Some(member))))
                .collect(),
        }
    }

    /// Whether others bring all of it already.
    pub fn is_among(&self, others: &[Self]) -> bool {
        let same_kind =
            |other: &&Self| other.module == self.module && other.is_members() == self.is_members();
        match &self.names {
            Names::Module(_) => others
                .iter()
                .filter(same_kind)
                .any(|other| other.names == self.names),
            Names::Members(names) => names.iter().all(|name| {
                others
                    .iter()
                    .filter(same_kind)
                    .any(|other| matches!(&other.names, Names::Members(own) if own.contains(name)))
            }),
        }
    }

    fn is_members(&self) -> bool {
        matches!(self.names, Names::Members(_))
    }

    fn new(module: String, names: Names) -> Self {
        Self {
            module,
            names,
            above: Vec::new(),
            beside: None,
            verbatim: None,
        }
    }

    fn section(&self, is_own: Own<'_>) -> Section {
        let root = self.module.split('.').next().unwrap_or_default();
        if self.module == "__future__" {
            Section::Future
        } else if self.module.starts_with('.') {
            Section::Relative
        } else if modules::is_standard(root) {
            Section::Standard
        } else if is_own(root) {
            Section::Own
        } else {
            Section::Package
        }
    }
}

/// The dotted path of what `name` stands for: `matplotlib.pyplot` for `plt`, `os` for `import os.path`.
pub fn path_of(name: &str, module: &str, member: Option<&str>) -> String {
    match member {
        Some(member) => format!("{module}.{member}"),
        None if module.split('.').next() == Some(name) => name.to_owned(),
        None => module.to_owned(),
    }
}

/// Comments, and the lines of code below them.
type Lines = (Vec<String>, Vec<String>);

/// `import module` with and without aliases, each once.
fn plain(imports: &[&Statement]) -> Vec<Lines> {
    let mut written: Vec<(String, Vec<String>, Vec<&str>)> = Vec::new();
    for import in imports {
        let code = match &import.names {
            Names::Module(Some(alias)) => format!("import {} as {alias}", import.module),
            _ => format!("import {}", import.module),
        };
        let at = match written.iter().position(|(own, ..)| *own == code) {
            Some(at) => at,
            None => {
                written.push((code, Vec::new(), Vec::new()));
                written.len() - 1
            }
        };
        let (_, above, beside) = &mut written[at];
        above.extend(import.above.iter().cloned());
        beside.extend(import.beside.as_deref());
    }
    let lines = written.into_iter().map(|(code, above, beside)| {
        let comment = joined(&beside);
        (above, vec![format!("{code}{comment}")])
    });
    lines.collect()
}

/// `from module import …`: one statement for all names, and one for each that has a comment of its own.
fn members(imports: &[&Statement]) -> Vec<Lines> {
    let stands_alone = |import: &&&Statement| import.beside.is_some() || import.verbatim.is_some();
    let mut seen: Vec<&(String, Option<String>)> = Vec::new();
    let mut written = Vec::new();
    for import in imports.iter().filter(stands_alone) {
        let Names::Members(names) = &import.names else {
            continue;
        };
        let code = match &import.verbatim {
            Some(text) => text.lines().map(str::to_owned).collect(),
            None => from(&import.module, &sorted(names.iter().collect())),
        };
        seen.extend(names);
        written.push((import.above.clone(), with_comment(code, import)));
    }
    let others = || imports.iter().filter(|import| !stands_alone(import));
    let mut names: Vec<&(String, Option<String>)> = Vec::new();
    for name in others().flat_map(|import| match &import.names {
        Names::Members(names) => names.as_slice(),
        Names::Module(_) => &[],
    }) {
        if !seen.contains(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    let above: Vec<String> = others()
        .flat_map(|import| import.above.iter().cloned())
        .collect();
    if let Some(first) = imports.first()
        && !(names.is_empty() && above.is_empty())
    {
        written.push((above, from(&first.module, &sorted(names))));
    }
    written
}

fn with_comment(mut code: Vec<String>, import: &Statement) -> Vec<String> {
    if let (Some(last), Some(comment)) = (code.last_mut(), &import.beside) {
        *last = format!("{last}  {comment}");
    }
    code
}

/// `  # one; two`.
fn joined(comments: &[&str]) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for comment in comments {
        let text = comment.trim_start_matches('#').trim();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match &texts[..] {
        [] => String::new(),
        [_] => format!("  {}", comments[0]),
        _ => format!("  # {}", texts.join("; ")),
    }
}

/// The statements for some names of one module. One with an alias stands alone, at its place.
fn from(module: &str, names: &[&(String, Option<String>)]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = names;
    while let Some((name, alias)) = rest.first() {
        if let Some(alias) = alias {
            lines.push(format!("from {module} import {name} as {alias}"));
            rest = &rest[1..];
            continue;
        }
        let count = rest.iter().take_while(|(_, alias)| alias.is_none()).count();
        let (plain, others) = rest.split_at(count);
        let plain: Vec<&str> = plain.iter().map(|(name, _)| name.as_str()).collect();
        let one = format!("from {module} import {}", plain.join(", "));
        if columns(&one) <= WIDTH {
            lines.push(one);
        } else {
            lines.push(format!("from {module} import ("));
            lines.extend(plain.iter().map(|name| format!("    {name},")));
            lines.push(")".to_owned());
        }
        rest = others;
    }
    lines
}

fn sorted(mut names: Vec<&(String, Option<String>)>) -> Vec<&(String, Option<String>)> {
    names.sort_by(|(a, a_alias), (b, b_alias)| by_member(a, b).then_with(|| a_alias.cmp(b_alias)));
    names
}

/// Constants, classes, then the rest, as their spelling tells.
fn by_member(a: &str, b: &str) -> Ordering {
    let kind = |name: &str| {
        let is_upper =
            name.chars().any(char::is_alphabetic) && !name.chars().any(char::is_lowercase);
        match name.chars().next() {
            _ if is_upper && name.chars().count() > 1 => 0,
            Some(first) if first.is_uppercase() => 1,
            _ => 2,
        }
    };
    kind(a).cmp(&kind(b)).then_with(|| naturally(a, b))
}

fn by_module(a: &str, b: &str) -> Ordering {
    let spelled = |module: &str| {
        let path = module.trim_start_matches('.');
        match module.len() - path.len() {
            0 => path.to_owned(),
            dots => format!("{}_{path}", &module[..dots]),
        }
    };
    naturally(&spelled(a), &spelled(b)).then_with(|| a.cmp(b))
}

/// Compares without case, and numbers by their value: `a9` before `a10`.
fn naturally(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(String, u64)> {
        let mut parts: Vec<(String, u64)> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let after = &rest[word..];
            let digits = after
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len());
            let number = after[..digits].parse().unwrap_or(0);
            parts.push((rest[..word].to_lowercase(), number));
            rest = &after[digits..];
        }
        parts
    };
    parts(a).cmp(&parts(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(code: &str) -> String {
        let facts = crate::analysis::python::facts(code);
        let imports: Vec<Statement> = facts
            .statements
            .iter()
            .flat_map(|statement| {
                let mut imports = read(code, statement.range).unwrap();
                let rest = &code[statement.range.end().to_usize()..];
                let line = rest.lines().next().unwrap_or_default().trim();
                imports[0].beside = (!line.is_empty()).then(|| line.to_owned());
                imports
            })
            .collect();
        render(&imports, &|_| false, "\n")
    }

    #[test]
    fn blocks_come_out_as_isort_writes_them() {
        let code = "\
import os, sys
from x import b as c, a
import numpy as np
import numpy
from x import Z, zz, CONST, F
from . import q
from .m import z
from .. import up
from __future__ import division
import pandas as pd  # inline
from x import d  # c1
import a.b
import a10
import a9
import A8
from verylongmodule.name_of_things import aaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccc
from matplotlib import pyplot as plt
import matplotlib.pyplot as plt
import matplotlib
from collections import Counter
import os";
        let wanted = "\
from __future__ import division

import os
import sys
from collections import Counter

import A8
import a9
import a10
import a.b
import matplotlib
import matplotlib.pyplot as plt
import numpy
import numpy as np
import pandas as pd  # inline
from matplotlib import pyplot as plt
from verylongmodule.name_of_things import (
    aaaaaaaaaaaaaaaaaaa,
    bbbbbbbbbbbbbbbbbbbbbbb,
    cccccccccccccccc,
)
from x import d  # c1
from x import CONST, F, Z, a
from x import b as c
from x import zz

from .. import up
from . import q
from .m import z";
        assert_eq!(sort(code), wanted);
    }

    #[test]
    fn comments_of_the_same_import_are_joined() {
        assert_eq!(
            sort("import os  # one\nimport os  # two\nimport os  # one"),
            "import os  # one; two"
        );
    }
}
