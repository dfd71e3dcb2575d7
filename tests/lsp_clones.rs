//! What open notebooks repeat of closed ones: found when the workspace has been read, and kept current.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the tests write notebooks")]

mod support;

use serde_json::{Value, json};
use support::workspace::{changed, client, save, uri};

const RULES: &[&str] = &["duplicate-code"];

const WORK: &str = "kept = rows[rows[\"a\"] > 3]\nkept = kept.dropna(axis=0)\ntotal = sum(kept[\"a\"]) / len(kept)\nout.append((total, kept.max()))";

#[test]
fn what_closed_notebooks_hold_is_told_and_follows_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    save(&at("other.ipynb"), &[&WORK.replace("kept", "k")]);
    save(&at("own.ipynb"), &[WORK]);
    let mut client = client(folder.path(), &json!({}), RULES);
    client.open_at(&uri(&at("own.ipynb")), &[("python", WORK)]);
    let message = |shown: &Value| {
        shown["diagnostics"][0]["message"]
            .as_str()
            .map(str::to_owned)
    };
    let found = loop {
        // Nothing is known of other files at first.
        if let Some(message) = message(&client.published()) {
            break message;
        }
    };
    assert!(found.contains("cell 1 of other.ipynb"), "{found}");

    // The other one is mended, and then repeated by a third.
    save(&at("other.ipynb"), &["x = 1"]);
    changed(&mut client, &at("other.ipynb"), 2);
    assert_eq!(message(&client.published()), None);
    save(&at("third.ipynb"), &[WORK]);
    changed(&mut client, &at("third.ipynb"), 1);
    let found = message(&client.published()).expect("a finding");
    assert!(found.contains("cell 1 of third.ipynb"), "{found}");
    std::fs::remove_file(at("third.ipynb")).expect("removed");
    changed(&mut client, &at("third.ipynb"), 3);
    assert_eq!(message(&client.published()), None);
}

#[test]
fn reading_many_files_is_shown_where_the_client_can() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..400 {
        save(&folder.path().join(format!("n{number}.ipynb")), &["x = 1"]);
    }
    let capabilities = json!({"window": {"workDoneProgress": true}});
    let mut client = client(folder.path(), &capabilities, RULES);
    client.open_at(&uri(&folder.path().join("own.ipynb")), &[("python", WORK)]);
    let asked = client.notification("window/workDoneProgress/create");
    assert_eq!(asked["token"], "cellwise/index");
}

#[test]
fn a_script_of_the_same_notebook_repeats_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    // As jupytext keeps them beside each other.
    save(&at("own.ipynb"), &[WORK]);
    std::fs::write(at("own.py"), format!("# %%\n{WORK}\n")).expect("written");
    std::fs::write(at("other.py"), format!("# %%\nx = 1\n# %%\n{WORK}\n")).expect("written");
    let mut client = client(folder.path(), &json!({}), RULES);
    client.open_at(&uri(&at("own.ipynb")), &[("python", WORK)]);
    let found = loop {
        if let Some(message) = client.published()["diagnostics"][0]["message"].as_str() {
            break message.to_owned();
        }
    };
    assert!(found.contains("cell 2 of other.py"), "{found}");
    assert!(!found.contains("own.py"), "{found}");
}
