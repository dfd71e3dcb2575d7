//! What a statement does a second time when its cell is run again: `x += 1`, `df = df.drop("a")`.
//!
//! Only forms that are known to do something again are written down. A call of a function that
//! nobody knows may give the same again, and so does much of pandas: filling, sorting, converting.

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, ExprSubscript, Operator, Stmt};

use super::{Place, Walker, root_name};
use crate::analysis::facts::{Again, Repeat};
use crate::text::Ranged;

/// Methods that give something else when they are called on their own result.
const RECOMPUTING: &[&str] = &[
    "T",
    "add",
    "concat",
    "concatenate",
    "cumprod",
    "cumsum",
    "diff",
    "div",
    "divide",
    "exp",
    "explode",
    "expm1",
    "groupby",
    "join",
    "log",
    "log10",
    "log1p",
    "log2",
    "melt",
    "merge",
    "mul",
    "multiply",
    "pct_change",
    "permute",
    "pivot",
    "pivot_table",
    "pow",
    "rolling",
    "sample",
    "shift",
    "sqrt",
    "stack",
    "sub",
    "subtract",
    "swapaxes",
    "transpose",
    "unsqueeze",
    "unstack",
];

/// Methods that fail when they are called again, or take another part: what they took is gone.
const CONSUMING: &[&str] = &["drop", "json", "pop", "set_index", "split"];

/// Functions that give something else for their own result.
const RECOMPUTING_FUNCTIONS: &[&str] = &[
    "append",
    "column_stack",
    "concat",
    "concatenate",
    "cumprod",
    "cumsum",
    "delete",
    "diff",
    "exp",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "get_dummies",
    "hstack",
    "insert",
    "log",
    "log10",
    "log1p",
    "log2",
    "merge",
    "pad",
    "rot90",
    "sqrt",
    "square",
    "swapaxes",
    "to_categorical",
    "transpose",
    "vstack",
];

/// Methods of a list, deque or dict that a second run calls on what the first one left.
const GROWING: &[&str] = &[
    "append",
    "appendleft",
    "extend",
    "extendleft",
    "insert",
    "pop",
    "popitem",
    "popleft",
    "remove",
    "reverse",
    "rotate",
];

/// What `x - x.mean()` takes off is nothing the second time.
const STATISTICS: &[&str] = &["max", "mean", "median", "min", "norm", "std", "sum", "var"];

/// Attributes that are ways to look at an object rather than parts of it.
const ACCESSORS: &[&str] = &["at", "cat", "dt", "iat", "iloc", "ix", "loc", "real", "str"];

impl Walker<'_> {
    /// Writes down what the statement does again on objects of other cells. Called before the
    /// statement is walked, when its names still are what they were.
    pub(super) fn note_again(&mut self, stmt: &Stmt) {
        if self.guarded || !self.is_at_once() {
            return;
        }
        match stmt {
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.note_assignment(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.note_assignment(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => {
                let settles = matches!(
                    assign.op,
                    Operator::BitAnd | Operator::BitOr | Operator::Mod
                );
                if !settles && !is_masked(&assign.target) {
                    self.note_repeat(&assign.target, Again::Recomputed);
                }
            }
            Stmt::Delete(delete) => {
                for target in delete
                    .targets
                    .iter()
                    .filter(|target| target.is_subscript_expr())
                {
                    self.note_repeat(target, Again::Consumed);
                }
            }
            Stmt::Expr(expression) => {
                if let Expr::Call(call) = &*expression.value
                    && let Expr::Attribute(method) = &*call.func
                    && let Some(again) = in_place(call, &method.attr)
                {
                    self.note_repeat(&method.value, again);
                }
            }
            _ => {}
        }
    }

    fn note_assignment(&mut self, target: &Expr, value: &Expr) {
        match (target, value) {
            (Expr::Tuple(targets), Expr::Tuple(values)) if targets.len() == values.len() => {
                for (target, value) in targets.elts.iter().zip(&values.elts) {
                    self.note_assignment(target, value);
                }
            }
            (Expr::Name(_) | Expr::Subscript(_) | Expr::Attribute(_), _) => {
                match again(value, target) {
                    Some(again) => self.note_repeat(target, again),
                    None if !target.is_name_expr() && !mentions(value, target) => {
                        self.made.insert(self.source.text[target.range()].into());
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }

    /// The cell changes `target`, or the object that it is a part of, by what it was.
    fn note_repeat(&mut self, target: &Expr, again: Again) {
        let Some(root) = root_name(target) else {
            return;
        };
        let is_own = self.flow.state(&root.id).may_be_bound()
            || self.made.contains(&self.source.text[target.range()]);
        if is_own || !matches!(self.place_of(&root.id), Place::Cell) {
            return;
        }
        let range = self.source.in_cell(target.range());
        self.facts.repeats.push(Repeat {
            name: root.id.clone(),
            range,
            again,
        });
    }
}

/// `df.loc[df.a < 1, "a"] *= 100`: what was changed may not be chosen a second time.
fn is_masked(target: &Expr) -> bool {
    let (Expr::Subscript(subscript), Some(root)) = (target, root_name(target)) else {
        return false;
    };
    mentions(&subscript.slice, &Expr::Name(root.clone()))
}

/// What a method does again to the object that it is called on, as a statement of its own.
fn in_place(call: &ExprCall, method: &str) -> Option<Again> {
    let arguments = &call.arguments;
    if arguments
        .find_keyword("inplace")
        .is_some_and(|keyword| is_true(&keyword.value))
    {
        return by_method(call, method);
    }
    let grows = match method {
        // An object that is removed from a picture takes no argument.
        "remove" => !arguments.is_empty(),
        // A default makes it pass when the key is gone.
        "pop" => arguments.len() < 2,
        // A set that is given the same again stays what it is; a model that is given a new layer does not.
        "add" => matches!(&arguments.args[..], [Expr::Call(call)] if makes_object(call)),
        _ => GROWING.contains(&method),
    };
    grows.then(|| Again::Grown(method.into()))
}

/// What a method that is called on its own result does.
fn by_method(call: &ExprCall, method: &str) -> Option<Again> {
    if RECOMPUTING.contains(&method) {
        return Some(Again::Recomputed);
    }
    let keyword = |name: &str| {
        call.arguments
            .find_keyword(name)
            .map(|keyword| &keyword.value)
    };
    match method {
        "reset_index" => (!keyword("drop").is_some_and(is_true)).then_some(Again::Recomputed),
        "drop" if is_ignore(keyword("errors")) => None,
        "query" => Some(Again::Narrowed),
        "map" | "apply" | "applymap" | "transform" => call.arguments.args.first().and_then(recodes),
        _ => CONSUMING.contains(&method).then_some(Again::Consumed),
    }
}

/// What a function that is given to `map` or `apply` does to its own results.
fn recodes(function: &Expr) -> Option<Again> {
    match function {
        Expr::Dict(_) => Some(Again::Recomputed),
        Expr::Lambda(lambda) => {
            let parameters = lambda.parameters.as_ref()?;
            let [parameter] = &parameters.args[..] else {
                return None;
            };
            let own = as_name(parameter.name());
            // `1 if x == "male" else 0` gives 0 for all that it gave.
            let recodes = matches!(&*lambda.body, Expr::If(choice)
                if !mentions(&choice.body, &own) && !mentions(&choice.orelse, &own));
            if recodes {
                return Some(Again::Recomputed);
            }
            again(&lambda.body, &own)
        }
        _ => None,
    }
}

/// What the second run does with `own = expr`; `None` where it gives the same, or nobody knows.
fn again(expr: &Expr, own: &Expr) -> Option<Again> {
    match expr {
        Expr::BinOp(operation) => {
            let (left, right) = (&operation.left, &operation.right);
            let settles = match operation.op {
                Operator::Mod | Operator::BitAnd | Operator::BitOr => true,
                Operator::Sub | Operator::Div => is_statistic(right, own),
                _ => false,
            };
            if settles {
                return again(left, own);
            }
            (mentions(left, own) || mentions(right, own)).then_some(Again::Recomputed)
        }
        Expr::UnaryOp(operation) => mentions(&operation.operand, own).then_some(Again::Recomputed),
        Expr::FString(_) => mentions(expr, own).then_some(Again::Recomputed),
        Expr::If(choice) => again(&choice.body, own).or_else(|| again(&choice.orelse, own)),
        Expr::Subscript(subscript) if stems_from(&subscript.value, own) => {
            by_subscript(subscript, own).or_else(|| again(&subscript.value, own))
        }
        Expr::Attribute(attribute) if stems_from(&attribute.value, own) => {
            let name = attribute.attr.as_str();
            if ACCESSORS.contains(&name) {
                again(&attribute.value, own)
            } else if RECOMPUTING.contains(&name) {
                Some(Again::Recomputed)
            } else {
                again(&attribute.value, own).or(Some(Again::Consumed))
            }
        }
        Expr::Call(call) => by_call(call, own),
        Expr::ListComp(list) => by_comprehension(&list.elt, &list.generators, own),
        Expr::SetComp(set) => by_comprehension(&set.elt, &set.generators, own),
        Expr::Generator(generator) => by_comprehension(&generator.elt, &generator.generators, own),
        _ => None,
    }
}

fn by_call(call: &ExprCall, own: &Expr) -> Option<Again> {
    let function = match &*call.func {
        Expr::Attribute(method) if stems_from(&method.value, own) => {
            return by_method(call, &method.attr).or_else(|| again(&method.value, own));
        }
        Expr::Attribute(method) => method.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return None,
    };
    let is_given = call.arguments.args.iter().any(|argument| match argument {
        Expr::List(list) => list.elts.iter().any(|elt| stems_from(elt, own)),
        Expr::Tuple(tuple) => tuple.elts.iter().any(|elt| stems_from(elt, own)),
        _ => stems_from(argument, own),
    });
    if is_given && RECOMPUTING_FUNCTIONS.contains(&function) {
        return Some(Again::Recomputed);
    }
    // `list(x * 2)`, `np.array(x / 255)`: only what converts passes its argument on.
    let converts = matches!(
        function,
        "array"
            | "asarray"
            | "abs"
            | "float"
            | "int"
            | "list"
            | "round"
            | "set"
            | "sorted"
            | "str"
            | "tuple"
            | "DataFrame"
            | "Series"
    );
    converts.then(|| {
        call.arguments
            .args
            .first()
            .and_then(|argument| again(argument, own))
    })?
}

fn by_subscript(subscript: &ExprSubscript, own: &Expr) -> Option<Again> {
    match &*subscript.slice {
        Expr::Tuple(tuple) => tuple.elts.iter().find_map(|index| by_index(index, own)),
        index => by_index(index, own),
    }
}

fn by_index(index: &Expr, own: &Expr) -> Option<Again> {
    match index {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::NoneLiteral(_) => {
            Some(Again::Consumed)
        }
        Expr::Slice(slice) => {
            let cuts_start = slice.lower.as_deref().is_some_and(|lower| !is_zero(lower));
            let cuts_end = matches!(slice.upper.as_deref(), Some(Expr::UnaryOp(_)));
            (cuts_start || cuts_end || slice.step.is_some()).then_some(Again::Consumed)
        }
        Expr::Compare(_) => Some(Again::Narrowed),
        _ => mentions(index, own).then_some(Again::Narrowed),
    }
}

fn by_comprehension(
    elt: &Expr,
    generators: &[ruff_python_ast::Comprehension],
    own: &Expr,
) -> Option<Again> {
    let [generator] = generators else {
        return None;
    };
    if !stems_from(&generator.iter, own) {
        return None;
    }
    let filtered = (!generator.ifs.is_empty()).then_some(Again::Narrowed);
    again(elt, &generator.target).or_else(|| filtered.filter(|_| same(elt, &generator.target)))
}

/// Whether `expr` is `own`, or is reached from it by attributes, items and methods.
fn stems_from(expr: &Expr, own: &Expr) -> bool {
    same(expr, own)
        || match expr {
            Expr::Attribute(attribute) => stems_from(&attribute.value, own),
            Expr::Subscript(subscript) => stems_from(&subscript.value, own),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) => stems_from(&method.value, own),
                _ => false,
            },
            _ => false,
        }
}

fn same(a: &Expr, b: &Expr) -> bool {
    match (a, b) {
        (Expr::Name(a), Expr::Name(b)) => a.id == b.id,
        (Expr::Subscript(_), Expr::Subscript(_)) | (Expr::Attribute(_), Expr::Attribute(_)) => {
            // A target is stored and a value loaded; the text around them tells the same.
            let (mut a, mut b) = (a.clone(), b.clone());
            load(&mut a);
            load(&mut b);
            ComparableExpr::from(&a) == ComparableExpr::from(&b)
        }
        _ => false,
    }
}

/// Makes a target an expression that is read.
fn load(expr: &mut Expr) {
    match expr {
        Expr::Attribute(attribute) => attribute.ctx = ruff_python_ast::ExprContext::Load,
        Expr::Subscript(subscript) => subscript.ctx = ruff_python_ast::ExprContext::Load,
        _ => {}
    }
}

/// Whether `own` is somewhere in `expr`.
fn mentions(expr: &Expr, own: &Expr) -> bool {
    struct Search<'o> {
        own: &'o Expr,
        found: bool,
    }
    impl<'a> Visitor<'a> for Search<'_> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            self.found = self.found || same(expr, self.own);
            if !self.found {
                visitor::walk_expr(self, expr);
            }
        }
    }
    let mut search = Search { own, found: false };
    search.visit_expr(expr);
    search.found
}

/// `x.mean()`, `np.linalg.norm(x)`, `x.max() - x.min()`.
fn is_statistic(expr: &Expr, own: &Expr) -> bool {
    match expr {
        Expr::Call(call) => {
            let name = match &*call.func {
                Expr::Attribute(method) => method.attr.as_str(),
                Expr::Name(name) => name.id.as_str(),
                _ => return false,
            };
            STATISTICS.contains(&name) && mentions(expr, own)
        }
        Expr::BinOp(operation) => {
            is_statistic(&operation.left, own) && is_statistic(&operation.right, own)
        }
        _ => false,
    }
}

/// `Dense(10)`, `layers.Dense(10)`: a call of a class, as its name tells.
fn makes_object(call: &ExprCall) -> bool {
    let name = match &*call.func {
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return false,
    };
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

fn as_name(identifier: &ruff_python_ast::Identifier) -> Expr {
    Expr::Name(ruff_python_ast::ExprName {
        node_index: ruff_python_ast::AtomicNodeIndex::NONE,
        range: identifier.range,
        id: identifier.id.clone(),
        ctx: ruff_python_ast::ExprContext::Load,
    })
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::BooleanLiteral(literal) if literal.value)
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::NumberLiteral(number)
        if matches!(&number.value, ruff_python_ast::Number::Int(int) if *int == 0))
}

fn is_ignore(expr: Option<&Expr>) -> bool {
    matches!(expr, Some(Expr::StringLiteral(literal)) if literal.value == *"ignore")
}
