//! Makes parameters of the notebook variables that a function reads.
//!
//! Offered on a [`function-reads-global`] finding. Every call in the notebook hands the variables over by name, those in
//! other functions, too, which then read them themselves. A function with defaults or `*args` takes them by keyword.
//!
//! A call that cannot be seen disables it: one in a magic or a string, or by somebody whom the function was handed to (`map(f, …)`,
//! a decorator). So does a call where the name means something else, or where the variable may not be bound yet, and a function
//! that sets the variable by `global`. Afterwards a run from the top gives what it gave.
//!
//! ## Before
//! ```notebook
//! # %%
//! rates = load_rates()
//! # %%
//! def gr$0oss(net):
//!     return net * (1 + rates["standard"])
//!
//!
//! def total(nets):
//!     return sum(gross(net) for net in nets)
//! # %%
//! print(gross(100), gross(net=50), total([1, 2]))
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! rates = load_rates()
//! # %%
//! def gross(net, rates):
//!     return net * (1 + rates["standard"])
//!
//!
//! def total(nets):
//!     return sum(gross(net, rates) for net in nets)
//! # %%
//! print(gross(100, rates), gross(net=50, rates=rates), total([1, 2]))
//! ```
//!
//! ## Before
//! ### With defaults
//! ```notebook
//! # %%
//! def pl$0ot(column, *, bins=20):
//!     frame[column].hist(bins=bins, color=colors[column])
//! # %%
//! frame = read()
//! colors = {"a": "red"}
//! # %%
//! plot("a")
//! plot("b", bins=5)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! def plot(column, *, bins=20, frame, colors):
//!     frame[column].hist(bins=bins, color=colors[column])
//! # %%
//! frame = read()
//! colors = {"a": "red"}
//! # %%
//! plot("a", frame=frame, colors=colors)
//! plot("b", bins=5, frame=frame, colors=colors)
//! ```
//!
//! ## Disabled
//! ### Handed on
//! ```notebook
//! # %%
//! rates = load_rates()
//! def gr$0oss(net):
//!     return net * rates["standard"]
//! # %%
//! print(list(map(gross, [1, 2])))
//! ```
//! > line 1 of cell 2 hands `gross` on without calling it
//!
//! ## Disabled
//! ### Another meaning
//! ```notebook
//! # %%
//! rates = load_rates()
//! def gr$0oss(net):
//!     return net * rates["standard"]
//! # %%
//! def report(rates):
//!     return gross(sum(rates))
//! print(report([1]))
//! ```
//! > where cell 2 calls `gross`, `rates` means something else
//!
//! ## Disabled
//! ### Not there yet
//! ```notebook
//! # %%
//! def gr$0oss(net):
//!     return net * rates["standard"] if net else 0
//! print(gross(0))
//! # %%
//! rates = load_rates()
//! ```
//! > cell 1 calls it, perhaps before `rates` is bound
//!
//! [`function-reads-global`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::Edit;
use crate::refactor::{parametrize, style};

pub const ACTION: Action = Action {
    name: "parametrize-function",
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
    let function = argument.ok_or("nothing says which function to change")?;
    let edit = parametrize::plan(&cx.all, cx.cell, function)?;
    Ok(style::kept(cx, &edit))
}
