//! A branch on where the code runs.
//!
//! `if ENV == "prod":` and its like give production a path of its own that nobody has run before it runs there, and
//! nothing can test. Let the environment bring values (a path, a table, a limit), read in one place, and run the
//! same statements everywhere.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import os
//! ENV = os.environ.get("ENV", "dev")
//! if ENV == "prod":
//! #  ^^^^^^^^^^^^^ environment-toggle: has never run before it runs there
//!     table = "sales"
//! limit = None if os.environ["STAGE"] in ("prod", "live") else 100
//! #               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ environment-toggle
//! # %%
//! IS_PROD = True
//! if not IS_PROD and limit:
//! #      ^^^^^^^ environment-toggle
//!     print(limit)
//! ```
//!
//! ```notebook home=databricks
//! # %%
//! if dbutils.widgets.get("env").lower() == "dev":
//! #  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ environment-toggle
//!     spark.sql("drop table x")
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! import os
//! table = os.environ["TABLE"]
//! env = {"state": 3}
//! mode = "test"
//! if mode == "test" or env == table:
//!     print(table)
//! ```

use crate::analysis::facts::RemarkKind;
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "environment-toggle",
    group: Group::Test,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for range in cx.facts.remarks_of(RemarkKind::Toggle) {
        findings.push(Finding::new(
            RULE.name,
            Anchor::Range(cx.index, range),
            format!(
                "{} does something else in another environment: what it does in production has never run before it runs there. Let the environment bring values, and run the same statements everywhere.",
                cx.index
            ),
        ));
    }
}
