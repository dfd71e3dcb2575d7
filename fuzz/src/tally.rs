//! How often each action was applied and refused: an action that a run never reaches shows there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// Offers from one line to the next.
const EVERY: u64 = 5_000;

#[derive(Debug, Default)]
struct Tally {
    offers: u64,
    told: u64,
    applied_and_refused: BTreeMap<&'static str, [u64; 2]>,
}

static TALLY: Mutex<Option<Tally>> = Mutex::new(None);

pub fn note(action: &'static str, is_applied: bool) {
    let mut tally = TALLY.lock().unwrap_or_else(PoisonError::into_inner);
    let tally = tally.get_or_insert_default();
    let counts = tally.applied_and_refused.entry(action).or_default();
    counts[usize::from(!is_applied)] += 1;
    tally.offers += 1;
}

/// What to tell; `None` when that was told not long ago.
pub fn line() -> Option<String> {
    let mut tally = TALLY.lock().unwrap_or_else(PoisonError::into_inner);
    let tally = tally.as_mut()?;
    if tally.offers < tally.told + EVERY {
        return None;
    }
    tally.told = tally.offers;
    let mut line = String::from("tried (applied/refused):");
    for (action, [applied, refused]) in &tally.applied_and_refused {
        let _ = write!(line, " {action} {applied}/{refused}");
    }
    Some(line)
}
