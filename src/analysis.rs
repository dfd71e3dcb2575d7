//! What cells bind, read and run, and how they need each other.
//!
//! [`Facts`] tell of one cell's text alone and are cached by its content; [`Link`] joins the facts
//! of all cells and keeps that current, edit by edit.
//!
//! | what | place |
//! | --- | --- |
//! | one cell's text becomes facts | [`python`], over [`source`], [`magics`], [`walk`], [`scope`], [`flow`]; [`depth`] keeps the stack whole |
//! | what the facts are | [`facts`], kept by [`cache`] |
//! | facts of all cells are linked | [`graph`], and [`order`] for an order that runs |
//! | every place that names a variable | [`occurrences`] |
//! | functions that read variables of the notebook | [`globals`] |
//! | code that stands twice | [`shapes`], [`clones`] |
//! | whether what a cell shows is of its code | [`freshness`] |
//! | credentials | [`secrets`] |
//! | what is known by a name alone: builtins, packages, habits | [`known`] |
//! | what others found out about the files around | [`surroundings`], [`dependencies`] |

pub mod cache;
pub mod clones;
pub mod dependencies;
pub(crate) mod depth;
pub mod facts;
mod flow;
pub mod freshness;
pub mod globals;
pub mod graph;
pub mod known;
pub mod magics;
pub mod occurrences;
pub mod order;
pub mod python;
pub mod run_line;
pub(crate) mod scope;
pub mod secrets;
pub mod shapes;
pub(crate) mod source;
pub mod surroundings;
pub(crate) mod text_reads;
mod walk;

pub use cache::FactsCache;
pub use dependencies::Dependencies;
pub use facts::Facts;
pub use graph::Link;
pub use surroundings::Surroundings;
