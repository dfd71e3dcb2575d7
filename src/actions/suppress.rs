//! Silences a finding where it stands.
//!
//! `# cellwise: ignore[rule]` goes to the end of the line, into the brackets of one that is there already.
//! Where a comment cannot stand (a magic or a shell line would take it for a part of the command) it is
//! `# cellwise: ignore-cell[rule]` at the top of the cell instead, and holds for the whole cell.
//! In a cell of another language, or one that is written to a file, there is no place for it.
//!
//! ## Before
//! ```notebook
//! # %%
//! print($0sales)  # all of them
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! print(sales)  # all of them  # cellwise: ignore[undefined-name]
//! ```
//!
//! ## Before
//! ### Another rule is silenced there
//! ```notebook
//! # %%
//! print($0sales)  # cellwise: ignore[long-cell] for now
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! print(sales)  # cellwise: ignore[long-cell, undefined-name] for now
//! ```
//!
//! ## Before
//! ### A magic would take the comment for its own
//! ```notebook
//! # %%
//! %%time
//! x = 1
//! %time print($0sales)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! %%time
//! # cellwise: ignore-cell[undefined-name]
//! x = 1
//! %time print(sales)
//! ```
//!
//! ## Before
//! ### A string or a continued line
//! ```notebook
//! # %%
//! text = $0sales + '''
//! more
//! ''' + \
//!     "end"
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! text = sales + '''
//! more
//! ''' + \
//!     "end"  # cellwise: ignore[undefined-name]
//! ```
//!
//! ## Disabled
//! ### Another language
//! ```notebook
//! # %%
//! %%html
//! <a href="https://shop:$0n0t-a-real-1@shop.net/orders">orders</a>
//! ```
//! > in a `%%html` cell the comment would be a part of what it holds

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::{Facts, MagicKind};
use crate::analysis::magics;
use crate::analysis::source::strings;
use crate::notebook::{Anchor, Edit};
use crate::rule::Finding;
use crate::suppress::{self, Directives};
use crate::text::{LineIndex, TextRange, TextSize, newline_of};

pub const ACTION: Action = Action {
    name: "suppress",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    // A comment would make an empty cell another cell, without the finding.
    let is_code = cx
        .all
        .notebook
        .cell(cx.cell)
        .is_some_and(|cell| cell.is_code() && !cell.text.trim().is_empty())
        && !is_automagic(cx);
    let mut offers: Vec<Offer> = Vec::new();
    for finding in cx.findings {
        let known = offers
            .iter()
            .any(|offer| offer.argument.as_deref() == Some(finding.rule));
        if !is_code
            || known
            || finding.rule == suppress::RULE_NAME
            || finding.anchor.cell().is_none()
        {
            continue;
        }
        let foreign = foreign_magic(cx);
        let place = match place_of(cx, finding) {
            _ if foreign.is_some() => "in this cell",
            Place::Line(_) | Place::Into(_) => "on this line",
            Place::Cell(_) => "in this cell",
        };
        offers.push(Offer {
            argument: Some(finding.rule.to_owned()),
            repairs: Some(finding.rule),
            disabled: foreign.map(|name| {
                format!("in a `%%{name}` cell the comment would be a part of what it holds; give the cell the tag `cellwise-ignore`")
            }),
            ..Offer::new(format!("Ignore `{}` {place}", finding.rule))
        });
    }
    offers
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let finding = cx
        .findings
        .iter()
        .find(|finding| argument.is_none_or(|rule| rule == finding.rule))
        .ok_or("the finding is gone")?;
    let (rule, text) = (finding.rule, text_of(cx));
    let newline = newline_of(text);
    Ok(match place_of(cx, finding) {
        Place::Line(at) => Edit::replace(cx.cell, at, format!("  # cellwise: ignore[{rule}]")),
        Place::Into(at) => Edit::replace(cx.cell, at, format!(", {rule}")),
        Place::Cell(at) => {
            let comment = format!("# cellwise: ignore-cell[{rule}]");
            // Below a magic that is the cell's only line there is no line break yet.
            let is_behind =
                at.start().to_usize() > 0 && !text[..at.start().to_usize()].ends_with('\n');
            Edit::replace(
                cx.cell,
                at,
                if is_behind {
                    format!("{newline}{comment}")
                } else {
                    format!("{comment}{newline}")
                },
            )
        }
    })
}

/// The magic of a cell in another language, in which `#` begins no comment, or one that goes to a file.
fn foreign_magic<'a>(cx: &ActionContext<'a>) -> Option<&'a str> {
    const WITH_HASH: &[&str] = &[
        "R", "bash", "cython", "perl", "pypy", "python", "python2", "python3", "ruby", "sh",
    ];
    let magic = cx.all.facts(cx.cell).cell_magics().next_back()?;
    let is_foreign =
        magics::body_of(&magic.name) == magics::Body::Other && !WITH_HASH.contains(&&*magic.name);
    is_foreign.then_some(&*magic.name)
}

/// Whether the cell is one line that is a magic without its `%`: IPython takes it for one only while it stands alone.
fn is_automagic(cx: &ActionContext<'_>) -> bool {
    let text = text_of(cx).trim();
    matches!(&cx.all.facts(cx.cell).magics[..], [only]
        if only.kind == MagicKind::Line && !text.starts_with('%') && text_of(cx)[only.range] == *text)
}

/// Where the comment goes; the ranges are empty.
enum Place {
    /// The end of a line.
    Line(TextRange),
    /// Into the brackets of a comment.
    Into(TextRange),
    /// The start of the cell's first line, or of the one below its magic.
    Cell(TextRange),
}

fn place_of(cx: &ActionContext<'_>, finding: &Finding) -> Place {
    let text = text_of(cx);
    let facts = cx.all.facts(cx.cell);
    let lines = LineIndex::new(text);
    let range = match finding.anchor {
        Anchor::Range(..) => finding.anchor.range_in(text),
        Anchor::Cell(_) | Anchor::File(_) | Anchor::Notebook => {
            return for_cell(text, facts);
        }
    };
    let strings = strings(text);
    let Some(line) = (lines.line_of(range.start())..lines.line_count())
        .find(|line| ends_freely(text, &strings, &lines, *line))
    else {
        return for_cell(text, facts);
    };
    let line_range = lines.line_range(text, line);
    let is_magic = facts.magics.iter().any(|magic| {
        magic
            .range
            .intersect(line_range)
            .is_some_and(|shared| !shared.is_empty())
    });
    if is_magic || !facts.runs() {
        return for_cell(text, facts);
    }
    match Directives::of(text).line_brackets(text, line_range) {
        Some(end) => Place::Into(TextRange::empty(end)),
        None => {
            let trimmed = text[line_range].trim_end().len();
            let end = line_range.start() + TextSize::of(&text[line_range][..trimmed]);
            Place::Line(TextRange::new(end, line_range.end()))
        }
    }
}

fn for_cell(text: &str, facts: &Facts) -> Place {
    if let Some(end) = Directives::of(text).cell_brackets(text) {
        return Place::Into(TextRange::empty(end));
    }
    let at = facts.cell_magics().next_back().map_or(0, |magic| {
        let end = magic.range.end().to_usize();
        text[end..]
            .find('\n')
            .map_or(text.len(), |found| end + found + 1)
    });
    Place::Cell(TextRange::empty(TextSize::new(
        u32::try_from(at).unwrap_or(u32::MAX),
    )))
}

fn text_of<'a>(cx: &ActionContext<'a>) -> &'a str {
    cx.all.notebook.cell(cx.cell).map_or("", |cell| &cell.text)
}

/// Whether a comment can stand at the end of the line.
fn ends_freely(text: &str, strings: &[TextRange], lines: &LineIndex, line: u32) -> bool {
    let range = lines.line_range(text, line);
    let in_string = strings
        .iter()
        .any(|string| string.start() < range.end() && range.end() < string.end());
    !in_string && !text[range].ends_with('\\')
}
