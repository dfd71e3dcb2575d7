//! Repairs every finding of real notebooks that `add-import` or `suppress` is for: the finding goes, and none comes.
//!
//! The corpus is not part of the project. Where it is missing, this says so and passes.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read real notebooks")]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::sync::Arc;

use cellwise::action::Client;
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::format;
use cellwise::notebook::CellIdx;
use cellwise::project::NoProject;

/// How many findings of each rule there are.
fn counts(analysis: &Analysis) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in analysis.findings() {
        *counts.entry(finding.rule).or_default() += 1;
    }
    counts
}

#[test]
fn findings_of_real_notebooks_are_repaired() {
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for path in corpus::notebooks() {
        let notebook = format::parse(&std::fs::read(&path).unwrap());
        let analysis = Analysis::new(notebook, Arc::new(Config::default()));
        let before = counts(&analysis);
        for cell in (0..analysis.notebook().cells.len()).map(CellIdx::new) {
            let text = analysis.notebook().cells[cell.to_usize()].text.clone();
            let mut seen: Vec<&str> = Vec::new();
            for finding in analysis.cell_findings(cell) {
                // One finding of a rule and cell is enough.
                if seen.contains(&finding.rule) {
                    continue;
                }
                seen.push(finding.rule);
                let range = finding.anchor.range_in(&text);
                let client = Client {
                    cell_structure: cell.0.is_multiple_of(2),
                    files: false,
                };
                for (action, offer) in analysis.offers(cell, range, client, &NoProject) {
                    let is_for_it = offer.repairs == Some(finding.rule)
                        && ["suppress", "add-import"].contains(&action.name);
                    if !is_for_it {
                        continue;
                    }
                    let place = format!(
                        "{} {cell}: {} of {}",
                        path.display(),
                        action.name,
                        finding.rule
                    );
                    let edit = analysis
                        .edit(
                            action,
                            offer.argument.as_deref(),
                            cell,
                            range,
                            client,
                            &NoProject,
                        )
                        .unwrap();
                    let repaired = edit.apply(analysis.notebook());
                    let shifted = CellIdx::new(
                        cell.to_usize() + repaired.cells.len() - analysis.notebook().cells.len(),
                    );
                    let repaired = Analysis::new(repaired, Arc::new(Config::default()));
                    let after = counts(&repaired);
                    *done
                        .entry(format!("{} of {}", action.name, finding.rule))
                        .or_default() += 1;
                    if after.get(finding.rule) >= before.get(finding.rule) {
                        failures.push(format!("{place}: it is still there"));
                    }
                    let added = |rule: &str| after.get(rule) > before.get(rule);
                    if added("unused-suppression")
                        || added("used-before-definition")
                        || added("undefined-name")
                    {
                        failures.push(format!("{place}: others came"));
                    }
                    let (was, is) = (analysis.link().facts(cell), repaired.link().facts(shifted));
                    if was.runs() != is.runs() || was.magics.len() != is.magics.len() {
                        failures.push(format!("{place}: the code is another"));
                    }
                }
            }
        }
    }
    println!("{done:#?}");
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
