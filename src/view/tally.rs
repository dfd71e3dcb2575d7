//! How many findings there are of each severity.

use serde::Serialize;

use crate::rule::{Finding, Severity};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    pub error: usize,
    pub warning: usize,
    pub info: usize,
    pub hint: usize,
}

impl Tally {
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            tally.add(finding.severity);
        }
        tally
    }

    pub fn add(&mut self, severity: Severity) {
        *match severity {
            Severity::Error => &mut self.error,
            Severity::Warning => &mut self.warning,
            Severity::Info => &mut self.info,
            Severity::Hint => &mut self.hint,
        } += 1;
    }

    /// The severity of the most serious finding; `None` where there is none.
    pub fn worst(&self) -> Option<Severity> {
        let counts = [self.error, self.warning, self.info, self.hint];
        let at = counts.iter().position(|&count| count > 0)?;
        Severity::ALL.get(at).copied()
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.error += other.error;
        self.warning += other.warning;
        self.info += other.info;
        self.hint += other.hint;
    }
}
