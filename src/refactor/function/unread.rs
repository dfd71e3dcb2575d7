//! Assignments of what nobody reads: a variable of the notebook can be looked at, one of a function is for nothing.

use std::ops::Range;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtAssign};

use crate::analysis::facts::Facts;
use crate::text::{Ranged, TextRange, TextSize};

/// Whether the code assigns the name and reads it nowhere. `_` and its like say so themselves.
pub fn is_unread(inside: &Facts, name: &Name) -> bool {
    let mut bindings = inside.bindings.iter().filter(|own| own.name == *name);
    let at_once = inside.uses.iter().any(|read| read.name == *name);
    let later = inside
        .scopes
        .iter()
        .flat_map(|scope| &scope.reads)
        .any(|read| read.name == *name);
    !inside.text_reads.takes_words()
        && !at_once
        && !later
        && !name.starts_with('_')
        && bindings.all(|own| !own.kind.is_import() && !own.kind.is_definition())
}

/// The name that the last statement assigns a computed value; that is what the code comes to.
pub fn assigned_last(statements: &[Stmt]) -> Option<&Name> {
    let Some(Stmt::Assign(assign)) = statements.last() else {
        return None;
    };
    let mut literal = Literal { only: true };
    literal.visit_expr(&assign.value);
    target(assign).filter(|_| !literal.only)
}

/// Names that the code assigns and nobody reads, and whose assignments [`without_targets`] cannot take away.
pub fn kept(statements: &[Stmt], inside: &Facts) -> Vec<Name> {
    unread(statements, inside, |own| own.cut.is_none())
}

/// Names that the code assigns and does not read.
pub fn assigned(statements: &[Stmt], inside: &Facts) -> Vec<Name> {
    unread(statements, inside, |_| true)
}

fn unread(statements: &[Stmt], inside: &Facts, wanted: impl Fn(&Own<'_>) -> bool) -> Vec<Name> {
    let mut names = Vec::new();
    for own in Assigned::of(statements, inside).own {
        if wanted(&own) && !names.contains(own.name) && is_unread(inside, own.name) {
            names.push(own.name.clone());
        }
    }
    names
}

/// The code without targets that nobody reads: `ax = df.plot()` is `df.plot()`, `a = b = 1` is `b = 1`, and
/// `with model() as m:` is `with model():`.
///
/// What is made by a class stays assigned, as it may do its work only as long as it is held.
pub fn without_targets(
    statements: &[Stmt],
    body: &str,
    inside: &Facts,
    is_needed: impl Fn(&Name) -> bool,
) -> String {
    let mut text = body.to_owned();
    let mut found = Assigned::of(statements, inside).own;
    found.sort_by_key(|own| own.range.start());
    for own in found.into_iter().rev() {
        let Some(cut) = own.cut else { continue };
        if is_needed(own.name) || !is_unread(inside, own.name) {
            continue;
        }
        let place = match cut {
            Cut::Target(behind) => up_to_value(body, own.range, behind),
            Cut::Item(context) => from_as(body, own.range, context),
        };
        if let Some(place) = place {
            text.replace_range(place, "");
        }
    }
    text
}

/// The target and its `=`. A bracket around what is behind it stays.
fn up_to_value(body: &str, target: TextRange, behind: TextSize) -> Option<Range<usize>> {
    let between = &body[TextRange::new(target.end(), behind)];
    let sign = between.find('=')?;
    let rest = &between[sign + 1..];
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let is_plain = between[..sign].trim().is_empty();
    let end = target.end().to_usize() + sign + 1 + blank;
    is_plain.then_some(target.start().to_usize()..end)
}

/// `as` and the target. A bracket around what is entered stays.
fn from_as(body: &str, target: TextRange, context: TextSize) -> Option<Range<usize>> {
    let between = body[TextRange::new(context, target.start())].trim_end();
    let before = between.strip_suffix("as")?.trim_end();
    Some(context.to_usize() + before.len()..target.end().to_usize())
}

fn target(assign: &StmtAssign) -> Option<&Name> {
    match &assign.targets[..] {
        [Expr::Name(name)] => Some(&name.id),
        _ => None,
    }
}

/// Functions of Python whose result is all that they are for.
const PURE: &[&str] = &[
    "abs", "bool", "dict", "float", "int", "len", "list", "max", "min", "range", "round", "set",
    "sorted", "str", "sum", "tuple",
];

fn is_plain_call(value: &Expr) -> bool {
    let Expr::Call(call) = value else {
        return false;
    };
    let last = match &*call.func {
        Expr::Name(name) if PURE.contains(&name.id.as_str()) => return false,
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    last.starts_with(char::is_lowercase)
}

/// Whether an expression is made of literals alone.
struct Literal {
    only: bool,
}

impl<'a> Visitor<'a> for Literal {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(_) | Expr::Name(_) | Expr::Await(_) | Expr::FString(_) => self.only = false,
            _ => visitor::walk_expr(self, expr),
        }
    }
}

/// A name that is assigned, with its place.
struct Own<'a> {
    name: &'a Name,
    range: TextRange,
    /// How it goes where nobody reads it; `None` where it stays.
    cut: Option<Cut>,
}

#[derive(Clone, Copy)]
enum Cut {
    /// Up to what is assigned to it, which begins there.
    Target(TextSize),
    /// With the `as` behind what is entered, which ends there.
    Item(TextSize),
}

/// The assignments of the code itself, without those in its definitions.
struct Assigned<'a> {
    inside: &'a Facts,
    own: Vec<Own<'a>>,
    /// How many `with` blocks enclose the place.
    blocks: usize,
}

impl<'a> Assigned<'a> {
    fn of(statements: &'a [Stmt], inside: &'a Facts) -> Self {
        let mut found = Self {
            inside,
            own: Vec::new(),
            blocks: 0,
        };
        found.visit_body(statements);
        found
    }

    fn assign(&mut self, assign: &'a StmtAssign) {
        let stands_alone =
            is_plain_call(&assign.value) || self.blocks > 0 && is_named_object(&assign.value);
        let targets = &assign.targets;
        // One target must be left, or else what is assigned would be a statement for nothing.
        let others_stay = targets.iter().any(|target| match target {
            Expr::Name(name) => !is_unread(self.inside, &name.id),
            _ => true,
        });
        for (at, target) in targets.iter().enumerate() {
            let Expr::Name(name) = target else { continue };
            let behind = targets.get(at + 1).unwrap_or(&assign.value);
            let may_go = stands_alone || others_stay || at + 1 < targets.len();
            self.own.push(Own {
                name: &name.id,
                range: name.range(),
                cut: may_go.then_some(Cut::Target(behind.start())),
            });
        }
    }
}

/// Whether an object is made under a name of its own, by which the block around it knows it: `pm.Normal("mu", 0, 1)`.
fn is_named_object(value: &Expr) -> bool {
    let Expr::Call(call) = value else {
        return false;
    };
    matches!(call.arguments.args.first(), Some(Expr::StringLiteral(_)))
}

impl<'a> Visitor<'a> for Assigned<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::AnnAssign(assign) => {
                if let (Expr::Name(name), Some(_)) = (&*assign.target, &assign.value) {
                    self.own.push(Own {
                        name: &name.id,
                        range: name.range(),
                        cut: None,
                    });
                }
            }
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(Expr::Name(name)) = item.optional_vars.as_deref() {
                        self.own.push(Own {
                            name: &name.id,
                            range: name.range(),
                            cut: Some(Cut::Item(item.context_expr.end())),
                        });
                    }
                }
                self.blocks += 1;
                visitor::walk_stmt(self, stmt);
                self.blocks -= 1;
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}
