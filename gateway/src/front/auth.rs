//! Who may come in: one master key, presented the ways LiteLLM accepts it.
//!
//! It goes no further: no provider gets it, and nothing that is written down has it.

use std::borrow::Cow;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::config::Secret;
use crate::front::refusal::Refusal;

/// Headers that may carry the key, the strongest first. OpenAI's and AWS's SDKs send the second, Azure's the
/// third, Anthropic's the fourth, Google's the last.
const CARRIERS: [&str; 5] =
    ["x-litellm-api-key", "authorization", "api-key", "x-api-key", wire::gemini::API_KEY];

/// Begins AWS's signature, which names the key that it was made with.
const SIGNATURE: &[u8] = b"AWS4-HMAC-SHA256";

/// The key in the query of a path, where Google's clients may put it.
pub(crate) fn in_query(query: &str) -> Option<Cow<'_, [u8]>> {
    let key = query.split('&').find_map(|pair| pair.strip_prefix("key="))?;
    Some(percent_decode_str(key).into())
}

/// Lets a request in, or says why not. Without a master key everybody may come in. `asked` is the key that the path
/// brings, for requests without a header that carries one.
pub(crate) fn check(
    master_key: Option<&Secret>,
    headers: &HeaderMap,
    asked: Option<&[u8]>,
) -> Result<(), Refusal> {
    let Some(master_key) = master_key else { return Ok(()) };
    let carried = CARRIERS.iter().find_map(|name| headers.get(*name));
    let Some(presented) = carried.map(|value| without_scheme(value.as_bytes())).or(asked) else {
        return Err(Refusal::unauthorized("auth_error", "No api key passed in."));
    };
    if same(presented, master_key.reveal().as_bytes()) {
        return Ok(());
    }
    if presented.starts_with(b"sk-") {
        let text = "Invalid proxy server token passed. Unable to find token in cache or database.";
        Err(Refusal::unauthorized("token_not_found_in_db", text))
    } else {
        let text =
            "LiteLLM Virtual Key expected: it starts with 'sk-'. The key passed in does not.";
        Err(Refusal::unauthorized("auth_error", text))
    }
}

fn without_scheme(value: &[u8]) -> &[u8] {
    match value.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"bearer ") => rest.trim_ascii(),
        _ if value.starts_with(SIGNATURE) => signed_with(value).unwrap_or(value),
        _ => value.trim_ascii(),
    }
}

/// The id of the key that made a signature: it is the gateway's key, as LiteLLM has it, behind `Bearer` or not. The
/// signature itself is not looked at, since it is made with a secret that nobody told us.
fn signed_with(value: &[u8]) -> Option<&[u8]> {
    const CREDENTIAL: &[u8] = b"Credential=";
    let at = memchr::memmem::find(value, CREDENTIAL)? + CREDENTIAL.len();
    let rest = value.get(at..)?;
    let rest = rest.strip_prefix(b"Bearer ").unwrap_or(rest).trim_ascii_start();
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b',' | b' '))?;
    rest.get(..end)
}

/// Compares without telling by its duration how much was right; the length may show.
fn same(presented: &[u8], expected: &[u8]) -> bool {
    let differing = presented.iter().zip(expected).fold(0, |all, (a, b)| all | (a ^ b));
    let differing = std::hint::black_box(differing);
    presented.len() == expected.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::{in_query, without_scheme};

    #[test]
    fn a_key_is_found_in_whatever_carries_it() {
        let signed = |id: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={id}/20261127/us-east-1/bedrock/aws4_request, \
                 SignedHeaders=host, Signature=00"
            )
        };
        let (plain, after_bearer) = (signed("sk-1"), signed("Bearer sk-1"));
        for value in ["sk-1", "Bearer sk-1", "bearer  sk-1 ", &plain, &after_bearer] {
            assert_eq!(without_scheme(value.as_bytes()), b"sk-1", "{value}");
        }
        let nameless = "AWS4-HMAC-SHA256 SignedHeaders=host";
        assert_eq!(without_scheme(nameless.as_bytes()), nameless.as_bytes());
    }

    #[test]
    fn a_key_in_a_query_is_unescaped() {
        for (query, key) in [
            ("key=sk-1", Some("sk-1")),
            ("alt=sse&key=sk%2D1&x=y", Some("sk-1")),
            ("monkey=sk-1", None),
            ("", None),
        ] {
            assert_eq!(in_query(query).as_deref(), key.map(str::as_bytes), "{query}");
        }
    }
}
