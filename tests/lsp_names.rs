//! From a name to its places, over the wire: definition, references, highlights, rename, symbols, hover, hints.
#![cfg(test)]
#![expect(clippy::needless_pass_by_value, reason = "tests hand over literals")]

mod support;

use serde_json::{Value, json};
use support::{Client, Notebook};

const PYTHON: &str = "python";
const MARKDOWN: &str = "markdown";

fn client(settings: Value) -> Client {
    Client::with(
        &json!({"workspace": {"workspaceEdit": {"documentChanges": true}}}),
        &json!({"settings": settings}),
    )
}

fn open(client: &mut Client) -> Notebook {
    client.open(&[
        (MARKDOWN, "# Prices\n\ntext\n\n## Load\n\n```\n# no heading\n```"),
        (PYTHON, "import csv\nprices = [1]"),
        (PYTHON, "# Clean\ndef clean(xs):\n    prices = xs\n    return prices\n\nclass Row:\n    def total(self):\n        return prices"),
        (PYTHON, "prices.append(3)\nclean(prices)"),
        (PYTHON, "print(f'{prices} prices')"),
    ])
}

fn ask(client: &mut Client, method: &str, at: (&Notebook, usize, u32, u32), more: Value) -> Value {
    let (notebook, cell, line, character) = at;
    let mut params = json!({
        "textDocument": {"uri": notebook.cells[cell].uri},
        "position": {"line": line, "character": character},
    });
    for (key, value) in more.as_object().expect("an object") {
        params[key] = value.clone();
    }
    client.ask(method, params)
}

/// Places as `cell:line:character`.
fn places(notebook: &Notebook, locations: &Value) -> Vec<String> {
    let place = |location: &Value| {
        let uri = location["uri"].as_str().expect("a URI");
        let cell = notebook
            .cells
            .iter()
            .position(|cell| cell.uri == uri)
            .expect("a cell");
        let start = &location["range"]["start"];
        format!("{cell}:{}:{}", start["line"], start["character"])
    };
    let locations = locations.as_array().expect("locations").iter();
    locations.map(place).collect()
}

#[test]
fn a_variable_is_found_in_all_cells() {
    let mut client = client(json!({"select": []}));
    let notebook = open(&mut client);
    let at = (&notebook, 3, 1, 7);
    let found = ask(&mut client, "textDocument/definition", at, json!({}));
    assert_eq!(places(&notebook, &found["result"]), ["1:1:0"]);
    let context = json!({"context": {"includeDeclaration": true}});
    let found = ask(&mut client, "textDocument/references", at, context);
    assert_eq!(
        places(&notebook, &found["result"]),
        ["1:1:0", "2:7:15", "3:0:0", "3:1:6", "4:0:9"]
    );
    let context = json!({"context": {"includeDeclaration": false}});
    let found = ask(&mut client, "textDocument/references", at, context);
    assert_eq!(places(&notebook, &found["result"]).len(), 4);
    let found = ask(&mut client, "textDocument/documentHighlight", at, json!({}));
    let kinds = found["result"].as_array().expect("highlights").iter();
    assert_eq!(
        kinds.map(|found| found["kind"].clone()).collect::<Vec<_>>(),
        [2, 2]
    );

    // A local name of the same spelling is another.
    let local = (&notebook, 2, 3, 12);
    let found = ask(&mut client, "textDocument/definition", local, json!({}));
    assert_eq!(places(&notebook, &found["result"]), ["2:2:4"]);
    let found = ask(
        &mut client,
        "textDocument/definition",
        (&notebook, 3, 1, 1),
        json!({}),
    );
    assert_eq!(places(&notebook, &found["result"]), ["2:1:4"], "a function");
    let nothing = ask(
        &mut client,
        "textDocument/definition",
        (&notebook, 0, 0, 3),
        json!({}),
    );
    assert_eq!(nothing["result"], Value::Null);
}

#[test]
fn hover_tells_what_becomes_of_a_variable() {
    let mut client = client(json!({"select": []}));
    let notebook = open(&mut client);
    let hover = ask(
        &mut client,
        "textDocument/hover",
        (&notebook, 4, 0, 10),
        json!({}),
    );
    assert_eq!(
        hover["result"]["contents"]["value"],
        "`prices`: bound in cell 2 · changed in cell 4 · read in cells 3, 4, 5"
    );
    assert_eq!(hover["result"]["range"]["start"]["character"], 9);
}

#[test]
fn renaming_edits_all_cells_or_says_why_not() {
    let mut client = client(json!({"select": []}));
    let notebook = open(&mut client);
    let at = (&notebook, 4, 0, 10);
    let range = ask(&mut client, "textDocument/prepareRename", at, json!({}));
    assert_eq!(
        range["result"],
        json!({"start": {"line": 0, "character": 9}, "end": {"line": 0, "character": 15}})
    );
    let renamed = ask(
        &mut client,
        "textDocument/rename",
        at,
        json!({"newName": "costs"}),
    );
    let changes = renamed["result"]["documentChanges"]
        .as_array()
        .expect("changes");
    let edits = |change: &Value| change["edits"].as_array().map_or(0, Vec::len);
    assert_eq!(changes.iter().map(edits).collect::<Vec<_>>(), [1, 1, 2, 1]);
    assert_eq!(
        changes[0]["textDocument"],
        json!({"uri": notebook.cells[1].uri, "version": 1})
    );
    assert_eq!(changes[0]["edits"][0]["newText"], "costs");

    let taken = ask(
        &mut client,
        "textDocument/rename",
        at,
        json!({"newName": "csv"}),
    );
    assert_eq!(taken["error"]["code"], -32803);
    assert_eq!(
        taken["error"]["message"],
        "cell 2 already names something `csv`"
    );
    let given = ask(
        &mut client,
        "textDocument/prepareRename",
        (&notebook, 4, 0, 1),
        json!({}),
    );
    assert!(
        given["error"]["message"]
            .as_str()
            .expect("why")
            .contains("`print`")
    );
    let nothing = ask(
        &mut client,
        "textDocument/prepareRename",
        (&notebook, 4, 0, 18),
        json!({}),
    );
    assert_eq!(nothing["result"], Value::Null);
}

#[test]
fn symbols_are_headings_cells_and_definitions() {
    let mut client = client(json!({"select": []}));
    let notebook = open(&mut client);
    let mut of = |uri: &str| {
        let answer = client.ask(
            "textDocument/documentSymbol",
            json!({"textDocument": {"uri": uri}}),
        );
        answer["result"].as_array().expect("symbols").clone()
    };
    let headings = of(&notebook.cells[0].uri);
    assert_eq!(headings.len(), 1);
    assert_eq!(headings[0]["name"], "Prices");
    assert_eq!(headings[0]["children"][0]["name"], "Load");
    assert_eq!(headings[0]["children"][0].get("children"), None);
    let definitions = of(&notebook.cells[2].uri);
    let names: Vec<&Value> = definitions.iter().map(|symbol| &symbol["name"]).collect();
    assert_eq!(names, ["clean", "Row"]);
    assert_eq!(definitions[1]["children"][0]["name"], "total");
    let all = of(&notebook.uri);
    let named = |symbol: &Value| {
        let container = symbol["containerName"].as_str().unwrap_or("-");
        format!(
            "{} in {container}",
            symbol["name"].as_str().expect("a name")
        )
    };
    assert_eq!(
        all.iter().map(named).collect::<Vec<_>>(),
        [
            "Prices in -",
            "Load in Prices",
            "cell 2: import csv in Load",
            "prices in cell 2: import csv",
            "cell 3: Clean in Load",
            "clean in cell 3: Clean",
            "Row in cell 3: Clean",
            "total in Row",
            "cell 4: prices.append(3) in Load",
            "cell 5: print(f'{prices} prices') in Load",
        ]
    );
}

#[test]
fn inlay_hints_are_for_those_who_ask() {
    let hints = |client: &mut Client, notebook: &Notebook, cell: usize| {
        let start = json!({"line": 0, "character": 0});
        let range = json!({"start": start, "end": {"line": 9, "character": 0}});
        let document = json!({"uri": notebook.cells[cell].uri});
        let answer = client.ask(
            "textDocument/inlayHint",
            json!({"textDocument": document, "range": range}),
        );
        answer["result"].clone()
    };
    let mut without = client(json!({"select": []}));
    let notebook = open(&mut without);
    assert_eq!(hints(&mut without, &notebook, 3), json!([]));
    let mut with = client(json!({"select": [], "inlay-hints": true}));
    let notebook = open(&mut with);
    let first = hints(&mut with, &notebook, 1);
    assert_eq!(first[0]["label"], "gives prices");
    assert_eq!(first[0]["position"], json!({"line": 0, "character": 10}));
    assert_eq!(hints(&mut with, &notebook, 3)[0]["label"], "takes prices");
}
