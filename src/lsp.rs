//! The language server: `cellwise server` on standard input and output.
//!
//! ```text
//! stdin → wire → dispatch ─┬─ documents' notifications ──────────┐
//!                          └─ front (requests, tower-lsp) ───────┤ Event
//!                                                                ▼
//! stdout ← wire ← publish, code_action, hover ←──────────── session (the only writer)
//! ```
//!
//! Only this directory knows LSP. `dispatch` reads in wire order and hands every message on
//! before it reads the next; `session` owns all state and waits for nobody.
//!
//! | what | place |
//! | --- | --- |
//! | bytes, messages, requests in both directions | [`wire`], [`dispatch`], [`front`], [`proto`], [`requests`] |
//! | what can reach the session, and what can be asked of it | [`event`], [`question`] |
//! | what the client is, and what it set | [`profile`], [`configuration`] |
//! | what it has open: cells, texts that hold notebooks, files as they were saved | [`documents`], [`host`], [`files`], [`saved`], [`watch`] |
//! | an open notebook and its analysis | [`open`] |
//! | what it is sent without asking | [`publish`], [`status`] |
//! | what it is answered, one file a question | [`answers`] |
//! | an edit in its words | [`lower`] |
//! | the whole workspace | [`scan`], and the indexes below [`session`] |
#![expect(
    clippy::disallowed_methods,
    reason = "talking on stdin and stdout is the server's job"
)]

pub mod answers;
pub mod configuration;
pub mod dispatch;
pub mod documents;
pub mod event;
pub mod files;
pub mod front;
pub mod host;
pub mod lower;
pub mod open;
pub mod profile;
pub mod proto;
pub mod publish;
pub mod question;
pub mod requests;
pub mod saved;
pub mod scan;
pub mod session;
pub mod status;
pub mod watch;
pub mod wire;

use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use self::front::Front;
use self::session::Session;
use self::wire::Outbox;

/// Rules and actions walk syntax trees recursively, and people paste generated code.
/// Only the pages that are touched cost memory.
const SESSION_STACK: usize = 64 << 20;

/// Serves one client on stdin and stdout until it says `exit` or closes stdin.
/// The exit code is 0 after a `shutdown`, otherwise 1, as LSP demands.
pub fn serve() -> ExitCode {
    match try_serve() {
        Ok(code) => code,
        Err(error) => {
            // The protocol has not started, so there is nobody to tell but the terminal.
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("cellwise: the server could not start: {error}\n"),
            );
            ExitCode::FAILURE
        }
    }
}

fn try_serve() -> std::io::Result<ExitCode> {
    let outbox = Outbox::to_stdout()?;
    let (events, inbox) = mpsc::channel();
    let mut session = Session::new(outbox.clone(), events.clone());
    thread::Builder::new()
        .name("session".into())
        .stack_size(SESSION_STACK)
        .spawn(move || session.run(&inbox))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()?;
    let code = dispatch::run(
        std::io::stdin().lock(),
        Front::new(events),
        &outbox,
        runtime.handle(),
    );
    outbox.drain();
    // Waiting for the session could take as long as an analysis; `exit` means now.
    runtime.shutdown_background();
    Ok(code)
}
