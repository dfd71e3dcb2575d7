//! Texts that are notebooks, typed in: they have the cells and places of a text that is opened anew.

use cellwise::format::{Decoded, Hint, Kind, ipynb};
use cellwise::lsp::documents::Documents;
use cellwise::lsp::proto::{self, Uri};
use cellwise::notebook::Notebook;
use serde_json::{Value, json};

use super::choices::Choices;
use super::client::position;

/// What is typed.
pub const TEXTS: &[&str] = &[
    "",
    "x",
    "\n",
    "# %%",
    "# %%\n",
    "\n\n# %% [markdown]\n",
    "é😀",
    "\"",
    "\\",
    "\\n",
    "{",
    "]",
    "```",
    "# ",
    "%%",
    "\n\n\n",
    "\"\"\"",
    "\r",
    "\r\n",
    "\u{feff}",
    "---\n",
    "# COMMAND ----------\n",
    "@app.cell\n",
    "+++\n",
];
pub const LANGUAGES: &[&str] = &["python", "json", "markdown", "quarto", "rmd", "plaintext"];

/// A change: a place and a length in characters, and a text.
pub type Typed = (usize, usize, String);

pub fn run(text: &str, choices: &mut Choices<'_>) {
    let language = LANGUAGES[choices.below(LANGUAGES.len())];
    let mut changes = Vec::new();
    while !choices.is_empty() && changes.len() < 8 {
        let place = choices.below(text.chars().count() + 1);
        changes.push((place, choices.below(4), choices.pick(TEXTS).to_owned()));
    }
    check(language, text, &changes);
}

/// Panics where a document that was typed in differs from one that is opened. Broken JSON keeps the cells that it had.
pub fn check(language: &str, text: &str, changes: &[Typed]) {
    let uri = "file:///ws/a";
    let mut documents = open(uri, language, text);
    let text = type_in(&mut documents, uri, text, changes);
    let found = Decoded::of_text(&text).format(Hint::of_language(language));
    let is_json = found.is_some_and(|format| matches!(format.kind, Kind::Ipynb));
    if is_json && !ipynb::read(text.as_bytes()).1.is_sound() {
        if let Some(notebook) = documents.snapshot(&Uri::from(uri)) {
            assert!(!notebook.problems.is_empty(), "{text:?}");
        }
        return;
    }
    let fresh = open(uri, language, &text);
    assert_eq!(known(&documents, uri), known(&fresh, uri), "{text:?}");
}

pub fn open(uri: &str, language: &str, text: &str) -> Documents {
    let mut documents = Documents::default();
    let item = json!({"uri": uri, "languageId": language, "version": 1, "text": text});
    let event = proto::document_event("textDocument/didOpen", json!({"textDocument": item}));
    documents.apply(event.expect("it is understood"));
    documents
}

/// What is known of a document's cells: the notebook, and the bytes of every character that is in one.
pub fn known(documents: &Documents, uri: &str) -> Option<[Vec<String>; 2]> {
    let uri = Uri::from(uri);
    let notebook: Notebook = documents.snapshot(&uri)?;
    let (host, rope) = documents.host(&uri)?;
    let mut places = Vec::new();
    for at in 0..=rope.len_bytes() {
        let place = host.locate(rope, at);
        places.push(format!("{at}: {place:?}"));
    }
    let cells = notebook.cells.iter();
    Some([cells.map(|cell| format!("{cell:?}")).collect(), places])
}

/// Applies changes and returns the text after them.
pub fn type_in(documents: &mut Documents, uri: &str, text: &str, changes: &[Typed]) -> String {
    let mut text = text.to_owned();
    for (version, typed) in changes.iter().enumerate() {
        let (params, after) = change(uri, version + 2, &text, typed);
        let event = proto::document_event("textDocument/didChange", params);
        documents.apply(event.expect("it is understood"));
        text = after;
    }
    text
}

/// What a client says when somebody types, and the text after it.
pub fn change(uri: &str, version: usize, text: &str, (at, length, new): &Typed) -> (Value, String) {
    let mut text: Vec<char> = text.chars().collect();
    let start = at % (text.len() + 1);
    let (start, end) = (
        stand(&text, start),
        stand(&text, (start + length).min(text.len())),
    );
    let place = |end: usize| {
        let before: String = text[..end].iter().collect();
        position(&before, before.len())
    };
    let step = json!({"range": {"start": place(start), "end": place(end)}, "text": new});
    let of = json!({"uri": uri, "version": version});
    let params = json!({"textDocument": of, "contentChanges": [step]});
    text.splice(start..end, new.chars());
    (params, text.into_iter().collect())
}

/// No cursor stands inside of \r\n.
fn stand(text: &[char], at: usize) -> usize {
    let inside = at > 0 && text[at - 1] == '\r' && text.get(at) == Some(&'\n');
    if inside { at - 1 } else { at }
}
