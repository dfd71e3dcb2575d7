//! Moves definitions out of a notebook: what goes, what goes along, and what the notebook is then.
//!
//! [`pieces`] takes statements out with their comments, [`closure`] follows what they need until nothing is missing or
//! something cannot go, [`quiet`] and [`classes`] know what may run when a module is imported, [`hazards`] and `shown` what
//! else in the notebook would notice, [`annotations`] who reads annotations, [`thin`] writes the notebook without them. The
//! module itself is written by [`super::module`].

mod annotations;
pub mod classes;
pub mod closure;
pub mod hazards;
pub mod pieces;
pub mod quiet;
mod shown;
pub mod targets;
pub mod thin;

use std::path::Path;

use crate::action::{ActionContext, Refusal};
use crate::notebook::Edit;
use crate::refactor::module::{self, Additions, Existing, target::Target};

use self::closure::Plan;
use self::pieces::PieceId;

/// What moving does, ready to be carried out.
#[derive(Debug)]
pub struct Move {
    pub target: Target,
    pub edit: Edit,
}

/// Moves the chosen definitions, and what they need, to the module at `path`.
///
/// # Errors
/// With the reason, for a person, why they cannot go or not there.
pub fn plan(cx: &ActionContext<'_>, chosen: &[PieceId], path: &Path) -> Result<Move, Refusal> {
    let plan = closure::of(&cx.all, chosen)?;
    let target = Target::new(&cx.all, cx.project, path)?;
    carry_out(cx, &plan, target)
}

/// The same with what was found out already.
///
/// # Errors
/// As [`plan`].
pub fn carry_out(cx: &ActionContext<'_>, plan: &Plan, target: Target) -> Result<Move, Refusal> {
    let kept = hazards::of_target(cx, plan, &target)?;
    let additions = Additions {
        imports: kept,
        code: plan.pieces.iter().map(|piece| plan.code(piece)).collect(),
        exported: plan.roots.clone(),
    };
    let mut edit = thin::notebook(cx, plan, &target)?;
    if let Some(write) = module::write(cx.project, &target.path, &additions)? {
        edit.ops.insert(0, write);
    }
    Ok(Move { target, edit })
}

/// What the target is now, where there is one.
pub struct TargetModule {
    pub text: std::sync::Arc<str>,
}

impl TargetModule {
    /// # Errors
    /// Where the text is no module that can be read.
    pub fn existing(&self, name: &str) -> Result<Existing<'_>, Refusal> {
        Existing::new(name, &self.text)
    }
}
