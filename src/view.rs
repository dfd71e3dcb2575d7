//! What people are shown of a notebook besides its findings. All of it is computed from an
//! [`Analysis`](crate::engine::Analysis) when somebody looks, and knows no editor.

pub mod graph;
pub mod outline;
pub mod relations;
pub mod symbols;
pub mod tally;
pub mod variable;
