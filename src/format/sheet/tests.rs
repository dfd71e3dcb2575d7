use proptest::prelude::*;

use crate::format::{self, Hint, Kind, sheet};
use crate::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook};
use crate::text::{TextRange, TextSize};

/// One script or document of each format, with what is odd in it.
pub fn samples() -> Vec<(&'static str, Hint, String)> {
    vec![
        (
            "percent script",
            Hint::Python,
            "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       format_name: percent\n# ---\n\n\
             # %% [markdown]\n# # Title é\n#\n# text\n\n# %% tags=[\"parameters\"]\nimport os\n# %time x = 1\nif x:\n    # !ls\n    y = '😀'\n\n\
             # %% [raw]\n#raw\n# %% language=\"bash\"\n# ls\n\n# %%\n\n# %% [markdown]\n\"\"\"\nquoted\n\"\"\"\n\n# %%\nz = 1\n"
                .to_owned(),
        ),
        (
            "percent script",
            Hint::None,
            "import os\r\n\r\n#%%\r\n%time x\r\n\r\n#%% [markdown]\r\n# a\r\n# b\r\n# %%\r\nprint(x)".to_owned(),
        ),
        (
            "Markdown notebook",
            Hint::Markdown,
            "---\njupyter:\n  kernelspec:\n    language: python\n---\n\n# Title é\n\ntext\n\n```json\n{}\n```\n\n\nnext\n\n\
             ```python tags=[\"parameters\"]\nimport os\n%time 😀\n```\n\n```bash\nls\n```\n\n<!-- #raw -->\nraw\n<!-- #endraw -->\n\n\
             <!-- #region -->\na\n\n\nb\n<!-- #endregion -->\n\n````python\n```\nx\n````\n\n```python\n\n```\n"
                .to_owned(),
        ),
        (
            "MyST notebook",
            Hint::Markdown,
            "---\njupytext:\n  format_name: myst\nkernelspec:\n  language: python\n---\n\n# Title\n\n+++\n\nnext\n\n```{code-cell} ipython3\n\
             ---\ntags: [a, b]\n---\nimport os\n```\n\n```{code-cell}\n:tags: [c]\n\nx = '😀'\n```\n\n```{note}\nprose\n```\n\n```{code-cell}\n:load: a.py\n```\n\n\
             ```{raw-cell}\nraw\n```\n"
                .to_owned(),
        ),
        (
            "Quarto document",
            Hint::Quarto,
            "---\ntitle: A\njupyter: python3\n---\n\n# Title\n\n```{python}\n#| label: a\nimport os\n%time 1\n```\n\nprose\n\n\nmore\n\n\
             ```{r}\nx <- 1\n```\n\n```{python}\n#| eval: false\nany thing\n```\n\n```{{python}}\nshown\n```\n\n\
             - a list\n\n    ```{python}\n    if x:\n\n        y = '😀'\n    ```\n\n- next\n"
                .to_owned(),
        ),
        (
            "R Markdown document",
            Hint::RMarkdown,
            "---\ntitle: A\n---\n\n1. first\n\n    ```{python}\n    import os\n    x = \"\"\"\n    é\n    \"\"\"\n    ```\n\n\
             1. next\n\n```{r}\nx <- 1\n```\n\n```{python}\n# | eval: False\nany thing\n```\n"
                .to_owned(),
        ),
        (
            "R Markdown document",
            Hint::RMarkdown,
            "---\njupyter:\n  jupytext:\n    text_representation:\n      format_name: rmarkdown\n---\n\n# Title\n\n\nnext\n\n\
             ```{python tags=c(\"parameters\")}\nimport os\n# %time x = 1\n# # %time\n```\n\n```{python active=\"\", eval=FALSE}\nraw\n```\n"
                .to_owned(),
        ),
        (
            "Databricks notebook",
            Hint::Python,
            "# Databricks notebook source\n# MAGIC %md # Title\n\n# COMMAND ----------\n\n# DBTITLE 1,Load\nimport os\n%time 😀\n!ls\n\n\
             # COMMAND ----------\n\n# MAGIC %sql\n# MAGIC select 1\n# MAGIC\n# MAGIC from x\n\n# COMMAND ----------\n\n# MAGIC %run ./setup\n\n\
             # COMMAND ----------\n\n\n\n# COMMAND ----------\n\n# MAGIC %md\n# MAGIC prose\n\n# COMMAND ----------\n\nx = 1"
                .to_owned(),
        ),
        (
            "marimo notebook",
            Hint::Python,
            "import marimo\n\n__generated_with = \"0.16.3\"\napp = marimo.App(width=\"medium\")\n\nwith app.setup:\n    import os\n\n\n\
             @app.cell\ndef _():\n    import marimo as mo\n    return (mo,)\n\n\n@app.cell(hide_code=True)\ndef _(mo):\n    mo.md(r\"\"\"\n    # Title 😀\n\n    x\n    \"\"\")\n    return\n\n\n\
             @app.cell\ndef named(\n    mo,\n    y,\n):\n    x = y\n    if x:\n        pass\n    return (\n        x,\n    )\n\n\n@app.function\ndef f(a):\n    return a\n\n\n\
             @app.cell\ndef _():\n    # a thought\n    return\n\n\nif __name__ == \"__main__\":\n    app.run()\n"
                .to_owned(),
        ),
    ]
}

fn same(found: &Notebook, expected: &Notebook, joins_prose: bool) -> Result<(), String> {
    let plain = |notebook: &Notebook| -> Vec<(CellKind, String)> {
        let cells = notebook.cells.iter();
        cells
            .map(|cell| (cell.kind, cell.text.to_string()))
            .collect()
    };
    if sheet::is_same(found, expected, joins_prose) {
        Ok(())
    } else {
        Err(format!("{:#?}\n{:#?}", plain(found), plain(expected)))
    }
}

#[test]
fn every_sample_is_of_its_format_and_every_place_maps_back() {
    for (name, hint, text) in samples() {
        let decoded = format::Decoded::new(text.as_bytes());
        let format = decoded.format(hint).unwrap();
        assert_eq!(format.name, name, "{text}");
        let Kind::Sheet(dialect) = &format.kind else {
            panic!("{name} is a sheet");
        };
        for cell in (dialect.parse)(&text, None).cells {
            assert!(cell.whole.start <= cell.body.start && cell.body.end <= cell.whole.end);
            for (at, character) in cell.cell.text.char_indices() {
                let offset = TextSize::new(u32::try_from(at).unwrap());
                let file = cell.file_offset(offset);
                if cell
                    .pieces
                    .first()
                    .is_some_and(|first| first.is_said && at <= first.len)
                {
                    continue;
                }
                assert_eq!(
                    cell.cell_offset(file),
                    Some(offset),
                    "{character:?} in {cell:?}"
                );
                if character != '\n' {
                    assert!(
                        text[file..].starts_with(character),
                        "{character:?} in {cell:?}"
                    );
                }
            }
        }
    }
}

/// Edits of every sort, as numbers.
fn edits() -> impl Strategy<Value = Vec<(u8, u16, u16, u16, String)>> {
    let text = prop::sample::select(vec![
        "", "a", "\n", "x = 1\ny", "# c", "é😀\n", "%time z", "!ls\n", "  b", "```", "# %%", "---",
        "\n\n", "q\n\n\n",
    ]);
    prop::collection::vec(
        (
            0..6_u8,
            any::<u16>(),
            any::<u16>(),
            any::<u16>(),
            text.prop_map(str::to_owned),
        ),
        1..4,
    )
}

fn edit_of(numbers: &[(u8, u16, u16, u16, String)], notebook: &Notebook) -> Edit {
    let mut edit = Edit::default();
    let mut touched = Vec::new();
    let count = notebook.cells.len();
    for (what, a, b, c, text) in numbers {
        let cell = CellIdx::new(usize::from(*a) % count.max(1));
        let place = CellIdx::new(usize::from(*b) % (count + 1));
        match what {
            0..=2 => {
                let Some(known) = notebook.cell(cell) else {
                    continue;
                };
                if touched.contains(&cell) {
                    continue;
                }
                touched.push(cell);
                let bounds: Vec<usize> = known
                    .text
                    .char_indices()
                    .map(|(at, _)| at)
                    .chain([known.text.len()])
                    .collect();
                let mut ends = [
                    bounds[usize::from(*b) % bounds.len()],
                    bounds[usize::from(*c) % bounds.len()],
                ];
                ends.sort_unstable();
                let size = |at: usize| TextSize::new(u32::try_from(at).unwrap());
                edit.ops.push(EditOp::Replace {
                    cell,
                    range: TextRange::new(size(ends[0]), size(ends[1])),
                    text: text.clone(),
                });
            }
            3 => edit.ops.push(EditOp::Insert {
                at: place,
                kind: [CellKind::Code, CellKind::Markdown, CellKind::Raw][usize::from(*c) % 3],
                text: text.clone(),
            }),
            4 if count > 0 && !touched.contains(&cell) => {
                touched.push(cell);
                edit.ops.push(EditOp::Move {
                    cell,
                    before: place,
                });
            }
            5 if count > 0 && !touched.contains(&cell) => {
                touched.push(cell);
                edit.ops.push(EditOp::Remove { cell });
            }
            _ => {}
        }
    }
    edit
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What is not refused reads as the edit says, and cells that were not touched keep their bytes.
    #[test]
    fn any_edit_is_what_it_says_or_refused(numbers in edits()) {
        for (name, hint, text) in samples() {
            let notebook = format::parse_as(text.as_bytes(), hint);
            let edit = edit_of(&numbers, &notebook);
            let Ok(after) = format::patch_as(text.as_bytes(), hint, &edit) else { continue };
            let read = format::parse_as(&after, hint);
            let expected = edit.apply(&notebook);
            let after = String::from_utf8(after).unwrap();
            prop_assert_eq!(same(&read, &expected, name == "Quarto document"), Ok(()), "{}: {:?}\n{}", name, edit, after);
            if edit.ops.is_empty() {
                prop_assert_eq!(&after, &text);
            }
        }
    }

    #[test]
    fn any_damage_is_read(at in any::<u16>(), end in any::<u16>(), junk in "[#% `\n\"-]{0,6}") {
        for (_, _, text) in samples() {
            let floor = |at: u16| {
                let mut at = usize::from(at) % (text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (at, end) = (floor(at), floor(end));
            let mut damaged = text.clone();
            damaged.replace_range(at..at.max(end), &junk);
            for format in format::ALL {
                let Kind::Sheet(dialect) = &format.kind else { continue };
                let mut last = 0;
                for cell in (dialect.parse)(&damaged, None).cells {
                    prop_assert!(last <= cell.whole.start, "{} in {:?}", format.name, damaged);
                    prop_assert!(cell.whole.start <= cell.body.start && cell.body.end <= cell.whole.end);
                    last = cell.whole.end;
                }
            }
        }
    }
}

/// What a plain edit of each sort must be able to do in a format that can be written.
#[test]
fn plain_edits_are_not_refused() {
    for (name, hint, text) in samples() {
        let notebook = format::parse_as(text.as_bytes(), hint);
        let code = notebook
            .indexed()
            .find(|(_, cell)| cell.is_code() && cell.text.contains("import os"));
        let (code, cell) = code.unwrap();
        let last = CellIdx::new(notebook.cells.len());
        let at = TextRange::empty(TextSize::of(&*cell.text));
        let new = |kind| EditOp::Insert {
            at: code,
            kind,
            text: "new = 1\nnew".to_owned(),
        };
        let edits = [
            Edit::replace(code, at, "\nadded = 1"),
            Edit::from(new(CellKind::Code)),
            Edit::from(new(CellKind::Markdown)),
            Edit::from(EditOp::Insert {
                at: last,
                kind: CellKind::Code,
                text: "last = 1".to_owned(),
            }),
            Edit::from(EditOp::Move {
                cell: code,
                before: last,
            }),
            Edit::from(EditOp::Remove { cell: code }),
            Edit::from(EditOp::ClearOutputs { cell: code }),
        ];
        for edit in edits {
            let is_prose = matches!(
                edit.ops[..],
                [EditOp::Insert {
                    kind: CellKind::Markdown,
                    ..
                }]
            );
            let after = format::patch_as(text.as_bytes(), hint, &edit);
            if is_prose && name == "marimo notebook" {
                assert!(
                    after
                        .unwrap_err()
                        .0
                        .contains("Markdown cell cannot be written")
                );
                continue;
            }
            let after = after.unwrap_or_else(|error| panic!("{name}: {edit:?}: {error}\n{text}"));
            let read = format::parse_as(&after, hint);
            let after = String::from_utf8(after).unwrap();
            if let Err(error) = same(&read, &edit.apply(&notebook), name == "Quarto document") {
                panic!("{name}: {edit:?}\n{after}\n{error}");
            }
            for (index, cell) in notebook.indexed().filter(|(index, _)| *index != code) {
                let Kind::Sheet(dialect) = &format::Decoded::new(text.as_bytes())
                    .format(hint)
                    .unwrap()
                    .kind
                else {
                    continue;
                };
                let whole = (dialect.parse)(&text, None).cells[index.to_usize()].whole;
                let bytes = text[whole.start..whole.end].trim_end();
                assert!(
                    after.contains(bytes),
                    "{name}: {index} {cell:?} is not as it was in\n{after}"
                );
            }
        }
    }
}
