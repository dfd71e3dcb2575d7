//! Resolves a merge conflict in the code of a cell: keeps one side, or both.
//!
//! Offered on the first line of a [`merge-conflict`] that stands in a cell. A conflict that git left between the lines of a
//! notebook's file is resolved by `cellwise resolve`, since no editor opens such a file.
//!
//! ## Before
//! ```notebook argument="ours"
//! # %%
//! a = 0
//! $0<<<<<<< HEAD
//! x = 1
//! =======
//! x = 2
//! >>>>>>> topic
//! y = x
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! a = 0
//! x = 1
//! y = x
//! ```
//!
//! ## Before
//! ### The other side, with the version before both
//! ```notebook argument="theirs"
//! # %%
//! $0<<<<<<< HEAD
//! x = 1
//! ||||||| 1a2b3c4
//! x = 0
//! =======
//! x = 2
//! >>>>>>> topic
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! x = 2
//! ```
//!
//! ## Before
//! ### Both
//! ```notebook argument="both"
//! # %%
//! $0<<<<<<< HEAD
//! x = 1
//! =======
//! y = 2
//! >>>>>>> topic
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! x = 1
//! y = 2
//! ```
//!
//! [`merge-conflict`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::format::conflict::{self, Conflict, Keep};
use crate::notebook::Edit;
use crate::text::{TextRange, TextSize};

pub const ACTION: Action = Action {
    name: "resolve-conflict",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

const CHOICES: [(&str, Keep); 3] = [
    ("ours", Keep::Ours),
    ("theirs", Keep::Theirs),
    ("both", Keep::Both),
];

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some((_, conflict)) = found(cx) else {
        return Vec::new();
    };
    let ours = conflict::name_side(&conflict.ours_label, "the first side");
    let theirs = conflict::name_side(&conflict.theirs_label, "the second side");
    let offers = CHOICES.map(|(argument, keep)| {
        let title = match keep {
            Keep::Ours => format!("Keep the lines of {ours}"),
            Keep::Theirs => format!("Keep the lines of {theirs}"),
            Keep::Both => "Keep the lines of both sides".to_owned(),
        };
        Offer {
            argument: Some(argument.to_owned()),
            repairs: Some("merge-conflict"),
            ..Offer::new(title)
        }
    });
    offers.into()
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let choice = CHOICES.iter().find(|(name, _)| Some(*name) == argument);
    let (_, keep) = choice.ok_or("nothing says which side to keep")?;
    let (position, conflict) =
        found(cx).ok_or_else(|| format!("{} holds no conflict here any more", cx.cell))?;
    let text = cx.all.notebook.cell(cx.cell).map_or("", |cell| &cell.text);
    let mut answers = vec![None; position];
    answers.push(Some(*keep));
    let resolved = conflict::without(text.as_bytes(), &answers);
    // What stands before and behind the conflict is the same in both texts.
    let behind = text.len() - conflict.span.end;
    let (start, old_end) = (conflict.span.start, conflict.span.end);
    let is_at_end = behind == 0;
    let line_break = usize::from(!is_at_end && text.as_bytes()[old_end] == b'\n');
    let new = &resolved[start..resolved.len() - (behind - line_break)];
    let new = String::from_utf8_lossy(new);
    // The cell's last line ends without a break.
    let new = if is_at_end {
        new.trim_end_matches(['\n', '\r'])
    } else {
        &new
    };
    let place = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    let range = TextRange::new(place(start), place(old_end + line_break));
    Ok(Edit::replace(cx.cell, range, new))
}

/// The conflict that a finding here is about, and its position among those of the cell.
fn found(cx: &ActionContext<'_>) -> Option<(usize, Conflict)> {
    let (_, range) = cx.places("merge-conflict").next()?;
    let text = &cx.all.notebook.cell(cx.cell)?.text;
    let conflicts = conflict::find(text.as_bytes());
    let start = range.start().to_usize();
    let mut conflicts = conflicts.into_iter().enumerate();
    conflicts.find(|(_, conflict)| conflict.span.start == start)
}
