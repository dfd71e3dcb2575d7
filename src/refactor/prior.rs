//! What a name is when a piece of a cell begins to run, on a run from the top.

use crate::analysis::Link;
use crate::analysis::facts::{BindingKind, Facts, State, Value};
use crate::notebook::CellIdx;

/// A name at the moment when code begins to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prior {
    pub kind: PriorKind,
    /// How sure it is that the name is there; [`State::Untouched`] where no cell above binds it.
    pub state: State,
    /// The cell that binds it.
    pub cell: Option<CellIdx>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorKind {
    /// A variable of the notebook: a function takes it as a parameter.
    Variable,
    /// A module, function or class of the notebook: a function reads it where it is.
    Definition,
    /// Python, IPython or the configuration brings it.
    Given,
    /// Nobody is known to bind it.
    Unknown,
}

impl Prior {
    pub fn is_there(self) -> bool {
        matches!(self.state, State::Sure | State::Likely)
    }
}

/// What `name` is before `cell`; `own` are bindings that the cell itself makes before the code in question.
pub fn of(link: &Link, cell: CellIdx, own: &Facts, name: &str) -> Prior {
    let mut kind = None;
    let mut state = State::Untouched;
    let mut place = None;
    // Whether a cell on the way may have deleted what an earlier one had surely bound.
    let mut perhaps_deleted = false;
    let in_own = own.exit(name).map(|exit| (cell, own, *exit));
    let above = link
        .touchers(name)
        .rev()
        .filter(|&binder| binder < cell)
        .filter_map(|binder| {
            let facts = link.facts(binder);
            Some((binder, facts, *facts.exit(name)?))
        });
    for (binder, facts, exit) in in_own.into_iter().chain(above) {
        perhaps_deleted |= exit.state != State::Sure
            && facts
                .bindings
                .iter()
                .any(|binding| binding.name == *name && binding.kind.is_delete());
        if !exit.state.may_be_bound() {
            if exit.state == State::Gone {
                break;
            }
            continue;
        }
        let own_kind = kind_of(&facts.binding(&exit).kind);
        // A name that is a variable on one path is one.
        kind = match kind {
            Some(PriorKind::Variable) => kind,
            _ => Some(own_kind),
        };
        place = place.or(Some(binder));
        state = match (state, exit.state) {
            (_, State::Sure) => State::Sure,
            (State::Untouched | State::Likely, State::Likely) => State::Likely,
            (state @ State::Likely, _) => state,
            _ => State::Perhaps,
        };
        if state == State::Sure {
            break;
        }
    }
    if perhaps_deleted && matches!(state, State::Sure | State::Likely) {
        state = State::Perhaps;
    }
    if let Some(kind) = kind {
        return Prior {
            kind,
            state,
            cell: place,
        };
    }
    if link.is_given(name) {
        return Prior {
            kind: PriorKind::Given,
            state: State::Sure,
            cell: None,
        };
    }
    let below = link.binders(name).find(|&binder| binder > cell);
    let kind = below.map_or(PriorKind::Unknown, |binder| {
        let facts = link.facts(binder);
        facts.exit(name).map_or(PriorKind::Unknown, |exit| {
            kind_of(&facts.binding(exit).kind)
        })
    });
    Prior {
        kind,
        state: State::Untouched,
        cell: below,
    }
}

/// The same for a name that is local to a function; `own` are the facts of what the function has surely done before.
pub fn of_local(cell: CellIdx, own: &Facts, name: &str) -> Prior {
    let state = own.exit(name).map_or(State::Untouched, |exit| exit.state);
    let (kind, state) = match state {
        State::Untouched => (PriorKind::Unknown, State::Untouched),
        State::Gone | State::Unsure => (PriorKind::Variable, State::Perhaps),
        state => (PriorKind::Variable, state),
    };
    Prior {
        kind,
        state,
        cell: (kind == PriorKind::Variable).then_some(cell),
    }
}

fn kind_of(binding: &BindingKind) -> PriorKind {
    match binding {
        BindingKind::Import { .. }
        | BindingKind::Function(_)
        | BindingKind::Class(_)
        | BindingKind::TypeAlias
        | BindingKind::Value(Value::Lambda(_)) => PriorKind::Definition,
        _ => PriorKind::Variable,
    }
}
