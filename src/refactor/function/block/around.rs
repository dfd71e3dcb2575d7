//! What runs before and after statements within a block, and what stands beside them.
//!
//! The way to the statements is written down as a program that runs straight through: what stands above, the heads of the
//! blocks on the way, and, where a loop brings the way round again, what earlier rounds may have bound.

use std::fmt::Write as _;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, Parameters, Pattern, Stmt};
use rustc_hash::FxHashSet;

use super::path::{Code, Path, Step, suites};
use crate::analysis::facts::{Facts, State};
use crate::analysis::python;
use crate::analysis::scope::{Body, Locals, captured_name};
use crate::refactor::function::interface::Rest;
use crate::refactor::function::shape;
use crate::text::{Ranged, TextRange};

/// What is around the selected statements.
#[derive(Debug, Default)]
pub struct Around {
    /// What has been done to names when they begin to run, as a program.
    pub before: String,
    pub rest: Rest,
    /// Names that are read where an error in the statements leads.
    pub caught: FxHashSet<Name>,
    /// Whether the cell goes on after such an error, and the cells below it see what was bound.
    pub swallows: bool,
    /// Names that bodies beside the statements read or bind when they are called.
    pub seen_beside: FxHashSet<Name>,
    /// Names that such bodies bind.
    pub bound_beside: FxHashSet<Name>,
    /// The names of the functions around; empty where there is none.
    pub locals: FxHashSet<Name>,
}

/// What the walk along the path takes with it.
struct Walk<'a> {
    code: &'a Code<'a>,
    path: &'a Path<'a>,
    selected: &'a Facts,
    /// Whether the statements end by returning: nothing but `finally` runs after them.
    returns: bool,
    around: Around,
}

/// Looks around the statements at the end of `path`. `start` is where the cell's Python begins; `selected` are the statements' own facts.
pub fn of(
    code: &Code<'_>,
    path: &Path<'_>,
    start: usize,
    selected: &Facts,
    returns: bool,
    may_swallow: &dyn Fn(&str) -> bool,
) -> Around {
    let mut walk = Walk {
        code,
        path,
        selected,
        returns,
        around: Around::default(),
    };
    walk.before(start);
    walk.after(may_swallow);
    walk.around
}

impl Walk<'_> {
    fn before(&mut self, start: usize) {
        for (at, level) in self.path.levels.iter().enumerate() {
            let above = level.above();
            if at == 0 {
                // The cell's magics are a part of it.
                let end = level.statements[level.first].start().to_usize();
                let from = start.min(end);
                self.around.before.push_str(&self.code.text[from..end]);
                self.around.before.push('\n');
            } else if !self.path.steps[at - 1].statement.is_class_def_stmt() {
                self.straight(above);
                self.beside(above);
            }
            if let Some(step) = self.path.steps.get(at) {
                self.head(step, at);
            }
        }
    }

    /// The head of a block on the way, as statements that do what it does to names.
    fn head(&mut self, step: &Step<'_>, at: usize) {
        let code = self.code;
        match step.statement {
            Stmt::For(stmt) => {
                self.line(&code.bracketed(&stmt.iter));
                if step.suite == 0 {
                    self.earlier_rounds(at);
                    let target = code.text[stmt.target.range()].replace(['\n', '\r'], " ");
                    self.line(&format!("{target} = {}", code.bracketed(&stmt.iter)));
                } else {
                    self.perhaps(&bound(&code.of(&stmt.body)));
                }
            }
            Stmt::While(stmt) => {
                if step.suite == 0 {
                    self.earlier_rounds(at);
                } else {
                    self.perhaps(&bound(&code.of(&stmt.body)));
                }
                self.line(&code.bracketed(&stmt.test));
            }
            Stmt::If(stmt) => {
                self.line(&code.bracketed(&stmt.test));
                for clause in stmt.elif_else_clauses.iter().take(step.suite) {
                    if let Some(test) = &clause.test {
                        self.line(&code.bracketed(test));
                    }
                }
            }
            Stmt::With(stmt) => {
                for item in &stmt.items {
                    let context = code.bracketed(&item.context_expr);
                    match &item.optional_vars {
                        None => self.line(&context),
                        Some(target) => {
                            let target = code.text[target.range()].replace(['\n', '\r'], " ");
                            self.line(&format!("{target} = {context}"));
                        }
                    }
                }
            }
            Stmt::Match(stmt) => {
                self.line(&code.bracketed(&stmt.subject));
                if let Some(case) = stmt.cases.get(step.suite) {
                    self.assigned(captured(&case.pattern));
                    if let Some(guard) = &case.guard {
                        self.line(&code.bracketed(guard));
                    }
                }
            }
            Stmt::Try(stmt) => {
                let handlers = stmt.handlers.len();
                match step.suite.checked_sub(1) {
                    None => {}
                    Some(own) if own < handlers => {
                        self.perhaps(&bound(&code.of(&stmt.body)));
                        let ExceptHandler::ExceptHandler(handler) = &stmt.handlers[own];
                        if let Some(name) = &handler.name {
                            self.assigned([name.id.clone()]);
                        }
                    }
                    Some(own) if own == handlers => self.straight(&stmt.body),
                    Some(_) => {
                        for suite in suites(step.statement).into_iter().take(step.suite) {
                            self.perhaps(&bound(&code.of(suite)));
                        }
                    }
                }
            }
            Stmt::FunctionDef(stmt) => {
                let locals = Locals::of(Some(&stmt.parameters), Body::Statements(&stmt.body));
                self.enter_function(&locals);
                if self.is_outer(at) {
                    // What it binds further down may be there when the inner function is called.
                    self.perhaps(&locals.bound);
                }
                self.around.locals.extend(locals.bound);
                self.assigned(parameters(&stmt.parameters));
            }
            _ => {}
        }
    }

    /// A function has the names of those around it, apart from its own.
    fn enter_function(&mut self, own: &Locals) {
        let outer = python::facts(&std::mem::take(&mut self.around.before));
        self.around
            .locals
            .retain(|name| !own.bound.contains(name) && !own.global.contains(name));
        let mut names: Vec<Name> = self.around.locals.iter().cloned().collect();
        names.sort_unstable();
        for name in names {
            match outer.exit(&name).map(|exit| exit.state) {
                Some(State::Sure) => self.assigned([name]),
                Some(state) if state.may_be_bound() => self.perhaps(&[name].into_iter().collect()),
                _ => {}
            }
        }
    }

    /// Whether another function stands between this step and the statements.
    fn is_outer(&self, at: usize) -> bool {
        let mut inner = self.path.steps[at + 1..].iter();
        inner.any(|step| step.statement.is_function_def_stmt())
    }

    /// What earlier rounds of a loop may have bound.
    fn earlier_rounds(&mut self, at: usize) {
        let mut names = FxHashSet::default();
        if let Some(level) = self.path.levels.get(at + 1) {
            names = bound(&self.code.of(level.statements));
        }
        let own = self.selected.bindings.iter();
        names.extend(own.map(|binding| binding.name.clone()));
        self.perhaps(&names);
    }

    fn perhaps(&mut self, names: &FxHashSet<Name>) {
        let mut names: Vec<&Name> = names.iter().collect();
        names.sort_unstable();
        for name in names {
            let _ = write!(self.around.before, "if ():\n    {name} = None\n");
        }
    }

    fn assigned(&mut self, names: impl IntoIterator<Item = Name>) {
        for name in names {
            self.line(&format!("{name} = None"));
        }
    }

    fn straight(&mut self, statements: &[Stmt]) {
        let text = self.code.of(statements);
        self.line(&text);
    }

    fn line(&mut self, text: &str) {
        self.around.before.push_str(text);
        self.around.before.push('\n');
    }

    fn after(&mut self, may_swallow: &dyn Fn(&str) -> bool) {
        let mut runs = !self.returns;
        for (at, level) in self.path.levels.iter().enumerate().rev() {
            if at == 0 {
                let below = &self.code.text[level.statements[level.last].end().to_usize()..];
                // The last line's `;` or comment belongs to the statement.
                let below = below.trim_start_matches([' ', '\t', ';']);
                self.add(below, runs);
                return;
            }
            self.beside(level.below());
            self.add(&self.code.of(level.below()), runs);
            let step = self.path.steps[at - 1];
            match step.statement {
                Stmt::For(stmt) if step.suite == 0 => {
                    self.next_round(level.statements, runs);
                    if runs {
                        let target = bound(&format!(
                            "{} = None",
                            self.code.text[stmt.target.range()].replace(['\n', '\r'], " ")
                        ));
                        self.around.rest.binds.extend(target);
                    }
                    self.add(&self.code.of(&stmt.orelse), runs);
                }
                Stmt::While(stmt) if step.suite == 0 => {
                    self.next_round(level.statements, runs);
                    self.add(&self.code.bracketed(&stmt.test), runs);
                    self.add(&self.code.of(&stmt.orelse), runs);
                }
                Stmt::With(stmt) => {
                    let swallows = stmt.items.iter().any(|item| {
                        let callee = match &item.context_expr {
                            Expr::Call(call) => &*call.func,
                            other => other,
                        };
                        may_swallow(&self.code.text[callee.range()])
                    });
                    if swallows {
                        self.around.swallows = true;
                        runs = true;
                    }
                }
                Stmt::Try(stmt) => {
                    let suites = suites(step.statement);
                    if step.suite == 0 && !stmt.handlers.is_empty() {
                        self.around.swallows = true;
                        runs = true;
                    }
                    let swallowed = std::mem::replace(&mut self.around.swallows, true);
                    for suite in suites.iter().skip(step.suite + 1) {
                        self.beside(suite);
                        self.add(&self.code.of(suite), true);
                    }
                    self.around.swallows = swallowed;
                }
                Stmt::FunctionDef(_) => {
                    self.around.swallows = false;
                    // The way on is the caller's, who has none of the names.
                    self.outer_functions(at - 1);
                    return;
                }
                _ => {}
            }
            let others = suites(step.statement);
            for (suite, statements) in others.iter().enumerate() {
                if suite != step.suite {
                    self.beside(statements);
                }
            }
        }
    }

    /// In the functions around the innermost one, what they do to the names that they share with it.
    fn outer_functions(&mut self, innermost: usize) {
        for at in (1..=innermost).rev() {
            let level = self.path.levels[at];
            self.beside(level.below());
            self.beside(level.above());
            let facts = python::facts(&self.code.of(level.below()));
            let bound = facts.exits.iter().map(|(name, _)| name.clone());
            self.around.rest.binds.extend(bound);
        }
    }

    /// A loop runs its body again: it reads what the statements have bound, and they bind it anew.
    fn next_round(&mut self, body: &[Stmt], runs: bool) {
        self.add(&self.code.of(body), runs);
        if runs {
            let own = self.selected.bindings.iter();
            let names = own.map(|binding| binding.name.clone());
            self.around.rest.binds.extend(names);
        }
    }

    fn add(&mut self, text: &str, runs: bool) {
        if !runs || text.trim().is_empty() {
            return;
        }
        let mut own = Rest::default();
        own.add(&python::facts(text), text);
        if self.around.swallows {
            self.around.caught.extend(own.reads.iter().cloned());
        }
        self.around.rest.reads.extend(own.reads);
        self.around.rest.binds.extend(own.binds);
        self.around.rest.reads_any |= own.reads_any;
    }

    /// Bodies in statements beside the way, which may be called by those that are selected.
    fn beside(&mut self, statements: &[Stmt]) {
        if statements.is_empty() {
            return;
        }
        let text = self.code.of(statements);
        let facts = python::facts(&text);
        let parsed = crate::analysis::source::parse_part(
            &text,
            crate::refactor::pieces::whole(&text),
            ruff_python_parser::Mode::Module,
        );
        let outliving = shape::within_block(&parsed.statements, &text).outliving;
        let outlives = |range: TextRange| outliving.iter().any(|body| body.contains_range(range));
        for scope in &facts.scopes {
            if scope.name.is_some() || outlives(scope.range) {
                let reads = scope.reads.iter().map(|read| read.name.clone());
                self.around.seen_beside.extend(reads);
                self.around.bound_beside.extend(scope.binds.iter().cloned());
            }
        }
        let generated = facts.uses.iter().filter(|read| outlives(read.range));
        let names = generated.map(|read| read.name.clone());
        self.around.seen_beside.extend(names);
        let mut nonlocals = Nonlocals::default();
        nonlocals.visit_body(&parsed.statements);
        self.around.bound_beside.extend(nonlocals.names);
        let bound = self.around.bound_beside.iter().cloned();
        self.around.seen_beside.extend(bound);
    }
}

/// The names that some code binds or deletes, on any path.
fn bound(text: &str) -> FxHashSet<Name> {
    let facts = python::facts(text);
    let names = facts.bindings.iter().map(|binding| binding.name.clone());
    names.collect()
}

fn parameters(parameters: &Parameters) -> Vec<Name> {
    let each = parameters.iter();
    each.map(|parameter| parameter.name().id.clone()).collect()
}

fn captured(pattern: &Pattern) -> Vec<Name> {
    #[derive(Default)]
    struct Captures {
        names: Vec<Name>,
    }
    impl<'a> Visitor<'a> for Captures {
        fn visit_pattern(&mut self, pattern: &'a Pattern) {
            let name = captured_name(pattern);
            self.names.extend(name.map(|name| name.id.clone()));
            visitor::walk_pattern(self, pattern);
        }
    }
    let mut captures = Captures::default();
    captures.visit_pattern(pattern);
    captures.names
}

#[derive(Default)]
struct Nonlocals {
    names: Vec<Name>,
}

impl<'a> Visitor<'a> for Nonlocals {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Nonlocal(nonlocal) = stmt {
            let names = nonlocal.names.iter().map(|name| name.id.clone());
            self.names.extend(names);
        }
        visitor::walk_stmt(self, stmt);
    }
}
