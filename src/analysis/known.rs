//! What is known by a name alone: of Python, of packages, and of how people write.

pub mod builtins;
pub mod distributions;
pub(crate) mod habits;
pub mod imports;
pub(crate) mod installs;
pub mod randomness;
pub mod standard_library;
