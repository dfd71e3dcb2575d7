//! Repairs a notebook file where it breaks the rules of nbformat and nothing is lost by it.
//!
//! What the notebook is read as stays: its cells, their texts, outputs and counts. Missing keys are added with the value
//! that says nothing, keys that say nothing where they are not allowed go, ids are made where they are missing, odd or
//! another cell's. [`super::validate`] says beforehand what is repaired so ([`crate::notebook::Problem::is_mendable`]).

use std::collections::HashSet;

use super::lower::{enclose, fresh_id};
use super::patch::{Member, Patches, members};
use super::raw::{RawCell, RawFile, Shape};
use super::style::{self, Style};
use super::{read, validate};
use crate::format::BYTE_ORDER_MARK;
use crate::format::json::Span;

/// A sound file after all its repairs.
pub fn mend(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    // What goes and what is added may touch, so that they are two steps.
    let bytes = replaced(bytes);
    added(&bytes)
}

/// With what is wrong replaced or taken out.
fn replaced(bytes: &[u8]) -> Vec<u8> {
    let raw = RawFile::read(bytes);
    let mut patches = Patches::default();
    if raw.root.metadata.is_null {
        let root = members(bytes, style::root(bytes)).unwrap_or_default();
        let metadata = root.iter().filter(|member| member.is(bytes, "metadata"));
        metadata.for_each(|member| patches.set(bytes, member.value, b"{}"));
    }
    if raw.root.major() >= 4 {
        let minor = raw.root.minor();
        if let Some(span) = raw.root.nbformat_minor.as_ref().map(|number| number.span)
            && minor.is_some_and(|minor| minor < 5)
            && !raw.cells.is_empty()
            && validate::have_sound_ids(&raw)
        {
            patches.set(bytes, span, b"5");
        }
        let mut ids = Ids::of(&raw);
        for cell in &raw.cells {
            replaced_in_cell(bytes, cell, minor, &mut ids, &mut patches);
        }
    }
    patches.sort();
    patches.apply(bytes)
}

fn replaced_in_cell(
    bytes: &[u8],
    cell: &RawCell,
    minor: Option<i64>,
    ids: &mut Ids,
    patches: &mut Patches,
) {
    let own = members(bytes, cell.object).unwrap_or_default();
    let each = |key: &str, patches: &mut Patches, new: &str| {
        let found = own.iter().filter(|member| member.is(bytes, key));
        found.for_each(|member| patches.set(bytes, member.value, new.as_bytes()));
    };
    if cell.metadata.is_null {
        each("metadata", patches, "{}");
    }
    let is_code = match cell.cell_type.as_deref() {
        Some("code") => true,
        Some("markdown" | "raw") => false,
        _ => return,
    };
    if cell.source_shape == Shape::Null {
        each("source", patches, "[]");
    }
    if is_code {
        if cell.outputs.as_ref().is_some_and(|outputs| outputs.is_null) {
            each("outputs", patches, "[]");
        }
        let count = cell.count.as_ref();
        if count.is_some_and(|count| !count.is_null && count.value.is_none_or(|count| count < 0)) {
            each("execution_count", patches, "null");
        }
    } else if validate::is_known(minor) {
        let says_nothing = cell.outputs.as_ref().is_some_and(|outputs| {
            outputs.is_null || (outputs.is_list && outputs.summary.count == 0)
        });
        patches.remove_members(cell.object, &own, |member| {
            let is = |key| member.is(bytes, key);
            is("execution_count") || is("prompt_number") || (says_nothing && is("outputs"))
        });
    }
    if let Some(id) = &cell.id
        && minor.is_none_or(|minor| minor >= 5)
    {
        let text = id.text.as_deref().unwrap_or_default();
        if !validate::is_id(text) || !ids.seen.insert(text.to_owned()) {
            let fresh = ids.fresh(bytes, cell);
            patches.set(bytes, id.span, format!("\"{fresh}\"").as_bytes());
        }
    }
}

/// With what is missing added.
fn added(bytes: &[u8]) -> Vec<u8> {
    let (_, map) = read(bytes);
    let raw = RawFile::read(bytes);
    let style = Style::of(bytes, &map);
    let mut patches = Patches::default();
    if raw.root.cells == Some(true) && raw.root.major() >= 4 {
        let root = style::root(bytes);
        let own = members(bytes, root).unwrap_or_default();
        let minor = if !raw.cells.is_empty() && validate::have_sound_ids(&raw) {
            "5"
        } else {
            "4"
        };
        let mut missing = Vec::new();
        if !raw.root.metadata.present {
            missing.push(("metadata", "{}".to_owned()));
        }
        if raw.root.nbformat.is_none() {
            missing.push(("nbformat", "4".to_owned()));
        }
        if raw.root.nbformat_minor.is_none() {
            missing.push(("nbformat_minor", minor.to_owned()));
        }
        add(bytes, root, &own, &missing, &style, &mut patches);
        let mut ids = Ids::of(&raw);
        for cell in raw.cells.iter().filter(|cell| cell.is_object) {
            let own = members(bytes, cell.object).unwrap_or_default();
            let missing = missing_in_cell(bytes, cell, raw.root.minor(), &mut ids);
            add(bytes, cell.object, &own, &missing, &style, &mut patches);
        }
    }
    patches.sort();
    patches.apply(bytes)
}

/// The keys that a cell lacks, with the values that say nothing, in the order in which nbformat writes them.
fn missing_in_cell(
    bytes: &[u8],
    cell: &RawCell,
    minor: Option<i64>,
    ids: &mut Ids,
) -> Vec<(&'static str, String)> {
    let is_code = match cell.cell_type.as_deref() {
        Some("code") => true,
        Some("markdown" | "raw") => false,
        _ if cell.metadata.span.is_none() => return vec![("metadata", "{}".to_owned())],
        _ => return Vec::new(),
    };
    let mut missing = Vec::new();
    if is_code && cell.count.is_none() {
        missing.push(("execution_count", "null".to_owned()));
    }
    if cell.id.is_none() && minor.is_some_and(|minor| minor >= 5) {
        missing.push(("id", format!("\"{}\"", ids.fresh(bytes, cell))));
    }
    if cell.metadata.span.is_none() {
        missing.push(("metadata", "{}".to_owned()));
    }
    if is_code && cell.outputs.is_none() {
        missing.push(("outputs", "[]".to_owned()));
    }
    if cell.source.is_none() {
        missing.push(("source", "[]".to_owned()));
    }
    missing
}

/// Adds members to an object, each before the first whose key comes after its own in the alphabet.
fn add(
    bytes: &[u8],
    object: Span,
    own: &[Member],
    missing: &[(&'static str, String)],
    style: &Style,
    patches: &mut Patches,
) {
    // The colon as it stands, without what comes before it in odd files.
    let space = style.colon.rsplit(':').next().unwrap_or_default();
    let written = |(key, value): &(&str, String)| format!("\"{key}\":{space}{value}");
    if own.is_empty() {
        let mut new = Vec::new();
        let all = missing.iter().map(|member| written(member).into_bytes());
        enclose(b"{}", &style.members, all, &mut new);
        if !missing.is_empty() {
            patches.replace(Span::new(object.start, object_end(bytes, object)), new);
        }
        return;
    }
    let separator = match own {
        [first, second, ..] => Span::new(first.value.end, second.key.raw.start - 1).of(bytes),
        _ => style.members.separator.as_bytes(),
    };
    let separator = String::from_utf8_lossy(separator);
    for member in missing {
        let after = own
            .iter()
            .find(|other| other.key.raw.of(bytes) > member.0.as_bytes());
        match (after, own.last()) {
            (Some(after), _) => {
                let at = after.key.raw.start - 1;
                patches.replace(Span::new(at, at), format!("{}{separator}", written(member)));
            }
            (None, Some(last)) => {
                let at = last.value.end;
                patches.replace(Span::new(at, at), format!("{separator}{}", written(member)));
            }
            (None, None) => {}
        }
    }
}

/// The end of an object with nothing in it.
fn object_end(bytes: &[u8], object: Span) -> usize {
    let close = memchr::memchr(b'}', &bytes[object.start..]);
    close.map_or(object.end, |at| object.start + at + 1)
}

/// The ids of a file.
struct Ids {
    taken: Vec<String>,
    /// Of the cells that were looked at.
    seen: HashSet<String>,
}

impl Ids {
    fn of(raw: &RawFile) -> Self {
        let ids = raw
            .cells
            .iter()
            .filter_map(|cell| cell.id.as_ref()?.text.clone());
        Self {
            taken: ids.collect(),
            seen: HashSet::new(),
        }
    }

    /// One that no cell has. It comes from the cell's text, so that the same file gives the same bytes.
    fn fresh(&mut self, bytes: &[u8], cell: &RawCell) -> String {
        let source = cell.source.map_or_else(String::new, |source| {
            super::source_map::decode(bytes, source)
        });
        let id = fresh_id(&source, &self.taken);
        self.taken.push(id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;
    use crate::notebook::Problem;

    fn problems(file: &str) -> Vec<Problem> {
        format::parse(file.as_bytes()).problems.to_vec()
    }

    /// What is called mendable is gone afterwards, and nothing else; the notebook is the same.
    #[track_caller]
    fn check(before: &str, after: &str) {
        let mended = String::from_utf8(mend(before.as_bytes())).unwrap();
        assert_eq!(mended, after);
        assert_eq!(String::from_utf8(mend(after.as_bytes())).unwrap(), after);
        let left: Vec<Problem> = problems(before)
            .into_iter()
            .filter(|problem| !problem.is_mendable)
            .collect();
        assert_eq!(problems(after), left);
        let (was, is) = (
            format::parse(before.as_bytes()),
            format::parse(after.as_bytes()),
        );
        let told = |notebook: &crate::notebook::Notebook| -> Vec<_> {
            let cells = notebook.cells.iter();
            cells
                .map(|cell| {
                    (
                        cell.kind,
                        cell.text.clone(),
                        cell.execution,
                        cell.outputs.clone(),
                    )
                })
                .collect()
        };
        assert_eq!(told(&was), told(&is));
    }

    #[track_caller]
    fn check_cell(minor: u8, before: &str, after: &str) {
        let file = |cell: &str| {
            format!(
                "{{\"cells\": [{cell}],\r\n \"metadata\": {{}}, \"nbformat\": 4, \"nbformat_minor\": {minor}}}\n"
            )
        };
        check(&file(before), &file(after));
    }

    #[test]
    fn what_is_missing_is_added_where_nbformat_writes_it() {
        check_cell(
            5,
            r#"{"cell_type": "code", "source": "x"}"#,
            r#"{"cell_type": "code", "execution_count": null, "id": "fd0c5087", "metadata": {}, "outputs": [], "source": "x"}"#,
        );
        check_cell(
            4,
            "{\n  \"source\": [],\n  \"cell_type\": \"code\"}",
            "{\n  \"execution_count\": null,\n  \"metadata\": {},\n  \"outputs\": [],\n  \"source\": [],\n  \"cell_type\": \"code\"}",
        );
        check_cell(4, "{}", r#"{"metadata": {}}"#);
        check(
            r#"{"cells": []}"#,
            r#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}"#,
        );
        check(
            r#"{"cells": [{"cell_type": "raw", "id": "a", "metadata": {}, "source": ""}], "nbformat": 4}"#,
            r#"{"cells": [{"cell_type": "raw", "id": "a", "metadata": {}, "source": ""}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#,
        );
    }

    #[test]
    fn what_says_nothing_goes_and_what_says_something_stays() {
        check_cell(
            4,
            r#"{"cell_type": "markdown", "execution_count": 3, "metadata": {}, "outputs": [], "source": "x"}"#,
            r#"{"cell_type": "markdown", "metadata": {}, "source": "x"}"#,
        );
        let shown = r#"{"cell_type": "markdown", "metadata": {}, "outputs": [{}], "source": "x"}"#;
        check_cell(4, shown, shown);
        check_cell(
            4,
            r#"{"cell_type": "code", "metadata": null, "source": null, "outputs": null, "execution_count": -1}"#,
            r#"{"cell_type": "code", "metadata": {}, "source": [], "outputs": [], "execution_count": null}"#,
        );
    }

    #[test]
    fn ids_are_those_of_one_cell() {
        let cell = |id: &str| {
            format!(r#"{{"cell_type": "raw", "id": {id}, "metadata": {{}}, "source": "x"}}"#)
        };
        let cells = |ids: [&str; 3]| ids.map(cell).join(", ");
        check_cell(
            5,
            &cells(["\"a\"", "\"a\"", "\"b c\""]),
            &cells(["\"a\"", "\"fd0c5087\"", "\"fd0c5088\""]),
        );
        // Too early where all have one, the version is what is wrong.
        let file = |minor| {
            format!(
                r#"{{"cells": [{}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": {minor}}}"#,
                cells(["\"a\"", "\"b\"", "\"c\""])
            )
        };
        check(&file(4), &file(5));
        let some = [
            &cell("\"a\""),
            r#"{"cell_type": "raw", "metadata": {}, "source": "x"}"#,
        ]
        .join(", ");
        check_cell(4, &some, &some);
    }

    #[test]
    fn a_byte_order_mark_goes() {
        let file = r#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
        check(&format!("\u{feff}{file}"), file);
    }
}
