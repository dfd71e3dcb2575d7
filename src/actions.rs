//! The actions, one file each.
//!
//! To add one: write `actions/its_name.rs`, and name it in the list below.

use crate::action::{Action, ActionContext, Choices};
use crate::refactor::moving::targets;

/// Declares the modules and collects each one's `ACTION` with the source that its manual page is read from.
macro_rules! actions {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// Every action, in the order in which a menu lists them.
        pub static ALL: &[Action] = &[
            $(Action {
                source: include_str!(concat!("actions/", stringify!($module), ".rs")),
                ..$module::ACTION
            }),*
        ];
    };
}

actions![
    extract_cell_to_function,
    extract_duplicate,
    extract_selection_to_function,
    split_cell,
    gather_imports,
    order_cells,
    promote_notebook,
    add_import,
    move_import,
    clear_all_outputs,
    clear_counts,
    clear_outputs,
    generate_test,
    insert_seed,
    move_test,
    move_to_module,
    rename_in_cell,
    remove_cell,
    remove_debug,
    parametrize_function,
    mend_file,
    strip_metadata,
    read_secret_from_environment,
    resolve_conflict,
    run_to_import,
    use_pip_magic,
    install_from_requirements,
    use_relative_path,
    declare_dependency,
    suppress,
];

/// What a person may choose from at a place; `None` for an action that asks nothing there.
pub fn choices(action: &Action, cx: &ActionContext<'_>) -> Option<Choices> {
    match action.name {
        "move-to-module" => targets::choices(cx),
        "promote-notebook" => promote_notebook::choices(cx),
        _ => None,
    }
}

pub fn find(name: &str) -> Option<&'static Action> {
    ALL.iter().find(|action| action.name == name)
}
