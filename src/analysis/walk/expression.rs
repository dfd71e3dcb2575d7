//! Expressions, in the order in which they are evaluated.

use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, ExprCall, ExprGenerator, ExprLambda};

use super::definition::Head;
use super::namespace::asked_names;
use super::{Walker, use_kind_of};
use crate::analysis::facts::{BindingKind, Callee, Path, ScopeIdx, Value};
use crate::analysis::flow::{Branch, Outcome};
use crate::analysis::scope::{Body, Locals};
use crate::text::Ranged;

/// Methods that change the object they are called on, sorted: those of list, dict, set, deque and file-like
/// collections, and the in-place ones of numpy and pandas.
const MUTATORS: &[&str] = &[
    "add",
    "append",
    "appendleft",
    "clear",
    "difference_update",
    "discard",
    "extend",
    "extendleft",
    "fill",
    "insert",
    "intersection_update",
    "itemset",
    "pop",
    "popitem",
    "popleft",
    "put",
    "remove",
    "resize",
    "reverse",
    "rotate",
    "setdefault",
    "shuffle",
    "sort",
    "symmetric_difference_update",
    "update",
];

/// Functions and methods that call what they are given before they return. Sorted.
const EAGER: &[&str] = &[
    "agg",
    "aggregate",
    "apply",
    "apply_along_axis",
    "apply_over_axes",
    "applymap",
    "assign",
    "brentq",
    "cumulative_simpson",
    "curve_fit",
    "dblquad",
    "differential_evolution",
    "filter",
    "fmin",
    "from_iterable",
    "fromfunction",
    "fsolve",
    "interact",
    "least_squares",
    "leastsq",
    "linearize",
    "map",
    "max",
    "min",
    "minimize",
    "minimize_scalar",
    "newton",
    "nquad",
    "odeint",
    "partition",
    "piecewise",
    "pipe",
    "quad",
    "reduce",
    "root",
    "root_scalar",
    "solve_bvp",
    "solve_ivp",
    "sort",
    "sort_values",
    "sorted",
    "starmap",
    "timeit",
    "tplquad",
    "transform",
];

/// What makes classes, types and functions when it is called. Sorted.
const DEFINERS: &[&str] = &[
    "Enum",
    "Flag",
    "IntEnum",
    "IntFlag",
    "NamedTuple",
    "NewType",
    "ParamSpec",
    "StrEnum",
    "TypeVar",
    "TypedDict",
    "attrgetter",
    "itemgetter",
    "make_dataclass",
    "methodcaller",
    "namedtuple",
    "partial",
];

impl Walker<'_> {
    pub(super) fn expression(&mut self, expr: &Expr) {
        let consumed = std::mem::take(&mut self.consumed);
        match expr {
            Expr::Name(name) => {
                if let Some(kind) = use_kind_of(name.ctx)
                    && !name.id.is_empty()
                {
                    self.read(&name.id, name.range(), kind);
                }
            }
            Expr::Call(call) => self.call_expression(call, consumed),
            Expr::Lambda(lambda) => {
                self.lambda(lambda);
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                self.bind_target(&named.target, &BindingKind::Walrus);
            }
            Expr::BoolOp(operation) => {
                let mut values = operation.values.iter();
                if let Some(first) = values.next() {
                    self.visit_expr(first);
                }
                let asked = self.asked_for.len();
                for name in operation
                    .values
                    .first()
                    .map(asked_names)
                    .unwrap_or_default()
                {
                    self.asked_for.push(name);
                }
                self.maybe(|walker| values.for_each(|value| walker.visit_expr(value)));
                self.asked_for.truncate(asked);
            }
            Expr::If(conditional) => {
                self.note_toggle(&conditional.test);
                self.visit_expr(&conditional.test);
                let asked = self.asked_for.len();
                self.asked_for.extend(asked_names(&conditional.test));
                self.maybe(|walker| walker.visit_expr(&conditional.body));
                self.maybe(|walker| walker.visit_expr(&conditional.orelse));
                self.asked_for.truncate(asked);
            }
            Expr::Await(awaited) => {
                self.facts.awaits |= self.is_at_once();
                self.consumed = true;
                self.visit_expr(&awaited.value);
            }
            Expr::Yield(inner) => {
                if let Some(value) = &inner.value {
                    self.visit_expr(value);
                }
                self.returned = true;
            }
            Expr::YieldFrom(inner) => {
                self.consumed = true;
                self.visit_expr(&inner.value);
                self.returned = true;
            }
            Expr::Starred(starred) => {
                self.consumed = true;
                self.visit_expr(&starred.value);
            }
            Expr::ListComp(list) => {
                self.comprehension(&list.generators, |walker| walker.visit_expr(&list.elt));
            }
            Expr::SetComp(set) => {
                self.comprehension(&set.generators, |walker| walker.visit_expr(&set.elt));
            }
            // A walrus in it binds a name of the cell, sooner or later.
            Expr::Generator(generator) if consumed || any_over_expr(expr, Expr::is_named_expr) => {
                self.comprehension(&generator.generators, |walker| {
                    walker.visit_expr(&generator.elt);
                });
            }
            Expr::Generator(generator) => self.generator(generator),
            Expr::Compare(compare) => {
                self.visit_expr(&compare.left);
                let mut rest = compare.ops.iter().zip(&compare.comparators);
                if let Some((op, first)) = rest.next() {
                    self.consumed = matches!(op, CmpOp::In | CmpOp::NotIn);
                    self.visit_expr(first);
                }
                // The chain ends at the first comparison that is false.
                self.flow.enter(Branch::default());
                rest.for_each(|(_, comparator)| self.visit_expr(comparator));
                self.rejoin();
            }
            Expr::DictComp(dict) => self.comprehension(&dict.generators, |walker| {
                if let Some(key) = &dict.key {
                    walker.visit_expr(key);
                }
                walker.visit_expr(&dict.value);
            }),
            Expr::Dict(dict) => {
                self.note_dict(dict);
                visitor::walk_expr(self, expr);
            }
            Expr::IpyEscapeCommand(escape) => self.escape(escape.kind, &escape.value, escape.range),
            _ => visitor::walk_expr(self, expr),
        }
        self.consumed = false;
    }

    /// Code that may be passed over: what it binds is perhaps bound.
    pub(super) fn maybe(&mut self, walk: impl FnOnce(&mut Self)) {
        self.flow.enter(Branch::default());
        self.on_path(Path::Perhaps, walk);
        self.rejoin();
    }

    /// Leaves a branch that may have been passed over.
    fn rejoin(&mut self) {
        let branch = self.flow.leave();
        if branch.is_empty() {
            return;
        }
        let taken = Outcome {
            branch,
            ends: false,
        };
        let passed = Outcome {
            branch: Branch::default(),
            ends: false,
        };
        self.flow.join(&[taken, passed]);
    }

    fn call_expression(&mut self, call: &ExprCall, consumed: bool) {
        let callee = self.callee_of(&call.func);
        self.note_random(call);
        self.note_call(call);
        self.visit_expr(&call.func);
        let function = called_name(&call.func);
        let lazy = is_lazy(call);
        let eager = if lazy {
            consumed
        } else {
            function.is_some_and(|name| EAGER.binary_search(&name).is_ok())
        };
        let mut called: Vec<Callee> = Vec::new();
        let positional = call.arguments.args.iter();
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        for argument in positional.chain(keywords) {
            match argument {
                Expr::Lambda(lambda) => {
                    let scope = self.lambda(lambda);
                    called.push(Callee::Scope(scope));
                }
                _ => {
                    if matches!(argument, Expr::Name(_)) {
                        called.extend(self.callee_of(argument));
                    }
                    // Whoever is given a generator or a coroutine most often runs it; an object may keep it.
                    self.consumed = consumed || !lazy && !function.is_some_and(may_keep);
                    self.visit_expr(argument);
                    self.consumed = false;
                }
            }
        }
        if eager {
            for callee in called {
                self.call(callee, call.range(), true);
            }
        }
        if let Expr::Attribute(attribute) = &*call.func {
            let in_place = call.arguments.keywords.iter().any(|keyword| {
                keyword.arg.as_ref().is_some_and(|name| name == "inplace")
                    && matches!(&keyword.value, Expr::BooleanLiteral(literal) if literal.value)
            });
            if in_place || MUTATORS.binary_search(&attribute.attr.as_str()).is_ok() {
                self.mutate(&attribute.value);
            }
        }
        self.note_namespace_call(call);
        if let Some(callee) = callee {
            self.call(callee, call.range(), consumed);
        }
    }

    /// A generator expression that nobody iterates where it stands: a body that runs later, but for its first iterable.
    fn generator(&mut self, generator: &ExprGenerator) {
        let Some((first, rest)) = generator.generators.split_first() else {
            return;
        };
        self.first_iterable(first);
        let head = Head {
            name: None,
            range: generator.range(),
            parameters: None,
            is_async: false,
            is_generator: true,
            decorators: &[],
            class: None,
        };
        self.function_body(&head, Locals::default(), |walker| {
            walker.rounds(first, rest, |walker| walker.visit_expr(&generator.elt));
        });
    }

    pub(super) fn lambda(&mut self, lambda: &ExprLambda) -> ScopeIdx {
        if let Some(parameters) = &lambda.parameters {
            self.visit_parameter_heads(parameters);
        }
        let locals = Locals::of(lambda.parameters.as_deref(), Body::Expression(&lambda.body));
        self.function_body(
            &Head {
                name: None,
                range: lambda.range(),
                parameters: lambda.parameters.as_deref(),
                is_async: false,
                is_generator: false,
                decorators: &[],
                class: None,
            },
            locals,
            |walker| walker.visit_expr(&lambda.body),
        )
    }

    /// `a.b.c` of an `a` that the cell has imported.
    fn is_module_part(&self, expr: &Expr) -> bool {
        let mut base = expr;
        while let Expr::Attribute(attribute) = base {
            base = &attribute.value;
        }
        let Expr::Name(root) = base else {
            return false;
        };
        let mut bindings = self.facts.bindings.iter().rev();
        expr.is_attribute_expr()
            && bindings
                .find(|binding| binding.name == root.id)
                .is_some_and(|binding| binding.kind.is_import())
    }

    /// What is known of a value from its expression.
    pub(super) fn value_of(&mut self, expr: &Expr) -> Value {
        match expr {
            Expr::Lambda(lambda) => return Value::Lambda(self.lambda(lambda)),
            Expr::Name(name) => {
                self.visit_expr(expr);
                return Value::Alias(name.id.clone());
            }
            Expr::Call(call) => {
                self.visit_expr(expr);
                return match &*call.func {
                    func if called_name(func)
                        .is_some_and(|name| DEFINERS.binary_search(&name).is_ok()) =>
                    {
                        Value::Definition
                    }
                    Expr::Name(name) => Value::CallOf(name.id.clone()),
                    _ => Value::Unknown,
                };
            }
            _ => self.visit_expr(expr),
        }
        let signed =
            matches!(expr, Expr::UnaryOp(operation) if operation.operand.is_literal_expr());
        if signed || expr.is_literal_expr() {
            Value::Constant
        } else if self.is_module_part(expr) {
            Value::ModulePart
        } else if is_literal(expr) {
            Value::Literal
        } else {
            Value::Unknown
        }
    }
}

/// Whether an expression is made of literals alone.
pub fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_literal),
        Expr::List(list) => list.elts.iter().all(is_literal),
        Expr::Set(set) => set.elts.iter().all(is_literal),
        Expr::Dict(dict) => dict
            .items
            .iter()
            .all(|item| item.key.as_ref().is_some_and(is_literal) && is_literal(&item.value)),
        Expr::UnaryOp(operation) => is_literal(&operation.operand),
        _ => expr.is_literal_expr(),
    }
}

/// `f` of `f(…)` and `m` of `x.m(…)`.
fn called_name(func: &Expr) -> Option<&str> {
    match func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// Whether what is called is a class by its name, and none of those that take in all that they are given at once.
fn may_keep(function: &str) -> bool {
    let is_class = function.starts_with(|first: char| first.is_ascii_uppercase());
    is_class && !matches!(function, "Counter" | "DataFrame" | "OrderedDict" | "Series")
}

/// What iterates, calls or awaits nothing until somebody iterates or awaits its result: builtins and functions of
/// `itertools`, with or without the module; those of `asyncio`. Sorted.
const LAZY: &[&str] = &[
    "accumulate",
    "as_completed",
    "batched",
    "chain",
    "create_task",
    "cycle",
    "dropwhile",
    "ensure_future",
    "enumerate",
    "filter",
    "filterfalse",
    "gather",
    "groupby",
    "islice",
    "iter",
    "map",
    "pairwise",
    "print",
    "repr",
    "run_coroutine_threadsafe",
    "shield",
    "starmap",
    "str",
    "takewhile",
    "tee",
    "tqdm",
    "trange",
    "type",
    "wait_for",
    "zip",
    "zip_longest",
];

/// What as a method of another object, such as a table or a pool, does its work at once.
const EAGER_ELSEWHERE: &[&str] = &["filter", "groupby", "map", "starmap"];

fn is_lazy(call: &ExprCall) -> bool {
    match &*call.func {
        Expr::Name(name) => LAZY.binary_search(&name.id.as_str()).is_ok(),
        Expr::Attribute(attribute) => {
            let name = attribute.attr.as_str();
            let is_own = matches!(&*attribute.value, Expr::Name(module) if module.id.as_str() == "itertools");
            LAZY.binary_search(&name).is_ok() && (is_own || !EAGER_ELSEWHERE.contains(&name))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(MUTATORS.is_sorted());
        assert!(DEFINERS.is_sorted());
        assert!(EAGER.is_sorted());
        assert!(LAZY.is_sorted());
    }
}
