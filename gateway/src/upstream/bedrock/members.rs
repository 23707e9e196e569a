//! What becomes of a chat completion's members at Bedrock.

use crate::upstream::members::{Member, refused, same, translated};

/// Every member that is known, in the order of OpenAI's reference, then Bedrock's own.
pub(crate) const CHAT: &[Member] = &[
    translated("model", "a part of the path"),
    translated(
        "messages",
        "instructions become `system`; neighbours with one speaker become one turn; results of tools \
         become the user's; a speaker's `name` stands before the words; pictures and documents go along by their \
         bytes or from `s3://`, thoughts of Claude's as they are, `cache_control` becomes a `cachePoint`; other \
         addresses, audio, files of other providers and `detail: low` are refused",
    ),
    translated("max_tokens", "`inferenceConfig.maxTokens`"),
    translated("max_completion_tokens", "`inferenceConfig.maxTokens`, before the older spelling"),
    translated("temperature", "`inferenceConfig.temperature`, at most 1"),
    translated("top_p", "`inferenceConfig.topP`"),
    translated("stream", "another operation"),
    translated("stream_options", "the usage chunk is made of Bedrock's usage; nothing is padded"),
    translated("stop", "`inferenceConfig.stopSequences`; one of blanks alone is refused"),
    translated(
        "tools",
        "functions become `toolSpec`s, `cache_control` becomes a `cachePoint`; `strict` goes along to Claude from \
         4.5 on and is refused elsewhere, as are other kinds; messages with calls are refused without `tools`",
    ),
    translated(
        "tool_choice",
        "`auto`, `any` or a tool by its name; with `none` the tools are left out, which is refused beside messages \
         with calls; other kinds are refused",
    ),
    refused("parallel_tool_calls", "asks for one call at a time").idle_when_true(),
    translated(
        "response_format",
        "a strict schema becomes `outputConfig.textFormat` at Claude from 4.5 on; any other schema, and \
         `json_object`, become one forced tool whose input is the answer, which is refused beside `tools` or \
         thinking",
    ),
    translated(
        "reasoning_effort",
        "at Claude a budget of thoughts (`minimal` and `low` 1024 tokens, `medium` 2048, `high` 4096, `xhigh` \
         8192), from 4.6 on `adaptive` thinking with that effort; the same word at gpt-oss; refused elsewhere",
    ),
    translated("thinking", "Anthropic's own; goes along to Claude, and is refused elsewhere"),
    translated("top_k", "goes along to Claude, and is refused elsewhere"),
    translated("user", "`requestMetadata.user`; refused with letters that AWS does not take there"),
    translated("safety_identifier", "`requestMetadata.user`, where there is no `user`"),
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
    refused("service_tier", "names a tier of OpenAI's"),
    refused("web_search_options", "asks for OpenAI's search").even_if_empty(),
    refused("prompt_cache_key", "steers OpenAI's cache; write `cache_control`"),
    refused("prompt_cache_retention", "steers OpenAI's cache; write `cache_control`"),
    refused("prompt_cache_options", "steers OpenAI's cache; write `cache_control`"),
    refused("moderation", "asks for OpenAI's moderation").even_if_empty(),
    same("requestMetadata", "Bedrock's own"),
    same("guardrailConfig", "Bedrock's own"),
    same("performanceConfig", "Bedrock's own"),
];
