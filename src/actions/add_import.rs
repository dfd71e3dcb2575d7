//! Adds the import that an undefined name must have come from.
//!
//! Offered on an `undefined-name` finding whose name nearly everybody imports in the same way: `np`, `plt`, `os`.
//! The import goes below the imports of the first cell that has any, if that cell stands above;
//! otherwise into a new first cell, or, where the editor cannot insert one, to the top of the cell itself.
//!
//! ## Before
//! ```notebook
//! # %%
//! import os
//!
//! import pandas as pd  # tables
//! path = os.getcwd()
//! # %%
//! $0np.mean([1, 2])
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//!
//! import pandas as pd  # tables
//! import numpy as np
//! path = os.getcwd()
//! # %%
//! np.mean([1, 2])
//! ```
//!
//! ## Before
//! ### No cell imports
//! ```notebook
//! # %% [markdown]
//! # # Averages
//! # %%
//! $0np.mean([1, 2])
//! ```
//!
//! ## After
//! ```notebook
//! # %% [markdown]
//! # # Averages
//! # %%
//! import numpy as np
//! # %%
//! np.mean([1, 2])
//! ```
//!
//! ## Before
//! ### No cell imports, and none can be inserted
//! ```notebook client=plain
//! # %%
//! x = 1
//! # %%
//! %%time
//! # the mean
//! $0np.mean([1, 2])
//! # %%
//! import os
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! %%time
//! # the mean
//! import numpy as np
//!
//! np.mean([1, 2])
//! # %%
//! import os
//! ```

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::Edit;
use crate::refactor::imports;

pub const ACTION: Action = Action {
    name: "add-import",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for (finding, fix) in cx.repairs(ACTION.name) {
        if offers.iter().any(|offer| offer.argument == fix.argument) {
            continue;
        }
        offers.push(Offer {
            preferred: true,
            ..Offer::repair(finding, fix)
        });
    }
    offers
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let import = argument.ok_or("nothing says what to import")?;
    imports::insert(cx, import)
}
