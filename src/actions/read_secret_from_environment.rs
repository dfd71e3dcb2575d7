//! Reads a secret from the environment in place of writing it down.
//!
//! Offered on a [`secret`] finding in Python code. The string becomes `os.environ["NAME"]`, or a value in it where the secret
//! is a part of a longer one; `import os` is added where it is missing. The name is that of what the string is given to, or the one in which
//! the issuer's own tools look. The variable has to be set before the kernel starts; and the secret has to be changed
//! where it was issued, for whoever has an older version of the notebook has it. The same secret is replaced wherever it stands;
//! a name that the notebook uses already gets a number.
//!
//! ## Before
//! ```notebook
//! # %%
//! import pandas as pd
//! # %%
//! db = connect(user="shop", password="not-$04-real-one!")
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import pandas as pd
//! import os
//! # %%
//! db = connect(user="shop", password=os.environ["PASSWORD"])
//! ```
//!
//! ## Before
//! ### The same secret twice, and another one
//! ```notebook
//! # %%
//! import os
//! # %%
//! db = connect(user="shop", password="not-$04-real-one!")
//! # %%
//! mail = connect(user="mail", password="not-5-real-two!")
//! # %%
//! db = connect(user="admin", password="not-4-real-one!")
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//! # %%
//! db = connect(user="shop", password=os.environ["PASSWORD"])
//! # %%
//! mail = connect(user="mail", password="not-5-real-two!")
//! # %%
//! db = connect(user="admin", password=os.environ["PASSWORD"])
//! ```
//!
//! ## Before
//! ### A name that is taken
//! ```notebook
//! # %%
//! import os
//! # %%
//! db = connect(user="shop", password=os.environ["PASSWORD"])
//! # %%
//! mail = connect(user="mail", password="not-$05-real-two!")
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//! # %%
//! db = connect(user="shop", password=os.environ["PASSWORD"])
//! # %%
//! mail = connect(user="mail", password=os.environ["PASSWORD_2"])
//! ```
//!
//! ### A part of a string
//! ## Before
//! ```notebook
//! # %%
//! import os
//! # %%
//! shop_db = create_engine("postgresql://shop:n0t-a-$0real-1@db.shop.net/orders")
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//! # %%
//! shop_db = create_engine(f"postgresql://shop:{os.environ['PASSWORD']}@db.shop.net/orders")
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! os.environ["DB_PASSWORD"] = "not-$04-real-one!"
//! ```
//! > set it before the kernel starts
//!
//! ## Disabled
//! ```notebook
//! # %%
//! from shop import os
//! password = "not-$04-real-one!"
//! ```
//! > `os` is something else
//!
//! [`secret`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::BindingKind;
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::refactor::environment::variables::{self, Place};
use crate::refactor::environment::{self, Replacement};
use crate::refactor::imports;
use crate::rule::Finding;
use crate::text::TextRange;

pub const ACTION: Action = Action {
    name: "read-secret-from-environment",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some((finding, _, found)) = found(cx) else {
        return Vec::new();
    };
    let variable = found.as_ref().ok().and_then(|_| {
        let same = same(cx)?;
        Some(same.first()?.replacement.variable.clone())
    });
    let title = match variable {
        None => "Read the secret from the environment".to_owned(),
        Some(variable) => format!("Read the secret from the environment: `{variable}`"),
    };
    vec![Offer {
        repairs: Some(finding.rule),
        disabled: found.err().map(str::to_owned).or_else(|| conflict(cx)),
        ..Offer::new(title)
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let gone = || format!("{} holds no secret there any more", cx.cell);
    let (_, range, found) = found(cx).ok_or_else(gone)?;
    let own = found?;
    if let Some(reason) = conflict(cx) {
        return Err(reason.into());
    }
    let places = match cx.is_trial {
        true => vec![Place {
            cell: cx.cell,
            range,
            replacement: own,
        }],
        false => same(cx).ok_or_else(gone)?,
    };
    let Some(first) = places.first() else {
        return Err(gone().into());
    };
    let at_first = ActionContext {
        cell: first.cell,
        range: first.range,
        ..*cx
    };
    let mut edit = match has_os_above(&at_first) {
        true => Edit::default(),
        false => imports::insert(&at_first, "import os")?,
    };
    for place in places {
        let replacements = place.replacement.edits.into_iter();
        edit.ops
            .extend(replacements.map(|(range, text)| EditOp::Replace {
                cell: place.cell,
                range,
                text,
            }));
    }
    Ok(edit)
}

/// Where the secret at the cursor stands, in the notebook's order: once in a string.
fn same(cx: &ActionContext<'_>) -> Option<Vec<Place>> {
    let text_at = |cell: CellIdx, range: TextRange| Some(&cx.all.notebook.cell(cell)?.text[range]);
    let (_, range, _) = found(cx)?;
    let wanted = text_at(cx.cell, range)?;
    let mut places: Vec<Place> = variables::of_notebook(&cx.all);
    places.retain(|own| {
        let is_asked = own.cell == cx.cell && own.range == range;
        text_at(own.cell, own.range) == Some(wanted) && (is_asked || has_plain_os(cx, own))
    });
    // Two edits of one string would both make an f-string of it.
    places.dedup_by(|next, before| {
        let mut others = before.replacement.edits.iter();
        next.cell == before.cell
            && others.any(|(other, _)| {
                let mut own = next.replacement.edits.iter();
                own.any(|(range, _)| range.intersect(*other).is_some())
            })
    });
    Some(places)
}

/// The finding at the cursor, its place, and what can be done.
type Found<'a> = (&'a Finding, TextRange, Result<Replacement, &'static str>);

fn found<'a>(cx: &ActionContext<'a>) -> Option<Found<'a>> {
    let cell = cx.all.notebook.cell(cx.cell)?;
    if !cell.is_python(&cx.all.notebook.meta.language) {
        return None;
    }
    let (finding, range) = cx.places("secret").next()?;
    Some((finding, range, environment::replacement(&cell.text, range)))
}

/// Whether `os` means the same at a place where nobody has asked for it: in the cell's own code, which deletes it nowhere.
fn has_plain_os(cx: &ActionContext<'_>, place: &Place) -> bool {
    let facts = cx.all.facts(place.cell);
    let mut scopes = facts.scopes.iter();
    let mut bindings = facts.bindings.iter();
    !scopes.any(|scope| scope.range.contains_range(place.range))
        && !bindings.any(|own| own.name == "os" && own.kind.is_delete())
}

/// Why `os` would not be the module.
fn conflict(cx: &ActionContext<'_>) -> Option<String> {
    let mut scopes = cx.all.facts(cx.cell).scopes.iter();
    let is_parameter = scopes.any(|scope| {
        scope.range.contains_range(cx.range) && scope.parameters.iter().any(|own| own == "os")
    });
    if is_parameter {
        return Some("`os` is a parameter of the function around it".to_owned());
    }
    let other = cx.all.link.binders("os").find(|cell| {
        let own = cx
            .all
            .facts(*cell)
            .bindings
            .iter()
            .filter(|binding| binding.name == "os");
        own.into_iter().any(|binding| !is_os(&binding.kind))
    });
    other.map(|cell| format!("`os` is something else in {cell}"))
}

fn has_os_above(cx: &ActionContext<'_>) -> bool {
    let mut cells = (0..=cx.cell.0).map(CellIdx);
    cells.any(|cell| {
        let mut own = cx.all.facts(cell).bindings.iter();
        own.any(|binding| {
            let stands_above = cell != cx.cell || binding.range.end() <= cx.range.start();
            binding.name == "os" && is_os(&binding.kind) && stands_above
        })
    })
}

fn is_os(kind: &BindingKind) -> bool {
    matches!(kind, BindingKind::Import { module, member: None } if *module == "os")
}
