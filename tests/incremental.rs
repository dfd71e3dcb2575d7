//! After any sequence of edits the findings are those of a fresh start, and what was said to have
//! changed is what changed.
#![cfg(test)]

use std::sync::Arc;

use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::notebook::{
    Cell, CellIdx, CellKind, Execution, Home, Language, Notebook, NotebookMeta,
};
use cellwise::rule::Finding;
use cellwise::view::graph::{self, Edge, Node};
use cellwise::view::tally::Tally;
use proptest::prelude::*;

/// Texts that bind, read, delete, call and hide each other's names, break, and open the namespace.
const TEXTS: &[&str] = &[
    "",
    "x = 1",
    "x += 1",
    "y = x + 1",
    "print(x, y)",
    "del x",
    "if y:\n    x = 2",
    "for x in y:\n    z = x",
    "def f():\n    return x + g()",
    "def g():\n    return z",
    "f()",
    "h = f",
    "h()",
    "class C:\n    def run(self):\n        return f() + w",
    "C().run()",
    "c = C()",
    "c.run()",
    "import numpy as np",
    "np.mean(x)",
    "from math import *",
    "%run other.py",
    "%reset -f",
    "%%time\nz = f()",
    "%%bash\necho $x",
    "x = (",
    "try:\n    w\nexcept NameError:\n    w = 1",
    "global_ = lambda: x\nglobal_()",
    "def init():\n    global w\n    w = x",
    "init()",
    "# cellwise: ignore-cell[undefined-name]\nprint(nowhere)",
    "print(nowhere)  # cellwise: ignore",
    "a = 1\nb = 2\nc = 3\nd = 4",
    "x = []",
    "import y\nx = y.z",
    "open(\"/home/ana/x\")\nic(x)",
    "from icecream import ic",
    "assert x\nassert y",
    "!pip install x",
    "x.append(1)",
    "x = y",
    "y = f() + z",
    "z = y\nx = lambda: y",
    "def y():\n    return x + z",
    "import y",
    // Passages that repeat each other, alone, twice, longer, and in a body.
    "a = x[x.a > 3]\na = a.dropna(axis=0)\nt = sum(a.b) / len(a)\nz.append((t, a.max()))",
    "b = y[y.a > 4]\nb = b.dropna(axis=1)\nt = sum(b.b) / len(b)\nz.append((t, b.max()))",
    "# moved\n\na = x[x.a > 3]\na = a.dropna(axis=0)\nt = sum(a.b) / len(a)\nz.append((t, a.max()))\nu = (t * 2).round(a)",
    "a = x[x.a > 3]\na = a.dropna(axis=0)\nt = sum(a.b) / len(a)\nz.append((t, a.max()))\na = x[x.a > 3]\na = a.dropna(axis=0)\nt = sum(a.b) / len(a)\nz.append((t, a.max()))\nu = (t * 2).round(a)",
    "def f(x):\n    a = x[x.a > 3]\n    a = a.dropna(axis=0)\n    t = sum(a.b) / len(a)\n    z.append((t, a.max()))",
    "np.random.seed(1)",
    "y = np.random.rand(x)",
    "x = np.random.default_rng()",
];

#[derive(Debug, Clone)]
enum Change {
    Text {
        at: usize,
        text: usize,
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
        text: usize,
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
    Settle,
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0..12usize;
    let text = 0..TEXTS.len();
    prop_oneof![
        6 => (at.clone(), text.clone()).prop_map(|(at, text)| Change::Text { at, text }),
        3 => (at.clone(), proptest::option::of(1..9u32), any::<bool>())
            .prop_map(|(at, count, edited)| Change::Run { at, count, edited }),
        1 => (at.clone(), 0..3u8).prop_map(|(at, kind)| Change::Kind { at, kind }),
        1 => (at.clone(), any::<bool>()).prop_map(|(at, tag)| Change::Tag { at, tag }),
        2 => (at.clone(), text).prop_map(|(at, text)| Change::Insert { at, text }),
        1 => (at.clone(), 1..3usize).prop_map(|(at, count)| Change::Remove { at, count }),
        2 => (at.clone(), at).prop_map(|(from, to)| Change::Move { from, to }),
        1 => any::<bool>().prop_map(Change::Home),
        1 => any::<bool>().prop_map(Change::Language),
        4 => Just(Change::Settle),
    ]
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
    match *change {
        Change::Text { at, text } => {
            with_cell(analysis, at, &|cell| cell.text = TEXTS[text].into());
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
            let cell = Arc::new(Cell::new(CellKind::Code, TEXTS[text]));
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
        Change::Settle => shown.settle(analysis),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_from_scratch(
        start in proptest::collection::vec(0..TEXTS.len(), 0..10),
        changes in proptest::collection::vec(change(), 1..60),
    ) {
        let config = Arc::new(Config::default());
        let notebook = Notebook {
            cells: start.iter().map(|&text| Arc::new(Cell::new(CellKind::Code, TEXTS[text]))).collect(),
            ..Notebook::default()
        };
        let mut analysis = Analysis::new(notebook, Arc::clone(&config));
        let mut shown = Shown::all(&analysis);
        for change in &changes {
            apply(&mut analysis, &mut shown, change);
            if matches!(change, Change::Settle) {
                let fresh = Analysis::new(analysis.notebook().clone(), Arc::clone(&config));
                prop_assert_eq!(&shown, &Shown::all(&analysis), "what was told");
                prop_assert_eq!(&shown, &Shown::all(&fresh), "a fresh start");
            }
        }
        shown.settle(&mut analysis);
        let fresh = Analysis::new(analysis.notebook().clone(), config);
        prop_assert_eq!(shown, Shown::all(&fresh));
    }
}
