//! One imported name, apart from the statement that it is written in.

use ruff_python_ast::name::Name;

use super::{Names, Own, Statement, render};
use crate::analysis::facts::{Binding, BindingKind};

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
        block(std::slice::from_ref(self), &|_| false)
    }

    /// The statement that makes it, to be written.
    pub(super) fn to_statement(&self) -> Statement {
        let alias = |own: &str| (*own != *self.name).then(|| self.name.to_string());
        let names = match &self.member {
            Some(member) => Names::Members(vec![(member.to_string(), alias(member))]),
            None if self.is_root() => Names::Module(None),
            None => Names::Module(Some(self.name.to_string())),
        };
        Statement::new(self.module.to_string(), names)
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

/// The imports as a block, with one blank line between the sections and no line break at the end.
pub fn block(imports: &[Import], is_own: Own<'_>) -> String {
    let statements: Vec<Statement> = imports.iter().map(Import::to_statement).collect();
    render(&statements, is_own, "\n")
}
