//! Walks a cell's syntax tree in the order in which Python runs it, and writes down its facts.

mod again;
mod definition;
mod expression;
mod loops;
mod magic;
mod namespace;
mod random;
mod record;
mod remark;
mod statement;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, Pattern, Stmt};
use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{BindingKind, ClassIdx, Facts, Path, ScopeIdx, Step, UseKind};
use super::flow::{Branch, Flow, Outcome};
use super::scope::{Locals, captured_name};
use super::source::Source;
use crate::text::Ranged;
use loops::runs_at_least_once;

/// The walk over one cell.
pub struct Walker<'s> {
    source: &'s Source<'s>,
    facts: Facts,
    step: Step,
    flow: Flow,
    /// What encloses the place that is being walked, the innermost last. Empty: the cell itself.
    frames: Vec<Frame>,
    path: Path,
    /// How many loops around, comprehensions among them, may have nothing to do.
    idle: u32,
    /// The same for each of the reads of the cell, where they were made.
    idle_at: Vec<u32>,
    /// Whether a `return` here is as likely as what follows: in a loop that seeks, in `try`, where an argument says so.
    returns: bool,
    /// Whether such a `return` of the body that is being walked may have left it, or a `yield` for good.
    returned: bool,
    /// Whether a missing name is expected, or the place is never reached.
    guarded: bool,
    /// Names that the code around asks for before it uses them: `if "df" in globals():`.
    asked_for: Vec<Name>,
    /// Names that the conditions around read: `if x.max() > 1:`.
    tested: Vec<Name>,
    /// Whether the next call's result is awaited or iterated.
    consumed: bool,
    /// Set by `from __future__ import annotations`: annotations are not run.
    lazy_annotations: bool,
    in_annotation: bool,
    statement: u32,
    /// Items and attributes that the cell has made, as they are written: `df["a"]`.
    made: FxHashSet<Box<str>>,
}

enum Frame {
    Class {
        index: ClassIdx,
        locals: FxHashSet<Name>,
    },
    Function {
        scope: ScopeIdx,
        locals: Locals,
        /// Functions defined in the body, by name.
        functions: FxHashMap<Name, ScopeIdx>,
        /// The class whose method this is, and what it calls its object.
        own: Option<(ClassIdx, Name)>,
    },
    /// Names that a comprehension brings.
    Names(FxHashSet<Name>),
    /// Names that a type parameter list brings. What stands in it sees the names of a class around it.
    TypeParameters(FxHashSet<Name>),
}

/// Where a name that is read comes from.
enum Place {
    /// The notebook, at once.
    Cell,
    /// The notebook, when the body is called.
    Body(ScopeIdx),
    /// A function around.
    Local,
}

impl<'s> Walker<'s> {
    pub fn new(source: &'s Source<'s>) -> Self {
        Self {
            source,
            facts: Facts::default(),
            step: 0,
            flow: Flow::default(),
            frames: Vec::new(),
            path: Path::Sure,
            idle: 0,
            idle_at: Vec::new(),
            returns: false,
            returned: false,
            guarded: false,
            asked_for: Vec::new(),
            consumed: false,
            lazy_annotations: false,
            in_annotation: false,
            statement: 0,
            made: FxHashSet::default(),
            tested: Vec::new(),
        }
    }

    /// Walks a top-level statement and returns whether the cell ends there.
    pub fn top_level(&mut self, stmt: &Stmt) -> bool {
        let ends = self.statement(stmt);
        self.statement += 1;
        ends
    }

    /// From here on nothing is reached any more.
    pub fn mark_unreachable(&mut self) {
        self.guarded = true;
        self.path = Path::Perhaps;
    }

    pub fn step(&self) -> Step {
        self.step
    }

    pub fn finish(self) -> (Facts, Flow) {
        (self.facts, self.flow)
    }

    fn next_step(&mut self) -> Step {
        self.step += 1;
        self.step - 1
    }

    /// Whether the place runs with the cell rather than when somebody calls it.
    fn is_at_once(&self) -> bool {
        !self
            .frames
            .iter()
            .any(|frame| matches!(frame, Frame::Function { .. }))
    }

    /// Runs `walk` for code that is reached only on some ways.
    fn on_path<T>(&mut self, path: Path, walk: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path;
        self.path = before.max(path);
        let result = walk(self);
        self.path = before;
        result
    }

    /// Runs `walk` for code where a `return` is nothing out of the way.
    fn returning<T>(&mut self, returns: bool, walk: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.returns;
        self.returns = before || returns;
        let result = walk(self);
        self.returns = before;
        result
    }

    fn guarding<T>(&mut self, guarded: bool, walk: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.guarded;
        self.guarded = before || guarded;
        let result = walk(self);
        self.guarded = before;
        result
    }

    fn bind_target(&mut self, target: &Expr, kind: &BindingKind) {
        match target {
            Expr::Name(name) => self.bind(&name.id, name.range(), kind.clone()),
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .for_each(|elt| self.bind_target(elt, kind)),
            Expr::List(list) => list.elts.iter().for_each(|elt| self.bind_target(elt, kind)),
            Expr::Starred(starred) => self.bind_target(&starred.value, kind),
            Expr::Attribute(_) | Expr::Subscript(_) => {
                self.visit_expr(target);
                self.mutate(target);
                self.note_own_attribute(target);
            }
            // Not a target; the parser has reported it.
            _ => self.visit_expr(target),
        }
    }

    /// The generators of a comprehension, then `inner`, in a frame of their own.
    fn comprehension(&mut self, generators: &[Comprehension], inner: impl FnOnce(&mut Self)) {
        let Some((first, rest)) = generators.split_first() else {
            return inner(self);
        };
        self.first_iterable(first);
        let (path, idle) = (self.path, self.idle);
        self.idle += 1;
        self.flow.enter(Branch::default());
        self.rounds(first, rest, inner);
        let round = self.flow.leave();
        (self.path, self.idle) = (path, idle);
        if generators.len() == 1 && first.ifs.is_empty() && runs_at_least_once(&first.iter) {
            self.flow.join(&[Outcome {
                branch: round,
                ends: false,
            }]);
        } else {
            self.flow.join_loop(round);
        }
    }

    /// What of a comprehension, and even of a generator expression, is evaluated where it stands.
    fn first_iterable(&mut self, first: &Comprehension) {
        self.consumed = true;
        self.visit_expr(&first.iter);
        self.consumed = false;
        self.facts.awaits |= first.is_async && self.is_at_once();
    }

    /// The rounds of a comprehension: all but its first iterable.
    fn rounds(
        &mut self,
        first: &Comprehension,
        rest: &[Comprehension],
        inner: impl FnOnce(&mut Self),
    ) {
        self.frames.push(Frame::Names(FxHashSet::default()));
        for (position, generator) in std::iter::once(first).chain(rest).enumerate() {
            if position > 0 {
                self.first_iterable(generator);
            }
            let mut targets = Vec::new();
            target_names(&generator.target, &mut targets);
            if let Some(Frame::Names(names)) = self.frames.last_mut() {
                names.extend(targets);
            }
            visit_target_parts(self, &generator.target);
            self.path = self.path.max(Path::Likely);
            for condition in &generator.ifs {
                self.visit_expr(condition);
                self.path = Path::Perhaps;
            }
        }
        inner(self);
        self.frames.pop();
    }
}

impl<'a> Visitor<'a> for Walker<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.statement(stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.expression(expr);
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        let lazy = self.lazy_annotations;
        let before = std::mem::replace(&mut self.in_annotation, true);
        self.guarding(lazy, |walker| walker.visit_expr(expr));
        self.in_annotation = before;
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        visitor::walk_pattern(self, pattern);
        if let Some(name) = captured_name(pattern) {
            self.bind(&name.id, name.range, BindingKind::Match);
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(handler) = handler;
        if let Some(exception) = &handler.type_ {
            self.visit_expr(exception);
        }
        if let Some(name) = &handler.name {
            self.bind(&name.id, name.range, BindingKind::Except);
        }
        self.body(&handler.body);
        if let Some(name) = &handler.name {
            self.delete(&name.id, name.range);
        }
    }
}

/// The names that a target binds.
fn target_names(target: &Expr, names: &mut Vec<Name>) {
    match target {
        Expr::Name(name) => names.push(name.id.clone()),
        Expr::Tuple(tuple) => tuple.elts.iter().for_each(|elt| target_names(elt, names)),
        Expr::List(list) => list.elts.iter().for_each(|elt| target_names(elt, names)),
        Expr::Starred(starred) => target_names(&starred.value, names),
        _ => {}
    }
}

/// What a comprehension's target reads: `for x[i] in …`.
fn visit_target_parts(walker: &mut Walker<'_>, target: &Expr) {
    match target {
        Expr::Tuple(tuple) => {
            for elt in &tuple.elts {
                visit_target_parts(walker, elt);
            }
        }
        Expr::List(list) => {
            for elt in &list.elts {
                visit_target_parts(walker, elt);
            }
        }
        Expr::Starred(starred) => visit_target_parts(walker, &starred.value),
        Expr::Attribute(_) | Expr::Subscript(_) => walker.visit_expr(target),
        _ => {}
    }
}

/// The name at the root of `df.loc[0]["a"].b`.
fn root_name(expr: &Expr) -> Option<&ruff_python_ast::ExprName> {
    match expr {
        Expr::Name(name) => Some(name),
        Expr::Attribute(attribute) => root_name(&attribute.value),
        Expr::Subscript(subscript) => root_name(&subscript.value),
        Expr::Starred(starred) => root_name(&starred.value),
        _ => None,
    }
}

fn use_kind_of(ctx: ruff_python_ast::ExprContext) -> Option<UseKind> {
    use ruff_python_ast::ExprContext;
    match ctx {
        ExprContext::Load | ExprContext::Invalid => Some(UseKind::Read),
        ExprContext::Del => Some(UseKind::Deleted),
        ExprContext::Store => None,
    }
}
