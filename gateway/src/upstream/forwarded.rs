//! Endpoints whose requests and answers go through as they are, but for the model's name and for what
//! only a gateway understands: OpenAI's own, at OpenAI, Azure and whoever imitates them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use wire::framing::Framing;
use wire::multipart::Form;
use wire::openai::{Usage, is_gateway_only};

use super::anthropic::{Passed, REFUSAL};
use super::chunks::Chunks;
use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, Says, WholeAnswer};
use super::events::{Events, Reply};
use super::texts::Texts;
use super::thoughts;
use super::{bedrock, gemini};
use crate::endpoint::{Answers, Endpoint, Wording};

/// One endpoint, passed through.
#[derive(Debug)]
pub(super) struct Forwarded(Endpoint);

/// The dialect that passes `endpoint` through.
pub(super) const fn as_it_is(endpoint: Endpoint) -> &'static dyn Dialect {
    match endpoint {
        Endpoint::Chat => &Forwarded(Endpoint::Chat),
        Endpoint::Completions => &Forwarded(Endpoint::Completions),
        Endpoint::Embeddings => &Forwarded(Endpoint::Embeddings),
        Endpoint::Moderations => &Forwarded(Endpoint::Moderations),
        Endpoint::Responses => &Forwarded(Endpoint::Responses),
        Endpoint::ImageGenerations => &Forwarded(Endpoint::ImageGenerations),
        Endpoint::Speech => &Forwarded(Endpoint::Speech),
        Endpoint::Transcriptions => &Forwarded(Endpoint::Transcriptions),
        Endpoint::AudioTranslations => &Forwarded(Endpoint::AudioTranslations),
        Endpoint::Messages => &Forwarded(Endpoint::Messages),
        Endpoint::CountTokens => &Forwarded(Endpoint::CountTokens),
        Endpoint::GenerateContent => &Forwarded(Endpoint::GenerateContent),
        Endpoint::CountContent => &Forwarded(Endpoint::CountContent),
        Endpoint::Converse => &Forwarded(Endpoint::Converse),
    }
}

impl Dialect for Forwarded {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        let &Asked { body, head, model, .. } = asked;
        if let Some(form) = asked.form {
            return Ok(Encoded::new(form_for(form, body, model), Vec::new()));
        }
        let body = match asked.is_metadata_ours() {
            _ if asked.endpoint.row().names_model() => {
                wire::openai::upstream_body_without_model(body, head)
            }
            true => wire::openai::upstream_body_without_metadata(body, head, model),
            false => wire::openai::upstream_body(body, head, model),
        };
        Ok(Encoded::new(body, Vec::new()))
    }

    fn framing(&self) -> Framing {
        match self.0.row().wording {
            Wording::OpenAi | Wording::Events | Wording::Anthropic | Wording::Google => {
                Framing::Sse
            }
            Wording::Aws => Framing::Aws,
        }
    }

    fn whole(&self, answer: Bytes, _: Opening<'_>) -> Option<WholeAnswer> {
        match self.0.row().answers {
            Answers::Choices => choices(answer),
            Answers::Object(member) => object(answer, member),
            Answers::Response => response(answer),
            Answers::Message => message(answer),
            Answers::Candidates => gemini::passed(answer),
            Answers::Output => bedrock::passed(answer),
            Answers::Bytes => {
                Some(WholeAnswer { body: answer, usage: None, says: Says::Something })
            }
        }
    }

    fn interpreter(&self, _: Opening<'_>) -> Box<dyn Interpreter> {
        match self.0 {
            Endpoint::Completions => Box::new(Texts),
            Endpoint::Responses => Box::new(Events),
            Endpoint::Chat
            | Endpoint::Embeddings
            | Endpoint::Moderations
            | Endpoint::ImageGenerations
            | Endpoint::Speech
            | Endpoint::Transcriptions
            | Endpoint::AudioTranslations
            | Endpoint::CountTokens
            | Endpoint::CountContent => Box::new(Chunks),
            Endpoint::Messages => Box::<Passed>::default(),
            Endpoint::GenerateContent => Box::new(gemini::Passed),
            Endpoint::Converse => Box::new(bedrock::Passed),
        }
    }
}

/// A form with another model's name, and without the parts that are the gateway's.
fn form_for(form: &Form, body: &[u8], model: &str) -> Bytes {
    let mut out = BytesMut::with_capacity(body.len() + model.len());
    for part in form.parts.iter().filter(|part| !is_gateway_only(&part.name)) {
        match part.name.as_str() {
            MODEL => {
                out.extend_from_slice(&body[part.whole.start..part.value.start]);
                out.extend_from_slice(model.as_bytes());
                out.extend_from_slice(&body[part.value.end..part.whole.end]);
            }
            _ => out.extend_from_slice(&body[part.whole.clone()]),
        }
    }
    out.extend_from_slice(&body[form.end.clone()]);
    out.freeze()
}

/// The field of a form that names the model.
const MODEL: &str = "model";

/// OpenAI's finish reason of an answer that a filter stopped.
pub(super) const CONTENT_FILTER: &str = "content_filter";

/// The least that an answer with choices must be: an object that has them, and no error.
#[derive(Deserialize)]
struct Choices<'a> {
    #[serde(default, borrow)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    finish_reason: Option<Box<str>>,
    #[serde(default, borrow)]
    message: Option<&'a RawValue>,
    #[serde(default)]
    text: Option<Box<str>>,
}

impl Choice<'_> {
    /// Whether it neither gives the client anything nor says why not.
    fn is_nothing(&self) -> bool {
        self.finish_reason.is_none()
            && self.text.as_deref().is_none_or(str::is_empty)
            && self.message.is_none_or(|message| !says_something(message))
    }
}

/// Whether a message has more than a role: words, calls, a refusal, thoughts, or what only its provider knows.
fn says_something(message: &RawValue) -> bool {
    let members: Result<BTreeMap<Cow<'_, str>, &RawValue>, _> = serde_json::from_str(message.get());
    let Ok(members) = members else { return message.get() != "null" };
    let says = |(name, value): (&Cow<'_, str>, &&RawValue)| {
        name != "role" && !["null", "\"\"", "[]", "{}"].contains(&value.get())
    };
    members.iter().any(says)
}

fn choices(body: Bytes) -> Option<WholeAnswer> {
    let Choices { choices, error: None, usage } = serde_json::from_slice(&body).ok()? else {
        return None;
    };
    let choices = choices?;
    let says = match choices.iter().all(Choice::is_nothing) {
        true => Says::Nothing,
        false => Says::until(choices.first().and_then(|first| first.finish_reason.as_deref())),
    };
    let body = thoughts::renamed(&body, "message").unwrap_or(body);
    Some(WholeAnswer { body, usage, says })
}

/// An object with `member`, and without an error.
fn object(body: Bytes, member: &str) -> Option<WholeAnswer> {
    let reply: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(&body).ok()?;
    let failed = reply.get("error").is_some_and(|error| error.get() != "null");
    if failed || !reply.contains_key(member) {
        return None;
    }
    let usage = reply.get("usage").and_then(|usage| serde_json::from_str(usage.get()).ok());
    let is_empty = reply.get(member).is_some_and(|list| {
        let list: Result<Vec<IgnoredAny>, _> = serde_json::from_str(list.get());
        list.is_ok_and(|list| list.is_empty())
    });
    let says = if is_empty { Says::Nothing } else { Says::Something };
    Some(WholeAnswer { body, usage, says })
}

/// The Responses API's object. One that failed, or was called off, is no answer.
fn response(body: Bytes) -> Option<WholeAnswer> {
    let reply: Reply = serde_json::from_slice(&body).ok()?;
    let failed = matches!(reply.status.as_deref(), None | Some("failed" | "cancelled"));
    if failed || reply.error().is_some() {
        return None;
    }
    let (usage, says) = (reply.usage(), reply.says());
    Some(WholeAnswer { body, usage, says })
}

/// Anthropic's message.
fn message(body: Bytes) -> Option<WholeAnswer> {
    #[derive(Deserialize)]
    struct Message {
        #[serde(rename = "type")]
        kind: Box<str>,
        stop_reason: Option<Box<str>>,
        usage: wire::anthropic::Usage,
        #[serde(default)]
        content: Vec<IgnoredAny>,
    }
    let message: Message = serde_json::from_slice(&body).ok()?;
    let usage = Some(super::anthropic::chat_usage(&message.usage));
    let says = match message.stop_reason.as_deref() {
        Some(REFUSAL) => Says::Filtered,
        None if message.content.is_empty() => Says::Nothing,
        Some(_) | None => Says::Something,
    };
    (&*message.kind == "message").then_some(WholeAnswer { body, usage, says })
}
