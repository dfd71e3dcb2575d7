//! The head of a function, and where new parameters go in it.

use ruff_python_ast::name::Name;
use ruff_python_ast::{Parameters, StmtFunctionDef};

use crate::action::Refusal;
use crate::text::{Ranged, TextRange, TextSize};

/// How arguments reach the new parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// By place, behind so many others; by keyword, too.
    Plain(usize),
    /// By keyword only.
    Keyword,
}

pub(super) fn kind(function: &StmtFunctionDef) -> Kind {
    let parameters = &*function.parameters;
    let mut positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let is_plain = parameters.vararg.is_none()
        && parameters.kwonlyargs.is_empty()
        && positional.all(|parameter| parameter.default.is_none());
    if is_plain {
        Kind::Plain(parameters.posonlyargs.len() + parameters.args.len())
    } else {
        Kind::Keyword
    }
}

/// What to insert into the head, and where: behind all that may stand before a parameter without a
/// default, and before `**`.
///
/// # Errors
/// Where a place cannot be told for certain.
pub(super) fn with_parameters(
    function: &StmtFunctionDef,
    names: &[Name],
    text: &str,
) -> Result<Vec<(TextSize, String)>, Refusal> {
    let parameters = &*function.parameters;
    let names: Vec<String> = names.iter().map(Name::to_string).collect();
    let needs_star = kind(function) == Kind::Keyword
        && parameters.vararg.is_none()
        && parameters.kwonlyargs.is_empty();
    let star = needs_star.then(|| "*".to_owned());
    let new: Vec<String> = star.into_iter().chain(names).collect();
    let open = parameters.range.start();
    if !text[parameters.range].starts_with('(') {
        return Err("the place of its parameters cannot be told".into());
    }
    let insertion = match last(parameters) {
        Some(last) => {
            // A lone `/` stands behind the parameters that it is about.
            let slash = parameters.args.is_empty()
                && parameters.vararg.is_none()
                && parameters.kwonlyargs.is_empty()
                && !parameters.posonlyargs.is_empty();
            let at = if slash {
                let rest = &text[TextRange::new(last.end(), parameters.range.end())];
                let found = rest
                    .find('/')
                    .ok_or("the place of its parameters cannot be told")?;
                last.end() + size(found + 1)
            } else {
                last.end()
            };
            (at, appended(&new, text, open, last.start()))
        }
        None if parameters.kwarg.is_some() => {
            (open + TextSize::new(1), format!("{}, ", new.join(", ")))
        }
        None => (open + TextSize::new(1), new.join(", ")),
    };
    Ok(vec![insertion])
}

/// `, a, b`; each on a line of its own where the one before has one.
pub(super) fn appended(new: &[String], text: &str, open: TextSize, last: TextSize) -> String {
    let before = &text[..last.to_usize()];
    let line = before.rfind('\n').map_or(0, |found| found + 1);
    let indent = &before[line..];
    let has_own_line = line > open.to_usize() && indent.trim().is_empty();
    let separator = if has_own_line {
        format!(",\n{indent}")
    } else {
        ", ".to_owned()
    };
    new.iter().map(|one| format!("{separator}{one}")).collect()
}

/// The last parameter that a new one may follow.
fn last(parameters: &Parameters) -> Option<TextRange> {
    let keyword = parameters.kwonlyargs.last().map(Ranged::range);
    let vararg = parameters
        .vararg
        .as_ref()
        .map(|parameter| parameter.range());
    let plain = parameters.args.last().or(parameters.posonlyargs.last());
    keyword.or(vararg).or(plain.map(Ranged::range))
}

pub(super) fn size(bytes: usize) -> TextSize {
    TextSize::new(u32::try_from(bytes).unwrap_or(u32::MAX))
}
