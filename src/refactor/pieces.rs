//! The text of a cell, cut into what stays above, what moves and what stays below, comments included.

use crate::analysis::Facts;
use crate::analysis::facts::StatementKind;
use crate::refactor::function::cut::Fate;
use crate::text::{TextRange, TextSize, newline_of};

/// The parts of a cell's text, without blank lines around them.
#[derive(Debug, Default)]
pub struct Pieces {
    /// A cell magic, and comments that must be the cell's first lines.
    pub header: String,
    pub before: String,
    pub body: String,
    pub after: String,
    /// The cell's own line break.
    pub newline: &'static str,
    /// Whether a blank line stands above [`Self::after`].
    pub after_is_apart: bool,
    /// Whether the last statement of [`Self::before`] is a definition.
    pub defines_last: bool,
}

/// Cuts `text`, whose statements have these fates. `None` where statements share lines in a way
/// that cannot be cut.
pub fn of(text: &str, facts: &Facts, fates: &[Fate]) -> Option<Pieces> {
    let newline = newline_of(text);
    let statements = &facts.statements;
    let header_end = header_end(text, facts);
    let mut writer = Writer {
        newline,
        parts: Default::default(),
        after_is_apart: false,
    };
    let mut cursor = header_end;
    let mut at = 0;
    while at < statements.len() {
        let first_line = line_start(text, statements[at].range.start());
        if first_line < cursor || !text[first_line..offset(statements[at].range.start())].is_empty()
        {
            return None;
        }
        let mut end = at + 1;
        let mut last_line = line_end(text, statements[at].range.end());
        while end < statements.len() && offset(statements[end].range.start()) <= last_line {
            last_line = line_end(text, statements[end].range.end());
            end += 1;
        }
        let lead = &text[cursor..first_line];
        let rises = fates[at] == Fate::Before && fates[..at].contains(&Fate::Inside);
        let kind = statements[at].kind;
        if fates[at..end].iter().all(|fate| *fate == fates[at]) {
            let code =
                line_without_semicolon(text, facts, first_line..last_line, end, fates[end - 1]);
            writer.push(fates[at], lead, &code, rises.then_some(kind));
        } else {
            for (position, fate) in fates.iter().enumerate().take(end).skip(at) {
                let from = offset(statements[position].range.start());
                let code = if position + 1 == end {
                    line_without_semicolon(text, facts, from..last_line, end, *fate)
                } else {
                    text[statements[position].range].to_owned()
                };
                let lead = if position == at { lead } else { "" };
                writer.push(*fate, lead, &code, None);
            }
        }
        cursor = after_line_break(text, last_line);
        at = end;
    }
    let tail = text[cursor..].trim_end();
    if !tail.is_empty() {
        let tail = &text[cursor..cursor + tail.len()];
        writer.push(
            *fates.last()?,
            "",
            tail.trim_start_matches(['\n', '\r']),
            None,
        );
    }
    let after_is_apart = writer.after_is_apart;
    let [before, body, after] = writer.parts;
    let defines_last = statements
        .iter()
        .zip(fates)
        .rfind(|(_, fate)| **fate == Fate::Before)
        .is_some_and(|(statement, _)| statement.kind == StatementKind::Definition);
    Some(Pieces {
        header: text[..header_end].trim_end().to_owned(),
        before,
        body,
        after,
        newline,
        after_is_apart,
        defines_last,
    })
}

struct Writer {
    newline: &'static str,
    parts: [String; 3],
    after_is_apart: bool,
}

impl Writer {
    /// Adds code with what stands above it. `rises` is the kind of a statement that moves up.
    fn push(&mut self, fate: Fate, lead: &str, code: &str, rises: Option<StatementKind>) {
        let part = &mut self.parts[fate as usize];
        let comments = lead.trim_start_matches(['\n', '\r']);
        let blank = match rises {
            None => lead.len() - comments.len(),
            Some(_) => 0,
        };
        // One blank line is the most that a formatter leaves in a function.
        let lead = match fate {
            Fate::Inside => &in_function(lead),
            Fate::Before | Fate::After => lead,
        };
        let comments = lead.trim_start_matches(['\n', '\r']);
        let blank = blank.min(lead.len() - comments.len());
        if part.is_empty() {
            self.after_is_apart |= fate == Fate::After && blank > 0;
            part.push_str(comments);
        } else {
            part.push_str(self.newline);
            if rises == Some(StatementKind::Definition) {
                part.push_str(self.newline);
                part.push_str(self.newline);
            }
            part.push_str(&lead[..blank]);
            part.push_str(comments);
        }
        part.push_str(code.trim_end());
    }
}

/// What stands between two statements, with no more than one blank line at a time.
fn in_function(lead: &str) -> String {
    let mut kept = String::with_capacity(lead.len());
    let mut blank_before = false;
    for line in lead.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        if !(is_blank && blank_before) {
            kept.push_str(line);
        }
        blank_before = is_blank;
    }
    kept
}

/// The code of some lines; a `;` that kept the cell's result from being shown has done its work
/// where the code goes into a function.
fn line_without_semicolon(
    text: &str,
    facts: &Facts,
    range: std::ops::Range<usize>,
    end: usize,
    fate: Fate,
) -> String {
    let is_last = end == facts.statements.len() && fate == Fate::Inside;
    let suppressed = facts.trailing.is_some_and(|trailing| trailing.suppressed);
    let Some(last) = facts.statements.last().filter(|_| is_last && suppressed) else {
        return text[range].to_owned();
    };
    let cut = offset(last.range.end());
    let rest = text[cut..range.end].trim_start().trim_start_matches(';');
    format!("{}{rest}", &text[range.start..cut])
}

/// Where the lines end that must stay first in their cell.
fn header_end(text: &str, facts: &Facts) -> usize {
    let mut end = facts.cell_magics().next_back().map_or(0, |magic| {
        after_line_break(text, line_end(text, magic.range.end()))
    });
    for line in text[end..].split_inclusive('\n') {
        if !is_directive(line) {
            break;
        }
        end += line.len();
    }
    end
}

/// Comments that tools read on a cell's first lines: Quarto and nbdev, Colab's forms, Cellwise itself.
pub fn is_directive(line: &str) -> bool {
    let Some(comment) = line.strip_prefix('#') else {
        return false;
    };
    let comment = comment.trim();
    comment.starts_with(['|', '@', '!'])
        || comment.starts_with("cellwise: ignore-cell")
        || comment.starts_with("-*-")
        || matches!(
            comment,
            "hide" | "export" | "exports" | "hide_input" | "collapse"
        )
}

pub fn offset(at: TextSize) -> usize {
    at.to_usize()
}

pub fn line_start(text: &str, at: TextSize) -> usize {
    text[..offset(at)]
        .rfind(['\n', '\r'])
        .map_or(0, |found| found + 1)
}

pub fn line_end(text: &str, at: TextSize) -> usize {
    text[offset(at)..]
        .find(['\n', '\r'])
        .map_or(text.len(), |found| offset(at) + found)
}

pub fn after_line_break(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let length = if rest.starts_with("\r\n") {
        2
    } else {
        usize::from(!rest.is_empty())
    };
    at + length
}

/// The whole text as a range.
pub fn whole(text: &str) -> TextRange {
    TextRange::up_to(TextSize::of(text))
}
