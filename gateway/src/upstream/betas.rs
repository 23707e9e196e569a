//! What clients and configs want to try of Anthropic's API, by the header `anthropic-beta`. Anthropic reads the header,
//! Bedrock a member of the body; nobody else knows such a thing.
//!
//! It must never know what a beta does.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use vocab::Protocol;
use wire::anthropic::BETA;

use crate::endpoint::Endpoint;

/// The member in which Bedrock wants them.
const MEMBER: &str = "anthropic_beta";

/// Betas that Bedrock knows; it refuses requests that name others (AWS's "Anthropic Claude Messages API", and LiteLLM
/// 1.106.2's `anthropic_beta_headers_config.json`).
const KNOWN_AT_BEDROCK: [&str; 16] = [
    "compact-2026-01-12",
    "computer-use-2024-10-22",
    "computer-use-2025-01-24",
    "computer-use-2025-11-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "dev-full-thinking-2025-05-14",
    "effort-2025-11-24",
    "fine-grained-tool-streaming-2025-05-14",
    "interleaved-thinking-2025-05-14",
    "mid-conversation-tool-changes-2026-07-01",
    "output-128k-2025-02-19",
    "thinking-display-updates-2026-08-18",
    "token-efficient-tools-2025-02-19",
    "tool-examples-2025-10-29",
    "tool-search-tool-2025-10-19",
];

/// The betas that headers name.
fn named(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(BETA).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).filter(|one| !one.is_empty())
}

/// The client's headers, with the betas of the config beside those of the client.
pub(super) fn joined<'h>(config: &HeaderMap, client: &'h HeaderMap) -> Cow<'h, HeaderMap> {
    let mut all: Vec<&str> = Vec::new();
    for beta in named(config).chain(named(client)) {
        if !all.contains(&beta) {
            all.push(beta);
        }
    }
    match HeaderValue::try_from(all.join(",")) {
        Ok(value) if named(config).next().is_some() => {
            let mut joined = client.clone();
            joined.insert(HeaderName::from_static(BETA), value);
            Cow::Owned(joined)
        }
        Ok(_) | Err(_) => Cow::Borrowed(client),
    }
}

/// Puts the betas of headers where Bedrock looks for them. Answers with those that it does not know, which are left out.
pub(super) fn written(members: &mut Map<String, Value>, headers: &HeaderMap) -> Vec<Box<str>> {
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        named(headers).partition(|beta| KNOWN_AT_BEDROCK.contains(beta));
    if !known.is_empty()
        && let Value::Array(list) = members.entry(MEMBER).or_insert_with(|| json!([]))
    {
        let new: Vec<&str> =
            known.into_iter().filter(|beta| !list.iter().any(|own| own == beta)).collect();
        list.extend(new.into_iter().map(Value::from));
    }
    unknown.into_iter().map(left_out).collect()
}

/// Puts the client's headers among those of a request. Answers with the betas that nobody there knows: what the config says
/// itself goes along.
pub(super) fn told(
    (protocol, by): (Protocol, Endpoint),
    relayed: &HeaderMap,
    headers: &mut HeaderMap,
) -> Vec<Box<str>> {
    match protocol {
        Protocol::Anthropic => headers.extend(relayed.clone()),
        // They stand in the body.
        Protocol::Bedrock if by != Endpoint::Converse => drop(headers.remove(BETA)),
        Protocol::Bedrock => {}
        Protocol::OpenAi | Protocol::Azure | Protocol::Gemini | Protocol::Ollama => {
            let config: Vec<&str> = named(headers).collect();
            return named(relayed).filter(|beta| !config.contains(beta)).map(left_out).collect();
        }
    }
    Vec::new()
}

/// All betas of headers, where nobody knows any.
pub(super) fn unknown(headers: &HeaderMap) -> impl Iterator<Item = Box<str>> {
    named(headers).map(left_out)
}

/// What is told of a beta that was left out.
fn left_out(beta: &str) -> Box<str> {
    format!("{BETA}:{beta}").into()
}
