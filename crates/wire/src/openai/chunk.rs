//! One chunk of a streamed answer.
//!
//! `Option<Option<T>>` keeps null apart from absent where OpenAI does: with `include_usage` every
//! chunk but the last says `"usage": null`, without it none has the member.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Usage;
use crate::{
    azure::FilterOffsets, azure::FilterResults, azure::PromptFilterResult, error_reply::write_json,
    text_or::nullable,
};

/// The data of one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatChunk {
    /// The same in all chunks of a stream; empty in Azure's first one.
    pub id: String,
    /// `chat.completion.chunk`; empty in Azure's first one.
    pub object: String,
    /// Unix seconds; 0 in Azure's first one.
    pub created: u64,
    /// The dated snapshot that answers; empty in Azure's first one.
    pub model: String,
    /// `default`, `flex`, `priority`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// `fp_…`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub system_fingerprint: Option<Option<String>>,
    /// What each answer grows by; empty in the usage chunk and in Azure's first one.
    pub choices: Vec<ChunkChoice>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub usage: Option<Option<Usage>>,
    /// Padding that hides the length of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obfuscation: Option<String>,
    /// Azure only, in the first chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_filter_results: Option<Vec<PromptFilterResult>>,
}

/// What one answer grows by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChunkChoice {
    /// 0-based.
    pub index: u32,
    #[serde(default)]
    pub delta: Delta,
    /// Token probabilities, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub logprobs: Option<Option<Value>>,
    /// Null until the answer's last chunk.
    #[serde(default)]
    pub finish_reason: Option<String>,
    /// Azure only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_filter_results: Option<FilterResults>,
    /// Azure's asynchronous filter only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_filter_offsets: Option<FilterOffsets>,
    /// What only one provider says, under the names that LiteLLM gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_specific_fields: Option<Value>,
}

/// The growth of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// `assistant`, in the first chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub content: Option<Option<String>>,
    /// Words of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub refusal: Option<Option<String>>,
    /// Thoughts, as some compatible servers (DeepSeek, LiteLLM) send them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// What it takes to send the thoughts back, as Anthropic's blocks, as LiteLLM sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_blocks: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCallDelta>>,
    /// Citations of what was said so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Vec<Value>>,
    /// Pictures, as LiteLLM and OpenRouter tell them: `image_url` objects with the bytes in a data URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<Value>>,
    /// What only one provider says, under the names that LiteLLM gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_specific_fields: Option<Value>,
}

/// A piece of a call: the first has id, type and name, later ones only arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCallDelta {
    /// Which call, 0-based.
    pub index: u32,
    /// `call_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Always `function` so far.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDelta>,
}

/// A piece of a function call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionDelta {
    /// The function's name, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The next piece of the arguments' JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}

impl ChatChunk {
    /// A chunk with one empty choice: clone it and fill in what the stream says next.
    pub fn new(id: &str, model: &str, created: u64) -> Self {
        let choice = ChunkChoice { logprobs: Some(None), ..ChunkChoice::default() };
        Self {
            id: id.to_owned(),
            object: "chat.completion.chunk".to_owned(),
            created,
            model: model.to_owned(),
            service_tier: None,
            system_fingerprint: None,
            choices: vec![choice],
            usage: None,
            obfuscation: None,
            prompt_filter_results: None,
        }
    }

    /// The first chunk: the role and no words yet.
    #[must_use]
    pub fn with_role(mut self) -> Self {
        let delta = Delta {
            role: Some("assistant".to_owned()),
            content: Some(Some(String::new())),
            refusal: Some(None),
            ..Delta::default()
        };
        self.set_delta(delta);
        self
    }

    /// A chunk of words.
    #[must_use]
    pub fn with_content(mut self, text: &str) -> Self {
        self.set_delta(Delta { content: Some(Some(text.to_owned())), ..Delta::default() });
        self
    }

    /// The chunk that ends the answer: an empty delta and the reason.
    #[must_use]
    pub fn with_finish(mut self, reason: &str) -> Self {
        self.set_delta(Delta::default());
        for choice in &mut self.choices {
            choice.finish_reason = Some(reason.to_owned());
        }
        self
    }

    /// The chunk after the last answer's end that `include_usage` asks for.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.choices.clear();
        self.usage = Some(Some(usage));
        self
    }

    /// Appends the chunk as a frame.
    pub fn write_frame(&self, out: &mut BytesMut) {
        out.extend_from_slice(b"data: ");
        write_json(out, self);
        out.extend_from_slice(b"\n\n");
    }

    fn set_delta(&mut self, delta: Delta) {
        if let Some(choice) = self.choices.first_mut() {
            choice.delta = delta;
        }
    }
}
