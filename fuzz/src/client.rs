//! A client that holds its notebook as strings, and counts every place from the start each time.

use std::collections::BTreeMap;

use cellwise::notebook::CellKind;
use serde_json::{Value, json};

use super::choices::Choices;

/// One thing a person does. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
pub enum Step {
    Replace {
        cell: usize,
        start: usize,
        length: usize,
        text: String,
    },
    ReplaceAll {
        cell: usize,
        text: String,
    },
    Insert {
        at: usize,
        language: usize,
        text: String,
    },
    Delete {
        at: usize,
    },
    Move {
        from: usize,
        to: usize,
    },
    /// Under a new URI, under the same URI in one message, or in two.
    Language {
        at: usize,
        language: usize,
        how: u8,
    },
    Run {
        at: usize,
    },
}

pub const LANGUAGES: [(&str, CellKind); 4] = [
    ("python", CellKind::Code),
    ("markdown", CellKind::Markdown),
    ("raw", CellKind::Raw),
    ("r", CellKind::Code),
];

/// The client: strings, and positions counted from the start each time.
#[derive(Default)]
pub struct Naive {
    pub uri: String,
    pub cells: Vec<Cell>,
    pub version: i64,
    made: usize,
    runs: u32,
    /// The texts that ran, by URI: they outlive a cell that comes back under its URI.
    pub ran: BTreeMap<String, (u32, String)>,
}

#[derive(Clone)]
pub struct Cell {
    pub uri: String,
    pub language: usize,
    pub text: String,
    pub version: i64,
}

impl Cell {
    fn item(&self, ran: Option<&(u32, String)>) -> Value {
        let kind = if self.language == 1 { 1 } else { 2 };
        let mut item = json!({"kind": kind, "document": self.uri});
        if let Some((count, _)) = ran {
            item["executionSummary"] = json!({"executionOrder": count, "success": true});
        }
        item
    }

    pub fn document(&self) -> Value {
        json!({"uri": self.uri, "languageId": LANGUAGES[self.language].0, "version": self.version, "text": self.text})
    }
}

impl Naive {
    /// A client with a notebook that has no cells yet.
    pub fn of(uri: &str) -> Self {
        Self {
            uri: uri.into(),
            ..Self::default()
        }
    }

    fn make(&mut self, language: usize, text: String) -> Cell {
        self.made += 1;
        Cell {
            uri: format!("{}#{}", self.uri, self.made),
            language,
            text,
            version: 1,
        }
    }

    pub fn item(&self, cell: &Cell) -> Value {
        cell.item(self.ran.get(&cell.uri))
    }

    /// Does a step and returns the changes that tell of it, one a message.
    pub fn step(&mut self, step: Step) -> Vec<Value> {
        let count = self.cells.len();
        if count == 0 && !matches!(step, Step::Insert { .. }) {
            return Vec::new();
        }
        match step {
            Step::Replace {
                cell,
                start,
                length,
                text,
            } => {
                let cell = &mut self.cells[cell % count];
                // Where a cursor can stand: between characters, and not inside \r\n.
                let stops: Vec<usize> = (0..=cell.text.len())
                    .filter(|&at| cell.text.is_char_boundary(at))
                    .filter(|&at| {
                        !(cell.text[..at].ends_with('\r') && cell.text[at..].starts_with('\n'))
                    })
                    .collect();
                let start = start % stops.len();
                let end = (start + length).min(stops.len() - 1);
                let (start, end) = (stops[start], stops[end]);
                let range =
                    json!({"start": position(&cell.text, start), "end": position(&cell.text, end)});
                cell.text.replace_range(start..end, &text);
                cell.version += 1;
                let document = json!({"uri": cell.uri, "version": cell.version});
                vec![
                    json!({"cells": {"textContent": [{"document": document, "changes": [{"range": range, "text": text}]}]}}),
                ]
            }
            Step::ReplaceAll { cell, text } => {
                let cell = &mut self.cells[cell % count];
                cell.text.clone_from(&text);
                cell.version += 1;
                let document = json!({"uri": cell.uri, "version": cell.version});
                vec![
                    json!({"cells": {"textContent": [{"document": document, "changes": [{"text": text}]}]}}),
                ]
            }
            Step::Insert { at, language, text } => {
                let at = at % (count + 1);
                let cell = self.make(language, text);
                self.cells.insert(at, cell.clone());
                vec![structure(
                    at,
                    0,
                    &[self.item(&cell)],
                    &[cell.document()],
                    &[],
                )]
            }
            Step::Delete { at } => {
                let cell = self.cells.remove(at % count);
                vec![structure(at % count, 1, &[], &[], &[&cell.uri])]
            }
            Step::Move { from, to } => {
                let (from, to) = (from % count, to % count);
                let cell = self.cells.remove(from);
                self.cells.insert(to, cell);
                let (first, last) = (from.min(to), from.max(to));
                let moved: Vec<Value> = self.cells[first..=last]
                    .iter()
                    .map(|cell| self.item(cell))
                    .collect();
                vec![structure(first, last - first + 1, &moved, &[], &[])]
            }
            Step::Language { at, language, how } => {
                let at = at % count;
                let before = self.cells[at].clone();
                let mut after = before.clone();
                if how == 0 {
                    after = self.make(language, before.text.clone());
                }
                after.language = language;
                after.version = 1;
                self.cells[at] = after.clone();
                let (item, document) = (self.item(&after), after.document());
                if how == 2 {
                    vec![
                        structure(at, 1, &[], &[], &[&before.uri]),
                        structure(at, 0, &[item], &[document], &[]),
                    ]
                } else {
                    vec![structure(at, 1, &[item], &[document], &[&before.uri])]
                }
            }
            Step::Run { at } => {
                let cell = self.cells[at % count].clone();
                self.runs += 1;
                self.ran
                    .insert(cell.uri.clone(), (self.runs, cell.text.clone()));
                vec![json!({"cells": {"data": [self.item(&cell)]}})]
            }
        }
    }
}

fn structure(
    start: usize,
    delete: usize,
    cells: &[Value],
    open: &[Value],
    close: &[&str],
) -> Value {
    let close: Vec<Value> = close.iter().map(|uri| json!({"uri": uri})).collect();
    let array = json!({"start": start, "deleteCount": delete, "cells": cells});
    json!({"cells": {"structure": {"array": array, "didOpen": open, "didClose": close}}})
}

/// Line and UTF-16 column; lines end as in LSP.
pub fn position(text: &str, at: usize) -> Value {
    let (mut line, mut character) = (0, 0);
    let mut rest = text[..at].chars().peekable();
    while let Some(next) = rest.next() {
        let ends = next == '\n' || (next == '\r' && rest.peek() != Some(&'\n'));
        if ends {
            (line, character) = (line + 1, 0);
        } else {
            character += next.len_utf16();
        }
    }
    json!({"line": line, "character": character})
}

/// The byte at a place that [`position`] gives.
pub fn offset(text: &str, place: &Value) -> usize {
    let number = |key: &str| {
        place[key]
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
    };
    let wanted = (number("line"), number("character"));
    let (mut line, mut character) = (0, 0);
    let mut rest = text.char_indices().peekable();
    while (Some(line), Some(character)) != wanted {
        let next = rest.next();
        let (_, next) = next.unwrap_or_else(|| panic!("{place} is no place of {text:?}"));
        let ends =
            next == '\n' || (next == '\r' && rest.peek().is_none_or(|(_, next)| *next != '\n'));
        if ends {
            (line, character) = (line + 1, 0);
        } else {
            character += next.len_utf16();
        }
    }
    rest.peek().map_or(text.len(), |(at, _)| *at)
}

impl Step {
    /// A step that puts some of `texts` into the notebook.
    pub fn any(texts: &[&str], choices: &mut Choices<'_>) -> Self {
        let what = choices.below(12);
        let at = choices.below(99);
        let language = |choices: &mut Choices<'_>| choices.below(LANGUAGES.len());
        match what {
            0 => Self::ReplaceAll {
                cell: at,
                text: choices.pick(texts).to_owned(),
            },
            1 | 2 => Self::Insert {
                at,
                language: language(choices),
                text: choices.pick(texts).to_owned(),
            },
            3 => Self::Delete { at },
            4 | 5 => Self::Move {
                from: at,
                to: choices.below(99),
            },
            6 => Self::Language {
                at,
                language: language(choices),
                how: u8::try_from(choices.below(3)).unwrap_or(0),
            },
            7 => Self::Run { at },
            _ => Self::Replace {
                cell: at,
                start: choices.below(usize::from(u16::MAX)),
                length: choices.below(6),
                text: choices.pick(texts).to_owned(),
            },
        }
    }
}
