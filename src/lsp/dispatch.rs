//! Reads messages in wire order and hands each on before it reads the next.
//!
//! **Invariant.** What a message asks for has reached the session when the next one is read:
//! notifications about documents are sent from here, and the future of a request is polled
//! once, which sends its event, before it is given to the runtime. tower-lsp polls handlers
//! concurrently, so an order that rests on their first poll is an order by luck.

use std::future::Future;
use std::io::BufRead;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tower_lsp::jsonrpc::{Error, Id, Request, Response};
use tower_lsp::{LanguageServer, LspService};
use tower_service::Service;

use super::event::Event;
use super::front::Front;
use super::proto::{self, DocumentEvent};
use super::wire::{self, Frame, Outbox};

/// Serves until `exit` or the end of the input.
pub fn run(mut input: impl BufRead, front: Front, outbox: &Outbox, runtime: &Handle) -> ExitCode {
    let mut dispatch = Dispatch {
        service: front.service(),
        front,
        outbox,
        runtime,
        initialized: false,
        shut_down: false,
    };
    loop {
        let message = match wire::read_frame(&mut input) {
            Frame::Body(body) => {
                if let Some(event) = proto::plain_document_event(&body) {
                    dispatch.document(Ok(event));
                    continue;
                }
                parse(&body)
            }
            Frame::Refused(reason) => Err(Error {
                message: reason.into(),
                ..Error::parse_error()
            }),
            Frame::TooLarge(length) => {
                let reason = format!(
                    "a message of {length} bytes is passed over; at most {} are read",
                    wire::MAX_BODY
                );
                outbox.log(&reason);
                let error = Error {
                    message: reason.into(),
                    ..Error::invalid_request()
                };
                outbox.respond(&Response::from_error(Id::Null, error));
                wire::pass_over(&mut input, length);
                continue;
            }
            Frame::End => break,
        };
        match message {
            Ok(message) => {
                if dispatch.message(message) == Then::Exit {
                    break;
                }
            }
            Err(error) => outbox.respond(&Response::from_error(Id::Null, error)),
        }
    }
    if dispatch.shut_down {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let value = serde_json::from_slice(body).or_else(|error| {
        wire::mended(body)
            .and_then(|fixed| serde_json::from_slice(&fixed).ok())
            .ok_or(error)
    });
    match value {
        Ok(Value::Object(message)) => Ok(message),
        Ok(_) => Err(Error::invalid_request()),
        Err(error) => Err(Error {
            message: format!("not JSON: {error}").into(),
            ..Error::parse_error()
        }),
    }
}

#[derive(PartialEq, Eq)]
enum Then {
    Continue,
    Exit,
}

struct Dispatch<'a> {
    service: LspService<Front>,
    front: Front,
    outbox: &'a Outbox,
    runtime: &'a Handle,
    initialized: bool,
    shut_down: bool,
}

impl Dispatch<'_> {
    fn message(&mut self, mut message: Map<String, Value>) -> Then {
        let id = match message.remove("id").map(serde_json::from_value::<Id>) {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(_)) => {
                self.answer(Id::Null, Err(Error::invalid_request()));
                return Then::Continue;
            }
        };
        let Some(Value::String(method)) = message.remove("method") else {
            // A response has no method; nothing was asked, so it answers nothing.
            if !message.contains_key("result") && !message.contains_key("error") {
                self.answer(id.unwrap_or_default(), Err(Error::invalid_request()));
            } else if let Some(Id::Number(id)) = id {
                self.front.send(Event::Answered(id));
            }
            return Then::Continue;
        };
        let params = message.remove("params");
        if method == "exit" {
            return Then::Exit;
        }
        match id {
            None if proto::concerns_documents(&method) => {
                let event = proto::document_event(&method, params.unwrap_or_default());
                self.document(
                    event.map_err(|error| format!("{method} was not understood: {error}")),
                );
            }
            // tower-lsp 0.23 has no name for it.
            None if method == "window/workDoneProgress/cancel" => {
                let token = params.as_ref().and_then(|params| params["token"].as_str());
                if let Some(token) = token {
                    self.front.send(Event::ProgressCancelled(token.to_owned()));
                }
            }
            Some(id) if method == "initialize" && self.initialized => self.again(id, params),
            // tower-lsp passes over what nobody has to know, and leaves whoever asks by it without an answer.
            Some(id) if method.starts_with("$/") => self.answer(id, Err(Error::method_not_found())),
            id => self.call(method, id, params),
        }
        Then::Continue
    }

    fn document(&self, event: Result<DocumentEvent, String>) {
        // LSP: notifications before `initialize` are dropped.
        if !self.initialized {
            return;
        }
        match event {
            Ok(event) => self.front.send(Event::Document(event)),
            Err(error) => self.outbox.log(&error),
        }
    }

    /// A second `initialize`. jupyterlab-lsp connects all browser tabs to one process, and each
    /// tab says it; tower-lsp would refuse.
    fn again(&self, id: Id, params: Option<Value>) {
        let (front, outbox) = (self.front.clone(), self.outbox.clone());
        let result = serde_json::from_value(params.unwrap_or_default())
            .map_err(|error| Error::invalid_params(error.to_string()));
        self.run_now(async move {
            let result = match result {
                Ok(params) => front.initialize(params).await,
                Err(error) => Err(error),
            };
            let result = result.and_then(|result| {
                serde_json::to_value(result).map_err(|_| Error::internal_error())
            });
            outbox.respond(&Response::from_parts(id, result));
        });
    }

    fn call(&mut self, method: String, id: Option<Id>, params: Option<Value>) {
        let is_initialize = method == "initialize";
        let is_shutdown = method == "shutdown" && id.is_some();
        let mut request = Request::build(method);
        if let Some(params) = params {
            request = request.params(params);
        }
        if let Some(id) = id {
            request = request.id(id);
        }
        let mut future = pin!(self.service.call(request.finish()));
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(Ok(Some(response))) => {
                self.initialized |= is_initialize && response.is_ok();
                self.outbox.respond(&response);
            }
            Poll::Ready(_) => {}
            Poll::Pending => {
                let outbox = self.outbox.clone();
                // `pin!` pins the box, not what is in it: the box itself may move on.
                let future = std::mem::replace(&mut *future, Box::pin(async { Ok(None) }));
                self.runtime.spawn(async move {
                    if let Ok(Some(response)) = future.await {
                        outbox.respond(&response);
                    }
                });
            }
        }
        self.shut_down |= is_shutdown && self.initialized;
    }

    fn run_now(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut future = Box::pin(future);
        if future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
        {
            self.runtime.spawn(future);
        }
    }

    fn answer(&self, id: Id, result: Result<Value, Error>) {
        self.outbox.respond(&Response::from_parts(id, result));
    }
}
