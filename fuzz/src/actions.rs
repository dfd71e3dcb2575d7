//! Each action, wherever it is offered: its edit stands within the notebook, and what read without a syntax error before
//! does so afterwards. In the file it does the same.

use std::path::Path;
use std::sync::Arc;

use cellwise::action::{Action, Client, Offer};
use cellwise::actions;
use cellwise::config::{Config, Settings};
use cellwise::engine::Analysis;
use cellwise::format::{self, Hint};
use cellwise::notebook::{Cell, CellIdx, CellKind, Edit, EditOp, Notebook};
use cellwise::project::MemoryProject;
use cellwise::text::TextRange;
use cellwise::workspace::dependencies;

use super::choices::{self, Choices};
use super::edits::range;
use super::tally;

/// More offers of one input are not tried.
const TRIED: usize = 60;

const FILES: [(&str, &str); 6] = [
    (
        "pyproject.toml",
        "[project]\nname = \"p\"\ndependencies = []\n",
    ),
    ("requirements.txt", "numpy\n"),
    (
        "helpers.py",
        "\"\"\"What helps.\"\"\"\nimport os\n\n\ndef load(path):\n    return os.stat(path)\n",
    ),
    ("notebooks/local.py", "LIMIT = 3\n"),
    (
        "notebooks/other.ipynb",
        r#"{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": "def double(x):\n    return 2 * x"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}"#,
    ),
    ("data/prices.csv", "a,b\n1,2\n"),
];

/// Every rule runs: some actions repair what few people ask for.
fn config() -> Arc<Config> {
    let settings = Settings::from_toml("select = ['all']").expect("it is written rightly");
    Arc::new(Config::resolve(&[&settings], None))
}

/// Tries what an input asks for. Now and then there is a line to tell of all that was tried.
pub fn run(data: &[u8]) -> Option<String> {
    try_offers(data);
    tally::line()
}

fn try_offers(data: &[u8]) {
    let (file, mut choices) = choices::split(data);
    let hint = [Hint::None, Hint::Python, Hint::Markdown, Hint::Quarto][choices.below(4)];
    let notebook = format::parse_as(file, hint);
    if notebook.cells.len() > 24 || notebook.cells.is_empty() {
        return;
    }
    let mut analysis = Analysis::new(notebook, config());
    let client = Client {
        cell_structure: !choices.flip(),
        files: !choices.flip(),
    };
    // One action by itself is tried at more places; 0 means all of them.
    let only = choices.below(actions::ALL.len() + 1).checked_sub(1);
    let only = only.map(|index| actions::ALL[index].name);
    let project = MemoryProject::new("notebooks/n.ipynb", FILES);
    analysis.set_dependencies(Arc::new(dependencies::of(&project)));
    analysis.settle();
    let mut tried = 0;
    for (cell, place) in places(analysis.notebook(), &mut choices) {
        for (action, offer) in analysis.offers(cell, place, client, &project) {
            if only.is_some_and(|only| only != action.name) {
                continue;
            }
            tried += 1;
            if tried > TRIED {
                return;
            }
            try_out(
                &analysis,
                (action, &offer),
                (cell, place),
                client,
                &project,
                (file, hint),
            );
        }
    }
}

/// The start of each cell, and a place and a selection of somewhere in it.
fn places(notebook: &Notebook, choices: &mut Choices<'_>) -> Vec<(CellIdx, TextRange)> {
    let mut places = Vec::new();
    for (index, cell) in notebook.indexed() {
        let mut ends = [choices.place(&cell.text), choices.place(&cell.text)];
        ends.sort_unstable();
        places.extend([
            (index, range(0, 0)),
            (index, range(ends[0], ends[0])),
            (index, range(ends[0], ends[1])),
        ]);
    }
    places
}

fn try_out(
    analysis: &Analysis,
    (action, offer): (&'static Action, &Offer),
    (cell, place): (CellIdx, TextRange),
    client: Client,
    project: &MemoryProject,
    (file, hint): (&[u8], Hint),
) {
    let argument = offer.argument.as_deref();
    // A disabled offer may be asked for all the same: it refuses, or there was no need to disable it.
    let edit = analysis.edit(action, argument, cell, place, client, project);
    tally::note(action.name, edit.is_ok() && offer.disabled.is_none());
    let Ok(edit) = edit else {
        return;
    };
    if offer.disabled.is_some() {
        return;
    }
    let before = analysis.notebook();
    let what = format!("{} at {cell} {place:?}: {edit:#?}", action.name);
    stands_within(&edit, before, client, &what);
    let after = edit.apply(before);
    let errors = |notebook: &Notebook| -> Vec<String> {
        let analysis = Analysis::new(notebook.clone(), Arc::new(Config::default()));
        let cells = notebook.indexed().filter(|(index, _)| {
            let facts = analysis.link().facts(*index);
            !facts.syntax_errors.is_empty()
        });
        cells.map(|(_, cell)| cell.text.to_string()).collect()
    };
    if errors(before).is_empty() {
        assert_eq!(errors(&after), [""; 0], "{what}");
        for op in &edit.ops {
            if let EditOp::CreateFile { path, text } = op
                && path.extension().is_some_and(|extension| extension == "py")
            {
                let module = Notebook {
                    cells: vec![Arc::new(Cell::new(CellKind::Code, text.as_str()))],
                    ..Notebook::default()
                };
                assert_eq!(errors(&module), [""; 0], "{what}");
            }
        }
    }
    if let Ok(patched) = format::patch_as(file, hint, &edit) {
        let found = format::parse_as(&patched, hint);
        let texts = |notebook: &Notebook| -> Vec<String> {
            let cells = notebook.cells.iter();
            cells.map(|cell| cell.text.trim().to_owned()).collect()
        };
        // Markdown cells beside each other are one in some formats.
        if found.cells.len() == after.cells.len() {
            assert_eq!(texts(&found), texts(&after), "{what}");
        }
    }
}

/// Every index and range is one of the notebook, nothing is replaced twice, and files lie in the project.
fn stands_within(edit: &Edit, notebook: &Notebook, client: Client, what: &str) {
    let count = notebook.cells.len();
    for op in &edit.ops {
        match op {
            EditOp::Replace { cell, range, .. } => {
                let text = &notebook.cells[cell.to_usize()].text;
                let bytes = std::ops::Range::<usize>::from(*range);
                assert!(text.get(bytes).is_some(), "{what}");
            }
            EditOp::Insert { at, .. } => assert!(at.to_usize() <= count, "{what}"),
            EditOp::Move { cell, before } => {
                assert!(
                    cell.to_usize() < count && before.to_usize() <= count,
                    "{what}"
                );
            }
            EditOp::Remove { cell }
            | EditOp::ClearOutputs { cell }
            | EditOp::ClearCount { cell } => {
                assert!(cell.to_usize() < count, "{what}");
            }
            EditOp::CreateFile { path, .. } | EditOp::EditFile { path, .. } => {
                assert!(client.files, "{what}");
                assert!(is_inside(path), "{what}");
            }
            // They name no place in the notebook.
            EditOp::StripMetadata | EditOp::MendFile => {}
        }
    }
    for (cell, _) in notebook.indexed() {
        let mut end = None;
        for (range, _) in edit.replacements(cell).into_iter().rev() {
            assert!(end <= Some(range.start()), "replaced twice: {what}");
            end = Some(range.end());
        }
    }
    assert!(client.cell_structure || !edit.changes_structure(), "{what}");
    if let Some((cell, place)) = edit.select {
        let after = edit.apply(notebook);
        let text = &after.cells[cell.to_usize()].text;
        let bytes = std::ops::Range::<usize>::from(place);
        assert!(text.get(bytes).is_some(), "what is selected: {what}");
    }
}

fn is_inside(path: &Path) -> bool {
    let mut components = path.components();
    components.all(|component| matches!(component, std::path::Component::Normal(_)))
}
