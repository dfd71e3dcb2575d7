//! Which statements make a repetition worth telling: those that do the work, not those that set the stage.
//!
//! Every notebook imports the same, sets its constants, dresses its plots and prints; to hear of that
//! would be noise. Such statements are part of a passage, and do not count for its length.

use ruff_python_ast::{Expr, Stmt};

use super::atoms::is_literal;

/// Names that people give to a plotting library and to what it draws on.
const CANVASES: &[&str] = &["plt", "pl", "pylab", "sns", "mpl", "alt", "px", "go"];

/// Calls that only show something.
const SHOWING: &[&str] = &["print", "display", "pprint"];

pub(super) fn does_something(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Import(_)
        | Stmt::ImportFrom(_)
        | Stmt::Pass(_)
        | Stmt::Break(_)
        | Stmt::Continue(_)
        | Stmt::Global(_)
        | Stmt::Nonlocal(_)
        | Stmt::IpyEscapeCommand(_) => false,
        Stmt::Expr(shown) => shown.value.is_call_expr() && !only_shows(&shown.value),
        Stmt::Assign(assign) => !is_setting(&assign.value),
        Stmt::AnnAssign(assign) => assign
            .value
            .as_deref()
            .is_some_and(|value| !is_setting(value)),
        Stmt::Return(back) => back
            .value
            .as_deref()
            .is_some_and(|value| !is_setting(value) && !value.is_name_expr()),
        _ => true,
    }
}

/// `0.5`, `"prices.csv"`, `[]`, `plt.subplots(2)`.
fn is_setting(value: &Expr) -> bool {
    is_literal(value)
        || is_empty(value)
        || value.is_ipy_escape_command_expr()
        || (value.is_call_expr() && is_canvas(value))
}

fn is_empty(value: &Expr) -> bool {
    match value {
        Expr::List(list) => list.elts.is_empty(),
        Expr::Tuple(tuple) => tuple.elts.is_empty(),
        Expr::Dict(dict) => dict.items.is_empty(),
        _ => false,
    }
}

fn only_shows(call: &Expr) -> bool {
    let Expr::Call(outer) = call else {
        return false;
    };
    match &*outer.func {
        Expr::Name(name) => SHOWING.contains(&name.id.as_str()),
        Expr::Attribute(attribute) => {
            matches!(
                attribute.attr.as_str(),
                "head" | "tail" | "info" | "describe" | "sample"
            ) || is_canvas(call)
        }
        _ => false,
    }
}

/// Whether a chain of calls and attributes starts at a plot: `axes[0].plot(x)`.
fn is_canvas(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => is_canvas(&call.func),
        Expr::Attribute(attribute) => is_canvas(&attribute.value),
        Expr::Subscript(part) => is_canvas(&part.value),
        Expr::Name(name) => {
            let name = name.id.as_str();
            CANVASES.contains(&name)
                || ["ax", "fig"].iter().any(|start| {
                    name.strip_prefix(start).is_some_and(|rest| {
                        let rest = rest.trim_start_matches(['e', 's', 'i', 'u', 'r', '_']);
                        rest.bytes().all(|byte| byte.is_ascii_digit())
                    })
                })
        }
        _ => false,
    }
}
