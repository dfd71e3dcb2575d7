//! The `cellwise` command. Everything it does is in [`cellwise::cli`].

use std::process::ExitCode;

/// Syntax trees are many small pieces, made and dropped on all cores.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cellwise::cli::run()
}
