//! Notebooks and scripts that are run to get at what they define.
//!
//! After `%run helpers.ipynb` names are there that no import mentions: who reads the notebook cannot tell where they come
//! from, an editor cannot follow them, and whatever else the other file does is done again, too. A module says
//! what it gives, and is run once. The same goes for `import_ipynb`, which makes modules of notebooks, and for
//! `dbutils.notebook.run`, which gives back one string from a session that no debugger enters.
//!
//! `%run -m package`, and runs that are timed, profiled or debugged (`-t`, `-p`, `-d`), are no modularity, and fine. Nothing is said either
//! where the file is not the project's, or is known only when the notebook runs.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import import_ipynb
//! #      ^^^^^^^^^^^^ notebook-run: move what other notebooks need to a `.py` module
//! import helpers
//! # %%
//! %run ../shared/helpers.ipynb
//! #<^^^^^^^^^^^^^^^^^^^^^^^^^^ notebook-run: `../shared/helpers.ipynb`
//! # %%
//! %run -i "my setup.py" --fast
//! #<^^^^^^^^^^^^^^^^^^^^^^^^^^ notebook-run: `my setup.py`
//! ```
//!
//! ## Flagged
//! ### Databricks
//! ```notebook home=databricks
//! # %%
//! %run /Shared/setup $env="test"
//! #<^^^^^^^^^^^^^^^^^^^^^^^^^^^^ notebook-run: `/Shared/setup`
//! # %%
//! dbutils.notebook.run("./load", 600)
//! #<^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ notebook-run: `./load`
//! for name in names:
//!     dbutils.notebook.run(name, 600)
//! #   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ notebook-run: another notebook
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! from helpers import clean
//! # %%
//! %run -m pytest
//! # %%
//! %run -t slow.py
//! # %%
//! %run /usr/share/demo.py
//! # %%
//! %run {script}
//! # %%
//! %run ./list_files.ipy
//! # %%
//! %run
//! ```

use crate::analysis::facts::{BindingKind, MagicKind, RemarkKind};
use crate::analysis::run_line::{RunLine, path_in_call};
use crate::notebook::{Anchor, Home};
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};
use crate::text::TextRange;

pub const RULE: Rule = Rule {
    name: "notebook-run",
    group: Group::Structure,
    severity: Severity::Warning,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let mut report = |range: TextRange, message: String| {
        findings.push(Finding::new(
            RULE.name,
            Anchor::Range(cx.index, range),
            message,
        ));
    };
    for magic in &cx.facts.magics {
        if magic.kind != MagicKind::Line || &*magic.name != "run" {
            continue;
        }
        let line = RunLine::new(&magic.argument);
        if let Some(target) = line
            .target
            .filter(|path| line.only_runs && is_own(cx, path))
        {
            let kind = if target.ends_with(".py") {
                "script"
            } else {
                "notebook"
            };
            report(
                magic.range,
                format!(
                    "{} runs the {kind} `{target}` for the names it leaves behind: nothing here says which, and all else that it does is done again. Put its definitions into a module, and import what is used.",
                    cx.index
                ),
            );
        }
    }
    for range in cx.facts.remarks_of(RemarkKind::NotebookRun) {
        let what = path_in_call(&cx.cell.text[range]).map_or_else(
            || "another notebook".to_owned(),
            |path| format!("the notebook `{path}`"),
        );
        report(
            range,
            format!(
                "{} runs {what} in a session of its own: only a string comes back, and no test or debugger gets in. Put its work into a function of a module, and call that.",
                cx.index
            ),
        );
    }
    for binding in &cx.facts.bindings {
        if let BindingKind::Import { module, .. } = &binding.kind
            && matches!(module.as_str(), "import_ipynb" | "nbimporter")
        {
            report(
                binding.range,
                format!(
                    "With `{module}` an import runs a whole notebook, and works only where the package is installed: move what other notebooks need to a `.py` module."
                ),
            );
        }
    }
}

/// Whether the path names a file that may be the project's and could be a module.
fn is_own(cx: &CellContext<'_>, path: &str) -> bool {
    if path.contains(['$', '{']) {
        return false;
    }
    // On Databricks, paths start at the workspace, and go without an extension.
    if cx.all.notebook.meta.home == Home::Databricks {
        return true;
    }
    let is_elsewhere = path.starts_with(['/', '~', '\\']) || path.contains(':');
    !is_elsewhere && (path.ends_with(".py") || path.ends_with(".ipynb"))
}
