//! What a statement does a second time when its cell is run again: `x += 1`, `df = df.drop("a")`.
//!
//! Only forms that are known to do something again are written down. A call of a function that
//! nobody knows may give the same again, and so does much of pandas: filling, sorting, converting.

mod groups;
mod neutral;
mod normal;
mod pieces;

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    CmpOp, Expr, ExprAttribute, ExprCall, ExprCompare, ExprIf, ExprSubscript, Stmt,
};

use super::{Place, Walker, root_name};
use crate::analysis::facts::{Again, BindingKind, Repeat, Value};
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
                let (target, value) = (&*assign.target, &*assign.value);
                let settles = neutral::passes(assign.op, target, value).is_some()
                    || normal::settles_in_place(target, assign.op, value);
                if !settles && !is_masked(&assign.target) {
                    self.note_repeat(&assign.target, Again::Recomputed);
                }
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    let Expr::Subscript(subscript) = target else {
                        continue;
                    };
                    let index = &subscript.slice;
                    if !pieces::is_cut(index) && !self.is_computed(index) {
                        self.note_repeat(target, Again::Consumed);
                    }
                }
            }
            Stmt::Expr(expression) => {
                if let Expr::Call(call) = &*expression.value
                    && let Expr::Attribute(method) = &*call.func
                    && let Some(again) = in_place(call, method)
                    && !(again == Again::Consumed && self.takes_computed(&expression.value))
                {
                    self.note_repeat(&method.value, again);
                }
            }
            _ => {}
        }
    }

    /// What the code below does depends on the names that are read here.
    pub(super) fn note_test(&mut self, test: &Expr) {
        struct Names<'w>(&'w mut Vec<Name>);
        impl<'a> Visitor<'a> for Names<'_> {
            fn visit_expr(&mut self, expr: &'a Expr) {
                if let Expr::Name(name) = expr {
                    self.0.push(name.id.clone());
                }
                visitor::walk_expr(self, expr);
            }
        }
        Names(&mut self.tested).visit_expr(test);
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
                    Some(Again::Consumed) if self.takes_computed(value) => {}
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
        // `if "a" in df: df = df.drop(columns="a")` asks first, and not again when it is done.
        let is_asked = self.tested.contains(&root.id);
        let is_own = is_asked
            || self.flow.state(&root.id).may_be_bound()
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

impl Walker<'_> {
    /// Whether the cell computes what is taken out: `rows = df[df.a > 0].index` has none the second time.
    fn takes_computed(&self, value: &Expr) -> bool {
        let mut at = value;
        loop {
            let Expr::Call(call) = at else {
                return false;
            };
            let Expr::Attribute(method) = &*call.func else {
                return false;
            };
            let arguments = &call.arguments;
            let values = arguments.keywords.iter().map(|keyword| &keyword.value);
            if method.attr.as_str() == "drop"
                && arguments
                    .args
                    .iter()
                    .chain(values)
                    .any(|own| self.is_computed(own))
            {
                return true;
            }
            at = &method.value;
        }
    }

    fn is_computed(&self, expr: &Expr) -> bool {
        let Expr::Name(name) = expr else {
            return false;
        };
        let mut bindings = self.facts.bindings.iter().rev();
        bindings
            .find(|binding| binding.name == name.id)
            .is_some_and(|binding| {
                !matches!(
                    binding.kind,
                    BindingKind::Value(Value::Literal | Value::Constant)
                )
            })
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
fn in_place(call: &ExprCall, method: &ExprAttribute) -> Option<Again> {
    let (method, own) = (method.attr.as_str(), &method.value);
    let arguments = &call.arguments;
    if arguments
        .find_keyword("inplace")
        .is_some_and(|keyword| is_true(&keyword.value))
    {
        return by_method(call, method, own);
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
fn by_method(call: &ExprCall, method: &str, own: &Expr) -> Option<Again> {
    if method == "pivot_table" && is_grouping(call) {
        return None;
    }
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
        "drop" => Some(by_drop(call, own)),
        "set_index" if keyword("drop").is_some_and(|drop| !is_true(drop)) => None,
        // Values that become the index are no column that is gone then.
        "set_index" => match call.arguments.args.first().or_else(|| keyword("keys")) {
            Some(keys) if !keys.is_string_literal_expr() && !keys.is_list_expr() => {
                pieces::chooses_by_place(keys, own).then_some(Again::Consumed)
            }
            _ => Some(Again::Consumed),
        },
        "query" => Some(Again::Narrowed),
        "map" | "apply" | "applymap" | "transform" => {
            let function = call.arguments.args.first()?;
            recodes(function, own)
        }
        _ => CONSUMING.contains(&method).then_some(Again::Consumed),
    }
}

/// `df.drop(df[df.a > 9].index)` finds none the second time, `df.drop("a")` fails, `df.drop(df.index[0])` takes the next.
fn by_drop(call: &ExprCall, own: &Expr) -> Again {
    let arguments = &call.arguments;
    let values = arguments.keywords.iter().map(|keyword| &keyword.value);
    let chosen = arguments.args.iter().chain(values);
    let mut chosen = chosen.filter(|argument| mentions(argument, own)).peekable();
    if chosen.peek().is_some() && !chosen.any(|argument| pieces::chooses_by_place(argument, own)) {
        Again::Narrowed
    } else {
        Again::Consumed
    }
}

/// `df.pivot_table(index="a")` is `df.groupby("a").mean()`.
fn is_grouping(call: &ExprCall) -> bool {
    let arguments = &call.arguments;
    arguments.args.len() <= 2
        && arguments.find_keyword("columns").is_none()
        && arguments
            .find_keyword("aggfunc")
            .is_none_or(|how| groups::settles(&how.value))
}

/// What a function that is given to `map` or `apply` does to its own results; `whole` is what they are values of.
fn recodes(function: &Expr, whole: &Expr) -> Option<Again> {
    match function {
        Expr::Dict(_) => Some(Again::Recomputed),
        Expr::Lambda(lambda) => {
            let parameters = lambda.parameters.as_ref()?;
            let [parameter] = &parameters.args[..] else {
                return None;
            };
            let own = as_name(parameter.name());
            // `1 if x == "male" else 0` gives 0 for all that it gave, `1 if x > 0 else 0` the same.
            let recodes = matches!(&*lambda.body, Expr::If(choice)
                if ![&choice.body, &choice.orelse].iter().any(|code| mentions(code, &own))
                    && !keeps_codes(choice, &own));
            // A letter has a first letter.
            let is_letter = matches!(&*lambda.body, Expr::Subscript(subscript)
                if same(&subscript.value, &own) && is_zero(&subscript.slice));
            if is_letter || normal::settles(&lambda.body, &own, whole) {
                return None;
            }
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
            if normal::settles(expr, own, own) {
                return None;
            }
            if let Some(operand) = neutral::passes(operation.op, left, right) {
                return again(operand, own);
            }
            (mentions(left, own) || mentions(right, own)).then_some(Again::Recomputed)
        }
        Expr::UnaryOp(operation) => mentions(&operation.operand, own).then_some(Again::Recomputed),
        Expr::FString(_) => mentions(expr, own).then_some(Again::Recomputed),
        Expr::If(choice) => again(&choice.body, own).or_else(|| again(&choice.orelse, own)),
        Expr::Subscript(subscript) if stems_from(&subscript.value, own) => {
            match pieces::whole_of(subscript) {
                Some(whole) => again(whole, own),
                None => by_subscript(subscript, own).or_else(|| again(&subscript.value, own)),
            }
        }
        Expr::Attribute(attribute) if stems_from(&attribute.value, own) => {
            let name = attribute.attr.as_str();
            if ACCESSORS.contains(&name) {
                again(&attribute.value, own)
            } else if name == "codes" && attribute.value.is_attribute_expr() {
                by_codes(&attribute.value, own)
            } else if RECOMPUTING.contains(&name) {
                Some(Again::Recomputed)
            } else {
                again(&attribute.value, own).or(Some(Again::Consumed))
            }
        }
        Expr::Call(_) if normal::settles(expr, own, own) => None,
        Expr::Call(call) => by_call(expr, call, own),
        Expr::ListComp(list) => by_comprehension(&list.elt, &list.generators, own),
        Expr::SetComp(set) => by_comprehension(&set.elt, &set.generators, own),
        Expr::Generator(generator) => by_comprehension(&generator.elt, &generator.generators, own),
        _ => None,
    }
}

fn by_call(whole: &Expr, call: &ExprCall, own: &Expr) -> Option<Again> {
    let function = match &*call.func {
        Expr::Attribute(method) if stems_from(&method.value, own) => {
            let name = method.attr.as_str();
            let of_groups = if name == "reset_index" && call.arguments.is_empty() {
                groups::grouped(&method.value).filter(|grouped| grouped.is_indexed)
            } else {
                let table = groups::grouped(whole);
                table.filter(|grouped| !grouped.is_column)
            };
            if let Some(grouped) = of_groups {
                return again(grouped.of, own);
            }
            // `df["a"].map(codes).fillna(df["a"])` keeps what has no code.
            let keeps_rest = name == "fillna"
                && call
                    .arguments
                    .args
                    .first()
                    .is_some_and(|rest| same(rest, own))
                && matches!(&*method.value, Expr::Call(map) if matches!(&*map.func,
                    Expr::Attribute(map) if map.attr.as_str() == "map" && same(&map.value, own)));
            if keeps_rest {
                return None;
            }
            return by_method(call, name, own).or_else(|| again(&method.value, own));
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
    if is_given && matches!(function, "get_dummies" | "hstack" | "vstack") {
        let argument = call.arguments.args.first()?;
        let is_all = same(argument, own) && call.arguments.find_keyword("columns").is_none();
        return match argument {
            _ if is_all => None,
            // What it is made of is gone only if it was chosen by name.
            Expr::Call(_) => again(argument, own),
            _ => Some(Again::Recomputed),
        };
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

/// `df["a"].astype("category").cat.codes`: codes have codes again, where they are made categories first.
fn by_codes(categories: &Expr, own: &Expr) -> Option<Again> {
    match categories {
        Expr::Attribute(accessor) if accessor.value.is_call_expr() => again(&accessor.value, own),
        _ => Some(Again::Consumed),
    }
}

fn by_subscript(subscript: &ExprSubscript, own: &Expr) -> Option<Again> {
    let of = &subscript.value;
    match &*subscript.slice {
        Expr::Tuple(tuple) => tuple.elts.iter().find_map(|index| by_index(index, of, own)),
        index => by_index(index, of, own),
    }
}

fn by_index(index: &Expr, of: &Expr, own: &Expr) -> Option<Again> {
    match index {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::NoneLiteral(_) => {
            Some(Again::Consumed)
        }
        Expr::Slice(slice) => (!pieces::is_settled_slice(slice, of)).then_some(Again::Consumed),
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
    if normal::settles(elt, &generator.target, own) && !same(elt, &generator.target) {
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

/// `1 if x > 0 else 0`: each of the two gives itself.
fn keeps_codes(choice: &ExprIf, own: &Expr) -> bool {
    let Expr::Compare(compare) = &*choice.test else {
        return false;
    };
    same(&compare.left, own)
        && holds(compare, &choice.body) == Some(true)
        && holds(compare, &choice.orelse) == Some(false)
}

/// Whether a comparison holds for a literal instead of what it compares; `None` where nobody can tell.
fn holds(compare: &ExprCompare, value: &Expr) -> Option<bool> {
    let ([operator], [against]) = (&compare.ops[..], &compare.comparators[..]) else {
        return None;
    };
    let order = match (value, against) {
        (Expr::StringLiteral(a), Expr::StringLiteral(b)) => a.value.to_str().cmp(b.value.to_str()),
        _ => normal::number(value)?.partial_cmp(&normal::number(against)?)?,
    };
    Some(match operator {
        CmpOp::Eq => order.is_eq(),
        CmpOp::NotEq => order.is_ne(),
        CmpOp::Lt => order.is_lt(),
        CmpOp::LtE => order.is_le(),
        CmpOp::Gt => order.is_gt(),
        CmpOp::GtE => order.is_ge(),
        _ => return None,
    })
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
