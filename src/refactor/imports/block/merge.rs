//! Imports that join those of a text, every other byte of it kept.

use ruff_python_ast::{Stmt, StmtImportFrom};

use super::name::Import;
use super::{Names, Own, Section, Statement, Written, by_member, written};
use crate::refactor::layout::{WIDTH, columns};
use crate::refactor::module::existing::{line_end, line_start, size};
use crate::text::{Ranged, TextRange};

/// What changes so that a text has the imports, too. Each joins the block of imports that there is.
/// `statements` are the text's; none of the imports is among them.
pub fn merge(
    text: &str,
    statements: &[Stmt],
    imports: &[Import],
    is_own: Own<'_>,
) -> Vec<(TextRange, String)> {
    let block = Block::of(text, statements, is_own);
    let mut replacements = Vec::new();
    let mut rest: Vec<Statement> = Vec::new();
    let mut joined: Vec<(&StmtImportFrom, Vec<&Import>)> = Vec::new();
    for import in imports {
        match block.statement_from(import) {
            Some(own) => match joined
                .iter_mut()
                .find(|(other, _)| other.range == own.range)
            {
                Some((_, members)) => members.push(import),
                None => joined.push((own, vec![import])),
            },
            None => rest.push(import.to_statement()),
        }
    }
    for (own, members) in joined {
        match join(text, own, &members) {
            Some(mut insertions) => replacements.append(&mut insertions),
            None => rest.extend(members.into_iter().map(Import::to_statement)),
        }
    }
    replacements.extend(block.insert(&written(&rest, is_own)));
    replacements
}

/// The imports at the top of a text.
struct Block<'a> {
    text: &'a str,
    is_own: Own<'a>,
    imports: Vec<Placed<'a>>,
    /// Whether blank lines stand between sections, or would.
    is_sectioned: bool,
    /// Where a first import goes, and what stands around it.
    start: (usize, &'static str, &'static str),
}

struct Placed<'a> {
    section: Section,
    /// What its order goes by.
    head: Statement,
    stmt: &'a Stmt,
}

impl<'a> Block<'a> {
    fn of(text: &'a str, statements: &'a [Stmt], is_own: Own<'a>) -> Self {
        let mut imports: Vec<Placed<'a>> = Vec::new();
        for stmt in statements {
            let head = match stmt {
                Stmt::Import(import) => {
                    let first = import.names.first();
                    let alias = first.and_then(|own| own.asname.as_ref());
                    Statement::new(
                        first.map(|own| own.name.to_string()).unwrap_or_default(),
                        Names::Module(alias.map(ToString::to_string)),
                    )
                }
                Stmt::ImportFrom(import) => {
                    Statement::new(module_of(import), Names::Members(Vec::new()))
                }
                // Between imports people set things up, try others, and import for type checkers alone.
                Stmt::If(_) | Stmt::Try(_) | Stmt::Expr(_) | Stmt::IpyEscapeCommand(_) => continue,
                _ if imports.is_empty() => continue,
                _ => break,
            };
            imports.push(Placed {
                section: head.section(is_own),
                head,
                stmt,
            });
        }
        let is_sectioned = imports.windows(2).all(|pair| {
            let between = &text[pair[0].stmt.end().to_usize()..pair[1].stmt.start().to_usize()];
            pair[0].section == pair[1].section || between.matches('\n').count() > 1
        });
        Self {
            text,
            is_own,
            imports,
            is_sectioned,
            start: start(text, statements),
        }
    }

    /// The statement that takes other names from the same module.
    fn statement_from(&self, import: &Import) -> Option<&'a StmtImportFrom> {
        import.member.as_ref()?;
        self.imports.iter().find_map(|own| {
            let own = own.stmt.as_import_from_stmt()?;
            let is_star = own.names.iter().any(|alias| alias.name.id == "*");
            (module_of(own) == import.module.as_str() && !is_star).then_some(own)
        })
    }

    fn insert(&self, new: &[Written]) -> Vec<(TextRange, String)> {
        if new.is_empty() {
            return Vec::new();
        }
        if self.imports.is_empty() {
            let (at, before, after) = self.start;
            let mut text = before.to_owned();
            for (position, statement) in new.iter().enumerate() {
                if position > 0 {
                    let apart = statement.section != new[position - 1].section;
                    text.push_str(if apart { "\n\n" } else { "\n" });
                }
                text.push_str(&statement.code());
            }
            text.push_str(after);
            return vec![(TextRange::empty(size(at)), text)];
        }
        let gap = if self.is_sectioned { "\n\n" } else { "\n" };
        // Insertions by place; several at one place are one text.
        let mut insertions: Vec<(usize, String)> = Vec::new();
        let mut last_after: Option<(usize, Section)> = None;
        let mut last_before: Option<(usize, Section)> = None;
        for statement in new {
            let section = statement.section;
            let code = statement.code();
            let own = || self.imports.iter().filter(|own| own.section == section);
            let place = |a: &Statement, b: &Statement| a.place_in_block(b, self.is_own);
            let is_sorted = own().is_sorted_by(|a, b| place(&a.head, &b.head).is_le());
            let next = own().find(|own| is_sorted && place(&own.head, statement.head).is_gt());
            let (at, text) = if let Some(next) = next {
                (self.start_of(next), format!("{code}\n"))
            } else if let Some(last) = own().next_back() {
                (self.end_of(last), format!("\n{code}"))
            } else if let Some(last) = self.imports.iter().rfind(|own| own.section < section) {
                let at = self.end_of(last);
                let separator = if last_after == Some((at, section)) {
                    "\n"
                } else {
                    gap
                };
                last_after = Some((at, section));
                (at, format!("{separator}{code}"))
            } else {
                let first = self.start_of(&self.imports[0]);
                let follows = last_before == Some((first, section));
                last_before = Some((first, section));
                if follows
                    && let Some((_, text)) = insertions.iter_mut().rfind(|(at, _)| *at == first)
                {
                    let kept = text.trim_end().len();
                    text.insert_str(kept, &format!("\n{code}"));
                    continue;
                }
                (first, format!("{code}{gap}"))
            };
            match insertions.iter_mut().find(|(own, _)| *own == at) {
                Some((_, own)) => own.push_str(&text),
                None => insertions.push((at, text)),
            }
        }
        let insertions = insertions.into_iter();
        insertions
            .map(|(at, text)| (TextRange::empty(size(at)), text))
            .collect()
    }

    fn start_of(&self, own: &Placed<'_>) -> usize {
        line_start(self.text, own.stmt.start().to_usize())
    }

    fn end_of(&self, own: &Placed<'_>) -> usize {
        line_end(self.text, own.stmt.end().to_usize())
    }
}

/// Where the first import of a text goes: below its docstring, or above its first statement and that one's comments.
fn start(text: &str, statements: &[Stmt]) -> (usize, &'static str, &'static str) {
    let Some(first) = statements.first() else {
        return (text.trim_end().len(), "\n\n", "");
    };
    let is_docstring =
        matches!(first, Stmt::Expr(expression) if expression.value.is_string_literal_expr());
    if is_docstring {
        let end = line_end(text, first.end().to_usize());
        return (end, "\n\n", "");
    }
    let mut at = line_start(text, first.start().to_usize());
    while at > 0 {
        let above = line_start(text, at - 1);
        let line = &text[above..at];
        if !line.starts_with('#') || line.starts_with("#!") || line.contains("coding") {
            break;
        }
        at = above;
    }
    let is_definition = first.is_function_def_stmt() || first.is_class_def_stmt();
    (at, "", if is_definition { "\n\n\n" } else { "\n\n" })
}

fn module_of(import: &StmtImportFrom) -> String {
    let module = import
        .module
        .as_ref()
        .map(ruff_python_ast::Identifier::as_str);
    ".".repeat(import.level as usize) + module.unwrap_or_default()
}

/// Names more in a statement that there is; `None` where it had better stay as it is.
fn join(text: &str, own: &StmtImportFrom, members: &[&Import]) -> Option<Vec<(TextRange, String)>> {
    let written = &text[own.range];
    let rest = text[own.range.end().to_usize()..]
        .lines()
        .next()
        .unwrap_or_default();
    // A name with an alias has a line of its own.
    let is_renamed = |import: &&Import| import.member.as_ref() != Some(&import.name);
    if written.contains(['#', '\\']) || rest.contains(';') || members.iter().any(is_renamed) {
        return None;
    }
    let mut names: Vec<&str> = members.iter().map(|import| import.name.as_str()).collect();
    names.sort_by(|a, b| by_member(a, b));
    let is_one_line = !written.contains('\n');
    if is_one_line {
        let start = line_start(text, own.range.start().to_usize());
        let added: usize = names.iter().map(|name| columns(name) + 2).sum();
        let length = columns(&text[start..own.range.end().to_usize()]) + added;
        if length > WIDTH {
            return None;
        }
    } else {
        let lines = own
            .names
            .iter()
            .map(|alias| line_start(text, alias.start().to_usize()));
        let mut lines: Vec<usize> = lines.collect();
        lines.dedup();
        if lines.len() != own.names.len() {
            return None;
        }
    }
    let indent = " ".repeat(own.names.first().map_or(4, |alias| {
        let start = alias.start().to_usize();
        start - line_start(text, start)
    }));
    let separator = if is_one_line {
        ", ".to_owned()
    } else {
        format!(",\n{indent}")
    };
    let is_sorted = own
        .names
        .is_sorted_by(|a, b| by_member(&a.name, &b.name).is_le());
    let mut insertions: Vec<(usize, String)> = Vec::new();
    for name in names {
        let next = own
            .names
            .iter()
            .find(|alias| is_sorted && by_member(&alias.name, name).is_gt());
        let (at, text) = match next {
            Some(next) => (next.start().to_usize(), format!("{name}{separator}")),
            None => (
                own.names.last()?.end().to_usize(),
                format!("{separator}{name}"),
            ),
        };
        match insertions.iter_mut().find(|(own, _)| *own == at) {
            Some((_, own)) => own.push_str(&text),
            None => insertions.push((at, text)),
        }
    }
    let insertions = insertions.into_iter();
    Some(
        insertions
            .map(|(at, text)| (TextRange::empty(size(at)), text))
            .collect(),
    )
}
