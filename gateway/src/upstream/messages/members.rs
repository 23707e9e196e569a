//! What becomes of the members of Messages at providers that do not speak them.

use crate::upstream::members::{Member, refused, same, translated};

/// Every member that is known, in the order of Anthropic's reference, where the chat completion goes out as it is.
pub(crate) const AT_OPENAI: &[Member] = &[
    translated("model", "the deployment's own name"),
    translated(
        "messages",
        "words, pictures, PDF files by their bytes, texts, calls and their results go along; a failed result \
         begins with `Error: `; thoughts are not said, since only the model that had them can read them; \
         `cache_control` is not said, since OpenAI caches by itself; `title` and `context` of a document stand \
         before it as words; pictures within results, citations and other blocks are refused",
    ),
    translated("system", "the first message"),
    translated("max_tokens", "`max_tokens`; for models that reason `max_completion_tokens`"),
    translated("stop_sequences", "`stop`; more than four are refused"),
    translated("stream", "`stream`, with `include_usage`"),
    same("temperature", ""),
    same("top_p", ""),
    translated("tools", "functions; Anthropic's own tools are refused"),
    translated("tool_choice", "`auto`, `required`, `none` or a function; `parallel_tool_calls`"),
    translated("metadata", "`user_id` becomes `user`; other names are left out, and named"),
    translated(
        "thinking",
        "`reasoning_effort`, by its budget: `low` below 2048 tokens, `medium` below 4096, else `high`; \
         `adaptive` leaves it to the model; where it is disabled, `none` or `minimal` at the `gpt-5`s that know it, and the \
         header `x-brownout-dropped-params` names it at OpenAI's models that always think",
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

/// The same where the chat completion is translated once more: what becomes of its members there is the provider's
/// own table.
pub(crate) const THROUGH_CHAT: &[Member] = &[
    translated("model", "the deployment's own name"),
    translated(
        "messages",
        "words, pictures, PDF files by their bytes, texts, calls and their results become those of a chat completion,          and go on as these do; a failed result begins with `Error: `; thoughts and `cache_control` go along to Claude,          and are not said elsewhere, since nobody else can read them; `title` and `context` of a document stand before \
         it as words; citations and other blocks are refused",
    ),
    translated("system", "the first message"),
    translated("max_tokens", "`max_tokens` of a chat completion"),
    translated("stop_sequences", "`stop` of a chat completion"),
    translated("stream", "as that of a chat completion; the usage comes at the end"),
    translated("temperature", "`temperature` of a chat completion"),
    translated("top_p", "`top_p` of a chat completion"),
    translated("top_k", "`top_k` of a chat completion"),
    translated("tools", "`tools` of a chat completion; Anthropic's own tools are refused"),
    translated(
        "tool_choice",
        "`tool_choice` of a chat completion, and `parallel_tool_calls`, which is refused where that is",
    ),
    translated(
        "metadata",
        "`user_id` becomes `user` of a chat completion; where that cannot be said, it is left out, as are other names, and the header `x-brownout-dropped-params` names it",
    ),
    translated(
        "thinking",
        "goes along where chat completions know it; else `reasoning_effort`, by its budget: `low` below 2048          tokens, `medium` below 4096, else `high`; `none` where it is disabled; `adaptive` leaves it to the model",
    ),
    translated(
        "output_config",
        "`format` becomes `response_format`; `effort` becomes `reasoning_effort`, in the place of `thinking`",
    ),
    translated("output_format", "`response_format`"),
    translated("service_tier", "not said, since there is only one tier"),
    refused("container", "names a container of Anthropic's"),
    refused("mcp_servers", "names servers that Anthropic calls"),
    refused("context_management", "asks Anthropic to edit the context"),
    refused("inference_geo", "names a place of Anthropic's"),
    refused("speed", "names a speed of Anthropic's"),
    translated(
        "cache_control",
        "not said at the top; within messages and tools it goes along to Claude",
    ),
];
