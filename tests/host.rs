//! Notebooks that a client opens as texts: scripts, Markdown, the JSON of an `.ipynb`.
#![cfg(test)] // so that clippy lets the helpers unwrap, too

#[path = "../fuzz/src/lib.rs"]
#[expect(dead_code, reason = "the other targets are those of other tests")]
mod fuzzed;
mod support;

use cellwise::format::ipynb;
use cellwise::lsp::proto::Uri;
use fuzzed::host::{TEXTS, known, open, type_in};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::Client;

const SCRIPT: &str = "# %% [markdown]\n# # Title\n\n# %%\nimport os\nprint(😀x)\n\n# %%\nprint('😀', total)\n\n# %%\ntotal = 1\n";

const JSON: &str = r#"{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["Title é 😀"]},
  {
   "cell_type": "code",
   "execution_count": 2,
   "metadata": {},
   "outputs": [],
   "source": [
    "import os\n",
    "a = \"\ud83d\ude00\\n\"; print('😀', total)"
   ]
  },
  {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": "total = 1"}
 ],
 "metadata": {},
 "nbformat": 4,
 "nbformat_minor": 4
}
"#;

fn changes() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let text = prop::sample::select(TEXTS);
    prop::collection::vec(
        (any::<usize>(), 0..4_usize, text.prop_map(str::to_owned)),
        1..6,
    )
}

/// Types the changes in, and compares what is known then with what is known of a document that begins so.
fn is_as_if_opened_anew(
    uri: &str,
    language: &str,
    start: &str,
    changes: &[(usize, usize, String)],
) -> Result<(), TestCaseError> {
    let mut documents = open(uri, language, start);
    let text = type_in(&mut documents, uri, start, changes);
    let fresh = open(uri, language, &text);
    prop_assert_eq!(known(&documents, uri), known(&fresh, uri), "{:?}", text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn after_any_edits_of_a_script_it_is_as_if_opened_anew(changes in changes()) {
        let uri = "file:///ws/a.py";
        for start in [SCRIPT, "import os\n# %%\nx\n\n# %%\ny", "x = 1\n"] {
            is_as_if_opened_anew(uri, "python", start, &changes)?;
        }
    }

    #[test]
    fn after_any_edits_of_markdown_it_is_as_if_opened_anew(changes in changes()) {
        let header = "---\njupyter:\n  kernelspec:\n    language: python\n---\n\n";
        let markdown = "# A\n\n\nb\n\n```python\nimport os\nx\n```\n\n<!-- #region -->\nc\n<!-- #endregion -->\n\n```python\ny\n```\n";
        let myst = "# A\n\n+++\n\nb\n\n```{code-cell}\n:tags: [a]\nx\n```\n\n```{code-cell}\ny\n```\n";
        let quarto = "# A\n\n```{python}\nx\n```\n\nb\n\n```{r}\ny\n```\n";
        let setup = "```{r}\nopts_chunk$set(error = TRUE, eval = FALSE)\n```\n\n```{python}\nx\n```\n\n```{python, eval=TRUE}\ny\n```\n";
        for (language, start) in [("markdown", markdown), ("markdown", myst), ("quarto", quarto), ("rmd", quarto), ("rmd", setup)] {
            is_as_if_opened_anew("file:///ws/a.md", language, &format!("{header}{start}"), &changes)?;
        }
    }

    #[test]
    fn after_any_edits_of_other_scripts_it_is_as_if_opened_anew(changes in changes()) {
        let databricks = "# Databricks notebook source\nx\n\n# COMMAND ----------\n\n# MAGIC %sql\n# MAGIC a\n\n# COMMAND ----------\n\n# DBTITLE 1,A\ny\n\n# COMMAND ----------\n";
        let marimo = "import marimo\napp = marimo.App()\n\n@app.cell\ndef _():\n    x = 1\n    return (x,)\n\n\n@app.cell\ndef _(x):\n    y\n    return\n\n\nif __name__:\n    app.run()\n";
        for start in [databricks, marimo] {
            let uri = "file:///ws/a.py";
            is_as_if_opened_anew(uri, "python", start, &changes)?;
        }
    }

    #[test]
    fn after_any_edits_of_json_it_is_as_if_opened_anew_or_as_it_was(changes in changes()) {
        let uri = "file:///ws/a.ipynb";
        let mut documents = open(uri, "json", JSON);
        let text = type_in(&mut documents, uri, JSON, &changes);
        if ipynb::read(text.as_bytes()).1.is_sound() {
            let fresh = open(uri, "json", &text);
            prop_assert_eq!(known(&documents, uri), known(&fresh, uri), "{:?}", text);
        } else if known(&documents, uri).is_some() {
            let problems = documents.snapshot(&Uri::from(uri)).unwrap().problems;
            prop_assert!(!problems.is_empty(), "{:?}", text);
        }
    }
}

#[test]
fn a_header_that_becomes_whole_is_no_prose() {
    let uri = "file:///ws/a.md";
    let start =
        "---\njupyter:\n  kernelspec:\n    language: python\n--\n\n# A\n\n```{code-cell}\nx\n```\n";
    let mut documents = open(uri, "markdown", start);
    let before_title = start.find("\n\n# A").unwrap();
    let text = type_in(
        &mut documents,
        uri,
        start,
        &[(before_title, 0, "-".to_owned())],
    );
    let fresh = open(uri, "markdown", &text);
    assert_eq!(known(&documents, uri), known(&fresh, uri), "{text:?}");
}

#[test]
fn a_header_that_typing_closes_is_one() {
    let quarto = "---\njupyter: python3\n\na\n\n```{python}\nx\n```\n\nb\n";
    let script = "# ---\n# jupyter:\n\n# %%\nx\n# %%\ny\n";
    for (language, start, at, mark) in [
        ("quarto", quarto, quarto.find("a\n\n").unwrap(), "---\n"),
        ("quarto", quarto, quarto.find("b\n").unwrap(), "---\n"),
        (
            "python",
            script,
            script.find("\n\n# %%").unwrap() + 1,
            "# ---\n",
        ),
    ] {
        let uri = "file:///ws/a";
        let mut documents = open(uri, language, start);
        let text = type_in(&mut documents, uri, start, &[(at, 0, mark.to_owned())]);
        let fresh = open(uri, language, &text);
        assert_eq!(known(&documents, uri), known(&fresh, uri), "{text:?}");
    }
}

/// A client as Neovim 0.12 is.
fn neovim() -> Client {
    Client::with(
        &json!({
            "workspace": {"workspaceEdit": {"resourceOperations": ["rename", "create", "delete"]}},
            "textDocument": {
                "publishDiagnostics": {"relatedInformation": true},
                "codeAction": {
                    "dataSupport": true,
                    "resolveSupport": {"properties": ["edit", "command"]},
                    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}},
                },
            },
        }),
        &json!({}),
    )
}

fn did_open(client: &mut Client, uri: &str, language: &str, text: &str) {
    let item = json!({"uri": uri, "languageId": language, "version": 0, "text": text});
    client.notify("textDocument/didOpen", json!({"textDocument": item}));
}

fn did_change(client: &mut Client, uri: &str, version: i64, range: [u32; 4], text: &str) {
    let step = json!({"range": to_range(range), "text": text});
    let of = json!({"uri": uri, "version": version});
    let params = json!({"textDocument": of, "contentChanges": [step]});
    client.notify("textDocument/didChange", params);
}

fn to_range([line, character, end_line, end_character]: [u32; 4]) -> Value {
    json!({
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    })
}

/// Line and UTF-16 columns of all diagnostics with a code, as `[line, start, end]`.
fn places(published: &Value, code: &str) -> Vec<[u64; 3]> {
    let all = published["diagnostics"].as_array().unwrap().iter();
    all.filter(|diagnostic| diagnostic["code"] == code)
        .map(|diagnostic| {
            let range = &diagnostic["range"];
            let number = |value: &Value| value.as_u64().unwrap();
            [
                number(&range["start"]["line"]),
                number(&range["start"]["character"]),
                number(&range["end"]["character"]),
            ]
        })
        .collect()
}

#[test]
fn findings_of_a_script_stand_in_the_script() {
    let mut client = neovim();
    let uri = "file:///ws/a.py";
    did_open(
        &mut client,
        uri,
        "python",
        "# %%\nprint('😀', total)\n\n# %%\ntotal = 1\n",
    );
    let published = client.published();
    assert_eq!(published["version"], 0);
    assert_eq!(places(&published, "used-before-definition"), [[1, 12, 17]]);
    did_change(&mut client, uri, 3, [0, 0, 0, 0], "# a comment\n\n");
    let published = client.published();
    assert_eq!(published["version"], 3);
    assert_eq!(places(&published, "used-before-definition"), [[3, 12, 17]]);
    did_change(&mut client, uri, 4, [3, 12, 3, 17], "1");
    assert_eq!(
        places(&client.published(), "used-before-definition"),
        [] as [[u64; 3]; 0]
    );
    client.notify(
        "textDocument/didClose",
        json!({"textDocument": {"uri": uri}}),
    );
    client.take_unread();
}

#[test]
fn findings_of_json_stand_inside_its_strings() {
    let mut client = neovim();
    let uri = "file:///ws/a.ipynb";
    did_open(&mut client, uri, "json", JSON);
    let line = r#"    "a = \"\ud83d\ude00\\n\"; print('😀', total)""#;
    let column = line[..line.find("total").unwrap()].encode_utf16().count() as u64;
    let published = client.published();
    assert_eq!(
        places(&published, "hidden-definition"),
        [[10, column, column + 5]]
    );

    // While somebody types, the string is broken, and what was found elsewhere stays.
    did_change(&mut client, uri, 1, [10, 5, 10, 5], "\"");
    let published = client.published();
    let broken = &published["diagnostics"][0];
    assert_eq!(broken["code"], "invalid-notebook", "{published}");
    assert_eq!(broken["range"]["start"]["line"], 10, "{published}");
    did_change(&mut client, uri, 2, [10, 5, 10, 6], "");
    let published = client.published();
    assert_eq!(
        places(&published, "invalid-notebook"),
        [] as [[u64; 3]; 0],
        "{published}"
    );
    assert_eq!(
        places(&published, "hidden-definition"),
        [[10, column, column + 5]]
    );
    client.take_unread();
}

#[test]
fn actions_change_the_lines_of_the_document() {
    let mut client = neovim();
    let uri = "file:///ws/a.py";
    let text = "# %%\nprint(total)\n\n# %%\ntotal = 1\n";
    did_open(&mut client, uri, "python", text);
    client.published();
    let of = json!({"uri": uri});
    let params = json!({"textDocument": of, "range": to_range([1, 8, 1, 8]), "context": {"diagnostics": []}});
    let listed = client.ask("textDocument/codeAction", params);
    let listed = listed["result"].as_array().unwrap().clone();
    let order = listed
        .iter()
        .find(|action| action["data"]["action"] == "order-cells");
    let resolved = client.resolve(order.unwrap());
    let change = &resolved["result"]["edit"]["documentChanges"][0];
    assert_eq!(
        change["textDocument"],
        json!({"uri": uri, "version": 0}),
        "{resolved}"
    );
    let after = applied(text, &change["edits"]);
    assert_eq!(after, "# %%\ntotal = 1\n\n# %%\nprint(total)\n");

    let hover = client.ask(
        "textDocument/hover",
        json!({"textDocument": of, "position": {"line": 1, "character": 8}}),
    );
    assert_eq!(hover["result"]["range"], to_range([1, 6, 1, 11]), "{hover}");
    did_change(&mut client, uri, 1, [1, 0, 1, 0], " ");
    let stale = client.resolve(order.unwrap());
    assert_eq!(stale["error"]["code"], -32801, "{stale}");
    client.take_unread();
}

/// A text after text edits, which must not overlap.
fn applied(text: &str, edits: &Value) -> String {
    let mut edits: Vec<(usize, usize, &str)> = edits
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| {
            let offset = |place: &Value| {
                let line = place["line"].as_u64().unwrap() as usize;
                let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
                let mut units = place["character"].as_u64().unwrap() as usize;
                let mut at = start;
                for character in text[start..].chars() {
                    if units == 0 {
                        break;
                    }
                    units -= character.len_utf16();
                    at += character.len_utf8();
                }
                at
            };
            let range = &edit["range"];
            (
                offset(&range["start"]),
                offset(&range["end"]),
                edit["newText"].as_str().unwrap(),
            )
        })
        .collect();
    edits.sort_unstable();
    let mut after = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        after.replace_range(start..end, new);
    }
    after
}

#[test]
fn a_plain_text_says_nothing_until_it_is_a_notebook() {
    let mut client = neovim();
    let uri = "file:///ws/a.py";
    did_open(&mut client, uri, "python", "print(total)\n");
    did_open(
        &mut client,
        "file:///ws/package.json",
        "json",
        "{\"cells\": 1}",
    );
    did_open(
        &mut client,
        "file:///ws/a.md",
        "markdown",
        "# %%\n\n```python\nx\n```\n",
    );
    assert_eq!(client.take_unread(), [] as [Value; 0]);
    did_change(&mut client, uri, 1, [0, 0, 0, 0], "# %%\n");
    assert_eq!(places(&client.published(), "undefined-name"), [[1, 6, 11]]);
    did_change(&mut client, uri, 2, [0, 0, 1, 0], "");
    assert_eq!(client.published()["diagnostics"], json!([]));
}

#[test]
fn what_works_on_cells_works_on_the_document() {
    let mut client = neovim();
    let uri = "file:///ws/a.py";
    did_open(
        &mut client,
        uri,
        "python",
        "# %%\ntotal = 1\n\n# %%\nprint(total)\n",
    );
    let of = json!({"uri": uri});
    let at = json!({"textDocument": of, "position": {"line": 4, "character": 8}});
    let found = client.ask("textDocument/definition", at.clone());
    let location = json!([{"uri": uri, "range": to_range([1, 0, 1, 5])}]);
    assert_eq!(found["result"], location, "{found}");
    let mut rename = at.clone();
    rename["newName"] = json!("tally");
    let renamed = client.ask("textDocument/rename", rename);
    let change = &renamed["result"]["documentChanges"][0];
    assert_eq!(change["textDocument"]["uri"], uri, "{renamed}");
    let after = applied("# %%\ntotal = 1\n\n# %%\nprint(total)\n", &change["edits"]);
    assert_eq!(after, "# %%\ntally = 1\n\n# %%\nprint(tally)\n");
    let lenses = client.ask("textDocument/codeLens", json!({"textDocument": of}));
    let lines = lenses["result"].as_array().unwrap().iter();
    let lines: Vec<&Value> = lines.map(|lens| &lens["range"]["start"]["line"]).collect();
    assert_eq!(lines, [1, 4], "{lenses}");
    let symbols = client.ask("textDocument/documentSymbol", json!({"textDocument": of}));
    let symbols = symbols["result"].as_array().unwrap().clone();
    assert!(
        symbols
            .iter()
            .all(|symbol| symbol["location"]["uri"] == uri),
        "{symbols:?}"
    );
    client.take_unread();
}
