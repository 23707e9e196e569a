//! Anthropic's rate-limit headers. Resets are moments in RFC 3339, here in unix seconds.

use crate::{
    Window,
    rfc3339::{format_rfc3339, parse_rfc3339},
};

/// The four dimensions of the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests per minute.
    pub requests: Window<u64>,
    /// The most restrictive of the two token limits.
    pub tokens: Window<u64>,
    /// Prompt tokens per minute; what the cache gave does not count.
    pub input_tokens: Window<u64>,
    /// Answer tokens per minute.
    pub output_tokens: Window<u64>,
}

impl RateLimits {
    /// The headers that say this.
    pub fn to_headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::with_capacity(12);
        for (window, [limit, remaining, reset]) in [
            (self.requests, REQUESTS),
            (self.tokens, TOKENS),
            (self.input_tokens, INPUT_TOKENS),
            (self.output_tokens, OUTPUT_TOKENS),
        ] {
            headers.extend(window.limit.map(|value| (limit, value.to_string())));
            headers.extend(window.remaining.map(|value| (remaining, value.to_string())));
            headers.extend(window.reset.map(|unix_s| (reset, format_rfc3339(unix_s))));
        }
        headers
    }

    /// Reads whatever is there; what is absent or unreadable stays `None`. `get` looks a header up
    /// by its lower-case name.
    pub fn read<'h>(get: impl Fn(&str) -> Option<&'h str>) -> Self {
        let window = |[limit, remaining, reset]: Names| {
            let number = |name| get(name).and_then(|value: &str| value.trim().parse().ok());
            let reset = get(reset).and_then(|value| parse_rfc3339(value.trim()));
            Window { limit: number(limit), remaining: number(remaining), reset }
        };
        Self {
            requests: window(REQUESTS),
            tokens: window(TOKENS),
            input_tokens: window(INPUT_TOKENS),
            output_tokens: window(OUTPUT_TOKENS),
        }
    }
}

/// Header names of a dimension's limit, remainder and reset.
type Names = [&'static str; 3];

const REQUESTS: Names = [
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
];
const TOKENS: Names = [
    "anthropic-ratelimit-tokens-limit",
    "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-tokens-reset",
];
const INPUT_TOKENS: Names = [
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset",
];
const OUTPUT_TOKENS: Names = [
    "anthropic-ratelimit-output-tokens-limit",
    "anthropic-ratelimit-output-tokens-remaining",
    "anthropic-ratelimit-output-tokens-reset",
];
