//! What becomes of the members of Responses where chat completions are translated once more.

use crate::upstream::members::{Member, refused, translated};

/// Every member that is known, in the order of OpenAI's reference: what becomes of a chat completion's members is the
/// provider's own table.
pub(super) const THROUGH_CHAT: &[Member] = &[
    translated("model", "the deployment's own name"),
    translated(
        "input",
        "messages, pictures, files, audio, calls of functions and what came of them become those of a chat completion, \
         and go on as these do; thoughts are not said, since only the model that had them can read them; other items are \
         refused",
    ),
    translated("instructions", "the first message"),
    translated("max_output_tokens", "`max_completion_tokens` of a chat completion"),
    translated("stream", "as that of a chat completion"),
    translated("stream_options", "the usage comes with the last event; nothing is padded"),
    translated("temperature", "`temperature` of a chat completion"),
    translated("top_p", "`top_p` of a chat completion"),
    translated("tools", "`tools` of a chat completion; tools that OpenAI runs are refused"),
    translated(
        "tool_choice",
        "`tool_choice` of a chat completion; other tools than functions are refused",
    ),
    translated("parallel_tool_calls", "`parallel_tool_calls` of a chat completion"),
    translated("text", "`format` becomes `response_format`, `verbosity` the member of that name"),
    translated(
        "reasoning",
        "`effort` becomes `reasoning_effort`; a summary is shown where the provider shows thoughts",
    ),
    translated("user", "`user` of a chat completion; left out by name where that cannot be said"),
    translated("safety_identifier", "the same"),
    translated("prompt_cache_key", "the same"),
    translated("service_tier", "`service_tier` of a chat completion; `auto` is not said"),
    translated("store", "nothing is kept, and the answer says so"),
    translated("metadata", "not said, since nothing is kept that it could be found by"),
    translated(
        "include",
        "`reasoning.encrypted_content` is not said, since nobody else has that; others are refused",
    ),
    translated("truncation", "`disabled` is not said; `auto` is refused"),
    refused("previous_response_id", "names a response that OpenAI keeps"),
    refused("conversation", "names a conversation that OpenAI keeps"),
    refused("prompt", "names a prompt that OpenAI keeps"),
    refused("background", "asks for an answer that is fetched later"),
    refused("max_tool_calls", "bounds calls of tools that OpenAI runs"),
    refused("top_logprobs", "asks for probabilities"),
    refused("context_management", "asks OpenAI to edit the context"),
    refused("prompt_cache_retention", "steers OpenAI's cache"),
];
