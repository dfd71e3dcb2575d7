//! Statements, and how control flows through them.

use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Decorator, ExceptHandler, Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef, StmtIf,
    StmtMatch, StmtTry, StmtWith, TypeParams,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::loops::{Times, has_break, is_zero, runs_at_least_once};
use super::namespace::asked_names;
use super::{Frame, Walker};
use crate::analysis::facts::{
    BindingKind, Callee, Class, ClassIdx, OpeningKind, Path, Scope, ScopeIdx, UseKind,
};
use crate::analysis::flow::{Branch, Outcome, broken_off};
use crate::analysis::scope::{Body, Locals, imported_name};
use crate::text::{Ranged, TextRange};

/// Decorators of the standard library and of libraries for computing whose function runs the body when it is
/// called. Sorted.
const TRANSPARENT: &[&str] = &[
    "abstractmethod",
    "beartype",
    "cache",
    "classmethod",
    "contextmanager",
    "deprecated",
    "final",
    "inference_mode",
    "jit",
    "lru_cache",
    "njit",
    "no_grad",
    "override",
    "profile",
    "property",
    "staticmethod",
    "total_ordering",
    "typechecked",
    "wraps",
];

/// What a function is, apart from its body.
pub(super) struct Head<'a> {
    pub name: Option<&'a Name>,
    pub range: TextRange,
    pub parameters: Option<&'a Parameters>,
    pub is_async: bool,
    pub is_generator: bool,
    pub decorators: &'a [Decorator],
    pub class: Option<ClassIdx>,
}

impl Walker<'_> {
    /// Walks statements one after the other; returns whether their end is never reached.
    pub(super) fn body(&mut self, statements: &[Stmt]) -> bool {
        let (path, guarded) = (self.path, self.guarded);
        let mut ends = false;
        for stmt in statements {
            if self.statement(stmt) {
                ends = true;
                self.mark_unreachable();
            }
        }
        self.path = path;
        self.guarded = guarded;
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
                self.looped(times, first_use, |walker| {
                    walker.bind_target(&stmt.target, &BindingKind::For);
                    walker.body(&stmt.body)
                });
                self.body(&stmt.orelse);
            }
            Stmt::While(stmt) => {
                let first_use = self.uses_so_far();
                self.visit_expr(&stmt.test);
                let forever = is_true(&stmt.test);
                let times = if forever { Times::Forever } else { Times::Any };
                self.looped(times, first_use, |walker| walker.body(&stmt.body));
                self.body(&stmt.orelse);
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
        let asked = self.asked_for.len();
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
        self.asked_for.truncate(asked);
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
    fn join(&mut self, outcomes: &[Outcome], at: TextRange) -> bool {
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
        let ends = self.body(&stmt.orelse) || body_ends;
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

    fn class(&mut self, class: &StmtClassDef) {
        self.decorators(&class.decorator_list);
        let mut bases = Vec::new();
        self.with_type_parameters(class.type_params.as_deref(), |walker| {
            for argument in class.arguments.iter().flat_map(|arguments| &arguments.args) {
                if let Expr::Name(name) = argument {
                    bases.push(name.id.clone());
                }
                walker.visit_expr(argument);
            }
            for keyword in class
                .arguments
                .iter()
                .flat_map(|arguments| &arguments.keywords)
            {
                walker.visit_expr(&keyword.value);
            }
        });
        let index = ClassIdx(u32::try_from(self.facts.classes.len()).unwrap_or(u32::MAX));
        let range = self.source.in_cell(class.range());
        self.facts.classes.push(Class {
            name: class.name.id.clone(),
            range,
            bases,
            methods: Vec::new(),
        });
        self.with_type_parameters(class.type_params.as_deref(), |walker| {
            let locals: FxHashSet<Name> = ["__module__", "__qualname__", "__annotations__"]
                .into_iter()
                .map(Name::new_static)
                .collect();
            // What `super()` needs is there for every method, as a name as well.
            let implied = [Name::new_static("__class__")].into_iter().collect();
            walker.frames.push(Frame::Names(implied));
            walker.frames.push(Frame::Class { locals });
            for stmt in &class.body {
                match stmt {
                    Stmt::FunctionDef(function) => walker.function(function, Some(index)),
                    _ => {
                        walker.statement(stmt);
                    }
                }
            }
            walker.frames.pop();
            walker.frames.pop();
        });
        self.bind(&class.name.id, class.name.range, BindingKind::Class(index));
    }

    fn function(&mut self, function: &StmtFunctionDef, class: Option<ClassIdx>) {
        self.decorators(&function.decorator_list);
        let first_scope = self.facts.scopes.len();
        let scope = self.with_type_parameters(function.type_params.as_deref(), |walker| {
            walker.visit_parameter_heads(&function.parameters);
            if let Some(returns) = &function.returns {
                walker.visit_annotation(returns);
            }
            let locals = Locals::of(Some(&function.parameters), Body::Statements(&function.body));
            let head = Head {
                name: Some(&function.name.id),
                range: function.range(),
                parameters: Some(&function.parameters),
                is_async: function.is_async,
                is_generator: false,
                decorators: &function.decorator_list,
                class,
            };
            walker.function_body(&head, locals, |walker| {
                walker.body(&function.body);
            })
        });
        if let Some(class) = class {
            let method = (function.name.id.clone(), scope);
            self.facts.classes[class.0 as usize].methods.push(method);
        }
        self.bind(
            &function.name.id,
            function.name.range,
            BindingKind::Function(scope),
        );
        self.bind_globals_since(first_scope, function.name.range);
    }

    /// Walks a body that runs later, in a frame of its own.
    pub(super) fn function_body(
        &mut self,
        head: &Head<'_>,
        locals: Locals,
        walk: impl FnOnce(&mut Self),
    ) -> ScopeIdx {
        let scope = ScopeIdx(u32::try_from(self.facts.scopes.len()).unwrap_or(u32::MAX));
        let parameters: Vec<Name> = head
            .parameters
            .into_iter()
            .flat_map(Parameters::iter)
            .map(|parameter| parameter.name().id.clone())
            .collect();
        let own = head
            .class
            .filter(|_| !head.decorators.iter().any(is_static))
            .and_then(|class| Some((class, parameters.first()?.clone())));
        self.facts.scopes.push(Scope {
            name: head.name.cloned(),
            range: self.source.in_cell(head.range),
            reads: Vec::new(),
            calls: Vec::new(),
            binds: Vec::new(),
            mutates: Vec::new(),
            parameters,
            class: head.class,
            parent: self.innermost_body(),
            is_async: head.is_async,
            is_generator: head.is_generator || locals.is_generator,
            decorated: !head.decorators.is_empty(),
            replaced: !head.decorators.iter().all(is_transparent),
        });
        let (path, guarded) = (self.path, self.guarded);
        (self.path, self.guarded) = (Path::Sure, false);
        let outside = (self.returns, self.returned, self.idle);
        (self.returns, self.returned, self.idle) = (false, false, 0);
        let asked_for = std::mem::take(&mut self.asked_for);
        self.frames.push(Frame::Function {
            scope,
            locals,
            functions: FxHashMap::default(),
            own,
        });
        self.flow.enter(Branch::default());
        walk(self);
        self.flow.leave();
        self.frames.pop();
        self.asked_for = asked_for;
        (self.path, self.guarded) = (path, guarded);
        (self.returns, self.returned, self.idle) = outside;
        scope
    }

    /// Defaults and annotations: the parts of a parameter list that run at the definition.
    pub(super) fn visit_parameter_heads(&mut self, parameters: &Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
        }
        for parameter in parameters {
            if let Some(annotation) = parameter.annotation() {
                self.visit_annotation(annotation);
            }
        }
    }

    fn decorators(&mut self, decorators: &[Decorator]) {
        for decorator in decorators {
            self.visit_expr(&decorator.expression);
            if let Some(callee @ Callee::Name(_)) = self.callee_of(&decorator.expression) {
                self.call(callee, decorator.range(), true);
            }
        }
    }

    fn with_type_parameters<T>(
        &mut self,
        parameters: Option<&TypeParams>,
        walk: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let Some(parameters) = parameters else {
            return walk(self);
        };
        let names = parameters
            .type_params
            .iter()
            .map(|parameter| parameter.name().id.clone())
            .collect();
        self.frames.push(Frame::TypeParameters(names));
        let result = walk(self);
        // The class or function itself is bound outside of the list, by the caller.
        self.frames.pop();
        result
    }
}

/// `@staticmethod`: its first parameter is no object of the class.
fn is_static(decorator: &Decorator) -> bool {
    last_segment(&decorator.expression) == Some("staticmethod")
}

/// Whether a call of what is decorated runs the body, as it does without.
fn is_transparent(decorator: &Decorator) -> bool {
    let made_by = match &decorator.expression {
        Expr::Call(call) => &call.func,
        expression => expression,
    };
    last_segment(made_by).is_some_and(|name| TRANSPARENT.binary_search(&name).is_ok())
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

fn last_segment(func: &Expr) -> Option<&str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TRANSPARENT.is_sorted());
    }
}
