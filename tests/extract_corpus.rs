//! Extracts every cell of real notebooks: it never panics, the result is Python where the cell was,
//! and no name goes missing. Prints how often it is offered, and why not.
//!
//! The corpus is not part of the project. Where it is missing, this says so and passes.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read real notebooks")]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use cellwise::action::Client;
use cellwise::actions;
use cellwise::analysis::facts::StatementKind;
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::format;
use cellwise::notebook::CellIdx;
use cellwise::project::NoProject;
use cellwise::text::TextRange;

/// The names that are bound nowhere or too late, without where.
fn missing_names(analysis: &Analysis) -> BTreeSet<String> {
    (0..analysis.notebook().cells.len())
        .map(CellIdx::new)
        .flat_map(|cell| analysis.link().needs(cell))
        .map(|need| need.name.to_string())
        .collect()
}

/// More than imports, definitions, magics or one bare expression.
fn is_substantial(analysis: &Analysis, cell: CellIdx) -> bool {
    let facts = analysis.link().facts(cell);
    let has_magic = |range: TextRange| {
        facts
            .magics
            .iter()
            .any(|magic| range.contains_range(magic.range))
    };
    let work: Vec<StatementKind> = facts
        .statements
        .iter()
        .filter(|statement| {
            matches!(
                statement.kind,
                StatementKind::Expression | StatementKind::Other
            ) && !has_magic(statement.range)
        })
        .map(|statement| statement.kind)
        .collect();
    facts.runs() && !matches!(&work[..], [] | [StatementKind::Expression])
}

/// A reason without the names in it.
fn kind_of(reason: &str) -> String {
    let mut kind = String::new();
    for (at, part) in reason.split('`').enumerate() {
        kind.push_str(if at % 2 == 0 { part } else { "…" });
    }
    kind.split(' ')
        .map(|word| {
            if word.chars().any(|c| c.is_ascii_digit()) {
                "n"
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[derive(Default)]
struct Counts {
    cells: usize,
    substantial: usize,
    offered: usize,
    offered_others: usize,
    not_offered: usize,
    disabled: BTreeMap<String, (usize, String)>,
    names: Vec<String>,
    failures: Vec<String>,
}

impl Counts {
    fn cell(&mut self, analysis: &Analysis, path: &Path, index: CellIdx) {
        let action = actions::find("extract-cell-to-function").unwrap();
        let client = Client {
            cell_structure: !index.0.is_multiple_of(3),
            files: false,
        };
        let at = TextRange::empty(0.into());
        let is_substantial = is_substantial(analysis, index);
        self.cells += 1;
        self.substantial += usize::from(is_substantial);
        let offers = analysis.offers(index, at, client, &NoProject);
        let Some((_, offer)) = offers.into_iter().find(|(own, _)| own.name == action.name) else {
            self.not_offered += usize::from(is_substantial);
            if is_substantial {
                self.names
                    .push(format!("NOT OFFERED {} {index}", path.display()));
            }
            return;
        };
        if let Some(reason) = offer.disabled {
            if is_substantial {
                let place = format!("{} {index}: {reason}", path.display());
                self.disabled
                    .entry(kind_of(&reason))
                    .or_insert((0, place))
                    .0 += 1;
            }
            return;
        }
        if is_substantial {
            self.offered += 1;
        } else {
            self.offered_others += 1;
        }
        let place = format!("{} {index}: {}", path.display(), offer.title);
        let edit = match analysis.edit(action, None, index, at, client, &NoProject) {
            Ok(edit) => edit,
            Err(refusal) => {
                self.failures
                    .push(format!("{place}: offered, then refused: {}", refusal.0));
                return;
            }
        };
        let after = edit.apply(analysis.notebook());
        let (cell, range) = edit.select.unwrap();
        let name = &after.cell(cell).unwrap().text[range];
        if !offer.title.contains(name) {
            self.failures.push(format!("{place}: selects {name}"));
        }
        self.names.push(place.clone());
        let result = Analysis::new(after, Arc::new(Config::default()));
        for changed in [index, CellIdx(index.0 + 1)] {
            let changed = result.link().facts(changed);
            if changed
                .statements
                .iter()
                .any(|statement| statement.kind == StatementKind::Definition)
                && !changed.runs()
            {
                self.failures.push(format!("{place}: no Python any more"));
            }
        }
        let before = missing_names(analysis);
        let new: Vec<String> = missing_names(&result)
            .into_iter()
            .filter(|name| !before.contains(name))
            .collect();
        if !new.is_empty() {
            self.failures.push(format!("{place}: missing {new:?}"));
        }
    }
}

#[test]
fn every_cell_of_real_notebooks() {
    let mut counts = Counts::default();
    for path in corpus::notebooks() {
        let bytes = std::fs::read(&path).unwrap();
        let notebook = format::parse(&bytes);
        if !notebook.meta.language.is_python() {
            continue;
        }
        let analysis = Analysis::new(notebook, Arc::new(Config::default()));
        let cells: Vec<CellIdx> = analysis
            .notebook()
            .python_cells()
            .map(|(index, _)| index)
            .collect();
        for index in cells {
            counts.cell(&analysis, &path, index);
        }
    }
    if counts.cells == 0 {
        return;
    }
    let share = 100 * counts.offered / counts.substantial.max(1);
    println!(
        "{} cells of code, {} with more than imports, definitions, magics or one expression: offered on {} ({share} %), not listed on {}; offered on {} others",
        counts.cells, counts.substantial, counts.offered, counts.not_offered, counts.offered_others
    );
    let mut disabled: Vec<_> = counts.disabled.iter().collect();
    disabled.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (reason, (count, first)) in disabled {
        println!("{count:6}  {reason}\n          {first}");
    }
    if let Some(path) = std::env::var_os("CELLWISE_NAMES") {
        std::fs::write(path, counts.names.join("\n")).unwrap();
    }
    assert!(
        counts.failures.is_empty(),
        "{} failures:\n{}",
        counts.failures.len(),
        counts.failures.join("\n")
    );
    assert!(share >= 85, "offered on {share} % only");
}
