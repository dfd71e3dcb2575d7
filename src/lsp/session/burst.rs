//! How long to wait for more before an analysis: not at all, unless the last ones were outdated when they were done.

use std::sync::mpsc::Receiver;
use std::time::Duration;

/// A row of messages that comes in faster than it is analysed. Each analysis that was for nothing doubles the
/// pause before the next, each that was not halves it: whoever types waits for nothing, and a thousand
/// keystrokes at once cost a few analyses.
///
/// A pipe hands on what was sent at once in chunks. So many events in a row are no typing, and the next chunk is
/// waited for before the first analysis that would be for nothing.
#[derive(Debug, Default)]
pub struct Burst {
    pause: Duration,
    /// Events since the last analysis.
    taken: usize,
}

const SHORTEST: Duration = Duration::from_millis(1);
/// Nobody sees a delay of this size.
const LONGEST: Duration = Duration::from_millis(16);
/// Nobody types so many at once.
const CHUNK: usize = 8;

impl Burst {
    /// The next event, if there is one or one comes soon. One has been taken in before.
    pub fn next<T>(&mut self, inbox: &Receiver<T>) -> Option<T> {
        self.taken += 1;
        let pause = self.pause();
        if pause.is_zero() {
            return inbox.try_recv().ok();
        }
        inbox.recv_timeout(pause).ok()
    }

    fn pause(&self) -> Duration {
        if self.taken < CHUNK {
            self.pause
        } else {
            LONGEST
        }
    }

    /// An analysis is done, and `outdated` if something has come meanwhile.
    pub fn note(&mut self, outdated: bool) {
        self.taken = 0;
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
    fn a_row_of_events_is_no_typing() {
        let (events, inbox) = std::sync::mpsc::channel();
        let mut burst = Burst::default();
        for event in 1..CHUNK {
            assert_eq!(burst.pause(), Duration::ZERO);
            events.send(event).unwrap();
            assert_eq!(burst.next(&inbox), Some(event));
        }
        drop(events);
        assert_eq!(burst.next(&inbox), None);
        assert_eq!(burst.pause(), LONGEST, "the next chunk is waited for");
        burst.note(false);
        assert_eq!(burst.pause(), Duration::ZERO);
    }

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
