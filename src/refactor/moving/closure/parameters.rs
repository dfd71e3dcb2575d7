//! Variables of the notebook that become parameters of what moves.

use ruff_python_ast::name::Name;

use super::{Plan, Search, reads};
use crate::action::Refusal;
use crate::notebook::{CellIdx, EditOp};
use crate::refactor::parametrize::{self, Wanted};
use crate::text::TextRange;

impl Search<'_> {
    /// Whoever calls a function that takes a variable has to have it, too.
    pub(super) fn wanted(&mut self) -> Result<Vec<Wanted>, Refusal> {
        let mut grows = !self.variables.is_empty();
        while grows {
            grows = false;
            for (id, piece) in &self.pieces {
                let called = self.variables.iter().filter(|(other, _)| {
                    let names = self.pieces.get(other).map_or(&[][..], |own| &own.names);
                    *other != id && reads(&piece.facts).any(|read| names.contains(read.name))
                });
                let needed: Vec<(Name, Refusal)> =
                    called.flat_map(|(_, own)| own).cloned().collect();
                let Some((name, why)) = needed.first() else {
                    continue;
                };
                if !piece.is_plain_function() {
                    return Err(format!(
                        "{}, and {} calls it without having `{name}`",
                        why.0,
                        piece.quoted()
                    )
                    .into());
                }
                let own = self.variables.entry(*id).or_default();
                for (name, why) in needed {
                    if own.iter().all(|(known, _)| *known != name) {
                        own.push((name, why));
                        grows = true;
                    }
                }
            }
        }
        let wanted = self.variables.iter().filter_map(|(id, variables)| {
            Some(Wanted {
                cell: id.cell,
                function: self.pieces.get(id)?.names.first()?.clone(),
                variables: variables.iter().map(|(name, _)| name.clone()).collect(),
            })
        });
        Ok(wanted.collect())
    }

    /// What is inserted so that functions take the variables that they read.
    pub(super) fn arguments(
        &self,
        wanted: &[Wanted],
    ) -> Result<Vec<(CellIdx, TextRange, String)>, Refusal> {
        let Some((_, why)) = self.variables.values().flatten().next() else {
            return Ok(Vec::new());
        };
        let ops = parametrize::plan_all(self.cx, wanted).map_err(|reason| {
            Refusal(format!(
                "{}, and it cannot become a parameter: {}",
                why.0, reason.0
            ))
        })?;
        let insertions = ops.into_iter().filter_map(|op| match op {
            EditOp::Replace { cell, range, text } => Some((cell, range, text)),
            _ => None,
        });
        Ok(insertions.collect())
    }
}

impl Plan {
    /// ", with `rates` as a parameter"; nothing where no variable becomes one.
    pub fn taken(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for name in self.wanted.iter().flat_map(|own| &own.variables) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        match &names[..] {
            [] => String::new(),
            [one] => format!(", with `{one}` as a parameter"),
            [one, other] => format!(", with `{one}` and `{other}` as parameters"),
            more => format!(", with {} variables as parameters", more.len()),
        }
    }
}
