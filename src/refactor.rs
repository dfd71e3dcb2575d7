//! What the actions share that change code: each question has one place.
//!
//! | what is wanted | place |
//! | --- | --- |
//! | code becomes a function and its call: what moves, what it takes and returns, its name | [`function`] |
//! | a function is given parameters for the notebook variables that it reads | [`parametrize`] |
//! | a variable is renamed | [`rename`] |
//! | imports are added, gathered and sorted | [`imports`] |
//! | a cell is cut in two | [`split`] |
//! | definitions move to a module | [`moving`] |
//! | the whole notebook becomes a module | [`promote`] |
//! | `%run` becomes an import | [`run_target`] |
//! | tests are written, or move to `tests/` | [`testing`] |
//! | a secret is read from the environment | [`environment`] |
//!
//! These ask: who else reads a name ([`outside`]), what it is before the code runs ([`prior`]), what a statement shows
//! ([`shown`]), and what marimo would not run ([`marimo`]). What they write is cut out with its comments ([`pieces`]), laid out
//! ([`layout`]), left as a formatter would leave it ([`style`]), and put into a module ([`module`]).

pub mod environment;
pub mod function;
pub mod imports;
pub mod layout;
pub mod marimo;
pub mod module;
pub mod moving;
pub mod outside;
pub mod parametrize;
pub mod pieces;
pub mod prior;
pub mod promote;
pub mod rename;
pub mod run_target;
pub mod shown;
pub mod split;
pub mod style;
pub mod testing;
mod words;
