//! An import of a package that no file of the project names.
//!
//! Who installs the project from its files gets an `ImportError`, or a version that another package happens to bring.
//! Where requirements files, pyproject.toml, environment.yml or setup.cfg name what the project needs, a package that
//! the notebook imports belongs there. Nothing is reported where a file computes what it names (setup.py) or cannot be
//! read, of modules that Cellwise does not know the package of, of imports that may fail, and on Colab and Databricks,
//! which bring packages of their own.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import os
//! import pandas as pd
//! from sklearn.linear_model import Ridge
//! #                                ^^^^^ undeclared-dependency: no file of the project names `scikit-learn`
//! # %%
//! import sklearn
//! ```
//!
//! ```text file=requirements.txt
//! Pandas >= 2  # tables
//! ```
//!
//! ```notebook
//! # %%
//! import torch, yaml, cv2
//! #                   ^^^ undeclared-dependency: opencv-python
//! ```
//!
//! ```toml file=pyproject.toml
//! [project]
//! name = "prices"
//! dependencies = ["torch>=2"]
//! optional-dependencies.files = ["PyYAML"]
//! ```
//!
//! ```notebook
//! # %%
//! import torch, yaml, cv2
//! #             ^^^^ undeclared-dependency: pyyaml
//! ```
//!
//! ```yaml file=environment.yml
//! channels: [conda-forge]
//! dependencies:
//!   - python=3.12
//!   - conda-forge::pytorch>=2
//!   - pip
//!   - pip:
//!     - opencv-python-headless==4.10
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! %pip install seaborn
//! import helpers, nobodys_package
//! import seaborn as sns
//! try:
//!     import cupy
//! except ImportError:
//!     cupy = None
//! # %%
//! from PIL import Image
//! from tqdm.auto import tqdm
//! ```
//!
//! ```text file=requirements.txt
//! -r more.txt
//! pillow
//! ```
//!
//! ```text file=more.txt
//! tqdm==4.66 --hash=sha256:1
//! ```
//!
//! No file names anything, or not all of it can be told:
//!
//! ```notebook
//! # %%
//! import pandas
//! ```
//!
//! ```notebook
//! # %%
//! import pandas
//! ```
//!
//! ```text file=requirements.txt
//! -r of-another-repository.txt
//! ```
//!
//! ```notebook
//! # %%
//! import pandas
//! ```
//!
//! ```toml file=pyproject.toml
//! [project]
//! name = "prices"
//! dependencies = []
//! dynamic = ["optional-dependencies"]
//! ```
//!
//! ```notebook
//! # %%
//! import pandas
//! ```
//!
//! ```text file=requirements-dev.txt
//! pytest
//! ```

use rustc_hash::FxHashSet;

use crate::analysis::Facts;
use crate::analysis::facts::{Binding, BindingKind, MagicKind, StatementKind};
use crate::notebook::{Anchor, Home};
use crate::rule::{Check, Context, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "undeclared-dependency",
    group: Group::Portable,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

fn wakes(before: &Facts, after: &Facts) -> bool {
    before.magics != after.magics || imports(before).ne(imports(after))
}

/// The modules that the cell imports, apart from those in a `try` or an `if`, which may be missing.
fn imports(facts: &Facts) -> impl Iterator<Item = (&str, &Binding)> {
    facts.bindings.iter().filter_map(|binding| {
        let statement = facts.statements.get(binding.statement as usize)?;
        match &binding.kind {
            BindingKind::Import { module, .. } if statement.kind == StatementKind::Import => {
                Some((module.as_str(), binding))
            }
            _ => None,
        }
    })
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(file) = &cx.dependencies.file else {
        return;
    };
    if !matches!(
        cx.notebook.meta.home,
        Home::Jupyter | Home::Quarto | Home::Marimo
    ) {
        return;
    }
    let mut told = FxHashSet::default();
    for (index, _) in cx.notebook.python_cells() {
        for (module, binding) in imports(cx.facts(index)) {
            let Some(distribution) = cx.dependencies.lacking(module) else {
                continue;
            };
            if !told.insert(distribution) || installs(cx, distribution) {
                continue;
            }
            let message = format!(
                "{index} imports `{module}`, and no file of the project names `{distribution}`: where the project is installed from its files, the import fails or finds any version. Name it in {file}."
            );
            let anchor = Anchor::Range(index, binding.range);
            findings.push(Finding::new(RULE.name, anchor, message).fix(Fix {
                action: "declare-dependency",
                title: format!("Name `{distribution}` in {file}"),
                safety: Safety::Unsafe,
                argument: Some(distribution.to_owned()),
            }));
        }
    }
}

/// Whether a cell says that it installs the distribution.
fn installs(cx: &Context<'_>, distribution: &str) -> bool {
    cx.notebook.python_cells().any(|(index, cell)| {
        let magics = &cx.facts(index).magics;
        let is_install =
            |text: &str| text.contains("install") && text.to_lowercase().contains(distribution);
        let in_lines = magics
            .iter()
            .any(|magic| is_install(&cell.text[magic.range]));
        let in_script =
            magics.iter().any(|magic| magic.kind == MagicKind::Cell) && is_install(&cell.text);
        in_lines || in_script
    })
}
