//! Operations that change nothing the second time, whatever they are given: sets that lose the same again, masks,
//! numbers that are on their grid.

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{Expr, ExprBinOp, Operator};

use super::mentions;
use super::normal::number;

/// The operand that passes through, where doing the operation to its result gives that again.
pub(super) fn passes<'e>(operator: Operator, left: &'e Expr, right: &'e Expr) -> Option<&'e Expr> {
    let is = |expr: &Expr, wanted: f64| {
        number(expr).is_some_and(|number| (number - wanted).abs() < f64::EPSILON)
    };
    match operator {
        Operator::Mod | Operator::BitAnd | Operator::BitOr => Some(left),
        Operator::Sub if is_set(left) || is_set(right) || is(right, 0.0) => Some(left),
        Operator::Sub => is_rest(left, right).then_some(left),
        Operator::Add if is(right, 0.0) => Some(left),
        Operator::Mult if is(right, 1.0) || is_mask(right) => Some(left),
        Operator::Mult if is(left, 1.0) || is_mask(left) => Some(right),
        Operator::Pow if is(right, 1.0) => Some(left),
        Operator::Mult => rounded(left, Operator::Div, right),
        Operator::Div if is(right, 1.0) => Some(left),
        Operator::Div => rounded(left, Operator::Mult, right),
        _ => None,
    }
}

/// `x - x % 10`.
fn is_rest(of: &Expr, rest: &Expr) -> bool {
    matches!(rest, Expr::BinOp(operation)
        if operation.op == Operator::Mod && mentions(&operation.left, of))
}

/// `{…}`, `set(…)`.
fn is_set(expr: &Expr) -> bool {
    match expr {
        Expr::Set(_) | Expr::SetComp(_) => true,
        Expr::Call(call) => matches!(&*call.func, Expr::Name(name)
            if matches!(name.id.as_str(), "set" | "frozenset")),
        _ => false,
    }
}

/// `x > 0`, `(x > 0).astype(int)`, `mask`: ones and zeros.
fn is_mask(expr: &Expr) -> bool {
    match expr {
        Expr::Compare(_) => true,
        Expr::Name(name) => name.id.to_lowercase().contains("mask"),
        Expr::BinOp(operation) => {
            matches!(operation.op, Operator::BitAnd | Operator::BitOr)
                && is_mask(&operation.left)
                && is_mask(&operation.right)
        }
        Expr::Call(call) => matches!(&*call.func, Expr::Attribute(method)
            if matches!(method.attr.as_str(), "astype" | "float" | "int") && is_mask(&method.value)),
        _ => false,
    }
}

/// What `round(x / 5) * 5`, `x // 5 * 5` and `floor(x * 10) / 10` round.
fn rounded<'e>(expr: &'e Expr, inverse: Operator, grid: &Expr) -> Option<&'e Expr> {
    let on_grid = |expr: &'e Expr, inverse: Operator| match expr {
        Expr::BinOp(ExprBinOp {
            left, op, right, ..
        }) if *op == inverse && ComparableExpr::from(&**right) == ComparableExpr::from(grid) => {
            Some(&**left)
        }
        _ => None,
    };
    if inverse == Operator::Div
        && let Some(found) = on_grid(expr, Operator::FloorDiv)
    {
        return Some(found);
    }
    let Expr::Call(call) = expr else {
        return None;
    };
    let (name, receiver) = match &*call.func {
        Expr::Attribute(method) => (method.attr.as_str(), Some(&*method.value)),
        Expr::Name(name) => (name.id.as_str(), None),
        _ => return None,
    };
    if !matches!(
        name,
        "around" | "astype" | "ceil" | "floor" | "int" | "rint" | "round" | "trunc"
    ) {
        return None;
    }
    receiver
        .and_then(|receiver| on_grid(receiver, inverse))
        .or_else(|| on_grid(call.arguments.args.first()?, inverse))
}
