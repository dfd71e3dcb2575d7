//! The engine: after any edits the findings, and what was told of them, are those of a fresh start.

use std::sync::Arc;

use cellwise::config::{Config, Settings};
use cellwise::engine::Analysis;
use cellwise::notebook::{
    Cell, CellIdx, CellKind, Execution, Home, Language, Notebook, NotebookMeta,
};
use cellwise::rule::Finding;
use cellwise::view::graph::{self, Edge, Node};
use cellwise::view::tally::Tally;

use super::choices::{self, Choices};

/// Parts the text of an input into those of cells.
const PART: &str = "\n%%\n";

/// A text whose parts are the cells' and those that changes put into them.
pub fn run(data: &[u8]) {
    let (text, mut choices) = choices::split(data);
    let text = String::from_utf8_lossy(text);
    let texts: Vec<&str> = text.split(PART).take(12).collect();
    let start: Vec<&str> = texts.iter().copied().take(6).collect();
    let mut changes = Vec::new();
    while !choices.is_empty() && changes.len() < 40 {
        changes.push(Change::any(&texts, &mut choices));
    }
    check(&start, &changes);
}

/// Panics where what was told is not what is so.
pub fn check(start: &[&str], changes: &[Change]) {
    let cells = start.iter();
    let notebook = Notebook {
        cells: cells
            .map(|text| Arc::new(Cell::new(CellKind::Code, *text)))
            .collect(),
        ..Notebook::default()
    };
    let mut analysis = Analysis::new(notebook, Arc::default());
    let mut shown = Shown::all(&analysis);
    for change in changes.iter().chain([&Change::Settle]) {
        apply(&mut analysis, &mut shown, change);
        if matches!(change, Change::Settle) {
            let config = Arc::new(analysis.config().clone());
            let fresh = Analysis::new(analysis.notebook().clone(), config);
            assert_eq!(shown, Shown::all(&analysis), "what was told");
            assert_eq!(shown, Shown::all(&fresh), "a fresh start");
        }
    }
}

#[derive(Debug, Clone)]
pub enum Change {
    Text {
        at: usize,
        text: String,
    },
    Run {
        at: usize,
        count: Option<u32>,
        edited: bool,
    },
    Kind {
        at: usize,
        kind: u8,
    },
    Tag {
        at: usize,
        tag: bool,
    },
    Insert {
        at: usize,
        text: String,
    },
    Remove {
        at: usize,
        count: usize,
    },
    Move {
        from: usize,
        to: usize,
    },
    Home(bool),
    Language(bool),
    /// All rules, or those that are on by default.
    Rules(bool),
    Settle,
}

impl Change {
    fn any(texts: &[&str], choices: &mut Choices<'_>) -> Self {
        let what = choices.below(11);
        let at = choices.below(12);
        match what {
            0 => Self::Run {
                at,
                count: choices
                    .flip()
                    .then(|| u32::try_from(choices.below(9)).unwrap_or(0)),
                edited: choices.flip(),
            },
            1 => Self::Kind {
                at,
                kind: u8::try_from(choices.below(3)).unwrap_or(0),
            },
            2 => Self::Tag {
                at,
                tag: choices.flip(),
            },
            3 => Self::Insert {
                at,
                text: choices.pick(texts).to_owned(),
            },
            4 => Self::Remove {
                at,
                count: 1 + choices.below(2),
            },
            5 => Self::Move {
                from: at,
                to: choices.below(12),
            },
            6 => Self::Home(choices.flip()),
            7 => match choices.below(4) {
                at_least_two @ 2.. => Self::Rules(at_least_two == 3),
                language => Self::Language(language == 1),
            },
            8 => Self::Settle,
            _ => Self::Text {
                at,
                text: choices.pick(texts).to_owned(),
            },
        }
    }
}

/// What a client that is told only of changes would show.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    whole: Vec<Finding>,
    cells: Vec<Vec<Finding>>,
    picture: Picture,
}

#[derive(Debug, Default, PartialEq)]
struct Picture {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    stale: Vec<CellIdx>,
    why: Vec<String>,
    tally: Tally,
}

impl Picture {
    fn of(analysis: &Analysis) -> Self {
        let cells = analysis.notebook().indexed().map(|(cell, _)| cell);
        Self {
            nodes: cells
                .filter_map(|cell| graph::node(analysis, cell))
                .collect(),
            edges: graph::edges(analysis),
            stale: analysis.overview().stale().collect(),
            why: analysis.overview().why(analysis.link()),
            tally: analysis.tally(),
        }
    }
}

impl Shown {
    fn all(analysis: &Analysis) -> Self {
        let cells = (0..analysis.notebook().cells.len())
            .map(|at| analysis.cell_findings(CellIdx::new(at)).to_vec())
            .collect();
        Self {
            whole: analysis.notebook_findings().to_vec(),
            cells,
            picture: Picture::of(analysis),
        }
    }

    fn settle(&mut self, analysis: &mut Analysis) {
        let changed = analysis.settle();
        if changed.picture || changed.notebook || !changed.cells.is_empty() {
            self.picture = Picture::of(analysis);
        }
        if changed.notebook {
            self.whole = analysis.notebook_findings().to_vec();
        }
        for cell in changed.cells {
            self.cells[cell.to_usize()] = analysis.cell_findings(cell).to_vec();
        }
    }
}

fn apply(analysis: &mut Analysis, shown: &mut Shown, change: &Change) {
    let count = analysis.notebook().cells.len();
    let with_cell = |analysis: &mut Analysis, at: usize, edit: &dyn Fn(&mut Cell)| {
        if count > 0 {
            let index = CellIdx::new(at % count);
            let mut cell = analysis.notebook().cells[index.to_usize()].as_ref().clone();
            edit(&mut cell);
            analysis.set_cell(index, cell);
        }
    };
    match change.clone() {
        Change::Text { at, text } => {
            with_cell(analysis, at, &|cell| cell.text = text.as_str().into());
        }
        Change::Run { at, count, edited } => with_cell(analysis, at, &|cell| {
            cell.execution = Execution {
                count,
                edited_since: edited,
                success: None,
            };
        }),
        Change::Kind { at, kind } => with_cell(analysis, at, &|cell| {
            cell.kind = [CellKind::Code, CellKind::Markdown, CellKind::Raw][usize::from(kind)];
        }),
        Change::Tag { at, tag } => with_cell(analysis, at, &|cell| {
            let tag: Box<str> = if tag {
                "raises-exception"
            } else {
                "cellwise-ignore"
            }
            .into();
            cell.tags = Arc::from([tag]);
        }),
        Change::Insert { at, text } => {
            let at = at % (count + 1);
            let cell = Arc::new(Cell::new(CellKind::Code, text.as_str()));
            analysis.splice(at, 0, vec![cell]);
            shown.cells.insert(at, Vec::new());
        }
        Change::Remove { at, count: gone } => {
            let at = at % (count + 1);
            analysis.splice(at, gone, Vec::new());
            shown.cells.drain(at..(at + gone).min(count));
        }
        Change::Move { from, to } => {
            if count > 1 {
                let (from, to) = (from % count, to % count);
                let (low, high) = (from.min(to), from.max(to) + 1);
                let mut cells = analysis.notebook().cells[low..high].to_vec();
                let moved = cells.remove(from - low);
                cells.insert(to - low, moved);
                analysis.splice(low, high - low, cells);
                shown.cells[low..high].fill(Vec::new());
            }
        }
        Change::Home(databricks) => {
            let meta = NotebookMeta {
                home: if databricks {
                    Home::Databricks
                } else {
                    Home::Jupyter
                },
                ..(*analysis.notebook().meta).clone()
            };
            analysis.set_meta(meta);
        }
        Change::Language(python) => {
            let meta = NotebookMeta {
                language: Language::from_name(if python { "python" } else { "r" }),
                ..(*analysis.notebook().meta).clone()
            };
            analysis.set_meta(meta);
        }
        Change::Rules(all) => {
            let settings = Settings::from_toml("select = ['all']").expect("it is understood");
            let layers: &[&Settings] = if all { &[&settings] } else { &[] };
            analysis.set_config(Arc::new(Config::resolve(layers, None)));
        }
        Change::Settle => shown.settle(analysis),
    }
}
