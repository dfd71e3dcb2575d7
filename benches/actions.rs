//! Listing and carrying out the refactorings in the last cell of a large notebook; the budget is 10 ms for both together.

mod support;

use std::sync::Arc;

use cellwise::action::Client;
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::notebook::{Cell, CellIdx, CellKind, Notebook};
use cellwise::project::NoProject;
use cellwise::text::{TextRange, TextSize};
use criterion::{Criterion, criterion_group, criterion_main};

/// The last cells: a function that reads a variable of the notebook, and twice the same statements.
const FUNCTION: &str = "rates_of_all = sorted([2])\n\n\ndef area_of_one(side):\n    square = side * side\n    return square * rates_of_all[0]";
const REPEATED: &str = "import json\nimport math\n\nkept = [row for row in range(9) if row > area_of_one(1)]\nkept = sorted(kept)\n\
     total_of_all = sum(kept) / len(kept)\nparts = [total_of_all, max(kept), min(kept)]\nfor part in parts:\n    half = part / 2\n    print(half)\n\
     print(json.dumps(total_of_all), math.pi)";

fn last_cell(criterion: &mut Criterion) {
    let mut notebook: Notebook = support::notebook(1_997);
    for text in [FUNCTION, REPEATED, REPEATED] {
        notebook
            .cells
            .push(Arc::new(Cell::new(CellKind::Code, text)));
    }
    let last = notebook.cells.len() - 1;
    let analysis = Analysis::new(notebook, Arc::new(Config::default()));
    let place = |part: &str| REPEATED.find(part).unwrap_or(0);
    let range = |from: usize, to: usize| {
        let at = |place: usize| TextSize::new(u32::try_from(place).unwrap_or(0));
        TextRange::new(at(from), at(to))
    };
    let of_cell = range(0, 0);
    let function = FUNCTION.find("area_of_one").unwrap_or(0);
    let places = [
        ("extract-cell-to-function", last, of_cell),
        (
            "extract-selection-to-function",
            last,
            range(place("kept"), place("parts")),
        ),
        (
            "extract-selection-to-function",
            last,
            range(place("half"), place("print(json")),
        ),
        ("split-cell", last, range(place("parts"), place("parts"))),
        ("gather-imports", last, of_cell),
        (
            "extract-duplicate",
            last,
            range(place("kept"), place("kept")),
        ),
        ("parametrize-function", last - 2, range(function, function)),
    ];
    let client = Client {
        cell_structure: true,
        files: true,
    };
    for (name, cell, range) in places {
        let cell = CellIdx::new(cell);
        let run = || {
            let offers = analysis.offers(cell, range, client, &NoProject);
            let (action, offer) = offers
                .into_iter()
                .find(|(action, offer)| action.name == name && offer.disabled.is_none())?;
            let argument = offer.argument.as_deref();
            analysis
                .edit(action, argument, cell, range, client, &NoProject)
                .ok()
        };
        assert!(run().is_some(), "{name} is not offered");
        criterion.bench_function(
            &format!(
                "actions/{name} at {}, 2,000 cells",
                range.start().to_usize()
            ),
            |bencher| {
                bencher.iter(run);
            },
        );
    }
}

criterion_group!(actions, last_cell);
criterion_main!(actions);
