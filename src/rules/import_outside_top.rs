//! An import further down than the notebook's imports.
//!
//! Whoever runs the notebook learns after minutes that a package is missing, and nobody sees at a glance what it needs.
//! Cells that install, set things up or only tell may stand above the imports, and several cells of imports
//! may follow each other.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import numpy as np
//! # %%
//! x = np.zeros(3)
//! # %%
//! import pandas as pd
//! #<^^^^^^^^^^^^^^^^^ import-outside-top: the imports of cell 1
//! df = pd.DataFrame(x)
//! from os import path
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! %pip install numpy==1.26
//! # %%
//! start = 3
//! # %%
//! import numpy as np
//! # %%
//! %matplotlib inline
//! # %% [markdown]
//! # more
//! # %%
//! import pandas as pd
//! # %%
//! x = 1
//! # %%
//! def f():
//!     import os
//! try:
//!     import torch
//! except ImportError:
//!     torch = None
//! ```

use crate::analysis::Facts;
use crate::analysis::facts::{Statement, StatementKind};
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{Check, Context, Finding, Fix, Group, Rule, Safety, Severity};
use crate::text::TextRange;

pub const RULE: Rule = Rule {
    name: "import-outside-top",
    group: Group::Structure,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

fn wakes(before: &Facts, after: &Facts) -> bool {
    fn imports(facts: &Facts) -> impl Iterator<Item = TextRange> {
        let statements = facts
            .statements
            .iter()
            .filter(|statement| is_import(statement));
        statements.map(|statement| statement.range)
    }
    has_other_code(before) != has_other_code(after) || imports(before).ne(imports(after))
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut first: Option<CellIdx> = None;
    let mut below = false;
    for (index, _) in cx.notebook.python_cells() {
        let facts = cx.facts(index);
        let import = facts
            .statements
            .iter()
            .find(|statement| is_import(statement));
        match (first, import) {
            (None, Some(_)) => {
                first = Some(index);
                below = has_other_code(facts);
            }
            (Some(first), Some(import)) if below => {
                let others = facts
                    .statements
                    .iter()
                    .filter(|statement| is_import(statement))
                    .count()
                    - 1;
                let what = match others {
                    0 => "This import".to_owned(),
                    1 => "This import and 1 more of the cell".to_owned(),
                    more => format!("This import and {more} more of the cell"),
                };
                let verb = if others == 0 { "stands" } else { "stand" };
                findings.push(Finding::new(
                    RULE.name,
                    Anchor::Range(index, import.range),
                    format!(
                        "{what} {verb} in {index}, below other code: a missing package shows only here, when the cells above have run. Move it to the imports of {first}."
                    ),
                ).fix(Fix {
                    action: "gather-imports",
                    title: format!("Gather the imports in {first}"),
                    safety: Safety::Safe,
                    argument: Some("here".to_owned()),
                }));
            }
            (Some(_), _) => below |= has_other_code(facts),
            (None, None) => {}
        }
    }
}

fn is_import(statement: &Statement) -> bool {
    statement.kind == StatementKind::Import
}

fn has_other_code(facts: &Facts) -> bool {
    let heads = [StatementKind::Import, StatementKind::Magic];
    facts
        .statements
        .iter()
        .any(|statement| !heads.contains(&statement.kind))
}
