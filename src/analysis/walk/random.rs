//! Calls that draw random numbers or seed a generator, by the look of their names.

use ruff_python_ast::{Expr, ExprCall};

use super::{Place, Walker};
use crate::analysis::facts::RandomCall;
use crate::analysis::known::randomness;
use crate::text::Ranged;

impl Walker<'_> {
    /// Writes the call down if its name may have to do with random numbers. Whether it has is known
    /// when its first name is followed to an import, which may stand in another cell.
    pub(super) fn note_random(&mut self, call: &ExprCall) {
        let last = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return,
        };
        if !randomness::looks_random(last) || self.guarded {
            return;
        }
        let mut attributes = String::new();
        let Some(root) = dotted(&call.func, &mut attributes) else {
            return;
        };
        if matches!(self.place_of(&root.id), Place::Local) {
            return;
        }
        if randomness::SHUFFLING.contains(&last) && !shuffles(call, last) {
            return;
        }
        let is_given = |value: &Expr| !value.is_none_literal_expr();
        let keywords = &call.arguments.keywords;
        let seeded = if randomness::SEEDED_BY_ARGUMENT.contains(&last) {
            call.arguments.args.first().is_some_and(is_given)
                || keywords.iter().any(|keyword| is_given(&keyword.value))
        } else {
            keywords.iter().any(|keyword| match &keyword.arg {
                // `**settings` may say it.
                None => true,
                Some(name) => {
                    matches!(name.as_str(), "random_state" | "seed" | "generator")
                        && is_given(&keyword.value)
                }
            })
        };
        self.facts.randoms.push(RandomCall {
            root: root.id.clone(),
            attributes: attributes.into(),
            function: self.source.in_cell(call.func.range()),
            arguments: self.source.in_cell(call.arguments.range()),
            seeded,
        });
    }
}

/// The first name of `a.b.c`; the rest goes to `attributes` as `.b.c`.
fn dotted<'a>(expr: &'a Expr, attributes: &mut String) -> Option<&'a ruff_python_ast::ExprName> {
    match expr {
        Expr::Name(name) => Some(name),
        Expr::Attribute(attribute) => {
            let root = dotted(&attribute.value, attributes)?;
            attributes.push('.');
            attributes.push_str(attribute.attr.as_str());
            Some(root)
        }
        _ => None,
    }
}

/// Whether a call shuffles: `train_test_split` does unless it is told not to, the others when they are told to.
fn shuffles(call: &ExprCall, function: &str) -> bool {
    match call
        .arguments
        .find_keyword("shuffle")
        .map(|keyword| &keyword.value)
    {
        Some(Expr::BooleanLiteral(literal)) => literal.value,
        Some(_) => true,
        None => function == "train_test_split",
    }
}
