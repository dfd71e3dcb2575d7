//! What the fuzzer tries, and what must hold whatever it tries.
//!
//! A module is a target: its `run` takes any bytes and panics where a promise is broken. `cargo test` includes the
//! same modules (`tests/fuzzed.rs`): it runs them on the inputs that are kept in `fuzz/corpus`, and on notebooks of
//! every format with random damage and random edits.
//!
//! An input is a text and, behind the last byte 0xFF, the numbers that choose what is done to it ([`choices`]).
//! So a file that somebody wrote is an input, and a fuzzer that knows nothing of numbers still changes texts.

pub mod actions;
pub mod choices;
pub mod client;
pub mod documents;
pub mod edits;
pub mod engine;
pub mod host;
pub mod hosted;
pub mod ipynb;
pub mod json;
pub mod session;
pub mod sheets;
pub mod tally;
