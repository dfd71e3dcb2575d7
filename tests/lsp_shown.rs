//! What the server shows of a notebook besides diagnostics: its status, its graph, lenses, lists.
#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::{Client, Notebook};

const PYTHON: &str = "python";
const MARKDOWN: &str = "markdown";

/// A client that announces everything. Only rules that the tests name run.
fn client(rules: &[&str]) -> Client {
    Client::with(
        &json!({}),
        &json!({
            "status": true, "graph": true, "runCells": true, "notebookEdits": true,
            "settings": {"select": rules},
        }),
    )
}

fn graph(client: &mut Client, notebook: &Notebook) -> Value {
    let answer = client.ask("cellwise/graph", json!({"notebook": notebook.uri}));
    assert_eq!(answer.get("error"), None, "{answer}");
    answer["result"].clone()
}

fn lenses(client: &mut Client, notebook: &Notebook, cell: usize) -> Vec<Value> {
    let document = json!({"uri": notebook.cells[cell].uri});
    let answer = client.ask("textDocument/codeLens", json!({"textDocument": document}));
    answer["result"].as_array().expect("lenses").clone()
}

fn titles(lenses: &[Value]) -> Vec<&str> {
    lenses
        .iter()
        .filter_map(|lens| lens["command"]["title"].as_str())
        .collect()
}

fn indices(cells: &Value) -> Vec<u64> {
    let cells = cells.as_array().expect("cells").iter();
    cells.filter_map(|cell| cell["index"].as_u64()).collect()
}

#[test]
fn the_status_is_told_when_it_changes_and_only_then() {
    let mut client = client(&["undefined-name", "stale-cell"]);
    let mut notebook = client.open(&[(PYTHON, "x = 1"), (PYTHON, "print(x)")]);
    let status = client.notification("cellwise/status");
    assert_eq!(
        status,
        json!({
            "notebook": notebook.uri, "version": 0,
            "findings": {"error": 0, "warning": 0, "info": 0, "hint": 0},
            "runsFromTop": true, "why": [], "stale": [],
        })
    );
    client.type_text(&mut notebook, 0, (0, 0), "# ");
    client.published();
    let status = client.notification("cellwise/status");
    assert_eq!(status["findings"]["error"], 1);
    assert_eq!(status["runsFromTop"], false);
    assert_eq!(
        status["why"],
        json!(["Cell 2 needs `x`, and no cell binds it."])
    );
    // Another letter changes nothing of it: the drop of the client asserts that nothing comes.
    client.type_text(&mut notebook, 0, (0, 2), "y");
}

#[test]
fn what_is_stale_reaches_down_to_whoever_takes_the_value() {
    let mut client = client(&["stale-cell"]);
    let mut notebook = client.open(&[
        (PYTHON, "x = 1"),
        (PYTHON, "y = x + 1"),
        (PYTHON, "import os"),
        (PYTHON, "print(y)"),
        (PYTHON, "print(os)"),
    ]);
    client.notification("cellwise/status");
    for cell in 0..5 {
        let count = u32::try_from(cell).expect("few") + 1;
        client.run_cell(&mut notebook, cell, count);
    }
    client.idle();
    client.type_text(&mut notebook, 0, (0, 5), "0");
    let status = client.notification("cellwise/status");
    assert_eq!(indices(&status["stale"]), [0, 1, 3]);
    assert_eq!(status["stale"][1]["uri"], json!(notebook.cells[1].uri));
    assert_eq!(
        status["findings"]["warning"], 2,
        "one is edited, one needs it"
    );
    client.take_unread();

    let first = lenses(&mut client, &notebook, 3);
    assert_eq!(
        titles(&first),
        ["stale: run 1, 2, 4", "needs cell 2 (stale)"]
    );
    let run = &first[0]["command"];
    assert_eq!(run["command"], "cellwise.runCells");
    assert_eq!(indices(&run["arguments"][0]["cells"]), [0, 1, 3]);
    assert_eq!(run["arguments"][0]["cells"][0]["version"], 2);

    // It runs, and what needs it is still behind.
    client.run_cell(&mut notebook, 0, 6);
    let status = client.notification("cellwise/status");
    assert_eq!(indices(&status["stale"]), [1, 3]);
    client.run_cell(&mut notebook, 1, 7);
    let status = client.notification("cellwise/status");
    assert_eq!(indices(&status["stale"]), [3]);
    client.run_cell(&mut notebook, 3, 8);
    let status = client.notification("cellwise/status");
    assert_eq!(status["stale"], json!([]));
    client.take_unread();
}

#[test]
fn the_graph_has_cells_and_who_takes_what_from_whom() {
    let mut client = client(&["used-before-definition"]);
    let notebook = client.open(&[
        (MARKDOWN, "intro\n\n## The <b>data</b>"),
        (PYTHON, "# Load\nx = y = 1"),
        (PYTHON, "print(x, y, z)"),
        (PYTHON, "z = 2"),
    ]);
    client.published();
    client.notification("cellwise/status");
    let graph = graph(&mut client, &notebook);
    assert_eq!(graph["notebook"], json!(notebook.uri));
    assert_eq!(
        graph["cells"][0],
        json!({
            "uri": notebook.cells[0].uri, "index": 0, "kind": "markup", "title": "The <b>data</b>",
            "executionCount": null, "state": "fresh", "binds": [],
            "findings": {"error": 0, "warning": 0, "info": 0, "hint": 0}, "worst": null,
        })
    );
    assert_eq!(graph["cells"][1]["title"], "Load");
    assert_eq!(graph["cells"][1]["binds"], json!(["x", "y"]));
    assert_eq!(graph["cells"][1]["state"], "never");
    assert_eq!(graph["cells"][2]["worst"], "error");
    assert_eq!(
        graph["edges"],
        json!([
            {"from": 1, "to": 2, "names": ["x", "y"], "backward": false},
            {"from": 3, "to": 2, "names": ["z"], "backward": true},
        ])
    );
    assert_eq!(graph["runsFromTop"], false);
    assert_eq!(graph["order"], json!([0, 1, 3, 2]));
    let nowhere = client.ask("cellwise/graph", json!({"notebook": "file:///none.ipynb"}));
    assert_eq!(nowhere["result"], Value::Null);
    let wrong = client.ask("cellwise/graph", json!({"notebooks": []}));
    assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
}

#[test]
fn a_picture_is_outdated_once_until_it_is_asked_for_again() {
    let mut client = client(&[]);
    let mut notebook = client.open(&[(PYTHON, "x = 1"), (PYTHON, "print(x)")]);
    client.notification("cellwise/status");
    // Nobody has a picture yet.
    client.type_text(&mut notebook, 0, (0, 0), "y = ");
    client.idle();
    graph(&mut client, &notebook);
    // What no picture shows does not outdate it.
    client.type_text(&mut notebook, 1, (0, 8), "  ");
    client.idle();
    client.type_text(&mut notebook, 0, (0, 0), "z = ");
    let changed = client.notification("cellwise/graphChanged");
    assert_eq!(
        changed,
        json!({"notebook": notebook.uri, "version": notebook.version})
    );
    client.type_text(&mut notebook, 0, (0, 0), "w = ");
    client.idle();
    assert_eq!(
        graph(&mut client, &notebook)["cells"][0]["binds"],
        json!(["w", "x", "y", "z"])
    );
    client.run_cell(&mut notebook, 0, 1);
    client.notification("cellwise/graphChanged");
}

#[test]
fn lenses_say_what_a_cell_needs_and_who_uses_it() {
    let mut client = client(&[]);
    let mut cells = vec![(PYTHON, "import os"), (PYTHON, "y = os.sep + z")];
    cells.extend([(PYTHON, "print(os)"); 6]);
    cells.push((PYTHON, "z = 1"));
    cells.push((MARKDOWN, "# End"));
    let notebook = client.open(&cells);
    client.notification("cellwise/status");
    let first = lenses(&mut client, &notebook, 0);
    assert_eq!(titles(&first), ["used by 2, 3, 4, 5, 6 and 2 more"]);
    assert_eq!(first[0]["command"]["command"], "cellwise.showGraph");
    assert_eq!(
        first[0]["command"]["arguments"],
        json!([{"notebook": notebook.uri, "cell": 0}])
    );
    assert_eq!(
        titles(&lenses(&mut client, &notebook, 1)),
        ["needs cells 1, 9 (below)"]
    );
    assert!(lenses(&mut client, &notebook, 9).is_empty());

    // A client that announced nothing has lenses to read.
    let mut plain = Client::vscode(false);
    let notebook = plain.open(&[(PYTHON, "x = 1"), (PYTHON, "print(x)")]);
    let only = lenses(&mut plain, &notebook, 1);
    assert_eq!(titles(&only), ["needs cell 1"]);
    assert_eq!(only[0]["command"]["command"], "");
}

#[test]
fn findings_are_listed_and_rules_explained() {
    let mut client = client(&["empty-cell", "long-notebook"]);
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    client.notification("cellwise/status");
    let answer = client.ask("cellwise/findings", json!({"notebook": notebook.uri}));
    let start = json!({"line": 0, "character": 0});
    assert_eq!(
        answer["result"],
        json!([{
            "rule": "empty-cell", "group": "structure", "severity": "hint",
            "cell": 0, "uri": notebook.cells[0].uri,
            "range": {"start": start, "end": start},
            "message": "cell 1 has nothing in it; remove it.",
            "href": "cellwise://rules/empty-cell",
        }])
    );
    let page = client.ask("cellwise/explain", json!({"rule": "empty-cell"}));
    let markdown = page["result"]["markdown"].as_str().expect("a text");
    assert!(markdown.starts_with("# empty-cell\n\nA code cell with nothing in it."));
    let none = client.ask("cellwise/explain", json!({"rule": "x"}));
    assert_eq!(none["result"], Value::Null);
}

#[test]
fn lenses_are_asked_for_again_when_another_cell_changes_them() {
    let mut client = Client::with(
        &json!({"workspace": {"codeLens": {"refreshSupport": true}}}),
        &json!({"settings": {"select": []}}),
    );
    let mut notebook = client.open(&[(PYTHON, "x = 1"), (PYTHON, "print(x)")]);
    client.idle();
    // Nobody looks at lenses, so nobody is told.
    client.type_text(&mut notebook, 0, (0, 0), "y = ");
    client.idle();
    lenses(&mut client, &notebook, 0);
    client.type_text(&mut notebook, 0, (0, 0), "z = ");
    let asked = client.server_request("workspace/codeLens/refresh");
    // While it is not answered, there is no other.
    lenses(&mut client, &notebook, 0);
    client.type_text(&mut notebook, 0, (0, 0), "w = ");
    client.idle();
    client.write(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": null}));
    let asked = client.server_request("workspace/codeLens/refresh");
    client.write(
        &json!({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32601, "message": "no"}}),
    );
}

/// Titles, symbols, hovers, what a menu says and why it refuses: the text is the person's own, and its secrets are in none of it.
#[test]
fn nothing_that_is_shown_holds_a_secret() {
    let token = ["sk-proj-abcdEFGH1234", "ijklMNOP5678qrstUVWX"].concat();
    let client = Client::with(
        &json!({"textDocument": {"codeAction": {
            "disabledSupport": true, "dataSupport": true,
            "resolveSupport": {"properties": ["edit", "command"]},
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}},
        }}}),
        &json!({"graph": true, "notebookEdits": true, "settings": {"select": ["all"]}}),
    );
    let mut client = client;
    let texts = [
        format!("token = '{token}'"),
        format!("# The key is {token}"),
        format!("%run {token}.py\n%env KEY={token}"),
        format!("open('/home/me/{token}/a.csv')"),
        format!("x = ='{token}'"),
    ];
    let mut cells: Vec<(&str, &str)> = texts.iter().map(|text| (PYTHON, &**text)).collect();
    let heading = format!("# About {token}");
    cells.push((MARKDOWN, &heading));
    let notebook = client.open(&cells);
    let mut answers = vec![graph(&mut client, &notebook)];
    answers.push(client.ask("cellwise/findings", json!({"notebook": notebook.uri})));
    let whole = json!({"textDocument": {"uri": notebook.uri}});
    answers.push(client.ask("textDocument/documentSymbol", whole));
    for (cell, (_, text)) in notebook.cells.iter().zip(&cells) {
        let of = json!({"uri": cell.uri});
        answers.push(client.ask("textDocument/documentSymbol", json!({"textDocument": of})));
        for character in 0..text.find('\n').unwrap_or(text.len()) {
            let at = json!({"line": 0, "character": character});
            let params = json!({"textDocument": of, "position": at});
            answers.push(client.ask("textDocument/hover", params));
            let range = json!({"start": at, "end": at});
            let params =
                json!({"textDocument": of, "range": range, "context": {"diagnostics": []}});
            let listed = client.ask("textDocument/codeAction", params);
            for action in listed["result"].as_array().unwrap() {
                answers.push(json!([action["title"], action["disabled"]]));
                answers.push(client.resolve(action)["error"].clone());
            }
        }
    }
    for answer in answers {
        assert!(!answer.to_string().contains(&token), "{answer}");
    }
    client.take_unread();
}
