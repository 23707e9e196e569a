//! A whole answer, and the usage that whole answers and streams share.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ToolCall;
use crate::{azure::FilterResults, azure::PromptFilterResult, error_reply::to_json};

/// The body of a 200 that is not a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    /// `chatcmpl-…`.
    pub id: String,
    /// Always `chat.completion`.
    pub object: String,
    /// Unix seconds.
    pub created: u64,
    /// The dated snapshot that answered.
    pub model: String,
    /// The answers; `n` of them.
    pub choices: Vec<Choice>,
    /// What it cost; missing from some compatible servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// `default`, `flex`, `priority`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// `fp_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
    /// Azure only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_filter_results: Option<Vec<PromptFilterResult>>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// 0-based.
    pub index: u32,
    /// What the assistant said.
    pub message: ReplyMessage,
    /// Token probabilities, if asked for.
    #[serde(default)]
    pub logprobs: Option<Value>,
    /// `stop`, `length`, `tool_calls`, `content_filter` or `function_call`.
    pub finish_reason: Option<String>,
    /// Azure only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_filter_results: Option<FilterResults>,
    /// What only one provider says, under the names that LiteLLM gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_specific_fields: Option<Value>,
}

/// The assistant's message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplyMessage {
    /// Always `assistant`.
    pub role: String,
    /// The words; null beside tool calls.
    #[serde(default)]
    pub content: Option<String>,
    /// The words of a refusal.
    #[serde(default)]
    pub refusal: Option<String>,
    /// Calls the model makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Citations; an empty list nearly always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Vec<Value>>,
    /// Thoughts, as some compatible servers (DeepSeek, LiteLLM) send them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// The same as Anthropic's blocks, with what it takes to send them back, as LiteLLM sends them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_blocks: Option<Vec<Value>>,
    /// Pictures, as LiteLLM and OpenRouter tell them: `image_url` objects with the bytes in a data URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<Value>>,
    /// What only one provider says, under the names that LiteLLM gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_specific_fields: Option<Value>,
}

/// Tokens of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub completion_tokens: u64,
    pub total_tokens: u64,
    /// Of the prompt's tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<PromptTokensDetails>,
    /// Of the answer's tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_tokens_details: Option<CompletionTokensDetails>,
    /// Of the prompt's tokens, those written to the prompt cache, as LiteLLM says it of Anthropic and Bedrock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Of the prompt's tokens, those read from the prompt cache, as LiteLLM says it of Anthropic and Bedrock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
}

/// Of the prompt's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromptTokensDetails {
    /// Read from the prompt cache, at a lower price.
    #[serde(deserialize_with = "or_none")]
    pub cached_tokens: u64,
    #[serde(deserialize_with = "or_none")]
    pub audio_tokens: u64,
    /// Written to the prompt cache, in OpenAI's and OpenRouter's spelling.
    #[serde(skip_serializing_if = "is_none", deserialize_with = "or_none")]
    pub cache_write_tokens: u64,
    /// The same in LiteLLM's older spelling, which goes along with the other.
    #[serde(skip_serializing_if = "is_none", deserialize_with = "or_none")]
    pub cache_creation_tokens: u64,
}

/// Of the answer's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompletionTokensDetails {
    /// Thought but not said.
    pub reasoning_tokens: u64,
    pub audio_tokens: u64,
    /// Predicted tokens that came true.
    pub accepted_prediction_tokens: u64,
    /// Predicted tokens that did not.
    pub rejected_prediction_tokens: u64,
}

impl ChatReply {
    /// A reply with one answer of plain text.
    pub fn text(id: &str, model: &str, created: u64, content: &str) -> Self {
        let message = ReplyMessage {
            role: "assistant".to_owned(),
            content: Some(content.to_owned()),
            annotations: Some(Vec::new()),
            ..ReplyMessage::default()
        };
        let choice = Choice {
            index: 0,
            message,
            logprobs: None,
            finish_reason: Some("stop".to_owned()),
            content_filter_results: None,
            provider_specific_fields: None,
        };
        Self {
            id: id.to_owned(),
            object: "chat.completion".to_owned(),
            created,
            model: model.to_owned(),
            choices: vec![choice],
            usage: None,
            service_tier: None,
            system_fingerprint: None,
            prompt_filter_results: None,
        }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}

impl Usage {
    /// Usage without details.
    pub const fn new(prompt_tokens: u64, completion_tokens: u64) -> Self {
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens + completion_tokens,
            prompt_tokens_details: None,
            completion_tokens_details: None,
            cache_creation_input_tokens: None,
            cache_read_input_tokens: None,
        }
    }

    /// The same of a prompt of which so many tokens were read from a cache and so many written to one, in every
    /// spelling that clients look for.
    #[must_use]
    pub const fn with_cache(mut self, read: u64, written: u64) -> Self {
        if read > 0 || written > 0 {
            self.prompt_tokens_details = Some(PromptTokensDetails {
                cached_tokens: read,
                audio_tokens: 0,
                cache_write_tokens: written,
                cache_creation_tokens: written,
            });
            self.cache_creation_input_tokens = Some(written);
            self.cache_read_input_tokens = Some(read);
        }
        self
    }

    /// Tokens of the prompt that were read from a cache.
    pub fn cache_read(&self) -> u64 {
        let detailed = self.prompt_tokens_details.map_or(0, |details| details.cached_tokens);
        detailed.max(self.cache_read_input_tokens.unwrap_or_default())
    }

    /// Tokens of the prompt that were written to a cache, in whichever spelling it is said.
    pub fn cache_written(&self) -> u64 {
        let details = self.prompt_tokens_details.unwrap_or_default();
        let detailed = details.cache_write_tokens.max(details.cache_creation_tokens);
        detailed.max(self.cache_creation_input_tokens.unwrap_or_default())
    }

    /// The `usage` member of a whole reply or of a chunk's data, or `None` if it is absent, null or
    /// not readable. Everything else is skipped.
    pub fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Holder {
            usage: Option<Usage>,
        }
        serde_json::from_slice::<Holder>(body).ok()?.usage
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
const fn is_none(tokens: &u64) -> bool {
    *tokens == 0
}

/// Some compatible servers say null for none.
fn or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Option::<u64>::deserialize(deserializer).map(Option::unwrap_or_default)
}
