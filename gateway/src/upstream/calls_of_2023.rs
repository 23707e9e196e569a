//! Calls in the spelling of 2023 (`functions`, `function_call`), which OpenAI still takes: said as tools to who knows
//! only these, and answered in the client's own spelling.
//!
//! It must never know a provider.

use std::collections::BTreeMap;
use std::fmt;

use bytes::{Bytes, BytesMut};
use memchr::memmem;
use serde_json::{Map, Value, json};
use wire::openai::DONE;
use wire::sse::{Decoder, Event, PASSED_ON_MAX_EVENT_BYTES, encode};
use world::ChunkBuf;

use super::dialect::{Asked, Broken, Gist, Interpreter, Refused, WholeAnswer};

const FUNCTIONS: &str = "functions";
const FUNCTION_CALL: &str = "function_call";
const TOOLS: &str = "tools";
const TOOL_CALLS: &str = "tool_calls";

/// The request in the spelling of today; `None` where it is that already.
///
/// # Errors
/// If it is written in both.
pub(super) fn modern(asked: &Asked<'_>) -> Result<Option<Bytes>, Refused> {
    let spelled = asked.head.functions || memmem::find(asked.body, br#""function_call""#).is_some();
    let read = || serde_json::from_slice::<Map<String, Value>>(asked.body).ok();
    let Some(mut members) = spelled.then(read).flatten() else { return Ok(None) };
    if let Some(Value::Array(functions)) = members.remove(FUNCTIONS)
        && !functions.is_empty()
    {
        if members.get(TOOLS).is_some_and(|tools| !tools.is_null()) {
            let message = "`functions` stands beside `tools`; write all of them as tools";
            return Err(Refused { param: Box::from(FUNCTIONS), message: message.to_owned() });
        }
        let tool = |function| json!({ "type": "function", "function": function });
        members.insert(TOOLS.to_owned(), functions.into_iter().map(tool).collect());
    }
    if let Some(choice) = members.remove(FUNCTION_CALL) {
        let choice = match choice.get("name") {
            Some(name) => json!({ "type": "function", "function": { "name": name } }),
            None => choice,
        };
        members.insert("tool_choice".to_owned(), choice);
    }
    if let Some(Value::Array(messages)) = members.get_mut("messages") {
        respell(messages);
    }
    Ok(Some(Bytes::from(Value::Object(members).to_string())))
}

/// Calls get ids, by which what came of them is found.
fn respell(messages: &mut [Value]) {
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    for (number, message) in messages.iter_mut().enumerate() {
        let Value::Object(message) = message else { continue };
        if let Some(call) = message.remove(FUNCTION_CALL).filter(|call| !call.is_null()) {
            let id = format!("call_{number}");
            let name = call.get("name").and_then(Value::as_str).unwrap_or_default();
            made.insert(name.to_owned(), id.clone());
            let call = json!([{ "id": id, "type": "function", "function": call }]);
            message.insert(TOOL_CALLS.to_owned(), call);
        }
        if message.get("role").and_then(Value::as_str) == Some("function") {
            let name = message.get("name").and_then(Value::as_str).unwrap_or_default();
            let id = made.get(name).cloned().unwrap_or_else(|| format!("call_{name}"));
            message.insert("role".to_owned(), json!("tool"));
            message.insert("tool_call_id".to_owned(), json!(id));
        }
    }
}

/// A whole answer with its calls in the client's spelling: of several the first, since it knows only one.
pub(super) fn answered(answer: &WholeAnswer) -> Option<WholeAnswer> {
    let mut reply: Value = serde_json::from_slice(&answer.body).ok()?;
    for choice in reply.get_mut("choices")?.as_array_mut()? {
        if let Some(Value::Object(message)) = choice.get_mut("message") {
            let calls = message.remove(TOOL_CALLS);
            if let Some(call) = calls.as_ref().and_then(|calls| calls.pointer("/0/function")) {
                message.insert(FUNCTION_CALL.to_owned(), call.clone());
            }
        }
        finish(choice);
    }
    Some(answer.with_body(Bytes::from(reply.to_string())))
}

fn finish(choice: &mut Value) {
    if choice.get("finish_reason").and_then(Value::as_str) == Some(TOOL_CALLS) {
        choice["finish_reason"] = json!(FUNCTION_CALL);
    }
}

/// Puts a chunk into other words; false where nothing is left to say of it.
type Grow = Box<dyn FnMut(&mut Value) -> bool + Send>;

/// A stream with its calls in the client's spelling.
pub(super) struct Respelled {
    chat: Box<dyn Interpreter>,
    /// Cuts what it says into chunks.
    chunks: Decoder,
    grow: Grow,
}

impl fmt::Debug for Respelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Respelled").field("chat", &self.chat).finish_non_exhaustive()
    }
}

impl Respelled {
    /// A stream whose frames `chat` reads, and whose chunks are put into other words by `grow`.
    pub(super) fn new(
        chat: Box<dyn Interpreter>,
        grow: impl FnMut(&mut Value) -> bool + Send + 'static,
    ) -> Self {
        Self { chat, chunks: Decoder::new(PASSED_ON_MAX_EVENT_BYTES), grow: Box::new(grow) }
    }

    /// Says again what was said; `None` where it is no chunk.
    fn respelled(&mut self, said: Bytes) -> Option<Bytes> {
        let mut out = BytesMut::with_capacity(said.len());
        self.chunks.push(said);
        // Ends: each turn takes a chunk away.
        while let Some(chunk) = self.chunks.next() {
            let chunk = chunk.ok()?;
            if chunk.data.trim_ascii() == DONE {
                out.extend_from_slice(&chunk.raw);
                continue;
            }
            let mut data: Value = serde_json::from_slice(&chunk.data).ok()?;
            if (self.grow)(&mut data) {
                encode::data(&mut out, data.to_string().as_bytes());
            }
        }
        Some(out.freeze())
    }
}

/// Puts a chunk into the older spelling; false where nothing is left to say of it.
pub(super) fn grow(chunk: &mut Value) -> bool {
    let mut says = true;
    for choice in chunk.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        finish(choice);
        let Some(Value::Object(delta)) = choice.get_mut("delta") else { continue };
        let Some(calls) = delta.remove(TOOL_CALLS) else { continue };
        match calls.get(0).filter(|call| call.get("index") == Some(&json!(0))) {
            Some(call) => drop(delta.insert(FUNCTION_CALL.to_owned(), call["function"].clone())),
            None => says = false,
        }
    }
    says
}

impl Interpreter for Respelled {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let mut said = ChunkBuf::default();
        let gist = self.chat.read(event, finished, &mut said);
        match self.respelled(said.take()) {
            None => return Gist { broken: Some(Broken::Malformed), ..Gist::default() },
            Some(frames) if frames.is_empty() => {}
            Some(frames) => out.push(frames),
        }
        gist
    }

    fn is_translated(&self) -> bool {
        self.chat.is_translated()
    }

    fn reports(&self, data: &[u8]) -> bool {
        self.chat.reports(data)
    }

    fn kept(&mut self) -> Option<Bytes> {
        let kept = self.chat.kept()?;
        self.respelled(kept)
    }

    fn closing(&self) -> Option<Bytes> {
        self.chat.closing()
    }

    fn stop(&self, newest: Option<&Bytes>, created: u64) -> Option<Bytes> {
        self.chat.stop(newest, created)
    }
}
