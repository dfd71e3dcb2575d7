//! Names that code reads by text: `eval("x")`, `df.query("a > @x")`, `%%sql … :x`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use ruff_python_ast::name::Name;

use super::facts::{Facts, MagicKind, ScopeUse, TextReads};
use super::magics::{self, Body};
use super::source;

/// Calls and modules that read names from strings: queries, formulas, `timeit` statements.
const TEXT_READERS: &[&str] = &[
    "query(",
    "eval(",
    "ne.evaluate(",
    "numexpr",
    "dmatrix(",
    "dmatrices(",
    "formula",
    "smf.",
    "ols(",
    "glm(",
    "logit(",
    "get_ipython()",
    "timeit(",
];

/// What a cell's text reads by text.
pub fn of(facts: &Facts, text: &str) -> TextReads {
    let foreign = facts
        .magics
        .iter()
        .any(|magic| magic.kind == MagicKind::Cell && magics::body_of(&magic.name) == Body::Other);
    if namespace_use(facts, text).is_some() {
        TextReads::Any
    } else if foreign || has_text_reader(text) {
        TextReads::Words
    } else {
        TextReads::Nothing
    }
}

/// What code asks for names by text with: `eval(…)`, `globals()`, `dir()`.
pub fn namespace_use<'f>(facts: &'f Facts, text: &str) -> Option<&'f Name> {
    let at_once = facts.uses.iter().map(|read| (&read.name, read.range));
    let later = facts
        .scopes
        .iter()
        .flat_map(|scope| &scope.reads)
        .map(|ScopeUse { name, range, .. }| (name, *range));
    let mut names = at_once.chain(later);
    let (name, _) = names.find(|(name, range)| {
        let after = text.get(range.end().to_usize()..).unwrap_or_default();
        match name.as_str() {
            "eval" | "exec" | "globals" | "locals" | "__main__" => true,
            // With an argument these ask an object, not the notebook.
            "vars" | "dir" => after
                .trim_start()
                .strip_prefix('(')
                .is_some_and(|inside| inside.trim_start().starts_with(')')),
            "get_ipython" => ["user_ns", "user_global_ns", ".ev(", ".ex(", ".run_cell("]
                .iter()
                .any(|way| text.contains(way)),
            _ => false,
        }
    })?;
    Some(name)
}

/// Whether one of [`TEXT_READERS`] stands in the text where a word begins. This is asked of every cell.
fn has_text_reader(text: &str) -> bool {
    static READERS: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::new(TEXT_READERS).ok());
    let found = READERS
        .iter()
        .flat_map(|readers| readers.find_overlapping_iter(text));
    found
        .map(|found| &text[..found.start()])
        .any(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The parts of a cell that are read by text: its strings, or all of it where it is not Python.
pub fn read_parts<'t>(facts: &Facts, text: &'t str) -> Vec<&'t str> {
    match facts.text_reads {
        TextReads::Nothing => Vec::new(),
        TextReads::Words if facts.statements.is_empty() => vec![text],
        TextReads::Words | TextReads::Any => source::strings(text)
            .into_iter()
            .map(|range| &text[range])
            .collect(),
    }
}
