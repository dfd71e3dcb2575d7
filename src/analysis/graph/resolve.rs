//! Links one cell: what it needs, and where that comes from on a run from the top.

mod callee;

use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use super::super::facts::{
    Binding, BindingKind, Callee, Facts, OpeningKind, Path, ScopeCall, ScopeIdx, State, Step,
};
use super::super::python::is_bare_magic;
use super::super::surroundings;
use super::{Lack, Link, Need, Source, Through};
use crate::notebook::CellIdx;
use crate::text::TextRange;
use callee::{Body, Receiver};

/// A moment of the run from the top: a cell, and a step in it.
#[derive(Debug, Clone, Copy)]
struct Moment {
    cell: CellIdx,
    step: Step,
}

impl Moment {
    /// When a binding of the cell is made.
    fn of(cell: CellIdx, binding: &Binding) -> Self {
        Self {
            cell,
            step: binding.step,
        }
    }
}

/// Whether a name is there at a moment.
enum Presence {
    Bound,
    /// Nothing can be said: a star import, `%run`, a branch.
    Unknown,
    Missing(Option<(CellIdx, TextRange)>),
}

pub struct Resolver<'l> {
    link: &'l Link,
    cell: CellIdx,
    facts: &'l Facts,
    needs: Vec<Need>,
    sources: Vec<Source>,
    asked: FxHashSet<Name>,
    /// Names already reported for the cell: the first place is enough.
    reported: FxHashSet<Name>,
    /// The same, for reads in bodies that the cell defines: they are mended in another place.
    reported_in_bodies: FxHashSet<Name>,
    /// The bodies that the cell's calls may run, directly or not.
    bodies: FxHashSet<(CellIdx, ScopeIdx)>,
}

impl<'l> Resolver<'l> {
    pub fn new(link: &'l Link, cell: CellIdx) -> Self {
        Self {
            link,
            cell,
            facts: link.facts(cell),
            needs: Vec::new(),
            sources: Vec::new(),
            asked: FxHashSet::default(),
            reported: FxHashSet::default(),
            reported_in_bodies: FxHashSet::default(),
            bodies: FxHashSet::default(),
        }
    }

    pub fn run(&mut self) {
        let facts = self.facts;
        let mut calls = facts.calls.iter().peekable();
        for read in &facts.uses {
            while let Some(call) = calls.next_if(|call| call.step < read.step) {
                self.call(call);
            }
            if read.local.may_be_bound() {
                continue;
            }
            let moment = Moment {
                cell: self.cell,
                step: read.step,
            };
            let presence = self.presence_of(&read.name, read.local, moment);
            if read.guarded || is_bare_magic(facts, read.range, &read.name) {
                continue;
            }
            if let Presence::Missing(deleted) = presence {
                if read.in_annotation && self.runs_no_annotations(moment) {
                    continue;
                }
                let in_branch = read.path == Path::Perhaps;
                self.report(&read.name, read.range, moment, deleted, None, in_branch);
            }
        }
        for call in calls {
            self.call(call);
        }
        self.bodies();
    }

    pub fn finish(mut self) -> (Vec<Need>, Vec<Source>, Vec<Name>) {
        self.needs
            .sort_by_key(|need| (need.range.start(), need.range.end()));
        self.sources.sort_unstable();
        self.sources.dedup();
        let mut asked: Vec<Name> = self.asked.into_iter().collect();
        asked.sort_unstable();
        (self.needs, self.sources, asked)
    }

    fn call(&mut self, call: &super::super::facts::Call) {
        let moment = Moment {
            cell: self.cell,
            step: call.step,
        };
        // Whether the call is made may not be known; what it would need is a source of the cell all the same.
        let judged = !call.guarded && call.path != Path::Perhaps;
        let mut walk = CallWalk {
            at: call.range,
            moment,
            visited: FxHashSet::default(),
            functions: Vec::new(),
            judged,
            receiver: Receiver::None,
        };
        self.follow(&call.callee, self.cell, call.consumed, &mut walk);
        self.bodies.extend(walk.visited);
    }

    /// The bodies that one call of the cell may run, directly or not, in order.
    pub fn bodies_of(mut self, call: &super::super::facts::Call) -> Vec<(CellIdx, ScopeIdx)> {
        self.call(call);
        let mut bodies: Vec<_> = self.bodies.into_iter().collect();
        bodies.sort_unstable_by_key(|&(cell, scope)| (cell, scope.0));
        bodies
    }

    /// Follows a call into the body that it runs, and from there on.
    fn follow(&mut self, callee: &Callee, home: CellIdx, consumed: bool, walk: &mut CallWalk) {
        let Some(Body {
            cell,
            scope: index,
            receiver,
        }) = self.body_of(callee, home, (walk.moment, walk.receiver))
        else {
            return;
        };
        let facts = self.link.facts(cell);
        let scope = facts.scope(index);
        if (scope.is_async || scope.is_generator) && !consumed {
            return;
        }
        if !walk.visited.insert((cell, index)) {
            return;
        }
        walk.functions.extend(scope.name.clone());
        let judged = walk.judged;
        walk.judged &= !scope.replaced;
        let caller = std::mem::replace(&mut walk.receiver, receiver);
        let mut calls = scope.calls.iter().peekable();
        for read in &scope.reads {
            // A call runs when its arguments are known, which is where it ends.
            while let Some(call) = calls.next_if(|call| call.range.end() < read.range.end()) {
                self.follow_from(call, cell, walk);
            }
            if scope.binds.contains(&read.name) {
                continue;
            }
            let (local, _) = self.facts.state_before(&read.name, walk.moment.step);
            let presence = self.presence_of(&read.name, local, walk.moment);
            if !walk.judged || read.guarded || read.path == Path::Perhaps {
                continue;
            }
            if let Presence::Missing(deleted) = presence {
                let through = Through {
                    functions: walk.functions.clone(),
                    cell,
                    range: read.range,
                };
                self.report(
                    &read.name,
                    walk.at,
                    walk.moment,
                    deleted,
                    Some(through),
                    false,
                );
                // The call ends here; what it would need further on is told once this is mended.
                walk.judged = false;
            }
        }
        for call in calls {
            self.follow_from(call, cell, walk);
        }
        walk.receiver = caller;
        if scope.replaced {
            walk.judged = judged;
        }
        if scope.name.is_some() {
            walk.functions.pop();
        }
    }

    /// Whether annotations wait until somebody asks for them: in this Python, or since a cell above has set
    /// `from __future__ import annotations`, which IPython then keeps for all cells.
    fn runs_no_annotations(&mut self, moment: Moment) -> bool {
        if self.link.defers_annotations() {
            return true;
        }
        let name = Name::new_static("annotations");
        let import = self.binding_at(&name, moment);
        import.is_some_and(|(_, binding)| {
            matches!(&binding.kind, BindingKind::Import { module, .. } if module.as_str() == "__future__")
        })
    }

    /// Follows a call that a body makes.
    fn follow_from(&mut self, call: &ScopeCall, cell: CellIdx, walk: &mut CallWalk) {
        let judged = walk.judged;
        walk.judged &= !call.guarded && call.path != Path::Perhaps;
        let on_a_sure_way = walk.judged;
        self.follow(&call.callee, cell, call.consumed, walk);
        let failed = on_a_sure_way && !walk.judged;
        walk.judged = judged && !failed;
    }

    /// Names in bodies that this cell defines and that no cell ever binds: whoever calls them fails.
    fn bodies(&mut self) {
        for scope in &self.facts.scopes {
            for read in &scope.reads {
                self.ask(&read.name);
                if read.guarded
                    || self.link.is_given(&read.name)
                    || self.opened_anywhere(&read.name)
                    || !self.reported_in_bodies.insert(read.name.clone())
                {
                    continue;
                }
                // A cell that deletes it in the end may have called the body before.
                let mut touchers = self.link.touchers(&read.name);
                let bound_elsewhere = touchers.any(|cell| self.link.facts(cell).binds(&read.name));
                if !bound_elsewhere && !self.facts.binds(&read.name) {
                    self.needs.push(Need {
                        name: read.name.clone(),
                        range: read.range,
                        lack: Lack::Never,
                        through: None,
                        in_body: true,
                        in_branch: false,
                    });
                }
            }
        }
    }

    fn report(
        &mut self,
        name: &Name,
        range: TextRange,
        moment: Moment,
        deleted: Option<(CellIdx, TextRange)>,
        through: Option<Through>,
        in_branch: bool,
    ) {
        let lack = match deleted {
            Some((cell, range)) => Lack::Deleted { cell, range },
            None => match self.first_binding_after(name, moment) {
                Some((cell, range)) => Lack::Later { cell, range },
                None => Lack::Never,
            },
        };
        if !self.reported.insert(name.clone()) {
            return;
        }
        self.needs.push(Need {
            name: name.clone(),
            range,
            lack,
            through,
            in_body: false,
            in_branch,
        });
    }

    fn first_binding_after(&self, name: &str, moment: Moment) -> Option<(CellIdx, TextRange)> {
        let own = |from: Step| {
            self.facts
                .bindings
                .iter()
                .find(|binding| {
                    binding.step >= from
                        && binding.name == *name
                        && binding.kind.is_written()
                        && !binding.kind.is_delete()
                })
                .map(|binding| (self.cell, binding.range))
        };
        // `x = x + 1` cannot have been the first to bind `x`.
        let statement_end = self
            .facts
            .statements
            .iter()
            .map(|stmt| stmt.steps.1)
            .find(|&end| end > moment.step)
            .unwrap_or(moment.step);
        own(statement_end)
            .or_else(|| {
                let cell = self.link.binders(name).find(|&cell| cell > self.cell)?;
                let facts = self.link.facts(cell);
                Some((cell, facts.binding(facts.exit(name)?).range))
            })
            .or_else(|| own(moment.step))
    }

    /// Whether the name is there at a moment of this cell; notes where it comes from.
    fn presence_of(&mut self, name: &Name, local: State, moment: Moment) -> Presence {
        match local {
            State::Sure | State::Likely | State::Perhaps => return Presence::Bound,
            State::Gone => {
                let (_, last) = self.facts.state_before(name, moment.step);
                let range = last.map_or(TextRange::default(), |binding| binding.range);
                return if self.link.is_given(name) || self.opened_in_cell(name, moment.step) {
                    Presence::Unknown
                } else {
                    Presence::Missing(Some((self.cell, range)))
                };
            }
            State::Untouched | State::Unsure => {}
        }
        self.ask(name);
        let reset = self.last_reset_before(moment);
        let mut found = false;
        let mut deleted = None;
        // An `except` has bound it, and unbound it when it ended.
        let mut ended = match local {
            State::Unsure => {
                let (_, last) = self.facts.state_before(name, moment.step);
                last.and_then(|last| end_of_except(self.facts, self.cell, last))
            }
            _ => None,
        };
        for &position in self.link.names.binders(name).iter().rev() {
            let cell = CellIdx(position);
            if cell >= self.cell {
                continue;
            }
            if reset.is_some_and(|(at, _)| cell < at) {
                break;
            }
            let facts = self.link.facts(cell);
            let Some(exit) = facts.exit(name) else {
                continue;
            };
            match exit.state {
                State::Sure | State::Likely | State::Perhaps => {
                    self.sources.push(Source {
                        cell,
                        name: name.clone(),
                    });
                    found = true;
                    if exit.state == State::Sure {
                        return Presence::Bound;
                    }
                }
                State::Gone => {
                    deleted = deleted.or(Some((cell, facts.binding(exit).range)));
                    break;
                }
                State::Unsure => {
                    ended = ended.or_else(|| end_of_except(facts, cell, facts.binding(exit)));
                }
                State::Untouched => {}
            }
        }
        if found {
            return Presence::Bound;
        }
        if self.link.is_given(name) || self.opened_before(name, moment) {
            return Presence::Unknown;
        }
        let ended = ended.filter(|_| self.first_binding_after(name, moment).is_none());
        Presence::Missing(deleted.or(ended).or(reset))
    }

    /// What binds the name at a moment, where that is certain.
    fn binding_at(&mut self, name: &Name, moment: Moment) -> Option<(CellIdx, &'l Binding)> {
        let (state, last) = self.link.facts(moment.cell).state_before(name, moment.step);
        match state {
            State::Sure => {
                return last
                    .filter(|binding| binding.path == Path::Sure)
                    .map(|binding| (moment.cell, binding));
            }
            State::Untouched => {}
            _ => return None,
        }
        self.ask(name);
        let position = *self
            .link
            .names
            .binders(name)
            .iter()
            .rev()
            .find(|&&position| CellIdx(position) < moment.cell)?;
        let cell = CellIdx(position);
        let facts = self.link.facts(cell);
        let exit = facts.exit(name)?;
        // Where branches come together that each bind it, it is not known which has.
        let binding = facts.binding(exit);
        (exit.state == State::Sure && binding.path == Path::Sure).then_some((cell, binding))
    }

    fn ask(&mut self, name: &Name) {
        if !self.asked.contains(name) {
            self.asked.insert(name.clone());
        }
    }

    fn opened_in_cell(&self, name: &str, step: Step) -> bool {
        self.facts
            .openings
            .iter()
            .any(|opening| opening.step < step && self.may_bring(self.cell, &opening.kind, name))
    }

    /// Whether something before the moment may have brought the name.
    fn opened_before(&self, name: &str, moment: Moment) -> bool {
        self.opened_in_cell(name, moment.step)
            || self
                .link
                .names
                .openings()
                .iter()
                .take_while(|&&position| CellIdx(position) < moment.cell)
                .any(|&position| self.opens(CellIdx(position), name))
    }

    fn opened_anywhere(&self, name: &str) -> bool {
        self.link
            .names
            .openings()
            .iter()
            .any(|&position| self.opens(CellIdx(position), name))
    }

    fn opens(&self, cell: CellIdx, name: &str) -> bool {
        self.link
            .facts(cell)
            .openings
            .iter()
            .any(|opening| self.may_bring(cell, &opening.kind, name))
    }

    /// Whether the name may exist after an opening of the cell.
    fn may_bring(&self, cell: CellIdx, opening: &OpeningKind, name: &str) -> bool {
        self.link.surroundings().may_bring(opening, name) || {
            let writers = self.link.names.writers().iter().map(|&at| CellIdx(at));
            writers
                .take_while(|&writer| writer < cell)
                .filter_map(|writer| self.link.facts(writer).written_file())
                .any(|file| surroundings::may_read(opening, file))
        }
    }

    /// The last `%reset` before the moment.
    fn last_reset_before(&self, moment: Moment) -> Option<(CellIdx, TextRange)> {
        let reset = |cell: CellIdx, before: Option<Step>| {
            self.link
                .facts(cell)
                .openings
                .iter()
                .rev()
                .find(|opening| {
                    opening.kind == OpeningKind::Reset
                        && before.is_none_or(|before| opening.step < before)
                })
                .map(|opening| (cell, opening.range))
        };
        reset(moment.cell, Some(moment.step)).or_else(|| {
            self.link
                .names
                .openings()
                .iter()
                .rev()
                .map(|&position| CellIdx(position))
                .filter(|&cell| cell < moment.cell)
                .find_map(|cell| reset(cell, None))
        })
    }
}

/// The place of a deletion, if it is the end of an `except … as name`.
fn end_of_except(facts: &Facts, cell: CellIdx, deletion: &Binding) -> Option<(CellIdx, TextRange)> {
    let mut bindings = facts.bindings.iter();
    let is_end = |own: &Binding| own.kind == BindingKind::Except && own.range == deletion.range;
    bindings.any(is_end).then_some((cell, deletion.range))
}

/// The walk from one call through the bodies that it runs.
struct CallWalk {
    /// The call in the cell.
    at: TextRange,
    moment: Moment,
    visited: FxHashSet<(CellIdx, ScopeIdx)>,
    functions: Vec<Name>,
    /// Whether the way so far is surely taken.
    judged: bool,
    /// Of the body that runs.
    receiver: Receiver,
}
