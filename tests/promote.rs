//! `cellwise promote`: what it writes, and that it writes all or nothing.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "these tests write files")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cellwise::format;
use serde_json::{Value, json};

fn notebook(cells: &[(&str, &str)]) -> Value {
    let cells: Vec<Value> = cells
        .iter()
        .map(|(kind, source)| match *kind {
            "code" => json!({"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": null}),
            kind => json!({"cell_type": kind, "metadata": {}, "source": source}),
        })
        .collect();
    json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
}

/// A folder with a project and the notebook `report.ipynb`.
fn project(cells: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cellwise.toml"), "").unwrap();
    fs::write(
        folder.path().join("report.ipynb"),
        notebook(cells).to_string(),
    )
    .unwrap();
    folder
}

fn promote(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellwise"))
        .arg("promote")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const CELLS: &[(&str, &str)] = &[
    ("markdown", "# Prices"),
    ("code", "%matplotlib inline\nimport math"),
    ("markdown", "## Load the prices"),
    ("code", "prices = [1, 2]\nprices"),
    ("markdown", "## Print the sum"),
    ("code", "print(math.floor(sum(prices)))"),
];

#[test]
fn the_notebook_calls_what_it_was() {
    let folder = project(CELLS);
    let output = promote(folder.path(), &["report.ipynb", "--to", "shop/prices.py"]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(
        told(&output).contains("`%matplotlib inline`"),
        "{}",
        told(&output)
    );
    let module = fs::read_to_string(folder.path().join("shop/prices.py")).unwrap();
    assert!(module.starts_with("\"\"\"Prices.\"\"\"\n"), "{module}");
    assert!(
        module.contains("    prices = [1, 2]\n    show(prices)\n"),
        "{module}"
    );
    let bytes = fs::read(folder.path().join("report.ipynb")).unwrap();
    let after = format::parse(&bytes);
    let texts: Vec<&str> = after.cells.iter().map(|cell| &*cell.text).collect();
    assert_eq!(
        texts,
        [
            "# Prices",
            "%matplotlib inline\nfrom shop.prices import load_prices, print_sum",
            "## Load the prices",
            "prices = load_prices()",
            "## Print the sum",
            "print_sum(prices)",
        ],
        "{module}"
    );
}

/// The module and the code of the notebook, after a notebook of code cells is promoted.
fn promoted(cells: &[&str]) -> (String, Vec<String>) {
    let cells: Vec<(&str, &str)> = cells.iter().map(|source| ("code", *source)).collect();
    let folder = project(&cells);
    let output = promote(folder.path(), &["report.ipynb", "--to", "report.py"]);
    assert!(output.status.success(), "{}", told(&output));
    let module = fs::read_to_string(folder.path().join("report.py")).unwrap();
    let bytes = fs::read(folder.path().join("report.ipynb")).unwrap();
    let texts = format::parse(&bytes).cells;
    let texts = texts.iter().map(|cell| cell.text.to_string());
    (module, texts.collect())
}

#[test]
fn a_section_is_handed_what_its_queries_read_by_text() {
    const LOAD: &str = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})\nlow = int('1')";
    for (query, heads) in [
        ("print(df.query('a > @low'))", &["(df, low):"][..]),
        ("print(pd.eval('df.a * low'))", &["(df, low):"]),
        // A word without `@` is a column.
        ("print('low', df.query('low > 1'))", &["(df):"]),
        ("text = 'a > @low'\nprint(df.query(text))", &["(df, low):"]),
        (
            "def above(d, df):\n    return d.query('a > @low and a in @df')\nprint(above(df, []))",
            &["global low", "(df):"],
        ),
    ] {
        let (module, texts) = promoted(&[LOAD, query]);
        for head in heads {
            assert!(module.contains(head), "{head} in {module}\n{texts:?}");
        }
    }
}

#[test]
fn what_an_import_that_may_fail_binds_is_of_the_module() {
    let import = "try:\n    import numpy as xp\nexcept ImportError:\n    xp = None";
    let (module, texts) = promoted(&[import, "a = xp.zeros(2)", "print(a)"]);
    assert!(module.contains("    a = xp.zeros(2)\n"), "{module}");
    assert!(!texts.concat().contains("xp"), "{texts:?}");
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let folder = project(CELLS);
    let before = fs::read(folder.path().join("report.ipynb")).unwrap();
    let output = promote(folder.path(), &["report.ipynb", "--dry-run"]);
    assert!(output.status.success(), "{}", told(&output));
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("+def load_prices():"), "{shown}");
    assert_eq!(
        fs::read(folder.path().join("report.ipynb")).unwrap(),
        before
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_written() {
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);
    let cases: &[Case<'_>] = &[
        (
            &[("code", "x = 1"), ("code", "!ls")],
            &[],
            "`!ls` in cell 2 cannot live in a module: call `subprocess.run`",
        ),
        (
            CELLS,
            &["--to", "my-prices.py"],
            "no name that Python can import",
        ),
        (CELLS, &["--to", "../prices.py"], "outside of the project"),
        (CELLS, &["--to", "math.py"], "would hide Python's own"),
        (CELLS, &["--to", "cellwise.toml"], "must end in `.py`"),
        (&[("code", "x = (")], &[], "cell 1 is not valid Python"),
        (
            &[("code", "print(x)"), ("code", "x = 1")],
            &[],
            "a run from the top stops in cell 1: cell 2 below it binds `x`; put the cells in an order that runs first",
        ),
        (
            &[("code", "from os.path import *"), ("code", "del join")],
            &[],
            "cell 2 deletes `join`, which no cell binds by name; import `join` by its name first",
        ),
        (
            &[("code", "x = 1"), ("code", "np.sqrt(x)")],
            &[],
            "a run from the top stops in cell 2: no cell binds `np`; bind or import it first",
        ),
        (
            &[
                ("code", "import datetime\nprint(datetime.date.min)"),
                ("code", "from datetime import datetime\nprint(datetime.min)"),
            ],
            &[],
            "`datetime` is imported in cell 1 and as another thing in cell 2; give one of them another name",
        ),
        (
            &[
                ("code", "def floor(x):\n    return x"),
                ("code", "from math import *\nprint(floor(1.5))"),
            ],
            &[],
            "`floor` is defined in cell 1 and may be another thing by an import of all names in cell 2",
        ),
        (
            &[("code", "print(spark.range(3))")],
            &[],
            "`spark` in cell 1 is given to notebooks alone, and no module has it",
        ),
        (
            &[
                (
                    "code",
                    "reg = []\nclass Base:\n    def __init_subclass__(cls):\n        reg.append(cls)",
                ),
                ("code", "class A(Base):\n    pass"),
                ("code", "print(reg)"),
            ],
            &[],
            "`__init_subclass__` of `Base` may do something when class `A` of cell 2 is made, which a module does when it is imported",
        ),
        (
            &[
                (
                    "code",
                    "class Meta(type):\n    def __init__(cls, *rest):\n        print(cls)",
                ),
                ("code", "class A(metaclass=Meta):\n    pass"),
            ],
            &[],
            "the metaclass `Meta` of `A` may do something when class `A` of cell 2 is made",
        ),
        (
            &[
                (
                    "code",
                    "import pandas as pd\ndf, k = pd.DataFrame({'a': [1]}), int('0')",
                ),
                ("code", "print([len(own.query('a > @k')) for own in [df]])"),
            ],
            &[],
            "cell 2 cannot become a function: a function or comprehension in it reads `k` by its text",
        ),
    ];
    for (cells, arguments, reason) in cases {
        let folder = project(cells);
        let before = fs::read(folder.path().join("report.ipynb")).unwrap();
        let output = promote(folder.path(), &[&["report.ipynb"], *arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{reason}");
        assert!(told(&output).contains(reason), "{}", told(&output));
        assert_eq!(
            fs::read(folder.path().join("report.ipynb")).unwrap(),
            before,
            "{reason}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "{reason}");
    }
}

const STOPS: &str = "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    err = e";

#[test]
fn reasons_name_the_cells_that_the_person_sees() {
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str);
    let cases: &[Case<'_>] = &[
        (
            &[("code", STOPS), ("code", "print(err)")],
            "cell 1 cannot become a function: it binds `err` only on some paths, and cell 2 reads it",
        ),
        (
            &[
                ("markdown", "# Title"),
                ("code", "import math"),
                ("markdown", "## Stop"),
                ("code", STOPS),
                ("code", "print(1)"),
                ("markdown", "## Print"),
                ("code", "print(2)"),
                ("code", "print(err)"),
            ],
            "the section from cell 4 to cell 5 cannot become a function: it binds `err` only on some paths, and the section from cell 7 to cell 8 reads it",
        ),
        (
            &[
                ("markdown", "# Title"),
                ("code", "import math"),
                ("markdown", "## Area"),
                ("code", "area = lambda r: r * k"),
                ("code", "k = int('2')\nprint(area(1))"),
            ],
            "cell 5 cannot become a function: a function in cell 4 reads or sets `k` in the notebook",
        ),
    ];
    for (cells, reason) in cases {
        let folder = project(cells);
        let output = promote(folder.path(), &["report.ipynb"]);
        assert!(told(&output).contains(reason), "{}", told(&output));
    }
}

#[test]
fn no_name_claims_a_plot_where_nothing_is_drawn() {
    let folder = project(&[
        ("code", "import matplotlib.pyplot as plt"),
        ("markdown", "## Result"),
        ("code", "total = sum([1, 2])\ntotal"),
        ("markdown", "## Look"),
        ("code", "total"),
        ("markdown", "## End"),
        ("code", "None"),
        ("markdown", "## Setup"),
        ("code", "plt.rcParams['figure.figsize'] = (4, 4)"),
        ("markdown", "## Bounds"),
        ("code", "axes = (0, total)"),
        ("markdown", "## Picture"),
        ("code", "plt.plot(axes)"),
    ]);
    let output = promote(folder.path(), &["report.ipynb", "--to", "report.py"]);
    assert!(output.status.success(), "{}", told(&output));
    let module = fs::read_to_string(folder.path().join("report.py")).unwrap();
    let functions: Vec<&str> = module
        .lines()
        .filter_map(|line| line.strip_prefix("def ")?.split('(').next())
        .collect();
    assert_eq!(
        functions,
        [
            "show",
            "compute_result",
            "show_look",
            "compute_end",
            "update_setup",
            "compute_bounds",
            "plot_picture",
            "main"
        ]
    );
    assert!(!module.contains("show(None)"), "{module}");
}

#[test]
fn what_tools_are_told_of_a_cell_stays() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cellwise.toml"), "").unwrap();
    let source = "```{python}\n#| label: load\n#| echo: false\nprices = [1, 2]\n```\n\n```{python}\n#| label: sum\nprint(sum(prices))\n```\n";
    fs::write(folder.path().join("report.qmd"), source).unwrap();
    let output = promote(folder.path(), &["report.qmd", "--to", "shop.py"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let notebook = fs::read_to_string(folder.path().join("report.qmd")).unwrap();
    let cells = [
        "```{python}\n#| label: load\n#| echo: false\nprices = make_prices()\n```",
        "```{python}\n#| label: sum\nprint_prices(prices)\n```",
    ];
    assert!(
        cells.iter().all(|cell| notebook.contains(cell)),
        "{notebook}"
    );
    let module = fs::read_to_string(folder.path().join("shop.py")).unwrap();
    assert!(!module.contains("#|"), "{module}");
}

#[test]
fn what_a_star_import_may_bring_is_imported_behind_it() {
    let folder = project(&[
        ("code", "import os\nimport random"),
        ("code", "from os.path import *\nfrom posixpath import join"),
        ("code", "print(join(os.sep, os.name), random.__name__)"),
    ]);
    let output = promote(folder.path(), &["report.ipynb", "--to", "shop.py"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let module = fs::read_to_string(folder.path().join("shop.py")).unwrap();
    let places = ["import os", "import random", "import *", "import join"];
    let places = places.map(|line| module.find(line));
    assert!(places.is_sorted() && places[0].is_some(), "{module}");
}

#[test]
fn a_module_imports_what_databricks_gives_to_notebooks() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cellwise.toml"), "").unwrap();
    let source =
        "# Databricks notebook source\nx = spark.range(3)\n\n# COMMAND ----------\n\ndisplay(x)\n";
    fs::write(folder.path().join("report.py"), source).unwrap();
    let output = promote(folder.path(), &["report.py", "--to", "shop.py"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let module = fs::read_to_string(folder.path().join("shop.py")).unwrap();
    let import = "from databricks.sdk.runtime import display, spark\n";
    assert!(module.contains(import), "{module}");
    assert!(!module.contains("IPython"), "{module}");
}

#[test]
fn a_module_that_exists_and_a_read_only_notebook_are_left() {
    let folder = project(CELLS);
    fs::write(folder.path().join("prices.py"), "theirs").unwrap();
    let output = promote(folder.path(), &["report.ipynb", "--to", "prices.py"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told(&output).contains("prices.py exists"),
        "{}",
        told(&output)
    );

    let path = folder.path().join("report.ipynb");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let output = promote(folder.path(), &["report.ipynb", "--to", "other.py"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("read-only"), "{}", told(&output));
    assert!(
        !folder.path().join("other.py").exists(),
        "nothing is half done"
    );
}

#[test]
fn what_the_notebook_runs_becomes_a_module_first() {
    let folder = project(&[
        ("markdown", "# Report"),
        ("code", "%run load.ipynb"),
        ("markdown", "## Print the sum"),
        ("code", "print(double(total))"),
    ]);
    let load = notebook(&[
        ("code", "def double(x):\n    return 2 * x"),
        ("markdown", "## Add the prices"),
        ("code", "total = sum([1, 2])\ntotal"),
    ]);
    let load = load.to_string();
    fs::write(folder.path().join("load.ipynb"), &load).unwrap();
    let output = promote(folder.path(), &["report.ipynb", "--to", "report.py"]);
    assert!(output.status.success(), "{}", told(&output));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("load.ipynb"), load, "it stays as it is");
    assert!(
        read("load.py").contains("def add_prices():"),
        "{}",
        read("load.py")
    );
    let module = read("report.py");
    assert!(
        module.contains("from load import add_prices, double\n"),
        "{module}"
    );
    assert!(module.contains("total = add_prices()"), "{module}");
    let bytes = fs::read(folder.path().join("report.ipynb")).unwrap();
    let texts: Vec<String> = format::parse(&bytes)
        .cells
        .iter()
        .map(|cell| cell.text.to_string())
        .collect();
    assert!(!texts.concat().contains("%run"), "{texts:?}");

    // Where the target cannot become one, nothing is written, and the line is named.
    let folder = project(&[("code", "%run load.py"), ("code", "print(x)")]);
    fs::write(folder.path().join("load.py"), "x = 1\nprint(x)\n").unwrap();
    let output = promote(folder.path(), &["report.ipynb"]);
    assert_eq!(output.status.code(), Some(2));
    let reason = "`%run load.py` in cell 1 cannot live in a module, nor be imported: load.py does more than define, in line 2";
    assert!(told(&output).contains(reason), "{}", told(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[cfg(unix)]
#[test]
fn places_that_nobody_may_write_are_told_and_left() {
    let folder = project(CELLS);
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("out")).unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    for (to, reason) in [
        (
            "out/prices.py",
            "out/prices.py is outside of the project; name a file within it",
        ),
        ("locked/prices.py", "locked is read-only"),
        ("locked/deep/prices.py", "locked is read-only"),
        ("cellwise.toml/prices.py", "lies below a file"),
    ] {
        let before = fs::read(folder.path().join("report.ipynb")).unwrap();
        let output = promote(folder.path(), &["report.ipynb", "--to", to]);
        assert_eq!(output.status.code(), Some(2), "{to}");
        assert!(told(&output).contains(reason), "{to}: {}", told(&output));
        assert_eq!(
            fs::read(folder.path().join("report.ipynb")).unwrap(),
            before
        );
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(&locked).unwrap().count(), 0);
    fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();

    fs::write(folder.path().join("report.ipynb"), "{\"cells\": [").unwrap();
    let output = promote(folder.path(), &["report.ipynb"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told(&output).contains("report.ipynb is not promoted: "),
        "{}",
        told(&output)
    );
}
