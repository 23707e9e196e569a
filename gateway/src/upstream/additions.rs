//! What the config adds to a client's request ([`Additions`]), and who wins where both say something, as LiteLLM
//! 1.106 has it (`router.py`: `_acompletion`, `_merge_tools_from_deployment`,
//! `_deployment_params_with_request_reasoning_override`): the client, but for `extra_body`.
//!
//! Two steps: [`amended`] before the request is put into the provider's words, [`extended`] after it. A
//! request to a deployment that adds nothing is not touched. Which endpoint knows what is [`known`]'s, what a
//! request is sent without [`unwanted`]'s.

mod known;
mod unwanted;
mod within;

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use wire::openai::{HeadError, RequestHead};

use super::dialect::Refused;
use super::provider::{Placed, Provider};
use crate::config::Additions;
use crate::endpoint::{Body, Endpoint, Kind, Wording};

/// The client's word on how hard to think, beside which the config's word in any other spelling is no longer meant.
const EFFORT: &str = "reasoning_effort";

/// The Responses API's word for the same.
const REASONING: &str = "reasoning";

/// Options of a stream, which nothing else may have.
const STREAM_OPTIONS: &str = "stream_options";

/// Notes on an answer that the provider keeps, and LiteLLM's own where it keeps none.
const METADATA: &str = "metadata";

/// The one member of which the client's and the config's are both meant.
const TOOLS: &str = "tools";

/// A request as a deployment is asked.
#[derive(Debug)]
pub(crate) struct Amended {
    pub(crate) head: RequestHead,
    pub(crate) body: Bytes,
    /// Names and paths of what it is asked without.
    pub(crate) left_out: Vec<Box<str>>,
}

/// The request with the defaults of a deployment and without what client or deployment do not want to be sent;
/// `None` where that is as it is.
///
/// # Errors
/// A default that no request can have.
pub(crate) fn amended(
    additions: &Additions,
    endpoint: Endpoint,
    (head, body): (&RequestHead, &Bytes),
) -> Result<Option<Amended>, Refused> {
    let unwanted = match head.additional_drop_params.is_empty() {
        true => &additions.additional_drop_params,
        false => &head.additional_drop_params,
    };
    // A form has no members to add to.
    if endpoint.row().body == Body::Form || additions.leaves_the_body() && unwanted.is_empty() {
        return Ok(None);
    }
    let with = with_defaults(additions, endpoint, (head, body))?;
    let asked = with.as_ref().unwrap_or(body);
    let remaining = unwanted::without(unwanted, asked)
        .map_err(|error| unreadable(&format!("nothing can be left out of the request: {error}")))?;
    let changed = with.is_some() || remaining.is_some();
    let (body, left_out) = match remaining {
        Some(remaining) => (remaining.body, remaining.left_out),
        None => (asked.clone(), Vec::new()),
    };
    let stream = head.stream;
    let mut head = match changed {
        true => RequestHead::scan(&body).map_err(|error| unfit(&error))?,
        false => head.clone(),
    };
    if endpoint.row().names_model() {
        // The path said so, and no body does.
        head.stream = stream;
    }
    head.additional_drop_params.clone_from(unwanted);
    Ok(Some(Amended { head, body, left_out }))
}

/// The body with the defaults that the endpoint knows and the client says nothing of; `None` where there are none.
fn with_defaults(
    additions: &Additions,
    endpoint: Endpoint,
    (head, body): (&RequestHead, &Bytes),
) -> Result<Option<Bytes>, Refused> {
    if endpoint.row().names_model() {
        return within::with_defaults(additions, endpoint, body);
    }
    let defaults: Vec<(&str, Cow<'_, Value>)> = defaults(additions, endpoint, head).collect();
    if defaults.is_empty() {
        return Ok(None);
    }
    let said: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body)
        .map_err(|error| unreadable(&format!("request cannot be added to: {error}")))?;
    let effort = says_effort(&said);
    let mut whole = body.trim_ascii_end().to_vec();
    // The object's end, which is written anew.
    whole.pop();
    let mut tools = None;
    for (name, value) in &defaults {
        match said.get(*name) {
            Some(own) if *name == TOOLS => tools = Some((own, value)),
            Some(_) => {}
            None if effort && *name == "thinking" => {}
            None if *name == EFFORT && said.contains_key("thinking") => {}
            None => {
                let comma = if whole.trim_ascii_end() == b"{" { "" } else { "," };
                let member = format!("{comma}{}:{value}", Value::from(*name));
                whole.extend_from_slice(member.as_bytes());
            }
        }
    }
    whole.push(b'}');
    if let Some((own, value)) = tools {
        let from = own.get().as_ptr().addr() - body.as_ptr().addr();
        let both = both(value, own).to_string();
        whole.splice(from..from + own.get().len(), both.into_bytes());
    }
    Ok(Some(Bytes::from(whole)))
}

/// What a deployment adds to a request of an endpoint, under the endpoint's names. Options of a stream go with
/// streams only.
fn defaults<'a>(
    additions: &'a Additions,
    endpoint: Endpoint,
    head: &RequestHead,
) -> impl Iterator<Item = (&'a str, Cow<'a, Value>)> {
    let stream = head.stream;
    // With an answer that the provider keeps goes what it is found by.
    let keeps = head.store || additions.defaults.get("store") == Some(&Value::Bool(true));
    additions.defaults.iter().filter_map(move |(name, value)| {
        if name == STREAM_OPTIONS && !stream {
            return None;
        }
        if endpoint == Endpoint::Responses && name == EFFORT {
            // Beside a `reasoning` of the config it says nothing.
            let alone = !additions.unknown.contains_key(REASONING);
            return alone.then(|| (REASONING, Cow::Owned(as_reasoning(value))));
        }
        let kept = endpoint == Endpoint::Chat && name == METADATA && keeps;
        let takes = kept || known::takes_default(endpoint, name);
        takes.then_some((name.as_str(), Cow::Borrowed(value)))
    })
}

/// The parameters of chat completions that an endpoint has no word for, with which `head` is asked.
pub(crate) fn of_chat(
    additions: &Additions,
    endpoint: Endpoint,
    head: &RequestHead,
) -> Map<String, Value> {
    let row = endpoint.row();
    let own = |name: &str| match (row.kind, row.wording) {
        _ if row.within.is_some() => within::takes_default(endpoint, name),
        (Kind::Answer, Wording::Anthropic) => known::takes_default(endpoint, name),
        (Kind::Answer, Wording::Events) => name == EFFORT || known::takes_default(endpoint, name),
        // They never become a chat completion, or are one.
        (Kind::Answer | Kind::Text | Kind::Vectors | Kind::Count | Kind::OpenAisOwn, _) => true,
    };
    let late = additions.defaults.iter().filter(|(name, _)| {
        !own(name) && name != &STREAM_OPTIONS && known::takes_default(Endpoint::Chat, name)
    });
    let mut late = late.map(|(name, value)| (name.clone(), value.clone())).collect();
    unwanted::remove(&head.additional_drop_params, &mut late);
    late
}

/// An effort as the Responses API says it.
fn as_reasoning(effort: &Value) -> Value {
    match effort {
        Value::String(_) => json!({ "effort": effort }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            effort.clone()
        }
    }
}

/// The config's tools, then the client's.
fn both(configured: &Value, own: &RawValue) -> Value {
    let own: Value = serde_json::from_str(own.get()).unwrap_or_default();
    let lists = [configured.as_array(), own.as_array()];
    match &own {
        Value::Null | Value::Array(_) => lists.into_iter().flatten().flatten().cloned().collect(),
        // What is no list is the provider's to refuse.
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => own,
    }
}

/// What is asked of a provider in the end.
#[derive(Clone, Debug)]
pub(super) struct Asks<'a> {
    pub(super) of: &'static dyn Provider,
    /// The provider's endpoint.
    pub(super) at: Endpoint,
    /// Head and body in the client's words.
    pub(super) said: (&'a RequestHead, &'a Bytes),
    /// The client's own `extra_body`, which replaces what the config says of the same names.
    pub(super) extra_body: Map<String, Value>,
}

/// Whether a request to `by`, for which the provider's endpoint `at` is called, may have members in the provider's words.
pub(super) fn takes_extra_body(by: Endpoint, at: Endpoint) -> bool {
    !by.counts() && known::takes_extra_body(at)
}

/// A request in the provider's words, with what config and client add in these.
///
/// # Errors
/// Where the result cannot be written.
pub(super) fn extended(
    additions: &Additions,
    Asks { of, at, said: (head, said), extra_body: mut own }: Asks<'_>,
    body: Bytes,
) -> Result<Bytes, Refused> {
    let named = |members: &Map<String, Value>| -> Map<String, Value> {
        let fits = |(name, _): &(&String, &Value)| known::takes_unknown(at, name);
        let fitting = members.iter().filter(fits);
        fitting.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let mut unknown = named(&additions.unknown);
    let mut extra_body = match known::takes_extra_body(at) {
        true => additions.extra_body.clone(),
        false => Map::new(),
    };
    if unknown.is_empty() && extra_body.is_empty() && own.is_empty() {
        return Ok(body);
    }
    // A form has no members to add to.
    let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(&body) else {
        return Ok(body);
    };
    let effort = !additions.defaults.contains_key(EFFORT)
        && serde_json::from_slice(said).is_ok_and(|said| says_effort(&said));
    for added in [&mut unknown, &mut extra_body] {
        if effort {
            *added = without_effort(added);
        }
        unwanted::remove(&head.additional_drop_params, added);
    }
    unwanted::remove(&head.additional_drop_params, &mut own);
    for (name, value) in unknown {
        match at == Endpoint::Chat || at.row().within.is_some() {
            true => put(&mut members, of.placed(&name), value),
            false => drop(members.entry(name).or_insert(value)),
        }
    }
    for (name, value) in extra_body.into_iter().chain(own) {
        replace(&mut members, name, value);
    }
    let written = serde_json::to_vec(&members).map(Bytes::from);
    written.map_err(|error| unreadable(&format!("request cannot be written: {error}")))
}

/// Puts a member in the place of the request's. Members within that it does not name stay the client's.
fn replace(members: &mut Map<String, Value>, name: String, value: Value) {
    match (members.get_mut(&name), value) {
        (Some(Value::Object(own)), Value::Object(inner)) if CARRIERS.contains(&&*name) => {
            own.extend(inner);
        }
        (_, value) => drop(members.insert(name, value)),
    }
}

/// Members of Ollama's, Gemini's and Bedrock's requests that only hold others.
const CARRIERS: [&str; 4] =
    ["options", "generationConfig", "additionalModelRequestFields", "inferenceConfig"];

/// Puts a member where a provider looks for it, unless something stands there.
fn put(members: &mut Map<String, Value>, at: Placed<'_>, value: Value) {
    let Placed { within, name } = at;
    let name = name.into_owned();
    match (within, value) {
        (None, Value::Object(inner)) if CARRIERS.contains(&&*name) => {
            let carrier = members.entry(name).or_insert_with(|| json!({}));
            if let Value::Object(own) = carrier {
                for (name, value) in inner {
                    own.entry(name).or_insert(value);
                }
            }
        }
        (None, value) => drop(members.entry(name).or_insert(value)),
        (Some(carrier), value) => {
            let carrier = members.entry(carrier).or_insert_with(|| json!({}));
            if let Value::Object(inner) = carrier {
                inner.entry(name).or_insert(value);
            }
        }
    }
}

/// Whether the client says how hard to think.
fn says_effort(said: &BTreeMap<Cow<'_, str>, &RawValue>) -> bool {
    said.get(EFFORT).is_some_and(|value| value.get() != "null")
}

/// Members without any word on how hard to think, in whatever spelling.
fn without_effort(members: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = members.clone();
    kept.remove(EFFORT);
    kept.remove("thinking");
    for carrier in ["output_config", REASONING] {
        let Some(Value::Object(inner)) = kept.get_mut(carrier) else { continue };
        inner.remove("effort");
        if inner.is_empty() {
            kept.remove(carrier);
        }
    }
    kept
}

/// A default of the config's that no request can have.
fn unfit(error: &HeadError) -> Refused {
    match error {
        HeadError::WrongType { member, expected, .. } => Refused {
            param: Box::from(*member),
            message: format!("the config's `{member}` must be {expected}"),
        },
        HeadError::TooLarge { .. } | HeadError::Malformed { .. } | HeadError::Repeated { .. } => {
            unreadable(&format!("with what the config adds: {error}"))
        }
    }
}

fn unreadable(message: &str) -> Refused {
    Refused { param: Box::from("request_body"), message: message.to_owned() }
}
