//! Imports in a block, as isort sorts them: the future, the standard library, other people's, one's own.

use ruff_python_ast::name::Name;
use ruff_python_ast::{Stmt, StmtImportFrom};

use super::existing::{line_end, line_start, size};
use crate::analysis::facts::{Binding, BindingKind};
use crate::analysis::standard_library;
use crate::text::{Ranged, TextRange};

/// The longest line that an import is written in, in characters.
const LONGEST_LINE: usize = 88;

/// One name and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// What is bound: `np`, `Path`, the `a` of `import a.b`.
    pub name: Name,
    /// With the dots of a relative import.
    pub module: Name,
    pub member: Option<Name>,
}

impl Import {
    /// `from module import name`.
    pub fn member(module: &str, name: &str) -> Self {
        Self {
            name: name.into(),
            module: module.into(),
            member: Some(name.into()),
        }
    }

    /// `import module`, for a module without dots.
    pub fn module(module: &str) -> Self {
        Self {
            name: module.into(),
            module: module.into(),
            member: None,
        }
    }

    pub fn of(binding: &Binding) -> Option<Self> {
        match &binding.kind {
            BindingKind::Import { module, member } => Some(Self {
                name: binding.name.clone(),
                module: module.clone(),
                member: member.clone(),
            }),
            _ => None,
        }
    }

    /// The statement that makes it, alone.
    pub fn statement(&self) -> String {
        match &self.member {
            Some(_) => format!("from {} import {}", self.module, self.alias()),
            None if self.is_root() => format!("import {}", self.module),
            None => format!("import {} as {}", self.module, self.name),
        }
    }

    /// `member`, or `member as name`.
    fn alias(&self) -> String {
        match &self.member {
            Some(member) if *member != self.name => format!("{member} as {}", self.name),
            _ => self.name.to_string(),
        }
    }

    /// Whether it binds the first part of its module: `import a.b`.
    fn is_root(&self) -> bool {
        self.member.is_none() && self.module.split('.').next() == Some(self.name.as_str())
    }

    /// Whether `other` is there where this import was made.
    pub fn is_same(&self, other: &Self) -> bool {
        let below = || {
            let rest = self.module.strip_prefix(other.module.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        self == other || (self.is_root() && other.is_root() && self.name == other.name && below())
    }

    /// Whether both bind one package and differ only in what they load of it.
    pub fn shares_root_with(&self, other: &Self) -> bool {
        self.is_root() && other.is_root() && self.name == other.name
    }

    /// The first part of the module's name; empty for a relative import.
    pub fn root(&self) -> &str {
        self.module.split('.').next().unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Future,
    Standard,
    Others,
    Own,
}

impl Section {
    fn of(module: &str, is_own: &dyn Fn(&str) -> bool) -> Self {
        let root = module.split('.').next().unwrap_or_default();
        match root {
            "__future__" => Self::Future,
            "" => Self::Own,
            root if standard_library::has(root) => Self::Standard,
            root if is_own(root) => Self::Own,
            _ => Self::Others,
        }
    }
}

/// The order within a section: `import x` before `from x import y`, then by name.
fn key(is_from: bool, module: &str) -> (bool, String) {
    (is_from, module.to_lowercase())
}

/// The imports of a new module, with one blank line between the sections and no line break at the end.
pub fn block(imports: &[Import], is_own: &dyn Fn(&str) -> bool) -> String {
    let mut text = String::new();
    let mut before = None;
    for new in statements(imports, is_own) {
        if let Some(section) = before {
            text.push_str(if section == new.section { "\n" } else { "\n\n" });
        }
        text.push_str(&new.text);
        before = Some(new.section);
    }
    text
}

/// A statement to be written.
#[derive(Debug, Clone)]
struct New {
    section: Section,
    key: (bool, String),
    text: String,
}

/// The statements that make the imports, sorted; those from one module are one.
fn statements(imports: &[Import], is_own: &dyn Fn(&str) -> bool) -> Vec<New> {
    let mut from: Vec<(&str, Vec<String>)> = Vec::new();
    let mut statements = Vec::new();
    for import in imports {
        if import.member.is_some() {
            match from.iter_mut().find(|(module, _)| *module == import.module) {
                Some((_, names)) => names.push(import.alias()),
                None => from.push((&import.module, vec![import.alias()])),
            }
            continue;
        }
        statements.push(New {
            section: Section::of(&import.module, is_own),
            key: key(false, &import.module),
            text: import.statement(),
        });
    }
    for (module, mut names) in from {
        names.sort_by_key(|name| member_key(name));
        names.dedup();
        let line = format!("from {module} import {}", names.join(", "));
        let text = if line.chars().count() <= LONGEST_LINE {
            line
        } else {
            format!("from {module} import (\n    {},\n)", names.join(",\n    "))
        };
        statements.push(New {
            section: Section::of(module, is_own),
            key: key(true, module),
            text,
        });
    }
    statements.sort_by(|a, b| (a.section, &a.key, &a.text).cmp(&(b.section, &b.key, &b.text)));
    statements.dedup_by(|a, b| a.text == b.text);
    statements
}

/// Constants first, then classes, then the others, as isort has it.
fn member_key(name: &str) -> (u8, String) {
    let member = name.split(' ').next().unwrap_or(name);
    let kind = if member.len() > 1 && !member.bytes().any(|byte| byte.is_ascii_lowercase()) {
        0
    } else if member.starts_with(|first: char| first.is_uppercase()) {
        1
    } else {
        2
    };
    (kind, member.to_lowercase())
}

/// What changes so that a text has the imports, too. Each joins the block of imports that there is.
/// `statements` are the text's; none of the imports is among them.
pub fn merge(
    text: &str,
    statements: &[Stmt],
    imports: &[Import],
    is_own: &dyn Fn(&str) -> bool,
) -> Vec<(TextRange, String)> {
    let block = Block::of(text, statements, is_own);
    let mut replacements = Vec::new();
    let mut rest: Vec<Import> = Vec::new();
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
            None => rest.push(import.clone()),
        }
    }
    for (own, members) in joined {
        match join(text, own, &members) {
            Some(mut insertions) => replacements.append(&mut insertions),
            None => rest.extend(members.into_iter().cloned()),
        }
    }
    replacements.extend(block.insert(self::statements(&rest, is_own)));
    replacements
}

/// The imports at the top of a text.
struct Block<'a> {
    text: &'a str,
    imports: Vec<Placed<'a>>,
    /// Whether blank lines stand between sections, or would.
    is_sectioned: bool,
    /// Where a first import goes, and what stands around it.
    start: (usize, &'static str, &'static str),
}

struct Placed<'a> {
    section: Section,
    key: (bool, String),
    stmt: &'a Stmt,
}

impl<'a> Block<'a> {
    fn of(text: &'a str, statements: &'a [Stmt], is_own: &dyn Fn(&str) -> bool) -> Self {
        let mut imports: Vec<Placed<'a>> = Vec::new();
        for stmt in statements {
            let (is_from, module) = match stmt {
                Stmt::Import(import) => {
                    let first = import.names.first();
                    (
                        false,
                        first
                            .map(|alias| alias.name.to_string())
                            .unwrap_or_default(),
                    )
                }
                Stmt::ImportFrom(import) => (true, module_of(import)),
                // Between imports people set things up, try others, and import for type checkers alone.
                Stmt::If(_) | Stmt::Try(_) | Stmt::Expr(_) | Stmt::IpyEscapeCommand(_) => continue,
                _ if imports.is_empty() => continue,
                _ => break,
            };
            imports.push(Placed {
                section: Section::of(&module, is_own),
                key: key(is_from, &module),
                stmt,
            });
        }
        let is_sectioned = imports.windows(2).all(|pair| {
            let between = &text[pair[0].stmt.end().to_usize()..pair[1].stmt.start().to_usize()];
            pair[0].section == pair[1].section || between.matches('\n').count() > 1
        });
        Self {
            text,
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

    fn insert(&self, new: Vec<New>) -> Vec<(TextRange, String)> {
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
                text.push_str(&statement.text);
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
            let own = || self.imports.iter().filter(|own| own.section == section);
            let is_sorted = own().is_sorted_by_key(|own| &own.key);
            let next = own().find(|own| is_sorted && own.key > statement.key);
            let (at, text) = if let Some(next) = next {
                (self.start_of(next), format!("{}\n", statement.text))
            } else if let Some(last) = own().next_back() {
                (self.end_of(last), format!("\n{}", statement.text))
            } else if let Some(last) = self.imports.iter().rfind(|own| own.section < section) {
                let at = self.end_of(last);
                let separator = if last_after == Some((at, section)) {
                    "\n"
                } else {
                    gap
                };
                last_after = Some((at, section));
                (at, format!("{separator}{}", statement.text))
            } else {
                let first = self.start_of(&self.imports[0]);
                let follows = last_before == Some((first, section));
                last_before = Some((first, section));
                if follows
                    && let Some((_, text)) = insertions.iter_mut().rfind(|(at, _)| *at == first)
                {
                    let kept = text.trim_end().len();
                    text.insert_str(kept, &format!("\n{}", statement.text));
                    continue;
                }
                (first, format!("{}{gap}", statement.text))
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
    if written.contains(['#', '\\']) || rest.contains(';') {
        return None;
    }
    let mut names: Vec<String> = members.iter().map(|import| import.alias()).collect();
    names.sort_by_key(|name| member_key(name));
    let is_one_line = !written.contains('\n');
    if is_one_line {
        let start = line_start(text, own.range.start().to_usize());
        let added: usize = names.iter().map(|name| name.chars().count() + 2).sum();
        let length = text[start..own.range.end().to_usize()].chars().count() + added;
        if length > LONGEST_LINE {
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
    let own_key = |alias: &ruff_python_ast::Alias| member_key(alias.name.as_str());
    let is_sorted = own.names.is_sorted_by_key(own_key);
    let mut insertions: Vec<(usize, String)> = Vec::new();
    for name in names {
        let next = own
            .names
            .iter()
            .find(|alias| is_sorted && own_key(alias) > member_key(&name));
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
