//! What the config adds to a client's request ([`Additions`]), and who wins where both say something, as LiteLLM
//! 1.106 has it (`router.py`: `_acompletion`, `_merge_tools_from_deployment`,
//! `_deployment_params_with_request_reasoning_override`): the client, but for `extra_body`.
//!
//! Two steps: [`amended`] before the request is put into the provider's words, [`extended`] after it. A
//! request to a deployment that adds nothing is not touched.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use wire::openai::{HeadError, RequestHead};

use super::dialect::Refused;
use crate::config::Additions;
use crate::endpoint::Endpoint;

/// The client's word on how hard to think, beside which the config's word in any other spelling is no longer meant.
const EFFORT: &str = "reasoning_effort";

/// What of [`Additions::defaults`] the older text completions know, too.
const OF_COMPLETIONS: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "max_tokens",
    "n",
    "presence_penalty",
    "seed",
    "stop",
    "temperature",
    "top_p",
    "user",
];

/// The request with the defaults of a deployment; `None` where that is as it is.
///
/// # Errors
/// A default that no request can have.
pub(crate) fn amended(
    additions: &Additions,
    endpoint: Endpoint,
    (head, body): (&RequestHead, &Bytes),
) -> Result<Option<(RequestHead, Bytes)>, Refused> {
    if additions.leaves_the_body() {
        return Ok(None);
    }
    let (mut amended, body) = match with_defaults(additions, endpoint, body)? {
        Some(body) => (RequestHead::scan(&body).map_err(|error| unfit(&error))?, body),
        None => (head.clone(), body.clone()),
    };
    if amended.additional_drop_params.is_empty() {
        amended.additional_drop_params.clone_from(&additions.additional_drop_params);
    }
    Ok(Some((amended, body)))
}

/// The body with the defaults that the endpoint knows and the client says nothing of; `None` where there are none.
fn with_defaults(
    additions: &Additions,
    endpoint: Endpoint,
    body: &Bytes,
) -> Result<Option<Bytes>, Refused> {
    let known = |name: &str| {
        endpoint == Endpoint::Chat
            || endpoint == Endpoint::Completions && OF_COMPLETIONS.contains(&name)
    };
    if !additions.defaults.keys().any(|name| known(name)) {
        return Ok(None);
    }
    let said: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body)
        .map_err(|error| unreadable(&format!("request cannot be added to: {error}")))?;
    let effort = said.get(EFFORT).is_some_and(|value| value.get() != "null");
    let mut whole = body.trim_ascii_end().to_vec();
    // The object's end, which is written anew.
    whole.pop();
    let mut tools = None;
    for (name, value) in additions.defaults.iter().filter(|(name, _)| known(name)) {
        match said.get(name.as_str()) {
            Some(own) if name == "tools" => tools = Some((own, value)),
            Some(_) => {}
            None if effort && name == "thinking" => {}
            None => {
                let comma = if whole.trim_ascii_end() == b"{" { "" } else { "," };
                let member = format!("{comma}{}:{value}", Value::from(name.as_str()));
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

/// A request in the provider's words, with what the config adds in these: `said` and `head` are the client's.
///
/// # Errors
/// Where the result cannot be written.
pub(super) fn extended(
    additions: &Additions,
    (head, said): (&RequestHead, &Bytes),
    body: Bytes,
) -> Result<Bytes, Refused> {
    let Additions { unknown, extra_body, defaults, .. } = additions;
    if unknown.is_empty() && extra_body.is_empty() {
        return Ok(body);
    }
    // A form has no members to add to.
    let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(&body) else {
        return Ok(body);
    };
    let effort = !defaults.contains_key(EFFORT) && says_effort(said);
    let unwanted = &head.additional_drop_params;
    let wanted = |members: &Map<String, Value>| {
        let meant = if effort { without_effort(members) } else { members.clone() };
        meant.into_iter().filter(|(name, _)| !unwanted.contains(name)).collect::<Vec<_>>()
    };
    for (name, value) in wanted(unknown) {
        members.entry(name).or_insert(value);
    }
    members.extend(wanted(extra_body));
    let written = serde_json::to_vec(&members).map(Bytes::from);
    written.map_err(|error| unreadable(&format!("request cannot be written: {error}")))
}

/// Whether the client says how hard to think.
fn says_effort(said: &[u8]) -> bool {
    let said: Option<BTreeMap<Cow<'_, str>, &RawValue>> = serde_json::from_slice(said).ok();
    said.is_some_and(|said| said.get(EFFORT).is_some_and(|value| value.get() != "null"))
}

/// Members without any word on how hard to think, in whatever spelling.
fn without_effort(members: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = members.clone();
    kept.remove(EFFORT);
    kept.remove("thinking");
    for carrier in ["output_config", "reasoning"] {
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
