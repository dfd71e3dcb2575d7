//! Walks statements, hashes their shape, and notes the names and literals on the way.

use std::hash::{Hash, Hasher};

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::source_order::{
    SourceOrderVisitor, TraversalSignal, walk_expr, walk_stmt,
};
use ruff_python_ast::{AnyNodeRef, Expr, Stmt, UnaryOp};
use rustc_hash::FxHasher;

use super::doing;
use crate::text::{Ranged, TextRange};

/// A name or a literal: what may differ between two pieces of code of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    pub kind: AtomKind,
    /// In places of the parsed text.
    pub range: TextRange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtomKind {
    Name(Name),
    /// A name that belongs to the shape, too: a plain function that is called, by its own name.
    Called(Name),
    /// A number, a string, bytes, `True`, `None`.
    Literal,
    /// A list or tuple of nothing but literals.
    Literals,
    /// Text within an f-string.
    Text,
}

/// The shape of some statements, and what it leaves out.
#[derive(Debug, Default)]
pub struct Outline {
    /// In the order of the source.
    pub atoms: Vec<Atom>,
    /// Equal for statements of one shape.
    pub shape: u64,
    /// The statements, by the block that they stand in: first the given ones, then the bodies in
    /// them, each before those that it contains.
    pub blocks: Vec<Vec<Line>>,
    /// The shapes of the statements that do something, each after those in it.
    pub doing: Vec<u64>,
}

/// One statement of an [`Outline`].
#[derive(Debug, Clone)]
pub struct Line {
    pub shape: u64,
    /// In places of the parsed text.
    pub range: TextRange,
    /// Its part of [`Outline::atoms`].
    pub atoms: std::ops::Range<usize>,
    /// Its part of [`Outline::doing`]: itself and the statements in it.
    pub doing: std::ops::Range<usize>,
    /// How many nodes of the syntax tree it has.
    pub nodes: u32,
    /// Whether it does something itself.
    pub does: bool,
}

/// The shape of these statements as a whole.
pub fn outline(statements: &[Stmt]) -> Outline {
    let mut walk = Walk::default();
    walk.visit_body(statements);
    walk.outline.shape = walk.hasher.finish();
    walk.outline
}

#[derive(Default)]
struct Walk {
    outline: Outline,
    hasher: FxHasher,
    nodes: u32,
    /// The block that the next statement belongs to.
    block: usize,
    /// The name that is called next.
    called: Option<TextRange>,
}

impl Walk {
    fn hash(&mut self, value: impl Hash) {
        value.hash(&mut self.hasher);
    }

    fn atom(&mut self, kind: AtomKind, range: TextRange) {
        self.outline.atoms.push(Atom { kind, range });
    }

    fn name(&mut self, name: &Name, range: TextRange) {
        self.atom(AtomKind::Name(name.clone()), range);
    }

    /// A literal, if the expression is one as a whole. `-1` is one, too.
    fn literal(&mut self, expr: &Expr) -> bool {
        let kind: u8 = match expr {
            Expr::StringLiteral(_) => 1,
            Expr::BytesLiteral(_) => 2,
            Expr::NumberLiteral(_) => 3,
            Expr::UnaryOp(unary) if is_negative_number(unary) => 3,
            Expr::BooleanLiteral(_) => 4,
            Expr::NoneLiteral(_) => 5,
            Expr::EllipsisLiteral(_) => 6,
            Expr::List(list) if is_of_literals(&list.elts) => {
                self.hash(7_u8);
                self.atom(AtomKind::Literals, expr.range());
                return true;
            }
            Expr::Tuple(tuple) if tuple.parenthesized && is_of_literals(&tuple.elts) => {
                self.hash(8_u8);
                self.atom(AtomKind::Literals, expr.range());
                return true;
            }
            _ => return false,
        };
        self.hash(kind);
        self.atom(AtomKind::Literal, expr.range());
        true
    }

    /// What a node says itself, apart from the nodes in it.
    fn own(&mut self, node: AnyNodeRef<'_>) {
        match node {
            AnyNodeRef::ExprName(name) => {
                if self.called == Some(name.range()) {
                    self.called = None;
                    self.hash(&name.id);
                    self.atom(AtomKind::Called(name.id.clone()), name.range());
                } else {
                    self.name(&name.id, name.range());
                }
            }
            AnyNodeRef::ExprAttribute(attribute) => self.hash(&attribute.attr.id),
            AnyNodeRef::Keyword(keyword) => self.hash(keyword.arg.as_ref().map(|arg| &arg.id)),
            AnyNodeRef::ExprCall(call) => {
                if let Expr::Name(name) = &*call.func
                    && !name.id.starts_with(char::is_uppercase)
                {
                    self.called = Some(name.range());
                }
                self.hash((call.arguments.args.len(), call.arguments.keywords.len()));
            }
            AnyNodeRef::ExprBinOp(operation) => self.hash(operation.op as u8),
            AnyNodeRef::ExprUnaryOp(operation) => self.hash(operation.op as u8),
            AnyNodeRef::ExprBoolOp(operation) => self.hash(operation.op as u8),
            AnyNodeRef::ExprCompare(compare) => {
                for op in &compare.ops {
                    self.hash(*op as u8);
                }
            }
            AnyNodeRef::StmtAugAssign(assign) => self.hash(assign.op as u8),
            AnyNodeRef::StmtAssign(assign) => self.hash(assign.targets.len()),
            AnyNodeRef::ExprSlice(slice) => self.hash((
                slice.lower.is_some(),
                slice.upper.is_some(),
                slice.step.is_some(),
            )),
            AnyNodeRef::ExprDict(dict) => {
                for item in &dict.items {
                    self.hash(item.key.is_some());
                }
            }
            AnyNodeRef::ExprIpyEscapeCommand(magic) => self.hash(&magic.value),
            AnyNodeRef::StmtIpyEscapeCommand(magic) => self.hash(&magic.value),
            AnyNodeRef::StmtFor(over) => self.hash(over.is_async),
            AnyNodeRef::StmtWith(with) => self.hash(with.is_async),
            AnyNodeRef::StmtRaise(raise) => self.hash((raise.exc.is_some(), raise.cause.is_some())),
            AnyNodeRef::StmtTry(attempt) => {
                self.hash((attempt.handlers.len(), attempt.is_star));
            }
            AnyNodeRef::Comprehension(part) => self.hash((part.is_async, part.ifs.len())),
            AnyNodeRef::StmtFunctionDef(function) => {
                self.hash(function.is_async);
                self.name(&function.name.id, function.name.range());
            }
            AnyNodeRef::StmtClassDef(class) => self.name(&class.name.id, class.name.range()),
            AnyNodeRef::Parameters(parameters) => self.hash((
                parameters.posonlyargs.len(),
                parameters.args.len(),
                parameters.kwonlyargs.len(),
                parameters.vararg.is_some(),
                parameters.kwarg.is_some(),
            )),
            AnyNodeRef::Parameter(parameter) => {
                self.name(&parameter.name.id, parameter.name.range());
            }
            AnyNodeRef::ExceptHandlerExceptHandler(handler) => {
                self.hash((handler.type_.is_some(), handler.name.is_some()));
                if let Some(name) = &handler.name {
                    self.name(&name.id, name.range());
                }
            }
            AnyNodeRef::StmtGlobal(global) => self.names(&global.names),
            AnyNodeRef::StmtNonlocal(nonlocal) => self.names(&nonlocal.names),
            AnyNodeRef::Alias(alias) => {
                self.hash((&alias.name.id, alias.asname.as_ref().map(|name| &name.id)));
            }
            AnyNodeRef::StmtImportFrom(import) => {
                self.hash((import.module.as_ref().map(|name| &name.id), import.level));
            }
            AnyNodeRef::PatternMatchAs(pattern) => self.captured(pattern.name.as_ref()),
            AnyNodeRef::PatternMatchStar(pattern) => self.captured(pattern.name.as_ref()),
            AnyNodeRef::PatternMatchMapping(pattern) => self.captured(pattern.rest.as_ref()),
            AnyNodeRef::PatternKeyword(keyword) => self.hash(&keyword.attr.id),
            AnyNodeRef::PatternMatchSingleton(pattern) => self.hash(pattern.value as u8),
            AnyNodeRef::InterpolatedElement(element) => {
                self.hash((element.conversion as i8, element.debug_text.is_some()));
            }
            AnyNodeRef::InterpolatedStringLiteralElement(text) => {
                self.atom(AtomKind::Text, text.range());
            }
            _ => {}
        }
    }

    fn names(&mut self, names: &[ruff_python_ast::Identifier]) {
        self.hash(names.len());
        for name in names {
            self.name(&name.id, name.range());
        }
    }

    fn captured(&mut self, name: Option<&ruff_python_ast::Identifier>) {
        self.hash(name.is_some());
        if let Some(name) = name {
            self.name(&name.id, name.range());
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Walk {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.nodes += 1;
        self.hash(node.kind() as u8);
        self.own(node);
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, _node: AnyNodeRef<'a>) {
        self.hash(0xFF_u8);
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let outer = std::mem::take(&mut self.hasher);
        let (atoms, doing, nodes) = (
            self.outline.atoms.len(),
            self.outline.doing.len(),
            self.nodes,
        );
        walk_stmt(self, stmt);
        let shape = std::mem::replace(&mut self.hasher, outer).finish();
        self.hash(shape);
        let does = doing::does_something(stmt);
        if does {
            self.outline.doing.push(shape);
        }
        self.outline.blocks[self.block].push(Line {
            shape,
            range: stmt.range(),
            atoms: atoms..self.outline.atoms.len(),
            doing: doing..self.outline.doing.len(),
            nodes: self.nodes - nodes,
            does,
        });
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if !self.literal(expr) {
            walk_expr(self, expr);
        }
    }

    fn visit_body(&mut self, body: &'a [Stmt]) {
        self.hash((0xFE_u8, body.len()));
        let outer = std::mem::replace(&mut self.block, self.outline.blocks.len());
        self.outline.blocks.push(Vec::with_capacity(body.len()));
        for statement in body {
            self.visit_stmt(statement);
        }
        self.block = outer;
    }

    fn visit_identifier(&mut self, _identifier: &'a ruff_python_ast::Identifier) {}
}

/// The shape of one expression's kind of literal, for those who look at single expressions.
pub(super) fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::List(list) => is_of_literals(&list.elts),
        Expr::Tuple(tuple) => is_of_literals(&tuple.elts),
        Expr::UnaryOp(unary) => is_negative_number(unary),
        _ => expr.is_literal_expr(),
    }
}

fn is_negative_number(unary: &ruff_python_ast::ExprUnaryOp) -> bool {
    unary.op == UnaryOp::USub && unary.operand.is_number_literal_expr()
}

fn is_of_literals(elements: &[Expr]) -> bool {
    !elements.is_empty() && elements.iter().all(is_literal)
}
