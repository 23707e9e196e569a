//! What upstreams do: acts for whole requests, steps for streams, in OpenAI's words.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame};
use tokio::time::Sleep;
use world::Control;

/// How an upstream treats one request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Turns the connection away.
    Refuse,
    /// Accepts the request and never answers.
    Hang,
    /// Resets the connection instead of answering.
    Reset,
    /// Answers at once.
    Reply(u16, Vec<(&'static str, &'static str)>, String),
    /// Answers 200 with an event stream.
    Stream(Vec<Step>),
    /// Answers with this status and content coding.
    Coded(u16, &'static str, Vec<Step>),
}

/// A piece of a stream.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A text in one write.
    Say(String),
    /// Bytes in one write.
    Send(Bytes),
    /// Silence.
    Wait(Duration),
    /// RST, once everything before has left.
    Cut,
    /// RST.
    CutNow,
    /// Silence for ever.
    Stall,
}

/// A whole answer.
pub(crate) fn answer(words: &str) -> Act {
    let body = format!(
        r#"{{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o-2024","choices":[{{"index":0,"message":{{"role":"assistant","content":"{words}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}}"#
    );
    Act::Reply(200, vec![("x-request-id", "req-1")], body)
}

/// An error in OpenAI's words.
pub(crate) fn refusal(status: u16, headers: &[(&'static str, &'static str)]) -> Act {
    let (kind, message) = match status {
        429 => ("requests", "Too many of them."),
        400 => ("invalid_request_error", "Invalid value."),
        401 => ("invalid_request_error", "Incorrect API key provided: sk-****."),
        404 => ("invalid_request_error", "The model does not exist."),
        _ => ("server_error", "The server had an error."),
    };
    let code = if status == 404 { r#""model_not_found""# } else { "null" };
    let body = format!(
        r#"{{"error":{{"message":"{message}","type":"{kind}","param":null,"code":{code}}}}}"#
    );
    Act::Reply(status, headers.to_vec(), body)
}

/// A chunk with this delta.
pub(crate) fn chunk(delta: &str, finish: &str) -> Step {
    Step::Say(format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o-2024\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    ))
}

/// The first chunk of a stream.
pub(crate) fn role() -> Step {
    chunk(r#"{"role":"assistant","content":""}"#, "null")
}

/// A chunk of a word.
pub(crate) fn word(text: &str) -> Step {
    chunk(&format!(r#"{{"content":"{text}"}}"#), "null")
}

/// `n` words, 20 ms apart, after the role: `w0 w1 …`.
pub(crate) fn words(n: usize) -> Vec<Step> {
    let mut steps = vec![role()];
    for index in 0..n {
        steps.push(Step::Wait(Duration::from_millis(20)));
        steps.push(word(&format!("w{index} ")));
    }
    steps
}

/// Finish reason and `[DONE]`.
pub(crate) fn end() -> Vec<Step> {
    vec![chunk("{}", "\"stop\""), Step::Say("data: [DONE]\n\n".to_owned())]
}

/// A good stream of `n` words.
pub(crate) fn stream(n: usize) -> Act {
    Act::Stream([words(n), end()].concat())
}

/// A stream of `n` words that then takes this turn.
pub(crate) fn stream_then(n: usize, turn: &[Step]) -> Act {
    Act::Stream([words(n), turn.to_vec()].concat())
}

/// The acts that are left; the last one is repeated.
pub(crate) type Acts = Arc<Mutex<VecDeque<Act>>>;

/// The next act.
pub(crate) fn next(acts: &Acts) -> Act {
    let mut acts = acts.lock().expect("no poison");
    match acts.len() {
        1 => acts[0].clone(),
        _ => acts.pop_front().expect("a script"),
    }
}

/// Answers as the act says.
pub(crate) async fn perform(act: Act, control: Control) -> Response<Script> {
    match act {
        Act::Hang => std::future::pending().await,
        Act::Refuse | Act::Reset => {
            control.reset();
            std::future::pending().await
        }
        Act::Reply(status, headers, body) => {
            let mut response = Response::builder().status(status);
            if body.starts_with('{') {
                response = response.header("content-type", "application/json");
            }
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let steps = VecDeque::from([Step::Say(body)]);
            response.body(Script { steps, control, pause: None }).expect("a response")
        }
        Act::Coded(status, coding, steps) => Response::builder()
            .status(status)
            .header("content-encoding", coding)
            .body(Script { steps: steps.into(), control, pause: None })
            .expect("a response"),
        Act::Stream(steps) => Response::builder()
            .header("content-type", "text/event-stream")
            .body(Script { steps: steps.into(), control, pause: None })
            .expect("a response"),
    }
}

/// A body that follows its steps.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    control: Control,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                std::task::ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Say(text)) => return Poll::Ready(Some(Ok(Frame::data(text.into())))),
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Wait(wait)) => self.pause = Some(Box::pin(tokio::time::sleep(wait))),
                // What was said before must have left, or the reset would take it along.
                Some(Step::Cut) => {
                    self.pause = Some(Box::pin(tokio::time::sleep(Duration::from_millis(1))));
                    self.steps.push_front(Step::CutNow);
                }
                Some(Step::CutNow) => {
                    self.control.reset();
                    self.steps.push_front(Step::Stall);
                }
                Some(Step::Stall) => {
                    self.steps.push_front(Step::Stall);
                    return Poll::Pending;
                }
            }
        }
    }
}
