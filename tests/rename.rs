//! Renaming a variable: every place that names it and no other, or a reason. On real notebooks a new name
//! and the old one again give the same bytes, and in between the same findings.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "these tests read real notebooks")]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cellwise::analysis::facts::Binding;
use cellwise::analysis::occurrences::{Kind, Owner};
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::format::{self, percent};
use cellwise::notebook::{CellIdx, Notebook};
use cellwise::refactor::rename;
use cellwise::text::TextSize;
use cellwise::view::variable;

fn analysis(notebook: Notebook) -> Analysis {
    Analysis::new(notebook, Arc::new(Config::default()))
}

/// Renames the name at `$0` of a script in percent format; gives the texts of its cells, or the reason.
fn renamed(script: &str, new: &str) -> Result<Vec<String>, String> {
    let mut notebook = percent::parse(script);
    let mut at = None;
    for (index, cell) in notebook.cells.iter_mut().enumerate() {
        if let Some(place) = cell.text.find("$0") {
            at = Some((
                CellIdx::new(index),
                TextSize::new(u32::try_from(place).unwrap()),
            ));
            let mut own = cell.as_ref().clone();
            own.text = own.text.replace("$0", "").into();
            *cell = Arc::new(own);
        }
    }
    let (cell, offset) = at.expect("a cursor");
    let analysis = analysis(notebook);
    let edit = rename::rename(&analysis, cell, offset, new).map_err(|refusal| refusal.0)?;
    let after = edit.apply(analysis.notebook());
    Ok(after
        .cells
        .iter()
        .map(|cell| cell.text.to_string())
        .collect())
}

fn becomes(script: &str, cells: &[&str]) {
    assert_eq!(
        renamed(script, "new"),
        Ok(cells.iter().map(ToString::to_string).collect()),
        "{script}"
    );
}

fn is_refused(script: &str, new: &str, reason: &str) {
    let refusal = renamed(script, new).expect_err(script);
    assert!(refusal.contains(reason), "{script}: {refusal}");
}

#[test]
fn all_cells_follow() {
    becomes(
        "# %%\nold$0 = 1\n# %% [markdown]\n# old\n# %%\nprint(old, 'old', x.old, f(old=old))\n# %%\nold += 2\ndel old\n",
        &[
            "new = 1",
            "old",
            "print(new, 'old', x.old, f(old=new))",
            "new += 2\ndel new",
        ],
    );
}

#[test]
fn other_variables_of_that_name_stay() {
    becomes(
        "# %%\nold = 1\ndef f(old):\n    return old\ndef g():\n    old = 2\n    def h():\n        nonlocal old\n        return old\n    return lambda: old\n# %%\nprint(old$0, [old for old in y], lambda old: old)\n",
        &[
            "new = 1\ndef f(old):\n    return old\ndef g():\n    old = 2\n    def h():\n        nonlocal old\n        return old\n    return lambda: old",
            "print(new, [old for old in y], lambda old: old)",
        ],
    );
    becomes(
        "# %%\nold$0 = 1\ndef f(x=old):\n    global old\n    old = x\n    return [old + y for y in range(old)]\nclass C:\n    def m(self):\n        return old\n",
        &[
            "new = 1\ndef f(x=new):\n    global new\n    new = x\n    return [new + y for y in range(new)]\nclass C:\n    def m(self):\n        return new",
        ],
    );
}

#[test]
fn strings_with_values_and_magics_are_read() {
    becomes(
        "# %%\nold$0 = 1\nprint(f'old {old:{old}} {{old}}')\n# %%\n!echo {old} $old old.txt\n",
        &[
            "new = 1\nprint(f'old {new:{new}} {{old}}')",
            "!echo {new} $new old.txt",
        ],
    );
}

#[test]
fn a_line_does_not_become_a_magic() {
    let magic = "could take cell 2 for the magic `page`";
    is_refused("# %%\nold$0 = 1\n# %%\nold -1\n", "page", magic);
    for line in ["old", "old - 1", "print(old)", "old += 1"] {
        let script = format!("# %%\nold$0 = 1\n# %%\n{line}\n");
        assert!(renamed(&script, "page").is_ok(), "{line}");
    }
}

#[test]
fn imports_get_and_lose_an_alias() {
    becomes(
        "# %%\nimport old\n# %%\nold$0.f()\n",
        &["import old as new", "new.f()"],
    );
    becomes(
        "# %%\nfrom a import b as old, c\n# %%\nold$0()\n",
        &["from a import b as new, c", "new()"],
    );
    becomes(
        "# %%\nfrom a import new as old\n# %%\nold$0()\n",
        &["from a import new", "new()"],
    );
}

#[test]
fn a_local_name_changes_in_its_function() {
    becomes(
        "# %%\nold = 1\ndef f():\n    old$0 = 2\n    return [old for x in y]\nprint(old)\n",
        &["old = 1\ndef f():\n    new = 2\n    return [new for x in y]\nprint(old)"],
    );
    is_refused("# %%\ndef f(old):\n    return old$0\n", "new", "parameter");
    is_refused(
        "# %%\nclass C:\n    old$0 = 1\n",
        "new",
        "attribute of a class",
    );
    is_refused(
        "# %%\ndef f():\n    old = 2\n    return old$0 + new\n",
        "new",
        "already names something",
    );
}

#[test]
fn what_is_not_sure_is_refused() {
    for (more, reason) in [
        ("new = 2", "cell 2 already names something `new`"),
        ("def f(new):\n    return old", "already names something"),
        ("ls = [old for new in y]", "already names something"),
        (
            "from mystery import *",
            "cell 2 may bind or read `old` by `from mystery import *`",
        ),
        ("%run mystery.py", "by `%run mystery.py`"),
        ("exec(code)", "cell 2 may"),
        ("eval(code)", "cell 2 may ask for any name by `eval`"),
        ("print(locals())", "by `locals`"),
        ("df.query('a > @old')", "in a text that may be read as code"),
        ("cond = 'a > @old'", "in a text that may be read as code"),
        ("%%sql\nselect * from :old", "may be read as code"),
        ("%store old", "cell 2"),
        ("def f(x: 'old'): pass", "annotation that is a text"),
        ("print(f'{old=}')", "prints the name itself"),
        ("old.lower?", "prints the name itself"),
        ("old = (", "not valid Python"),
        ("import old.path", "brings more than `old`"),
        ("class C:\n    old = old", "a class in cell 2 reads `old`"),
        ("from __main__ import old", "`__main__`"),
    ] {
        is_refused(&format!("# %%\nold$0 = 1\n# %%\n{more}\n"), "new", reason);
    }
    is_refused(
        "# %% tags=[\"parameters\"]\nold$0 = 1\n",
        "new",
        "tagged `parameters`",
    );
    is_refused("# %%\nprint$0(1)\n", "new", "is there without any cell");
    is_refused("# %%\nf(old$0)\n", "new", "no cell binds `old`");
    for (new, reason) in [
        ("2x", "no name in Python"),
        ("class", "no name in Python"),
        ("a b", "no name in Python"),
        ("", "no name in Python"),
        ("print", "Python or IPython brings"),
        ("__x", "in its own way"),
        ("_", "no name in Python"),
    ] {
        is_refused("# %%\nold$0 = 1\n", new, reason);
    }
}

#[test]
fn what_only_looks_alike_does_not_stand_in_the_way() {
    becomes(
        "# %%\nold$0 = 1\n# %%\n%%writefile old.txt\nold new\n# %%\n%matplotlib inline\nx.new = d['new'] = f(new=1)\ndef f(new):\n    return new\n",
        &[
            "new = 1",
            "%%writefile old.txt\nold new",
            "%matplotlib inline\nx.new = d['new'] = f(new=1)\ndef f(new):\n    return new",
        ],
    );
}

/// These go by what a name looks like, or by what is known of one (`randint`, `logger`, `test_…`).
const BY_NAME: &[&str] = &[
    "unseeded-random",
    "function-reads-global",
    "untestable-function",
];

/// How many findings of each rule there are in each cell.
fn kinds(analysis: &Analysis) -> BTreeMap<(&'static str, Option<CellIdx>), usize> {
    let mut kinds = BTreeMap::new();
    for finding in analysis.findings() {
        if !BY_NAME.contains(&finding.rule) {
            *kinds
                .entry((finding.rule, finding.anchor.cell()))
                .or_default() += 1;
        }
    }
    kinds
}

/// A free name that is as capital as `old`: what looks like a constant still does.
fn fresh(old: &str, notebook: &Notebook) -> String {
    let is_free = |name: &str| notebook.cells.iter().all(|cell| !cell.text.contains(name));
    (70_u32..)
        .map(|number| format!("{old}_{number}"))
        .find(|name| is_free(name))
        .unwrap()
}

#[test]
fn there_and_back_is_the_same_on_real_notebooks() {
    let (mut done, mut refused, mut failures) = (0, BTreeMap::<String, usize>::new(), Vec::new());
    for path in corpus::notebooks() {
        let mut notebook = format::parse(&std::fs::read(&path).unwrap());
        // An edit is of the cells; what was wrong with the file stays with the file.
        notebook.problems = Arc::default();
        let before = analysis(notebook.clone());
        let link = before.link();
        // The first place of each variable.
        let mut names: BTreeMap<String, (CellIdx, TextSize)> = BTreeMap::new();
        for (cell, _) in notebook.python_cells() {
            for place in variable::occurrences(&before, cell).found {
                if place.owner == Owner::Notebook
                    && matches!(place.kind, Kind::Bind | Kind::Import(_))
                {
                    names
                        .entry(place.name.to_string())
                        .or_insert((cell, place.range.start()));
                }
            }
        }
        // Every notebook, and of the large ones a sample.
        let step = names.len() / 4 + 1;
        for (name, (cell, at)) in names.into_iter().step_by(step) {
            let new = fresh(&name, &notebook);
            let edit = match rename::rename(&before, cell, at, &new) {
                Ok(edit) => edit,
                Err(refusal) => {
                    let kind: Vec<&str> = refusal.0.split('`').step_by(2).collect();
                    let kind = kind.join("…").replace(|c: char| c.is_ascii_digit(), "");
                    *refused.entry(kind).or_default() += 1;
                    continue;
                }
            };
            let mut fail =
                |what: &str| failures.push(format!("{}: {name}: {what}", path.display()));
            let after = analysis(edit.apply(&notebook));
            // Some functions are known by the name they are imported under: `interact(f)` calls `f`.
            let is_import = |binding: &Binding| *binding.name == *name && binding.kind.is_import();
            let is_known = link.facts(cell).bindings.iter().any(is_import);
            if !is_known && kinds(&before) != kinds(&after) {
                fail("other findings");
            }
            for (cell, _) in notebook.indexed().filter(|_| !is_known) {
                let named = |analysis: &Analysis, name: &str, as_name: &str| -> BTreeSet<String> {
                    let sources = analysis.link().sources(cell).iter();
                    let named = sources.map(|source| {
                        format!(
                            "{} {}",
                            source.cell,
                            if *source.name == *name {
                                as_name
                            } else {
                                &source.name
                            }
                        )
                    });
                    named.collect()
                };
                if named(&before, "", "") != named(&after, &new, &name) {
                    fail("other links");
                    break;
                }
                if link.needs(cell).len() != after.link().needs(cell).len() {
                    fail("other needs");
                    break;
                }
            }
            let named = variable::occurrences(&after, cell).found;
            let own = named
                .iter()
                .find(|place| *place.name == *new && place.owner == Owner::Notebook)
                .unwrap();
            match rename::rename(&after, cell, own.range.start(), &name) {
                Ok(back) => {
                    let back = back.apply(after.notebook());
                    if back
                        .cells
                        .iter()
                        .zip(&notebook.cells)
                        .any(|(a, b)| a.text != b.text)
                    {
                        fail("another text when it is renamed back");
                    }
                }
                Err(refusal) => fail(&format!("renamed, and not back: {}", refusal.0)),
            }
            done += 1;
        }
    }
    let refusals: usize = refused.values().sum();
    println!("{done} renamed, {refusals} refused: {refused:#?}");
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
