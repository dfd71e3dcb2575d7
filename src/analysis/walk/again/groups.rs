//! Grouping what is grouped already: each group is one row, and its sum is that row.

use ruff_python_ast::{Expr, ExprCall, Identifier};

/// A table with one row for each group.
pub(super) struct Grouped<'e> {
    /// What was grouped.
    pub(super) of: &'e Expr,
    /// Whether the keys are its index, by the names that they had as columns.
    pub(super) is_indexed: bool,
    /// Whether it is a single column, which is grouped by what it is not any more.
    pub(super) is_column: bool,
}

/// What gives one value for itself.
const SETTLING: &[&str] = &["first", "last", "max", "mean", "median", "min", "sum"];

/// What comes between grouping and the index that becomes columns again.
const NEUTRAL: &[&str] = &["fillna", "round", "sort_index", "sort_values"];

/// A table of groups that grouping once more leaves as it is; `None` where it may not, or is none.
pub(super) fn grouped(expr: &Expr) -> Option<Grouped<'_>> {
    let (call, method, receiver) = method_call(expr)?;
    if NEUTRAL.contains(&method) {
        return grouped(receiver);
    }
    let is_settling = match method {
        "head" | "tail" => true,
        "agg" | "aggregate" => aggregates(call),
        _ => SETTLING.contains(&method),
    };
    if !is_settling {
        return None;
    }
    let (groups, is_column) = match receiver {
        Expr::Subscript(selected) => (&*selected.value, selected.slice.is_string_literal_expr()),
        groups => (groups, false),
    };
    let (grouping, "groupby", of) = method_call(groups)? else {
        return None;
    };
    let arguments = &grouping.arguments;
    let keyword = |name: &str| arguments.find_keyword(name).map(|own| &own.value);
    let by = arguments.args.first().or_else(|| keyword("by"));
    let is_named = by.is_some_and(is_label);
    if !is_named && keyword("level").is_none() {
        return None; // Values that were computed from a column that is gone.
    }
    let keeps_columns = keyword("as_index")
        .is_some_and(|value| matches!(value, Expr::BooleanLiteral(literal) if !literal.value));
    let keeps_rows = matches!(method, "head" | "tail");
    Some(Grouped {
        of,
        is_indexed: is_named && !keeps_columns && !keeps_rows,
        is_column: is_column && !keeps_columns,
    })
}

/// `agg("sum")`, `agg({"a": "sum"})`, `agg(a=("a", "sum"))`: under the names that there were.
fn aggregates(call: &ExprCall) -> bool {
    let arguments = &call.arguments;
    let is_named = |keyword: &ruff_python_ast::Keyword| {
        let name = keyword.arg.as_ref().map(Identifier::as_str);
        matches!(&keyword.value, Expr::Tuple(tuple)
            if matches!(&tuple.elts[..], [Expr::StringLiteral(column), how]
                if name == Some(column.value.to_str()) && settles(how)))
    };
    match &arguments.args[..] {
        [] => !arguments.keywords.is_empty() && arguments.keywords.iter().all(is_named),
        [Expr::Dict(columns)] => columns.items.iter().all(|item| settles(&item.value)),
        [how] => settles(how),
        _ => false,
    }
}

/// `"sum"`, `np.mean`, `max`.
pub(super) fn settles(how: &Expr) -> bool {
    match how {
        Expr::StringLiteral(literal) => SETTLING.contains(&literal.value.to_str()),
        Expr::Attribute(attribute) => SETTLING.contains(&attribute.attr.as_str()),
        Expr::Name(name) => SETTLING.contains(&name.id.as_str()),
        _ => false,
    }
}

/// Whether names of columns are written out.
fn is_label(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(_) => true,
        Expr::List(list) => list.elts.iter().all(Expr::is_string_literal_expr),
        _ => false,
    }
}

/// A call of a method: the call, the method's name, and its object.
fn method_call(expr: &Expr) -> Option<(&ExprCall, &str, &Expr)> {
    let Expr::Call(call) = expr else {
        return None;
    };
    let Expr::Attribute(method) = &*call.func else {
        return None;
    };
    Some((call, method.attr.as_str(), &method.value))
}
