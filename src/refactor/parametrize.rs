//! Makes parameters of the notebook variables that a function reads, and hands them over at every call.
//!
//! A function reads a global while it runs; an argument is read when it is called. The two are the same
//! where nothing sets the variable in between, and where it is there at every call: that is what is
//! proven here, or the refactoring is refused.

mod calls;
mod heads;
mod moments;

use ruff_python_ast::name::Name;
use ruff_python_ast::{Stmt, StmtFunctionDef};
use rustc_hash::FxHashSet;

use super::outside;
use crate::action::Refusal;
use crate::analysis::facts::{BindingKind, Facts, OpeningKind, Path, ScopeIdx, State, TextReads};
use crate::analysis::scope::{Body, Locals};
use crate::analysis::source::Source;
use crate::analysis::{depth, globals};
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::rule::Context;
use crate::text::{Ranged, TextRange, TextSize};
use calls::{Calls, Site};

/// A function, and the notebook variables that it is to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub cell: CellIdx,
    pub function: Name,
    pub variables: Vec<Name>,
}

/// Hands `function` of `cell` the notebook variables that it reads.
///
/// # Errors
/// Where the notebook might compute something else, or a call cannot be found for certain.
pub fn plan(cx: &Context<'_>, cell: CellIdx, function: &str) -> Result<Edit, Refusal> {
    let facts = cx.facts(cell);
    let bindings = facts.bindings.iter().filter(|own| own.name == *function);
    let scope = bindings.rev().find_map(|own| match own.kind {
        BindingKind::Function(scope) => Some(scope),
        _ => None,
    });
    let wanted = Wanted {
        cell,
        function: function.into(),
        variables: scope.map_or_else(Vec::new, |scope| names(cx, cell, scope)),
    };
    let ops = insertions(cx, &wanted, &[])?;
    Ok(Edit { ops, select: None })
}

/// Hands several functions what they want. Where one calls another, it wants what the other does, too.
///
/// # Errors
/// As [`plan`].
pub fn plan_all(cx: &Context<'_>, all: &[Wanted]) -> Result<Vec<EditOp>, Refusal> {
    let functions: Vec<&Name> = all.iter().map(|own| &own.function).collect();
    let mut ops = Vec::new();
    for wanted in all {
        ops.extend(insertions(cx, wanted, &functions)?);
    }
    Ok(ops)
}

/// What is inserted for one function; `together` are those that are changed with it.
fn insertions(
    cx: &Context<'_>,
    wanted: &Wanted,
    together: &[&Name],
) -> Result<Vec<EditOp>, Refusal> {
    let function = wanted.function.as_str();
    let target = Target::find(cx, wanted, together)?;
    target.refuse_what_is_out_of_sight()?;
    for name in &target.names {
        target.refuse_what_sets(name)?;
    }
    let mut ops = Vec::new();
    for (index, other) in cx.notebook.python_cells() {
        if !other.text.contains(function) {
            continue;
        }
        let found = depth::with_stack_for(&other.text, || target.in_cell(index, &other.text));
        ops.extend(found.map_err(|too_deep| Refusal(format!("{index} is {too_deep}")))??);
    }
    // Only now that every call is known does it matter when they happen.
    target.refuse_what_is_not_there_yet()?;
    Ok(ops)
}

/// The notebook variables that would become parameters, in the order in which the function reads them.
pub fn names(cx: &Context<'_>, cell: CellIdx, function: ScopeIdx) -> Vec<Name> {
    let read = globals::read_by(cx.link, cell, function);
    read.into_iter().map(|(name, _)| name).collect()
}

struct Target<'a> {
    cx: &'a Context<'a>,
    cell: CellIdx,
    name: Name,
    scope: ScopeIdx,
    /// What becomes parameters.
    names: Vec<Name>,
    /// The functions that are changed with it, itself included: to call one is to read what that one takes.
    together: &'a [&'a Name],
}

impl<'a> Target<'a> {
    fn find(
        cx: &'a Context<'a>,
        wanted: &Wanted,
        together: &'a [&'a Name],
    ) -> Result<Self, Refusal> {
        let cell = wanted.cell;
        let function = wanted.function.as_str();
        let facts = cx.facts(cell);
        if let Some(error) = facts.syntax_errors.first() {
            return Err(format!("{cell} is not valid Python: {}", error.message).into());
        }
        let mut homes = cx.link.touchers(function).filter(|&home| home != cell);
        if let Some(other) = homes.next() {
            return Err(
                format!("{other} binds `{function}`, too, so a call may mean either").into(),
            );
        }
        let mut bindings = facts.bindings.iter().filter(|own| own.name == *function);
        let (Some(binding), None) = (bindings.next(), bindings.next()) else {
            return Err(format!("{cell} binds `{function}` more than once").into());
        };
        let BindingKind::Function(scope) = binding.kind else {
            return Err(format!("`{function}` is no function of {cell}").into());
        };
        let own = facts.scope(scope);
        if binding.path != Path::Sure {
            return Err(format!("{cell} defines `{function}` only on some paths").into());
        }
        if own.decorated {
            return Err(format!(
                "a decorator of `{function}` calls it, and hands it what it likes"
            )
            .into());
        }
        let names = wanted.variables.clone();
        if names.is_empty() {
            return Err(format!("`{function}` reads no variable of the notebook").into());
        }
        Ok(Self {
            cx,
            cell,
            name: binding.name.clone(),
            scope,
            names,
            together,
        })
    }

    fn cells(&self) -> impl Iterator<Item = (CellIdx, &'a Facts, &'a str)> {
        let cx = self.cx;
        cx.notebook
            .indexed()
            .filter(|(_, cell)| cell.is_code())
            .map(|(index, cell)| (index, cx.facts(index), &*cell.text))
    }

    /// Calls that nobody can see.
    fn refuse_what_is_out_of_sight(&self) -> Result<(), Refusal> {
        let name = self.name.as_str();
        for (index, facts, text) in self.cells() {
            if !facts.runs() && text.contains(name) {
                return Err(format!("{index} is not valid Python, and may call `{name}`").into());
            }
            if facts.text_reads == TextReads::Any {
                return Err(format!(
                    "{index} looks names up while it runs (`eval`, `globals()` or their like), and may call `{name}`"
                )
                .into());
            }
            if outside::mentioned(facts, text).contains(&name) {
                return Err(format!("{index} names `{name}` in a string or a magic, where it cannot be changed for certain").into());
            }
            for opening in &facts.openings {
                let why = match &opening.kind {
                    OpeningKind::Run(path) => {
                        format!("{index} runs `{path}`, which may call `{name}`")
                    }
                    OpeningKind::Dynamic => {
                        format!("{index} runs code from a string, which may call `{name}`")
                    }
                    kind if index >= self.cell
                        && self.cx.link.surroundings().may_bring(kind, name) =>
                    {
                        format!("{index} may bring another `{name}`")
                    }
                    _ => continue,
                };
                return Err(why.into());
            }
        }
        Ok(())
    }

    /// Whatever might change what the name means between a call and the read.
    fn refuse_what_sets(&self, name: &Name) -> Result<(), Refusal> {
        let function = &self.name;
        let own = self.cx.facts(self.cell).scope(self.scope);
        for (index, facts, _) in self.cells() {
            if let Some(setter) = facts.scopes.iter().find(|scope| scope.binds.contains(name)) {
                let setter = setter.name.as_ref().map_or("a function", Name::as_str);
                return Err(format!(
                    "`{setter}` in {index} sets `{name}` by `global`, perhaps while `{function}` runs"
                )
                .into());
            }
            let mut deletes = facts
                .bindings
                .iter()
                .filter(|binding| binding.name == *name);
            if deletes.any(|binding| binding.kind.is_delete()) {
                return Err(format!("{index} deletes `{name}`").into());
            }
        }
        let runs_later = own.is_generator || own.is_async || self.is_read_within(name);
        if runs_later && !self.is_bound_once(name) {
            let what = if own.is_generator {
                format!("`{function}` is a generator, which reads `{name}` after it was called")
            } else if own.is_async {
                format!("`{function}` is a coroutine, which may read `{name}` after it was called")
            } else {
                format!("a function within `{function}` reads `{name}`, perhaps later")
            };
            return Err(format!("{what}, and `{name}` is bound more than once").into());
        }
        Ok(())
    }

    /// Whether a function or lambda within the function reads the name, or calls who takes it.
    fn is_read_within(&self, name: &Name) -> bool {
        let facts = self.cx.facts(self.cell);
        let whole = facts.scope(self.scope).range;
        facts.scopes[self.scope.0 as usize + 1..]
            .iter()
            .take_while(|scope| whole.contains_range(scope.range))
            .flat_map(|scope| &scope.reads)
            .any(|read| read.name == *name || self.together.contains(&&read.name))
    }

    fn is_bound_once(&self, name: &Name) -> bool {
        let mut bindings = self.cells().flat_map(|(_, facts, _)| {
            let own = facts.bindings.iter();
            own.filter(|binding| binding.name == *name && binding.kind.is_written())
        });
        let (Some(only), None) = (bindings.next(), bindings.next()) else {
            return false;
        };
        only.path == Path::Sure && !matches!(only.kind, BindingKind::For | BindingKind::Augmented)
    }

    /// What changes in one cell: the head of the function, and its calls.
    fn in_cell(&self, index: CellIdx, text: &str) -> Result<Vec<EditOp>, Refusal> {
        let source = Source::new(text);
        let parsed = source.parse();
        let calls = Calls::of(&parsed.statements, self.name.as_str(), &self.names);
        if let Some(range) = calls.handed_on.first() {
            let line = text[..source.in_cell(*range).start().to_usize()]
                .lines()
                .count()
                .max(1);
            return Err(format!(
                "line {line} of {index} hands `{}` on without calling it, and whoever calls it then hands it what it does now",
                self.name
            )
            .into());
        }
        self.must_be_all(index, &source, &calls)?;
        let mut ops = Vec::new();
        let mut add = |edits: Vec<(TextSize, String)>| {
            for (at, text) in edits {
                let range = source.in_cell(TextRange::empty(at));
                ops.push(EditOp::Replace {
                    cell: index,
                    range,
                    text,
                });
            }
        };
        let head = if index == self.cell {
            let head = self.head(&source, &parsed.statements)?;
            let locals = Locals::of(Some(&head.parameters), Body::Statements(&head.body));
            if let Some(name) = self.names.iter().find(|name| locals.global.contains(*name)) {
                return Err(format!(
                    "`{}` declares `{name}` as `global`; take that line out first",
                    self.name
                )
                .into());
            }
            add(heads::with_parameters(head, &self.names, &source.text)?);
            Some(head)
        } else {
            None
        };
        // In the definition's own cell the head is at hand; elsewhere it is read again.
        let kind = match head {
            Some(head) => heads::kind(head),
            None => self.kind()?,
        };
        for site in &calls.sites {
            if let Some(name) = &site.hidden {
                return Err(format!(
                    "where {index} calls `{}`, `{name}` means something else than the notebook's variable",
                    self.name
                )
                .into());
            }
            if site.is_shown {
                return Err(format!(
                    "an f-string in {index} shows the text of a call of `{}` by its `=`",
                    self.name
                )
                .into());
            }
            add(self.arguments(index, site, &kind, &source.text)?);
        }
        Ok(ops)
    }

    fn head<'s>(
        &self,
        source: &Source<'_>,
        statements: &'s [Stmt],
    ) -> Result<&'s StmtFunctionDef, Refusal> {
        let whole = self.cx.facts(self.cell).scope(self.scope).range;
        statements
            .iter()
            .find_map(|statement| match statement {
                Stmt::FunctionDef(function) if source.in_cell(function.range()) == whole => {
                    Some(function)
                }
                _ => None,
            })
            .ok_or_else(|| Refusal(format!("`{}` stands within another statement", self.name)))
    }

    fn kind(&self) -> Result<heads::Kind, Refusal> {
        let text = self
            .cx
            .notebook
            .cell(self.cell)
            .map_or("", |cell| &cell.text);
        let source = Source::new(text);
        let parsed = source.parse();
        Ok(heads::kind(self.head(&source, &parsed.statements)?))
    }

    fn arguments(
        &self,
        index: CellIdx,
        site: &Site,
        kind: &heads::Kind,
        text: &str,
    ) -> Result<Vec<(TextSize, String)>, Refusal> {
        if site.unpacks_keywords {
            return Err(format!(
                "{index} calls `{}` with `**`, which may hand it `{}`, too",
                self.name, self.names[0]
            )
            .into());
        }
        if let Some(name) = self.names.iter().find(|name| site.keywords.contains(name)) {
            return Err(format!("{index} hands `{}` a keyword `{name}` already", self.name).into());
        }
        let by_place = *kind == heads::Kind::Plain(site.positional)
            && site.keywords.is_empty()
            && !site.unpacks;
        let arguments: Vec<String> = self
            .names
            .iter()
            .map(|name| {
                if by_place {
                    name.to_string()
                } else {
                    format!("{name}={name}")
                }
            })
            .collect();
        Ok(site.with(&arguments, text))
    }

    /// The facts know of reads that no syntax tree of the cell shows: in magics above all.
    fn must_be_all(
        &self,
        index: CellIdx,
        source: &Source<'_>,
        calls: &Calls,
    ) -> Result<(), Refusal> {
        let facts = self.cx.facts(index);
        let seen: FxHashSet<TextRange> = calls
            .sites
            .iter()
            .map(|site| source.in_cell(site.name))
            .collect();
        let at_once = facts.uses.iter().map(|read| (&read.name, read.range));
        let later = facts.scopes.iter().flat_map(|scope| {
            let reads = scope.reads.iter();
            reads.map(|read| (&read.name, read.range))
        });
        let unseen = at_once
            .chain(later)
            .any(|(name, range)| *name == self.name && !seen.contains(&range));
        if unseen {
            return Err(format!("a magic in {index} calls `{}`", self.name).into());
        }
        Ok(())
    }

    fn refuse_what_is_not_there_yet(&self) -> Result<(), Refusal> {
        for moment in moments::of(self.cx, &self.name) {
            let missing = self
                .names
                .iter()
                .find(|name| !moments::is_there(self.cx, &moment, name));
            let Some(name) = missing else { continue };
            let who = match &moment.defines {
                Some(function) => {
                    format!("`{function}` in {} calls it, and may do so", moment.cell)
                }
                None => format!("{} calls it, perhaps", moment.cell),
            };
            return Err(format!("{who} before `{name}` is bound").into());
        }
        Ok(())
    }
}

/// Whether a name is bound when a cell has come so far.
pub(super) fn state_of(facts: &Facts, name: &Name, step: u32) -> State {
    facts.state_before(name, step).0
}
