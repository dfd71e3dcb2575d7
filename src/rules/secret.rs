//! A password, key or token in a cell or in its outputs.
//!
//! Whoever gets the notebook can use it, and so can whoever gets any commit that ever held it:
//! removing it from the cell is not enough, it has to be changed where it was issued.
//!
//! Found are the tokens of AWS, GitHub, GitLab, Slack, Google, OpenAI, Anthropic, Stripe, Azure storage, Databricks and
//! Hugging Face, private keys, JSON Web Tokens, passwords in connection strings, and what is given to a name such as
//! `password` or `api_key` and is too mixed to be a word. Lengths and checksums are verified where there are any.
//! What stands for a secret (`<your token>`, `xxxx`) is let pass. All cells are read, text and comments too,
//! and so are the texts in their outputs: what was printed, displayed, or stands in a traceback.
//!
//! No message repeats the secret, and where a line of source is shown it stands there as `••••`.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! db = connect(user="shop", password="not-4-real-one!")
//! #                                   ^^^^^^^^^^^^^^^ secret: holds a password
//! # %%
//! engine = create_engine("postgresql://shop:n0t-a-real-1@db.shop.net/orders")
//! #                                         ^^^^^^^^^^^^ secret: the password of a connection
//! ```
//!
//! ```ipynb
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "engine",
//!  "outputs": [{"output_type": "stream", "name": "stdout", "text": ["mysql://shop:n0t-a-real-1@db.net/a\n"]}]}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//! > secret: The output of cell 1 (In [1]) shows the password of a connection
//!
//! ## Clean
//! ```notebook
//! # %%
//! import os
//! from getpass import getpass
//!
//! password = os.environ["SHOP_DB_PASSWORD"]
//! token = getpass("Token: ")
//! # %%
//! api_key = "<your-api-key-1>"
//! url = f"postgresql://shop:{password}@db.shop.net/orders"
//! pad_token = "[PAD]"
//! ```
//!
//! ```ipynb
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "engine",
//!  "outputs": [{"output_type": "stream", "name": "stdout", "text": "mysql://shop:***@db.net/a\n"}]}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```

use crate::analysis::secrets;
use crate::notebook::Anchor;
use crate::refactor::environment;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity, outdated};

pub const RULE: Rule = Rule {
    name: "secret",
    group: Group::Version,
    severity: Severity::Error,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let cell = cx.all.cell_name(cx.index);
    let is_python = cx.cell.is_python(&cx.all.notebook.meta.language);
    for secret in secrets::find(&cx.cell.text) {
        let finding = Finding::new(
            RULE.name,
            Anchor::Range(cx.index, secret.range),
            format!(
                "{cell} holds {}: whoever gets the notebook, or any commit of it, can use it. \
                 Change it where it was issued, and read the new one from the environment.",
                secret.what
            ),
        );
        let replacement = environment::replacement(&cx.cell.text, secret.range);
        findings.push(match replacement {
            Ok(_) if is_python => finding.fix(Fix {
                action: "read-secret-from-environment",
                title: "Read the secret from the environment".into(),
                // Somebody has to set the variable.
                safety: Safety::Unsafe,
                argument: None,
            }),
            _ => finding,
        });
    }
    for what in &cx.cell.outputs.secrets {
        findings.push(Finding::new(
            RULE.name,
            Anchor::Cell(cx.index),
            format!(
                "The output of {cell} shows {what}: whoever gets the notebook, or any commit of it, can use it. \
                 Change it where it was issued, clear the output, and do not print it again.{}",
                outdated::note(cx.cell)
            ),
        )
        .fix(Fix {
            action: "clear-outputs",
            title: format!("Clear the outputs of {}", cx.index),
            // What they show may have taken hours.
            safety: Safety::Unsafe,
            argument: None,
        }));
    }
}
