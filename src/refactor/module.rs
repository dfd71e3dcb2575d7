//! Writes Python modules: what a file is given besides what it has, every other byte of it kept.
//!
//! [`write`] takes imports and pieces of code and makes an edit of them. Imports join the file's own block
//! ([`merge`]), code is appended above `if __name__ == "__main__":`, and `__all__` grows where it is a
//! plain list ([`exports`]). What would change the meaning of the code that is there, or of the code
//! that comes, is refused: a clash of names, a star import, a syntax error. [`target`] knows how the notebook imports a file.

pub mod existing;
mod exports;
pub mod target;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use ruff_python_ast::name::Name;

use crate::action::Refusal;
use crate::notebook::EditOp;
use crate::project::{Project, slashed};
use crate::refactor::imports::block::{merge, name};
use crate::text::TextRange;

pub use crate::refactor::imports::block::name::Import;
pub use existing::Existing;

/// What a module is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Additions {
    pub imports: Vec<Import>,
    /// In the order in which it is to stand.
    pub code: Vec<Code>,
    /// Names that belong into `__all__` where the module has one.
    pub exported: Vec<Name>,
}

/// Top-level statements with the comments above them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// What they bind.
    pub names: Vec<Name>,
    /// What they read of the module, besides what comes with them: a module that binds such a name clashes.
    pub builtins: Vec<Name>,
    /// Without blank lines around.
    pub text: String,
    /// Whether two blank lines belong around it.
    pub is_definition: bool,
}

/// Creates the file or changes it; `None` where it has everything already.
///
/// # Errors
/// Where the file cannot be written or read, is no Python, or has names that get in the way.
pub fn write(
    project: &dyn Project,
    path: &Path,
    additions: &Additions,
) -> Result<Option<EditOp>, Refusal> {
    project.may_write(path)?;
    let own = own_modules(project);
    let is_own = |module: &str| own.iter().any(|own| own == module);
    if !project.exists(path) {
        let text = create(additions, &is_own);
        return Ok(Some(EditOp::CreateFile {
            path: project.place(path),
            text,
        }));
    }
    let text = project.read(path)?;
    let existing = Existing::new(&slashed(path), &text)?;
    let replacements = extend(&existing, additions, &is_own)?;
    if replacements.is_empty() {
        return Ok(None);
    }
    Ok(Some(EditOp::EditFile {
        path: project.place(path),
        expected: Arc::clone(&text),
        replacements,
    }))
}

/// The text of a new module.
pub fn create(additions: &Additions, is_own: &dyn Fn(&str) -> bool) -> String {
    let mut text = name::block(&additions.imports, is_own);
    let mut before: Option<&Code> = None;
    for code in &additions.code {
        if !text.is_empty() {
            let blank = match before {
                _ if code.is_definition => 2,
                Some(before) if before.is_definition => 2,
                Some(_) => 0,
                None => 1,
            };
            text.push_str(&"\n".repeat(blank + 1));
        }
        text.push_str(&code.text.replace("\r\n", "\n"));
        before = Some(code);
    }
    text.push('\n');
    text
}

/// What changes in an existing module; nothing where it has everything already.
///
/// # Errors
/// Where names get in the way.
pub fn extend(
    existing: &Existing<'_>,
    additions: &Additions,
    is_own: &dyn Fn(&str) -> bool,
) -> Result<Vec<(TextRange, String)>, Refusal> {
    let mut missing = Vec::new();
    for import in &additions.imports {
        if existing.lacks_import(import)? {
            missing.push(import.clone());
        }
    }
    let mut code = Vec::new();
    for piece in &additions.code {
        if existing.lacks_code(piece)? {
            code.push(piece.clone());
        }
    }
    let newline = existing.newline;
    if existing.text.trim().is_empty() {
        let whole = create(additions, is_own);
        return Ok(vec![(TextRange::default(), whole)]);
    }
    let mut replacements = merge::merge(existing.text, &existing.statements, &missing, is_own);
    if !code.is_empty() {
        let bound: Vec<&Name> = code.iter().flat_map(|code| &code.names).collect();
        let exported = additions.exported.iter();
        let exported: Vec<&Name> = exported.filter(|name| bound.contains(name)).collect();
        replacements.extend(exports::add(existing, &exported));
        replacements.push(append(existing, &code));
    }
    for (_, text) in &mut replacements {
        *text = text.replace("\r\n", "\n").replace('\n', newline);
    }
    Ok(replacements)
}

/// Code at the end, or above the part that only runs as a script.
fn append(existing: &Existing<'_>, code: &[Code]) -> (TextRange, String) {
    let mut text = String::new();
    let mut before = existing.is_definition_before_end();
    for (position, piece) in code.iter().enumerate() {
        let is_first = position == 0;
        let apart = if is_first && existing.is_empty_before_end() {
            0
        } else if piece.is_definition || before || is_first {
            3
        } else {
            1
        };
        text.push_str(&"\n".repeat(apart));
        text.push_str(&piece.text);
        before = piece.is_definition;
    }
    let (at, is_inside) = existing.end();
    if is_inside {
        text.push_str("\n\n\n");
        text = text.trim_start_matches('\n').to_owned();
    } else if at.to_usize() == existing.text.len() {
        text.push('\n');
    }
    (TextRange::empty(at), text)
}

/// The top-level names under which the project's own modules may be imported.
pub fn own_modules(project: &dyn Project) -> Vec<String> {
    let mut own: Vec<String> = Vec::new();
    for module in project.modules() {
        // Any folder on the way may be the one that is searched.
        for part in &module {
            let part = part.to_string_lossy();
            own.push(part.trim_end_matches(".py").to_owned());
        }
    }
    own.sort_unstable();
    own.dedup();
    own
}
