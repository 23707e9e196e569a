//! What becomes of a chat completion's members at Gemini.

use crate::upstream::members::{Member, refused, same, translated};

/// Every member that is known, in the order of OpenAI's reference, then those of Gemini's own.
pub(crate) const CHAT: &[Member] = &[
    translated("model", "a part of the path"),
    translated(
        "messages",
        "instructions become `systemInstruction`; neighbours with one speaker become one turn; results of \
         tools become `functionResponse`s, with their pictures and files beside them; a speaker's `name` stands before the words; pictures, files \
         and audio go along by their bytes, or by an address that Google keeps (`gs://`, the Files API, \
         YouTube), with the media type that `format` says or, at `gs://`, that the name ends in; what Gemini signed \
         of a thought goes back, from `thought_signature` of a call's `provider_specific_fields` or of \
         `extra_content.google`, too; the names of files are not said; other addresses, files of other providers, \
         `detail: low` and `cache_control` are refused",
    ),
    translated("max_tokens", "`maxOutputTokens`"),
    translated("max_completion_tokens", "`maxOutputTokens`, before the older spelling"),
    translated("temperature", "`temperature`"),
    translated("top_p", "`topP`"),
    translated("stream", "another method"),
    translated("stream_options", "the usage chunk is made of Gemini's usage; nothing is padded"),
    translated("stop", "`stopSequences`"),
    translated("n", "`candidateCount`; more than one is refused in a stream"),
    translated("seed", "`seed`"),
    translated("frequency_penalty", "`frequencyPenalty`"),
    translated("presence_penalty", "`presencePenalty`"),
    translated(
        "tools",
        "functions become `parametersJsonSchema`; where one is `strict`, calls are `VALIDATED`; other kinds \
         are refused",
    ),
    translated(
        "tool_choice",
        "`AUTO`, `ANY`, `NONE`, or `ANY` with one name; other kinds are refused",
    ),
    refused("parallel_tool_calls", "asks for one call at a time").idle_when_true(),
    translated("response_format", "`responseMimeType` and `responseJsonSchema`"),
    translated(
        "reasoning_effort",
        "`thinkingConfig`: a budget (`none` 0, `minimal` and `low` 1024 tokens, `medium` 8192, `high` 24576), \
         from model 3 on a `thinkingLevel`",
    ),
    translated("thinking", "Anthropic's; its budget becomes `thinkingBudget`"),
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
    refused("service_tier", "names a tier that only OpenAI has"),
    translated(
        "web_search_options",
        "`googleSearch`; `search_context_size` is left out, and named; `user_location` is refused, and so is a search beside \
         `tools`",
    ),
    refused("prompt_cache_key", "steers OpenAI's cache"),
    refused("prompt_cache_retention", "steers OpenAI's cache"),
    refused("prompt_cache_options", "steers OpenAI's cache"),
    refused("moderation", "asks for OpenAI's moderation").even_if_empty(),
    translated("top_k", "`topK`"),
    same("safety_settings", "Gemini's own, `safetySettings`"),
    same("cached_content", "Gemini's own, `cachedContent`"),
];
