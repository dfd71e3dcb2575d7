//! The JSON reader: any bytes are read, and what is JSON is read as serde_json reads it.

use cellwise::format::json::{Faults, Scanner, Value};
use serde_json::{Map, Value as Json};

/// Deeper than this serde_json reads nothing.
const DEEPEST: usize = 127;

pub fn run(data: &[u8]) {
    let mut scanner = Scanner::new(data, 0);
    let found = value(&mut scanner, data, 0);
    let faults = scanner.finish();
    for fault in &faults.list {
        assert!(fault.at <= data.len(), "{fault:?} is outside");
    }
    match serde_json::from_slice::<Json>(data) {
        Ok(expected) => {
            assert_eq!(faults, Faults::default(), "it is JSON");
            assert_eq!(found, Some(expected));
        }
        Err(error) if is_about_grammar(&error) && std::str::from_utf8(data).is_ok() => {
            let told = faults.total > 0 || faults.not_finite.is_some();
            assert!(told, "{error} is not told");
        }
        Err(_) => {}
    }
}

/// What is JSON by the grammar, and refused by serde_json all the same, is no fault.
fn is_about_grammar(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    let others = [
        "recursion limit",
        "number out of range",
        "surrogate",
        "hex escape",
        "unicode code point",
    ];
    !others.iter().any(|other| message.contains(other))
}

/// `None` for what is no value, or deeper than anybody compares.
fn value(scanner: &mut Scanner<'_>, data: &[u8], depth: usize) -> Option<Json> {
    let start = scanner.here();
    assert!(start <= data.len());
    if depth > DEEPEST {
        scanner.skip();
        return None;
    }
    let read = scanner.value();
    assert!(scanner.end() <= data.len(), "it reads behind the end");
    match read {
        Value::Object => {
            let mut members = Map::new();
            let mut whole = true;
            while let Some(key) = scanner.next_key() {
                let key = key.decode(data).into_owned();
                match value(scanner, data, depth + 1) {
                    Some(value) => drop(members.insert(key, value)),
                    None => whole = false,
                }
            }
            whole.then_some(Json::Object(members))
        }
        Value::List => {
            let mut elements = Vec::new();
            let mut whole = true;
            while scanner.next_element() {
                match value(scanner, data, depth + 1) {
                    Some(value) => elements.push(value),
                    None => whole = false,
                }
            }
            whole.then_some(Json::Array(elements))
        }
        Value::Text(text) => {
            let decoded = text.decode(data);
            let characters: String = text.chars(data).map(|(_, character)| character).collect();
            assert_eq!(decoded, characters, "two ways to read a string");
            Some(Json::String(decoded.into_owned()))
        }
        Value::Number(span) => serde_json::from_slice(span.of(data)).ok(),
        Value::Bool(value) => Some(Json::Bool(value)),
        Value::Null => Some(Json::Null),
        Value::Missing => None,
    }
}
