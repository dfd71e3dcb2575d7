//! Frames: `Content-Length`, an empty line, a body.
//!
//! tower-lsp's own transport is not used, for three reasons, each guarded by a test in `tests/lsp.rs`:
//! its decoder ends the stream, and so the server, at the first message that is not JSON
//! (`tokio_util`'s `Framed` returns `None` after an error); it buffers a message of any announced
//! size; and through [`std::io::Stdout`], which is line-buffered, header and body leave in two
//! writes, and the reader of JupyterLab loses a header that comes in two pieces.

mod mended;

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tower_lsp::jsonrpc::Response;

pub use mended::mended;

/// A message announced as larger than this is skipped. The largest real one is the `didOpen` of a
/// notebook, which has no outputs in it.
pub const MAX_BODY: u64 = 256 << 20;

/// A header line longer than this is no header.
const MAX_HEADER_LINE: u64 = 8 << 10;

/// How long a client that has said `exit` may take to read what was said before.
const DRAIN: Duration = Duration::from_millis(500);

/// What stood between two frames of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Body(Vec<u8>),
    /// Something that is no message, and why. It has been skipped.
    Refused(String),
    /// A message is announced of so many bytes, which is more than is read. Whoever takes it tells of it, and then
    /// [passes it over](pass_over): a client that has said a wrong length should not wait in silence.
    TooLarge(u64),
    /// The input ended, also in the middle of a message.
    End,
}

/// Reads the next frame. After anything broken it goes on at the next `Content-Length`.
pub fn read_frame(input: &mut impl BufRead) -> Frame {
    try_read_frame(input).unwrap_or(Frame::End)
}

fn try_read_frame(input: &mut impl BufRead) -> io::Result<Frame> {
    let mut length: Option<u64> = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input
            .by_ref()
            .take(MAX_HEADER_LINE)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(Frame::End);
        }
        let header = String::from_utf8_lossy(&line).to_ascii_lowercase();
        // A body that was longer than announced leaves its rest in front of the next header.
        if let Some(at) = header.rfind("content-length:") {
            length = header[at + "content-length:".len()..].trim().parse().ok();
        } else if header.trim().is_empty() {
            break;
        }
    }
    let Some(length) = length else {
        return Ok(Frame::Refused("a header without Content-Length".into()));
    };
    if length > MAX_BODY {
        return Ok(Frame::TooLarge(length));
    }
    // The announced length is a claim: memory is taken as the bytes come.
    let mut body = Vec::with_capacity(usize::try_from(length.min(1 << 20)).unwrap_or(0));
    input.by_ref().take(length).read_to_end(&mut body)?;
    let complete = u64::try_from(body.len()) == Ok(length);
    Ok(if complete {
        Frame::Body(body)
    } else {
        Frame::End
    })
}

/// Passes over the body of a message, or what there is of it.
pub fn pass_over(input: &mut impl BufRead, length: u64) {
    // Where the input ends, the next frame says so.
    let _ = io::copy(&mut input.by_ref().take(length), &mut io::sink());
}

/// Where messages to the client are put. Putting never waits: a thread of its own writes.
#[derive(Debug, Clone)]
pub struct Outbox(mpsc::Sender<Outgoing>);

#[derive(Debug)]
enum Outgoing {
    Message(Vec<u8>),
    Drained(mpsc::Sender<()>),
}

#[derive(Serialize)]
struct Notification<'a, T> {
    jsonrpc: &'static str,
    method: &'a str,
    params: &'a T,
}

impl Outbox {
    /// Starts the thread that writes to stdout, one write a message.
    ///
    /// # Errors
    /// Where stdout or a thread cannot be had.
    pub fn to_stdout() -> io::Result<Self> {
        let mut stdout = unbuffered_stdout()?;
        let (sender, receiver) = mpsc::channel();
        thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                for outgoing in receiver {
                    match outgoing {
                        // A client that has gone away shows on stdin.
                        Outgoing::Message(bytes) => drop(stdout.write_all(&bytes)),
                        Outgoing::Drained(done) => drop(done.send(())),
                    }
                }
            })?;
        Ok(Self(sender))
    }

    /// An outbox whose messages (header and body) are collected by `receive`.
    pub fn collected() -> (Self, impl FnMut() -> Option<Vec<u8>>) {
        let (sender, receiver) = mpsc::channel();
        let receive = move || match receiver.try_recv() {
            Ok(Outgoing::Message(bytes)) => Some(bytes),
            _ => None,
        };
        (Self(sender), receive)
    }

    pub fn notify<T: Serialize>(&self, method: &str, params: &T) {
        self.put(&Notification {
            jsonrpc: "2.0",
            method,
            params,
        });
    }

    /// A request of ours; the whole message.
    pub fn request(&self, message: &impl Serialize) {
        self.put(message);
    }

    pub fn respond(&self, response: &Response) {
        self.put(response);
    }

    /// How far some work is; `token` is the client's.
    pub fn progress(&self, token: &Value, value: &Value) {
        let params = serde_json::json!({"token": token, "value": value});
        self.notify("$/progress", &params);
    }

    /// Tells the client's log. Never a message box: JupyterLab's is modal.
    pub fn log(&self, message: &str) {
        const WARNING: u8 = 2;
        self.notify(
            "window/logMessage",
            &serde_json::json!({"type": WARNING, "message": message}),
        );
    }

    /// Waits, not for long, until everything that was put is written.
    pub fn drain(&self) {
        let (done, drained) = mpsc::channel();
        if self.0.send(Outgoing::Drained(done)).is_ok() {
            let _ = drained.recv_timeout(DRAIN);
        }
    }

    fn put(&self, message: &impl Serialize) {
        // Types of our own with string keys: serialising them cannot fail.
        let Ok(body) = serde_json::to_vec(message) else {
            return;
        };
        let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(&body);
        // Without a writer the process is ending.
        let _ = self.0.send(Outgoing::Message(bytes));
    }
}

#[cfg(unix)]
fn unbuffered_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn unbuffered_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(mut input: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            match read_frame(&mut input) {
                Frame::End => return frames,
                frame => frames.push(frame),
            }
        }
    }

    fn body(text: &str) -> Frame {
        Frame::Body(text.into())
    }

    #[test]
    fn frames_are_read_one_by_one() {
        let input = b"Content-Length: 2\r\n\r\n{}content-length:3\r\nContent-Type: x\r\n\r\n[1]";
        assert_eq!(frames(input), [body("{}"), body("[1]")]);
    }

    #[test]
    fn a_body_longer_than_announced_costs_one_message() {
        let input = b"Content-Length: 2\r\n\r\n{}}}Content-Length: 3\r\n\r\n[1]";
        assert_eq!(frames(input), [body("{}"), body("[1]")]);
    }

    #[test]
    fn a_header_without_a_length_is_refused() {
        let input = b"Content-Length: x\r\n\r\nContent-Length: 3\r\n\r\n[1]";
        let frames = frames(input);
        assert!(matches!(frames[0], Frame::Refused(_)));
        assert_eq!(frames[1], body("[1]"));
    }

    #[test]
    fn a_huge_message_is_skipped() {
        let size = MAX_BODY + 1;
        let header = format!("Content-Length: {size}\r\n\r\n");
        let input = header
            .as_bytes()
            .chain(io::repeat(b' ').take(size))
            .chain(&b"Content-Length: 2\r\n\r\n{}"[..]);
        let mut input = io::BufReader::new(input);
        assert_eq!(read_frame(&mut input), Frame::TooLarge(size));
        pass_over(&mut input, size);
        assert_eq!(read_frame(&mut input), body("{}"));
    }

    /// Why there is a transport of our own. When this fails, tower-lsp has a better one.
    #[test]
    fn the_transport_of_tower_lsp_ends_at_broken_json() {
        use crate::lsp::front::Front;
        use tower_lsp::{LspService, Server};

        let framed = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let broken = framed(r#"{"jsonrpc":"#);
        let whole = framed(
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#,
        );
        let served = |input: String| {
            let (service, socket) = LspService::new(|_| Front::new(mpsc::channel().0));
            let mut output = Vec::new();
            let server = Server::new(input.as_bytes(), &mut output, socket).serve(service);
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(server);
            String::from_utf8(output).unwrap()
        };
        assert!(served(whole.clone()).contains("serverInfo"));
        let answers = served(broken + &whole);
        assert!(
            answers.contains("-32700") && !answers.contains("serverInfo"),
            "{answers}"
        );
    }
}
