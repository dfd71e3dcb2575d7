//! What cells bind, read and run, and how they need each other.
//!
//! [`Facts`] tell of one cell's text alone and are cached by its content; [`Link`] joins the facts
//! of all cells and keeps that current, edit by edit.

pub mod builtins;
pub mod cache;
pub mod clones;
pub mod dependencies;
pub(crate) mod depth;
pub mod distributions;
pub mod facts;
mod flow;
pub mod freshness;
pub mod globals;
pub mod graph;
pub(crate) mod habits;
pub(crate) mod installs;
pub mod known_imports;
pub mod magics;
pub mod occurrences;
pub mod order;
pub mod python;
pub mod randomness;
pub mod run_line;
pub(crate) mod scope;
pub mod secrets;
pub mod shapes;
pub(crate) mod source;
pub mod standard_library;
pub mod surroundings;
pub(crate) mod text_reads;
mod walk;

pub use cache::FactsCache;
pub use dependencies::Dependencies;
pub use facts::Facts;
pub use graph::Link;
pub use surroundings::Surroundings;
