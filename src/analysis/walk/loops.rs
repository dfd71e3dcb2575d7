//! Loops: how often they run, and what is bound when they are left.

use ruff_python_ast::name::Name;
use ruff_python_ast::{ExceptHandler, Expr, Stmt};

use super::Walker;
use crate::analysis::facts::{Path, State};
use crate::analysis::flow::{Branch, Outcome};

impl Walker<'_> {
    /// A loop's target and body, which `runs` at least once or perhaps never. `walk` returns
    /// what [`Self::round`] does.
    pub(super) fn looped(&mut self, runs: bool, walk: impl FnOnce(&mut Self) -> Option<Vec<Name>>) {
        let (first_use, outer) = (self.uses_so_far(), self.path);
        self.flow.enter(Branch::default());
        let kept = self.on_path(if runs { outer } else { Path::Likely }, walk);
        let mut branch = self.flow.leave();
        self.carry_round(first_use, &branch, outer);
        if let Some(kept) = kept {
            for (name, state) in &mut branch {
                if matches!(state, State::Sure | State::Likely) && !kept.contains(name) {
                    *state = State::Perhaps;
                }
            }
        }
        if runs {
            let done = Outcome {
                branch,
                ends: false,
            };
            self.flow.join(&[done]);
        } else {
            self.flow.join_loop(branch);
        }
    }

    /// One round of a loop. Where it may end before its last statement, the names are returned that
    /// are bound by then: no round need come as far as those behind the `break` or `continue`.
    pub(super) fn round(&mut self, body: &[Stmt]) -> Option<Vec<Name>> {
        // A plain one at the end cuts nothing off.
        let whole = match body {
            [rest @ .., Stmt::Break(_) | Stmt::Continue(_)] => rest,
            whole => whole,
        };
        let leaves = |stmt: &Stmt| stmt.is_break_stmt() || stmt.is_continue_stmt();
        let exit = whole
            .iter()
            .position(|stmt| has(std::slice::from_ref(stmt), &leaves));
        let mut kept = None;
        self.body_watched(body, |walker, at| {
            if Some(at) == exit {
                kept = Some(walker.flow.surely_bound());
            }
        });
        kept
    }
}

/// A display with something in it, or `range` of a positive number.
pub(super) fn runs_at_least_once(iter: &Expr) -> bool {
    match iter {
        Expr::List(list) => list.elts.iter().any(|elt| !elt.is_starred_expr()),
        Expr::Tuple(tuple) => tuple.elts.iter().any(|elt| !elt.is_starred_expr()),
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "range")
                && call.arguments.keywords.is_empty()
                && matches!(&call.arguments.args[..], [Expr::NumberLiteral(number)] if !is_zero(number))
        }
        _ => false,
    }
}

/// Whether a `break` may leave the loop.
pub(super) fn has_break(body: &[Stmt]) -> bool {
    has(body, &|stmt| stmt.is_break_stmt())
}

/// Whether the statements hold one that `is_wanted`, loops and definitions within left aside.
fn has(body: &[Stmt], is_wanted: &impl Fn(&Stmt) -> bool) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::If(stmt) => {
            has(&stmt.body, is_wanted)
                || stmt
                    .elif_else_clauses
                    .iter()
                    .any(|clause| has(&clause.body, is_wanted))
        }
        Stmt::With(stmt) => has(&stmt.body, is_wanted),
        Stmt::Try(stmt) => {
            has(&stmt.body, is_wanted)
                || has(&stmt.orelse, is_wanted)
                || has(&stmt.finalbody, is_wanted)
                || stmt.handlers.iter().any(|handler| {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    has(&handler.body, is_wanted)
                })
        }
        Stmt::Match(stmt) => stmt.cases.iter().any(|case| has(&case.body, is_wanted)),
        _ => is_wanted(stmt),
    })
}

pub(super) fn is_zero(number: &ruff_python_ast::ExprNumberLiteral) -> bool {
    match &number.value {
        ruff_python_ast::Number::Int(int) => *int == 0,
        ruff_python_ast::Number::Float(float) => *float == 0.0,
        ruff_python_ast::Number::Complex { .. } => false,
    }
}
