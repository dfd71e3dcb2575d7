//! What a piece of a cell takes and gives: the parameters and returns of the function it becomes.

use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;
use rustc_hash::FxHashSet;

use super::reach;
use super::shape::Shape;
use super::{swallowed, texts, unread};
use crate::action::Refusal;
use crate::analysis::facts::{Facts, Path, State, TextReads, UseKind};
use crate::analysis::known::builtins;
use crate::analysis::source::parse_part;
use crate::analysis::text_reads;
use crate::notebook::CellIdx;
use crate::refactor::outside::{self, Readers};
use crate::refactor::pieces;
use crate::refactor::prior::{self, Prior, PriorKind};
use crate::rule::Context;
use crate::text::TextRange;

/// A cell cut in three, with the facts of each part alone.
#[derive(Debug)]
pub struct Parts<'a> {
    pub cell: CellIdx,
    /// What stays above.
    pub before: &'a Facts,
    /// What becomes the function, and its text.
    pub inside: &'a Facts,
    pub body: &'a str,
    /// What stays below.
    pub rest: &'a Rest,
    pub shape: &'a Shape,
    /// Names that stay variables of the notebook or module, and are neither handed in nor back.
    pub shared: &'a FxHashSet<Name>,
    /// Whether the function stands in a module, where the notebook's variables are out of sight.
    pub is_of_module: bool,
    /// The function that the code is a part of; `None` where it runs with its cell.
    pub function: Option<Around<'a>>,
    /// What it comes to: given back although nobody reads it, as a person may want to look at it.
    pub result: Option<&'a Name>,
    /// Names that nobody reads, and that would be for nothing in a function: given back, so that the notebook keeps them.
    pub kept: &'a [Name],
}

/// A function around the code, whose names are no variables of the notebook.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    pub name: &'a Name,
    /// The names that it and the functions around it have for their own.
    pub locals: &'a FxHashSet<Name>,
}

/// What runs after a piece of code, as far as names go.
#[derive(Debug, Default)]
pub struct Rest {
    /// Names that it may read as the piece leaves them.
    pub reads: FxHashSet<Name>,
    /// Names that it may bind or delete.
    pub binds: FxHashSet<Name>,
    /// Whether it reads names by text that nobody can foresee.
    pub reads_any: bool,
}

impl Rest {
    pub fn of(facts: &Facts, text: &str) -> Self {
        let mut rest = Self::default();
        rest.add(facts, text);
        rest
    }

    /// Adds statements that run one after the other.
    pub fn add(&mut self, facts: &Facts, text: &str) {
        let at_once = facts.uses.iter().filter(|read| read.local != State::Sure);
        self.reads.extend(at_once.map(|read| read.name.clone()));
        self.add_bodies(facts);
        let words = outside::mentioned(facts, text).into_iter();
        self.reads.extend(words.map(Name::new));
        self.reads_any |= facts.text_reads == TextReads::Any;
        let bound = facts.exits.iter().map(|(name, _)| name.clone());
        self.binds.extend(bound);
    }

    /// Adds what the bodies of functions read, whenever they are called.
    pub fn add_bodies(&mut self, facts: &Facts) {
        let reads = facts.scopes.iter().flat_map(|scope| &scope.reads);
        self.reads.extend(reads.map(|read| read.name.clone()));
    }

    fn reads(&self, name: &Name) -> bool {
        self.reads_any || self.reads.contains(name)
    }
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Interface {
    /// In the order in which the body first reads them.
    pub parameters: Vec<Name>,
    /// In the order in which the body first binds them.
    pub returns: Vec<Name>,
    /// Those of the returns that the notebook keeps although nobody reads them.
    pub unread: Vec<Name>,
}

/// Parameters and returns.
///
/// # Errors
/// Where none keep the notebook what it is.
pub fn of(cx: &Context<'_>, parts: &Parts<'_>) -> Result<Interface, Refusal> {
    let work = Work::new(cx, parts);
    work.refuse_unforeseeable()?;
    let mut interface = Interface {
        parameters: work.parameters()?,
        ..Interface::default()
    };
    work.returns(&mut interface)?;
    work.refuse_what_others_would_miss(&interface)?;
    Ok(interface)
}

struct Work<'a> {
    cx: &'a Context<'a>,
    parts: &'a Parts<'a>,
    /// Names that are the function's own: bound, deleted or annotated in it.
    own: FxHashSet<Name>,
    readers: Readers,
}

/// A read in the body, at once or in a body within.
struct Read<'a> {
    name: &'a Name,
    range: TextRange,
    local: State,
    /// Whether it is sure to happen when the cell runs.
    is_sure: bool,
}

impl<'a> Work<'a> {
    fn new(cx: &'a Context<'a>, parts: &'a Parts<'a>) -> Self {
        let bound = parts.inside.bindings.iter().map(|binding| &binding.name);
        let own: FxHashSet<Name> = bound
            .chain(&parts.shape.annotated)
            .filter(|name| !parts.shared.contains(*name))
            .cloned()
            .collect();
        let mut readers = match parts.function {
            None => outside::readers(cx.notebook, cx.link, parts.cell, &own),
            Some(_) => Readers::default(),
        };
        let text = cx.notebook.cell(parts.cell).map_or("", |cell| &cell.text);
        // Where a function returns, nobody is left to run its queries.
        let goes_on = (parts.function.is_none() || !parts.rest.reads.is_empty())
            && text_reads::runs_queries(cx.notebook);
        let queried = text_reads::queried(if goes_on { text } else { "" });
        for name in &own {
            let mut bodies = parts.before.scopes.iter();
            let read_later = bodies.any(|scope| scope.reads.iter().any(|read| read.name == *name))
                || queried.contains(&name.as_str());
            if !readers.contains_key(name) && (parts.rest.reads(name) || read_later) {
                readers.insert(name.clone(), parts.cell);
            }
        }
        Self {
            cx,
            parts,
            own,
            readers,
        }
    }

    fn prior(&self, name: &str) -> Prior {
        match self.parts.function {
            None => prior::of(self.cx.link, self.parts.cell, self.parts.before, name),
            Some(around) if around.locals.contains(name) => {
                prior::of_local(self.parts.cell, self.parts.before, name)
            }
            // A function reads what is not its own where it is.
            Some(_) => Prior {
                kind: PriorKind::Definition,
                state: State::Sure,
                cell: None,
            },
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.parts
            .function
            .is_some_and(|around| around.locals.contains(name))
    }

    fn reads(&self) -> impl Iterator<Item = Read<'a>> {
        let inside = self.parts.inside;
        let at_once = inside.uses.iter().map(|read| Read {
            name: &read.name,
            range: read.range,
            local: read.local,
            is_sure: read.path == Path::Sure && !read.guarded,
        });
        let later = inside.scopes.iter().flat_map(|scope| {
            scope.reads.iter().map(|read| Read {
                name: &read.name,
                range: read.range,
                local: read.local,
                is_sure: false,
            })
        });
        at_once.chain(later)
    }

    /// "cell 7 reads it", "the rest of this cell reads it".
    fn reader(&self, name: &Name) -> Option<String> {
        let reader = *self.readers.get(name)?;
        Some(match self.parts.function {
            Some(around) => format!("the rest of `{}` reads it", around.name),
            None if reader == self.parts.cell => "the rest of this cell reads it".to_owned(),
            None => format!("{} reads it", self.cx.cell_name(reader)),
        })
    }

    fn refuse_unforeseeable(&self) -> Result<(), Refusal> {
        let inside = self.parts.inside;
        if let Some(why) = &self.parts.shape.obstacle {
            return Err(why.as_str().into());
        }
        if let Some(name) = text_reads::namespace_use(inside, self.parts.body) {
            return Err(format!(
                "`{name}` looks names up while it runs, and would find the function's instead of the notebook's"
            )
            .into());
        }
        let asks_annotations = |cell: CellIdx| {
            let uses = &self.cx.facts(cell).uses;
            uses.iter().any(|read| read.name == "__annotations__")
        };
        if self.parts.shape.annotates
            && let Some((cell, _)) = self
                .cx
                .notebook
                .python_cells()
                .find(|(cell, _)| asks_annotations(*cell))
        {
            return Err(format!(
                "it annotates variables, and {} reads `__annotations__`",
                self.cx.cell_name(cell)
            )
            .into());
        }
        if !inside.openings.is_empty() {
            return Err("it may bind any name, so what other cells take from it is unknown".into());
        }
        if let Some(read) = self
            .reads()
            .filter(|read| !self.is_local(read.name))
            .find(|read| builtins::is_history(read.name) && read.local != State::Sure)
        {
            return Err(format!(
                "`{}` is IPython's history, which means something else after each run",
                read.name
            )
            .into());
        }
        if let Some(name) = self
            .own
            .iter()
            .filter(|name| !self.is_local(name))
            .find(|name| builtins::is_history(name) && self.readers.contains_key(name.as_str()))
        {
            return Err(format!(
                "it sets `{name}`, IPython's last result, which another cell reads"
            )
            .into());
        }
        if let Some(scope) = inside.scopes.iter().find(|scope| !scope.binds.is_empty()) {
            let name = &scope.binds[0];
            return Err(format!(
                "a function in it sets `{name}` of the notebook by `global`, and the cell itself would have a variable of its own"
            )
            .into());
        }
        Ok(())
    }

    fn parameters(&self) -> Result<Vec<Name>, Refusal> {
        let mut first: Vec<(TextRange, Name)> = Vec::new();
        let mut decided: FxHashSet<&Name> = FxHashSet::default();
        for read in self.reads() {
            if matches!(read.local, State::Sure | State::Gone)
                || self.parts.shared.contains(read.name)
                || !decided.insert(read.name)
            {
                continue;
            }
            let of_name = || {
                self.reads().filter(|other| {
                    other.name == read.name && !matches!(other.local, State::Sure | State::Gone)
                })
            };
            // What the cell has likely bound by itself is there without anybody handing it in.
            let surely_read = |read: Read<'_>| {
                read.is_sure && !matches!(read.local, State::Likely | State::Perhaps)
            };
            if self.is_parameter(read.name, of_name().any(surely_read))? {
                let place = of_name()
                    .map(|read| read.range)
                    .min_by_key(|range| range.start());
                first.push((place.unwrap_or(read.range), read.name.clone()));
            }
        }
        first.sort_by_key(|(range, _)| range.start());
        let mut parameters: Vec<Name> = first.into_iter().map(|(_, name)| name).collect();
        for name in self.read_by_text()? {
            if !parameters.contains(&name) {
                parameters.push(name);
            }
        }
        Ok(parameters)
    }

    /// Variables that queries look up by their text, and would not find in the notebook any more.
    fn read_by_text(&self) -> Result<Vec<Name>, Refusal> {
        if self.parts.inside.text_reads == TextReads::Nothing {
            return Ok(Vec::new());
        }
        let body = self.parts.body;
        let parsed = parse_part(body, pieces::whole(body), Mode::Module);
        let mut names = Vec::new();
        for read in texts::names(self.cx, &parsed.statements) {
            let name = read.name;
            if self.parts.shared.contains(&name) {
                continue;
            }
            let prior = self.prior(&name);
            let is_left = self.parts.is_of_module || self.is_local(&name);
            let is_wanted =
                is_left && prior.kind == PriorKind::Variable && prior.state != State::Untouched;
            let is_own = self.own.contains(&name) && self.parts.function.is_none();
            if read.is_within && (is_wanted || is_own) {
                return Err(format!(
                    "a function or comprehension in it reads `{name}` by its text, and would look for it in the notebook"
                )
                .into());
            }
            if is_wanted && !prior.is_there() {
                return Err(format!(
                    "it reads `{name}` by its text, which is bound only on some paths before it, so it cannot be handed over"
                )
                .into());
            }
            if is_wanted {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Whether a name that the body reads before it has surely bound it comes in as a parameter.
    fn is_parameter(&self, name: &Name, surely_read: bool) -> Result<bool, Refusal> {
        let prior = self.prior(name);
        let own = self.own.contains(name);
        match prior.kind {
            PriorKind::Variable if prior.is_there() || surely_read => Ok(true),
            PriorKind::Variable if prior.state == State::Untouched => Ok(false),
            PriorKind::Variable => Err(format!(
                "`{name}` is bound only on some paths before it, so it cannot be handed over"
            )
            .into()),
            PriorKind::Definition | PriorKind::Given if !own => Ok(false),
            PriorKind::Definition if prior.state == State::Untouched => Ok(false),
            PriorKind::Definition => Err(format!(
                "`{name}` is first what {} defines and then the cell's own variable",
                prior
                    .cell
                    .map_or_else(|| "another cell".to_owned(), |cell| self.cx.cell_name(cell))
            )
            .into()),
            PriorKind::Given => Err(format!(
                "`{name}` is first what Python calls so and then the cell's own variable"
            )
            .into()),
            // Bound further down alone, it is not there yet, and must not be found in the notebook.
            PriorKind::Unknown if self.is_local(name) && !own => {
                if surely_read {
                    return Ok(true);
                }
                Err(format!("`{name}` is not bound yet where it begins").into())
            }
            PriorKind::Unknown => {
                let untouched = self
                    .reads()
                    .any(|read| read.name == name && read.local == State::Untouched);
                Ok(own && surely_read && untouched)
            }
        }
    }

    fn returns(&self, interface: &mut Interface) -> Result<(), Refusal> {
        let inside = self.parts.inside;
        let is_read = |name: &Name| self.readers.contains_key(name);
        let managers = &self.parts.shape.managers;
        if let Some((manager, name)) = swallowed::binding(self.cx, managers, inside, is_read)
            && let Some(reader) = self.reader(name)
        {
            return Err(format!(
                "`with {manager}` may swallow an error before `{name}` is bound, and {reader}"
            )
            .into());
        }
        let mut seen: FxHashSet<&Name> = FxHashSet::default();
        for name in inside.bindings.iter().map(|binding| &binding.name) {
            if self.parts.shared.contains(name) || !seen.insert(name) {
                continue;
            }
            let state = inside
                .exit(name)
                .map_or(State::Untouched, |exit| exit.state);
            let prior = self.prior(name);
            let is_there = prior.is_there() && prior.kind != PriorKind::Given;
            let Some(reader) = self.reader(name) else {
                let is_result = self.parts.result == Some(name) && unread::is_unread(inside, name);
                let is_held = self.parts.shape.held.contains(name);
                let is_unread = self.parts.kept.contains(name);
                let is_kept = is_held || is_result || is_unread;
                let is_of_notebook = self.parts.function.is_none();
                if is_unread && is_of_notebook && matches!(state, State::Likely | State::Perhaps) {
                    return Err(format!(
                        "it binds `{name}` only on some paths, and nobody reads it: the function could not hand it back"
                    )
                    .into());
                }
                if state == State::Sure && is_kept {
                    interface.returns.push(name.clone());
                    if !is_result && !is_held {
                        interface.unread.push(name.clone());
                    }
                }
                continue;
            };
            match state {
                State::Sure => interface.returns.push(name.clone()),
                State::Likely if prior.state == State::Untouched => {
                    interface.returns.push(name.clone());
                }
                // Handed in and deleted on some path, it would not be there to be handed back.
                State::Likely | State::Perhaps if self.is_deleted_somewhere(name) => {
                    return Err(format!("it deletes `{name}` on some paths, and {reader}").into());
                }
                State::Likely | State::Perhaps if is_there => {
                    if !interface.parameters.contains(name) {
                        interface.parameters.push(name.clone());
                    }
                    interface.returns.push(name.clone());
                }
                State::Likely | State::Perhaps => {
                    return Err(
                        format!("it binds `{name}` only on some paths, and {reader}").into(),
                    );
                }
                State::Gone | State::Unsure if prior.state != State::Untouched => {
                    return Err(format!("it deletes `{name}`, and {reader}").into());
                }
                State::Gone | State::Unsure | State::Untouched => {}
            }
        }
        Ok(())
    }

    fn is_deleted_somewhere(&self, name: &Name) -> bool {
        let mut bindings = self.parts.inside.bindings.iter();
        bindings.any(|binding| binding.name == *name && binding.kind.is_delete())
    }

    fn refuse_what_others_would_miss(&self, interface: &Interface) -> Result<(), Refusal> {
        let (inside, cell) = (self.parts.inside, self.parts.cell);
        let link = self.cx.link;
        for read in &inside.uses {
            if read.kind == UseKind::Deleted
                && read.local != State::Sure
                && let Some(binder) = self.prior(&read.name).cell
            {
                return Err(format!(
                    "it deletes `{}`, which {} binds; a function could only delete its own name for it",
                    read.name,
                    self.cx.cell_name(binder)
                )
                .into());
            }
        }
        let local: Vec<&Name> = {
            let mut names: Vec<&Name> = self.own.iter().chain(&interface.parameters).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        // Nobody outside of a function reads its names.
        let seen_outside = match self.parts.function {
            None => &local[..],
            Some(_) => &[],
        };
        for name in seen_outside {
            let sets = !self.own.contains(name.as_str());
            let Some(reached) = reach::body_with(link, cell, self.parts.before, inside, name)
            else {
                continue;
            };
            // A body that only reads what the cell only reads sees the same as ever.
            let facts = if reached.cell == cell {
                self.parts.before
            } else {
                link.facts(reached.cell)
            };
            if sets && !facts.scopes.iter().any(|scope| scope.binds.contains(name)) {
                continue;
            }
            let function = reached.function.map_or_else(
                || "a function".to_owned(),
                |function| format!("`{function}`"),
            );
            let place = if reached.cell == cell {
                "above in this cell".to_owned()
            } else {
                format!("in {}", self.cx.cell_name(reached.cell))
            };
            return Err(format!(
                "{function} {place} reads or sets `{name}` in the notebook, not in the function that this would become"
            )
            .into());
        }
        for range in &self.parts.shape.outliving {
            let later = inside
                .scopes
                .iter()
                .filter(|scope| range.contains_range(scope.range))
                .flat_map(|scope| scope.reads.iter().map(|read| &read.name));
            let generated = inside
                .uses
                .iter()
                .filter(|read| range.contains_range(read.range))
                .map(|read| &read.name);
            for name in later.chain(generated) {
                if local.contains(&name)
                    && let Some(binder) = self.rebinder(name)
                {
                    return Err(format!(
                        "a function in it reads `{name}` when it is called, and {binder} binds `{name}` anew"
                    )
                    .into());
                }
            }
        }
        Ok(())
    }

    /// Who binds the name after the code has run.
    fn rebinder(&self, name: &Name) -> Option<String> {
        let cell = self.parts.cell;
        if let Some(around) = self.parts.function {
            let rebinds = self.parts.rest.binds.contains(name);
            return rebinds.then(|| format!("the rest of `{}`", around.name));
        }
        if self.parts.rest.binds.contains(name) {
            return Some("the rest of this cell".to_owned());
        }
        self.cx
            .link
            .touchers(name)
            .find(|&other| other > cell)
            .map(|other| self.cx.cell_name(other))
    }
}
