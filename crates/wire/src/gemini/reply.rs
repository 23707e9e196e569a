//! An answer, or the part of one that a stream says at once.

#![expect(missing_docs, reason = "fields are Gemini's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Content, Part};
use crate::error_reply::to_json_pretty;

/// The body of a 200, or one element of a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateReply {
    /// The answers; none if the prompt was blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<Candidate>>,
    /// What is wrong with the prompt, if anything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_feedback: Option<PromptFeedback>,
    /// What it cost so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_metadata: Option<UsageMetadata>,
    /// The model that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<String>,
    /// The same in all parts of a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_id: Option<String>,
}

/// One answer, or its growth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// What the model says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// `STOP`, `MAX_TOKENS`, `SAFETY`, `RECITATION`, `MALFORMED_FUNCTION_CALL`, …; only at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// More about it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_message: Option<String>,
    /// 0-based.
    #[serde(default)]
    pub index: u32,
    /// What the filters think.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety_ratings: Option<Vec<SafetyRating>>,
    /// Mean log probability of its tokens; whole answers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_logprobs: Option<f64>,
}

/// What a filter thinks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyRating {
    /// `HARM_CATEGORY_…`.
    pub category: String,
    /// `NEGLIGIBLE`, `LOW`, `MEDIUM` or `HIGH`.
    pub probability: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
}

/// What is wrong with a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptFeedback {
    /// `SAFETY`, `OTHER`, `BLOCKLIST`, `PROHIBITED_CONTENT`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_reason: Option<String>,
    /// More about it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_reason_message: Option<String>,
    /// What the filters think.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety_ratings: Option<Vec<SafetyRating>>,
}

/// Tokens of one request; in a stream, so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageMetadata {
    /// Of the prompt, cached ones included.
    #[serde(default)]
    pub prompt_token_count: u64,
    /// Of the answers, thoughts not included; missing while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates_token_count: Option<u64>,
    #[serde(default)]
    pub total_token_count: u64,
    /// Read from the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_content_token_count: Option<u64>,
    /// Of the prompt, by kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<Vec<ModalityTokenCount>>,
    /// Thought but not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thoughts_token_count: Option<u64>,
}

/// Tokens of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModalityTokenCount {
    /// `TEXT`, `IMAGE`, …
    pub modality: String,
    pub token_count: u64,
}

impl GenerateReply {
    /// A reply with one answer.
    pub fn new(model: &str, id: &str, parts: Vec<Part>, usage: UsageMetadata) -> Self {
        let content = Some(Content::of_model(parts));
        Self {
            candidates: Some(vec![Candidate { content, ..Candidate::default() }]),
            prompt_feedback: None,
            usage_metadata: Some(usage),
            model_version: Some(model.to_owned()),
            response_id: Some(id.to_owned()),
        }
    }

    /// The reply to a prompt that may not be answered.
    pub fn blocked(model: &str, id: &str, reason: &str, prompt_tokens: u64) -> Self {
        let feedback =
            PromptFeedback { block_reason: Some(reason.to_owned()), ..PromptFeedback::default() };
        Self {
            candidates: None,
            prompt_feedback: Some(feedback),
            usage_metadata: Some(UsageMetadata::of_prompt(prompt_tokens)),
            model_version: Some(model.to_owned()),
            response_id: Some(id.to_owned()),
        }
    }

    /// The same with the first answer's end.
    #[must_use]
    pub fn finished(mut self, reason: &str) -> Self {
        if let Some(candidate) = self.candidates.iter_mut().flatten().next() {
            candidate.finish_reason = Some(reason.to_owned());
        }
        self
    }

    /// The body, indented by two as Google writes it.
    pub fn to_json(&self) -> Bytes {
        to_json_pretty(self)
    }
}

impl UsageMetadata {
    /// Before anything is said.
    pub fn of_prompt(prompt_tokens: u64) -> Self {
        let text = ModalityTokenCount { modality: "TEXT".to_owned(), token_count: prompt_tokens };
        Self {
            prompt_token_count: prompt_tokens,
            total_token_count: prompt_tokens,
            prompt_tokens_details: Some(vec![text]),
            ..Self::default()
        }
    }

    /// The same after so many tokens of answer and of thought.
    #[must_use]
    pub fn after(mut self, answer_tokens: u64, thought_tokens: u64) -> Self {
        self.candidates_token_count = Some(answer_tokens);
        self.thoughts_token_count = (thought_tokens > 0).then_some(thought_tokens);
        self.total_token_count = self.prompt_token_count + answer_tokens + thought_tokens;
        self
    }
}
