//! What becomes of the members of Messages at providers that speak chat completions.

use crate::upstream::members::{Member, refused, same, translated};

/// Every member that is known, in the order of Anthropic's reference.
pub(crate) const MESSAGES: &[Member] = &[
    translated("model", "the deployment's own name"),
    translated(
        "messages",
        "words, pictures, PDF files by their bytes, texts, calls and their results go along; a failed result \
         begins with `Error: `; thoughts are not said, since only the model that had them can read them; \
         `cache_control` is not said, since OpenAI caches by itself; pictures within results and other \
         blocks are refused",
    ),
    translated("system", "the first message"),
    translated("max_tokens", "`max_tokens`; for models that reason `max_completion_tokens`"),
    translated("stop_sequences", "`stop`; more than four are refused"),
    translated("stream", "`stream`, with `include_usage`"),
    same("temperature", ""),
    same("top_p", ""),
    translated("tools", "functions; Anthropic's own tools are refused"),
    translated("tool_choice", "`auto`, `required`, `none` or a function; `parallel_tool_calls`"),
    translated("metadata", "`user_id` becomes `user`"),
    translated(
        "thinking",
        "`reasoning_effort`, by its budget: `low` below 2048 tokens, `medium` below 4096, else `high`; \
         `adaptive` leaves it to the model",
    ),
    translated(
        "output_config",
        "`format` becomes `response_format`, `effort` becomes `reasoning_effort`",
    ),
    translated("output_format", "`response_format`"),
    translated("service_tier", "`auto` and `standard_only` become `auto` and `default`"),
    refused("top_k", "asks for sampling from the best so many"),
    refused("container", "names a container of Anthropic's"),
    refused("mcp_servers", "names servers that Anthropic calls"),
    refused("context_management", "asks Anthropic to edit the context"),
    refused("inference_geo", "names a place of Anthropic's"),
    refused("speed", "names a speed of Anthropic's"),
    translated("cache_control", "not said, since OpenAI caches by itself"),
];
