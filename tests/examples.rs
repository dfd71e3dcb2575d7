//! Runs the examples in the manual pages of all rules and actions. `cellwise::docs::example` tells how they are written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use cellwise::action::{Action, Client};
use cellwise::config::{Config, Selector, Settings};
use cellwise::docs::{self, Example, Expected, Section};
use cellwise::engine::Analysis;
use cellwise::format::{self, percent};
use cellwise::notebook::{Anchor, CellIdx, Notebook};
use cellwise::rule::{Finding, Rule};
use cellwise::text::{LineIndex, TextRange};
use cellwise::{actions, rules, workspace};

#[test]
fn rules_find_what_their_examples_say() {
    let mut failures = String::new();
    for rule in rules::ALL {
        let examples = docs::examples(rule.source);
        for (section, heading) in [(Section::Flagged, "Flagged"), (Section::Clean, "Clean")] {
            if !examples.iter().any(|example| example.section == section) {
                let _ = writeln!(failures, "{}: no example below `## {heading}`\n", rule.name);
            }
        }
        for example in &examples {
            if let Err(failure) = check_rule(rule, example) {
                let place = place("rules", rule.name, example);
                let _ = writeln!(failures, "{place}: {failure}\n");
            }
        }
    }
    assert!(failures.is_empty(), "\n\n{failures}");
}

#[test]
fn actions_do_what_their_examples_say() {
    let mut failures = String::new();
    for action in actions::ALL {
        let examples = docs::examples(action.source);
        let mut pairs = 0;
        for (position, example) in examples.iter().enumerate() {
            let after = examples
                .get(position + 1)
                .filter(|next| next.section == Section::After);
            let result = match (example.section, after) {
                (Section::Before, Some(after)) => {
                    pairs += 1;
                    check_action(action, example, after)
                }
                (Section::Before, None) => Err("no `## After` follows".to_owned()),
                (Section::Disabled, _) => check_disabled(action, example),
                (Section::After, _) => Ok(()),
                _ => Err("actions have Before, After and Disabled examples".to_owned()),
            };
            if let Err(failure) = result {
                let place = place("actions", action.name, example);
                let _ = writeln!(failures, "{place}: {failure}\n");
            }
        }
        if pairs == 0 {
            let _ = writeln!(failures, "{}: no pair of Before and After\n", action.name);
        }
        let disabled = |example: &Example| example.section == Section::Disabled;
        if can_refuse(action) && !examples.iter().any(disabled) {
            let _ = writeln!(
                failures,
                "{}: it can refuse, and no example below `## Disabled` shows it\n",
                action.name
            );
        }
    }
    assert!(failures.is_empty(), "\n\n{failures}");
}

/// Whether the action's code ever says why it does not do it.
fn can_refuse(action: &Action) -> bool {
    action
        .source
        .lines()
        .any(|line| !line.trim_start().starts_with("//") && line.contains("disabled"))
}

fn place(folder: &str, name: &str, example: &Example) -> String {
    let title = match example.title.as_str() {
        "" => String::new(),
        title => format!(" ({title})"),
    };
    let file = name.replace('-', "_");
    format!("src/{folder}/{file}.rs:{}{title}", example.line)
}

/// An analysis in which `rule` runs besides the default set, so that rules that give way to each other do.
fn analysis(example: &Example, rule: Option<&'static str>) -> Result<Analysis, String> {
    let mut settings = example.settings().map_err(|error| error.to_string())?;
    settings.extend_select.extend(rule.map(Selector::Rule));
    let layers: [&Settings; 1] = [&settings];
    let config = Config::resolve(&layers, Some(Path::new("example.ipynb")));
    let mut analysis = Analysis::new(example.notebook(), Arc::new(config));
    let dependencies = workspace::dependencies::of(&example.project());
    analysis.set_dependencies(Arc::new(dependencies));
    analysis.settle();
    Ok(analysis)
}

fn check_rule(rule: &'static Rule, example: &Example) -> Result<(), String> {
    let analysis = analysis(example, Some(rule.name))?;
    let expected = example.expected();
    match example.section {
        Section::Flagged if expected.is_empty() => {
            return Err("nothing is marked in a flagged example".into());
        }
        Section::Clean if expected.iter().any(|mark| mark.rule == rule.name) => {
            return Err("a finding is marked in a clean example".into());
        }
        Section::Flagged | Section::Clean => {}
        _ => return Err("rules have Flagged and Clean examples".into()),
    }
    if let Some(other) = expected.iter().find(|mark| mark.rule != rule.name) {
        return Err(format!(
            "`{}` is marked, which is not this rule",
            other.rule
        ));
    }
    let found: Vec<&Finding> = analysis
        .findings()
        .filter(|finding| finding.rule == rule.name)
        .collect();
    let mut missing = expected;
    let mut surplus = Vec::new();
    for finding in found {
        let matching = missing
            .iter()
            .position(|mark| matches(example, analysis.notebook(), finding, mark));
        match matching {
            Some(at) => {
                missing.remove(at);
            }
            None => surplus.push(finding),
        }
    }
    if missing.is_empty() && surplus.is_empty() {
        return Ok(());
    }
    let mut diff = String::from("the findings differ (- expected, + found)\n");
    for mark in &missing {
        let _ = writeln!(
            diff,
            "  - {}: {}",
            spot(mark.cell, mark.line, mark.columns),
            mark.message
        );
    }
    for finding in surplus {
        let (line, columns) = place_of(analysis.notebook(), finding.anchor);
        let _ = writeln!(
            diff,
            "  + {}: {}",
            spot(finding.anchor.cell(), line, columns),
            finding.message
        );
    }
    Err(diff)
}

fn spot(cell: Option<CellIdx>, line: u32, (from, to): (u32, u32)) -> String {
    match cell {
        Some(cell) => format!("{cell}, line {line}, columns {from}..{to}"),
        None => "the notebook".to_owned(),
    }
}

fn matches(example: &Example, notebook: &Notebook, finding: &Finding, mark: &Expected) -> bool {
    let (line, columns) = place_of(notebook, finding.anchor);
    let same_place = match finding.anchor {
        // Nothing can be marked inside a file's JSON, so there the message alone tells.
        _ if example.is_ipynb => mark.cell.is_none(),
        Anchor::Notebook | Anchor::File(_) => mark.cell.is_none(),
        Anchor::Cell(cell) => mark.cell == Some(cell) && mark.line == 1,
        Anchor::Range(cell, _) => {
            (mark.cell, mark.line, mark.columns) == (Some(cell), line, columns)
        }
    };
    same_place && finding.message.contains(&mark.message)
}

/// The line, 1-based, and the columns, 0-based, that are flagged on it.
fn place_of(notebook: &Notebook, anchor: Anchor) -> (u32, (u32, u32)) {
    let Some(cell) = anchor.cell().and_then(|cell| notebook.cell(cell)) else {
        return (1, (0, 0));
    };
    let index = LineIndex::new(&cell.text);
    let range = anchor.range_in(&cell.text);
    let start = index.line_column(&cell.text, range.start());
    let line_end = index.line_range(&cell.text, start.line - 1).end();
    let end = index.line_column(&cell.text, range.end().min(line_end));
    (start.line, (start.column - 1, end.column - 1))
}

fn client(example: &Example) -> Client {
    let can = example.option("client") != Some("plain");
    Client {
        cell_structure: can,
        files: can,
    }
}

/// What the example's action offers where the cursor stands: the argument, and why it is disabled.
fn offer(
    action: &Action,
    example: &Example,
    analysis: &Analysis,
    (cell, range): (CellIdx, TextRange),
) -> Result<(Option<String>, Option<String>), String> {
    let offers = analysis.offers(cell, range, client(example), &example.project());
    let own = offers
        .into_iter()
        .filter(|(own, _)| own.name == action.name);
    let wanted = example.option("argument");
    let choice = example.option("choice").map(str::to_owned);
    own.map(|(_, offer)| offer)
        .find(|offer| wanted.is_none() || offer.argument.as_deref() == wanted)
        .map(|offer| (choice.or(offer.argument), offer.disabled))
        .ok_or_else(|| "it is not offered here".to_owned())
}

fn check_action(action: &Action, before: &Example, after: &Example) -> Result<(), String> {
    let analysis = analysis(before, None)?;
    let (cell, range) = before.selection().ok_or("no `$0` says where to stand")?;
    let (argument, disabled) = offer(action, before, &analysis, (cell, range))?;
    if let Some(reason) = disabled {
        return Err(format!("it is disabled: {reason}"));
    }
    let edit = analysis
        .edit(
            action,
            argument.as_deref(),
            cell,
            range,
            client(before),
            &before.project(),
        )
        .map_err(|refusal| format!("it refuses: {}", refusal.0))?;
    if before.is_ipynb {
        let patched = format::patch(before.text.as_bytes(), &edit).map_err(|reason| reason.0)?;
        return same_text("the file", &after.text, &String::from_utf8_lossy(&patched));
    }
    let wanted = after.notebook();
    let got = edit.apply(analysis.notebook());
    let with_counts = after.text.contains("In [");
    same_text(
        "the notebook",
        &script(&wanted, with_counts),
        &script(&got, with_counts),
    )?;
    let mut written: BTreeMap<&Path, String> = edit.files().collect();
    for (name, wanted) in &after.files {
        let got = written.remove(Path::new(name));
        same_text(name, wanted, &got.ok_or(format!("{name} is not written"))?)?;
    }
    match written.keys().next() {
        Some(path) => Err(format!("{} is written, too", path.display())),
        None => Ok(()),
    }
}

fn check_disabled(action: &Action, example: &Example) -> Result<(), String> {
    let analysis = analysis(example, None)?;
    let place = example.selection().ok_or("no `$0` says where to stand")?;
    let (argument, disabled) = offer(action, example, &analysis, place)?;
    let reason = match disabled {
        Some(reason) => reason,
        // What a person chooses is known only afterwards.
        None if example.option("choice").is_some() => {
            let client = client(example);
            let project = example.project();
            let result = analysis.edit(
                action,
                argument.as_deref(),
                place.0,
                place.1,
                client,
                &project,
            );
            result.err().ok_or("it is done and not refused")?.0
        }
        None => return Err("it is offered and not disabled".into()),
    };
    match example.notes.first() {
        None => Err("no line `> reason` follows the block".into()),
        Some(wanted) if reason.contains(wanted.as_str()) => Ok(()),
        Some(wanted) => Err(format!("the reason differs\n  - {wanted}\n  + {reason}")),
    }
}

fn script(notebook: &Notebook, with_counts: bool) -> String {
    let mut script = percent::render(notebook);
    if with_counts {
        for (index, cell) in notebook.indexed() {
            let _ = writeln!(script, "{index} ran as {:?}", cell.execution.count);
        }
    }
    script
}

fn same_text(what: &str, wanted: &str, got: &str) -> Result<(), String> {
    if wanted == got {
        return Ok(());
    }
    let (wanted, got): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), got.lines().collect());
    let same_start = wanted.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let rest = wanted.len().min(got.len()) - same_start;
    let same_end = wanted
        .iter()
        .rev()
        .zip(got.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let mut diff = format!("{what} differs (- expected, + got)\n");
    let mut write = |sign: char, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(diff, "  {sign} {line}");
        }
    };
    write(' ', &wanted[..same_start]);
    write('-', &wanted[same_start..wanted.len() - same_end]);
    write('+', &got[same_start..got.len() - same_end]);
    write(' ', &wanted[wanted.len() - same_end..]);
    Err(diff)
}
