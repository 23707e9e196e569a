//! What becomes of the members of generateContent at providers that do not speak it. Those of `generationConfig` and
//! `toolConfig` are told apart.

use crate::upstream::members::{Member, refused, translated};

/// Every member that is known, in the order of Google's reference. What chat completions are made of here, and what
/// becomes of their members where these are translated once more, is the provider's own table.
pub(crate) const MEMBERS: &[Member] = &[
    translated("model", "the path names it"),
    translated(
        "contents",
        "words, calls, their results, pictures, audio and files by their bytes, pictures by their address; results of \
         calls without an id answer the earliest call of that name; thoughts go along to Claude, which proves them by \
         their `thoughtSignature`, and are not said elsewhere, since only the model that had them can read them; \
         videos and what Google ran itself are refused",
    ),
    translated("systemInstruction", "the first message"),
    translated(
        "tools",
        "functions; schemas in Google's own words become JSON schemas; tools that Google runs are refused",
    ),
    translated(
        "toolConfig.functionCallingConfig",
        "`AUTO`, `ANY` and `NONE` become `auto`, `required` and `none`; of functions that are allowed by name the others \
         are left out of `tools`; `VALIDATED` makes functions `strict`",
    ),
    refused("toolConfig.retrievalConfig", "steers a search of Google's"),
    refused("toolConfig.includeServerSideToolInvocations", "asks for calls that Google makes"),
    translated(
        "safetySettings",
        "not said where nothing is to be blocked (`BLOCK_NONE`, `OFF`), since others filter by themselves; refused \
         where something is",
    ),
    refused("cachedContent", "names contents that Google keeps"),
    refused("labels", "names labels of Google's bills"),
    translated(
        "generationConfig.maxOutputTokens",
        "`max_tokens`; for models that reason `max_completion_tokens`",
    ),
    translated("generationConfig.temperature", "`temperature`"),
    translated("generationConfig.topP", "`top_p`"),
    translated(
        "generationConfig.topK",
        "`top_k` where chat completions know it; refused at OpenAI",
    ),
    translated("generationConfig.candidateCount", "`n`; more than one is refused in a stream"),
    translated("generationConfig.stopSequences", "`stop`; more than four are refused at OpenAI"),
    translated("generationConfig.seed", "`seed`"),
    translated("generationConfig.presencePenalty", "`presence_penalty`"),
    translated("generationConfig.frequencyPenalty", "`frequency_penalty`"),
    translated(
        "generationConfig.responseMimeType",
        "`application/json` without a schema becomes `json_object`; others than that and `text/plain` are refused",
    ),
    translated(
        "generationConfig.responseSchema",
        "`response_format`, as a JSON schema; `strict` where it demands every member of every object",
    ),
    translated("generationConfig.responseJsonSchema", "the same"),
    translated(
        "generationConfig.thinkingConfig",
        "`thinkingLevel` becomes `reasoning_effort`; `thinkingBudget` goes along where chat completions know budgets, and \
         else becomes `low` below 2048 tokens, `medium` below 4096, `high`; 0 is `none`, `minimal` \
         at the `gpt-5`s that know no `none`, not said to models of which nothing is known, and named by the header \
         `x-brownout-dropped-params` at OpenAI's models that always think; -1 leaves it to the model, and so is whether \
         thoughts are shown",
    ),
    refused("generationConfig.responseLogprobs", "asks for probabilities"),
    refused("generationConfig.logprobs", "asks for probabilities"),
    refused("generationConfig.responseModalities", "asks for more than words").idle_as("TEXT"),
    refused("generationConfig.speechConfig", "asks for speech"),
    refused("generationConfig.imageConfig", "asks for pictures"),
    refused("generationConfig.mediaResolution", "asks for a resolution of pictures"),
    refused("generationConfig.audioTimestamp", "asks for times of what is heard"),
    refused("generationConfig.routingConfig", "steers Google's choice of a model"),
    refused("generationConfig.modelSelectionConfig", "steers Google's choice of a model"),
    refused("generationConfig.enableEnhancedCivicAnswers", "asks for answers of Google's own"),
];
