//! Who may come in: one master key, presented the ways LiteLLM accepts it.

use http::HeaderMap;

use crate::config::Secret;
use crate::front::refusal::Refusal;

/// Headers that may carry the key, the strongest first. OpenAI's SDKs send the first, Azure's the
/// third, Anthropic's the last.
const CARRIERS: [&str; 4] = ["x-litellm-api-key", "authorization", "api-key", "x-api-key"];

/// Lets a request in, or says why not. Without a master key everybody may come in.
pub(crate) fn check(master_key: Option<&Secret>, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(master_key) = master_key else { return Ok(()) };
    let carried = CARRIERS.iter().find_map(|name| headers.get(*name));
    let Some(presented) = carried.map(|value| without_scheme(value.as_bytes())) else {
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
        _ => value.trim_ascii(),
    }
}

/// Compares without telling by its duration how much was right; the length may show.
fn same(presented: &[u8], expected: &[u8]) -> bool {
    let differing = presented.iter().zip(expected).fold(0, |all, (a, b)| all | (a ^ b));
    let differing = std::hint::black_box(differing);
    presented.len() == expected.len() && differing == 0
}
