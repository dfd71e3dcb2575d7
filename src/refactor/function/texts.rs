//! Names that code reads by the text of a query or a formula: `df.query("a > @low")`, `pd.eval("df.a * rate")`,
//! `duckdb.sql("select * from df")`.
//!
//! Libraries look such names up where they are called: among the variables of the function that does, then of its module.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, InterpolatedStringElement, Stmt};
use rustc_hash::FxHashSet;

use crate::analysis::depth;
use crate::analysis::scope::{Body, Locals, stored_names};
use crate::analysis::source::Source;
use crate::refactor::words::words;
use crate::rule::Context;

/// A name in a text that is read as code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextName {
    pub name: Name,
    /// Whether a function within the code reads it, a lambda or a comprehension, whose own variables are looked at.
    pub is_within: bool,
}

/// What `statements` read by text and do not bind in a function within, each once, in their order.
pub fn names(cx: &Context<'_>, statements: &[Stmt]) -> Vec<TextName> {
    let mut search = Search {
        cx,
        frames: Vec::new(),
        found: Vec::new(),
    };
    search.visit_body(statements);
    search.found
}

struct Search<'a> {
    cx: &'a Context<'a>,
    /// The names of the functions around a place.
    frames: Vec<FxHashSet<Name>>,
    found: Vec<TextName>,
}

/// Which words of a text are names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Those behind `@`.
    Marked,
    All,
}

/// Functions of formulas, by the last part of their names.
const FORMULAS: &[&str] = &[
    "dmatrices",
    "dmatrix",
    "from_formula",
    "glm",
    "logit",
    "ols",
];

/// What people call a connection to DuckDB, and modules whose SQL takes variables for tables.
const TABLES: &[&str] = &["con", "conn", "db", "duckdb", "pl", "polars"];

fn reading(call: &ExprCall) -> Option<Reading> {
    let (root, last) = match &*call.func {
        Expr::Name(name) => (None, name.id.as_str()),
        Expr::Attribute(own) => {
            let root = own.value.as_name_expr().map(|name| name.id.as_str());
            (root, own.attr.as_str())
        }
        _ => return None,
    };
    match last {
        "query" if root == Some("duckdb") => Some(Reading::All),
        "query" => Some(Reading::Marked),
        "eval" | "sqldf" => Some(Reading::All),
        "sql" | "execute" => root
            .is_some_and(|root| TABLES.contains(&root))
            .then_some(Reading::All),
        "evaluate" => matches!(root, None | Some("ne" | "numexpr")).then_some(Reading::All),
        _ if root == Some("smf") || FORMULAS.contains(&last) => Some(Reading::All),
        _ => None,
    }
}

impl Search<'_> {
    fn call(&mut self, call: &ExprCall) {
        let Some(reading) = reading(call) else {
            return;
        };
        let keywords = call.arguments.keywords.iter();
        let mut named = keywords.filter(|keyword| {
            let name = keyword.arg.as_deref();
            matches!(name, Some("expr" | "formula" | "ex"))
        });
        let first = call.arguments.args.first();
        let Some(text) = first.or_else(|| named.next().map(|keyword| &keyword.value)) else {
            return;
        };
        let mut texts = texts_of(text);
        if texts.is_empty() {
            texts = self.texts_elsewhere(text);
        }
        for text in &texts {
            let marks = text.match_indices('@').map(|(at, _)| {
                let rest = &text[at + 1..];
                words(rest).next().filter(|word| rest.starts_with(word))
            });
            match reading {
                Reading::Marked => marks.flatten().for_each(|word| self.add(word)),
                Reading::All => words(text).for_each(|word| self.add(word)),
            }
        }
    }

    /// The texts of the cells that bind a variable; of all where something else makes the text.
    fn texts_elsewhere(&self, text: &Expr) -> Vec<String> {
        let variable = text.as_name_expr().map(|name| name.id.as_str());
        let link = self.cx.link;
        let is_variable = variable.is_some_and(|name| link.binders(name).next().is_some());
        let cells = self.cx.notebook.python_cells().filter(|(cell, _)| {
            let mut bindings = self.cx.facts(*cell).bindings.iter();
            !is_variable || bindings.any(|own| Some(own.name.as_str()) == variable)
        });
        cells
            .filter_map(|(_, cell)| {
                let source = Source::new(&cell.text);
                depth::with_stack_for(&cell.text, || texts_of_code(&source)).ok()
            })
            .flatten()
            .collect()
    }

    fn add(&mut self, name: &str) {
        let is_bound = self.frames.iter().any(|own| own.contains(name));
        let new = TextName {
            name: name.into(),
            is_within: !self.frames.is_empty(),
        };
        if !is_bound && !self.found.contains(&new) {
            self.found.push(new);
        }
    }

    fn within(&mut self, bound: FxHashSet<Name>, walk: impl FnOnce(&mut Self)) {
        self.frames.push(bound);
        walk(self);
        self.frames.pop();
    }
}

fn texts_of_code(source: &Source<'_>) -> Vec<String> {
    let mut texts = Texts::default();
    texts.visit_body(&source.parse().statements);
    texts.found
}

fn texts_of(expr: &Expr) -> Vec<String> {
    let mut texts = Texts::default();
    texts.visit_expr(expr);
    texts.found
}

impl<'a> Visitor<'a> for Search<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let Stmt::FunctionDef(function) = stmt else {
            return visitor::walk_stmt(self, stmt);
        };
        let locals = Locals::of(Some(&function.parameters), Body::Statements(&function.body));
        self.within(locals.bound, |search| visitor::walk_stmt(search, stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref();
                let locals = Locals::of(parameters, Body::Expression(&lambda.body));
                self.within(locals.bound, |search| visitor::walk_expr(search, expr));
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.within(stored_names(expr), |search| {
                    visitor::walk_expr(search, expr);
                });
            }
            _ => {
                if let Expr::Call(call) = expr {
                    self.call(call);
                }
                visitor::walk_expr(self, expr);
            }
        }
    }
}

/// The texts of the literals in some code.
#[derive(Default)]
struct Texts {
    found: Vec<String>,
}

impl<'a> Visitor<'a> for Texts {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::StringLiteral(literal) = expr {
            self.found.push(literal.value.to_str().to_owned());
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        if let InterpolatedStringElement::Literal(literal) = element {
            self.found.push(literal.value.to_string());
        }
        visitor::walk_interpolated_string_element(self, element);
    }
}
