//! Configuration: the same keys in `pyproject.toml` `[tool.cellwise]`, `cellwise.toml` and the client's settings.

use std::collections::BTreeMap;

use crate::rule::{Rule, Severity};

/// Settings for one notebook, resolved: no file needs to be read to answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Rules or groups that run; `None` means the default set.
    pub select: Option<Vec<String>>,
    pub extend_select: Vec<String>,
    pub ignore: Vec<String>,
    /// Severities that differ from the rules' own, by rule name.
    pub severity: BTreeMap<String, Severity>,
    /// Names that the notebooks' home injects beyond those that Cellwise knows.
    pub builtins: Vec<String>,
    /// `long-cell.max-lines`: how many lines of code a cell may have.
    pub long_cell_max_lines: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            select: None,
            extend_select: Vec::new(),
            ignore: Vec::new(),
            severity: BTreeMap::new(),
            builtins: Vec::new(),
            long_cell_max_lines: 50,
        }
    }
}

impl Config {
    /// The severity of the rule's findings, or `None` where it does not run.
    pub fn severity_of(&self, rule: &Rule) -> Option<Severity> {
        let names = |list: &[String]| {
            list.iter()
                .any(|entry| entry == rule.name || entry == rule.group.name() || entry == "all")
        };
        let selected = match &self.select {
            Some(select) => names(select),
            None => rule.on_by_default,
        };
        let runs = (selected || names(&self.extend_select)) && !names(&self.ignore);
        runs.then(|| {
            self.severity
                .get(rule.name)
                .copied()
                .unwrap_or(rule.severity)
        })
    }
}
