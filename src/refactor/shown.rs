//! What a statement shows when it is the last of its cell.

mod none;

use ruff_python_ast::Stmt;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_parser::Mode;

use crate::analysis::facts::{BindingKind, Facts, MagicKind, StatementKind};
use crate::analysis::source::parse_part;
use crate::refactor::pieces;
use crate::rule::Context;
use crate::text::TextRange;

/// Magics that show nothing by their value.
const SILENT_MAGICS: &[&str] = &[
    "aimport",
    "autoreload",
    "cd",
    "conda",
    "config",
    "load_ext",
    "mamba",
    "matplotlib",
    "pip",
    "precision",
    "reload_ext",
    "set_env",
    "uv",
];

/// Whether the statement might show its value if it were the last of its cell.
pub fn would_show(cx: &Context<'_>, facts: &Facts, text: &str, statement: usize) -> bool {
    let Some(statement) = facts.statements.get(statement) else {
        return false;
    };
    let ends_with_semicolon = {
        let rest = &text[statement.range.end().to_usize()..];
        rest.trim_start_matches([' ', '\t']).starts_with(';')
    };
    match statement.kind {
        StatementKind::Expression => {
            !ends_with_semicolon && !shows_nothing(cx, text, statement.range)
        }
        StatementKind::Magic => {
            let mut magics = facts.magics.iter();
            let magic = magics.find(|magic| statement.range.contains_range(magic.range));
            magic.is_none_or(|magic| match magic.kind {
                MagicKind::Line if magic.name.as_ref() == "time" => gives_value(&magic.argument),
                MagicKind::Line => !SILENT_MAGICS.contains(&&*magic.name),
                MagicKind::Shell => magic_is_assigned(text, statement.range),
                MagicKind::Help | MagicKind::Cell => false,
            })
        }
        // IPython can be told to show assignments, too.
        _ => facts.shows_every_expression,
    }
}

/// Whether code ends with an expression, whose value `%time` gives back; from `%time x = 1` there is none.
fn gives_value(code: &str) -> bool {
    let parsed = parse_part(code, pieces::whole(code), Mode::Module);
    !parsed.errors.is_empty() || parsed.statements.last().is_none_or(Stmt::is_expr_stmt)
}

/// `!!ls` is a list that is shown, `!ls` prints.
fn magic_is_assigned(text: &str, range: TextRange) -> bool {
    text[range].trim_start().starts_with("!!")
}

/// Whether an expression is known to show nothing by its value: one that is surely `None`, or a call of a function
/// of the notebook that returns nothing.
pub fn shows_nothing(cx: &Context<'_>, text: &str, range: TextRange) -> bool {
    let code = &text[range];
    let of_notebook = code
        .split_once('(')
        .is_some_and(|(function, _)| returns_nothing(cx, function) && closes_at_end(code));
    of_notebook || none::gives_nothing(cx, text, range)
}

/// `None`, `print(…)` and `plt.show()`, which ask nothing of the notebook and come to nothing.
pub fn is_surely_none(cx: &Context<'_>, text: &str, range: TextRange) -> bool {
    let code = &text[range];
    let is_builtin = |name: &str| cx.link.binders(name).next().is_none();
    if code == "None" {
        return true;
    }
    if code.starts_with("print(") {
        return is_builtin("print") && closes_at_end(code);
    }
    let Some((base, call)) = code.split_once('.') else {
        return false;
    };
    let is_pyplot = {
        let mut binders = cx.link.binders(base).peekable();
        binders.peek().is_some()
            && binders.all(|binder| {
                let facts = cx.link.facts(binder);
                facts.exit(base).is_some_and(|exit| {
                    matches!(&facts.binding(exit).kind, BindingKind::Import { module, member }
                        if module == "matplotlib.pyplot"
                            || (module == "matplotlib"
                                && member.as_ref().is_some_and(|member| member == "pyplot")))
                })
            })
    };
    is_pyplot
        && ["show(", "tight_layout(", "close("]
            .iter()
            .any(|way| call.starts_with(way))
        && closes_at_end(code)
}

/// Whether this is a function of the notebook, always the same one, that has no value to return.
fn returns_nothing(cx: &Context<'_>, name: &str) -> bool {
    let mut binders = cx.link.binders(name);
    let (Some(cell), None) = (binders.next(), binders.next()) else {
        return false;
    };
    let facts = cx.facts(cell);
    let mut bindings = facts.bindings.iter().filter(|own| own.name == *name);
    let (Some(binding), None) = (bindings.next(), bindings.next()) else {
        return false;
    };
    let BindingKind::Function(scope) = binding.kind else {
        return false;
    };
    let scope = facts.scope(scope);
    if scope.is_async || scope.is_generator || scope.decorated {
        return false;
    }
    let Some(cell) = cx.notebook.cell(cell) else {
        return false;
    };
    let parsed = parse_part(&cell.text, scope.range, Mode::Module);
    let [Stmt::FunctionDef(function)] = &parsed.statements[..] else {
        return false;
    };
    let mut values = ReturnedValues::default();
    values.visit_body(&function.body);
    parsed.errors.is_empty() && !values.any
}

/// Finds `return` with a value in a function, and not in the functions within.
#[derive(Default)]
struct ReturnedValues {
    any: bool,
}

impl<'a> StatementVisitor<'a> for ReturnedValues {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Return(own) => self.any |= own.value.is_some(),
            _ => walk_stmt(self, stmt),
        }
    }
}

/// Whether the bracket that the first call opens is closed by the last character.
fn closes_at_end(code: &str) -> bool {
    let mut depth = 0_i32;
    let mut chars = code.char_indices().peekable();
    let mut quote = None;
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (_, '\\') => {
                chars.next();
            }
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1 == code.len();
                }
            }
            _ => {}
        }
    }
    false
}
