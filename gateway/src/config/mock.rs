//! A deployment that answers by itself: LiteLLM's `mock_response`, for tests of clients and of fallbacks.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::upstream::failure::ErrorClass;

/// What a deployment answers without asking anybody.
#[derive(Clone, Debug, PartialEq)]
pub struct Mock {
    /// The answer.
    pub answer: MockAnswer,
    /// How long that takes.
    pub delay: Duration,
}

impl Mock {
    /// Whether it never fails.
    pub const fn answers(&self) -> bool {
        match self.answer {
            MockAnswer::Words(_) | MockAnswer::Members(_) | MockAnswer::Vector(_) => true,
            MockAnswer::Error(_) | MockAnswer::Refusal(_) | MockAnswer::Timeout => false,
        }
    }
}

/// The answer of a deployment that answers by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum MockAnswer {
    /// These words.
    Words(Arc<str>),
    /// A chat completion with these members.
    Members(Map<String, Value>),
    /// An embedding.
    Vector(Arc<[f64]>),
    /// An error of that class.
    Error(ErrorClass),
    /// A provider's refusal (400) in these words, which are its filter's at Azure.
    Refusal(Arc<str>),
    /// A timeout, after the time that an attempt may take.
    Timeout,
}
