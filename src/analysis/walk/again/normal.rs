//! Normalisations: what `x - x.mean()` takes off is nothing the second time, and what `x / x.max()` divides by is one.
//!
//! A statistic is described by how it follows what it is computed from: when that is moved by a constant, and
//! when it is multiplied by one. `x -= x.std()` moves once more, for a deviation does not move along.

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{Expr, ExprBinOp, ExprCall, ExprSubscript, Number, Operator};

use super::{mentions, same};

/// How a quantity follows its data. What is halved by a square root or a midrange counts double.
#[derive(Debug, Clone, Copy)]
struct Trend {
    /// Twice the power of the factor that the data is multiplied by; `None` where there is none.
    power: Option<i32>,
    /// Twice how far it moves with the data; `None` where nobody can tell.
    shift: Option<i32>,
    /// Whether it is one value for many: a sum, an element.
    reduced: bool,
}

/// What has been done to the data so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// Multiplied by a number, and not divided by a statistic yet.
    Multiplied,
    /// A location of it is a fixed number.
    Centered,
    CenteredMultiplied,
    /// A scale of it is a fixed number.
    Scaled,
    Standard,
}

/// A number below it keeps a division by zero away, and changes no result that anybody looks at.
const TINY: f64 = 1e-3;

/// Whether `expr` is a normalisation that gives its own result again. `element` is one value of `whole`, or the same.
pub(super) fn settles(expr: &Expr, element: &Expr, whole: &Expr) -> bool {
    form(expr, element, whole).is_some_and(is_stable)
}

/// The same of `target op= value`.
pub(super) fn settles_in_place(target: &Expr, operator: Operator, value: &Expr) -> bool {
    operate(operator, Some(Form::Plain), value, target).is_some_and(is_stable)
}

fn is_stable(form: Form) -> bool {
    matches!(form, Form::Centered | Form::Scaled | Form::Standard)
}

fn form(expr: &Expr, element: &Expr, whole: &Expr) -> Option<Form> {
    if same(expr, element) {
        return Some(Form::Plain);
    }
    match expr {
        Expr::BinOp(operation) => {
            let (left, right) = (&*operation.left, &*operation.right);
            let commutes = matches!(operation.op, Operator::Mult | Operator::Add);
            if commutes && number(left).is_some() {
                operate(operation.op, form(right, element, whole), left, whole)
            } else {
                operate(operation.op, form(left, element, whole), right, whole)
            }
        }
        Expr::Call(call) => {
            let arguments = &call.arguments.args;
            let (name, receiver) = called(call)?;
            let by_name = |name: &str| match name {
                "sub" | "subtract" => Some(Operator::Sub),
                "div" | "divide" | "truediv" | "true_divide" => Some(Operator::Div),
                "mul" | "multiply" => Some(Operator::Mult),
                _ => None,
            };
            match (by_name(name), receiver, &arguments[..]) {
                (Some(operator), Some(receiver), [value]) => {
                    operate(operator, form(receiver, element, whole), value, whole)
                }
                (Some(operator), _, [first, value]) => {
                    operate(operator, form(first, element, whole), value, whole)
                }
                (None, receiver, _) if KEEPING.contains(&name) => receiver
                    .and_then(|receiver| form(receiver, element, whole))
                    .or_else(|| form(arguments.first()?, element, whole)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn operate(operator: Operator, left: Option<Form>, right: &Expr, whole: &Expr) -> Option<Form> {
    let left = left?;
    if number(right).is_some() {
        return match operator {
            Operator::Add | Operator::Sub => {
                matches!(left, Form::Centered | Form::Standard).then_some(left)
            }
            Operator::Mult | Operator::Div => Some(match left {
                Form::Plain => Form::Multiplied,
                Form::Centered => Form::CenteredMultiplied,
                other => other,
            }),
            _ => None,
        };
    }
    let trend = trend(right, whole).filter(|trend| trend.reduced)?;
    let scales = trend.power == Some(2);
    match (operator, left) {
        (Operator::Sub, Form::Plain) => (trend.shift == Some(2)).then_some(Form::Centered),
        (Operator::Div, Form::Plain | Form::Multiplied) => scales.then_some(Form::Scaled),
        (Operator::Div, Form::Centered | Form::CenteredMultiplied) => {
            (scales && trend.shift == Some(0)).then_some(Form::Standard)
        }
        _ => None,
    }
}

/// Functions and methods that hand the values on.
const KEEPING: &[&str] = &[
    "array",
    "asarray",
    "astype",
    "compute",
    "copy",
    "cpu",
    "detach",
    "dropna",
    "expand_dims",
    "fillna",
    "flatten",
    "float",
    "item",
    "numpy",
    "ravel",
    "reshape",
    "squeeze",
    "to_numpy",
    "tolist",
    "unsqueeze",
    "view",
];

fn trend(expr: &Expr, whole: &Expr) -> Option<Trend> {
    if same(expr, whole) {
        return Some(Trend {
            power: Some(2),
            shift: Some(2),
            reduced: false,
        });
    }
    match expr {
        Expr::Attribute(attribute) => matches!(
            attribute.attr.as_str(),
            "T" | "array" | "at" | "flat" | "iat" | "iloc" | "loc" | "real" | "values"
        )
        .then(|| trend(&attribute.value, whole))?,
        Expr::Subscript(subscript) => {
            let of = trend(&subscript.value, whole)?;
            (!mentions(&subscript.slice, whole)).then(|| Trend {
                reduced: of.reduced || is_pick(subscript),
                ..of
            })
        }
        Expr::Call(call) => of_call(call, whole),
        Expr::BinOp(operation) => of_operation(operation, whole),
        _ => None,
    }
}

fn of_call(call: &ExprCall, whole: &Expr) -> Option<Trend> {
    let (name, receiver) = called(call)?;
    let arguments = &call.arguments;
    let rest = |from: usize| {
        let others = arguments.args.iter().skip(from);
        let keywords = arguments.keywords.iter().map(|keyword| &keyword.value);
        !others.chain(keywords).any(|other| mentions(other, whole))
    };
    if name == "transform" {
        return of_groups(call, receiver?, whole);
    }
    let of_receiver = receiver.and_then(|receiver| trend(receiver, whole));
    let (of, clean) = match of_receiver {
        Some(of) => (of, rest(0)),
        // `max(x, 3)` is no statistic.
        None if receiver.is_none() && arguments.args.len() != 1 => return None,
        None => (trend(arguments.args.first()?, whole)?, rest(1)),
    };
    clean.then(|| statistic(name, of))?
}

/// `df.groupby("d")["a"].transform("mean")` is the mean of parts of `df["a"]`.
fn of_groups(call: &ExprCall, receiver: &Expr, whole: &Expr) -> Option<Trend> {
    let by = |expr: &'_ Expr| match expr {
        Expr::Call(call) => called(call)
            .filter(|(name, _)| *name == "groupby")
            .and_then(|(_, data)| data.cloned()),
        _ => None,
    };
    let is_of_whole = match (receiver, whole) {
        (Expr::Subscript(column), Expr::Subscript(own)) => {
            ComparableExpr::from(&column.slice) == ComparableExpr::from(&own.slice)
                && by(&column.value).is_some_and(|data| same(&data, &own.value))
        }
        _ => by(receiver).is_some_and(|data| same(&data, whole)),
    };
    let name = match call.arguments.args.first()? {
        Expr::StringLiteral(literal) => literal.value.to_str().to_owned(),
        Expr::Attribute(attribute) => attribute.attr.to_string(),
        Expr::Name(name) => name.id.to_string(),
        _ => return None,
    };
    let own = trend(whole, whole)?;
    is_of_whole.then(|| statistic(&name, own))?
}

fn statistic(name: &str, of: Trend) -> Option<Trend> {
    let still = of.shift.filter(|shift| *shift == 0);
    let reduced = Trend {
        reduced: true,
        ..of
    };
    Some(match name {
        "amax" | "amin" | "average" | "first" | "fmean" | "last" | "max" | "mean" | "median"
        | "min" | "mode" | "nanmax" | "nanmean" | "nanmedian" | "nanmin" | "nanpercentile"
        | "nanquantile" | "percentile" | "quantile" => reduced,
        "fsum" | "nansum" | "norm" | "sum" => Trend {
            shift: still,
            ..reduced
        },
        "iqr" | "mad" | "nanstd" | "pstdev" | "ptp" | "std" | "stdev" => Trend {
            shift: of.shift.map(|_| 0),
            ..reduced
        },
        "nanvar" | "pvariance" | "var" | "variance" => Trend {
            power: of.power.map(|power| power * 2),
            shift: of.shift.map(|_| 0),
            reduced: true,
        },
        "abs" | "absolute" | "fabs" => Trend { shift: still, ..of },
        "square" => Trend {
            power: of.power.map(|power| power * 2),
            shift: still,
            ..of
        },
        "sqrt" => Trend {
            power: of
                .power
                .filter(|power| power % 2 == 0)
                .map(|power| power / 2),
            shift: still,
            ..of
        },
        _ if KEEPING.contains(&name) => of,
        _ => return None,
    })
}

fn of_operation(operation: &ExprBinOp, whole: &Expr) -> Option<Trend> {
    let (left, right) = (&*operation.left, &*operation.right);
    let both = (trend(left, whole), trend(right, whole));
    let (a, b) = match both {
        (Some(a), Some(b)) => (a, b),
        (Some(a), None) => {
            let number = number(right).or_else(|| is_epsilon(right).then_some(0.0));
            return with_number(operation.op, a, number?);
        }
        (None, Some(b)) if matches!(operation.op, Operator::Add | Operator::Mult) => {
            return with_number(operation.op, b, number(left)?);
        }
        _ => return None,
    };
    let powers = a.power.zip(b.power);
    let shifts = a.shift.zip(b.shift);
    let alike = powers.and_then(|(a, b)| (a == b).then_some(a));
    let (power, shift) = match operation.op {
        Operator::Add => (alike, shifts.map(|(a, b)| a + b)),
        Operator::Sub => (alike, shifts.map(|(a, b)| a - b)),
        Operator::Mult => (
            powers.map(|(a, b)| a + b),
            shifts.and_then(|both| (both == (0, 0)).then_some(0)),
        ),
        _ => return None,
    };
    Some(Trend {
        power,
        shift,
        reduced: a.reduced && b.reduced,
    })
}

/// A name for what keeps a division by zero away.
fn is_epsilon(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if name.id.to_lowercase().starts_with("eps"))
}

fn with_number(operator: Operator, of: Trend, number: f64) -> Option<Trend> {
    let still = of.shift.filter(|shift| *shift == 0);
    let is = |wanted: f64| (number - wanted).abs() < f64::EPSILON;
    Some(match operator {
        Operator::Add | Operator::Sub => Trend {
            power: of.power.filter(|_| number.abs() < TINY),
            ..of
        },
        Operator::Mult | Operator::Div => {
            let halves = if operator == Operator::Div {
                is(2.0)
            } else {
                is(0.5)
            };
            Trend {
                shift: still.or_else(|| {
                    of.shift
                        .filter(|shift| halves && shift % 2 == 0)
                        .map(|shift| shift / 2)
                }),
                ..of
            }
        }
        Operator::Pow if is(2.0) => statistic("square", of)?,
        Operator::Pow if is(0.5) => statistic("sqrt", of)?,
        _ => return None,
    })
}

/// `x[0]`, `df.iloc[-1]`, `x[:, 0]`: one element, row or column.
fn is_pick(subscript: &ExprSubscript) -> bool {
    let picks = |index: &Expr| number(index).is_some();
    match &*subscript.slice {
        Expr::StringLiteral(_) => true,
        Expr::Tuple(tuple) => {
            let is_whole = |index: &Expr| {
                matches!(index, Expr::Slice(slice)
                if slice.lower.is_none() && slice.upper.is_none() && slice.step.is_none())
            };
            let mut indices = tuple.elts.iter();
            indices.all(|index| picks(index) || is_whole(index)) && tuple.elts.iter().any(picks)
        }
        index => picks(index),
    }
}

/// What is called, and the object before the last dot.
fn called(call: &ExprCall) -> Option<(&str, Option<&Expr>)> {
    match &*call.func {
        Expr::Attribute(method) => Some((method.attr.as_str(), Some(&method.value))),
        Expr::Name(name) => Some((name.id.as_str(), None)),
        _ => None,
    }
}

/// A number as it is written, with its sign.
pub(super) fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => int.as_i32().map(f64::from),
            Number::Float(float) => Some(*float),
            Number::Complex { .. } => None,
        },
        Expr::UnaryOp(operation) if operation.op == ruff_python_ast::UnaryOp::USub => {
            number(&operation.operand).map(|number| -number)
        }
        _ => None,
    }
}
