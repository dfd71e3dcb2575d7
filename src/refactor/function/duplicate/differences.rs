//! In what the places of a repetition differ, and the parameters that say it.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, InterpolatedStringElement, Stmt};
use rustc_hash::FxHashMap;

use super::Copy;
use crate::action::Refusal;
use crate::analysis::facts::Facts;
use crate::analysis::known::builtins;
use crate::analysis::shapes::{Atom, AtomKind};
use crate::analysis::source;
use crate::notebook::Home;
use crate::refactor::function::naming::KEYWORDS;
use crate::rule::Context;
use crate::text::{TextRange, with_replacements};

/// What differs between the places, by the names and places of the first.
pub(super) struct Differences {
    /// For each place: what the names of the first are called there.
    names: Vec<FxHashMap<Name, Name>>,
    /// What the names of the first are called in the function, where that is another name.
    renamed: FxHashMap<Name, Name>,
    /// Literals that differ: where they stand in the first place, and their text in each.
    literals: Vec<(TextRange, Vec<String>)>,
}

/// A parameter, with its argument at each place.
#[derive(Debug)]
pub(super) struct Parameter {
    pub name: String,
    pub arguments: Vec<String>,
    /// Where the first place has a literal for it.
    literals: Vec<TextRange>,
}

impl Differences {
    /// Compares all copies with the first.
    ///
    /// # Errors
    /// Where they differ in what no parameter can be, such as the text of an f-string.
    pub fn of(copies: &[Copy]) -> Result<Self, Refusal> {
        let first = &copies[0].piece;
        let mut differences = Self {
            names: Vec::new(),
            renamed: FxHashMap::default(),
            literals: Vec::new(),
        };
        for copy in copies {
            differences
                .names
                .push(names(&first.outline.atoms, &copy.piece.outline.atoms)?);
        }
        for (at, atom) in first.outline.atoms.iter().enumerate() {
            if matches!(atom.kind, AtomKind::Name(_) | AtomKind::Called(_)) {
                continue;
            }
            let texts: Vec<String> = copies
                .iter()
                .map(|copy| {
                    let range = copy.piece.outline.atoms[at].range;
                    copy.piece.body[range].to_owned()
                })
                .collect();
            if texts.iter().all(|text| *text == texts[0]) {
                continue;
            }
            if atom.kind == AtomKind::Text {
                return Err(format!(
                    "the text of an f-string differs: `{}` and `{}`",
                    shortened(&texts[0]),
                    shortened(
                        texts
                            .iter()
                            .find(|text| **text != texts[0])
                            .unwrap_or(&texts[0])
                    )
                )
                .into());
            }
            if texts.iter().any(|text| text.contains('\n')) {
                return Err("literals of several lines differ".into());
            }
            if touches_word(&first.body, atom.range) {
                return Err(format!("`{}` has no space around it", shortened(&texts[0])).into());
            }
            differences.literals.push((atom.range, texts));
        }
        let differs = !differences.literals.is_empty() || !differences.differing().is_empty();
        let mut marks = Marks::default();
        marks.visit_body(first.statements());
        if differs && let Some(why) = marks.obstacle {
            return Err(why.into());
        }
        let atoms = &first.outline.atoms;
        let is_used = |name: &str| {
            atoms.iter().any(|atom| match &atom.kind {
                AtomKind::Name(own) | AtomKind::Called(own) => own == name,
                _ => false,
            })
        };
        for name in differences.differing() {
            let all: Vec<&str> = differences
                .names
                .iter()
                .map(|own| own[&name].as_str())
                .collect();
            let is_free = |new: &str| {
                !is_used(new)
                    && !builtins::is_defined(new, Home::Jupyter)
                    && !differences.renamed.values().any(|taken| taken == new)
            };
            if let Some(common) = common_name(&all).filter(|common| is_free(common)) {
                differences.renamed.insert(name, Name::new(common));
            }
        }
        Ok(differences)
    }

    /// The names of the first place that are others elsewhere, in a fixed order.
    fn differing(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.names[0]
            .keys()
            .filter(|name| self.names.iter().any(|own| own[*name] != **name))
            .cloned()
            .collect();
        names.sort_unstable();
        names
    }

    /// What a name of the first place is called at another.
    pub fn name_in(&self, place: usize, name: &Name) -> Name {
        self.names[place].get(name).unwrap_or(name).clone()
    }

    /// What a name of the first place is called in the function.
    pub fn final_name(&self, name: &Name) -> Name {
        self.renamed.get(name).unwrap_or(name).clone()
    }

    /// Variables first, in the order in which they are read; then definitions and literals that differ.
    ///
    /// # Errors
    /// Where a call could not hand one over.
    pub fn parameters(&self, cx: &Context<'_>, copies: &[Copy]) -> Result<Vec<Parameter>, Refusal> {
        let mut names: Vec<Name> = Vec::new();
        for (at, copy) in copies.iter().enumerate() {
            let back: FxHashMap<&Name, &Name> = self.names[at]
                .iter()
                .map(|(first, own)| (own, first))
                .collect();
            for own in &copy.interface.parameters {
                let name = back.get(own).copied().unwrap_or(own);
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        let facts = &copies[0].facts;
        for name in self.differing() {
            if !names.contains(&name) && is_read_from_outside(facts, &name) && !binds(facts, &name)
            {
                let is_steady = |own: &Name| cx.link.touchers(own).count() <= 1;
                let unsteady = self
                    .names
                    .iter()
                    .map(|own| &own[&name])
                    .find(|own| !is_steady(own));
                if let Some(own) = unsteady {
                    return Err(format!(
                        "`{own}` is bound more than once, so it is not sure what it means"
                    )
                    .into());
                }
                names.push(name);
            }
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        for name in names {
            let arguments: Vec<Name> = (0..copies.len())
                .map(|at| self.name_in(at, &name))
                .collect();
            for (copy, argument) in copies.iter().zip(&arguments) {
                if !copy.interface.parameters.contains(argument) && !copy.has(cx, argument) {
                    return Err(format!(
                        "`{argument}` may not be bound when {} begins with it",
                        copy.piece.cell
                    )
                    .into());
                }
            }
            parameters.push(Parameter {
                name: self.final_name(&name).to_string(),
                arguments: arguments.iter().map(Name::to_string).collect(),
                literals: Vec::new(),
            });
        }
        self.add_literals(&copies[0], &mut parameters);
        Ok(parameters)
    }

    fn add_literals(&self, first: &Copy, parameters: &mut Vec<Parameter>) {
        let body = &first.piece.body;
        let used: Vec<String> = first
            .piece
            .outline
            .atoms
            .iter()
            .filter_map(|atom| match &atom.kind {
                AtomKind::Name(name) | AtomKind::Called(name) => {
                    Some(self.final_name(name).to_string())
                }
                _ => None,
            })
            .collect();
        for (range, texts) in &self.literals {
            // A list is a new object at each place where it stands.
            let is_one_value = !texts[0].starts_with(['[', '(']);
            let same = parameters
                .iter_mut()
                .find(|known| !known.literals.is_empty() && known.arguments == *texts);
            if let Some(same) = same.filter(|_| is_one_value) {
                same.literals.push(*range);
                continue;
            }
            let base = literal_name(&body[..range.start().to_usize()], &texts[0]);
            let is_free = |name: &String| {
                !used.contains(name)
                    && !builtins::is_defined(name, Home::Jupyter)
                    && !KEYWORDS.contains(&name.as_str())
                    && parameters.iter().all(|known| known.name != *name)
            };
            let numbered = (2..).map(|number| format!("{base}_{number}"));
            let mut names = vec![base.clone()];
            // `x = 3` binds `x` itself.
            if used.contains(&base) || KEYWORDS.contains(&base.as_str()) {
                names.push(format!("{base}_value"));
            }
            let name = names.into_iter().chain(numbered).find(is_free);
            parameters.push(Parameter {
                name: name.unwrap_or(base),
                arguments: texts.clone(),
                literals: vec![*range],
            });
        }
    }

    /// The code of the first place, with the function's names, and parameters for literals.
    pub fn body(&self, first: &Copy, parameters: &[Parameter]) -> String {
        let names = first
            .piece
            .outline
            .atoms
            .iter()
            .filter_map(|atom| match &atom.kind {
                AtomKind::Name(name) | AtomKind::Called(name) => {
                    Some((atom.range, self.renamed.get(name)?.as_str()))
                }
                _ => None,
            });
        let literals = parameters.iter().flat_map(|parameter| {
            let places = parameter.literals.iter();
            places.map(|range| (*range, parameter.name.as_str()))
        });
        let changes: Vec<(TextRange, &str)> = names.chain(literals).collect();
        with_single_blank_lines(&with_replacements(&first.piece.body, &changes))
    }
}

/// One blank line is the most that a formatter leaves in a function; strings stay as they are.
fn with_single_blank_lines(code: &str) -> String {
    let strings = source::long_strings(code);
    let mut kept = String::with_capacity(code.len());
    let (mut at, mut blank_before) = (0, false);
    for line in code.split_inclusive('\n') {
        let in_string = strings
            .iter()
            .any(|string| string.start().to_usize() < at && at < string.end().to_usize());
        let is_blank = !in_string && line.trim().is_empty();
        if !(is_blank && blank_before) {
            kept.push_str(line);
        }
        blank_before = is_blank;
        at += line.len();
    }
    kept
}

/// How the names of one place are called at another.
fn names(first: &[Atom], other: &[Atom]) -> Result<FxHashMap<Name, Name>, Refusal> {
    let mut there: FxHashMap<Name, Name> = FxHashMap::default();
    let mut back: FxHashMap<&Name, &Name> = FxHashMap::default();
    for (a, b) in first.iter().zip(other) {
        let (AtomKind::Name(a) | AtomKind::Called(a), AtomKind::Name(b) | AtomKind::Called(b)) =
            (&a.kind, &b.kind)
        else {
            continue;
        };
        let known = there.entry(a.clone()).or_insert_with(|| b.clone());
        if known != b || *back.entry(b).or_insert(a) != a {
            return Err(
                format!("`{a}` stands for more than one name elsewhere, `{b}` for one").into(),
            );
        }
    }
    Ok(there)
}

fn is_read_from_outside(facts: &Facts, name: &Name) -> bool {
    facts.uses.iter().any(|read| read.name == *name)
        || facts
            .scopes
            .iter()
            .any(|scope| scope.reads.iter().any(|read| read.name == *name))
}

fn binds(facts: &Facts, name: &Name) -> bool {
    facts.bindings.iter().any(|binding| binding.name == *name)
}

/// What all the names begin or end with: `df` of `train_df` and `test_df`, `x` of `x1` and `x2`.
fn common_name(names: &[&str]) -> Option<String> {
    let shortest = names.iter().map(|name| name.len()).min()?;
    let first = names[0];
    if !names.iter().all(|name| name.is_ascii()) {
        return None;
    }
    let ends_word =
        |name: &str, at: usize| name.len() == at || !name.as_bytes()[at].is_ascii_alphabetic();
    let prefix = (1..=shortest).rev().find(|&length| {
        names
            .iter()
            .all(|name| name[..length] == first[..length] && ends_word(name, length))
    });
    let prefix = prefix
        .map(|length| first[..length].trim_end_matches(|c: char| c == '_' || c.is_ascii_digit()));
    let suffix = (2..shortest).rev().find(|&length| {
        let end = &first[first.len() - length..];
        names
            .iter()
            .all(|name| name.ends_with(end) && name.as_bytes()[name.len() - length - 1] == b'_')
    });
    let suffix = suffix.map(|length| &first[first.len() - length..]);
    prefix
        .into_iter()
        .chain(suffix)
        .find(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && !name.trim_matches('_').is_empty()
        })
        .filter(|name| !KEYWORDS.contains(name))
        .map(str::to_owned)
}

/// What a literal is, by what stands before it: `bins` of `hist(bins=20)`.
fn literal_name(before: &str, literal: &str) -> String {
    let is_text = literal.ends_with(['"', '\'']);
    let line = before
        .rsplit(['\n', '\r'])
        .next()
        .unwrap_or_default()
        .trim_end();
    let word = |text: &str| -> String {
        let before = text.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        text[before.len()..].to_lowercase()
    };
    if let Some(keyword) = line.strip_suffix('=')
        && !keyword.ends_with(['=', '<', '>', '!', '+', '-', '*', '/'])
    {
        let word = word(keyword.trim_end());
        if !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()) {
            return word;
        }
    }
    if line.ends_with('[') {
        return if is_text { "column" } else { "index" }.to_owned();
    }
    if let Some(function) = line.strip_suffix('(') {
        let called = word(function);
        let name = match called.as_str() {
            "title" | "set_title" | "suptitle" => "title",
            "xlabel" | "set_xlabel" | "ylabel" | "set_ylabel" => "label",
            "print" if is_text => "text",
            name if is_text
                && [
                    "read",
                    "load",
                    "open",
                    "save",
                    "to_",
                    "imread",
                    "genfromtxt",
                ]
                .iter()
                .any(|start| name.starts_with(start)) =>
            {
                "path"
            }
            "head" | "tail" | "sample" => "count",
            _ => "",
        };
        if !name.is_empty() {
            return name.to_owned();
        }
    }
    match literal {
        _ if is_text => "text",
        _ if literal.starts_with(['[', '(']) => "values",
        _ => "value",
    }
    .to_owned()
}

/// Whether a name in place of the range would run into a word beside it: `else"a"`.
fn touches_word(body: &str, range: TextRange) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    body[..range.start().to_usize()].ends_with(is_word)
        || body[range.end().to_usize()..].starts_with(is_word)
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(24).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What lets no parameter stand for a name or a literal.
#[derive(Default)]
struct Marks {
    obstacle: Option<&'static str>,
}

impl<'a> Visitor<'a> for Marks {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Match(_) => {
                self.obstacle = Some("a pattern of `match` takes no parameter");
            }
            Stmt::Expr(only) if only.value.is_string_literal_expr() => {
                self.obstacle = Some("a string stands alone, which is no value");
            }
            Stmt::Global(_) | Stmt::Nonlocal(_) => {
                self.obstacle = Some("`global` and `nonlocal` name variables, which may differ");
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::FString(string) = expr
            && string.value.elements().any(|element| {
                matches!(element, InterpolatedStringElement::Interpolation(part) if part.debug_text.is_some())
            })
        {
            self.obstacle = Some("`{x=}` in an f-string prints the names themselves");
        }
        visitor::walk_expr(self, expr);
    }
}
