//! What becomes of a chat completion's members at Anthropic.

use crate::upstream::members::{Member, refused, same, translated};

/// Every member that is known, in the order of OpenAI's reference, then Anthropic's own.
pub(crate) const CHAT: &[Member] = &[
    translated("model", "the deployment's own name"),
    translated(
        "messages",
        "instructions become `system`; neighbours with one speaker become one turn; results of tools \
         become the user's; a speaker's `name` stands before the words; pictures, PDF files by their \
         bytes, thoughts and `cache_control` go along; audio, other files and `detail: low` are refused",
    ),
    translated("max_tokens", "`max_tokens`; 4096 where neither spelling is given"),
    translated("max_completion_tokens", "`max_tokens`, before the older spelling"),
    translated("temperature", "`temperature`, at most 1"),
    same("top_p", ""),
    same("stream", ""),
    translated("stream_options", "the usage chunk is made of Anthropic's usage; nothing is padded"),
    translated("stop", "`stop_sequences`; one of blanks alone is refused"),
    translated(
        "tools",
        "functions become `input_schema`, `strict`, `cache_control`, `defer_loading`, `allowed_callers`, \
         `eager_input_streaming` and `input_examples` go along; Anthropic's own tools \
         go along as they are; other kinds are refused",
    ),
    translated(
        "tool_choice",
        "`auto`, `any`, `none` or a tool by its name; other kinds are refused",
    ),
    translated("parallel_tool_calls", "`disable_parallel_tool_use`"),
    translated(
        "response_format",
        "a strict schema becomes `output_config.format` where the model has it (from 4.5 on); any other \
         schema, and `json_object`, become one forced tool whose input is the answer, which is refused \
         beside `tools` or thinking",
    ),
    translated(
        "reasoning_effort",
        "a budget of thoughts (`minimal` and `low` 1024 tokens, `medium` 2048, `high` 4096, `xhigh` \
         8192), from model 4.6 on `adaptive` thinking with that effort; refused before model 3.7",
    ),
    translated("user", "`metadata.user_id`"),
    translated("safety_identifier", "`metadata.user_id`, where there is no `user`"),
    translated(
        "service_tier",
        "`auto` and `default` become `auto` and `standard_only`; others are refused",
    ),
    refused("n", "asks for several answers").idle_at(1),
    translated("functions", "`tools`; calls come back as `function_call`, of several the first"),
    translated("function_call", "`tool_choice`"),
    refused("seed", "asks for sampling that can be repeated").even_if_empty(),
    refused("frequency_penalty", "asks for a penalty"),
    refused("presence_penalty", "asks for a penalty"),
    refused("logit_bias", "asks for biased sampling"),
    refused("logprobs", "asks for probabilities"),
    refused("top_logprobs", "asks for probabilities"),
    refused("modalities", "asks for more than words").idle_as("text"),
    refused("audio", "asks for speech"),
    refused("prediction", "names a predicted answer"),
    refused("store", "asks the provider to keep the answer"),
    refused("verbosity", "asks for a length of answers"),
    translated(
        "web_search_options",
        "Anthropic's tool `web_search_20250305`; `search_context_size` becomes `max_uses` (`low` 1, `medium` 5, `high` \
         10), `approximate` of `user_location` its `user_location`; refused on Bedrock",
    ),
    refused("prompt_cache_key", "steers OpenAI's cache; write `cache_control`"),
    refused("prompt_cache_retention", "steers OpenAI's cache; write `cache_control`"),
    refused("prompt_cache_options", "steers OpenAI's cache; write `cache_control`"),
    refused("moderation", "asks for OpenAI's moderation").even_if_empty(),
    same("thinking", "Anthropic's own"),
    same("top_k", "Anthropic's own"),
    same("cache_control", "Anthropic's own"),
    same("output_config", "Anthropic's own"),
    same("mcp_servers", "Anthropic's own"),
    same("container", "Anthropic's own"),
    same("context_management", "Anthropic's own"),
    same("inference_geo", "Anthropic's own"),
    same("speed", "Anthropic's own"),
];
