//! The table of formats in README.md is what was found out here, field by field.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(clippy::disallowed_methods, reason = "these tests read README.md")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cellwise::engine::Analysis;
use cellwise::format::{self, Hint, sheet};
use cellwise::notebook::{CellIdx, CellKind, Edit, EditOp};
use cellwise::text::{TextRange, TextSize};

/// One notebook in every format: prose, `import os` and a name that is bound only below, its binding.
/// With the hint of its editor or its extension.
const FORMATS: [(&str, Hint, &str); 9] = [
    (
        "`.ipynb`, as a file and as raw JSON",
        Hint::Json,
        "{\n \"cells\": [\n  {\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": [\"# A\"]},\n  {\"cell_type\": \"code\", \"execution_count\": 1, \
         \"metadata\": {\"collapsed\": true}, \"outputs\": [{\"output_type\": \"stream\", \"name\": \"stdout\", \"text\": []}], \"source\": [\"import os\\n\", \"print(x)\"]},\n  \
         {\"cell_type\": \"code\", \"execution_count\": 2, \"metadata\": {}, \"outputs\": [], \"source\": [\"x = 1\"]}\n ],\n \"metadata\": {},\n \
         \"nbformat\": 4,\n \"nbformat_minor\": 4\n}\n",
    ),
    (
        "percent scripts: jupytext, VS Code, Spyder",
        Hint::Python,
        "# %% [markdown]\n# # A\n\n# %%\nimport os\nprint(x)\n\n# %%\nx = 1\n",
    ),
    (
        "hydrogen scripts",
        Hint::Python,
        "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       format_name: hydrogen\n# ---\n\n# %% [markdown]\n# # A\n\n# %%\nimport os\nprint(x)\n\n# %%\nx = 1\n",
    ),
    (
        "Databricks sources",
        Hint::Python,
        "# Databricks notebook source\n# MAGIC %md\n# MAGIC # A\n\n# COMMAND ----------\n\nimport os\nprint(x)\n\n# COMMAND ----------\n\nx = 1\n",
    ),
    (
        "jupytext's Markdown",
        Hint::Markdown,
        "---\njupyter:\n  kernelspec:\n    language: python\n---\n\n# A\n\n```python\nimport os\nprint(x)\n```\n\n```python\nx = 1\n```\n",
    ),
    (
        "MyST Markdown",
        Hint::Markdown,
        "# A\n\n```{code-cell}\nimport os\nprint(x)\n```\n\n```{code-cell}\nx = 1\n```\n",
    ),
    (
        "Quarto",
        Hint::Quarto,
        "# A\n\n```{python}\nimport os\nprint(x)\n```\n\n```{python}\nx = 1\n```\n",
    ),
    (
        "R Markdown",
        Hint::RMarkdown,
        "# A\n\n```{python}\nimport os\nprint(x)\n```\n\n```{python}\nx = 1\n```\n",
    ),
    (
        "marimo",
        Hint::Python,
        "import marimo\n\napp = marimo.App()\n\n\n@app.cell\ndef _(mo):\n    mo.md(\"# A\")\n    return\n\n\n@app.cell\ndef _(x):\n    import os\n    print(x)\n    return\n\n\n\
         @app.cell\ndef _():\n    x = 1\n    return (x,)\n",
    ),
];

const CODE: CellIdx = CellIdx(1);

fn row(name: &str, hint: Hint, text: &str) -> String {
    let notebook = format::parse_as(text.as_bytes(), hint);
    assert_eq!(notebook.cells.len(), 3, "{name}");
    assert_eq!(&*notebook.cells[1].text, "import os\nprint(x)", "{name}");

    let analysis = Analysis::new(notebook.clone(), Arc::default());
    let finds = |rule: &str| analysis.findings().any(|finding| finding.rule == rule);
    let findings = if finds("used-before-definition") || finds("hidden-definition") {
        "yes"
    } else {
        "all but those on order"
    };

    let last = TextRange::empty(TextSize::of(&*notebook.cells[1].text));
    let insert = |kind| EditOp::Insert {
        at: CODE,
        kind,
        text: "new = 1".to_owned(),
    };
    // The import becomes a cell of its own.
    let first = TextRange::new(TextSize::new(0), TextSize::of("import os\n"));
    let mut split = Edit::replace(CODE, first, "");
    split.ops.push(EditOp::Insert {
        at: CODE,
        kind: CellKind::Code,
        text: "import os".to_owned(),
    });
    let edits = [
        Edit::replace(CODE, last, "\nadded = 1"),
        Edit::from(insert(CellKind::Code)),
        Edit::from(insert(CellKind::Markdown)),
        Edit::from(EditOp::Move {
            cell: CellIdx(2),
            before: CODE,
        }),
        Edit::from(EditOp::Remove { cell: CODE }),
        split,
        Edit::from(EditOp::StripMetadata),
        Edit::from(EditOp::ClearOutputs { cell: CODE }),
    ];
    let mut fields = vec![name.to_owned(), "yes".to_owned(), findings.to_owned()];
    for edit in edits {
        let clears = matches!(edit.ops[..], [EditOp::ClearOutputs { .. }]);
        let Ok(after) = format::patch_as(text.as_bytes(), hint, &edit) else {
            fields.push("–".to_owned());
            continue;
        };
        let read = format::parse_as(&after, hint);
        let expected = edit.apply(&notebook);
        assert!(sheet::is_same(&read, &expected, true), "{name}: {edit:?}");
        let outputs = |cells: &[Arc<cellwise::notebook::Cell>]| {
            cells.iter().map(|cell| cell.outputs.count).sum::<u32>()
        };
        assert_eq!(outputs(&read.cells), outputs(&expected.cells), "{name}");
        let strips = matches!(edit.ops[..], [EditOp::StripMetadata]);
        assert!(!strips || after != text.as_bytes(), "{name}");
        let has_none = clears && after == text.as_bytes();
        fields.push(if has_none { "none in it" } else { "yes" }.to_owned());
    }
    format!("| {} |", fields.join(" | "))
}

#[test]
fn the_table_in_the_readme_is_what_is_so() {
    let heads = "| format | read | findings | lines changed | code cell added | prose added | cell moved | cell removed | cell split | metadata stripped | outputs cleared |";
    let mut table = vec![
        heads.to_owned(),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    table.extend(FORMATS.map(|(name, hint, text)| row(name, hint, text)));
    let table = table.join("\n");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    assert!(
        readme.contains(&table),
        "README.md needs this table:\n{table}"
    );
}
