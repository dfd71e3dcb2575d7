//! Statements, and how control flows through them.

use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtIf, StmtMatch, StmtTry, StmtWith};

use super::loops::{Times, has_break, is_zero, runs_at_least_once};
use super::namespace::asked_names;
use super::{Frame, Walker};
use crate::analysis::facts::{BindingKind, OpeningKind, Path, UseKind};
use crate::analysis::flow::{Branch, Outcome, broken_off};
use crate::analysis::scope::imported_name;
use crate::text::{Ranged, TextRange};

impl Walker<'_> {
    /// Walks statements one after the other; returns whether their end is never reached.
    pub(super) fn body(&mut self, statements: &[Stmt]) -> bool {
        let (path, guarded) = (self.path, self.guarded);
        let asked = self.asked_for.len();
        let mut ends = false;
        for stmt in statements {
            if self.statement(stmt) {
                ends = true;
                self.mark_unreachable();
            }
        }
        self.path = path;
        self.guarded = guarded;
        self.asked_for.truncate(asked);
        ends
    }

    /// Walks one statement; returns whether its end is never reached.
    pub(super) fn statement(&mut self, stmt: &Stmt) -> bool {
        self.note_again(stmt);
        self.note_statement(stmt);
        match stmt {
            Stmt::FunctionDef(function) => self.function(function, None),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let range = alias
                        .asname
                        .as_ref()
                        .map_or(alias.name.range, |name| name.range);
                    let module = alias.name.id.clone();
                    let kind = BindingKind::Import {
                        module,
                        member: None,
                    };
                    self.bind(&imported_name(alias), range, kind);
                }
            }
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => {
                // Whoever takes a value apart iterates it.
                self.consumed = assign
                    .targets
                    .iter()
                    .any(|target| target.is_tuple_expr() || target.is_list_expr());
                let value = self.value_of(&assign.value);
                self.note_namespace_value(&assign.value, assign.range());
                for target in &assign.targets {
                    let kind = match target {
                        Expr::Name(_) => BindingKind::Value(value.clone()),
                        _ => BindingKind::Value(super::super::facts::Value::Unknown),
                    };
                    self.note_namespace_target(target);
                    self.bind_target(target, &kind);
                }
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    self.read(&name.id, name.range(), UseKind::Augmented);
                    self.consumed = true;
                    self.visit_expr(&assign.value);
                    self.bind(&name.id, name.range(), BindingKind::Augmented);
                } else {
                    self.visit_expr(&assign.value);
                    self.bind_target(&assign.target, &BindingKind::Augmented);
                }
            }
            Stmt::AnnAssign(assign) => {
                // Annotations of local variables are never run.
                let is_local = matches!(self.frames.last(), Some(Frame::Function { .. }));
                self.guarding(is_local, |walker| {
                    walker.visit_annotation(&assign.annotation);
                });
                if let Some(value) = &assign.value {
                    let value = self.value_of(value);
                    self.bind_target(&assign.target, &BindingKind::Value(value));
                } else if !assign.target.is_name_expr() {
                    self.visit_expr(&assign.target);
                }
            }
            Stmt::TypeAlias(alias) => {
                self.with_type_parameters(alias.type_params.as_deref(), |walker| {
                    walker.guarding(true, |walker| walker.visit_expr(&alias.value));
                });
                self.bind_target(&alias.name, &BindingKind::TypeAlias);
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.delete_target(target);
                }
            }
            Stmt::For(stmt) => {
                self.consumed = true;
                self.visit_expr(&stmt.iter);
                self.facts.awaits |= stmt.is_async && self.is_at_once();
                let times = if runs_at_least_once(&stmt.iter) {
                    Times::Once
                } else {
                    Times::Any
                };
                let first_use = self.uses_so_far();
                let breaks = self.looped(times, first_use, |walker| {
                    walker.bind_target(&stmt.target, &BindingKind::For);
                    walker.body(&stmt.body)
                });
                self.after_loop(&stmt.orelse, breaks, stmt.range());
            }
            Stmt::While(stmt) => {
                let first_use = self.uses_so_far();
                self.visit_expr(&stmt.test);
                let forever = is_true(&stmt.test);
                let times = if forever { Times::Forever } else { Times::Any };
                let tested = self.tested.len();
                self.note_test(&stmt.test);
                let breaks = self.looped(times, first_use, |walker| walker.body(&stmt.body));
                self.tested.truncate(tested);
                self.after_loop(&stmt.orelse, breaks, stmt.range());
                return forever && !has_break(&stmt.body);
            }
            Stmt::If(stmt) => return self.conditional(stmt),
            Stmt::With(stmt) => return self.with(stmt),
            Stmt::Match(stmt) => return self.match_statement(stmt),
            Stmt::Try(stmt) => return self.try_statement(stmt),
            Stmt::Raise(_) | Stmt::Return(_) => {
                visitor::walk_stmt(self, stmt);
                self.returned |= stmt.is_return_stmt() && self.returns;
                return true;
            }
            Stmt::Break(_) | Stmt::Continue(_) => {
                let uses = self.uses_so_far();
                self.flow.exit_loop(stmt.is_break_stmt(), uses);
                return true;
            }
            Stmt::Assert(assert) => {
                self.visit_expr(&assert.test);
                self.asked_for.extend(asked_names(&assert.test));
                if let Some(message) = &assert.msg {
                    self.maybe(|walker| walker.visit_expr(message));
                }
            }
            Stmt::Expr(expression) => {
                self.visit_expr(&expression.value);
                return self.is_at_once() && leaves_kernel(&expression.value);
            }
            Stmt::IpyEscapeCommand(escape) => self.escape(escape.kind, &escape.value, escape.range),
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) => {}
        }
        false
    }

    fn import_from(&mut self, import: &ruff_python_ast::StmtImportFrom) {
        let mut module = ".".repeat(import.level as usize);
        module.push_str(import.module.as_deref().unwrap_or_default());
        for alias in &import.names {
            if alias.name.as_str() == "*" {
                self.open(alias.range, OpeningKind::StarImport(Name::new(&module)));
                continue;
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            if module == "__future__" {
                self.lazy_annotations |= alias.name.as_str() == "annotations";
            }
            let kind = BindingKind::Import {
                module: Name::new(&module),
                member: Some(alias.name.id.clone()),
            };
            self.bind(&name.id, name.range, kind);
        }
    }

    fn delete_target(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => {
                self.visit_expr(target);
                self.delete(&name.id, name.range());
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|elt| self.delete_target(elt)),
            Expr::List(list) => list.elts.iter().for_each(|elt| self.delete_target(elt)),
            _ => {
                self.visit_expr(target);
                self.mutate(target);
            }
        }
    }

    fn conditional(&mut self, stmt: &StmtIf) -> bool {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut always_taken = false;
        let (asked, tested) = (self.asked_for.len(), self.tested.len());
        let first = std::iter::once((Some(&*stmt.test), &stmt.body[..]));
        let rest = stmt
            .elif_else_clauses
            .iter()
            .map(|clause| (clause.test.as_ref(), &clause.body[..]));
        let before = self.path;
        // What the tests so far have bound, where none of them was true.
        let mut untaken = Branch::default();
        let mut asks_parameters = false;
        for (position, (test, body)) in first.chain(rest).enumerate() {
            if let Some(test) = test {
                if position == 0 {
                    self.visit_expr(test);
                } else {
                    self.flow.enter(untaken);
                    self.on_path(Path::Perhaps, |walker| walker.visit_expr(test));
                    untaken = self.flow.leave();
                }
                self.asked_for.extend(asked_names(test));
                self.note_test(test);
            }
            let never = always_taken || test.is_some_and(is_false);
            let always = test.is_none_or(is_true) && outcomes.is_empty() && !always_taken;
            self.flow.enter(untaken.clone());
            let path = if always { before } else { Path::Perhaps };
            asks_parameters |= test.is_some_and(|test| self.asks_parameters(test));
            let ends = self.returning(asks_parameters, |walker| {
                walker.on_path(path, |walker| {
                    walker.guarding(never, |walker| walker.body(body))
                })
            });
            let branch = self.flow.leave();
            if !never {
                outcomes.push(Outcome { branch, ends });
            }
            always_taken |= test.is_none_or(is_true);
        }
        // `if "df" not in globals(): return`: whoever goes on has it.
        let leaves = matches!(&outcomes[..], [Outcome { ends: true, .. }]);
        if !leaves {
            self.asked_for.truncate(asked);
        }
        self.tested.truncate(tested);
        if !always_taken {
            outcomes.push(Outcome {
                branch: untaken,
                ends: false,
            });
        }
        self.join(&outcomes, stmt.range())
    }

    /// Whether the test asks for what the call has given: `net is None`, `n <= 1`, `key in known`.
    fn asks_parameters(&self, test: &Expr) -> bool {
        self.innermost_body().is_some_and(|body| {
            let parameters = &self.facts.scopes[body.0 as usize].parameters;
            any_over_expr(
                test,
                |inner| matches!(inner, Expr::Name(name) if parameters.contains(&name.id)),
            )
        })
    }

    /// Brings branches together; returns whether none of them reaches its end.
    pub(super) fn join(&mut self, outcomes: &[Outcome], at: TextRange) -> bool {
        let end = TextRange::empty(at.end());
        for (name, deleted) in self.flow.join(outcomes) {
            let kind = if deleted {
                BindingKind::JoinDelete
            } else {
                BindingKind::Join
            };
            let path = self.path;
            if self.is_at_once() {
                self.push_binding(&name, end, kind, path);
            }
        }
        let ends = outcomes.iter().all(|outcome| outcome.ends);
        if !ends && outcomes.iter().any(|outcome| outcome.ends) {
            self.path = self.path.max(Path::Likely);
        }
        ends && !outcomes.is_empty()
    }

    fn with(&mut self, stmt: &StmtWith) -> bool {
        let mut swallows = false;
        let mut expects_name_error = false;
        self.facts.awaits |= stmt.is_async && self.is_at_once();
        for item in &stmt.items {
            self.consumed = true;
            self.visit_expr(&item.context_expr);
            self.consumed = false;
            if let Some(target) = &item.optional_vars {
                self.bind_target(target, &BindingKind::With);
            }
            if let Expr::Call(call) = &item.context_expr
                && let Some(name) = last_segment(&call.func)
                && matches!(
                    name,
                    "suppress" | "raises" | "assertRaises" | "warns" | "ignored"
                )
            {
                swallows = true;
                expects_name_error |= call.arguments.args.iter().any(catches_name_error)
                    || call.arguments.args.is_empty();
            }
        }
        if !swallows {
            return self.body(&stmt.body);
        }
        self.flow.enter(Branch::default());
        let ends = self.returning(true, |walker| {
            walker.guarding(expects_name_error, |walker| walker.body(&stmt.body))
        });
        let branch = self.flow.leave();
        let broken = Outcome {
            branch: broken_off(&branch),
            ends: false,
        };
        self.join(&[Outcome { branch, ends }, broken], stmt.range())
    }

    fn try_statement(&mut self, stmt: &StmtTry) -> bool {
        let catches = stmt.handlers.iter().any(|handler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            handler.type_.as_deref().is_none_or(catches_name_error)
        });
        self.flow.enter(Branch::default());
        let body_ends = self.returning(true, |walker| {
            walker.guarding(catches, |walker| walker.body(&stmt.body))
        });
        let body = self.flow.leave();
        let broken = broken_off(&body);

        self.flow.enter(body);
        // Where a handler goes on, nobody knows which way was taken.
        let path = if stmt.handlers.iter().all(handler_ends) {
            self.path
        } else {
            Path::Perhaps
        };
        let ends = self.on_path(path, |walker| walker.body(&stmt.orelse)) || body_ends;
        let branch = self.flow.leave();
        let mut outcomes = vec![Outcome { branch, ends }];
        for handler in &stmt.handlers {
            self.flow.enter(broken.clone());
            let ends = self.on_path(Path::Perhaps, |walker| {
                walker.visit_except_handler(handler);
                handler_ends(handler)
            });
            let branch = self.flow.leave();
            outcomes.push(Outcome { branch, ends });
        }
        let ends = self.join(&outcomes, stmt.range());
        // `finally` runs on every way out.
        self.body(&stmt.finalbody) || ends
    }

    fn match_statement(&mut self, stmt: &StmtMatch) -> bool {
        self.visit_expr(&stmt.subject);
        let mut outcomes = Vec::new();
        let mut exhaustive = false;
        for case in &stmt.cases {
            self.flow.enter(Branch::default());
            let ends = self.on_path(Path::Perhaps, |walker| {
                walker.visit_pattern(&case.pattern);
                if let Some(guard) = &case.guard {
                    walker.visit_expr(guard);
                }
                walker.body(&case.body)
            });
            let branch = self.flow.leave();
            outcomes.push(Outcome { branch, ends });
            exhaustive |= case.guard.is_none() && case.pattern.is_irrefutable();
        }
        if !exhaustive {
            outcomes.push(Outcome {
                branch: Branch::default(),
                ends: false,
            });
        }
        self.join(&outcomes, stmt.range())
    }
}

fn handler_ends(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    handler.body.last().is_some_and(ends_plainly)
}

fn ends_plainly(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Raise(_) | Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_) => true,
        Stmt::Expr(expression) => leaves_kernel(&expression.value),
        Stmt::If(stmt) => {
            let clauses = &stmt.elif_else_clauses;
            stmt.body.last().is_some_and(ends_plainly)
                && clauses.last().is_some_and(|clause| clause.test.is_none())
                && clauses
                    .iter()
                    .all(|clause| clause.body.last().is_some_and(ends_plainly))
        }
        _ => false,
    }
}

/// `sys.exit(…)`, `exit()`, `quit()`, `os._exit(…)`.
fn leaves_kernel(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else {
        return false;
    };
    match &*call.func {
        Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
        Expr::Attribute(attribute) => {
            matches!(attribute.attr.as_str(), "exit" | "_exit")
                && matches!(&*attribute.value, Expr::Name(name) if matches!(name.id.as_str(), "sys" | "os"))
        }
        _ => false,
    }
}

fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        Expr::NumberLiteral(number) => !is_zero(number),
        // A notebook is the main program.
        Expr::Compare(compare) => {
            matches!(&*compare.left, Expr::Name(name) if name.id.as_str() == "__name__")
                && matches!(&compare.ops[..], [ruff_python_ast::CmpOp::Eq])
                && matches!(&compare.comparators[..], [Expr::StringLiteral(literal)]
                    if literal.value == *"__main__")
        }
        _ => false,
    }
}

fn is_false(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => !literal.value,
        Expr::NumberLiteral(number) => is_zero(number),
        Expr::NoneLiteral(_) => true,
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

pub(super) fn last_segment(func: &Expr) -> Option<&str> {
    match func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// Whether `except <this>` catches a NameError.
fn catches_name_error(exception: &Expr) -> bool {
    match exception {
        Expr::Tuple(tuple) => tuple.elts.iter().any(catches_name_error),
        _ => last_segment(exception).is_some_and(|name| {
            matches!(
                name,
                "NameError" | "Exception" | "BaseException" | "StandardError"
            )
        }),
    }
}
