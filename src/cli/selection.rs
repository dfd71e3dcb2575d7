//! Which rules a command runs, and which of their findings count.

use crate::config::{Selector, Settings};

#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Run these rules or groups only (comma-separated; "all" is every rule)
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    select: Option<Vec<Selector>>,

    /// Run these rules or groups besides the others
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    extend_select: Vec<Selector>,

    /// Leave out these rules or groups
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    ignore: Vec<Selector>,

    /// Show hints, too
    #[arg(long)]
    pub hints: bool,
}

impl Selection {
    pub fn settings(&self) -> Settings {
        Settings {
            select: self.select.clone(),
            extend_select: self.extend_select.clone(),
            ignore: self.ignore.clone(),
            ..Settings::default()
        }
    }
}
