//! What a cell shows of a class or its objects, which Python writes with the name of the module that the class stands in.

use ruff_python_ast::name::Name;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Expr, Number, Operator, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_python_parser::Mode;

use super::closure::{self, Plan};
use super::hazards::contains_word;
use super::pieces::Piece;
use crate::analysis::depth;
use crate::analysis::facts::{BindingKind, Value};
use crate::analysis::source::parse_part;
use crate::notebook::CellIdx;
use crate::refactor::pieces::whole;
use crate::rule::Context;

/// A class whose name or objects the cell shows as Python writes them, which begins with the module's name.
pub fn class(cx: &Context<'_>, cell: CellIdx, plan: &Plan) -> Option<String> {
    let text = &cx.notebook.cell(cell)?.text;
    for piece in plan.pieces.iter().filter(|piece| piece.is_class()) {
        let name = piece.names.first()?;
        let trailing = cx.facts(cell).trailing.filter(|own| !own.suppressed);
        let shown = trailing.map(|own| text[own.range].trim());
        let writes_itself = piece.text.contains("__repr__")
            || piece.text.contains("dataclass")
            || is_named_tuple(&piece.stmt);
        let begins_new =
            |code: &str| code.starts_with(&format!("{name}(")) && !is_number_of(code, plan, piece);
        let shows_class = shown == Some(name.as_str())
            || ["print(", "type(", "str(", "repr("].iter().any(|way| {
                text.contains(&format!("{way}{name})")) || (text.contains(way) && *way == "type(")
            }) && contains_word(text, "type");
        let shows_object = !writes_itself
            && shown.is_some_and(|shown| begins_new(shown) || is_object_of(cx, shown, name));
        let prints_object = !writes_itself
            && !piece.text.contains("__str__")
            && printed(text).any(|word| is_object_of(cx, word, name) || begins_new(word));
        if shows_class || shows_object || prints_object {
            return Some(name.to_string());
        }
    }
    None
}

/// What stands alone in the parentheses of a `print`.
fn printed(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("print(").filter_map(|(at, _)| {
        let inside = &text[at + "print(".len()..];
        Some(
            inside[..inside.find('\n').unwrap_or(inside.len())]
                .trim_end()
                .strip_suffix(')')?
                .trim(),
        )
    })
}

/// Whether a cell binds the name to a new object of the class.
fn is_object_of(cx: &Context<'_>, name: &str, class: &str) -> bool {
    let name = Name::from(name);
    closure::bindings(cx, &name)
        .any(|(_, own)| matches!(&own.kind, BindingKind::Value(Value::CallOf(callee)) if callee == class))
}

/// A tuple writes itself with the name of its class alone.
fn is_named_tuple(stmt: &Stmt) -> bool {
    let class = stmt.as_class_def_stmt();
    let mut bases = class
        .iter()
        .filter_map(|class| class.arguments.as_ref())
        .flat_map(|own| &own.args);
    bases.any(|base| match base {
        Expr::Name(name) => name.id == "NamedTuple",
        Expr::Attribute(own) => own.attr.as_str() == "NamedTuple",
        _ => false,
    })
}

/// Whether the code is a call of a method of a new object, `Circle(2).area()`, and comes to a number for certain.
fn is_number_of(code: &str, plan: &Plan, piece: &Piece) -> bool {
    let parse = || parse_part(code, whole(code), Mode::Module);
    let Ok(parsed) = depth::with_stack_for(code, parse) else {
        return false;
    };
    let ([Stmt::Expr(shown)], [], Some(class)) = (
        &parsed.statements[..],
        &parsed.errors[..],
        piece.stmt.as_class_def_stmt(),
    ) else {
        return false;
    };
    let Some(call) = shown.value.as_call_expr() else {
        return false;
    };
    let Some(attribute) = call.func.as_attribute_expr() else {
        return false;
    };
    let is_new = attribute
        .value
        .as_call_expr()
        .and_then(|new| new.func.as_name_expr())
        .is_some_and(|name| name.id == class.name.id);
    // What answers for a number, or decides itself what a new object or its methods are.
    let decides = plan.pieces.iter().any(|own| {
        let reflected = own.text.matches("def __r").count();
        reflected > own.text.matches("def __repr__").count()
            || ["__new__", "__getattr", "metaclass"]
                .iter()
                .any(|word| own.text.contains(word))
    });
    is_new
        && !decides
        && method(class, &attribute.attr).is_some_and(|method| {
            let mut returns = Returns::default();
            returns.visit_body(&method.body);
            returns.is_number && method.decorator_list.is_empty() && !method.is_async
        })
}

/// The one method of the name.
fn method<'a>(class: &'a StmtClassDef, name: &str) -> Option<&'a StmtFunctionDef> {
    let mut binders = class.body.iter().filter(|stmt| match stmt {
        Stmt::FunctionDef(function) => function.name.as_str() == name,
        Stmt::Pass(_) | Stmt::AnnAssign(_) => false,
        Stmt::Expr(own) => !own.value.is_literal_expr(),
        _ => true,
    });
    let only = binders.next().filter(|_| binders.next().is_none())?;
    only.as_function_def_stmt()
}

/// Whether all that a method returns are numbers; one that returns nothing shows nothing.
struct Returns {
    is_number: bool,
}

impl Default for Returns {
    fn default() -> Self {
        Self { is_number: true }
    }
}

impl<'a> StatementVisitor<'a> for Returns {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Return(own) => {
                let value = own.value.as_deref();
                self.is_number &= value.is_none_or(|value| number(value).is_some());
            }
            _ => walk_stmt(self, stmt),
        }
    }
}

/// What kind of number an expression comes to, whatever its names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numeric {
    Whole,
    /// One that cannot repeat a list, so that whatever it is reckoned with is a number, too.
    Broken,
}

fn number(expr: &Expr) -> Option<Numeric> {
    match expr {
        Expr::NumberLiteral(literal) => Some(match literal.value {
            Number::Int(_) => Numeric::Whole,
            Number::Float(_) | Number::Complex { .. } => Numeric::Broken,
        }),
        Expr::BooleanLiteral(_) => Some(Numeric::Whole),
        Expr::UnaryOp(own) => number(&own.operand),
        Expr::BinOp(own) => {
            let sides = (number(&own.left), number(&own.right));
            let is_arithmetic = matches!(
                own.op,
                Operator::Add | Operator::Sub | Operator::Mult | Operator::Div | Operator::Pow
            );
            match sides {
                _ if !is_arithmetic => None,
                (Some(Numeric::Broken), _) | (_, Some(Numeric::Broken)) => Some(Numeric::Broken),
                (Some(_), Some(_)) => Some(Numeric::Whole),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::Analysis;
    use crate::format::percent;
    use crate::refactor::moving::pieces::PieceId;

    /// Whether the class of the first cell can move although another cell shows this.
    fn moves(class: &str, code: &str) -> bool {
        let text = format!("# %%\n{class}\n# %%\n{code}\n");
        let analysis = Analysis::new(percent::parse(&text), Arc::default());
        let first = PieceId {
            cell: CellIdx(0),
            statement: 0,
        };
        match closure::of(&analysis.context(), &[first]) {
            Ok(_) => true,
            Err(refusal) => {
                assert!(refusal.0.contains("cell 2 shows class"), "{}", refusal.0);
                false
            }
        }
    }

    const CIRCLE: &str = "class Circle:
    def __init__(self, r):
        self.r = r
    def area(self):
        return 3.14 * self.r ** 2
    def count(self):
        if self.r:
            return 1
        return -(1 + 1)
    def draw(self):
        self.drawn = True
    def me(self):
        return self
    def twice(self):
        return 2 * self.r
    def of(self):
        return self.r
    @property
    def edge(self):
        return 6.28 * self.r";

    #[test]
    fn a_number_of_a_new_object_is_not_the_object() {
        for call in ["area()", "count()", "draw()"] {
            assert!(moves(CIRCLE, &format!("print(Circle(2).{call})")), "{call}");
            assert!(moves(CIRCLE, &format!("Circle(2).{call}")), "{call}");
        }
        for shown in [
            "Circle(2)",
            "Circle(2).me()",
            "Circle(2).twice()",
            "Circle(2).of()",
            "Circle(2).edge()",
            "Circle(2).unknown()",
            "Circle(2).area().me()",
            "Circle(2), 1",
        ] {
            assert!(!moves(CIRCLE, shown), "{shown}");
            assert!(!moves(CIRCLE, &format!("print({shown})")), "{shown}");
        }
    }

    #[test]
    fn an_object_that_reckons_with_numbers_may_be_the_number() {
        let class = format!("{CIRCLE}\n    def __rmul__(self, other):\n        return self");
        assert!(!moves(&class, "Circle(Circle(1)).area()"));
    }

    #[test]
    fn a_named_tuple_writes_its_class_alone() {
        let class = "class Point(tuple_of.NamedTuple):\n    x: int = 0";
        let class = format!("import typing as tuple_of\n# %%\n{class}");
        let text = format!("# %%\n{class}\n# %%\nprint(Point(1))\n# %%\nPoint(1)\n");
        let analysis = Analysis::new(percent::parse(&text), Arc::default());
        let point = PieceId {
            cell: CellIdx(1),
            statement: 0,
        };
        let plan = closure::of(&analysis.context(), &[point]);
        assert!(plan.is_ok(), "{plan:?}");
    }
}
