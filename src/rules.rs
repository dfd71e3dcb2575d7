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
    duplicate_code,
    empty_cell,
    function_reads_global,
    import_outside_top,
    long_cell,
    long_notebook,
    notebook_run,
    unused_suppression,
    debug_leftover,
    environment_toggle,
    test_in_notebook,
    untestable_function,
    invalid_notebook,
    large_output,
    merge_conflict,
    secret,
    stored_output,
    untitled_notebook,
    volatile_metadata,
    absolute_path,
    install_in_notebook,
    undeclared_dependency,
    working_directory_change,
];

/// The one rule that looks at what other notebooks hold.
pub const ABOUT_CLONES: &str = duplicate_code::RULE.name;

/// The one rule that looks at what the project depends on.
pub const ABOUT_DEPENDENCIES: &str = undeclared_dependency::RULE.name;

pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.name == name)
}
