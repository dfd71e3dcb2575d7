//! Assignments of what nobody reads: a variable of the notebook can be looked at, one of a function is for nothing.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtAssign};

use crate::analysis::facts::{Facts, TextReads};
use crate::text::{Ranged, TextRange};

/// Whether the code assigns the name and reads it nowhere. `_` and its like say so themselves.
pub fn is_unread(inside: &Facts, name: &Name) -> bool {
    let mut bindings = inside.bindings.iter().filter(|own| own.name == *name);
    let at_once = inside.uses.iter().any(|read| read.name == *name);
    let later = inside
        .scopes
        .iter()
        .flat_map(|scope| &scope.reads)
        .any(|read| read.name == *name);
    inside.text_reads == TextReads::Nothing
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

/// The code, with calls whose result is unread as statements of their own: `ax = df.plot()` as `df.plot()`.
///
/// What is made by a class stays assigned, as it may do its work only as long as it is held.
pub fn without_targets(
    statements: &[Stmt],
    body: &str,
    inside: &Facts,
    is_needed: impl Fn(&Name) -> bool,
) -> String {
    let mut found = Assigned::default();
    found.visit_body(statements);
    let mut text = body.to_owned();
    for assign in found.assigns.into_iter().rev() {
        let Some(name) = target(assign) else { continue };
        if is_needed(name) || !is_unread(inside, name) || !is_plain_call(&assign.value) {
            continue;
        }
        let behind = TextRange::new(assign.targets[0].end(), assign.value.start());
        // A bracket around the value stays.
        let Some(sign) = body[behind].find('=') else {
            continue;
        };
        let rest = &body[behind][sign + 1..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let start = assign.start().to_usize();
        let end = behind.start().to_usize() + sign + 1 + blank;
        text.replace_range(start..end, "");
    }
    text
}

fn target(assign: &StmtAssign) -> Option<&Name> {
    match &assign.targets[..] {
        [Expr::Name(name)] => Some(&name.id),
        _ => None,
    }
}

fn is_plain_call(value: &Expr) -> bool {
    let Expr::Call(call) = value else {
        return false;
    };
    let last = match &*call.func {
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

/// The assignments of the code itself, without those in its definitions.
#[derive(Default)]
struct Assigned<'a> {
    assigns: Vec<&'a StmtAssign>,
}

impl<'a> Visitor<'a> for Assigned<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Assign(assign) => self.assigns.push(assign),
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}
