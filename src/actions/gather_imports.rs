//! Moves the imports of all cells to the first cell that has some.
//!
//! There they are merged and sorted as isort does it (profile "black"), with their comments.
//! A block that is in groups with comments of their own, or whose order may matter, keeps its order.
//! It looks at the whole notebook, wherever the cursor is; a cell that becomes empty goes.
//!
//! **What stays**, and the action says why where the cursor is in its cell: imports in `try`, `if` and functions; those of all names;
//! `from __future__`; those below an install, a change of `sys.path`, of the environment, of warnings, or of how plots are drawn;
//! a name that means something else in between, or that a star import may have brought until then; `from json import dumps`
//! below `json.dumps = …`; and modules that may do more than define things when they are imported, if code runs above
//! them. Those of the standard library and of the packages that people use for data are known not to;
//! `tests/behaviour/imports` tries those that are installed.
//!
//! ## Before
//! ```notebook
//! # %%
//! import pandas as pd
//! import os
//! # %%
//! df = pd.DataFrame({"a": [1, 2]})
//! # %%
//! # for the plot
//! import matplotlib.pyplot as plt
//! from collections import Counter
//!
//! plt.plot(df.a)$0
//! # %%
//! from collections import OrderedDict  # noqa
//! import os
//! from collections import defaultdict
//! # %%
//! print(Counter(df.a), defaultdict(list), OrderedDict())
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//! from collections import OrderedDict  # noqa
//! from collections import Counter, defaultdict
//!
//! # for the plot
//! import matplotlib.pyplot as plt
//! import pandas as pd
//! # %%
//! df = pd.DataFrame({"a": [1, 2]})
//! # %%
//! plt.plot(df.a)
//! # %%
//! print(Counter(df.a), defaultdict(list), OrderedDict())
//! ```
//!
//! ## Before
//! ### Below what prepares them, where imports stand there already
//! ```notebook client=plain
//! # %%
//! import os
//! os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
//! import tensorflow as tf
//! # %%
//! x = 1$0
//! # %%
//! import numpy as np
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import os
//! os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
//! import numpy as np
//! import tensorflow as tf
//! # %%
//! x = 1
//! # %%
//!
//! ```
//!
//! ## Before
//! ### Some stay
//! ```notebook
//! # %%
//! import sys
//! # %%
//! sys.path.append("..")
//! import helpers
//! import json$0
//! # %%
//! try:
//!     import torch
//! except ImportError:
//!     torch = None
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import json
//! import sys
//! # %%
//! sys.path.append("..")
//! import helpers
//! # %%
//! try:
//!     import torch
//! except ImportError:
//!     torch = None
//! ```
//!
//! ## Disabled
//! ### An install
//! ```notebook
//! # %%
//! import os
//! # %%
//! !pip install seaborn
//! # %%
//! import seaborn as sns$0
//! ```
//! > `import seaborn as sns` stays: `!pip install seaborn` in cell 2 installs something that it may need
//!
//! ## Disabled
//! ### The environment
//! ```notebook
//! # %%
//! import os
//! # %%
//! os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
//! # %%
//! import tensorflow as tf$0
//! ```
//! > in cell 2 sets the environment that it may read
//!
//! ## Disabled
//! ### A function that prepares
//! ```notebook
//! # %%
//! import warnings
//! def quiet():
//!     warnings.filterwarnings("ignore")
//! # %%
//! quiet()
//! # %%
//! import sklearn$0
//! ```
//! > `quiet()` in cell 2 decides which messages are shown
//!
//! ## Disabled
//! ### How plots are drawn
//! ```notebook
//! # %%
//! import matplotlib
//! matplotlib.use("Agg")
//! # %%
//! import matplotlib.pyplot as plt$0
//! ```
//! > `matplotlib.use("Agg")` in cell 1 chooses how plots are drawn
//!
//! ## Disabled
//! ### In `try`
//! ```notebook
//! # %%
//! import os
//! # %%
//! try:
//!     import cPickle as pickle$0
//! except ImportError:
//!     import pickle
//! ```
//! > `import cPickle as pickle` stays: it is made within `try`
//!
//! ## Disabled
//! ### A name that is another's
//! ```notebook
//! # %%
//! import numpy as np
//! # %%
//! np.zeros(3)
//! # %%
//! import jax.numpy as np$0
//! ```
//! > `np` is something else in cell 1
//!
//! ## Disabled
//! ### A name of Python's own
//! ```notebook
//! # %%
//! import os
//! # %%
//! pow(2, 3, 5)
//! # %%
//! from math import pow$0
//! ```
//! > cell 2 asks for `pow` before it is imported
//!
//! ## Disabled
//! ### A name of a star import
//! ```notebook
//! # %%
//! from math import *
//! # %%
//! sqrt(4)
//! # %%
//! from cmath import sqrt$0
//! ```
//! > cell 2 reads `sqrt`, which may come from `from math import *` in cell 1
//!
//! ## Disabled
//! ### A module that nobody knows, below code that runs
//! ```notebook
//! # %%
//! import numpy as np
//! # %%
//! x = np.random.rand()
//! # %%
//! import helpers$0
//! ```
//! > runs code, and what the module does when it is imported is not known
//!
//! ## Disabled
//! ### A result that it hides
//! ```notebook
//! # %%
//! import pandas as pd
//! # %%
//! pd.DataFrame()
//! import os$0
//! ```
//! > without it, cell 2 would show `pd.DataFrame()`
//!
//! ## Disabled
//! ### All names
//! ```notebook
//! # %%
//! import os
//! # %%
//! from math import *$0
//! ```
//! > it may bind any name
//!
//! ## Disabled
//! ### What changes how code is read
//! ```notebook
//! # %%
//! import os
//! # %%
//! from __future__ import annotations$0
//! ```
//! > it changes how the cells below it are read
//!
//! ## Disabled
//! ### In a function
//! ```notebook
//! # %%
//! import os
//! # %%
//! def load():
//!     import json$0
//!     return json
//! ```
//! > it is made when the function is called
//!
//! A block that is alone is sorted.
//!
//! ## Before
//! ```notebook argument="sort"
//! # %%
//! # what we need
//! import pandas as pd, sys$0
//! import os
//! x = 1
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! # what we need
//! import os
//! import sys
//!
//! import pandas as pd
//! x = 1
//! ```

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::StatementKind;
use crate::notebook::{CellIdx, Edit};
use crate::refactor::imports::gather::{self, Gathering, Left};
use crate::refactor::style;

pub const ACTION: Action = Action {
    name: "gather-imports",
    kinds: &["refactor.rewrite", "notebook.source.organizeImports"],
    offer,
    apply,
    source: "",
};

const RULE: &str = "import-outside-top";
/// Asks to sort the block, where nothing moves.
const SORT: &str = "sort";
/// Asks that an import of the cell be among those that move.
const HERE: &str = "here";

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some(plan) = gather::plan(&cx.all, cx.client.cell_structure) else {
        return Vec::new();
    };
    let repairs = cx
        .findings
        .iter()
        .any(|finding| finding.rule == RULE)
        .then_some(RULE);
    let mut offers = Vec::new();
    if !plan.moved.is_empty() {
        let count = match plan.moved.len() {
            1 => "import".to_owned(),
            more => format!("{more} imports"),
        };
        let moves_here = plan.moved.iter().any(|(cell, _)| *cell == cx.cell);
        let stay = match plan.left.len() {
            0 => String::new(),
            1 => " (1 stays)".to_owned(),
            more => format!(" ({more} stay)"),
        };
        offers.push(Offer {
            repairs: repairs.filter(|_| moves_here),
            preferred: repairs.is_some() && moves_here,
            ..Offer::new(format!("Gather {count} in {}{stay}", plan.target))
        });
    } else if !plan.edit.ops.is_empty() && (cx.cell == plan.target || cx.cell == CellIdx(0)) {
        offers.push(Offer {
            argument: Some(SORT.to_owned()),
            ..Offer::new(format!("Sort the imports of {}", plan.target))
        });
    }
    if let Some(reason) = why_it_stays(cx, &plan) {
        offers.push(Offer {
            disabled: Some(reason),
            repairs,
            ..Offer::new(format!("Gather this import in {}", plan.target))
        });
    }
    offers
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let plan = gather::plan(&cx.all, cx.client.cell_structure)
        .ok_or("no cell has imports that could be among others")?;
    let moves_here = plan.moved.iter().any(|(cell, _)| *cell == cx.cell);
    let is_done = match argument {
        Some(SORT) => plan.edit.ops.is_empty(),
        Some(HERE) => !moves_here,
        _ => plan.moved.is_empty(),
    };
    if is_done {
        return Err(match plan.left.iter().find(|left| left.cell == cx.cell) {
            Some(left) => sentence(left).into(),
            None => format!("the imports are in {} already", plan.target).into(),
        });
    }
    Ok(style::kept(cx, &plan.edit))
}

/// Why the import at the cursor, or the first of the cell, is not moved.
fn why_it_stays(cx: &ActionContext<'_>, plan: &Gathering) -> Option<String> {
    let of_cell = || plan.left.iter().filter(|left| left.cell == cx.cell);
    let touched = of_cell().find(|left| left.range.intersect(cx.range).is_some());
    touched
        .or_else(|| of_cell().next())
        .map(sentence)
        .or_else(|| in_function(cx))
}

fn sentence(left: &Left) -> String {
    format!("`{}` stays: {}", left.code, left.reason)
}

/// What is imported in a function is nobody's concern but the function's.
fn in_function(cx: &ActionContext<'_>) -> Option<String> {
    let text = &cx.all.notebook.cell(cx.cell)?.text;
    let at = cx.range.start().to_usize();
    let start = text.get(..at)?.rfind('\n').map_or(0, |found| found + 1);
    let line = text[start..].lines().next()?;
    let code = line.trim();
    let is_import = line.starts_with([' ', '\t'])
        && (code.starts_with("import ") || code.starts_with("from ") && code.contains(" import "));
    let facts = cx.all.facts(cx.cell);
    let is_in_definition = facts.statements.iter().any(|statement| {
        statement.kind == StatementKind::Definition
            && statement.range.contains_inclusive(cx.range.start())
    });
    (is_import && is_in_definition)
        .then(|| format!("`{code}` stays: it is made when the function is called"))
}
