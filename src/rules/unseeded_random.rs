//! Random numbers whose generator the notebook never seeds.
//!
//! Every run gives other numbers: nobody can tell a change of the code from a change of luck, and every run
//! changes every output in version control. One finding for each generator, at its first use: numpy's
//! global one, those that `default_rng()` and `RandomState()` make, `random`, PyTorch, TensorFlow and Keras, and
//! scikit-learn's estimators and splitters without `random_state`.
//! A call of anything named like a seed, `set_seed(1)`, seeds all of them.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import random
//! import numpy as np
//! from sklearn.model_selection import train_test_split
//! # %%
//! x = np.random.rand(3)
//! #   ^^^^^^^^^^^^^^ unseeded-random: draws from numpy's global generator
//! y = np.random.rand(3)
//! rng = np.random.default_rng()
//! #     ^^^^^^^^^^^^^^^^^^^^^ unseeded-random: makes a generator that starts anywhere
//! random.shuffle(x)
//! #<^^^^^^^^^^^^ unseeded-random: `random.seed(0)`
//! # %%
//! train, test = train_test_split(x)
//! #             ^^^^^^^^^^^^^^^^ unseeded-random: `random_state=0`
//! ```
//!
//! ```notebook
//! # %%
//! import torch
//! from torch import nn
//! def model():
//!     return nn.Linear(2, 1)
//! #          ^^^^^^^^^ unseeded-random: `torch.manual_seed(0)`
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! import numpy as np
//! from sklearn.cluster import KMeans
//! from sklearn.model_selection import KFold, train_test_split
//! # %%
//! np.random.seed(1)
//! x = np.random.rand(3)
//! rng = np.random.default_rng(seed=1)
//! y = rng.normal(3)
//! KMeans(2).fit(x)
//! # %%
//! KFold(5)
//! ```
//!
//! ```notebook
//! # %%
//! import random
//! from helpers import seed_everything
//! seed_everything(1)
//! random.random()
//! ```

use crate::analysis::Facts;
use crate::analysis::facts::Exit;
use crate::analysis::known::randomness::{self, Family};
use crate::notebook::Anchor;
use crate::rule::{Check, Context, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "unseeded-random",
    group: Group::State,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// Whether the cell draws or seeds otherwise than before, or binds other names: one of them may be what others draw with.
fn wakes(before: &Facts, after: &Facts) -> bool {
    let import = |facts: &Facts, exit: &Exit| {
        let kind = &facts.binding(exit).kind;
        kind.is_import().then(|| kind.clone())
    };
    let binds_the_same = before.exits.len() == after.exits.len()
        && before
            .exits
            .iter()
            .zip(&after.exits)
            .all(|((name, was), (other, is))| {
                name == other && import(before, was) == import(after, is)
            });
    before.randoms != after.randoms || !binds_the_same
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for draw in randomness::unseeded(cx.link) {
        let Some(cell) = cx.notebook.cell(draw.cell) else {
            continue;
        };
        let text = &cell.text[draw.call.function];
        let why = match draw.family {
            Family::Generator => "makes a generator that starts anywhere",
            Family::Numpy | Family::Sklearn => {
                "draws from numpy's global generator, which nothing here seeds"
            }
            Family::Python => "draws from the generator of `random`, which nothing here seeds",
            Family::Torch => "draws from PyTorch's generator, which nothing here seeds",
            Family::Tensorflow => "draws from TensorFlow's generator, which nothing here seeds",
        };
        let title = match draw.family {
            Family::Generator => format!("Seed it: `{text}(0)`"),
            Family::Sklearn => "Give scikit-learn's random calls `random_state=0`".to_owned(),
            _ => format!("Add `{}` below the imports", draw.seed(cx.link).statement),
        };
        let advice = match draw.family {
            Family::Sklearn => "Give it `random_state=0`",
            _ => title.as_str(),
        };
        findings.push(
            Finding::new(
                RULE.name,
                Anchor::Range(draw.cell, draw.call.function),
                format!("`{text}` {why}: every run gives other numbers. {advice}."),
            )
            .fix(Fix {
                action: "insert-seed",
                title,
                // The numbers will be others than those on the page.
                safety: Safety::Unsafe,
                argument: None,
            }),
        );
    }
}
