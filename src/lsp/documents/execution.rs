//! When did a cell last run, and has it been edited since? The one place that decides.
//!
//! A cell has a [`Run`] or none. What an editor says, and what becomes of it:
//!
//! | what comes | without a run | with a run |
//! | --- | --- | --- |
//! | a summary with an order | a run of the text that stands there | the same order: how it ended is noted; another order: a new run |
//! | no summary, a count | a run of the text that stands there | the same count: nothing; another: a new run |
//! | no summary, count `null` | nothing | the summary is gone: cleared, or running again. No summary was there and the text was never touched: cleared by a person. Touched: **nothing** |
//! | no summary, no word about a count | nothing | nothing |
//! | the text changes | nothing | edited exactly while it differs from the text that ran |
//!
//! Why:
//! - VS Code loads a cell with `metadata.execution_count` and no summary, and sends one when it runs.
//! - After a keystroke its ipynb extension sends `execution_count: null`, some keystrokes late and
//!   more than once, while the summary stays. So a `null` after an edit says nothing that the text
//!   does not say better: the cell did run as `In [n]`, and is edited. It can even arrive after the
//!   person has undone the edit, which is why having been touched counts, not differing now.
//! - When a run starts, VS Code takes the summary away; when outputs are cleared, too.
//! - A cell can run twice under one number (after a restart of the kernel). The summary's absence
//!   in between tells.
//! - The order arrives when the kernel starts on the cell, the success when it ends: the text
//!   that ran is the one at the first of them.
//! - A cell that *appears* with a summary and `execution_count: null` was edited before we came.
//!   What ran is unknown then, and only a new run ends it.

use super::cell_text::CellText;
use crate::lsp::proto::ExecutionSummary;
use crate::notebook::Execution;

/// What is known of a cell's last run.
#[derive(Debug, Clone)]
pub struct Run {
    count: u32,
    success: Option<bool>,
    /// The text that ran; `None` where it was edited before it was first seen.
    text: Option<CellText>,
    /// A summary tells of the run, not only a count in the metadata.
    summarised: bool,
    /// The text has changed since, even if it was changed back.
    touched: bool,
}

/// What one message says about a cell's execution.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    pub summary: Option<ExecutionSummary>,
    pub count: SaidCount,
}

/// `metadata.execution_count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SaidCount {
    #[default]
    Nothing,
    Null,
    Count(u32),
}

impl Run {
    pub fn count(&self) -> u32 {
        self.count
    }
}

impl Said {
    fn order(self) -> Option<(u32, Option<bool>)> {
        let summary = self.summary?;
        let order = positive(summary.execution_order?)?;
        Some((order, summary.success))
    }
}

/// Counts below 1 are how some tools write "unknown".
pub fn positive(count: i64) -> Option<u32> {
    u32::try_from(count).ok().filter(|&count| count > 0)
}

/// A cell appears, with `text` in it. `remembered` is its run before it was closed, if it was.
pub fn appeared(said: Said, text: &CellText, remembered: Option<Run>) -> Option<Run> {
    if let Some(mut run) = remembered {
        run.touched |= run.text.as_ref() != Some(text);
        // The summary of a cell that comes back by an undo may be gone; that is not a clearing.
        let kept = matches!(
            (said.order(), said.count),
            (None, SaidCount::Null | SaidCount::Nothing)
        );
        return if kept {
            Some(run)
        } else {
            told(said, text, Some(run))
        };
    }
    let mut run = told(said, text, None)?;
    if run.summarised && said.count == SaidCount::Null {
        run.text = None;
        run.touched = true;
    }
    Some(run)
}

/// A message tells of a cell that is there.
pub fn told(said: Said, text: &CellText, run: Option<Run>) -> Option<Run> {
    let begun = |count, success, summarised| Run {
        count,
        success,
        text: Some(text.clone()),
        summarised,
        touched: false,
    };
    if let Some((order, success)) = said.order() {
        return Some(match run {
            Some(run) if run.summarised && run.count == order => Run {
                success: success.or(run.success),
                ..run
            },
            _ => begun(order, success, true),
        });
    }
    match (said.count, run) {
        (SaidCount::Count(count), Some(run)) if run.count == count => Some(run),
        (SaidCount::Count(count), _) => Some(begun(count, None, false)),
        (SaidCount::Null, Some(run)) if !run.summarised && run.touched => Some(run),
        (SaidCount::Null, _) => None,
        (SaidCount::Nothing, run) => run,
    }
}

/// The cell's text changed.
pub fn edited(run: &mut Option<Run>) {
    if let Some(run) = run {
        run.touched = true;
    }
}

/// What the engine is told.
pub fn execution(run: Option<&Run>, text: &CellText) -> Execution {
    run.map_or_else(Execution::default, |run| Execution {
        count: Some(run.count),
        edited_since: run.touched && run.text.as_ref() != Some(text),
        success: run.success,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const NULL: Said = Said {
        summary: None,
        count: SaidCount::Null,
    };

    fn count(count: u32) -> Said {
        Said {
            summary: None,
            count: SaidCount::Count(count),
        }
    }

    fn summary(order: i64, success: Option<bool>, count: SaidCount) -> Said {
        Said {
            summary: Some(ExecutionSummary {
                execution_order: Some(order),
                success,
            }),
            count,
        }
    }

    /// A cell as the session drives it.
    struct Cell(CellText, Option<Run>);

    impl Cell {
        fn new(text: &str, said: Said) -> Self {
            let text = CellText::from(Arc::from(text));
            let run = appeared(said, &text, None);
            Self(text, run)
        }

        fn types(mut self, text: &str) -> Self {
            self.0 = CellText::from(Arc::from(text));
            edited(&mut self.1);
            self
        }

        fn told(mut self, said: Said) -> Self {
            self.1 = told(said, &self.0, self.1);
            self
        }

        fn is(self, count: Option<u32>, edited_since: bool) -> Self {
            let now = execution(self.1.as_ref(), &self.0);
            assert_eq!((now.count, now.edited_since), (count, edited_since));
            self
        }
    }

    #[test]
    fn an_edit_is_seen_and_undone() {
        Cell::new("x", count(7))
            .is(Some(7), false)
            .types("xy")
            .is(Some(7), true)
            .told(NULL)
            .told(NULL)
            .is(Some(7), true)
            .types("x")
            .is(Some(7), false)
            .told(NULL)
            .is(Some(7), false);
    }

    #[test]
    fn a_run_in_vs_code() {
        let running = summary(102, None, SaidCount::Null);
        let ended = summary(102, Some(true), SaidCount::Null);
        let written = summary(102, Some(true), SaidCount::Count(102));
        let cell = Cell::new("x", count(3))
            .told(NULL)
            .is(None, false)
            .told(running)
            .types("while it runs")
            .told(ended)
            .told(written)
            .is(Some(102), true)
            .types("x")
            .is(Some(102), false);
        assert_eq!(cell.1.unwrap().success, Some(true));
    }

    #[test]
    fn an_edited_cell_keeps_its_number_while_the_summary_stays() {
        Cell::new("x", summary(5, Some(true), SaidCount::Count(5)))
            .types("y")
            .told(summary(5, Some(true), SaidCount::Null))
            .is(Some(5), true)
            .types("x")
            .told(summary(5, Some(true), SaidCount::Null))
            .is(Some(5), false);
    }

    #[test]
    fn cleared_outputs_take_the_number_away() {
        Cell::new("x", summary(5, Some(true), SaidCount::Count(5)))
            .told(count(5))
            .is(Some(5), false)
            .told(NULL)
            .is(None, false);
        Cell::new("x", count(5)).told(NULL).is(None, false);
        Cell::new("x", summary(5, Some(true), SaidCount::Count(5)))
            .types("y")
            .told(NULL)
            .is(None, false);
    }

    #[test]
    fn the_same_number_after_a_restart_is_a_new_run() {
        Cell::new("x", summary(1, Some(true), SaidCount::Count(1)))
            .types("y")
            .is(Some(1), true)
            .told(NULL)
            .told(summary(1, Some(true), SaidCount::Null))
            .is(Some(1), false);
    }

    #[test]
    fn edited_before_we_came() {
        Cell::new("y", summary(5, Some(true), SaidCount::Null))
            .is(Some(5), true)
            .told(summary(6, Some(true), SaidCount::Count(6)))
            .is(Some(6), false);
    }

    #[test]
    fn a_client_without_metadata_says_nothing() {
        Cell::new("x", Said::default())
            .told(summary(2, None, SaidCount::Nothing))
            .types("y")
            .told(Said::default())
            .is(Some(2), true);
    }

    #[test]
    fn a_cell_that_an_undo_brings_back_remembers() {
        let Cell(text, run) = Cell::new("x", count(7)).types("y").told(NULL);
        let back = appeared(NULL, &text, run.clone());
        assert!(execution(back.as_ref(), &text).edited_since);
        let original = CellText::from(Arc::from("x"));
        let back = appeared(NULL, &original, run);
        assert!(!execution(back.as_ref(), &original).edited_since);
    }
}
