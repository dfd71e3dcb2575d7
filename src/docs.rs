//! The manual pages, read from the `//!` headers of rules and actions, and the examples in them.
