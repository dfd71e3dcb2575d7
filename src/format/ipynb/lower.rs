//! Carries out an [`Edit`] on the bytes of a notebook file.
//!
//! What the edit does not touch stays byte for byte: cells are moved as they stand, a line that is changed
//! keeps its other characters as they were escaped, and what is new is written as the file is ([`Style`]).

use super::mend::mend;
use super::patch::{self, Patches};
use super::style::{Layout, Style};
use super::{SourceMap, clean, read};
use crate::format::Unpatchable;
use crate::format::json::{Span, Text};
use crate::notebook::edit::Slot;
use crate::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook};

/// The file after the edit: reading it gives [`Edit::apply`] of what reading `bytes` gives.
///
/// # Errors
/// Where the places of cells are unsure (conflict markers, broken JSON), or where the edit asks for
/// what the file's version of the format cannot say.
pub fn lower(bytes: &[u8], edit: &Edit) -> Result<Vec<u8>, Unpatchable> {
    let (notebook, map) = read(bytes);
    refuse_unsure(&map)?;
    if edit.ops.contains(&EditOp::MendFile) {
        return match edit.ops[..] {
            [EditOp::MendFile] => Ok(mend(bytes)),
            _ => Err(
                "what is wrong with the file itself is repaired by itself, before all else".into(),
            ),
        };
    }
    let lowering = Lowering {
        bytes,
        style: Style::of(bytes, &map),
        notebook: &notebook,
        map: &map,
    };
    let mut patches = lowering.inside_cells(edit)?;
    patches.sort();
    if !edit.changes_structure() {
        return Ok(patches.apply(bytes));
    }
    lowering.arrange(edit, &patches)
}

/// Files whose bytes must not be patched cell by cell.
pub(super) fn refuse_unsure(map: &SourceMap<'_>) -> Result<(), Unpatchable> {
    if map.has_conflicts() {
        return Err("it holds merge conflicts; resolve them first".into());
    }
    if !map.is_sound {
        return Err(
            "its JSON is broken, so it is not certain where its cells are; \
                    `cellwise check` names the place"
                .into(),
        );
    }
    Ok(())
}

struct Lowering<'a> {
    bytes: &'a [u8],
    style: Style,
    notebook: &'a Notebook,
    map: &'a SourceMap<'a>,
}

impl Lowering<'_> {
    /// The changes that stay within their cell.
    fn inside_cells(&self, edit: &Edit) -> Result<Patches, Unpatchable> {
        let mut patches = Patches::default();
        let mut replaced: Vec<CellIdx> = Vec::new();
        // An edit may name a cell twice, and its bytes can be replaced once.
        let (mut outputs, mut counts) = (Vec::new(), Vec::new());
        for op in &edit.ops {
            match op {
                EditOp::Replace { cell, .. } => replaced.push(*cell),
                EditOp::ClearOutputs { cell } => {
                    outputs.push(*cell);
                    counts.push(*cell);
                }
                EditOp::ClearCount { cell } => counts.push(*cell),
                EditOp::StripMetadata => patches.extend(clean::strip(self.bytes, self.map)),
                // Carried out before.
                EditOp::MendFile => {}
                EditOp::CreateFile { .. } | EditOp::EditFile { .. } => {
                    return Err("the change concerns other files, too".into());
                }
                EditOp::Insert { .. } | EditOp::Move { .. } | EditOp::Remove { .. } => {}
            }
        }
        for cells in [&mut replaced, &mut outputs, &mut counts] {
            cells.sort_unstable();
            cells.dedup();
            cells.retain(|cell| cell.to_usize() < self.map.cells.len());
        }
        for cell in outputs {
            let span = self.map.cells[cell.to_usize()].outputs;
            let stored = span.and_then(|span| Some((span, patch::elements(self.bytes, span)?)));
            if let Some((span, elements)) = stored
                && !elements.is_empty()
            {
                patches.replace(span, "[]");
            }
        }
        for cell in counts {
            if let Some(span) = self.map.cells[cell.to_usize()].execution_count {
                patches.set(self.bytes, span, b"null");
            }
        }
        for cell in replaced {
            self.replace(cell, edit, &mut patches)?;
        }
        Ok(patches)
    }

    fn replace(
        &self,
        cell: CellIdx,
        edit: &Edit,
        patches: &mut Patches,
    ) -> Result<(), Unpatchable> {
        let spans = &self.map.cells[cell.to_usize()];
        if spans.prefix > 0 {
            return Err(format!("{cell} is a heading of an old notebook format; open and save the notebook in Jupyter first").into());
        }
        let Some(source) = spans.source else {
            return Err(format!("{cell} has no `source`").into());
        };
        if let Some(text) = patch::text(self.bytes, source) {
            let atoms = self.replaced_atoms(cell, edit, &[text]);
            let mut new = Vec::new();
            for atom in &atoms {
                self.write_atom(atom, &mut new);
            }
            patches.set(self.bytes, text.raw, &new);
            return Ok(());
        }
        let Some(elements) = patch::elements(self.bytes, source) else {
            return Err(format!("the `source` of {cell} is neither a string nor a list").into());
        };
        let pieces: Option<Vec<Text>> = elements.iter().map(|element| element.text).collect();
        let Some(pieces) = pieces else {
            return Err(format!("the `source` of {cell} holds something besides strings").into());
        };
        let atoms = self.replaced_atoms(cell, edit, &pieces);
        let new = self.list(source, &pieces, &atoms);
        patches.set(self.bytes, source, &new);
        Ok(())
    }

    /// The characters of a cell's text after the edit, in the way of [`Edit::apply`].
    fn replaced_atoms(&self, cell: CellIdx, edit: &Edit, pieces: &[Text]) -> Vec<Atom> {
        let mut atoms: Vec<Atom> = Vec::new();
        for (piece, text) in pieces.iter().enumerate() {
            let first = atoms.len();
            for (start, character) in text.chars(self.bytes) {
                if let Some(Atom {
                    old: Some(previous),
                    ..
                }) = atoms[first..].last_mut()
                {
                    previous.raw.end = start;
                }
                let raw = Span::new(start, text.raw.end);
                let position = atoms.len();
                atoms.push(Atom {
                    character,
                    old: Some(Old {
                        raw,
                        position,
                        piece,
                    }),
                });
            }
        }
        let end = atoms.len();
        for (range, new) in edit.replacements(cell) {
            let at = |offset: usize| {
                let mut length = 0;
                for (position, atom) in atoms.iter().enumerate() {
                    if length >= offset {
                        return (length == offset).then_some(position);
                    }
                    length += atom.character.len_utf8();
                }
                (length == offset).then_some(atoms.len())
            };
            if let (Some(start), Some(end)) =
                (at(range.start().to_usize()), at(range.end().to_usize()))
            {
                let new = new.chars().map(|character| Atom {
                    character,
                    old: None,
                });
                atoms.splice(start..end, new);
            }
        }
        self.forget_what_would_join(&mut atoms, end);
        atoms
    }

    /// Half of a surrogate pair and bytes that are no UTF-8 might make a character with what now follows them: they
    /// are written anew, as what they were read as.
    /// `end` is the position behind the last character before the edit.
    fn forget_what_would_join(&self, atoms: &mut [Atom], end: usize) {
        let mut follower = Some(end);
        for atom in atoms.iter_mut().rev() {
            let position = atom.old.as_ref().map(|old| old.position);
            if let Some(old) = &atom.old
                && follower != Some(old.position + 1)
                && !old.stands_alone(atom.character, self.bytes)
            {
                atom.old = None;
            }
            follower = position;
        }
    }

    fn write_atom(&self, atom: &Atom, out: &mut Vec<u8>) {
        match &atom.old {
            Some(old) => out.extend_from_slice(old.raw.of(self.bytes)),
            None => self.style.escape_char(atom.character, out),
        }
    }

    /// The source as a list. Strings that were not touched are as they were, and those that were
    /// end where their lines do, if all strings of the cell did.
    fn list(&self, source: Span, pieces: &[Text], atoms: &[Atom]) -> Vec<u8> {
        if atoms.is_empty() {
            return b"[]".to_vec();
        }
        let is_by_lines = pieces.iter().all(|piece| {
            let text = piece.decode(self.bytes);
            !text.strip_suffix('\n').unwrap_or(&text).contains('\n')
        });
        let (open, close) = match (pieces.first(), pieces.last()) {
            (Some(first), Some(last)) => (
                Span::new(source.start + 1, first.raw.start - 1).of(self.bytes),
                Span::new(last.raw.end + 1, source.end - 1).of(self.bytes),
            ),
            _ => (
                self.style.lines.open.as_bytes(),
                self.style.lines.close.as_bytes(),
            ),
        };
        let between = |piece: usize| {
            let next = pieces.get(piece + 1)?;
            Some(Span::new(pieces[piece].raw.end + 1, next.raw.start - 1).of(self.bytes))
        };
        let separator = between(0).map_or_else(
            || {
                if !pieces.is_empty() && open.contains(&b'\n') {
                    [b",", open].concat()
                } else {
                    self.style.lines.separator.as_bytes().to_vec()
                }
            },
            <[u8]>::to_vec,
        );

        let mut out = vec![b'['];
        out.extend_from_slice(open);
        out.push(b'"');
        for (position, atom) in atoms.iter().enumerate() {
            if let Some(before) = position.checked_sub(1).map(|before| &atoms[before]) {
                let own = match (&before.old, &atom.old) {
                    (Some(a), Some(b)) if a.position + 1 == b.position => {
                        Some((a.piece, a.piece != b.piece))
                    }
                    _ => None,
                };
                let separator = match own {
                    Some((_, false)) => None,
                    Some((piece, true)) => between(piece).or(Some(&separator)),
                    None => (is_by_lines && before.character == '\n').then_some(&separator[..]),
                };
                if let Some(separator) = separator {
                    out.push(b'"');
                    out.extend_from_slice(separator);
                    out.push(b'"');
                }
            }
            self.write_atom(atom, &mut out);
        }
        out.push(b'"');
        out.extend_from_slice(close);
        out.push(b']');
        out
    }

    /// Writes the list of cells anew; a cell is written with its patches.
    fn arrange(&self, edit: &Edit, patches: &Patches) -> Result<Vec<u8>, Unpatchable> {
        let &[list] = &self.map.lists[..] else {
            return Err(match self.map.lists.len() {
                0 => "it has no list of cells",
                _ => "its cells stand in several worksheets; open and save the notebook in Jupyter first",
            }
            .into());
        };
        let slots = edit.arrangement(self.map.cells.len());
        let layout = &self.style.cells;
        let object = |cell: CellIdx| self.map.cells[cell.to_usize()].object;
        let mut ids: Vec<String> = self
            .notebook
            .cells
            .iter()
            .filter_map(|cell| cell.id.as_deref().map(str::to_owned))
            .collect();

        let mut out = Vec::with_capacity(self.bytes.len());
        patches.write(self.bytes, Span::new(0, list.start + 1), &mut out);
        if !slots.is_empty() {
            out.extend_from_slice(layout.open.as_bytes());
        }
        let mut previous: Option<CellIdx> = None;
        for (position, slot) in slots.iter().enumerate() {
            if position > 0 {
                let own = match (previous, slot) {
                    (Some(before), Slot::Kept(cell)) if before.0 + 1 == cell.0 => {
                        Some(Span::new(object(before).end, object(*cell).start))
                    }
                    _ => None,
                };
                let separator = own.map_or(layout.separator.as_bytes(), |own| own.of(self.bytes));
                out.extend_from_slice(separator);
            }
            previous = match slot {
                Slot::Kept(cell) => {
                    patches.write(self.bytes, object(*cell), &mut out);
                    Some(*cell)
                }
                Slot::New(kind, text) => {
                    self.write_cell(*kind, text, &mut ids, &mut out)?;
                    None
                }
            };
        }
        if !slots.is_empty() {
            out.extend_from_slice(layout.close.as_bytes());
        }
        patches.write(
            self.bytes,
            Span::new(list.end - 1, self.bytes.len()),
            &mut out,
        );
        Ok(out)
    }

    /// Writes a new cell, with its keys in the order in which nbformat writes them.
    fn write_cell(
        &self,
        kind: CellKind,
        text: &str,
        ids: &mut Vec<String>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unpatchable> {
        let (major, minor) = self.notebook.meta.nbformat.unwrap_or((4, 0));
        let is_old = match major {
            ..3 => {
                return Err(format!(
                    "it is of nbformat {major}, to which no cells can be added; open and save it in Jupyter first"
                )
                .into());
            }
            3 => true,
            _ => self.notebook.meta.nbformat.is_none() && self.map.has_worksheets,
        };
        let name = match kind {
            CellKind::Code => "code",
            CellKind::Markdown => "markdown",
            CellKind::Raw => "raw",
            CellKind::Unknown => return Err("a cell of no known type cannot be added".into()),
        };
        let is_code = kind == CellKind::Code;
        let mut members: Vec<(&str, Vec<u8>)> = vec![("cell_type", format!("\"{name}\"").into())];
        if is_code && is_old {
            members.push(("collapsed", b"false".to_vec()));
            members.push(("input", self.source(text)));
            members.push(("language", b"\"python\"".to_vec()));
        } else if is_code {
            members.push(("execution_count", b"null".to_vec()));
        }
        if !is_old && (major, minor) >= (4, 5) {
            let id = fresh_id(text, ids);
            members.push(("id", format!("\"{id}\"").into()));
            ids.push(id);
        }
        members.push(("metadata", b"{}".to_vec()));
        if is_code {
            members.push(("outputs", b"[]".to_vec()));
        }
        if !(is_code && is_old) {
            members.push(("source", self.source(text)));
        }
        let members = members.into_iter().map(|(key, value)| {
            let mut member = format!("\"{key}\":").into_bytes();
            // The colon as it stands, without what comes before it in odd files.
            let space = self.style.colon.rsplit(':').next().unwrap_or_default();
            member.extend_from_slice(space.as_bytes());
            member.extend_from_slice(&value);
            member
        });
        enclose(b"{}", &self.style.members, members, out);
        Ok(())
    }

    fn source(&self, text: &str) -> Vec<u8> {
        let string = |text: &str| {
            let mut string = vec![b'"'];
            self.style.escape(text, &mut string);
            string.push(b'"');
            string
        };
        if self.style.source_is_string {
            return string(text);
        }
        let mut out = Vec::new();
        let lines = text.split_inclusive('\n').map(string);
        enclose(b"[]", &self.style.lines, lines, &mut out);
        out
    }
}

/// One character of a cell's text.
struct Atom {
    character: char,
    /// Where it stands in the file, unless it is new.
    old: Option<Old>,
}

struct Old {
    raw: Span,
    /// Among the characters of the cell.
    position: usize,
    /// The string of the source that holds it.
    piece: usize,
}

impl Old {
    /// Whether it is read as the character whatever follows.
    fn stands_alone(&self, character: char, bytes: &[u8]) -> bool {
        character != char::REPLACEMENT_CHARACTER || self.raw.of(bytes) == "\u{fffd}".as_bytes()
    }
}

pub(super) fn enclose(
    brackets: &[u8; 2],
    layout: &Layout,
    parts: impl Iterator<Item = Vec<u8>>,
    out: &mut Vec<u8>,
) {
    out.push(brackets[0]);
    let mut is_empty = true;
    for part in parts {
        let before = if is_empty {
            &layout.open
        } else {
            &layout.separator
        };
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(&part);
        is_empty = false;
    }
    if !is_empty {
        out.extend_from_slice(layout.close.as_bytes());
    }
    out.push(brackets[1]);
}

/// An id that no cell has. It comes from the text, so that the same edit gives the same bytes.
pub(super) fn fresh_id(text: &str, taken: &[String]) -> String {
    // FNV-1a, which is the same on every machine and in every version of Rust.
    let mut hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    loop {
        let id = format!("{hash:08x}");
        if !taken.contains(&id) {
            return id;
        }
        hash = hash.wrapping_add(1);
    }
}

#[cfg(test)]
#[path = "lower/tests.rs"]
mod tests;
