//! An installation that may go elsewhere, or brings another version every month.
//!
//! `!pip` and `!conda` ask the shell, and the first one on its path may belong to another Python than the kernel: the
//! installation succeeds, and the import still fails. `%pip` and `%conda` install where the kernel looks. A package
//! without a version is whatever is newest on the day: the notebook runs today and not in a year. Where there is a
//! requirements file, installing from it is not reported. On Colab `!pip` is the kernel's own.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! !pip install pandas==2.1.0
//! #<^^^^^^^^^^^^^^^^^^^^^^^^ install-in-notebook: may belong to another Python than the kernel
//! # %%
//! %pip install pandas numpy==1.26
//! #<^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ install-in-notebook: whatever version of `pandas` is newest
//! # %%
//! %%bash
//! conda install gdal
//! #<^^^^^^^^^^^^^^^^ install-in-notebook: `%conda install`
//! ```
//!
//! ```notebook home=colab
//! # %%
//! !pip install pandas
//! #<^^^^^^^^^^^^^^^^^ install-in-notebook: whatever version of `pandas` is newest
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! %pip install pandas==2.1.0
//! %pip install -r requirements.txt
//! # !pip install pandas
//! import sys
//! !{sys.executable} -m pip install "pandas<3" -e .
//! !pip list
//! ```

use crate::analysis::facts::{Magic, MagicKind};
use crate::analysis::known::installs::{self, Install};
use crate::analysis::source::size;
use crate::notebook::{Anchor, Home};
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};
use crate::text::{TextRange, TextSize};

pub const RULE: Rule = Rule {
    name: "install-in-notebook",
    group: Group::Portable,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for magic in &cx.facts.magics {
        match (magic.kind, &*magic.name) {
            (MagicKind::Shell, _) => {
                let Some(install) = installs::install(&magic.argument) else {
                    continue;
                };
                let asks_shell = !install.own_python && cx.all.notebook.meta.home != Home::Colab;
                if let Some(finding) = judge(cx, magic.range, &install, asks_shell) {
                    findings.push(with_repair(cx, magic, &install, asks_shell, finding));
                }
            }
            (MagicKind::Line, "pip" | "conda" | "mamba") => {
                let line = format!("{} {}", magic.name, magic.argument);
                if let Some(install) = installs::install(&line) {
                    findings.extend(judge(cx, magic.range, &install, false));
                }
            }
            (MagicKind::Cell, "bash" | "sh" | "system" | "!") => {
                let body = magic.range.end().to_usize();
                let text = cx.cell.text.get(body..).unwrap_or_default();
                for line in text.lines() {
                    if let Some(install) = installs::install(line) {
                        let at = body + (line.as_ptr() as usize - text.as_ptr() as usize);
                        let range = TextRange::at(size(at), TextSize::of(line));
                        findings.extend(judge(cx, range, &install, true));
                    }
                }
            }
            _ => {}
        }
    }
}

fn judge(
    cx: &CellContext<'_>,
    range: TextRange,
    install: &Install<'_>,
    asks_shell: bool,
) -> Option<Finding> {
    let tool = install.tool;
    let message = if asks_shell {
        format!(
            "The {tool} that a shell finds may belong to another Python than the kernel: it installs, and the import still fails. Write `%{tool} install`, or name the package in requirements.txt."
        )
    } else if let Some((first, rest)) = install.unpinned.split_first() {
        let others = match rest.len() {
            0 => String::new(),
            1 => " and 1 other".to_owned(),
            more => format!(" and {more} others"),
        };
        format!(
            "{} installs whatever version of `{first}`{others} is newest on the day it runs: it will stop working without anybody having changed it. Say the version, or install from a requirements.txt.",
            cx.index
        )
    } else {
        return None;
    };
    Some(Finding::new(
        RULE.name,
        Anchor::Range(cx.index, range),
        message,
    ))
}

fn with_repair(
    cx: &CellContext<'_>,
    magic: &Magic,
    install: &Install<'_>,
    asks_shell: bool,
    finding: Finding,
) -> Finding {
    let text = &cx.cell.text;
    if !asks_shell || install.magic_in(text, magic.range).is_none() {
        return finding;
    }
    finding.fix(Fix {
        action: "use-pip-magic",
        title: format!("Install where the kernel looks: `%{}`", install.tool),
        safety: Safety::Safe,
        argument: None,
    })
}
