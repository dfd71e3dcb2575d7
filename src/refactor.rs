//! What the refactorings share: which statements can move, what they take and give, and how a
//! careful colleague would name and write the function they become.
//!
//! Each question has one place: [`cut`] decides which top-level statements move, [`pieces`] takes
//! their text with its comments, [`outside`] knows who else reads a name, [`prior`] what a name is
//! before the code runs, [`reach`] which bodies a call may get to, [`shape`] what the syntax forbids,
//! [`interface`] joins these to parameters and returns, [`layout`] and [`naming`] write,
//! and [`style`] leaves it as a formatter would; [`unread`] knows what nobody reads. [`block`] asks the same of
//! statements within a loop, a branch or a function. [`imports`] knows
//! where a new import goes, [`gather`] which imports may stand together, with [`barriers`] between them,
//! the [`modules`] that are known, [`import_lines`] where they stand, and [`import_block`] to write them.
//! [`split`] finds where a cell can be cut, [`shown`] what it would show. [`marimo`] says what marimo would not run.
//!
//! On these stand the larger ones: [`module`] writes modules, [`moving`] moves definitions there,
//! [`promote`] makes a module of a whole notebook, [`parametrize`] gives functions parameters for what they
//! read, [`duplicate`] makes one function of what stands in several places, [`run_target`] imports what `%run` was for.

pub mod barriers;
pub mod block;
pub mod cut;
pub mod duplicate;
pub mod environment;
pub mod extract;
pub mod gather;
pub mod import_block;
pub mod import_lines;
pub mod imports;
pub mod interface;
pub mod layout;
pub mod marimo;
pub mod module;
pub mod modules;
pub mod moving;
pub mod naming;
pub mod outside;
pub mod parametrize;
pub mod pieces;
pub mod prior;
pub mod promote;
pub mod reach;
pub mod rename;
pub mod run_target;
pub mod shape;
pub mod shown;
pub mod split;
pub mod style;
pub mod testing;
pub mod unread;
mod words;
