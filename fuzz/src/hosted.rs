//! Texts that are notebooks, in an editor that knows nothing of notebooks: the JSON of an `.ipynb`, scripts, Markdown.
//! What is chosen there becomes edits of the text, and what they leave reads as the action says; cells that it does not
//! touch keep their bytes.

use std::sync::Arc;

use cellwise::action::Client;
use cellwise::actions;
use cellwise::config::{Config, Settings};
use cellwise::engine::Analysis;
use cellwise::format::{self, Decoded, Hint, Kind, ipynb, json::Span, sheet};
use cellwise::lsp::documents::{CellDocument, Documents};
use cellwise::lsp::proto::{self, Uri};
use cellwise::notebook::{CellIdx, Edit, EditOp, Notebook};
use cellwise::project::NoProject;
use serde_json::{Value, json};

use super::choices::{self, Choices};
use super::client::{offset, position};
use super::edits::range;
use super::host::{self, LANGUAGES};
use super::session::{NOTEBOOK, converse, initialize, notification};
use super::{ipynb as notebooks, tally};

/// At more places of one input nothing is asked for, and no more of what is offered is chosen.
const ASKED: usize = 24;
const CHOSEN: usize = 40;

/// From here on requests are renames.
const RENAMES: u64 = 1000;

/// Tries what an input asks for. Now and then there is a line to tell of all that was tried.
pub fn run(data: &[u8]) -> Option<String> {
    let (text, mut choices) = choices::split(data);
    if let Ok(text) = std::str::from_utf8(text) {
        try_actions(text, &mut choices);
    }
    tally::line()
}

fn try_actions(text: &str, choices: &mut Choices<'_>) {
    let language = LANGUAGES[choices.below(LANGUAGES.len())];
    let mut client = Editor::open(language, text);
    for _ in 0..choices.below(3) {
        let place = choices.below(client.text.chars().count() + 1);
        let typed = (
            place,
            choices.below(4),
            choices.pick(host::TEXTS).to_owned(),
        );
        client.type_in(&typed);
    }
    let Some(notebook) = client.notebook() else {
        return;
    };
    if notebook.cells.len() > 24 {
        return;
    }
    let lists = client.lists(choices);
    let mut asked = Vec::new();
    let mut renames = Vec::new();
    let mut told = Vec::new();
    let mut turn = 0;
    converse(&client.said, |received| {
        turn += 1;
        match turn {
            1 => Some(lists.clone()),
            2 => {
                asked = chosen(&received);
                let is_rename = |message: &Value| message["id"].as_u64() >= Some(RENAMES);
                renames.extend(received.into_iter().filter(is_rename));
                let asked = (0..).zip(&asked);
                Some(
                    asked
                        .map(|(id, action)| request(id, "codeAction/resolve", action))
                        .collect(),
                )
            }
            _ => {
                told = received;
                None
            }
        }
    });
    for message in renames {
        if let Some(edit) = message.get("result").filter(|edit| !edit.is_null()) {
            client.check_rename(&notebook, edit);
        }
    }
    for message in told {
        let number = message["id"]
            .as_u64()
            .and_then(|id| usize::try_from(id).ok());
        let Some(action) = number.and_then(|number| asked.get(number)) else {
            continue;
        };
        let name = action["data"]["action"].as_str().unwrap_or_default();
        if let Some(action) = actions::ALL.iter().find(|own| own.name == name) {
            tally::note(action.name, message.get("result").is_some());
        }
        if let Some(resolved) = message.get("result") {
            client.check(&notebook, action, resolved);
        }
    }
}

/// The actions of some lists, each once at each place of a cell.
fn chosen(received: &[Value]) -> Vec<Value> {
    let mut chosen: Vec<Value> = Vec::new();
    for action in received
        .iter()
        .filter_map(|message| message["result"].as_array())
        .flatten()
    {
        if action.get("disabled").is_none()
            && action.get("data").is_some()
            && !chosen.contains(action)
        {
            chosen.push(action.clone());
        }
    }
    chosen.truncate(CHOSEN);
    chosen
}

fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn settings() -> Settings {
    Settings::from_toml("select = ['all']").expect("it is written rightly")
}

/// A client with one document, and what it has said.
struct Editor {
    documents: Documents,
    text: String,
    version: usize,
    hint: Hint,
    said: Vec<Value>,
}

impl Editor {
    fn open(language: &str, text: &str) -> Self {
        let mut said = initialize(false);
        let all = json!({"settings": {"cellwise": {"select": ["all"]}}});
        said.push(notification("workspace/didChangeConfiguration", &all));
        let item = json!({"uri": NOTEBOOK, "languageId": language, "version": 1, "text": text});
        said.push(notification(
            "textDocument/didOpen",
            &json!({"textDocument": item}),
        ));
        Self {
            documents: host::open(NOTEBOOK, language, text),
            text: text.to_owned(),
            version: 1,
            hint: Hint::of_language(language),
            said,
        }
    }

    fn type_in(&mut self, typed: &host::Typed) {
        self.version += 1;
        let (params, text) = host::change(NOTEBOOK, self.version, &self.text, typed);
        let event = proto::document_event("textDocument/didChange", params.clone());
        self.documents.apply(event.expect("it is understood"));
        self.said
            .push(notification("textDocument/didChange", &params));
        self.text = text;
    }

    /// What the text is read as; `None` where the server shows what it read before, since something is broken, or nothing.
    fn notebook(&self) -> Option<Notebook> {
        let known = self.documents.snapshot(&Uri::from(NOTEBOOK))?;
        let notebook = format::parse_as(self.text.as_bytes(), self.hint);
        (known.cells == notebook.cells).then_some(notebook)
    }

    /// Asks what can be done at the starts of lines, and at some places.
    fn lists(&self, choices: &mut Choices<'_>) -> Vec<Value> {
        let lines = self.text.match_indices('\n').map(|(at, _)| at + 1);
        let mut places: Vec<(usize, usize)> =
            std::iter::once(0).chain(lines).map(|at| (at, at)).collect();
        // Of many lines every second, third, …
        let step = places.len() / ASKED + 1;
        places = places.into_iter().step_by(step).collect();
        while !choices.is_empty() && places.len() < ASKED + 8 {
            let mut ends = [choices.place(&self.text), choices.place(&self.text)];
            ends.sort_unstable();
            places.push((ends[0], ends[1]));
        }
        let mut asked = Vec::new();
        for (id, (start, end)) in (1..).zip(places) {
            let (start, end) = (position(&self.text, start), position(&self.text, end));
            let of = json!({"uri": NOTEBOOK});
            let params = json!({"textDocument": of, "position": end, "newName": "renamed_1"});
            asked.push(request(id + RENAMES, "textDocument/rename", &params));
            let range = json!({"start": start, "end": end});
            let params =
                json!({"textDocument": of, "range": range, "context": {"diagnostics": []}});
            asked.push(request(id, "textDocument/codeAction", &params));
        }
        asked
    }

    /// Panics where the text is not what the action says it is.
    fn check(&self, notebook: &Notebook, action: &Value, resolved: &Value) {
        let after = self.applied(&resolved["edit"]);
        let edit = self.edit(notebook, &action["data"]);
        let what = format!("{}: {edit:#?}\n{after}", action["data"]);
        let mut expected = edit.apply(notebook);
        if edit.ops.contains(&EditOp::MendFile) {
            // Ids that the format refuses, or that stand twice, are given anew.
            for cell in &mut expected.cells {
                Arc::make_mut(cell).id = None;
            }
        }
        let decoded = Decoded::new(self.text.as_bytes());
        let found = format::parse_as(after.as_bytes(), self.hint);
        let format = decoded.format(self.hint).expect("it is read");
        let spans: [Vec<Span>; 2] = match &format.kind {
            Kind::Ipynb => {
                notebooks::reads_as(&found, &expected, &what);
                let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
                assert!(is_json(&after) || !is_json(&self.text), "{what}");
                [&self.text, &after].map(|text| {
                    let cells = ipynb::read(text.as_bytes()).1.cells;
                    cells.iter().map(|cell| cell.object).collect()
                })
            }
            Kind::Sheet(dialect) => {
                assert!(
                    sheet::is_same(&found, &expected, dialect.joins_prose),
                    "{what}"
                );
                // In these, Markdown cells beside each other are one.
                if found.cells.len() != expected.cells.len() {
                    return;
                }
                [&self.text, &after].map(|text| {
                    let cells = dialect.read(text.as_bytes()).cells;
                    cells.iter().map(|cell| cell.body).collect()
                })
            }
            Kind::Foreign => return,
        };
        if edit.ops.iter().any(is_about_the_file) {
            return;
        }
        let [before, behind] = spans;
        for (index, cell) in expected.cells.iter().enumerate() {
            let same = notebook.cells.iter().position(|own| Arc::ptr_eq(own, cell));
            if let Some(same) = same {
                let kept = before[same].of(self.text.as_bytes());
                assert_eq!(
                    kept,
                    behind[index].of(after.as_bytes()),
                    "cell {index}: {what}"
                );
            }
        }
    }

    /// Panics where a rename changes more than text in cells, or breaks one.
    fn check_rename(&self, notebook: &Notebook, edit: &Value) {
        let after = self.applied(edit);
        let found = format::parse_as(after.as_bytes(), self.hint);
        let what = format!("{edit}\n{after}");
        let kinds = |notebook: &Notebook| -> Vec<_> {
            let cells = notebook.cells.iter();
            cells
                .map(|cell| (cell.kind, cell.outputs.clone(), cell.id.clone()))
                .collect()
        };
        assert_eq!(kinds(&found), kinds(notebook), "{what}");
        if syntax_errors(notebook) == 0 {
            assert_eq!(syntax_errors(&found), 0, "{what}");
        }
        let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
        assert!(is_json(&after) || !is_json(&self.text), "{what}");
    }

    /// The text after the edits of its document, which are all that there is to do.
    fn applied(&self, edit: &Value) -> String {
        let mut after = self.text.clone();
        for change in edit["documentChanges"].as_array().into_iter().flatten() {
            assert_eq!(change["textDocument"]["uri"], NOTEBOOK, "{edit}");
            assert_eq!(change["textDocument"]["version"], self.version, "{edit}");
            let edits = change["edits"].as_array().into_iter().flatten();
            let mut edits: Vec<(usize, usize, &str)> = edits
                .map(|edit| {
                    let place = |at: &str| offset(&self.text, &edit["range"][at]);
                    (
                        place("start"),
                        place("end"),
                        edit["newText"].as_str().unwrap_or_default(),
                    )
                })
                .collect();
            edits.sort_unstable();
            for (start, end, new) in edits.into_iter().rev() {
                after.replace_range(start..end, new);
            }
        }
        after
    }

    /// What the action does to the notebook.
    fn edit(&self, notebook: &Notebook, data: &Value) -> Edit {
        let cell = Uri::from(data["cell"].as_str().unwrap_or_default());
        let cell = self.documents.cell(&cell).and_then(CellDocument::position);
        let cell = CellIdx::new(cell.expect("it is there"));
        let text = &notebook.cells[cell.to_usize()].text;
        let place = |at: &str| offset(text, &data["range"][at]);
        let place = range(place("start"), place("end"));
        let name = data["action"].as_str().unwrap_or_default();
        let action = actions::ALL.iter().find(|action| action.name == name);
        let config = Arc::new(Config::resolve(&[&settings()], None));
        let analysis = Analysis::new(notebook.clone(), config);
        let client = Client {
            cell_structure: true,
            files: true,
        };
        let argument = data["argument"].as_str();
        let action = action.expect("it was offered");
        let edit = analysis.edit(action, argument, cell, place, client, &NoProject);
        edit.unwrap_or_else(|refusal| panic!("{data} was carried out: {}", refusal.0))
    }
}

/// How many cells do not read as Python.
fn syntax_errors(notebook: &Notebook) -> usize {
    let analysis = Analysis::new(notebook.clone(), Arc::default());
    let cells = notebook.indexed();
    let facts = cells.map(|(cell, _)| analysis.link().facts(cell));
    facts
        .filter(|facts| !facts.syntax_errors.is_empty())
        .count()
}

fn is_about_the_file(op: &EditOp) -> bool {
    matches!(op, EditOp::StripMetadata | EditOp::MendFile)
}
