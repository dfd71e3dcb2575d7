//! Reads a secret from the environment in place of writing it down.
//!
//! Offered on a [`secret`] finding in Python code. The string becomes `os.environ["NAME"]`, or a value in it where the secret
//! is a part of a longer one; `import os` is added where it is missing. The name is that of what the string is given to, or the one in which
//! the issuer's own tools look. The variable has to be set before the kernel starts; and the secret has to be changed
//! where it was issued, for whoever has an older version of the notebook has it.
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
use crate::refactor::environment::{self, Replacement};
use crate::refactor::imports;
use crate::rule::Finding;

pub const ACTION: Action = Action {
    name: "read-secret-from-environment",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some((finding, found)) = found(cx) else {
        return Vec::new();
    };
    let variable = found.as_ref().map_or("", |found| &found.variable);
    let title = match variable {
        "" => "Read the secret from the environment".to_owned(),
        variable => format!("Read the secret from the environment: `{variable}`"),
    };
    vec![Offer {
        repairs: Some(finding.rule),
        disabled: found.err().map(str::to_owned).or_else(|| conflict(cx)),
        ..Offer::new(title)
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let (_, found) =
        found(cx).ok_or_else(|| format!("{} holds no secret there any more", cx.cell))?;
    let replacement = found?;
    if let Some(reason) = conflict(cx) {
        return Err(reason.into());
    }
    let mut edit = match has_os_above(cx) {
        true => Edit::default(),
        false => imports::insert(cx, "import os")?,
    };
    let replacements = replacement.edits.into_iter();
    edit.ops
        .extend(replacements.map(|(range, text)| EditOp::Replace {
            cell: cx.cell,
            range,
            text,
        }));
    Ok(edit)
}

fn found<'a>(cx: &ActionContext<'a>) -> Option<(&'a Finding, Result<Replacement, &'static str>)> {
    let cell = cx.all.notebook.cell(cx.cell)?;
    if !cell.is_python(&cx.all.notebook.meta.language) {
        return None;
    }
    let (finding, range) = cx.places("secret").next()?;
    Some((finding, environment::replacement(&cell.text, range)))
}

/// Why `os` would not be the module.
fn conflict(cx: &ActionContext<'_>) -> Option<String> {
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
