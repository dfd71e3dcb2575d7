//! The blocks around a selection, from the cell's own level to the innermost.

use ruff_python_ast::{ExceptHandler, Expr, Stmt};

use crate::analysis::source::strings;
use crate::text::{Ranged, TextRange, TextSize};

/// A list of statements of which some are selected, or one holds the selection.
#[derive(Debug, Clone, Copy)]
pub struct Level<'a> {
    pub statements: &'a [Stmt],
    pub first: usize,
    pub last: usize,
}

/// A statement on the way in, and which of its [`suites`] the way goes through.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub statement: &'a Stmt,
    pub suite: usize,
}

/// Where the selected statements stand: the step at `i` leads from the level at `i` to the next one.
#[derive(Debug)]
pub struct Path<'a> {
    pub levels: Vec<Level<'a>>,
    pub steps: Vec<Step<'a>>,
}

/// A cell's text, with the places of its strings, whose lines no indent belongs to.
#[derive(Debug)]
pub struct Code<'t> {
    pub text: &'t str,
    strings: Vec<TextRange>,
}

impl<'a> Path<'a> {
    /// The way to the statements that `selection` touches; `None` where it touches none.
    pub fn to(statements: &'a [Stmt], text: &str, selection: TextRange) -> Option<Self> {
        let mut path = Self {
            levels: Vec::new(),
            steps: Vec::new(),
        };
        let mut statements = statements;
        loop {
            let touches =
                |stmt: &Stmt| stmt.start() < selection.end() && selection.start() < stmt.end();
            let first = statements.iter().position(touches)?;
            let last = statements.iter().rposition(touches)?;
            path.levels.push(Level {
                statements,
                first,
                last,
            });
            let inner = suites(&statements[first])
                .into_iter()
                .enumerate()
                .find(|(_, suite)| first == last && holds(suite, text, selection));
            let Some((suite, within)) = inner else {
                return Some(path);
            };
            path.steps.push(Step {
                statement: &statements[first],
                suite,
            });
            statements = within;
        }
    }

    /// The selected statements.
    pub fn selected(&self) -> &'a [Stmt] {
        self.levels
            .last()
            .map_or(&[], |level| &level.statements[level.first..=level.last])
    }
}

impl<'a> Level<'a> {
    pub fn above(&self) -> &'a [Stmt] {
        &self.statements[..self.first]
    }

    pub fn below(&self) -> &'a [Stmt] {
        &self.statements[self.last + 1..]
    }
}

/// The lists of statements within a statement, in order.
pub fn suites(stmt: &Stmt) -> Vec<&[Stmt]> {
    match stmt {
        Stmt::FunctionDef(stmt) => vec![&stmt.body],
        Stmt::ClassDef(stmt) => vec![&stmt.body],
        Stmt::For(stmt) => vec![&stmt.body, &stmt.orelse],
        Stmt::While(stmt) => vec![&stmt.body, &stmt.orelse],
        Stmt::With(stmt) => vec![&stmt.body],
        Stmt::If(stmt) => {
            let clauses = stmt.elif_else_clauses.iter();
            std::iter::once(&stmt.body[..])
                .chain(clauses.map(|clause| &clause.body[..]))
                .collect()
        }
        Stmt::Match(stmt) => stmt.cases.iter().map(|case| &case.body[..]).collect(),
        Stmt::Try(stmt) => {
            let handlers = stmt.handlers.iter();
            std::iter::once(&stmt.body[..])
                .chain(handlers.map(|ExceptHandler::ExceptHandler(handler)| &handler.body[..]))
                .chain([&stmt.orelse[..], &stmt.finalbody[..]])
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the selection lies within the lines of the suite, its comments included.
fn holds(suite: &[Stmt], text: &str, selection: TextRange) -> bool {
    let (Some(first), Some(last)) = (suite.first(), suite.last()) else {
        return false;
    };
    let mut start = first.start().to_usize();
    loop {
        let line = text[..start].rfind('\n').map_or(0, |found| found + 1);
        if !text[line..start].trim_start().starts_with('#') && !text[line..start].trim().is_empty()
        {
            break;
        }
        start = line;
        match line.checked_sub(1) {
            Some(before) => start = before,
            None => break,
        }
    }
    start <= selection.start().to_usize()
        && selection.start() < last.end()
        && first.start() < selection.end()
        && selection.end() <= end_of_line(text, last.end())
}

fn end_of_line(text: &str, at: TextSize) -> TextSize {
    let rest = &text[at.to_usize()..];
    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    at + TextSize::new(u32::try_from(length).unwrap_or(u32::MAX))
}

impl<'t> Code<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            strings: strings(text),
        }
    }

    /// The statements as if they stood at the left edge.
    pub fn of(&self, statements: &[Stmt]) -> String {
        let (Some(first), Some(last)) = (statements.first(), statements.last()) else {
            return String::new();
        };
        self.dedented(TextRange::new(first.start(), last.end()))
    }

    /// An expression in brackets, which may go over lines.
    pub fn bracketed(&self, expression: &Expr) -> String {
        format!("(\n{}\n)", &self.text[expression.range()])
    }

    /// The text of a range that starts where its first line's code does, without that line's indent.
    pub fn dedented(&self, range: TextRange) -> String {
        let indent = self.indent_at(range.start());
        let mut code = String::with_capacity(range.len().to_usize());
        let mut at = range.start().to_usize();
        for line in self.text[range].split_inclusive('\n') {
            let is_first = at == range.start().to_usize();
            let in_string = self
                .strings
                .iter()
                .any(|string| string.start().to_usize() < at && at < string.end().to_usize());
            let content = match in_string || is_first {
                true => line,
                false => match line.strip_prefix(indent) {
                    Some(content) => content,
                    // A comment or a continued line may stand further left.
                    None => line.trim_start_matches([' ', '\t']),
                },
            };
            code.push_str(content);
            at += line.len();
        }
        code
    }

    /// The blanks that the line begins with; empty where something else stands before the place.
    pub fn indent_at(&self, at: TextSize) -> &'t str {
        let end = at.to_usize();
        let start = self.text[..end]
            .rfind(['\n', '\r'])
            .map_or(0, |found| found + 1);
        let before = &self.text[start..end];
        if before.trim().is_empty() { before } else { "" }
    }
}
