//! A module's `__all__`, where it is a plain list.

use ruff_python_ast::name::Name;
use ruff_python_ast::{Expr, Stmt};

use super::existing::{Existing, line_start, size};
use crate::text::{Ranged, TextRange};

/// The names in `__all__`, too. Nothing where there is none, or where it is computed.
pub fn add(existing: &Existing<'_>, names: &[&Name]) -> Option<(TextRange, String)> {
    let text = existing.text;
    let elements = plain_list(existing)?;
    let listed = |name: &str| {
        elements.iter().any(
            |element| matches!(element, Expr::StringLiteral(own) if own.value.to_str() == name),
        )
    };
    let names = names
        .iter()
        .filter(|name| !name.starts_with('_') && !listed(name));
    let last = elements.last()?;
    if is_in_parentheses(existing, last) {
        return None;
    }
    let quote = if text[last.range()].ends_with('\'') {
        '\''
    } else {
        '"'
    };
    let start = last.start().to_usize();
    let indent = &text[line_start(text, start)..start];
    let separator = if elements.len() > 1 && indent.trim().is_empty()
        || indent.starts_with([' ', '\t']) && indent.trim().is_empty()
    {
        format!(",\n{indent}")
    } else {
        ", ".to_owned()
    };
    let added: String = names
        .map(|name| format!("{separator}{quote}{name}{quote}"))
        .collect();
    (!added.is_empty()).then(|| (TextRange::empty(size(last.end().to_usize())), added))
}

/// Whether parentheses stand around the element, which are no part of its range: `["a", ("b")]`.
fn is_in_parentheses(existing: &Existing<'_>, last: &Expr) -> bool {
    let (before, after) = (
        &existing.text[..last.start().to_usize()],
        &existing.text[last.end().to_usize()..],
    );
    before.trim_end().ends_with('(') && after.trim_start().starts_with(')')
}

/// The elements of the one list or tuple of strings that `__all__` is.
fn plain_list<'e>(existing: &'e Existing<'_>) -> Option<&'e [Expr]> {
    if !existing.binds_once("__all__")
        || existing
            .facts
            .mutations
            .iter()
            .any(|own| own.name == "__all__")
    {
        return None;
    }
    let value = existing.statements.iter().find_map(|stmt| match stmt {
        Stmt::Assign(assign) => match &assign.targets[..] {
            [Expr::Name(name)] if name.id == "__all__" => Some(&*assign.value),
            _ => None,
        },
        Stmt::AnnAssign(assign) => match &*assign.target {
            Expr::Name(name) if name.id == "__all__" => assign.value.as_deref(),
            _ => None,
        },
        _ => None,
    })?;
    let elements = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return None,
    };
    elements
        .iter()
        .all(Expr::is_string_literal_expr)
        .then_some(&elements[..])
}
