//! Where statements of a block jump to: what leaves them cannot be left from within another function.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

use crate::action::Refusal;

/// Whether the statements end by returning from the function around them.
///
/// # Errors
/// Where they jump to a place that a function of their own could not reach.
pub fn returns(statements: &[Stmt], function: Option<&str>) -> Result<bool, Refusal> {
    let mut jumps = Jumps::default();
    jumps.visit_body(statements);
    if let Some(word) = jumps.leaves_loop {
        return Err(
            format!("`{word}` in it belongs to a loop that is not selected as a whole").into(),
        );
    }
    if let Some(word) = jumps.declares {
        return Err(format!(
            "`{word}` in it speaks for all of the code around it, not for these lines alone"
        )
        .into());
    }
    let around = function.unwrap_or("the code around it");
    if jumps.yields {
        return Err(format!("`yield` in it is what makes `{around}` a generator").into());
    }
    if !jumps.returns {
        return Ok(false);
    }
    if function.is_none() {
        return Err("`return` stands outside of a function, which does not run".into());
    }
    if always_leaves(statements) {
        Ok(true)
    } else {
        Err(format!("it returns from `{around}` on some paths, and goes on on others").into())
    }
}

/// Whether no path runs on behind the statements.
fn always_leaves(statements: &[Stmt]) -> bool {
    match statements.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_)) => true,
        Some(Stmt::If(branch)) => {
            let clauses = &branch.elif_else_clauses;
            always_leaves(&branch.body)
                && clauses.last().is_some_and(|last| last.test.is_none())
                && clauses.iter().all(|clause| always_leaves(&clause.body))
        }
        _ => false,
    }
}

#[derive(Default)]
struct Jumps {
    loops_around: usize,
    leaves_loop: Option<&'static str>,
    declares: Option<&'static str>,
    yields: bool,
    returns: bool,
}

impl<'a> Visitor<'a> for Jumps {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            // What stands in a definition jumps within it.
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::For(ruff_python_ast::StmtFor { body, orelse, .. })
            | Stmt::While(ruff_python_ast::StmtWhile { body, orelse, .. }) => {
                self.loops_around += 1;
                self.visit_body(body);
                self.loops_around -= 1;
                self.visit_body(orelse);
            }
            Stmt::Break(_) if self.loops_around == 0 => self.leaves_loop = Some("break"),
            Stmt::Continue(_) if self.loops_around == 0 => self.leaves_loop = Some("continue"),
            Stmt::Global(_) => self.declares = Some("global"),
            Stmt::Nonlocal(_) => self.declares = Some("nonlocal"),
            Stmt::Return(_) => {
                self.returns = true;
                visitor::walk_stmt(self, stmt);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(_) => {}
            Expr::Yield(_) | Expr::YieldFrom(_) => self.yields = true,
            _ => visitor::walk_expr(self, expr),
        }
    }
}
