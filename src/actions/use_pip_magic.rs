//! Turns `!pip install` into `%pip install`.
//!
//! Offered on an [`install-in-notebook`] finding. The magic installs into the environment that the kernel imports from,
//! and takes the same arguments. `!conda` and `!mamba` become `%conda` and `%mamba`.
//!
//! ## Before
//! ```notebook
//! # %%
//! $0!pip3 install -q pandas==2.1.0
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! %pip install -q pandas==2.1.0
//! ```
//!
//! ## Before
//! ```notebook
//! # %%
//! if True:
//!     !python -m pip $0install pandas
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! if True:
//!     %pip install pandas
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! !cd lib && pip $0install .
//! ```
//! > the line does more than install
//!
//! [`install-in-notebook`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::MagicKind;
use crate::analysis::known::installs;
use crate::notebook::Edit;
use crate::rule::Finding;
use crate::text::TextRange;

pub const ACTION: Action = Action {
    name: "use-pip-magic",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some((finding, tool, place)) = found(cx) else {
        return Vec::new();
    };
    vec![Offer {
        repairs: Some(finding.rule),
        preferred: true,
        disabled: place.is_none().then(|| refusal(cx)),
        ..Offer::new(format!("Install where the kernel looks: `%{tool}`"))
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    match found(cx) {
        Some((_, tool, Some(place))) => Ok(Edit::replace(cx.cell, place, format!("%{tool}"))),
        Some((_, _, None)) => Err(refusal(cx).into()),
        None => Err(format!("{} installs nothing by way of a shell any more", cx.cell).into()),
    }
}

/// The finding, the magic's name, and what of the line it takes the place of.
fn found<'a>(cx: &ActionContext<'a>) -> Option<(&'a Finding, &'static str, Option<TextRange>)> {
    let text = &cx.all.notebook.cell(cx.cell)?.text;
    cx.places("install-in-notebook")
        .find_map(|(finding, range)| {
            let mut magics = cx.all.facts(cx.cell).magics.iter();
            let magic =
                magics.find(|magic| magic.kind == MagicKind::Shell && magic.range == range)?;
            let install = installs::install(&magic.argument)?;
            Some((finding, install.tool, install.magic_in(text, range)))
        })
}

fn refusal(cx: &ActionContext<'_>) -> String {
    format!(
        "the line does more than install, and {} may need the rest; write `%pip install` in a line of its own",
        cx.cell
    )
}
