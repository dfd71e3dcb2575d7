//! Parts that are all there is the second time: the first piece of a text, the end of a list, rows by their labels.

use ruff_python_ast::{Expr, ExprCall, ExprSlice, ExprSubscript};

use super::normal::number;
use super::{is_zero, mentions};

/// What a piece is taken of, where a second run takes the same: `text.split(".")[0]`, `df["a"].str[0]`.
pub(super) fn whole_of(subscript: &ExprSubscript) -> Option<&Expr> {
    let at = number(&subscript.slice)?;
    let is_first = is_zero(&subscript.slice);
    if !is_first && (at + 1.0).abs() > f64::EPSILON {
        return None;
    }
    let of = match &*subscript.value {
        Expr::Attribute(accessor) if accessor.attr.as_str() == "str" => &*accessor.value,
        of => of,
    };
    if let Expr::Call(call) = of
        && let Expr::Attribute(method) = &*call.func
        && let Some(settles) = is_settled_piece(call, &method.attr, is_first)
    {
        return settles.then_some(&*method.value);
    }
    // The letter of a letter is itself.
    let is_letter = !std::ptr::eq(of, &raw const *subscript.value);
    is_letter.then_some(of)
}

/// Whether the first or the last of what the method gives has nothing left to split; `None` where it splits nothing.
fn is_settled_piece(call: &ExprCall, method: &str, is_first: bool) -> Option<bool> {
    let arguments = &call.arguments;
    let is_limited = arguments.args.len() > 1
        || ["maxsplit", "n"]
            .iter()
            .any(|name| arguments.find_keyword(name).is_some());
    match method {
        "split" => Some(is_first || !is_limited),
        "rsplit" => Some(!is_first || !is_limited),
        "partition" => Some(is_first),
        "rpartition" => Some(!is_first),
        "extract" | "findall" | "splitlines" => Some(true),
        _ => None,
    }
}

/// Whether a slice leaves all of what it left before. Labels stay with their rows.
pub(super) fn is_settled_slice(slice: &ExprSlice, of: &Expr) -> bool {
    let (lower, upper) = (slice.lower.as_deref(), slice.upper.as_deref());
    let by_label = matches!(of, Expr::Attribute(accessor) if accessor.attr.as_str() == "loc");
    let is_text = |expr: Option<&Expr>| matches!(expr, Some(Expr::StringLiteral(_)));
    if slice.step.is_some() {
        return false;
    }
    if by_label || is_text(lower) || is_text(upper) {
        return true;
    }
    let is_negative = |expr: &Expr| matches!(expr, Expr::UnaryOp(_));
    match (lower, upper) {
        (None, None) => true,
        // `x[-3:]`: the last three of three.
        (Some(lower), None) => is_zero(lower) || is_negative(lower),
        (None, Some(upper)) => !is_negative(upper),
        (Some(lower), Some(upper)) => is_zero(lower) && !is_negative(upper),
    }
}

/// `del x[3:]` cuts off nothing the second time.
pub(super) fn is_cut(index: &Expr) -> bool {
    matches!(index, Expr::Slice(slice)
        if slice.upper.is_none()
            && slice.step.is_none()
            && !matches!(slice.lower.as_deref(), Some(Expr::UnaryOp(_))))
}

/// Whether the expression chooses by place or rank, so that it chooses others when those are gone.
pub(super) fn chooses_by_place(expr: &Expr, own: &Expr) -> bool {
    use ruff_python_ast::visitor::{self, Visitor};
    const BY_PLACE: &[&str] = &[
        "argmax",
        "argmin",
        "head",
        "idxmax",
        "idxmin",
        "nlargest",
        "nsmallest",
        "pop",
        "sample",
        "tail",
    ];
    struct Search<'o> {
        own: &'o Expr,
        found: bool,
    }
    impl<'a> Visitor<'a> for Search<'_> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            self.found |= match expr {
                Expr::Attribute(attribute) => BY_PLACE.contains(&attribute.attr.as_str()),
                Expr::Subscript(subscript) => {
                    let is_text = matches!(&*subscript.value, Expr::Attribute(of) if of.attr.as_str() == "str");
                    let is_place = match &*subscript.slice {
                        Expr::StringLiteral(_) => false,
                        Expr::List(list) => list.elts.iter().any(|index| number(index).is_some()),
                        Expr::Slice(_) | Expr::Name(_) => true,
                        index => number(index).is_some(),
                    };
                    is_place && !is_text && mentions(&subscript.value, self.own)
                }
                _ => false,
            };
            visitor::walk_expr(self, expr);
        }
    }
    let mut search = Search { own, found: false };
    search.visit_expr(expr);
    search.found
}
