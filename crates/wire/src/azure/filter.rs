//! What Azure's content filter adds to prompts, chunks and replies.

#![expect(missing_docs, reason = "fields are Azure's own, under the names of its reference")]

use serde::{Deserialize, Serialize};

/// The filter's opinion of one prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptFilterResult {
    /// 0-based.
    pub prompt_index: u32,
    pub content_filter_results: FilterResults,
}

/// The filter's opinion by category; a category that was not checked is absent, and an annotation
/// may be wholly empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterResults {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hate: Option<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_harm: Option<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sexual: Option<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violence: Option<Severity>,
    /// Attempts to talk the model out of its rules; prompts only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jailbreak: Option<Detection>,
    /// Known text, quoted; answers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected_material_text: Option<Detection>,
    /// Known code, quoted; answers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected_material_code: Option<Detection>,
    /// The filter itself failed; the answer comes unfiltered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FilterUnavailable>,
}

/// A graded category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Severity {
    /// Whether it made the filter block.
    pub filtered: bool,
    /// `safe`, `low`, `medium` or `high`.
    pub severity: String,
}

/// A category that is there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// Whether it made the filter block.
    pub filtered: bool,
    /// Whether it was found.
    pub detected: bool,
}

/// Why there is no opinion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterUnavailable {
    /// `content_filter_error`.
    pub code: String,
    pub message: String,
}

/// Which characters of the answer an asynchronous annotation speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterOffsets {
    /// Everything before it has been checked.
    pub check_offset: u64,
    /// Where the annotated text begins.
    pub start_offset: u64,
    pub end_offset: u64,
}

impl FilterResults {
    /// The usual opinion: nothing found in the four graded categories.
    pub fn all_safe() -> Self {
        let safe = || Some(Severity { filtered: false, severity: "safe".to_owned() });
        Self {
            hate: safe(),
            self_harm: safe(),
            sexual: safe(),
            violence: safe(),
            ..Self::default()
        }
    }
}
