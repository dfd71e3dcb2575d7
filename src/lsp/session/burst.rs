//! How long to wait for more before an analysis: not at all, unless the last ones were outdated when they were done.

use std::sync::mpsc::Receiver;
use std::time::Duration;

/// A row of messages that comes in faster than it is analysed. Each analysis that was for nothing doubles the
/// pause before the next, each that was not halves it: whoever types waits for nothing, and a thousand
/// keystrokes at once cost a few analyses.
#[derive(Debug, Default)]
pub struct Burst {
    pause: Duration,
}

const SHORTEST: Duration = Duration::from_millis(1);
/// Nobody sees a delay of this size.
const LONGEST: Duration = Duration::from_millis(16);

impl Burst {
    /// The next event, if there is one or one comes soon.
    pub fn next<T>(&self, inbox: &Receiver<T>) -> Option<T> {
        if self.pause.is_zero() {
            return inbox.try_recv().ok();
        }
        inbox.recv_timeout(self.pause).ok()
    }

    /// An analysis is done, and `outdated` if something has come meanwhile.
    pub fn note(&mut self, outdated: bool) {
        self.pause = if outdated {
            (self.pause * 2).clamp(SHORTEST, LONGEST)
        } else if self.pause > SHORTEST {
            self.pause / 2
        } else {
            Duration::ZERO
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn analyses_for_nothing_become_rare_and_typing_waits_for_nothing() {
        let mut burst = Burst::default();
        burst.note(false);
        assert_eq!(burst.pause, Duration::ZERO);
        for _ in 0..10 {
            burst.note(true);
        }
        assert_eq!(burst.pause, LONGEST);
        for _ in 0..5 {
            burst.note(false);
        }
        assert_eq!(burst.pause, Duration::ZERO);
    }
}
