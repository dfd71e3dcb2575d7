//! What may run when a module is imported: a definition, and values that always come out the same.

use ruff_python_ast::{Arguments, Decorator, Expr, Parameters, Stmt};

use super::classes;
use crate::action::Refusal;

/// Modules whose decorators only wrap what they decorate.
const WRAPPERS: &[&str] = &[
    "abc",
    "attr",
    "attrs",
    "contextlib",
    "dataclasses",
    "enum",
    "functools",
    "jax",
    "numba",
    "numpy",
    "pydantic",
    "pytest",
    "tensorflow",
    "torch",
    "typing",
    "typing_extensions",
];

/// Builtins that compute a value from values.
const BUILTINS: &[&str] = &[
    "abs",
    "bool",
    "bytes",
    "complex",
    "dict",
    "divmod",
    "float",
    "frozenset",
    "int",
    "len",
    "list",
    "max",
    "min",
    "ord",
    "chr",
    "pow",
    "property",
    "range",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "str",
    "sum",
    "tuple",
    "object",
];

/// Calls of imported names that compute a value from values, by the last part of the name.
const CALLS: &[&str] = &[
    "Decimal",
    "ForwardRef",
    "Fraction",
    "NewType",
    "Path",
    "PurePath",
    "PurePosixPath",
    "TypeVar",
    "ParamSpec",
    "array",
    "arange",
    "auto",
    "compile",
    "date",
    "datetime",
    "defaultdict",
    "field",
    "linspace",
    "namedtuple",
    "ones",
    "OrderedDict",
    "Counter",
    "deque",
    "getLogger",
    "sqrt",
    "log",
    "exp",
    "sin",
    "cos",
    "tan",
    "radians",
    "degrees",
    "timedelta",
    "zeros",
    "float32",
    "float64",
    "int32",
    "int64",
    "Symbol",
    "lru_cache",
    "partial",
    "itemgetter",
    "attrgetter",
];

/// Who asks what a name at the head of a decorator or a call is.
pub trait Origins {
    /// The first part of the module that the name is imported from.
    fn module_of(&self, name: &str) -> Option<String>;
    /// Whether the name is a function of the notebook that only wraps what it is given.
    fn is_wrapper(&self, name: &str) -> bool;
    /// The statement that binds the name, if it stands in the same place as what is asked about.
    fn statement(&self, name: &str) -> Option<Stmt>;
}

/// Whether a statement only defines.
///
/// # Errors
/// With what it does besides.
pub fn check(stmt: &Stmt, origins: &dyn Origins) -> Result<(), Refusal> {
    match stmt {
        Stmt::FunctionDef(function) => {
            let name = &function.name;
            decorators(&function.decorator_list, name, origins)?;
            parameters(&function.parameters, name)?;
            value_in(function.returns.as_deref(), || {
                format!("the annotation of `{name}`")
            })
        }
        Stmt::ClassDef(class) => {
            let name = &class.name;
            decorators(&class.decorator_list, name, origins)?;
            for base in class.arguments.iter().flat_map(|own| arguments(own)) {
                value(base, || format!("a base of class `{name}`"))?;
            }
            if let Some(hook) = classes::hook(class, &|name| origins.statement(name)) {
                return Err(format!(
                    "{hook} may do more than make class `{name}`, and would do it when the module is imported"
                )
                .into());
            }
            class
                .body
                .iter()
                .try_for_each(|own| member(own, name, origins))
        }
        Stmt::Assign(assign) => {
            let name = assign
                .targets
                .iter()
                .map(target_name)
                .next()
                .unwrap_or_default();
            value(&assign.value, || format!("the value of `{name}`"))
        }
        Stmt::AnnAssign(assign) => {
            let name = target_name(&assign.target);
            value(&assign.annotation, || format!("the annotation of `{name}`"))?;
            value_in(assign.value.as_deref(), || format!("the value of `{name}`"))
        }
        Stmt::TypeAlias(_) => Ok(()),
        _ => Err("it is no definition and no constant".into()),
    }
}

/// A statement in the body of a class, which runs when the class is defined.
fn member(stmt: &Stmt, class: &str, origins: &dyn Origins) -> Result<(), Refusal> {
    match stmt {
        Stmt::Pass(_) => Ok(()),
        Stmt::Expr(own) if own.value.is_literal_expr() => Ok(()),
        Stmt::FunctionDef(_)
        | Stmt::ClassDef(_)
        | Stmt::Assign(_)
        | Stmt::AnnAssign(_)
        | Stmt::TypeAlias(_) => check(stmt, origins),
        _ => Err(format!("the body of class `{class}` runs code when the class is defined").into()),
    }
}

fn decorators(all: &[Decorator], name: &str, origins: &dyn Origins) -> Result<(), Refusal> {
    for decorator in all {
        let (function, given) = match &decorator.expression {
            Expr::Call(call) => (&*call.func, Some(&call.arguments)),
            plain => (plain, None),
        };
        let dotted = dotted(function);
        let root = dotted.split('.').next().unwrap_or_default();
        let last = dotted.rsplit('.').next().unwrap_or_default();
        let is_builtin = matches!(dotted.as_str(), "property" | "staticmethod" | "classmethod");
        let of_property = dotted.contains('.') && matches!(last, "setter" | "getter" | "deleter");
        let module = origins.module_of(root);
        let wraps = module.is_some_and(|module| WRAPPERS.contains(&module.as_str()))
            || (given.is_none() && origins.is_wrapper(root));
        if !(is_builtin || of_property || wraps) {
            return Err(format!(
                "the decorator `{dotted}` of `{name}` may do more than wrap it, and would do it when the module is imported"
            )
            .into());
        }
        for argument in given.into_iter().flat_map(arguments) {
            value(argument, || format!("the decorator `{dotted}` of `{name}`"))?;
        }
    }
    Ok(())
}

fn parameters(parameters: &Parameters, name: &str) -> Result<(), Refusal> {
    for own in parameters {
        value_in(own.default(), || {
            format!("the default of a parameter of `{name}`")
        })?;
        value_in(own.annotation(), || format!("an annotation of `{name}`"))?;
    }
    Ok(())
}

fn value_in(expr: Option<&Expr>, what: impl Fn() -> String) -> Result<(), Refusal> {
    expr.map_or(Ok(()), |expr| value(expr, what))
}

/// Whether an expression only computes, from names and literals.
fn value(expr: &Expr, what: impl Fn() -> String) -> Result<(), Refusal> {
    if is_quiet(expr) {
        return Ok(());
    }
    Err(format!("{} is computed when the cell runs", what()).into())
}

fn is_quiet(expr: &Expr) -> bool {
    match expr {
        Expr::Name(_) | Expr::Lambda(_) => true,
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::EllipsisLiteral(_) => true,
        Expr::Attribute(own) => is_quiet(&own.value),
        Expr::Subscript(own) => is_quiet(&own.value) && is_quiet(&own.slice),
        Expr::Slice(own) => {
            let parts = [&own.lower, &own.upper, &own.step];
            parts.into_iter().flatten().all(|part| is_quiet(part))
        }
        Expr::UnaryOp(own) => is_quiet(&own.operand),
        Expr::BinOp(own) => is_quiet(&own.left) && is_quiet(&own.right),
        Expr::BoolOp(own) => own.values.iter().all(is_quiet),
        Expr::Compare(own) => is_quiet(&own.left) && own.comparators.iter().all(is_quiet),
        Expr::If(own) => is_quiet(&own.test) && is_quiet(&own.body) && is_quiet(&own.orelse),
        Expr::List(own) => own.elts.iter().all(is_quiet),
        Expr::Tuple(own) => own.elts.iter().all(is_quiet),
        Expr::Set(own) => own.elts.iter().all(is_quiet),
        Expr::Starred(own) => is_quiet(&own.value),
        Expr::Dict(own) => own
            .items
            .iter()
            .all(|item| item.key.as_ref().is_none_or(is_quiet) && is_quiet(&item.value)),
        Expr::FString(own) => own.value.elements().all(|part| {
            part.as_interpolation()
                .is_none_or(|inner| is_quiet(&inner.expression) && inner.format_spec.is_none())
        }),
        Expr::Call(own) => {
            let name = dotted(&own.func);
            let last = name.rsplit('.').next().unwrap_or_default();
            let known = if name.contains('.') {
                CALLS.contains(&last) && !name.contains(".random.")
            } else {
                BUILTINS.contains(&last) || CALLS.contains(&last)
            };
            known && arguments(&own.arguments).all(is_quiet)
        }
        _ => false,
    }
}

fn arguments(all: &Arguments) -> impl Iterator<Item = &Expr> {
    let keywords = all.keywords.iter().map(|keyword| &keyword.value);
    all.args.iter().chain(keywords)
}

/// `a.b.c`; empty for anything else.
fn dotted(expr: &Expr) -> String {
    match expr {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(own) => match dotted(&own.value) {
            base if base.is_empty() => base,
            base => format!("{base}.{}", own.attr),
        },
        _ => String::new(),
    }
}

fn target_name(target: &Expr) -> &str {
    match target {
        Expr::Name(name) => &name.id,
        Expr::Tuple(tuple) => tuple.elts.first().map_or("it", target_name),
        _ => "it",
    }
}

/// Whether a function only makes another one of what it is given: all that it does at once is to define and return.
pub fn only_wraps(stmt: &Stmt) -> bool {
    let Stmt::FunctionDef(function) = stmt else {
        return false;
    };
    function.body.iter().all(|own| match own {
        Stmt::FunctionDef(inner) => {
            let mut decorators = inner.decorator_list.iter();
            decorators.all(|own| matches!(&own.expression, Expr::Call(call) if dotted(&call.func).ends_with("wraps")))
        }
        Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) => true,
        Stmt::Expr(own) => own.value.is_literal_expr(),
        Stmt::Return(own) => own.value.as_deref().is_none_or(Expr::is_name_expr),
        Stmt::Assign(own) => is_quiet(&own.value),
        _ => false,
    })
}
