//! Which members of a request an endpoint knows, of those that a deployment may add: names alone, after litellm
//! 1.106 (`types/llms/anthropic.py`, `types/llms/openai.py`, `main.py`). What LiteLLM adds to a request is filtered
//! by these lists, so that a deployment's parameters for one endpoint are no mistake at another.

use crate::endpoint::{Endpoint, Kind, Wording};

/// What of the parameters of chat completions the older text completions know, too.
const OF_COMPLETIONS: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "max_tokens",
    "n",
    "presence_penalty",
    "seed",
    "stop",
    "stream_options",
    "temperature",
    "top_p",
    "user",
];

/// What Anthropic's Messages know (`AnthropicMessagesRequestOptionalParams`); a word on how hard to think is
/// Anthropic's own there.
const OF_MESSAGES: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "metadata",
    "output_config",
    "output_format",
    "speed",
    "stop_sequences",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// What the Responses API knows (`ResponsesAPIOptionalRequestParams`), without what continues an earlier response.
const OF_RESPONSES: &[&str] = &[
    "context_management",
    "include",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// What an endpoint knows of such names.
enum Knows {
    /// All of them.
    All,
    /// These.
    These(&'static [&'static str]),
    /// None.
    None,
}

impl Knows {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.contains(&name),
            Self::None => false,
        }
    }
}

/// Of members in the words of an endpoint, those that it has a list of.
fn listed(endpoint: Endpoint) -> Knows {
    let row = endpoint.row();
    match (row.kind, row.wording) {
        (Kind::Count, _) => Knows::None,
        (Kind::Answer, Wording::Anthropic) => Knows::These(OF_MESSAGES),
        (Kind::Answer, Wording::Events) => Knows::These(OF_RESPONSES),
        (Kind::Answer | Kind::Text | Kind::Vectors | Kind::OpenAisOwn, _) => Knows::All,
    }
}

/// Whether a request to `endpoint` may have a parameter of a deployment, in the words of that endpoint. LiteLLM keeps
/// the `metadata` of a chat completion to itself. What Google's and AWS's know of it stands within other members.
pub(super) fn takes_default(endpoint: Endpoint, name: &str) -> bool {
    match endpoint.row().kind {
        Kind::Text => OF_COMPLETIONS.contains(&name),
        Kind::Vectors | Kind::OpenAisOwn | Kind::Count => false,
        Kind::Answer if endpoint == Endpoint::Chat => name != "metadata",
        Kind::Answer => listed(endpoint).has(name),
    }
}

/// Whether a call of a provider's `endpoint` may have a member that is no setting of LiteLLM's.
pub(super) fn takes_unknown(endpoint: Endpoint, name: &str) -> bool {
    listed(endpoint).has(name)
}

/// Whether a call of a provider's `endpoint` may have `extra_body`: LiteLLM's Messages take none.
pub(super) fn takes_extra_body(endpoint: Endpoint) -> bool {
    let row = endpoint.row();
    row.kind != Kind::Count && row.wording != Wording::Anthropic
}
