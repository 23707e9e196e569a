//! `POST /v1/moderations`: what a text is suspected of.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error_reply::to_json;

/// Path under `https://api.openai.com`.
pub const MODERATIONS_PATH: &str = "/v1/moderations";

/// What `omni-moderation-latest` looks for.
pub const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// The body. Members we know nothing of are skipped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModerationRequest {
    /// Model name; `omni-moderation-latest` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// A text, a list of texts, or a list of parts.
    pub input: Value,
}

/// The body of a 200.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModerationReply {
    /// `modr-…`.
    pub id: String,
    /// The model that judged.
    pub model: String,
    /// One per text; parts are judged together.
    pub results: Vec<Moderation>,
}

/// What one text is suspected of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moderation {
    pub flagged: bool,
    pub categories: BTreeMap<String, bool>,
    /// By category, how much: 0 to 1.
    pub category_scores: BTreeMap<String, f64>,
    /// By category, which kinds of input were looked at: `text`, `image`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_applied_input_types: Option<BTreeMap<String, Vec<String>>>,
}

impl Moderation {
    /// A text that is suspected of `category`, or of nothing.
    pub fn suspecting(category: Option<&str>) -> Self {
        let each = |name: &str| (name.to_owned(), Some(name) == category);
        let categories: BTreeMap<_, _> = CATEGORIES.into_iter().map(each).collect();
        let score = |(name, flagged): (&String, &bool)| {
            (name.clone(), if *flagged { 0.98 } else { 0.000_01 })
        };
        let texts = |name: &str| (name.to_owned(), vec!["text".to_owned()]);
        Self {
            flagged: category.is_some(),
            category_scores: categories.iter().map(score).collect(),
            category_applied_input_types: Some(CATEGORIES.into_iter().map(texts).collect()),
            categories,
        }
    }
}

impl ModerationReply {
    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}
