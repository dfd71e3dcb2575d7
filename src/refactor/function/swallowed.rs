//! Errors that a context manager of the notebook keeps from those around it: what is bound below one may not be bound.

use ruff_python_ast::name::Name;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Stmt};
use ruff_python_parser::Mode;

use crate::analysis::facts::{BindingKind, Facts, Value};
use crate::analysis::source::parse_part;
use crate::notebook::CellIdx;
use crate::refactor::pieces::whole;
use crate::rule::Context;
use crate::text::TextRange;

/// How far a manager is followed through the names that stand for it.
const LONGEST_ALIAS: u32 = 4;

/// A manager that may swallow an error, and a name that the code binds within its `with`, of those that are wanted.
pub fn binding<'a>(
    cx: &Context<'_>,
    managers: &'a [(Name, TextRange)],
    inside: &'a Facts,
    is_wanted: impl Fn(&Name) -> bool,
) -> Option<(&'a Name, &'a Name)> {
    managers
        .iter()
        .filter(|(manager, _)| may_swallow(cx, manager, LONGEST_ALIAS))
        .find_map(|(manager, range)| {
            let mut bindings = inside.bindings.iter();
            let bound = bindings.find(|binding| {
                range.contains_range(binding.range)
                    && binding.kind.is_written()
                    && is_wanted(&binding.name)
            })?;
            Some((manager, &bound.name))
        })
}

/// Whether something in the notebook that has the name handles errors. What others have written is not asked:
/// [`with`](crate::analysis) knows those of the standard library.
fn may_swallow(cx: &Context<'_>, manager: &Name, patience: u32) -> bool {
    let Some(patience) = patience.checked_sub(1) else {
        return true;
    };
    cx.link.binders(manager).any(|cell| {
        let facts = cx.facts(cell);
        let Some(exit) = facts.exit(manager) else {
            return false;
        };
        match &facts.binding(exit).kind {
            BindingKind::Function(scope) => {
                let code = text(cx, cell, facts.scope(*scope).range);
                code.contains("suppress") || looks(code).handles
            }
            BindingKind::Class(class) => {
                let methods = facts.class(*class).methods.iter();
                let mut exits =
                    methods.filter(|(name, _)| matches!(name.as_str(), "__exit__" | "__aexit__"));
                exits.any(|(_, scope)| looks(text(cx, cell, facts.scope(*scope).range)).returns)
            }
            BindingKind::Value(Value::CallOf(made) | Value::Alias(made)) => {
                may_swallow(cx, made, patience)
            }
            // It may hold a `suppress`, which anybody may have put there.
            BindingKind::Import { member, .. } => member
                .as_ref()
                .is_some_and(|member| matches!(member.as_str(), "ExitStack" | "AsyncExitStack")),
            _ => false,
        }
    })
}

/// What a manager's code does about errors.
#[derive(Default)]
struct Looks {
    /// A handler lets the code go on.
    handles: bool,
    /// It gives back something that may be true.
    returns: bool,
}

fn looks(code: &str) -> Looks {
    let mut looks = Looks::default();
    let parsed = parse_part(code, whole(code), Mode::Module);
    looks.visit_body(&parsed.statements);
    looks
}

impl StatementVisitor<'_> for Looks {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Try(own) => {
                self.handles |= own
                    .handlers
                    .iter()
                    .any(|ExceptHandler::ExceptHandler(handler)| {
                        !handler.body.last().is_some_and(Stmt::is_raise_stmt)
                    });
            }
            Stmt::Return(own) => {
                self.returns |= own.value.as_deref().is_some_and(|value| match value {
                    Expr::BooleanLiteral(literal) => literal.value,
                    value => !value.is_none_literal_expr(),
                });
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }
}

fn text<'a>(cx: &'a Context<'_>, cell: CellIdx, range: TextRange) -> &'a str {
    cx.notebook.cell(cell).map_or("", |cell| &cell.text[range])
}
