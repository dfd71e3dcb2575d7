//! Loops: how often they run, and what is bound when they are left.

use ruff_python_ast::{ExceptHandler, Expr, Stmt};

use super::Walker;
use crate::analysis::facts::Path;
use crate::analysis::flow::{Branch, Outcome};
use crate::text::TextRange;

impl Walker<'_> {
    /// A loop's target and body. Reads since `first_use` happen in each round. `walk` returns whether the end of
    /// the body is never reached. Returns what was done by the time of each `break`.
    pub(super) fn looped(
        &mut self,
        times: Times,
        first_use: usize,
        walk: impl FnOnce(&mut Self) -> bool,
    ) -> Vec<Branch> {
        let (outer, idle) = (self.path, self.idle);
        self.flow.enter_loop();
        let path = match times {
            Times::Once | Times::Forever => outer,
            Times::Any => Path::Likely,
        };
        self.idle += u32::from(times == Times::Any);
        let own = self.idle;
        let ends = self.returning(true, |walker| walker.on_path(path, walk));
        self.idle = idle;
        let rounds = self.flow.leave_loop(ends, times == Times::Forever);
        self.carry_round(first_use, &rounds, (outer, own));
        if times == Times::Any {
            self.flow.join_loop(rounds.last);
        } else {
            let done = Outcome {
                branch: rounds.last,
                ends: false,
            };
            self.flow.join(&[done]);
        }
        rounds.breaks
    }

    /// The `else` of a loop, which each `break` passes by.
    pub(super) fn after_loop(&mut self, orelse: &[Stmt], breaks: Vec<Branch>, at: TextRange) {
        if orelse.is_empty() || breaks.is_empty() {
            self.body(orelse);
            return;
        }
        self.flow.enter(Branch::default());
        let ends = self.on_path(Path::Perhaps, |walker| walker.body(orelse));
        let branch = self.flow.leave();
        let broken = breaks.into_iter().map(|branch| Outcome {
            branch,
            ends: false,
        });
        let mut outcomes = vec![Outcome { branch, ends }];
        outcomes.extend(broken);
        self.join(&outcomes, at);
    }
}

/// How often a loop's body runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Perhaps never.
    Any,
    /// Once at least.
    Once,
    /// Until something leaves it.
    Forever,
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

/// Whether the statements hold one that `is_wanted`, bodies of loops and definitions within left aside.
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
        // What follows a loop within belongs to the one around it.
        Stmt::For(stmt) => has(&stmt.orelse, is_wanted),
        Stmt::While(stmt) => has(&stmt.orelse, is_wanted),
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
