//! Gives a name another one from this cell on, up to the next cell that binds it.
//!
//! Offered on a [`redefined-name`] finding, and on a `rerun-hazard` that binds a name anew. The cell's own bindings and reads are renamed, and the reads of the cells
//! below that mean what this cell made. What other scopes call the same stays: parameters, local variables,
//! comprehensions, keyword arguments, attributes, strings. Where it is not sure what a read means, nothing is done.
//!
//! ## Before
//! ```notebook
//! # %%
//! from scipy import stats
//! # %%
//! stats.norm(0, 1)
//! # %%
//! $0stats = {"stats": [stats for stats in range(3)]}
//! stats["mean"] = 1
//! # %%
//! def show(stats):
//!     print(stats)
//!
//! show(stats=stats)
//! print(f"{stats} stats")
//! # %%
//! stats = len(stats)
//! # %%
//! print(stats)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from scipy import stats
//! # %%
//! stats.norm(0, 1)
//! # %%
//! stats_2 = {"stats": [stats for stats in range(3)]}
//! stats_2["mean"] = 1
//! # %%
//! def show(stats):
//!     print(stats)
//!
//! show(stats=stats_2)
//! print(f"{stats_2} stats")
//! # %%
//! stats = len(stats_2)
//! # %%
//! print(stats)
//! ```
//!
//! ### An import, and a function that reads it
//! ## Before
//! ```notebook
//! # %%
//! random = 3
//! # %%
//! print(random)
//! # %%
//! import $0random
//! # %%
//! def draw():
//!     return random.random()
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! random = 3
//! # %%
//! print(random)
//! # %%
//! import random as random_2
//! # %%
//! def draw():
//!     return random_2.random()
//! ```
//!
//! A cell that gives another result when it is run twice (`rerun-hazard`) is mended the same way.
//!
//! ## Before
//! ```notebook
//! # %%
//! values = [3, 1, 2]
//! # %%
//! values$0 = values[1:]
//! # %%
//! print(values)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! values = [3, 1, 2]
//! # %%
//! values_2 = values[1:]
//! # %%
//! print(values_2)
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! import time
//! def stamp():
//!     return time.time()
//! # %%
//! stamp()
//! # %%
//! $0time = 3
//! # %%
//! stamp()
//! ```
//! > `stamp` of cell 1 reads `time` when it is called
//!
//! ```notebook
//! # %%
//! import time
//! # %%
//! time.time()
//! # %%
//! $0time = 3
//! # %%
//! from mystery import *
//! print(time)
//! ```
//! > cell 4 may bind any name
//!
//! [`redefined-name`]: crate::rules

use std::collections::BTreeMap;

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::Facts;
use crate::analysis::facts::{Binding, BindingKind, MagicKind, Path, Scope, State, Use, UseKind};
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::text::{TextRange, TextSize};

pub const ACTION: Action = Action {
    name: "rename-in-cell",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let offers = cx.repairs(ACTION.name).map(|(finding, fix)| Offer {
        disabled: apply(cx, fix.argument.as_deref())
            .err()
            .map(|refusal| refusal.0),
        ..Offer::repair(finding, fix)
    });
    offers.collect()
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let name = argument.ok_or("nothing says which name to rename")?;
    let mut renaming = Renaming {
        cx,
        name,
        next: cx.all.link.binder_below(name, cx.cell),
        places: BTreeMap::new(),
    };
    renaming.run()?;
    let new = (2..)
        .map(|number| format!("{name}_{number}"))
        .find(|new| {
            cx.all
                .notebook
                .cells
                .iter()
                .all(|cell| !cell.text.contains(&**new))
        })
        .ok_or("no name is free")?;
    Ok(renaming.edit(&new))
}

/// The places of one name, as they are collected.
struct Renaming<'a> {
    cx: &'a ActionContext<'a>,
    name: &'a str,
    /// The next cell below that binds or deletes the name.
    next: Option<CellIdx>,
    /// What is renamed, and whether an import has to say ` as ` for it.
    places: BTreeMap<(CellIdx, TextSize), (TextRange, bool)>,
}

impl Renaming<'_> {
    fn run(&mut self) -> Result<(), Refusal> {
        let link = self.cx.all.link;
        let end = self.next.map_or(link.len(), |next| next.to_usize() + 1);
        for cell in (self.cx.cell.to_usize()..end).map(CellIdx::new) {
            self.must_be_clear(cell)?;
        }
        self.own_cell()?;
        for cell in (self.cx.cell.to_usize() + 1..end).map(CellIdx::new) {
            if Some(cell) == self.next {
                self.next_binder(cell)?;
            } else {
                for read in uses(link.facts(cell), self.name) {
                    self.add_read(cell, read)?;
                }
            }
        }
        for cell in (0..link.len()).map(CellIdx::new) {
            for scope in &link.facts(cell).scopes {
                self.body(cell, scope)?;
            }
        }
        Ok(())
    }

    /// Refuses where a cell may use the name in ways that its facts do not tell.
    fn must_be_clear(&self, cell: CellIdx) -> Result<(), Refusal> {
        let facts = self.cx.all.facts(cell);
        let text = self.text(cell);
        let name = self.name;
        if !facts.openings.is_empty() {
            return Err(format!("{cell} may bind any name, `{name}` too").into());
        }
        if !facts.runs() && text.contains(name) {
            return Err(format!("{cell} does not parse, and may read `{name}`").into());
        }
        let by_text = ["eval(", "globals()", "locals()", "vars()", "get_ipython()"];
        if let Some(way) = by_text.iter().find(|way| text.contains(**way)) {
            return Err(format!("{cell} may read `{name}` by `{way}`").into());
        }
        if text.contains(&format!("@{name}")) {
            return Err(format!("{cell} reads `@{name}` in a string").into());
        }
        let is_other = |kind| kind == MagicKind::Cell && facts.statements.is_empty();
        let in_magic = facts.magics.iter().any(|magic| {
            magic.argument.contains(name) || (is_other(magic.kind) && text.contains(name))
        });
        if in_magic {
            return Err(format!("a magic in {cell} may use `{name}`").into());
        }
        Ok(())
    }

    fn own_cell(&mut self) -> Result<(), Refusal> {
        let (cell, name) = (self.cx.cell, self.name);
        let facts = self.cx.all.facts(cell);
        let first =
            first_binding(facts, name).ok_or_else(|| format!("{cell} binds `{name}` no more"))?;
        let is_sure = facts
            .exit(name)
            .is_some_and(|exit| exit.state == State::Sure);
        if !is_sure || first.path != Path::Sure {
            return Err(format!("{cell} may leave `{name}` as it was").into());
        }
        self.starts_afresh(cell, facts, first)?;
        for read in uses(facts, name) {
            match read.local {
                State::Sure => self.add_read(cell, read)?,
                State::Untouched if read.step < first.step => {}
                _ => return Err(format!("{cell} may read `{name}` of a cell above").into()),
            }
        }
        for binding in facts
            .bindings
            .iter()
            .filter(|binding| binding.name == *name)
        {
            match &binding.kind {
                BindingKind::Join | BindingKind::JoinDelete => {}
                BindingKind::Delete | BindingKind::Except => {
                    return Err(format!("{cell} deletes `{name}` again").into());
                }
                BindingKind::Global | BindingKind::Magic => {
                    return Err(format!("{cell} binds `{name}` out of sight").into());
                }
                _ => self.add_binding(cell, binding)?,
            }
        }
        Ok(())
    }

    /// The cell that binds the name next still reads what this one made.
    fn next_binder(&mut self, cell: CellIdx) -> Result<(), Refusal> {
        let name = self.name;
        let facts = self.cx.all.facts(cell);
        let first = first_binding(facts, name).ok_or_else(|| format!("{cell} deletes `{name}`"))?;
        if facts
            .exit(name)
            .is_none_or(|exit| exit.state != State::Sure)
            || first.path != Path::Sure
        {
            return Err(format!("{cell} may leave `{name}` as it was").into());
        }
        self.starts_afresh(cell, facts, first)?;
        for read in uses(facts, name) {
            match read.local {
                State::Sure => {}
                State::Untouched if read.step < first.step => self.add_read(cell, read)?,
                _ => return Err(format!("{cell} may read `{name}` of a cell above").into()),
            }
        }
        Ok(())
    }

    /// Refuses where the first binding goes on from what was there before: `x += 1`, or a loop's next round.
    fn starts_afresh(&self, cell: CellIdx, facts: &Facts, first: &Binding) -> Result<(), Refusal> {
        let name = self.name;
        if matches!(first.kind, BindingKind::Augmented) {
            return Err(format!("{cell} goes on from the `{name}` that was there before").into());
        }
        let Some(statement) = facts.statements.get(first.statement as usize) else {
            return Ok(());
        };
        let loops = ["for", "while", "async"]
            .iter()
            .any(|word| self.text(cell)[statement.range].starts_with(word));
        let reads_before = uses(facts, name)
            .any(|read| read.local == State::Untouched && statement.takes(read.step));
        if loops && reads_before {
            return Err(format!("a loop in {cell} reads `{name}` before it binds it").into());
        }
        Ok(())
    }

    /// A body reads whatever the name is when somebody calls it.
    fn body(&mut self, cell: CellIdx, scope: &Scope) -> Result<(), Refusal> {
        let name = self.name;
        if scope.binds.iter().any(|bound| bound == name) {
            return Err(format!("a function of {cell} binds `{name}` by `global`").into());
        }
        let reads: Vec<TextRange> = scope
            .reads
            .iter()
            .filter(|read| read.name == *name)
            .map(|read| read.range)
            .collect();
        if reads.is_empty() {
            return Ok(());
        }
        // Below this cell, and with no other binding to come, a body can only mean this one's.
        if cell >= self.cx.cell && self.next.is_none() {
            for range in reads {
                self.add(cell, range, false)?;
            }
            return Ok(());
        }
        let is_plain = scope.parent.is_none() && scope.class.is_none();
        let is_called_here = |function: &str| {
            self.cx
                .all
                .link
                .askers(function)
                .any(|caller| caller >= self.cx.cell)
        };
        match &scope.name {
            Some(function) if is_plain && cell < self.cx.cell && !is_called_here(function) => {
                Ok(())
            }
            Some(function) => Err(format!(
                "`{function}` of {cell} reads `{name}` when it is called, and may mean either"
            )
            .into()),
            None => Err(format!("a lambda of {cell} reads `{name}` when it is called").into()),
        }
    }

    fn add_read(&mut self, cell: CellIdx, read: &Use) -> Result<(), Refusal> {
        if read.kind == UseKind::Deleted {
            return Err(format!("{cell} deletes `{}`", self.name).into());
        }
        let after = &self.text(cell)[read.range.end().to_usize()..];
        let shows_name = read.kind == UseKind::Read
            && after.trim_start().starts_with('=')
            && !after.trim_start().starts_with("==");
        if shows_name {
            return Err(format!("{cell} prints the name itself, by `{{{}=}}`", self.name).into());
        }
        self.add(cell, read.range, false)
    }

    fn add_binding(&mut self, cell: CellIdx, binding: &Binding) -> Result<(), Refusal> {
        let BindingKind::Import { module, member } = &binding.kind else {
            return self.add(cell, binding.range, false);
        };
        let before = &self.text(cell)[..binding.range.start().to_usize()];
        if before.trim_end().ends_with(" as") {
            return self.add(cell, binding.range, false);
        }
        if member.is_none() && module.contains('.') {
            return Err(format!("`import {module}` brings more than `{}`", self.name).into());
        }
        self.add(cell, binding.range, true)
    }

    fn add(&mut self, cell: CellIdx, range: TextRange, is_import: bool) -> Result<(), Refusal> {
        let bytes = std::ops::Range::<usize>::from(range);
        if self.text(cell).get(bytes) != Some(self.name) {
            return Err(format!("it is not sure where {cell} reads `{}`", self.name).into());
        }
        self.places
            .insert((cell, range.start()), (range, is_import));
        Ok(())
    }

    fn edit(&self, new: &str) -> Edit {
        let own = first_binding(self.cx.all.facts(self.cx.cell), self.name);
        let mut select = None;
        let mut shift = 0;
        let mut ops = Vec::with_capacity(self.places.len());
        for (&(cell, start), &(range, is_import)) in &self.places {
            let text = if is_import {
                format!("{} as {new}", self.name)
            } else {
                new.to_owned()
            };
            if cell == self.cx.cell && own.is_some_and(|own| own.range == range) {
                let end = start.to_usize() + shift + text.len();
                let end = TextSize::new(u32::try_from(end).unwrap_or(u32::MAX));
                let length = TextSize::of(new);
                select = Some((cell, TextRange::at(end - length, length)));
            }
            shift += text.len() - self.name.len();
            ops.push(EditOp::Replace { cell, range, text });
        }
        Edit { ops, select }
    }

    fn text(&self, cell: CellIdx) -> &str {
        self.cx
            .all
            .notebook
            .cell(cell)
            .map_or("", |cell| &cell.text)
    }
}

fn uses<'f>(facts: &'f Facts, name: &'f str) -> impl Iterator<Item = &'f Use> {
    facts.uses.iter().filter(move |read| read.name == *name)
}

fn first_binding<'f>(facts: &'f Facts, name: &str) -> Option<&'f Binding> {
    facts
        .bindings
        .iter()
        .find(|binding| binding.name == *name && binding.kind.is_written())
}
