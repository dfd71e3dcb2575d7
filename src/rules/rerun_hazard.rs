//! A cell that gives another result when it is run twice.
//!
//! It changes what another cell made by what it was: the second run finds the result of the first.
//! Notebooks are worked on by running cells again, so the outputs soon are those of no run from the top.
//! What gives the same again is not reported: sorting, filling, converting, `df["a"] = df["b"] * 2`,
//! adding to a set, normalising by a statistic of the same values, the first piece of a text, the sums of groups,
//! what stands below an `if` that asks for the name, and whatever the cell made itself.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! total, seen, df = 0, [], load()
//! # %%
//! total += 1
//! #<^^^ rerun-hazard: `total` of cell 1 is computed from itself
//! seen.append(total)
//! #<^^ rerun-hazard: each run of this cell calls `append` again
//! df["a"] = df["a"] / 255
//! #<^^^^^ rerun-hazard: `df["a"]` of cell 1 is computed from itself
//! ```
//!
//! ```notebook
//! # %%
//! df, prices = load(), load()
//! # %%
//! df = df[df.a > 0]
//! #< rerun-hazard: it sees only what was left
//! prices.drop("tax", axis=1, inplace=True)
//! #<^^^^ rerun-hazard: does not find what the first one took
//! ```
//!
//! ### A statistic that does not follow the values
//! ```notebook
//! # %%
//! x, y, z = load(), load(), load()
//! # %%
//! x -= x.std()
//! #| rerun-hazard: `x` of cell 1 is computed from itself
//! y = (y - y.mean()) / y.max()
//! #| rerun-hazard: `y` of cell 1 is computed from itself
//! z = z / z.mean() - 1
//! #| rerun-hazard: `z` of cell 1 is computed from itself
//! ```
//!
//! ### Other pieces, other groups
//! ```notebook
//! # %%
//! name, df, counts, long = load(), load(), load(), load()
//! # %%
//! name = name.rsplit(".", 1)[0]
//! #<^^ rerun-hazard: `name` of cell 1 loses a part
//! df = df.drop(df.index[0])
//! #< rerun-hazard: `df` of cell 1 loses a part
//! counts = counts.groupby("day").count()
//! #<^^^^ rerun-hazard: `counts` of cell 1 is computed from itself
//! long = long.iloc[2:]
//! #<^^ rerun-hazard: `long` of cell 1 loses a part
//! ```
//!
//! ## Clean
//! ### Normalised
//! ```notebook
//! # %%
//! import numpy as np
//! w, x, y, z, df = load(), load(), load(), load(), load()
//! # %%
//! w /= w.sum()
//! x -= x.mean(axis=0)
//! y = (y - y.mean()) / (y.std() + 1e-8)
//! z = 2 * (z - z.min()) / (z.max() - z.min()) - 1
//! df["a"] /= np.linalg.norm(df["a"])
//! df["b"] = df["b"] - df.groupby("day")["b"].transform("mean")
//! df["c"] = df["c"].sub(df["c"].median())
//! ```
//!
//! ### What is there the second time
//! ```notebook
//! # %%
//! import pandas as pd
//! name, df, days, last, kinds, sums = load(), load(), load(), load(), load(), load()
//! # %%
//! name = name.split(".")[0]
//! df["Cabin"] = df["Cabin"].str[0]
//! df["part"] = df["part"].str.split("-").str[-1]
//! days = days.loc["2020-01-02":]
//! last = last[-5:]
//! kinds = pd.get_dummies(kinds.explode("kind"))
//! sums = sums.groupby("day").agg({"a": "sum"}).reset_index()
//! ```
//!
//! ```notebook
//! # %%
//! df, x, rows, names = load(), load(), load(), {"a"}
//! # %%
//! if "a" in df.columns:
//!     df = df.drop("a", axis=1)
//! x = x * (x > 0)
//! old = rows[rows.age > 99].index
//! rows = rows.drop(old)
//! names = names - {"a"}
//! ```
//!
//! ```notebook
//! # %%
//! import pandas as pd
//! df, names, seen = load(), ["b", "a"], set()
//! # %%
//! total = 0
//! total += 1
//! df = df.dropna().rename(columns={"A": "a"}).reset_index(drop=True)
//! df["a"] = df["b"] * 2
//! df["a"] = df["a"] + 1
//! df.loc[df.b < 1, "b"] *= 100
//! df["when"] = pd.to_datetime(df["when"])
//! positive = df[df.a > 0]
//! names = sorted(names)
//! names.sort()
//! seen.add("a")
//! rows = []
//! for name in names:
//!     rows.append(name)
//! ```

use crate::analysis::facts::{Again, BindingKind, Repeat, Value};
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "rerun-hazard",
    group: Group::State,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for (position, repeat) in cx.facts.repeats.iter().enumerate() {
        let reported = &cx.facts.repeats[..position];
        if reported.iter().any(|other| other.name == repeat.name) {
            continue;
        }
        let Some(maker) = maker(cx, repeat) else {
            continue;
        };
        let name = &repeat.name;
        let subject = match &cx.cell.text[repeat.range] {
            long if long.contains('\n') => name.as_str(),
            short => short,
        };
        let message = match &repeat.again {
            Again::Recomputed => format!(
                "`{subject}` of {maker} is computed from itself: each run of this cell does it once more. Bind the result to a new name, or move this to where `{name}` is made."
            ),
            Again::Narrowed => format!(
                "`{subject}` of {maker} is replaced by a part of itself: when this cell is edited and run again, it sees only what was left. Bind the result to a new name."
            ),
            Again::Consumed => format!(
                "`{subject}` of {maker} loses a part here: the second run of this cell does not find what the first one took. Bind the result to a new name, or move this to where `{name}` is made."
            ),
            Again::Grown(method) => format!(
                "`{subject}` of {maker} is changed in place: each run of this cell calls `{method}` again on what the last one left. Make `{name}` in this cell."
            ),
        };
        let finding = Finding::new(RULE.name, Anchor::Range(cx.index, repeat.range), message)
            .related(Anchor::Cell(maker), format!("`{name}` is made here"));
        // `df = df[df.a > 0]` can go by another name; `df["a"] *= 2` changes the object that others hold.
        let rebinds = subject == name.as_str()
            && matches!(
                repeat.again,
                Again::Recomputed | Again::Narrowed | Again::Consumed
            )
            && cx
                .facts
                .bindings
                .iter()
                .any(|binding| binding.range == repeat.range);
        findings.push(if rebinds {
            finding.fix(Fix::rename(name, cx.index))
        } else {
            finding
        });
    }
}

/// The cell above that made the object, if it made one.
fn maker(cx: &CellContext<'_>, repeat: &Repeat) -> Option<CellIdx> {
    let source = cx
        .all
        .link
        .sources(cx.index)
        .iter()
        .rfind(|source| source.name == repeat.name)?;
    let facts = cx.all.facts(source.cell);
    let kind = &facts.binding(facts.exit(&repeat.name)?).kind;
    // `sys.path.append`: what belongs to a module is another matter.
    if kind.is_import() || kind.is_definition() {
        return None;
    }
    // A value that is shown is a new one: `df.append(row)` of pandas, at the end of a cell.
    let is_shown = matches!(repeat.again, Again::Grown(_))
        && cx
            .facts
            .trailing
            .is_some_and(|trailing| trailing.range.contains_range(repeat.range))
        && !matches!(kind, BindingKind::Value(Value::Literal | Value::Constant));
    (!is_shown).then_some(source.cell)
}
