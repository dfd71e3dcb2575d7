//! The rules, one file each.
//!
//! To add one: write `rules/its_name.rs` (copy a small one), and name it in the list below.

use crate::rule::Rule;

/// Declares the modules and collects each one's `RULE` with the source that its manual page is read from.
macro_rules! rules {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// Every rule, in the order of its group and then by name.
        pub static ALL: &[Rule] = &[
            $(Rule {
                source: include_str!(concat!("rules/", stringify!($module), ".rs")),
                ..$module::RULE
            }),*
        ];
    };
}

rules![
    circular_dependency,
    execution_gap,
    failed_cell,
    hidden_definition,
    out_of_order_execution,
    redefined_name,
    rerun_hazard,
    stale_cell,
    undefined_name,
    unexecuted_cell,
    unseeded_random,
    used_before_definition,
    empty_cell,
    long_cell,
    unused_suppression,
    invalid_notebook,
    merge_conflict,
    secret,
];

pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.name == name)
}
