//! The shapes of code: what is left of statements when names and literals are taken out.
//!
//! Two pieces of code have one shape when they differ in nothing but which names and which literals
//! they use. Attributes, keywords, operators, imports and the plain functions that are called
//! (`load(x)`, not `Model(x)`) belong to the shape.

mod atoms;
mod doing;
mod passages;

pub use atoms::{Atom, AtomKind, Outline, outline};
pub use passages::{Passage, passages};
