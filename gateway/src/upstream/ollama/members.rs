//! What becomes of a chat completion's members at Ollama.

use crate::upstream::members::{Member, refused, same, translated};

/// Every member that is known, in the order of OpenAI's reference, then Ollama's own.
pub(crate) const CHAT: &[Member] = &[
    same("model", ""),
    translated(
        "messages",
        "parts of words become one text; pictures go along by their bytes, \
         `reasoning_content` becomes `thinking`; thoughts of other providers, \
         `cache_control`, audio, files, addresses and `detail: low` are refused",
    ),
    translated("max_tokens", "`options.num_predict`"),
    translated("max_completion_tokens", "`options.num_predict`, before the older spelling"),
    translated("temperature", "`options.temperature`"),
    translated("top_p", "`options.top_p`"),
    translated("top_k", "`options.top_k`"),
    translated("seed", "`options.seed`"),
    translated("stop", "`options.stop`"),
    translated("frequency_penalty", "`options.frequency_penalty`"),
    translated("presence_penalty", "`options.presence_penalty`"),
    same("stream", "said always, since Ollama streams where nobody says"),
    translated("stream_options", "the usage chunk is made of Ollama's counts; nothing is padded"),
    translated("tools", "functions as they are; `strict` and other kinds are refused"),
    translated(
        "tool_choice",
        "`auto`; with `none` the tools are left out; others are refused, since Ollama forces no call",
    ),
    refused("parallel_tool_calls", "asks for one call at a time").idle_when_true(),
    translated("response_format", "`format`: `json`, or the schema"),
    translated("reasoning_effort", "`think`: false for `none`, the word at gpt-oss, else true"),
    refused("n", "asks for several answers").idle_at(1),
    translated("functions", "`tools`; calls come back as `function_call`, of several the first"),
    translated("function_call", "`tool_choice`"),
    refused("user", "names an end user"),
    refused("safety_identifier", "names an end user"),
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
    refused("prompt_cache_key", "steers OpenAI's cache"),
    refused("prompt_cache_retention", "steers OpenAI's cache"),
    refused("prompt_cache_options", "steers OpenAI's cache"),
    refused("moderation", "asks for OpenAI's moderation").even_if_empty(),
    same("keep_alive", "Ollama's own"),
    same("think", "Ollama's own"),
    translated("num_ctx", "Ollama's own, `options.num_ctx`"),
];
