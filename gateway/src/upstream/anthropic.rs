//! Anthropic's requests: path, key and version, and the translation of OpenAI's chat completions to
//! Messages and back.
//!
//! What has no counterpart is left out rather than guessed (`seed`, `logprobs`, penalties, JSON
//! schemas of answers), as LiteLLM does with `drop_params`.

mod reply;
mod request;
mod stream;

pub(super) use reply::reply;
pub(super) use request::request;
pub(super) use stream::Translator;

use http::{HeaderName, HeaderValue};

use super::{RouteError, credential};
use crate::config::Deployment;

/// Accepts an `api_base` with and without `/v1` or the whole path, as LiteLLM does.
pub(super) fn path(deployment: &Deployment) -> String {
    let base = deployment.base_path.trim_end_matches('/');
    let base = base.strip_suffix("/messages").unwrap_or(base);
    let base = base.strip_suffix("/v1").unwrap_or(base);
    format!("{base}{}", wire::anthropic::MESSAGES_PATH)
}

pub(super) fn key(
    deployment: &Deployment,
) -> Result<Option<(HeaderName, HeaderValue)>, RouteError> {
    let Some(key) = &deployment.api_key else { return Ok(None) };
    Ok(Some((HeaderName::from_static(wire::anthropic::API_KEY), credential(key.reveal())?)))
}

/// OpenAI's word for why an answer ended.
fn finish_reason(stop_reason: &str) -> &'static str {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => super::dialect::CONTENT_FILTER,
        // `end_turn`, `stop_sequence`, `pause_turn`, and what later versions add.
        _ => "stop",
    }
}
