//! Where a cell may be cut without cutting a figure in two: one is shown when its cell ends.

use crate::analysis::facts::{Facts, Statement, StatementKind};

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

/// The figures of a cell. Each statement is looked at once, however many places are asked about.
#[derive(Debug)]
pub struct Figures {
    places: Vec<Place>,
    /// For each statement, the first from it on that draws.
    next_drawing: Vec<Option<usize>>,
    last_call: Option<usize>,
    /// The first statement that calls something and is no assignment and no `print`: it may draw by itself.
    first_loud: usize,
    /// The statements that draw, and work on a figure that is there already.
    finishing: Vec<bool>,
}

/// What stands above a statement.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// The first statement since the last figure was shown.
    opened: usize,
    /// One behind the last statement that draws, and that calls anything.
    drawn: usize,
    called: usize,
}

impl Figures {
    pub fn new(facts: &Facts, text: &str) -> Self {
        let code = |statement: &Statement| &text[statement.range];
        let mut above = Place::default();
        let mut places = Vec::with_capacity(facts.statements.len());
        let mut draw = Vec::with_capacity(facts.statements.len());
        let mut finishing = Vec::with_capacity(facts.statements.len());
        for (at, statement) in facts.statements.iter().enumerate() {
            places.push(above);
            let code = code(statement);
            // A function of the notebook may draw, too; an import and a definition do not.
            let works = !matches!(
                statement.kind,
                StatementKind::Import | StatementKind::Definition
            );
            let draws = works && DRAWING.iter().any(|word| code.contains(word));
            if draws {
                above.drawn = at + 1;
            }
            if works && code.contains('(') {
                above.called = at + 1;
            }
            if code.trim().ends_with(".show()") || code.trim().ends_with("plt.close()") {
                above.opened = at + 1;
            }
            draw.push(draws);
            let finishes = |call: &str| FINISHING.iter().any(|way| call.starts_with(way));
            finishing.push(draws && code.strip_prefix("plt.").is_some_and(finishes));
        }
        let mut next = None;
        let mut next_drawing: Vec<Option<usize>> = (0..draw.len())
            .rev()
            .map(|at| {
                next = if draw[at] { Some(at) } else { next };
                next
            })
            .collect();
        next_drawing.reverse();
        let is_loud = |statement: &Statement| {
            let code = code(statement);
            statement.kind == StatementKind::Expression
                && code.contains('(')
                && !code.starts_with("print(")
                && !code.contains("seed(")
        };
        let first_loud = facts.statements.iter().position(is_loud);
        Self {
            places,
            next_drawing,
            last_call: above.called.checked_sub(1),
            first_loud: first_loud.unwrap_or(facts.statements.len()),
            finishing,
        }
    }

    /// Whether a figure may be open above a statement: something draws above it, not followed by `plt.show()`,
    /// and something may draw below.
    pub fn is_open_above(&self, at: usize) -> bool {
        let place = self.places.get(at).copied().unwrap_or_default();
        let next = self.next_drawing.get(at).copied().flatten();
        let is_drawn = place.drawn > place.opened;
        let is_called = place.called > place.opened;
        // What is called above may have made what is worked on first below, though it only looks like a computation.
        let is_finished = next.is_some_and(|next| self.finishing[next]);
        let is_before_drawing = at <= self.first_loud;
        is_drawn && self.last_call >= Some(at)
            // What is called above may have drawn without a word of it, if the cell draws at all.
            || next.is_some() && is_called && (!is_before_drawing || is_finished)
    }
}
