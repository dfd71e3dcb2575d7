//! A bar on standard error for work that takes longer than a moment.

use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Counts files that are done. Nothing is shown before half a second, nor where standard error is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: Once,
}

const DELAY: Duration = Duration::from_millis(500);

impl Progress {
    pub fn new(total: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} notebooks")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
        Self {
            bar: bar.with_style(style),
            started: Instant::now(),
            shown: Once::new(),
        }
    }

    pub fn done(&self) {
        if self.started.elapsed() > DELAY {
            self.shown
                .call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
