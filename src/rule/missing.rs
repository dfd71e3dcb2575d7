//! What several rules of the group `state` say in the same way.

use crate::analysis::facts::{Binding, BindingKind, Path, State, Use};
use crate::analysis::graph::{Lack, Need};
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Finding};

/// Whether the cell is marked as one that ends in an error: nbconvert lets it pass, and so do we.
pub fn fails_on_purpose(cx: &CellContext<'_>) -> bool {
    cx.cell.has_tag("raises-exception")
}

/// Whether nbclient leaves the cell out, and so nobody meets what would fail in it. What it binds may be bound all the same:
/// editors run it.
pub fn is_left_out(cx: &CellContext<'_>) -> bool {
    cx.cell.has_tag("skip-execution")
}

/// Whether the cell's stored output already is the NameError for this name. The reader has seen
/// it, and teaching notebooks keep such outputs on purpose, so the message need not alarm.
pub fn output_shows(cx: &CellContext<'_>, name: &str) -> bool {
    cx.cell.outputs.error.as_ref().is_some_and(|error| {
        &*error.ename == "NameError" && error.evalue.contains(&format!("'{name}'"))
    })
}

/// The name with who reads it: "`cfg`", "`cfg`, which `train` reads", "`cfg`, which `train` reads through `load`,".
pub fn subject(need: &Need) -> String {
    let name = &need.name;
    match need.through.as_ref().map(|through| &through.functions[..]) {
        None => format!("`{name}`"),
        Some([]) => format!("`{name}`, which the function called here reads,"),
        Some([function]) => format!("`{name}`, which `{function}` reads,"),
        Some([first, .., last]) => format!("`{name}`, which `{first}` reads through `{last}`,"),
    }
}

/// What comes of the read: a branch may be passed by, anything else is surely come to.
pub fn consequence(need: &Need) -> &'static str {
    if need.in_branch {
        "a run from the top stops when it takes this branch"
    } else {
        "a run from the top stops here"
    }
}

/// The cell below that alone gives the name, and where it surely reads what only this cell gives: no order of the two runs.
pub fn needed_back<'a>(cx: &CellContext<'a>, need: &Need) -> Option<(CellIdx, &'a Use)> {
    let Lack::Later { cell: below, .. } = need.lack else {
        return None;
    };
    if below == cx.index || !binds_alone(cx, &need.name, below) {
        return None;
    }
    let gives = |name: &str| {
        let mut sources = cx.all.link.sources(below).iter();
        sources.any(|source| source.cell == cx.index && source.name == *name)
    };
    let mut uses = cx.all.facts(below).uses.iter();
    let back = uses.find(|read| {
        read.local == State::Untouched
            && read.path != Path::Perhaps
            && !read.guarded
            && gives(&read.name)
            && !cx.all.link.is_given(&read.name)
            && binds_alone(cx, &read.name, cx.index)
    })?;
    Some((below, back))
}

/// Whether no other cell could give the name.
fn binds_alone(cx: &CellContext<'_>, name: &str, cell: CellIdx) -> bool {
    cx.all.link.binders(name).all(|binder| binder == cell)
}

/// The finding for a name that is bound only after it is read, or was deleted before.
pub fn late_finding(
    rule: &'static str,
    cx: &CellContext<'_>,
    need: &Need,
    why: &str,
) -> Option<Finding> {
    let name = &need.name;
    let subject = subject(need);
    let consequence = consequence(need);
    let (message, place, note) = match need.lack {
        Lack::Never => return None,
        Lack::Deleted { cell, range } => {
            let place = if cell == cx.index {
                "above in this cell".to_owned()
            } else {
                format!("in {}", cx.all.cell_name(cell))
            };
            let bindings = &cx.all.facts(cell).bindings;
            let is_caught =
                |binding: &Binding| binding.range == range && binding.kind == BindingKind::Except;
            let message = if bindings.iter().any(is_caught) {
                format!(
                    "{subject} is unbound when its `except` ends, {place}: {consequence}. Keep it under another name there."
                )
            } else {
                format!(
                    "{subject} was deleted {place}: {consequence}. Bind it again, or delete it later."
                )
            };
            (
                message,
                Anchor::Range(cell, range),
                format!("`{name}` is deleted here"),
            )
        }
        Lack::Later { cell, range } if cell == cx.index => (
            format!(
                "{subject} is bound only further down in this cell: {consequence}{why}. Bind it before it is read."
            ),
            Anchor::Range(cell, range),
            format!("`{name}` is bound here"),
        ),
        Lack::Later { cell, range } => {
            let binder = cx.all.cell_name(cell);
            let advice = match needed_back(cx, need) {
                None => format!("Move {cell} up."),
                Some((_, back)) => format!(
                    "{cell} needs `{}` of {} in turn: split one of them.",
                    back.name, cx.index
                ),
            };
            (
                format!("{subject} is bound only below, in {binder}: {consequence}{why}. {advice}"),
                Anchor::Range(cell, range),
                format!("`{name}` is bound here"),
            )
        }
    };
    let mut finding =
        Finding::new(rule, Anchor::Range(cx.index, need.range), message).related(place, note);
    if let Some(through) = &need.through {
        finding = finding.related(
            Anchor::Range(through.cell, through.range),
            format!("`{name}` is read here"),
        );
    }
    Some(finding)
}
