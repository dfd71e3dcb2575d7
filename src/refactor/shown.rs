//! What a statement shows when it is the last of its cell.

use crate::analysis::facts::{BindingKind, Facts, MagicKind, StatementKind};
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
            !ends_with_semicolon && !is_surely_none(cx, text, statement.range)
        }
        StatementKind::Magic => {
            let mut magics = facts.magics.iter();
            let magic = magics.find(|magic| statement.range.contains_range(magic.range));
            magic.is_none_or(|magic| match magic.kind {
                MagicKind::Line => !SILENT_MAGICS.contains(&&*magic.name),
                MagicKind::Shell => magic_is_assigned(text, statement.range),
                MagicKind::Help | MagicKind::Cell => false,
            })
        }
        // IPython can be told to show assignments, too.
        _ => facts.shows_every_expression,
    }
}

/// `!!ls` is a list that is shown, `!ls` prints.
fn magic_is_assigned(text: &str, range: TextRange) -> bool {
    text[range].trim_start().starts_with("!!")
}

/// `print(…)` and `plt.show()` show nothing by their value.
pub fn is_surely_none(cx: &Context<'_>, text: &str, range: TextRange) -> bool {
    let code = &text[range];
    let is_builtin = |name: &str| cx.link.binders(name).next().is_none();
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
