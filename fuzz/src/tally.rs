//! How often each action was applied and refused: an action that a run never reaches shows there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Offers from one line to the next.
const EVERY: u64 = 5_000;

#[derive(Debug, Default)]
struct Tally {
    offers: u64,
    told: u64,
    applied_and_refused: BTreeMap<&'static str, [u64; 2]>,
}

thread_local! {
    /// A fuzzer has one thread, and each test its own.
    static TALLY: RefCell<Tally> = RefCell::default();
}

pub fn note(action: &'static str, is_applied: bool) {
    TALLY.with_borrow_mut(|tally| {
        let counts = tally.applied_and_refused.entry(action).or_default();
        counts[usize::from(!is_applied)] += 1;
        tally.offers += 1;
    });
}

/// How often an action was applied.
pub fn applied(action: &str) -> u64 {
    TALLY.with_borrow(|tally| {
        let counts = tally.applied_and_refused.get(action);
        counts.map_or(0, |[applied, _]| *applied)
    })
}

/// What to tell; `None` when that was told not long ago.
pub fn line() -> Option<String> {
    TALLY.with_borrow_mut(|tally| {
        if tally.offers < tally.told + EVERY {
            return None;
        }
        tally.told = tally.offers;
        let mut line = String::from("tried (applied/refused):");
        for (action, [applied, refused]) in &tally.applied_and_refused {
            let _ = write!(line, " {action} {applied}/{refused}");
        }
        Some(line)
    })
}
