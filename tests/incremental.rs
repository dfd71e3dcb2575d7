//! After any sequence of edits the findings are those of a fresh start, and what was said to have
//! changed is what changed.
#![cfg(test)]

#[path = "../fuzz/src/lib.rs"]
#[expect(dead_code, reason = "the other targets are those of other tests")]
mod fuzzed;

use fuzzed::engine::{self, Change};
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
    // Of the same length, and the last written binding is the same.
    "if x:\n    def f():\n        return x\nelse:\n    def f():\n        return z",
    "if 1:\n    def f():\n        return x\nelse:\n    def f():\n        return z",
    "if 0:\n    def f():\n        return x\nelse:\n    def f():\n        return z",
    "from __future__ import annotations",
    "def k(a: x) -> y:\n    pass",
    "class D(C):\n    def run(self):\n        return z\nD().run()",
    "@nowhere\ndef f():\n    return z",
    "try:\n    1\nexcept ValueError as x:\n    pass",
    "%%writefile other.py\nz = 1",
    "h = (x * z for x in y)",
    "dbutils.library.restartPython()",
    "globals()[\"z\"] = 1",
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
    // What binds or reads in a way of its own.
    "match x:\n    case [y, *z]:\n        h = y\n    case _:\n        h = w",
    "[w := x for x in y]",
    "x, *y = z",
    "del f",
    "async def f():\n    return x\nawait f()",
    "def f():\n    yield x\nfor y in f():\n    z = y",
    "C.run = f\nc.run()",
    "def f(y=x):\n    return y + z",
    "class C:\n    x = 1\n    y = [x for _ in z]",
    "f = lambda: (yield w)\nlist(map(f, x))",
    "try:\n    import np\nexcept ImportError:\n    np = None",
    "with x as y, open(z) as w:\n    f(y)",
    "type A = x\ndef k[T: A](a: T) -> T:\n    return a",
    "files = !ls {x}\nprint(files)",
    "%time y = f()",
    "%store -r x",
    "%%capture out\nprint(x)",
    "out.show()",
    "exec(z)",
    "locals()[y]",
    "password = \"hR7kQ2vX9pLm4Tz\"",
    "f(password)",
    "import os\nos.chdir(x)",
    "while x:\n    y = 1\nelse:\n    z = 2",
    "df.query('a > @x')",
];

/// A text, or the same at other places of its cell.
fn text() -> impl Strategy<Value = String> {
    let before = prop_oneof![
        6 => Just(""),
        1 => Just("\n"),
        1 => Just("# note\n"),
        1 => Just("y = 2\n"),
    ];
    let text = prop::sample::select(TEXTS);
    (before, text).prop_map(|(before, text)| format!("{before}{text}"))
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0..12usize;
    prop_oneof![
        6 => (at.clone(), text()).prop_map(|(at, text)| Change::Text { at, text }),
        3 => (at.clone(), proptest::option::of(1..9u32), any::<bool>())
            .prop_map(|(at, count, edited)| Change::Run { at, count, edited }),
        1 => (at.clone(), 0..3u8).prop_map(|(at, kind)| Change::Kind { at, kind }),
        1 => (at.clone(), any::<bool>()).prop_map(|(at, tag)| Change::Tag { at, tag }),
        2 => (at.clone(), text()).prop_map(|(at, text)| Change::Insert { at, text }),
        1 => (at.clone(), 1..3usize).prop_map(|(at, count)| Change::Remove { at, count }),
        2 => (at.clone(), at).prop_map(|(from, to)| Change::Move { from, to }),
        1 => any::<bool>().prop_map(Change::Home),
        1 => any::<bool>().prop_map(Change::Language),
        1 => any::<bool>().prop_map(Change::Rules),
        4 => Just(Change::Settle),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_from_scratch(
        start in prop::collection::vec(prop::sample::select(TEXTS), 0..10),
        changes in prop::collection::vec(change(), 1..60),
    ) {
        engine::check(&start, &changes);
    }
}

/// Which of two definitions is there may change while nothing else does: neither their places nor their number.
#[test]
fn a_branch_that_becomes_certain_is_followed() {
    let defined = |test: &str| {
        format!(
            "a = 1\nif {test}:\n    def f():\n        return 1\nelse:\n    def f():\n        return late"
        )
    };
    let texts = [defined("aa"), defined(" 0"), defined("aa")];
    let changes: Vec<Change> = texts[1..]
        .iter()
        .flat_map(|text| {
            let text = text.clone();
            [Change::Text { at: 0, text }, Change::Settle]
        })
        .collect();
    engine::check(&[&texts[0], "f()", "late = 1"], &changes);
}

/// All names still go in the same cell, and elsewhere in it.
#[test]
fn a_reset_that_moves_within_its_cell_is_told_where_it_is() {
    for text in ["a = 1\n%reset -f", "dbutils.library.restartPython()"] {
        let change = Change::Text {
            at: 1,
            text: text.to_owned(),
        };
        engine::check(
            &["x = 1", "%reset -f", "print(x)"],
            &[change, Change::Settle],
        );
    }
}
