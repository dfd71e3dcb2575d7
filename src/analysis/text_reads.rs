//! Names that code reads by text: `eval("x")`, `df.query("a > @x")`, `%%sql … :x`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use ruff_python_ast::name::Name;

use super::facts::{Facts, MagicKind, ScopeUse, TextReads};
use super::magics::{self, Body};
use super::source;
use crate::notebook::Notebook;

/// Calls and modules that read names from strings: queries, formulas, `timeit` statements, SQL on tables that are
/// variables.
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
    "duckdb",
    "con.sql(",
    "con.execute(",
    "conn.sql(",
    "pl.sql(",
    "sqldf(",
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
    } else if !queried(text).is_empty() {
        TextReads::Queried
    } else {
        TextReads::Nothing
    }
}

/// Names that strings have behind `@`, as pandas' queries name variables: `lim` of `cond = "a > @lim"`. Which cell
/// runs the query, and when, is not known. A string that is given to `query(…)` or `eval(…)` where it stands is read
/// there, and left out.
pub fn queried(text: &str) -> Vec<&str> {
    if !may_be_queried(text) {
        return Vec::new();
    }
    let is_given = |before: &str| {
        let before = before.trim_end();
        let before = before.strip_suffix("expr=").unwrap_or(before).trim_end();
        before.ends_with("query(") || before.ends_with("eval(")
    };
    let strings = source::strings(text).into_iter();
    strings
        .filter(|range| !is_given(&text[..range.start().to_usize()]))
        .flat_map(|range| behind_at(&text[range]).map(|(_, name)| name))
        .collect()
}

/// Whether a cell of the notebook may run a query, so that strings elsewhere may be the texts of some.
pub fn runs_queries(notebook: &Notebook) -> bool {
    let mut cells = notebook.python_cells();
    cells.any(|(_, cell)| {
        ["query(", "eval("]
            .iter()
            .any(|way| cell.text.contains(way))
    })
}

/// Whether an `@` with a name may stand in a string. This is asked of every cell, and decorators are no reason to
/// look for strings.
fn may_be_queried(text: &str) -> bool {
    // Nearly all cells have none, which costs one search.
    if memchr::memchr(b'@', text.as_bytes()).is_none() {
        return false;
    }
    let ends = |quotes: &[&str]| {
        let ends = quotes
            .iter()
            .filter_map(|quote| Some(text.find(quote)? + quote.len()));
        ends.min().unwrap_or(usize::MAX)
    };
    let (in_lines, over_lines) = (ends(&["\"", "'"]), ends(&["\"\"\"", "'''"]));
    behind_at(text).any(|(at, _)| {
        let line = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let begins_line = text[line..at].trim_start().is_empty();
        at >= if begins_line { over_lines } else { in_lines }
    })
}

/// Names with an `@` before them that stands for itself: not in `ana@example.org`, nor in `f"{user}@host"`.
fn behind_at(text: &str) -> impl Iterator<Item = (usize, &str)> {
    memchr::memchr_iter(b'@', text.as_bytes()).filter_map(|at| {
        let before = text[..at].chars().next_back();
        let is_alone =
            before.is_none_or(|c| c.is_whitespace() || "<>=!+-*/%&|~^([,:\"'".contains(c));
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        (is_alone && !name.is_empty() && !name.starts_with(|c: char| c.is_numeric()))
            .then_some((at, name))
    })
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
            "sys" => ["__name__]", "\"__main__\"]", "'__main__']"]
                .iter()
                .any(|own| {
                    after
                        .strip_prefix(".modules[")
                        .is_some_and(|key| key.starts_with(own))
                }),
            "mock" | "patch" => ["\"__main__.", "'__main__."]
                .iter()
                .any(|own| text.contains(own)),
            _ if after.starts_with(".__globals__") => true,
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

/// The parts of a cell that are read by text: names in its strings, its strings, or all of it where it is not Python.
pub fn read_parts<'t>(facts: &Facts, text: &'t str) -> Vec<&'t str> {
    match facts.text_reads {
        TextReads::Nothing => Vec::new(),
        TextReads::Queried => queried(text),
        TextReads::Words if facts.statements.is_empty() => vec![text],
        TextReads::Words | TextReads::Any => source::strings(text)
            .into_iter()
            .map(|range| &text[range])
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::python;

    #[test]
    fn names_behind_at_in_strings_are_read() {
        assert_eq!(
            queried("cond = \"a > @lim and b in @names\""),
            ["lim", "names"]
        );
        assert_eq!(queried("cond = f'{column}<@box.size'"), ["box"]);
        assert_eq!(queried("cond = \"\"\"\n@lim < a\n\"\"\""), ["lim"]);
        let facts = python::facts("cond = 'a > @lim'\nlim = 1");
        assert_eq!(facts.text_reads, TextReads::Queried);
        assert_eq!(read_parts(&facts, "cond = 'a > @lim'\nlim = 1"), ["lim"]);
    }

    #[test]
    fn mail_decorators_products_and_queries_at_their_place_are_not() {
        for text in [
            "mail = 'ana@example.org'",
            "mail = f'{user}@example.org'",
            "@cached\ndef f():\n    'Text.'",
            "class A:\n    \"\"\"Text.\"\"\"\n\n    @property\n    def b(self): ...",
            "print('a')\nc = a @b",
            "df.query('a > @lim')",
            "df.query(\n    expr=\"a > @lim\")",
        ] {
            assert!(queried(text).is_empty(), "{text}");
        }
    }
}
