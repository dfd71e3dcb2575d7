//! Moves definitions to a module, where tests and other notebooks can import them.
//!
//! What they need goes along: imports, helpers, constants that are never bound again, with decorators, docstrings and the comments
//! above. The notebook gets `from module import name` among its imports, or where the definition was when order matters. An
//! existing module keeps every byte that it has: imports join its own, code is appended, clashes are refused.
//!
//! The module is proposed beside the notebook, where its kernel starts, or in `module-root`; the modules nearby are offered, too,
//! and an editor that can ask lists all. Where Python would not find the module, the notebook gets the line that makes it.
//!
//! A variable of the notebook that a function reads becomes a parameter, and the calls hand it over.
//!
//! Disabled with the reason: a function for which that cannot be proven to be the same, whose names mean different things at different times,
//! that only a notebook can run, or that somebody asks where it is defined. A kernel that is running keeps the old
//! definitions until it is restarted.
//!
//! ## Before
//! ### With what it needs
//! ```notebook name=prices.ipynb
//! # %%
//! import numpy as np
//! import pandas as pd
//! # %%
//! RATE = 0.19
//!
//! def gross(net):
//!     return net * (1 + RATE)
//!
//! # What can be sold.
//! @staticmethod
//! def clean$0(prices):
//!     """Drops what has no price."""
//!     return gross(prices[~np.isnan(prices)])
//! # %%
//! clean(np.array([1.0, np.nan]))
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import numpy as np
//! import pandas as pd
//!
//! from prices import clean
//! # %%
//! clean(np.array([1.0, np.nan]))
//! ```
//! ```python file=prices.py
//! import numpy as np
//!
//! RATE = 0.19
//!
//!
//! def gross(net):
//!     return net * (1 + RATE)
//!
//!
//! # What can be sold.
//! @staticmethod
//! def clean(prices):
//!     """Drops what has no price."""
//!     return gross(prices[~np.isnan(prices)])
//! ```
//!
//! ## Before
//! ### To a module that is there
//! ```notebook choice=shop.py#net
//! # %%
//! import os
//! from shop import gross
//! # %%
//! from pathlib import Path
//! def net($0price: float) -> float:
//!     return gross(price) / 2
//!
//! def path():
//!     return Path("x")
//! ```
//! ```python file=shop.py
//! """Prices."""
//!
//! import re
//!
//! __all__ = ["gross"]
//!
//! def gross(price):
//!     return price
//!
//!
//! if __name__ == "__main__":
//!     print(gross(1))
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//! from shop import gross, net
//! # %%
//! from pathlib import Path
//! def path():
//!     return Path("x")
//! ```
//! ```python file=shop.py
//! """Prices."""
//!
//! import re
//!
//! __all__ = ["gross", "net"]
//!
//! def gross(price):
//!     return price
//!
//!
//! def net(price: float) -> float:
//!     return gross(price) / 2
//!
//!
//! if __name__ == "__main__":
//!     print(gross(1))
//! ```
//!
//! ## Before
//! ### What is selected
//! ```notebook name=prices.ipynb
//! # %%
//! load()
//! $0RATE = 0.19
//! digits = 2
//!
//! def gross(net):
//!     return net * (1 + RATE)
//!
//! class Price:$0
//!     pass
//! print(gross(1))
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! load()
//! from prices import RATE, Price, digits, gross
//! print(gross(1))
//! ```
//! ```python file=prices.py
//! RATE = 0.19
//! digits = 2
//!
//!
//! def gross(net):
//!     return net * (1 + RATE)
//!
//!
//! class Price:
//!     pass
//! ```
//!
//! ## Before
//! ### Several that were chosen
//! ```notebook choice="lib/prices.py#RATE,gross"
//! # %%
//! RATE = 0.19
//! # %%
//! def gross$0(net):
//!     return net
//! # %%
//! print(gross(1) * RATE)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from lib.prices import RATE, gross
//! # %%
//! print(gross(1) * RATE)
//! ```
//! ```python file=lib/prices.py
//! RATE = 0.19
//!
//!
//! def gross(net):
//!     return net
//! ```
//!
//! ## Before
//! ### A package, and what only type checkers read
//! ```notebook choice="shop/prices.py"
//! # %%
//! from __future__ import annotations
//!
//! import functools
//! from decimal import Decimal
//!
//! from shop.money import rounded
//!
//! # Once is enough.
//! @functools.cache
//! def gross$0(net: Decimal) -> Decimal:
//!     """With taxes."""
//!     return rounded(net)
//! ```
//! ```python file=shop/__init__.py
//! ```
//! ```python file=shop/money.py
//! def rounded(x):
//!     return x
//! ```
//! ```python file=shop/prices.py
//! """Prices."""
//!
//! from __future__ import annotations
//!
//! from typing import TYPE_CHECKING
//!
//! from .money import rounded
//!
//! if TYPE_CHECKING:
//!     from decimal import Decimal
//!
//!
//! def net(x: Decimal) -> Decimal:
//!     return rounded(x)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from __future__ import annotations
//!
//! import functools
//! from decimal import Decimal
//!
//! from shop.money import rounded
//! from shop.prices import gross
//! ```
//! ```python file=shop/prices.py
//! """Prices."""
//!
//! from __future__ import annotations
//!
//! import functools
//! from decimal import Decimal
//! from typing import TYPE_CHECKING
//!
//! from .money import rounded
//!
//! if TYPE_CHECKING:
//!     from decimal import Decimal
//!
//!
//! def net(x: Decimal) -> Decimal:
//!     return rounded(x)
//!
//!
//! # Once is enough.
//! @functools.cache
//! def gross(net: Decimal) -> Decimal:
//!     """With taxes."""
//!     return rounded(net)
//! ```
//!
//! ## Before
//! ### Where `module-root` says
//! ```notebook name=notebooks/prices.ipynb module-root=src
//! # %%
//! def gross$0(net):
//!     return net
//! print(gross(1))
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import sys
//!
//! sys.path.insert(0, "../src")
//!
//! from prices import gross
//! print(gross(1))
//! ```
//! ```python file=src/prices.py
//! def gross(net):
//!     return net
//! ```
//!
//! ## Before
//! ### Where Python would not look
//! ```notebook name=notebooks/a.ipynb choice=src/shop/prices.py
//! # %%
//! import os
//! # %%
//! def here():$0
//!     return os.getcwd()
//! here()
//! ```
//! ```python file=src/shop/__init__.py
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//!
//! import sys
//!
//! sys.path.insert(0, "../src")
//!
//! from shop.prices import here
//! # %%
//! here()
//! ```
//! ```python file=src/shop/prices.py
//! import os
//!
//!
//! def here():
//!     return os.getcwd()
//! ```
//!
//! ## Before
//! ### Defined again further down
//! ```notebook name=steps.ipynb
//! # %%
//! import math
//! # %%
//! def step$0(x):
//!     return math.floor(x)
//! step(1.5)
//! # %%
//! def step(x):
//!     return math.ceil(x)
//! step(1.5)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import math
//! # %%
//! from steps import step
//! step(1.5)
//! # %%
//! def step(x):
//!     return math.ceil(x)
//! step(1.5)
//! ```
//! ```python file=steps.py
//! import math
//!
//!
//! def step(x):
//!     return math.floor(x)
//! ```
//!
//! ## Before
//! ### Shown by IPython, and a memory that only it fills
//! ```notebook name=show.ipynb
//! # %%
//! memory = {}
//! def show$0(x):
//!     memory[x] = True
//!     display(x)
//! # %%
//! len(memory)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from show import memory, show
//! # %%
//! len(memory)
//! ```
//! ```python file=show.py
//! from IPython.display import display
//!
//! memory = {}
//!
//!
//! def show(x):
//!     memory[x] = True
//!     display(x)
//! ```
//!
//! ## Before
//! ### A variable of the notebook
//! ```notebook name=prices.ipynb
//! # %%
//! rates = load()
//! # %%
//! def gross(net):
//!     return net * rates["a"]
//! # %%
//! def total$0(nets):
//!     return sum(gross(net) for net in nets)
//! # %%
//! print(gross(1), total([1, 2]))
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! rates = load()
//! # %%
//! from prices import gross, total
//! # %%
//! print(gross(1, rates), total([1, 2], rates))
//! ```
//! ```python file=prices.py
//! def gross(net, rates):
//!     return net * rates["a"]
//!
//!
//! def total(nets, rates):
//!     return sum(gross(net, rates) for net in nets)
//! ```
//!
//! ## Before
//! ### A list that another cell changes
//! ```notebook name=seen.ipynb
//! # %%
//! seen = []
//! # %%
//! def is_new$0(x):
//!     return x not in seen
//! # %%
//! seen.append(1)
//! is_new(1)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! seen = []
//! # %%
//! from seen import is_new
//! # %%
//! seen.append(1)
//! is_new(1, seen)
//! ```
//! ```python file=seen.py
//! def is_new(x, seen):
//!     return x not in seen
//! ```
//!
//! ## Disabled
//! ### A variable that cannot become a parameter
//! ```notebook
//! # %%
//! rates = load()
//! # %%
//! def gross$0(net):
//!     return net * rates["a"]
//! # %%
//! print(list(map(gross, [1, 2])))
//! ```
//! > `gross` reads `rates`, a variable of cell 1, and it cannot become a parameter: line 1 of cell 3 hands `gross` on
//!
//! ## Disabled
//! ### A class that reads a variable
//! ```notebook
//! # %%
//! rates = load()
//! # %%
//! class Price$0:
//!     def gross(self):
//!         return self.net * rates["a"]
//! ```
//! > `Price` reads `rates`, a variable of cell 1
//!
//! ## Disabled
//! ### A helper that is defined again
//! ```notebook
//! # %%
//! def rate():
//!     return 1
//! def gross$0(net):
//!     return net * rate()
//! # %%
//! def rate():
//!     return 2
//! ```
//! > reads `rate`, which cell 1 and cell 2 bind to different things
//!
//! ## Disabled
//! ### State of the notebook
//! ```notebook
//! # %%
//! count = 0
//! def up$0():
//!     global count
//!     count += 1
//! ```
//! > sets `count` of the notebook by `global`
//!
//! ## Disabled
//! ### What only a notebook runs
//! ```notebook
//! # %%
//! def files$0():
//!     names = !ls
//!     return names
//! ```
//! > magics or shell lines
//!
//! ## Disabled
//! ### A decorator that may do something
//! ```notebook
//! # %%
//! from ipywidgets import interact
//! @interact(x=(0, 10))
//! def draw$0(x):
//!     return x
//! ```
//! > decorator `interact` of `draw` may do more
//!
//! ## Disabled
//! ### Names that may come from anywhere
//! ```notebook
//! # %%
//! from numpy import *
//! def total$0(xs):
//!     return sum(xs)
//! ```
//! > may come from `from numpy import *` in cell 1
//!
//! ## Disabled
//! ### Another of that name is there
//! ```notebook choice=shop.py
//! # %%
//! def gross$0(net):
//!     return net
//! ```
//! ```python file=shop.py
//! def gross(net):
//!     return 2 * net
//! ```
//! > shop.py has another `gross` already
//!
//! ## Disabled
//! ### The two would import each other
//! ```notebook choice=shop.py
//! # %%
//! from report import title
//! # %%
//! def heading$0(x):
//!     return title(x)
//! ```
//! ```python file=shop.py
//! A = 1
//! ```
//! ```python file=report.py
//! from shop import A
//!
//! def title(x):
//!     return A
//! ```
//! > report.py imports shop.py: the two would import each other
//!
//! ## Disabled
//! ### Importing the module would do something
//! ```notebook choice=script.py
//! # %%
//! def gross$0(net):
//!     return net
//! ```
//! ```python file=script.py
//! print("hello")
//! ```
//! > line 1 of script.py does something when it is imported
//!
//! ## Disabled
//! ### A notebook of Databricks
//! ```notebook choice=shop.py
//! # %%
//! def gross$0(net):
//!     return net
//! ```
//! ```python file=shop.py
//! # Databricks notebook source
//! price = 1
//! ```
//! > shop.py is a notebook, which nothing can import; choose a module
//!
//! ## Disabled
//! ### It is no Python
//! ```notebook choice=shop.py
//! # %%
//! def gross$0(net):
//!     return net
//! ```
//! ```python file=shop.py
//! def (
//! ```
//! > shop.py has a syntax error in line 1

use std::path::Path;

use crate::action::{Action, ActionContext, Ask, Offer, Refusal};
use crate::notebook::Edit;
use crate::project::slashed;
use crate::refactor::module::target::Target;
use crate::refactor::moving::closure::{self, Plan};
use crate::refactor::moving::pieces;
use crate::refactor::moving::{self, targets};

pub const ACTION: Action = Action {
    name: "move-to-module",
    kinds: &["refactor.move"],
    offer,
    apply,
    source: "",
};

/// How many existing modules are offered besides the proposed one.
const MOST_OFFERED: usize = 3;

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let chosen = pieces::chosen(&cx.all, cx.cell, cx.range);
    if chosen.is_empty() || !cx.client.files {
        return Vec::new();
    }
    let what = pieces::title(&cx.all, &chosen);
    let mut findings = cx.findings.iter().map(|finding| finding.rule);
    let repairs = findings.find(|rule| *rule == "untestable-function");
    let ask = Some(Ask {
        what: "module",
        title: format!("Move {what} to a module…"),
        possible: false,
    });
    let proposed = closure::of(&cx.all, &chosen)
        .and_then(|plan| Ok((plan, Target::proposed(&cx.all, cx.project)?)));
    let (plan, proposed) = match proposed {
        Ok(proposed) => proposed,
        Err(reason) => {
            return vec![Offer {
                disabled: Some(reason.0),
                repairs,
                ask,
                ..Offer::new(format!("Move {what} to a module"))
            }];
        }
    };
    let mut offers = vec![offer_for(cx, &what, &plan, &proposed)];
    for target in targets::fitting(cx, MOST_OFFERED) {
        if target.path != proposed.path {
            let offer = offer_for(cx, &what, &plan, &target);
            if offer.disabled.is_none() {
                offers.push(offer);
            }
        }
    }
    if let Some(first) = offers.first_mut() {
        first.ask = ask.map(|ask| Ask {
            possible: true,
            ..ask
        });
        first.repairs = repairs;
    }
    offers
}

fn offer_for(cx: &ActionContext<'_>, what: &str, plan: &Plan, target: &Target) -> Offer {
    let path = slashed(&target.path);
    let new = if target.exists { "" } else { "the new module " };
    let search = target.search.as_ref();
    let search = search.map_or_else(String::new, |own| {
        format!(", and put `{own}` on `sys.path`")
    });
    let taken = plan.taken();
    let done = moving::carry_out(cx, plan, target.clone());
    Offer {
        disabled: done.err().map(|refusal| refusal.0),
        argument: Some(path.clone()),
        ..Offer::new(format!("Move {what} to {new}{path}{taken}{search}"))
    }
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let (path, names) = targets::path_and_names(argument.unwrap_or_default());
    let chosen = if names.is_empty() {
        pieces::chosen(&cx.all, cx.cell, cx.range)
    } else {
        pieces::named(&cx.all, &names)?
    };
    if chosen.is_empty() {
        return Err("nothing is defined here".into());
    }
    if path.is_empty() {
        let plan = closure::of(&cx.all, &chosen)?;
        let target = Target::proposed(&cx.all, cx.project)?;
        return Ok(moving::carry_out(cx, &plan, target)?.edit);
    }
    Ok(moving::plan(cx, &chosen, Path::new(path))?.edit)
}
