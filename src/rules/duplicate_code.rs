//! The same statements again, up to names and literals.
//!
//! What is mended in one copy is forgotten in the other, and somebody who reads both has to find out how they differ.
//! At least four statements that do something must be the same, with names exchanged one for one. Imports, constants,
//! prints and the dressing of plots do not count, and rows of like statements are tables rather than copies.
//!
//! The finding stands at the second place in a notebook, and names the others. Where several notebooks are checked, and in an
//! editor, what other notebooks and `# %%` scripts of the project hold is found, too. Of a notebook that is a copy of another
//! as a whole, this is said once, at its first cell.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! train = load("train.csv")
//! train = train.dropna()
//! train["ratio"] = train["price"] / train["area"]
//! train = train[train["ratio"] < 9.5]
//! # %%
//! test = load("test.csv")
//! #<^^^^^^^^^^^^^^^^^^^^^ duplicate-code: This passage of 4 lines repeats cell 1
//! test = test.dropna()
//! test["ratio"] = test["price"] / test["area"]
//! test = test[test["ratio"] < 8]
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! import matplotlib.pyplot as plt
//! plt.figure(figsize=(8, 4))
//! plt.plot(xs, ys)
//! plt.title("Prices")
//! plt.xlabel("Year")
//! plt.show()
//! # %%
//! plt.figure(figsize=(8, 4))
//! plt.plot(us, vs)
//! plt.title("Rents")
//! plt.xlabel("Month")
//! plt.show()
//! # %%
//! df["a"] = clean(df["a"], limit=3)
//! df["b"] = clean(df["b"], limit=4)
//! df["c"] = clean(df["c"], limit=5)
//! df["d"] = clean(df["d"], limit=6)
//! # %%
//! df["e"] = clean(df["e"], limit=3)
//! df["f"] = clean(df["f"], limit=4)
//! df["g"] = clean(df["g"], limit=5)
//! df["h"] = clean(df["h"], limit=6)
//! ```

use crate::analysis::clones::{self, Place};
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};
use crate::text::{LineIndex, TextRange};

pub const RULE: Rule = Rule {
    name: "duplicate-code",
    group: Group::Structure,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

/// How many places a message names besides the first.
const MOST_NAMED: usize = 2;

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for repetition in clones::in_notebook(cx.all.link, cx.index) {
        let others = &repetition.others;
        let first = &others[0];
        let named: Vec<String> = others
            .iter()
            .take(1 + MOST_NAMED)
            .map(|other| name(cx, other))
            .collect();
        let more = others.len() - named.len();
        let tail = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let mut finding = Finding::new(
            RULE.name,
            Anchor::Range(cx.index, repetition.range),
            format!(
                "{} repeats {}{tail}, up to names and literals: what is mended in one will be forgotten in the other. Make them one function.",
                lines(cx, repetition.range),
                named.join(", "),
            ),
        );
        for other in others {
            let message = if other == first {
                "first here"
            } else {
                "and here"
            };
            finding = finding.related(Anchor::Range(other.cell, other.range), message);
        }
        if repetition.is_at_top {
            finding = finding.fix(Fix {
                action: "extract-duplicate",
                title: "Extract the repeated code to one function".into(),
                safety: Safety::Unsafe,
                argument: None,
            });
        }
        findings.push(finding);
    }
    in_other_files(cx, findings);
    copies(cx, findings);
}

fn in_other_files(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for elsewhere in cx.all.clones.elsewhere(cx.all.link, cx.index) {
        let anchor = Anchor::Range(cx.index, elsewhere.range);
        let is_told = |known: &Finding| {
            known
                .anchor
                .range_in(&cx.cell.text)
                .contains_range(elsewhere.range)
        };
        if findings
            .iter()
            .any(|known| known.rule == RULE.name && is_told(known))
        {
            continue;
        }
        let named: Vec<String> = elsewhere
            .files
            .iter()
            .map(|(file, cell)| format!("{cell} of {file}"))
            .collect();
        let more = match elsewhere.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        findings.push(Finding::new(
            RULE.name,
            anchor,
            format!(
                "{} stands in {}{more}, too, up to names and literals: what is mended in one will be forgotten in the other. Move it to a module that both import.",
                lines(cx, elsewhere.range),
                named.join(" and "),
            ),
        ));
    }
}

/// Notebooks that hold most of what this one holds.
fn copies(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let copies = &cx.all.clones.copies;
    let Some((first, shared)) = copies.first() else {
        return;
    };
    let first_cell = cx.all.notebook.python_cells().next().map(|(cell, _)| cell);
    if first_cell != Some(cx.index) {
        return;
    }
    let more = match copies.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    findings.push(Finding::new(
        RULE.name,
        Anchor::Cell(cx.index),
        format!(
            "Most of this notebook ({shared} passages) stands in {first}{more}, too, up to names and literals: what is mended in one will be forgotten in the other. Keep one, or move what they share to a module.",
        ),
    ));
}

/// "cell 7", or where in this very cell.
fn name(cx: &CellContext<'_>, place: &Place) -> String {
    if place.cell != cx.index {
        // Without the count: this is about texts, and a run must not change what is said of them.
        return place.cell.to_string();
    }
    let (first, last) = first_and_last_line(cx, place.range);
    format!("lines {first} to {last} of this cell")
}

fn lines(cx: &CellContext<'_>, range: TextRange) -> String {
    let (first, last) = first_and_last_line(cx, range);
    match last - first {
        0 => "This line".to_owned(),
        more => format!("This passage of {} lines", more + 1),
    }
}

/// 1-based.
fn first_and_last_line(cx: &CellContext<'_>, range: TextRange) -> (u32, u32) {
    let lines = LineIndex::new(&cx.cell.text);
    (
        lines.line_of(range.start()) + 1,
        lines.line_of(range.end()) + 1,
    )
}
