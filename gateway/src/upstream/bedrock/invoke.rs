//! Bedrock's InvokeModel for Claude: Anthropic's own bodies, with the version of the API in them and the model and
//! the stream in the path. A stream's events come as base64 within AWS's frames.
//!
//! What of Anthropic's API Bedrock does not have is refused by its name.

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::bedrock::{InvokeInput, PayloadPart};
use wire::framing::{FAILURE, Framing};
use wire::openai::RequestHead;
use wire::sse::Event;
use world::ChunkBuf;

use crate::endpoint::{Endpoint, Kind, Wording};
use crate::upstream::anthropic;
use crate::upstream::betas;
use crate::upstream::chunks::Chunks;
use crate::upstream::dialect::{
    Asked, Broken, Dialect, Encoded, Gist, Interpreter, Opening, Refused, Says, WholeAnswer,
};
use crate::upstream::forwarded;
use crate::upstream::members::Lenience;
use crate::upstream::tool_names::Rule;
use crate::upstream::translated::{Marks, ThroughChat, Translated};

/// Chat completions in the words of Messages.
static CHAT: Translated = Translated {
    provider: "Claude on Bedrock",
    names: Rule::AWS,
    members: anthropic::members::CHAT,
    marks: Marks::left_out,
    request: chat,
    reply: anthropic::chat_reply,
    framing: Framing::Aws,
    stream: |at| Box::new(Unpacked::new(anthropic::chat_stream(at))),
};

/// What is served by means of these.
static THROUGH_CHAT: ThroughChat = ThroughChat::new(&CHAT);

/// How an endpoint is served by InvokeModel; `None` where it cannot be.
pub(super) fn dialect(endpoint: Endpoint) -> Option<&'static dyn Dialect> {
    let row = endpoint.row();
    match (row.kind, row.wording) {
        (Kind::Answer, Wording::Anthropic) => Some(&Messages),
        (Kind::Count, Wording::Anthropic) => Some(&Count),
        // A count is of the conversation, however it would be asked.
        (Kind::Count, _) => super::THROUGH_CHAT.dialect(endpoint),
        (Kind::Answer | Kind::Text | Kind::Vectors | Kind::OpenAisOwn, _) => {
            THROUGH_CHAT.dialect(endpoint)
        }
    }
}

/// Where members stand that only Converse knows a place for.
pub(super) const OF_CONVERSE: &str = "additionalModelRequestFields";

/// A body as InvokeModel takes it: without what the path says, and with the version.
pub(super) fn body(body: Bytes) -> Bytes {
    let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(&body) else { return body };
    members.remove("model");
    members.remove("stream");
    // What the config adds in the provider's words stands where Converse wants it; here it stands at the top.
    if let Some(Value::Object(inner)) = members.remove(OF_CONVERSE) {
        for (name, value) in inner {
            members.entry(name).or_insert(value);
        }
    }
    members
        .entry("anthropic_version")
        .or_insert_with(|| Value::from(wire::bedrock::ANTHROPIC_VERSION));
    serde_json::to_vec(&members).map_or(body, Bytes::from)
}

/// Members that Anthropic has, and Bedrock has not.
const NOT_HERE: [&str; 6] = [
    "container",
    "inference_geo",
    "mcp_servers",
    "service_tier",
    "speed",
    crate::upstream::web_search::NAME,
];

/// Takes out what Bedrock does not have, where that is allowed, and says what that was.
fn fitting(members: &mut Map<String, Value>, asked: &Asked<'_>) -> Result<Vec<Box<str>>, Refused> {
    let mut dropped = Vec::new();
    for name in NOT_HERE {
        let idle = |value: &Value| value.is_null() || value == "auto" || value == "default";
        match (members.get(name), asked.lenience) {
            (None, _) => continue,
            (Some(value), _) if idle(value) => {}
            (Some(_), Lenience::Drop) => dropped.push(Box::from(name)),
            (Some(_), Lenience::Refuse) => {
                let message = format!(
                    "`{name}` is known at Anthropic's own API, and cannot be asked of Bedrock; name another \
                     model, or leave it out"
                );
                return Err(Refused { param: Box::from(name), message });
            }
        }
        members.remove(name);
    }
    Ok(dropped)
}

/// Refuses what is named by its address only: Bedrock fetches nothing.
fn by_its_bytes(members: &Map<String, Value>) -> Result<(), Refused> {
    let Some(at) = members.get("messages").and_then(addressed) else { return Ok(()) };
    let message = format!(
        "`messages[{at}]` names a picture or a document by its address, and so it cannot be asked of Bedrock, \
         which fetches none; give its bytes"
    );
    Err(Refused { param: format!("messages[{at}]").into(), message })
}

/// The first of Anthropic's messages with a picture or a document that stands elsewhere.
fn addressed(messages: &Value) -> Option<usize> {
    fn blocks(of: &Value) -> impl Iterator<Item = &Value> {
        of.get("content").and_then(Value::as_array).into_iter().flatten()
    }
    let elsewhere = |block: &Value| block.pointer("/source/type").is_some_and(|kind| kind == "url");
    let holds = |message: &Value| {
        // Results of tools hold blocks, too.
        blocks(message).any(|block| elsewhere(block) || blocks(block).any(elsewhere))
    };
    messages.as_array()?.iter().position(holds)
}

fn unreadable(error: &dyn std::error::Error) -> Refused {
    let message = format!("request cannot be translated: {error}");
    Refused { param: Box::from("request_body"), message }
}

fn members_of(body: &[u8]) -> Result<Map<String, Value>, Refused> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

fn written(members: &Map<String, Value>) -> Result<Bytes, Refused> {
    serde_json::to_vec(members).map(Bytes::from).map_err(|error| unreadable(&error))
}

/// A chat completion becomes Anthropic's, as far as Bedrock has all of it.
fn chat(asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let mut members = members_of(asked.body)?;
    let mut dropped = fitting(&mut members, asked)?;
    let body = written(&members)?;
    let head = RequestHead::scan(&body).map_err(|error| unreadable(&error))?;
    let encoded = anthropic::chat_request(&Asked { head: &head, body: &body, ..*asked })?;
    let mut members = members_of(&encoded.body)?;
    by_its_bytes(&members)?;
    dropped.extend(encoded.dropped);
    dropped.extend(betas::written(&mut members, asked.relayed));
    Ok(Encoded::new(written(&members)?, dropped))
}

/// Anthropic's Messages, as they are but for what Bedrock does not have.
#[derive(Debug)]
struct Messages;

impl Dialect for Messages {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        let Encoded { body, mut dropped, .. } =
            forwarded::as_it_is(Endpoint::Messages).encode(asked)?;
        let mut members = members_of(&body)?;
        dropped.extend(fitting(&mut members, asked)?);
        by_its_bytes(&members)?;
        dropped.extend(betas::written(&mut members, asked.relayed));
        Ok(Encoded::new(written(&members)?, dropped))
    }

    fn framing(&self) -> Framing {
        Framing::Aws
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        forwarded::as_it_is(Endpoint::Messages).whole(answer, at)
    }

    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(Unpacked::new(forwarded::as_it_is(Endpoint::Messages).interpreter(at)))
    }
}

/// The tokens that a message would have.
#[derive(Debug)]
struct Count;

/// Bound of an answer that is never given, in tokens: a body without one is refused.
const COUNTED_MAX_TOKENS: u64 = 1;

impl Dialect for Count {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        let Encoded { body: said, dropped, .. } = Messages.encode(asked)?;
        let mut members = members_of(&said)?;
        members.entry("max_tokens").or_insert_with(|| COUNTED_MAX_TOKENS.into());
        let counted = body(written(&members)?);
        let question = json!({ "input": { "invokeModel": InvokeInput::new(&counted) } });
        Ok(Encoded::new(Bytes::from(question.to_string()), dropped))
    }

    fn whole(&self, answer: Bytes, _: Opening<'_>) -> Option<WholeAnswer> {
        let tokens = super::counted(&answer)?;
        let body = Bytes::from(json!({ "input_tokens": tokens }).to_string());
        Some(WholeAnswer { body, usage: None, says: Says::Something })
    }

    /// A count is never streamed.
    fn interpreter(&self, _: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(Chunks)
    }
}

/// Reads Claude's events out of AWS's frames.
#[derive(Debug)]
struct Unpacked {
    claude: Box<dyn Interpreter>,
    /// Data of the newest event.
    newest: Option<Bytes>,
}

impl Unpacked {
    fn new(claude: Box<dyn Interpreter>) -> Self {
        Self { claude, newest: None }
    }
}

/// What an event says first.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

/// The event that a frame's payload holds, as Anthropic itself sends it.
fn unpacked(payload: &[u8]) -> Option<Event> {
    let part: PayloadPart = serde_json::from_slice(payload).ok()?;
    let data = part.inner()?;
    let kind = serde_json::from_slice::<Named<'_>>(&data).ok()?.kind;
    if kind.contains(['\n', '\r']) {
        return None;
    }
    let mut raw = BytesMut::with_capacity(data.len() + 64);
    wire::sse::encode::event(&mut raw, &kind, &data);
    Some(Event { event: Some(Bytes::copy_from_slice(kind.as_bytes())), data, raw: raw.freeze() })
}

impl Interpreter for Unpacked {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        match event.event.as_deref() {
            Some(FAILURE) => broken(Broken::Error(event.data)),
            Some(name) if name == PayloadPart::EVENT.as_bytes() => match unpacked(&event.data) {
                None => broken(Broken::Malformed),
                Some(event) => {
                    self.newest = Some(event.data.clone());
                    self.claude.read(event, finished, out)
                }
            },
            // What later versions add.
            Some(_) | None => Gist::default(),
        }
    }

    fn is_translated(&self) -> bool {
        self.claude.is_translated()
    }

    fn newest(&self) -> Option<Bytes> {
        self.claude.newest().or_else(|| self.newest.clone())
    }

    fn kept(&mut self) -> Option<Bytes> {
        self.claude.kept()
    }

    fn closing(&self) -> Option<Bytes> {
        self.claude.closing()
    }

    fn stop(&self, _: Option<&Bytes>, created: u64) -> Option<Bytes> {
        self.claude.stop(self.newest.as_ref(), created)
    }
}
