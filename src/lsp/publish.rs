//! Findings as diagnostics: which to send, and what they look like.

use ropey::Rope;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::documents::{Documents, NotebookDocument};
use super::host::Host;
use super::profile::Profile;
use super::proto::{Position, Range, Uri};
use super::wire::Outbox;
use crate::engine::Analysis;
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{Finding, Severity};
use crate::text::{LineColumn, LineIndex, rope_offset, rope_position};

/// Where a rule is described: an address of our own, which our editor extensions open as its manual page.
/// The pages are in the program (`cellwise explain`), so that a link needs no network.
const MANUAL: &str = "cellwise://rules/";

pub fn href(rule: &str) -> String {
    format!("{MANUAL}{rule}")
}

/// What a client shows now, document by document. Documents with nothing to show are not listed.
#[derive(Debug, Default)]
pub struct Published {
    shown: FxHashMap<Uri, Vec<Diagnostic>>,
    /// By a document: the others whose diagnostics speak of a place in it.
    speaking: FxHashMap<Uri, FxHashSet<Uri>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    range: Range,
    /// Always present: JupyterLab shows none without it.
    severity: u8,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_description: Option<CodeDescription>,
    source: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_information: Vec<RelatedInformation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CodeDescription {
    href: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RelatedInformation {
    location: Location,
    message: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Location {
    uri: Uri,
    range: Range,
}

#[derive(Serialize)]
struct Params<'a> {
    uri: &'a Uri,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    diagnostics: &'a [Diagnostic],
}

impl Published {
    /// Sends what a document has to show now, unless that is what it shows.
    pub fn show(
        &mut self,
        uri: &Uri,
        version: Option<i64>,
        diagnostics: Vec<Diagnostic>,
        outbox: &Outbox,
    ) {
        let shown = self.shown.get(uri).map_or(&[][..], Vec::as_slice);
        if shown == diagnostics {
            return;
        }
        send(uri, version, &diagnostics, outbox);
        self.remember(uri, diagnostics);
    }

    /// A document is gone. Clients keep showing what was said of it until told otherwise.
    pub fn clear(&mut self, uri: &Uri, outbox: &Outbox) {
        if self.shown.contains_key(uri) {
            send(uri, None, &[], outbox);
            self.remember(uri, Vec::new());
        }
    }

    pub fn clear_all(&mut self, outbox: &Outbox) {
        let mut shown: Vec<Uri> = self.shown.keys().cloned().collect();
        shown.sort();
        for uri in shown {
            self.clear(&uri, outbox);
        }
    }

    /// The other documents whose diagnostics speak of a place in this one, where it may have moved.
    pub fn speaking_of(&self, uri: &Uri) -> impl Iterator<Item = &Uri> {
        self.speaking.get(uri).into_iter().flatten()
    }

    /// The documents whose diagnostics speak of places in others.
    pub fn speakers(&self) -> impl Iterator<Item = &Uri> {
        self.speaking.values().flatten()
    }

    fn remember(&mut self, uri: &Uri, diagnostics: Vec<Diagnostic>) {
        let before = if diagnostics.is_empty() {
            self.shown.remove(uri)
        } else {
            self.shown.insert(uri.clone(), diagnostics)
        };
        for other in others(uri, before.as_deref().unwrap_or_default()) {
            if let Some(speaking) = self.speaking.get_mut(other) {
                speaking.remove(uri);
                if speaking.is_empty() {
                    self.speaking.remove(other);
                }
            }
        }
        for other in others(uri, self.shown.get(uri).map_or(&[], Vec::as_slice)) {
            let speaking = self.speaking.entry(other.clone()).or_default();
            speaking.insert(uri.clone());
        }
    }
}

/// The documents besides its own that diagnostics speak of.
fn others<'d>(uri: &'d Uri, diagnostics: &'d [Diagnostic]) -> impl Iterator<Item = &'d Uri> {
    let related = diagnostics.iter().flat_map(|own| &own.related_information);
    related
        .map(|related| &related.location.uri)
        .filter(move |other| *other != uri)
}

fn send(uri: &Uri, version: Option<i64>, diagnostics: &[Diagnostic], outbox: &Outbox) {
    outbox.notify(
        "textDocument/publishDiagnostics",
        &Params {
            uri,
            version,
            diagnostics,
        },
    );
}

/// The diagnostics of one cell.
pub fn of_cell(
    analysis: &Analysis,
    documents: &Documents,
    notebook: &NotebookDocument,
    cell: CellIdx,
    profile: Profile,
) -> Vec<Diagnostic> {
    diagnostics(
        analysis.cell_findings(cell),
        analysis,
        documents,
        notebook,
        profile,
    )
}

/// All diagnostics of a notebook that is a text document, at their places in it. What stands in a cell whose place
/// is not known, since its JSON is broken, is not shown until it is.
pub fn of_host(
    uri: &Uri,
    analysis: &Analysis,
    host: &Host,
    rope: &Rope,
    profile: Profile,
) -> Vec<Diagnostic> {
    let range = |anchor: Anchor| match anchor {
        Anchor::Notebook => Some(line_of(rope, 0)),
        Anchor::File(place) => Some(rest_of_line(rope, place)),
        Anchor::Cell(cell) | Anchor::Range(cell, _) => {
            let text = &analysis.notebook().cell(cell)?.text;
            host.range(rope, cell, anchor.range_in(text))
        }
    };
    let shown = analysis.findings().filter_map(|finding| {
        let related = finding
            .related
            .iter()
            .filter(|_| profile.related_information);
        let related = related.filter_map(|related| {
            let place = range(related.anchor)?;
            Some((uri.clone(), place, related.message.clone()))
        });
        // Where the client shows nothing at a place, one that it speaks of may do.
        let own = range(finding.anchor).or_else(|| {
            let mut places = finding.related.iter();
            places.find_map(|related| range(related.anchor))
        });
        Some(diagnostic(finding, own?, related, profile))
    });
    shown.collect()
}

/// The whole of a line.
fn line_of(rope: &Rope, line: u32) -> Range {
    let start = Position { line, character: 0 };
    let end = Position {
        line,
        character: u32::MAX,
    };
    let place = |at: Position| rope_position(rope, rope_offset(rope, at.into())).into();
    Range {
        start: place(start),
        end: place(end),
    }
}

/// From a place of a file to the end of its line.
fn rest_of_line(rope: &Rope, place: LineColumn) -> Range {
    let whole = line_of(rope, place.line.saturating_sub(1));
    let start = rope_offset(rope, whole.start.into());
    let first = rope.byte_to_char(start) + place.column.saturating_sub(1) as usize;
    let at = rope.char_to_byte(first.min(rope.len_chars()));
    Range {
        start: Position::from(rope_position(rope, at)),
        end: whole.end,
    }
}

/// The diagnostics of the notebook as a whole, which show on its own URI.
pub fn of_notebook(
    analysis: &Analysis,
    documents: &Documents,
    notebook: &NotebookDocument,
    profile: Profile,
) -> Vec<Diagnostic> {
    diagnostics(
        analysis.notebook_findings(),
        analysis,
        documents,
        notebook,
        profile,
    )
}

fn diagnostics<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    analysis: &Analysis,
    documents: &Documents,
    notebook: &NotebookDocument,
    profile: Profile,
) -> Vec<Diagnostic> {
    let related = |finding: &Finding| -> Vec<(Uri, Range, String)> {
        let places = finding
            .related
            .iter()
            .filter(|_| profile.related_information);
        places
            .filter_map(|related| {
                let uri = notebook.order.get(related.anchor.cell()?.to_usize())?;
                documents.cell(uri)?;
                let place = range(related.anchor, analysis);
                Some((uri.clone(), place, related.message.clone()))
            })
            .collect()
    };
    let shown = findings.into_iter();
    shown
        .map(|finding| {
            let place = range(finding.anchor, analysis);
            diagnostic(finding, place, related(finding), profile)
        })
        .collect()
}

fn diagnostic(
    finding: &Finding,
    range: Range,
    related: impl IntoIterator<Item = (Uri, Range, String)>,
    profile: Profile,
) -> Diagnostic {
    let related = related.into_iter();
    Diagnostic {
        range,
        severity: severity(finding.severity),
        code: finding.rule,
        code_description: profile.code_description.then(|| CodeDescription {
            href: href(finding.rule),
        }),
        source: "cellwise",
        message: finding.message.clone(),
        related_information: related
            .map(|(uri, range, message)| RelatedInformation {
                location: Location { uri, range },
                message,
            })
            .collect(),
    }
}

/// The diagnostics of a notebook that is not open, all on its own URI. Hints are left out: no editor
/// lists them for a file that nobody looks at.
pub fn of_file(analysis: &Analysis, profile: Profile) -> Vec<Diagnostic> {
    let start = Position {
        line: 0,
        character: 0,
    };
    let shown = analysis
        .findings()
        .filter(|finding| finding.severity != Severity::Hint);
    shown
        .map(|finding| Diagnostic {
            range: Range { start, end: start },
            severity: severity(finding.severity),
            code: finding.rule,
            code_description: profile.code_description.then(|| CodeDescription {
                href: href(finding.rule),
            }),
            source: "cellwise",
            message: match finding.anchor.cell() {
                Some(cell) if !finding.message.contains(&cell.to_string()) => {
                    format!("{cell}: {}", finding.message)
                }
                _ => finding.message.clone(),
            },
            related_information: Vec::new(),
        })
        .collect()
}

/// Where an anchor shows in its own document.
pub fn range(anchor: Anchor, analysis: &Analysis) -> Range {
    let cell = anchor
        .cell()
        .and_then(|cell| analysis.notebook().cell(cell));
    let text = cell.map_or("", |cell| &cell.text);
    let bytes = anchor.range_in(text);
    let index = LineIndex::new(text);
    let place = |offset| Position::from(index.utf16(text, offset));
    Range {
        start: place(bytes.start()),
        end: place(bytes.end()),
    }
}

fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 1,
        Severity::Warning => 2,
        Severity::Info => 3,
        Severity::Hint => 4,
    }
}
