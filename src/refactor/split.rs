//! Where a cell can be cut in two so that both parts show what the whole did.

use super::pieces::{self, line_end, line_start, offset};
use super::shown;
use crate::action::Refusal;
use crate::analysis::facts::{Facts, MagicKind, StatementKind};
use crate::notebook::{Cell, CellIdx};
use crate::refactor::function::extract;
use crate::rule::Context;

/// A place between two top-level statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seam {
    /// The first statement below.
    pub statement: usize,
    /// Where the part above ends, and where the part below begins, in bytes of the cell.
    pub above: usize,
    pub below: usize,
    /// Whether a comment or a blank line stands there.
    pub is_marked: bool,
}

/// The least lines of code that are worth a cell of their own.
const LEAST_LINES: u32 = 5;
/// Where a long cell is cut, its parts are about as long as this, in lines of code.
const PART_LINES: u32 = 20;

/// Words of code that draws onto a figure, which is shown when its cell ends.
const DRAWING: &[&str] = &[
    "plt.",
    "pylab",
    "pyplot",
    "sns.",
    "ax.",
    "ax[",
    "axs",
    "axes",
    "fig",
    ".plot",
    ".hist(",
    ".boxplot(",
    ".scatter(",
    ".bar(",
    ".imshow(",
    "subplot",
    "draw",
    "gca(",
    "gcf(",
    "colorbar",
];

/// What is done to a figure that is there already.
const FINISHING: &[&str] = &[
    "axis(",
    "colorbar(",
    "gca(",
    "gcf(",
    "grid(",
    "legend(",
    "savefig(",
    "show(",
    "suptitle(",
    "tight_layout(",
    "title(",
    "xlabel(",
    "xlim(",
    "xticks(",
    "ylabel(",
    "ylim(",
    "yticks(",
];

/// Whether the cell can be cut at all.
///
/// # Errors
/// Why it cannot, for a person.
pub fn can_be_cut(cx: &Context<'_>, index: CellIdx, cell: &Cell) -> Result<(), Refusal> {
    let facts = cx.facts(index);
    if let Some(error) = facts.syntax_errors.first() {
        return Err(format!("the cell is not valid Python: {}", error.message).into());
    }
    if let Some(magic) = facts
        .magics
        .first()
        .filter(|own| own.kind == MagicKind::Cell)
    {
        return Err(format!("`%%{}` speaks of the whole cell", magic.name).into());
    }
    if cell.is_for_papermill() {
        return Err("papermill replaces this cell (tag `parameters`)".into());
    }
    if let Some(tag) = cell.tags.first() {
        return Err(format!("only one of its parts would keep the tag `{tag}`").into());
    }
    if cell.outputs.error.is_some() {
        return Err(
            "it stops with an error, and what stands below would run as a cell of its own".into(),
        );
    }
    if let Some((setter, _)) = cx
        .notebook
        .python_cells()
        .find(|(other, _)| cx.facts(*other).shows_every_expression)
    {
        return Err(format!(
            "{} lets IPython show more than the last expression of a cell",
            cx.cell_name(setter)
        )
        .into());
    }
    if extract::reads_history(cx) {
        return Err("a cell asks IPython for earlier inputs or results, which are counted".into());
    }
    Ok(())
}

/// The place above a statement as a seam.
///
/// # Errors
/// Why the cell cannot be cut there, for a person.
pub fn seam(cx: &Context<'_>, index: CellIdx, cell: &Cell, at: usize) -> Result<Seam, Refusal> {
    let (text, facts) = (&*cell.text, cx.facts(index));
    let (upper, lower) = (&facts.statements[at - 1], &facts.statements[at]);
    let start = line_start(text, lower.range.start());
    let above = line_end(text, upper.range.end());
    let ends_upper = text[offset(upper.range.end())..above].trim_start();
    if start < above
        || start != offset(lower.range.start())
        || !(ends_upper.is_empty() || ends_upper.starts_with(['#', ';']))
    {
        return Err("two statements share a line there".into());
    }
    if shown::would_show(cx, facts, text, at - 1) {
        let line = text[upper.range].lines().next().unwrap_or_default();
        let shown: String = line.chars().take(40).collect();
        return Err(format!("the part above would show `{shown}`, which the cell does not").into());
    }
    if draws_on_both_sides(facts, text, at) {
        return Err("it would cut a plot in two: a figure is shown when its cell ends".into());
    }
    // Comments belong to what they stand above.
    let between = &text[above..start];
    let comments = between.trim_start_matches(['\n', '\r', ' ', '\t']);
    let below = start - comments.len();
    let is_blank = between[..between.len() - comments.len()]
        .matches('\n')
        .count()
        > 1;
    Ok(Seam {
        statement: at,
        above,
        below,
        is_marked: is_blank || !comments.is_empty(),
    })
}

/// Whether a figure may be open at the place: something draws above it, not followed by `plt.show()`,
/// and something may draw below.
fn draws_on_both_sides(facts: &Facts, text: &str, at: usize) -> bool {
    let draws = |statement: usize| {
        let statement = &facts.statements[statement];
        let code = &text[statement.range];
        // A function of the notebook may draw, too; an import and a definition do not.
        !matches!(
            statement.kind,
            StatementKind::Import | StatementKind::Definition
        ) && (DRAWING.iter().any(|word| code.contains(word)))
    };
    let calls = |statement: usize| {
        let statement = &facts.statements[statement];
        !matches!(
            statement.kind,
            StatementKind::Import | StatementKind::Definition
        ) && text[statement.range].contains('(')
    };
    let shows = |statement: usize| {
        let code = text[facts.statements[statement].range].trim();
        code.ends_with(".show()") || code.ends_with("plt.close()")
    };
    let closed = (0..at)
        .rev()
        .find(|&statement| shows(statement))
        .map_or(0, |last| last + 1);
    let open = (closed..at).any(draws);
    let below = (at..facts.statements.len()).any(calls);
    let drawn = (at..facts.statements.len()).any(draws);
    // What is called above may have drawn without a word of it, if the cell draws at all.
    open && below
        || drawn
            && (closed..at).any(calls)
            && (!is_before_drawing(facts, text, at) || finishes_a_figure(facts, text, at))
}

/// Whether what draws first below the place works on a figure that is there already: what is called above may have
/// made it, though it only looks like a computation.
fn finishes_a_figure(facts: &Facts, text: &str, at: usize) -> bool {
    let below = facts.statements[at..].iter().filter(|statement| {
        !matches!(
            statement.kind,
            StatementKind::Import | StatementKind::Definition
        )
    });
    let mut codes = below.map(|statement| &text[statement.range]);
    codes
        .find(|code| DRAWING.iter().any(|word| code.contains(word)))
        .and_then(|code| code.strip_prefix("plt."))
        .is_some_and(|call| FINISHING.iter().any(|way| call.starts_with(way)))
}

/// Whether what is called above the place is nothing that draws by itself: assignments and `print`.
fn is_before_drawing(facts: &Facts, text: &str, at: usize) -> bool {
    facts.statements[..at].iter().all(|statement| {
        let code = &text[statement.range];
        statement.kind != StatementKind::Expression
            || code.starts_with("print(")
            || code.contains("seed(")
            || !code.contains('(')
    })
}

/// Where a long cell is cut by itself: at marked places, into parts of a good length. In document order.
pub fn seams(cx: &Context<'_>, index: CellIdx, cell: &Cell) -> Vec<Seam> {
    let facts = cx.facts(index);
    let lines = |from: usize, to: usize| -> u32 {
        let code = facts.statements[from..to].iter().flat_map(|statement| {
            cell.text[statement.range]
                .lines()
                .filter(|line| !line.trim().is_empty())
        });
        u32::try_from(code.count()).unwrap_or(u32::MAX)
    };
    let count = facts.statements.len();
    let mut chosen: Vec<Seam> = Vec::new();
    let mut start = 0;
    let mut best: Option<(Seam, u32)> = None;
    for at in 1..count {
        if lines(start, at) < LEAST_LINES || lines(at, count) < LEAST_LINES {
            continue;
        }
        let Ok(seam) = seam(cx, index, cell, at) else {
            continue;
        };
        let has_heading = cell.text[seam.below..].starts_with('#');
        let weight = u32::from(seam.is_marked)
            + u32::from(has_heading) * 2
            + u32::from(changes_data(facts, start, at));
        if weight == 0 {
            continue;
        }
        let is_better = best.is_none_or(|(_, own)| weight >= own);
        if is_better {
            best = Some((seam, weight));
        }
        if lines(start, at) >= PART_LINES
            && let Some((seam, _)) = best.take()
        {
            start = seam.statement;
            chosen.push(seam);
        }
    }
    if let (true, Some((seam, _))) = (chosen.is_empty(), best) {
        chosen.push(seam);
    }
    chosen
}

/// Whether the statement reads nothing that those from `start` on have bound.
fn changes_data(facts: &Facts, start: usize, at: usize) -> bool {
    let bound = facts
        .bindings
        .iter()
        .filter(|binding| (start..at).contains(&(binding.statement as usize)));
    let statement = &facts.statements[at];
    let mut bound = bound.map(|binding| &binding.name);
    !bound.any(|name| {
        let mut reads = facts.uses.iter();
        reads.any(|read| read.name == *name && statement.takes(read.step))
    })
}

/// The cell's text in parts, without blank lines around them.
pub fn parts(text: &str, seams: &[Seam]) -> Vec<String> {
    let mut parts = Vec::with_capacity(seams.len() + 1);
    let mut start = 0;
    for seam in seams {
        parts.push(text[start..seam.above].trim_end().to_owned());
        start = seam.below;
    }
    parts.push(text[start..].to_owned());
    parts
}

/// The first statement that begins at or below a place; `None` below the last.
pub fn statement_below(facts: &Facts, text: &str, at: crate::text::TextSize) -> Option<usize> {
    let line = pieces::line_start(text, at);
    facts
        .statements
        .iter()
        .position(|statement| offset(statement.range.start()) >= line)
}
