//! Code that binds names of the notebook without writing them: `globals()["x"] = 1`, `exec(…)`.

use ruff_python_ast::name::Name;
use ruff_python_ast::{Expr, ExprCall};

use super::Walker;
use crate::analysis::facts::{OpeningKind, Path};
use crate::text::{Ranged, TextRange};

/// Builtins that only look at a namespace that they are given. Sorted.
const READERS: &[&str] = &[
    "dict",
    "dir",
    "display",
    "enumerate",
    "eval",
    "filter",
    "id",
    "isinstance",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "pprint",
    "print",
    "repr",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
];

/// Modules whose attributes are names that every cell sees.
const SEEN_EVERYWHERE: &[&str] = &["__builtin__", "__builtins__", "__main__", "builtins"];

/// Names of variables for IPython's shell. Sorted.
const SHELLS: &[&str] = &["_ip", "ip", "ipy", "ipython", "ishell", "shell"];

/// Names that sympy is imported by.
const SYMPY: &[&str] = &["sm", "smp", "sp", "sy", "sym", "sympy"];

impl Walker<'_> {
    /// A call after which any name may exist, or none.
    pub(super) fn note_namespace_call(&mut self, call: &ExprCall) {
        if restarts_python(call) && self.is_at_once() && self.path == Path::Sure {
            self.open(call.range(), OpeningKind::Reset);
        } else if writes_globals(call) || self.is_at_once() && writes_locals(call) {
            self.open(call.range(), OpeningKind::Dynamic);
        }
    }

    /// `globals()[…] = …`, `builtins.x = …`.
    pub(super) fn note_namespace_target(&mut self, target: &Expr) {
        let writes = match target {
            Expr::Subscript(subscript) => {
                is_globals(&subscript.value) || self.is_at_once() && is_namespace(&subscript.value)
            }
            Expr::Attribute(attribute) => is_seen_everywhere(&attribute.value),
            _ => false,
        };
        if writes {
            self.open(target.range(), OpeningKind::Dynamic);
        }
    }

    /// `g = globals()`: whoever has it may write to it.
    pub(super) fn note_namespace_value(&mut self, value: &Expr, range: TextRange) {
        if is_globals(value) {
            self.open(range, OpeningKind::Dynamic);
        }
    }
}

/// What writes to the notebook's names wherever it stands, in bodies that may be called later as well.
fn writes_globals(call: &ExprCall) -> bool {
    let arguments = &call.arguments.args;
    let is_given_globals = arguments.iter().any(is_globals);
    let is_given_text = matches!(arguments.first(), Some(Expr::StringLiteral(_)));
    match &*call.func {
        Expr::Name(name) => match name.id.as_str() {
            "setattr" => arguments.first().is_some_and(is_seen_everywhere),
            // Of sympy, imported by name.
            "var" => is_given_text,
            "init_session" => true,
            name => is_given_globals && READERS.binary_search(&name).is_err(),
        },
        Expr::Attribute(attribute) => match (attribute.attr.as_str(), &*attribute.value) {
            ("update" | "setdefault" | "__setitem__", base) if is_globals(base) => true,
            ("push" | "ex" | "run_cell" | "run_cell_magic" | "safe_execfile", base) => {
                is_shell(base)
            }
            ("var", base) => is_given_text && is_name(base, SYMPY),
            ("init_session", base) => is_name(base, SYMPY),
            _ => is_given_globals,
        },
        _ => false,
    }
}

/// What writes to the names of the place where it stands.
fn writes_locals(call: &ExprCall) -> bool {
    match &*call.func {
        Expr::Name(name) => name.id.as_str() == "exec",
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == "update" && is_namespace(&attribute.value)
        }
        _ => false,
    }
}

/// `dbutils.library.restartPython()`, which Databricks documents as losing every variable.
fn restarts_python(call: &ExprCall) -> bool {
    let Expr::Attribute(restart) = &*call.func else {
        return false;
    };
    restart.attr.as_str() == "restartPython"
        && matches!(&*restart.value, Expr::Attribute(library)
            if library.attr.as_str() == "library" && is_name(&library.value, &["dbutils"]))
}

/// `builtins`, `sys.modules[…]`.
fn is_seen_everywhere(expr: &Expr) -> bool {
    match expr {
        Expr::Subscript(subscript) => matches!(&*subscript.value, Expr::Attribute(attribute)
            if attribute.attr.as_str() == "modules" && is_name(&attribute.value, &["sys"])),
        _ => is_name(expr, SEEN_EVERYWHERE),
    }
}

fn is_name(expr: &Expr, names: &[&str]) -> bool {
    matches!(expr, Expr::Name(name) if names.contains(&name.id.as_str()))
}

/// `get_ipython()`, and the names that people give to it.
fn is_shell(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => is_name(&call.func, &["get_ipython"]),
        _ => is_name(expr, SHELLS),
    }
}

/// `globals()`, `get_ipython().user_ns`.
fn is_globals(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => call.arguments.is_empty() && is_name(&call.func, &["globals"]),
        Expr::Attribute(attribute) => attribute.attr.as_str() == "user_ns",
        _ => false,
    }
}

/// `globals()`, `locals()`, `vars()`, `dir()`, `get_ipython().user_ns`.
pub fn is_namespace(expr: &Expr) -> bool {
    is_globals(expr)
        || matches!(expr, Expr::Call(call)
            if call.arguments.args.is_empty() && is_name(&call.func, &["locals", "vars", "dir"]))
}

/// The names that a condition asks for: `"df" in globals()`, `"df" not in dir()`.
pub fn asked_names(test: &Expr) -> Vec<Name> {
    match test {
        Expr::Compare(compare) => {
            let asks = compare.comparators.iter().any(|comparator| {
                is_namespace(comparator)
                    || matches!(comparator, Expr::Call(call)
                        if matches!(&*call.func, Expr::Attribute(attribute)
                            if attribute.attr.as_str() == "keys" && is_namespace(&attribute.value)))
            });
            match &*compare.left {
                Expr::StringLiteral(literal) if asks => vec![Name::new(literal.value.to_str())],
                left => asked_names(left),
            }
        }
        // `globals().get("df")`
        Expr::Call(call) => match (&*call.func, call.arguments.args.first()) {
            (Expr::Attribute(attribute), Some(Expr::StringLiteral(literal)))
                if attribute.attr.as_str() == "get" && is_namespace(&attribute.value) =>
            {
                vec![Name::new(literal.value.to_str())]
            }
            _ => Vec::new(),
        },
        Expr::UnaryOp(operation) => asked_names(&operation.operand),
        Expr::BoolOp(operation) => operation.values.iter().flat_map(asked_names).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(READERS.is_sorted());
        assert!(SEEN_EVERYWHERE.is_sorted());
        assert!(SHELLS.is_sorted());
        assert!(SYMPY.is_sorted());
    }
}
