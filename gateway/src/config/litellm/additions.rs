//! What a deployment's `litellm_params` add to every request, as LiteLLM 1.106 sends it along: parameters of
//! chat completions, members that only the provider knows, `extra_body`, headers.
//!
//! No message shows a value of one, or a name that the config made up.

use std::sync::Arc;

use serde_json::{Map, Value};
use vocab::Protocol;

use super::NoteKind;
use super::keys::{Effect, Key};
use super::reader::{Reader, Section};
use super::tables;
use crate::config::{Additions, Secret, belongs_to_the_connection};

/// Parameters of a chat completion that a deployment may set for every request (litellm 1.106, `constants.py`:
/// DEFAULT_CHAT_COMPLETION_PARAM_VALUES, without those that steer LiteLLM or the stream).
pub(super) const OF_CHAT: &[&str] = &[
    "audio",
    "context_management",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// What a deployment may set beside these: options of a stream, and `metadata`, which Messages and Responses take.
const OF_FURTHER: &[&str] = &["metadata", "stream_options"];

/// Most headers that a deployment adds: far more than any provider knows.
const HEADERS_MAX: usize = 64;

/// Whether a key of `litellm_params` is a parameter of chat completions, or a member that providers are known to take:
/// it goes along with every request.
pub fn is_parameter_of_chats(name: &str) -> bool {
    let sent = |key: &Key| matches!(key.effect, Effect::SentAlong);
    OF_CHAT.contains(&name) || tables::LITELLM_PARAMS.key(name).is_some_and(sent)
}

/// Reads what a deployment adds.
pub(super) fn read(params: &Section<'_>, protocol: Protocol, reader: &mut Reader<'_>) -> Additions {
    let mut additions = Additions {
        drop_params: reader.flag(params, "drop_params"),
        additional_drop_params: unwanted(params, reader),
        ..Additions::default()
    };
    for (name, _) in params.entries() {
        if OF_CHAT.contains(&name.as_str()) || OF_FURTHER.contains(&name.as_str()) {
            keep(&mut additions.defaults, name, reader.value(params, name));
        } else if tables::LITELLM_PARAMS.sends_along(name) {
            keep(&mut additions.unknown, name, reader.value(params, name));
        }
    }
    if reader.section(params, "extra_body").is_some()
        && let Some(Value::Object(members)) = reader.value(params, "extra_body")
    {
        additions.extra_body = members;
    }
    if protocol == Protocol::OpenAi
        && let Some(organization) = reader.text(params, "organization")
    {
        put(&mut additions.headers, "openai-organization", &organization);
    }
    for key in ["headers", "extra_headers"] {
        headers(params, key, &mut additions.headers, reader);
    }
    additions
}

fn keep(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    members.extend(value.map(|value| (name.to_owned(), value)));
}

/// Names of members, and paths into them.
fn unwanted(params: &Section<'_>, reader: &mut Reader<'_>) -> Vec<String> {
    let list = reader.list(params, "additional_drop_params").unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn headers(
    params: &Section<'_>,
    key: &str,
    headers: &mut Vec<(Arc<str>, Secret)>,
    reader: &mut Reader<'_>,
) {
    let Some(section) = reader.section(params, key) else { return };
    let path = params.path_of(key);
    for (name, value) in section.entries() {
        if matches!(value, Value::Null) {
            continue;
        }
        let Some(value) = reader.text(&section, name) else { continue };
        let fits = http::HeaderName::try_from(name.as_str()).is_ok()
            && http::HeaderValue::try_from(value.as_str()).is_ok();
        if !fits || headers.len() == HEADERS_MAX {
            let message = format!("`{key}` holds what cannot be sent as a header");
            let help = format!("names are tokens, values one line; at most {HEADERS_MAX} are sent");
            reader.error(&path, &message, &help);
            return;
        }
        let name = name.to_ascii_lowercase();
        if belongs_to_the_connection(&name) {
            let text = format!("`{name}` is not sent: it belongs to the connection");
            reader.note(path.clone(), NoteKind::Advice, text);
            continue;
        }
        put(headers, &name, &value);
    }
}

/// The later of two values holds, as LiteLLM lays `extra_headers` over `headers`.
fn put(headers: &mut Vec<(Arc<str>, Secret)>, name: &str, value: &str) {
    headers.retain(|(known, _)| **known != *name);
    headers.push((Arc::from(name), Secret::new(value)));
}

#[cfg(test)]
mod tests {
    use super::OF_CHAT;
    use crate::config::litellm::keys::{Effect, LITELLM_PARAMS};

    #[test]
    fn every_parameter_of_a_chat_is_a_key_that_is_acted_on() {
        assert!(OF_CHAT.is_sorted());
        for name in OF_CHAT {
            let key = LITELLM_PARAMS.iter().find(|key| key.name == *name);
            assert!(key.is_some_and(|key| matches!(key.effect, Effect::Acted)), "{name}");
        }
    }
}
