//! Cellwise: a language server for notebook hygiene.
//!
//! The modules in reading order:
//!
//! - [`text`] and [`notebook`]: places, cells, and what an edit does to them;
//! - [`format`](mod@format): bytes of a file to a notebook and back;
//! - [`analysis`]: what a cell binds, reads and runs, and how cells need each other;
//! - [`rule`] and [`rules`], [`action`] and [`actions`]: what is found and what is repaired;
//! - [`project`]: the files around a notebook, for actions that write modules;
//! - [`config`], [`suppress`] and [`docs`]: what a person says about rules, and what rules say to a person;
//! - [`engine`]: the boundary; everything above is pure, everything below talks to the world;
//! - [`view`]: what people are shown of a notebook besides its findings;
//! - [`workspace`], [`cli`] and [`lsp`]: files, the terminal, and editors.
//!
//! ARCHITECTURE.md tells why it is cut this way and which test guards each invariant.

pub mod action;
pub mod actions;
pub mod analysis;
pub mod config;
pub mod docs;
pub mod engine;
pub mod format;
pub mod notebook;
pub mod project;
pub mod refactor;
pub mod rule;
pub mod rules;
pub mod suppress;
pub mod text;
pub mod view;

pub mod workspace;

pub mod cli;
pub mod lsp;
