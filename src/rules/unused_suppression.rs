//! A suppression that suppresses nothing.
//!
//! `# cellwise: ignore[rule]` silences a rule where a person knows better. When the finding is gone,
//! what is left of it hides the next one in the same place. The same is said of a suppression that names
//! no rule, and of `ignore-cell` below the code of its cell, where it does nothing.
//! A suppression for a rule that does not run is left alone, and so is the tag `cellwise-ignore`.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! x = 1  # cellwise: ignore[empty-cell]
//! #                         ^^^^^^^^^^ unused-suppression: there is no `empty-cell` on this line
//! # %%
//! y = 2  # cellwise: ignore
//! #      ^^^^^^^^^^^^^^^^^^ unused-suppression: there is no finding on this line
//! # %%
//! z = 3  # cellwise: ignore[emty-cell]
//! #                         ^^^^^^^^^ unused-suppression: did you mean `empty-cell`?
//! # cellwise: ignore-cell
//! #<^^^^^^^^^^^^^^^^^^^^^ unused-suppression: put it on the first line
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! # cellwise: ignore-cell[unused-suppression]
//! y = 2  # cellwise: ignore[empty-cell]
//! # %%
//! z = "# cellwise: ignore"
//! ```

use crate::rule::{Check, Group, Rule, Severity};
use crate::suppress;

pub const RULE: Rule = Rule {
    name: suppress::RULE_NAME,
    group: Group::Structure,
    severity: Severity::Hint,
    on_by_default: true,
    // What is unused is known only when all other rules of the cell have run: `suppress::apply_to_cell` tells it.
    check: Check::Cell(|_, _| ()),
    source: "",
};
