//! What is wrong with a notebook file, in the order in which it matters.
//!
//! [`ProblemKind::Unreadable`] is what makes `nbformat.read` (5.11) raise, and so Jupyter refuse the file;
//! [`ProblemKind::Invalid`] is what `nbformat.validate` complains of, and what it repairs with a warning.
//! Outputs are not judged one by one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::raw::{RawCell, RawFile, Root, Shape};
use crate::format::json::FaultKind;
use crate::format::{BYTE_ORDER_MARK, line_column};
use crate::notebook::{Anchor, CellIdx, Problem, ProblemKind};

/// The newest minor version of nbformat 4. A newer one may know keys and cell types that we do not.
const NEWEST_MINOR: i64 = 5;

pub fn encoding(bytes: &[u8], problems: &mut Vec<Problem>) {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        problems.push(mendable(unreadable(
            Anchor::Notebook,
            "The file starts with a byte order mark, which Jupyter refuses; save it as UTF-8 without one.",
        )));
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        problems.push(unreadable(
            Anchor::File(line_column(bytes, error.valid_up_to())),
            "The file is not UTF-8 from here on, so Jupyter refuses it; save it as UTF-8.",
        ));
    }
}

/// What is no JSON. The first place is named, for later ones are mostly its consequences.
pub fn faults(bytes: &[u8], raw: &RawFile, problems: &mut Vec<Problem>) {
    if let Some(first) = raw.faults.list.first() {
        let place = line_column(bytes, first.at);
        let what = first.kind.description();
        let cells = match raw.cells.len() {
            1 => "1 cell was read".to_owned(),
            count => format!("{count} cells were read"),
        };
        let message = if first.kind == FaultKind::Truncated {
            format!(
                "Broken JSON: {what}, in line {}, so editors refuse it. {cells}; restore the rest from version control.",
                place.line
            )
        } else {
            let more = match raw.faults.total - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            format!(
                "Broken JSON at line {}, column {}: {what}{more}. Editors refuse the file; repair that line, \
                 or restore it from version control.",
                place.line, place.column
            )
        };
        problems.push(unreadable(Anchor::File(place), message));
    }
    if let Some(at) = raw.faults.not_finite {
        let place = line_column(bytes, at);
        problems.push(invalid(
            Anchor::File(place),
            format!(
                "NaN or Infinity at line {}, column {} is not JSON: Python reads it, browsers and VS Code refuse the \
                 file; write null, or clear the output.",
                place.line, place.column
            ),
        ));
    }
}

/// What breaks the rules of the notebook format. Nothing is said of a file that is no JSON,
/// where what is missing may just not have been read.
pub fn schema(raw: &RawFile, problems: &mut Vec<Problem>) {
    if raw.faults.total > 0 {
        return;
    }
    let root = &raw.root;
    let mut whole = |kind, is_mendable, message: String| {
        problems.push(Problem {
            kind,
            anchor: Anchor::Notebook,
            message,
            is_mendable,
        });
    };
    versions(root, &mut whole);
    cell_list(root, &mut whole);
    if root.major() >= 4 {
        if root.cells.is_some() {
            whole_metadata(raw, &mut whole);
        }
        cells(raw, problems);
        ids(raw, problems);
    }
}

fn versions(root: &Root, whole: &mut impl FnMut(ProblemKind, bool, String)) {
    use ProblemKind::{Invalid, Unreadable};
    let has_cells = root.cells.is_some() || root.worksheets.is_some();
    match &root.nbformat {
        None if has_cells => whole(
            Invalid,
            root.cells == Some(true),
            "The file does not say its `nbformat`, so each tool guesses; add `\"nbformat\": 4` and \
             `\"nbformat_minor\": 5`."
                .into(),
        ),
        None => {}
        Some(number) => match number.value {
            Some(3 | 4) => {}
            Some(1 | 2) => whole(
                Invalid,
                false,
                format!(
                    "The file is of nbformat {}, from before 2013: Jupyter converts it as it opens it, other tools \
                     refuse it; open and save it in Jupyter.",
                    root.major()
                ),
            ),
            _ => whole(
                Unreadable,
                false,
                "Jupyter refuses the file, for its `nbformat` is no version that exists; the current one is 4."
                    .into(),
            ),
        },
    }
    if root.nbformat.is_some() && root.major() >= 3 {
        match &root.nbformat_minor {
            None => whole(
                Invalid,
                root.major() == 4,
                "The file does not say its `nbformat_minor`, which the notebook format demands; add it, or save the \
                 notebook in Jupyter."
                    .into(),
            ),
            Some(number) if number.value.is_none() => whole(
                Unreadable,
                false,
                "Jupyter refuses the file, for its `nbformat_minor` is no number; the current one is 5.".into(),
            ),
            Some(_) => {}
        }
    }
}

/// What is wrong with the list of cells itself.
fn cell_list(root: &Root, whole: &mut impl FnMut(ProblemKind, bool, String)) {
    use ProblemKind::Unreadable;
    if root.major() >= 4 {
        match root.cells {
            Some(true) => {}
            None => whole(
                Unreadable,
                false,
                "The file is JSON without `cells`, so it is no notebook and Jupyter refuses it; restore it from \
                 version control."
                    .into(),
            ),
            Some(false) => whole(
                Unreadable,
                false,
                "`cells` is no list, so Jupyter refuses the file; restore it from version control.".into(),
            ),
        }
    } else {
        match &root.worksheets {
            None => whole(
                Unreadable,
                false,
                format!(
                    "The file is of nbformat {} and has no `worksheets`, where that version keeps its cells, so Jupyter \
                     refuses it; restore it from version control.",
                    root.major()
                ),
            ),
            Some(sheets) if sheets.without_cells > 0 => whole(
                Unreadable,
                false,
                "A worksheet has no list of `cells`, so Jupyter refuses the file; add `\"cells\": []` to it.".into(),
            ),
            Some(_) => {}
        }
    }
}

fn whole_metadata(raw: &RawFile, whole: &mut impl FnMut(ProblemKind, bool, String)) {
    let metadata = &raw.root.metadata;
    if !metadata.is_object {
        let what = if metadata.present {
            "is no object"
        } else {
            "is missing"
        };
        whole(
            ProblemKind::Unreadable,
            !metadata.present || metadata.is_null,
            format!(
                "The notebook's `metadata` {what}, so Jupyter refuses the file; write `\"metadata\": {{}}`."
            ),
        );
    }
    for (object, key) in &metadata.lacking {
        whole(
            ProblemKind::Invalid,
            false,
            format!(
                "`{object}` in the notebook's metadata has no `{key}`, which the notebook format demands; choose the \
                 kernel anew and save, or remove `{object}`."
            ),
        );
    }
    if is_known(raw.root.minor())
        && let Some(key) = raw.root.unknown_keys.first()
    {
        whole(
            ProblemKind::Invalid,
            false,
            format!(
                "The file has the key `{key}`, which the notebook format does not know, and Jupyter warns of it; \
                 move it into `metadata`, or remove it."
            ),
        );
    }
}

/// What can be wrong with a cell. Cells with the same are told of together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Complaint {
    NoObject,
    NoMetadata,
    OutputsNoList,
    MixedSource,
    NoType,
    UnknownType(String),
    NoSource,
    OddSource,
    Lacks(&'static str),
    NotInCode(&'static str),
    OnlyInCode(&'static str),
    OddCount,
    OddTags,
    UnknownKey(String),
    IdTooEarly,
    NoId,
    OddId,
}

impl Complaint {
    fn kind(&self) -> ProblemKind {
        match self {
            Self::NoObject | Self::NoMetadata | Self::OutputsNoList | Self::MixedSource => {
                ProblemKind::Unreadable
            }
            _ => ProblemKind::Invalid,
        }
    }

    /// Whether [`super::mend`] repairs it in this cell.
    fn is_mendable(&self, cell: &RawCell, all_have_ids: bool) -> bool {
        match self {
            Self::NoMetadata => cell.metadata.span.is_none() || cell.metadata.is_null,
            Self::OutputsNoList => cell.outputs.as_ref().is_some_and(|outputs| outputs.is_null),
            Self::OddSource => cell.source_shape == Shape::Null,
            // Outputs that no editor shows are still somebody's.
            Self::OnlyInCode("outputs") => cell.outputs.as_ref().is_some_and(|outputs| {
                outputs.is_null || (outputs.is_list && outputs.summary.count == 0)
            }),
            Self::IdTooEarly => all_have_ids,
            Self::OnlyInCode(_)
            | Self::NoSource
            | Self::Lacks(_)
            | Self::OddCount
            | Self::NoId
            | Self::OddId => true,
            Self::NoObject
            | Self::MixedSource
            | Self::NoType
            | Self::UnknownType(_)
            | Self::NotInCode(_)
            | Self::OddTags
            | Self::UnknownKey(_) => false,
        }
    }

    fn message(&self, cells: &str) -> String {
        const SAVE: &str = "save the notebook in an editor that repairs it, or do so by hand";
        match self {
            Self::NoObject => {
                format!("A cell that is no object ({cells}): Jupyter refuses the file; remove it.")
            }
            Self::NoMetadata => format!(
                "No `metadata` in {cells}: Jupyter refuses the file; write `\"metadata\": {{}}`."
            ),
            Self::OutputsNoList => {
                format!(
                    "`outputs` is no list in {cells}: Jupyter refuses the file; write `\"outputs\": []`."
                )
            }
            Self::MixedSource => format!(
                "The source holds something besides strings in {cells}: Jupyter refuses the file; repair it by hand."
            ),
            Self::NoType => format!(
                "No `cell_type` in {cells}: editors leave such a cell out or fail; write `\"cell_type\": \"code\"`."
            ),
            Self::UnknownType(name) => format!(
                "The cell type `{name}` in {cells} is none that editors know, and VS Code leaves such a cell out; \
                 use code, markdown or raw."
            ),
            Self::NoSource => {
                format!("No `source` in {cells}, which the notebook format demands; {SAVE}.")
            }
            Self::OddSource => format!(
                "The source is neither a string nor a list of strings in {cells}, and Jupyter warns of it; {SAVE}."
            ),
            Self::Lacks(key) => format!(
                "No `{key}` in {cells}, which the notebook format demands of code cells; {SAVE}."
            ),
            Self::NotInCode(key) => format!(
                "`{key}` in {cells}, where the notebook format does not allow it in a code cell; remove it."
            ),
            Self::OnlyInCode(key) => format!(
                "`{key}` in {cells}, which the notebook format allows in code cells alone: strict readers refuse the \
                 file; remove it."
            ),
            Self::OddCount => format!(
                "The execution count is no number from 0 in {cells}, and Jupyter warns of it; write null."
            ),
            Self::OddTags => format!(
                "The tags of {cells} are no list of different words without commas, and Jupyter warns of it; repair them."
            ),
            Self::UnknownKey(key) => format!(
                "The key `{key}` in {cells} is none that the notebook format knows, and Jupyter warns of it; move it \
                 into the cell's `metadata`, or remove it."
            ),
            Self::IdTooEarly => format!(
                "An `id` in {cells}, which only nbformat 4.5 and later allow, and Jupyter warns of it; set \
                 `nbformat_minor` to 5."
            ),
            Self::NoId => format!(
                "No `id` in {cells}: nbformat 4.5 demands one, and tools that lack it make up another each time, which \
                 shows as changes in version control; save the notebook in Jupyter."
            ),
            Self::OddId => format!(
                "The `id` of {cells} is not 1 to 64 letters, digits, `-` and `_`, and Jupyter warns of it; remove it and \
                 save the notebook in Jupyter."
            ),
        }
    }
}

fn cells(raw: &RawFile, problems: &mut Vec<Problem>) {
    let mut found: BTreeMap<Complaint, (Vec<CellIdx>, bool)> = BTreeMap::new();
    let all_have_ids = have_sound_ids(raw);
    for (position, cell) in raw.cells.iter().enumerate() {
        complain(cell, raw.root.minor(), &mut |complaint| {
            let mendable = complaint.is_mendable(cell, all_have_ids);
            let (cells, some_mendable) = found.entry(complaint).or_default();
            cells.push(CellIdx::new(position));
            *some_mendable |= mendable;
        });
    }
    problems.extend(found.into_iter().map(|(complaint, (cells, is_mendable))| {
        Problem {
            kind: complaint.kind(),
            anchor: cells
                .first()
                .map_or(Anchor::Notebook, |&first| Anchor::Cell(first)),
            message: complaint.message(&name_cells(&cells)),
            is_mendable,
        }
    }));
}

fn complain(cell: &RawCell, minor: Option<i64>, say: &mut impl FnMut(Complaint)) {
    if !cell.is_object {
        return say(Complaint::NoObject);
    }
    if !cell.metadata.is_object {
        say(Complaint::NoMetadata);
    }
    if cell.metadata.tags_are_sound == Some(false) {
        say(Complaint::OddTags);
    }
    let is_code = match cell.cell_type.as_deref() {
        Some("code") => true,
        Some("markdown" | "raw") => false,
        Some(name) => {
            if is_known(minor) {
                say(Complaint::UnknownType(name.chars().take(40).collect()));
            }
            return;
        }
        None => return say(Complaint::NoType),
    };
    match (cell.source, cell.source_shape) {
        (None, _) => say(Complaint::NoSource),
        (_, Shape::Strings) => {}
        (_, Shape::MixedList) => say(Complaint::MixedSource),
        (_, Shape::Null | Shape::Other) => say(Complaint::OddSource),
    }
    let strict = is_known(minor);
    if is_code {
        match &cell.outputs {
            None => say(Complaint::Lacks("outputs")),
            Some(outputs) if !outputs.is_list => say(Complaint::OutputsNoList),
            Some(_) => {}
        }
        match &cell.count {
            None => say(Complaint::Lacks("execution_count")),
            Some(count) if count.is_null || count.value.is_some_and(|count| count >= 0) => {}
            Some(_) => say(Complaint::OddCount),
        }
        if cell.has_attachments && strict {
            say(Complaint::NotInCode("attachments"));
        }
    } else if strict {
        if cell.outputs.is_some() {
            say(Complaint::OnlyInCode("outputs"));
        }
        if cell.count.is_some() {
            say(Complaint::OnlyInCode("execution_count"));
        }
    }
    if strict && let Some(key) = cell.unknown_keys.first() {
        say(Complaint::UnknownKey(key.chars().take(40).collect()));
    }
    match &cell.id {
        Some(_) if minor.is_some_and(|minor| minor < 5) => say(Complaint::IdTooEarly),
        None if minor.is_some_and(|minor| minor >= 5) => say(Complaint::NoId),
        Some(id) if !id.text.as_deref().is_some_and(is_id) => say(Complaint::OddId),
        _ => {}
    }
}

/// Whether we know all keys and cell types of the version.
pub(super) fn is_known(minor: Option<i64>) -> bool {
    minor.is_none_or(|minor| minor <= NEWEST_MINOR)
}

pub(super) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether each cell has an id that nbformat 4.5 takes, and no other has.
pub(super) fn have_sound_ids(raw: &RawFile) -> bool {
    let ids = raw
        .cells
        .iter()
        .map(|cell| cell.id.as_ref()?.text.as_deref());
    let mut seen = HashSet::new();
    ids.into_iter()
        .all(|id| id.is_some_and(|id| is_id(id) && seen.insert(id)))
}

/// Ids that more than one cell has, each with all its cells.
fn ids(raw: &RawFile, problems: &mut Vec<Problem>) {
    if raw.root.minor().is_none_or(|minor| minor < 5) {
        return;
    }
    let mut owners: HashMap<&str, Vec<CellIdx>> = HashMap::new();
    for (position, cell) in raw.cells.iter().enumerate() {
        if let Some(id) = cell.id.as_ref().and_then(|id| id.text.as_deref()) {
            owners.entry(id).or_default().push(CellIdx::new(position));
        }
    }
    let mut repeated: Vec<_> = owners
        .into_iter()
        .filter(|(_, cells)| cells.len() > 1)
        .collect();
    repeated.sort_by_key(|(_, cells)| cells[0]);
    for (id, cells) in repeated {
        let id: String = id.chars().take(64).collect();
        problems.push(mendable(invalid(
            Anchor::Cell(cells[1]),
            format!(
                "The id `{id}` belongs to {} at once: editors mix such cells up or rename one without asking; remove it \
                 from all but the first and save the notebook in Jupyter.",
                name_cells(&cells)
            ),
        )));
    }
}

/// "cell 3", "cells 3 and 5", "cells 3, 5, 6 and 12 more".
pub fn name_cells(cells: &[CellIdx]) -> String {
    const NAMED: usize = 5;
    let number = |cell: &CellIdx| (u64::from(cell.0) + 1).to_string();
    match cells {
        [] => "no cell".to_owned(),
        [only] => only.to_string(),
        [first @ .., last] if cells.len() <= NAMED => {
            let first: Vec<String> = first.iter().map(number).collect();
            format!("cells {} and {}", first.join(", "), number(last))
        }
        _ => {
            let first: Vec<String> = cells[..NAMED - 1].iter().map(number).collect();
            format!(
                "cells {} and {} more",
                first.join(", "),
                cells.len() - first.len()
            )
        }
    }
}

fn unreadable(anchor: Anchor, message: impl Into<String>) -> Problem {
    Problem {
        kind: ProblemKind::Unreadable,
        anchor,
        message: message.into(),
        is_mendable: false,
    }
}

fn invalid(anchor: Anchor, message: impl Into<String>) -> Problem {
    Problem {
        kind: ProblemKind::Invalid,
        anchor,
        message: message.into(),
        is_mendable: false,
    }
}

fn mendable(problem: Problem) -> Problem {
    Problem {
        is_mendable: true,
        ..problem
    }
}
