//! What becomes of the members of Converse at providers that do not speak it. Those of `inferenceConfig`, `toolConfig` and
//! `additionalModelRequestFields` are told apart.

use crate::upstream::members::{Member, refused, translated};

/// Every member that is known, in the order of AWS's reference. A request becomes one of Messages; what becomes of that is
/// told there.
pub(crate) const MEMBERS: &[Member] = &[
    translated("modelId", "the path names it"),
    translated(
        "messages",
        "words, pictures and documents by their bytes, calls and their results become those of Messages, thoughts \
         become `thinking`, and a `cachePoint` marks what stands before it; objects at S3, videos, audio, citations and \
         what guardrails look at are refused",
    ),
    translated("system", "`system`"),
    translated("inferenceConfig.maxTokens", "`max_tokens`"),
    translated("inferenceConfig.temperature", "`temperature`"),
    translated("inferenceConfig.topP", "`top_p`"),
    translated("inferenceConfig.stopSequences", "`stop_sequences`"),
    translated("toolConfig.tools", "`tools`; tools that AWS runs are refused"),
    translated("toolConfig.toolChoice", "`tool_choice`"),
    translated("additionalModelRequestFields.top_k", "`top_k`"),
    translated("additionalModelRequestFields.thinking", "`thinking`"),
    translated("outputConfig", "a schema becomes `output_config.format`; other forms are refused"),
    translated(
        "requestMetadata",
        "`user` of it becomes `metadata.user_id`; other names are refused",
    ),
    translated("performanceConfig", "`standard` asks for nothing; `optimized` is refused"),
    translated("serviceTier", "`default` asks for nothing; others are refused"),
    refused("guardrailConfig", "names a guardrail of AWS's"),
    refused("promptVariables", "fills in a prompt that AWS keeps"),
    refused("additionalModelResponseFieldPaths", "asks for members of another answer"),
];
