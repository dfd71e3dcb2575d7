//! The variables of the environment that a notebook's secrets are read from: one for each.

use rustc_hash::FxHashSet;

use super::{Replacement, replacement_as};
use crate::analysis::secrets;
use crate::notebook::CellIdx;
use crate::rule::Context;
use crate::text::TextRange;

/// A secret that can be read from the environment.
#[derive(Debug)]
pub struct Place {
    pub cell: CellIdx,
    pub range: TextRange,
    pub replacement: Replacement,
}

/// The secrets of a notebook in its order. The same secret has the same variable, and another one has another, of which the
/// notebook reads nothing yet: what that holds nobody knows.
pub fn of_notebook(cx: &Context<'_>) -> Vec<Place> {
    let cells = || cx.notebook.python_cells();
    let used: FxHashSet<&str> = cells().flat_map(|(_, own)| used(&own.text)).collect();
    let mut given: Vec<(&str, String)> = Vec::new();
    let mut places = Vec::new();
    for (cell, own) in cells() {
        for secret in secrets::find(&own.text) {
            let text = &own.text[secret.range];
            let choose = |wanted: String| {
                if let Some((_, variable)) = given.iter().find(|(other, _)| *other == text) {
                    return variable.clone();
                }
                let is_free = |name: &String| {
                    !used.contains(name.as_str()) && given.iter().all(|(_, other)| other != name)
                };
                let mut others = (2..).map(|count| format!("{wanted}_{count}"));
                match is_free(&wanted) {
                    true => wanted,
                    false => others.find(is_free).unwrap_or(wanted),
                }
            };
            if let Ok(replacement) = replacement_as(&own.text, secret.range, choose) {
                given.push((text, replacement.variable.clone()));
                places.push(Place {
                    cell,
                    range: secret.range,
                    replacement,
                });
            }
        }
    }
    places
}

/// The variables that a cell names: `os.environ["A"]`, `environ.get('A')`, `os.getenv("A")`, `%env A=1`.
fn used(text: &str) -> impl Iterator<Item = &str> {
    let in_code = ["environ", "getenv"].into_iter().flat_map(move |word| {
        text.match_indices(word).filter_map(move |(at, _)| {
            let between = |own: char| own.is_ascii_alphabetic() || "[(._ \n".contains(own);
            let rest = text[at + word.len()..].trim_start_matches(between);
            let quote = rest.chars().next().filter(|own| "\"'".contains(*own))?;
            let (name, behind) = rest[1..].split_once(quote)?;
            // Who sets it need not be asked what it holds.
            let set = behind.trim_start().strip_prefix(']').map(str::trim_start);
            let is_set = set.is_some_and(|set| set.starts_with('=') && !set.starts_with("=="));
            Some(name).filter(|_| !is_set)
        })
    });
    let by_magic = text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix('%')?;
        let rest = rest
            .strip_prefix("env ")
            .or_else(|| rest.strip_prefix("set_env "))?;
        rest.trim_start().split(['=', ' ']).next()
    });
    in_code.chain(by_magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_used_where_the_environment_is_asked_for_it() {
        let text = "%env A=1\nos.environ[\"B\"], environ.get('C', 'x')\nos.getenv(\n  \"D\")\nos.environ.copy(); 'E'\nos.environ['F'] = x";
        assert_eq!(used(text).collect::<Vec<_>>(), ["B", "C", "D", "A"]);
    }
}
