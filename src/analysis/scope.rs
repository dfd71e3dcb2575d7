//! Which names belong to a function body, decided before it is walked, as Python's compiler does.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt};
use rustc_hash::FxHashSet;

/// The names of a function body.
#[derive(Debug, Default)]
pub struct Locals {
    /// Bound in the body and not declared otherwise.
    pub bound: FxHashSet<Name>,
    pub global: FxHashSet<Name>,
    pub nonlocal: FxHashSet<Name>,
    pub is_generator: bool,
}

impl Locals {
    pub fn of(parameters: Option<&Parameters>, body: Body<'_>) -> Self {
        let mut locals = Self::default();
        for parameter in parameters.into_iter().flat_map(Parameters::iter) {
            locals.bound.insert(parameter.name().id.clone());
        }
        match body {
            Body::Statements(statements) => locals.visit_body(statements),
            Body::Expression(expression) => locals.visit_expr(expression),
        }
        for name in locals.global.iter().chain(&locals.nonlocal) {
            locals.bound.remove(name);
        }
        locals
    }

    fn bind(&mut self, name: &Name) {
        self.bound.insert(name.clone());
    }
}

/// The names that an expression binds: a target, or a comprehension with those within.
pub fn stored_names(expr: &Expr) -> FxHashSet<Name> {
    #[derive(Default)]
    struct Stored(FxHashSet<Name>);
    impl<'a> Visitor<'a> for Stored {
        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Name(name) if !name.ctx.is_load() => {
                    self.0.insert(name.id.clone());
                }
                _ => visitor::walk_expr(self, expr),
            }
        }
    }
    let mut stored = Stored::default();
    stored.visit_expr(expr);
    stored.0
}

#[derive(Clone, Copy)]
pub enum Body<'a> {
    Statements(&'a [Stmt]),
    Expression(&'a Expr),
}

impl<'a> Visitor<'a> for Locals {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            // The bodies of nested definitions have names of their own; their heads run here.
            Stmt::FunctionDef(function) => self.bind(&function.name.id),
            Stmt::ClassDef(class) => self.bind(&class.name.id),
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.bind(&imported_name(alias));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.bind(
                        alias
                            .asname
                            .as_ref()
                            .map_or(&alias.name.id, |name| &name.id),
                    );
                }
            }
            Stmt::Global(global) => {
                self.global
                    .extend(global.names.iter().map(|name| name.id.clone()));
            }
            Stmt::Nonlocal(nonlocal) => {
                self.nonlocal
                    .extend(nonlocal.names.iter().map(|name| name.id.clone()));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => self.bind(&name.id),
            Expr::Lambda(_) => {}
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.is_generator = true;
                visitor::walk_expr(self, expr);
            }
            // Targets of a comprehension are its own; a walrus in it binds here.
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                let mut walruses = Walruses::default();
                walruses.visit_expr(expr);
                self.bound.extend(walruses.names);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(&name.id);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Some(name) = captured_name(pattern) {
            self.bind(&name.id);
        }
        visitor::walk_pattern(self, pattern);
    }
}

/// What `import a.b` or `import a.b as c` binds.
pub fn imported_name(alias: &ruff_python_ast::Alias) -> Name {
    match &alias.asname {
        Some(name) => name.id.clone(),
        None => Name::new(alias.name.split('.').next().unwrap_or_default()),
    }
}

/// What a pattern itself binds, apart from the patterns in it.
pub fn captured_name(pattern: &Pattern) -> Option<&ruff_python_ast::Identifier> {
    match pattern {
        Pattern::MatchAs(capture) => capture.name.as_ref(),
        Pattern::MatchStar(star) => star.name.as_ref(),
        Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
        _ => None,
    }
}

/// The names that walruses bind below an expression.
#[derive(Debug, Default)]
struct Walruses {
    names: Vec<Name>,
}

impl<'a> Visitor<'a> for Walruses {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    self.names.push(name.id.clone());
                }
                self.visit_expr(&named.value);
            }
            Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expr),
        }
    }
}
