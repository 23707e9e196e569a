//! Members of a request that are the gateway's: LiteLLM's per-request settings, which no provider knows
//! and some of which (keys, addresses) none may see.
//!
//! Which these are was recorded: what LiteLLM 1.106.2 sends on of all names that it has for a parameter
//! (`gateway_only.txt`, written by `scripts/gateway_only.py`).

use std::sync::LazyLock;

/// The recorded names, in the order of their bytes.
static RECORDED: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("gateway_only.txt").lines().filter(|line| !line.starts_with('#'));
    let mut names: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    names.sort_unstable();
    names
});

/// What the gateway says in other words (`extra_body` is merged into the request), and what LiteLLM keeps only where it
/// is of the type that it wants (`priority` of its queue is a whole number).
const FURTHER: &[&str] = &["extra_body", "priority"];

/// Beginnings of names: prices, keys of callbacks and clouds, tests, and LiteLLM's own.
const PREFIXES: [&str; 10] = [
    "_litellm_",
    "aws_",
    "cache_creation_input_",
    "cache_read_input_",
    "input_cost_per_",
    "langfuse_",
    "langsmith_",
    "litellm_",
    "mock_",
    "output_cost_per_",
];

/// Whether a member of a request is the gateway's, and must never reach a provider.
pub fn is_gateway_only(name: &str) -> bool {
    RECORDED.binary_search(&name).is_ok()
        || FURTHER.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::{FURTHER, RECORDED, is_gateway_only};

    #[test]
    fn every_name_is_found() {
        assert!(RECORDED.len() > 300, "{} names", RECORDED.len());
        assert!(RECORDED.iter().chain(FURTHER).all(|name| is_gateway_only(name)));
        for name in ["mock_response", "litellm_metadata", "_litellm_x", "api_key", "extra_headers"]
        {
            assert!(is_gateway_only(name), "{name}");
        }
        for own in [
            "cache_control",
            "messages",
            "metadata",
            "model",
            "prompt",
            "prompt_cache_retention",
            "store",
            "thinking",
            "tools",
            "user",
        ] {
            assert!(!is_gateway_only(own), "{own}");
        }
    }
}
