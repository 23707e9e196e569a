//! Which offered request a call belongs to. A prompt is its request's, unless a workload repeats prompts on
//! purpose; its clients then also name a `user`, and that is the request's number.
//!
//! Anthropic calls the field `metadata.user_id`, Bedrock has `requestMetadata`. Gemini and Ollama have none: there a repeated
//! prompt counts as a further visit of the request that asked it first.

use std::borrow::Cow;

use serde::Deserialize;
use vocab::PromptId;

/// The request that sent `prompt` in this body.
pub(super) fn request_of(prompt: PromptId, body: &[u8]) -> u64 {
    let PromptId(first) = prompt;
    // A prompt is repeated by later requests only; other people's users are none of our numbers.
    user(body).filter(|request| *request > first).unwrap_or(first)
}

/// The members in which a client names its user.
#[derive(Debug, Deserialize)]
struct Names<'b> {
    #[serde(borrow, default)]
    user: Option<Cow<'b, str>>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'b>>,
    #[serde(borrow, default, rename = "requestMetadata")]
    request_metadata: Option<RequestMetadata<'b>>,
}

/// Bedrock's, in the words of our gateway and of our clients.
#[derive(Debug, Deserialize)]
struct RequestMetadata<'b> {
    #[serde(borrow, default)]
    user: Option<Cow<'b, str>>,
}

#[derive(Debug, Deserialize)]
struct Metadata<'b> {
    #[serde(borrow, default)]
    user_id: Option<Cow<'b, str>>,
}

/// The user's name, if it is a number as we write them.
fn user(body: &[u8]) -> Option<u64> {
    // Most bodies name nobody, and are not read twice for it.
    let named = |member: &str| memchr::memmem::find(body, member.as_bytes()).is_some();
    if !named("\"user\":") && !named("\"user_id\"") {
        return None;
    }
    let Names { user, metadata, request_metadata } = serde_json::from_slice(body).ok()?;
    let name = user.or_else(|| metadata?.user_id).or_else(|| request_metadata?.user)?;
    let number: u64 = name.parse().ok()?;
    (number.to_string() == *name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::request_of;
    use vocab::PromptId;

    #[test]
    fn a_repeated_prompt_belongs_to_the_request_that_its_user_names() {
        for (body, request) in [
            (r#"{"messages":[],"user":"41"}"#, 41),
            (r#"{"messages":[],"metadata":{"user_id":"41"}}"#, 41),
            (r#"{"messages":[],"requestMetadata":{"user":"41"}}"#, 41),
            (r#"{"messages":[]}"#, 7),
            (r#"{"user":"3"}"#, 7),
            (r#"{"user":"041"}"#, 7),
            (r#"{"user":"somebody"}"#, 7),
            (r#"{"messages":[{"role":"user","content":"\"user\":\"41\""}]}"#, 7),
            (r#"{"metadata":{"user":"41"}}"#, 7),
            (r#"{"user":"41""#, 7),
        ] {
            assert_eq!(request_of(PromptId(7), body.as_bytes()), request, "{body}");
        }
    }
}
