//! A request, as a persona understands it: what it asks for, and what a fake must know to answer it. It must
//! never know in whose words it came.

use std::borrow::Cow;

use http::request::Parts;

use super::openai;
use crate::script::Wishes;

/// What can be asked of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Operation {
    /// An answer in the provider's main dialect: chat completions, messages, `generateContent`,
    /// `converse`.
    #[default]
    Chat,
    /// An answer of OpenAI's Responses API.
    Responses,
    /// An answer in the words of 2022.
    Completions,
    /// An answer in the model's own dialect (Bedrock's `invoke`).
    Invoke,
    Embeddings,
    Moderations,
    /// A text, spoken.
    Speech,
    /// Images of what a text says.
    Drawing,
    /// What is said in a sound, in its own language or in English.
    Transcription,
    CountTokens,
    /// The list of models.
    Models,
    /// One of them.
    Model,
    /// Whether the fake is up: ours, no provider has it. No key needed, no fault applies.
    Health,
}

/// What method and path ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route<'p> {
    pub(crate) operation: Operation,
    /// The deployment or model that the path names, decoded.
    pub(crate) named: Option<Cow<'p, str>>,
    /// Whether the path asks for a stream; elsewhere the body does.
    pub(crate) stream: bool,
}

/// A request as it came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IncomingRequest<'r> {
    pub(crate) parts: &'r Parts,
    /// Empty if it was too large.
    pub(crate) body: &'r [u8],
    /// Now, in unix seconds.
    pub(crate) unix_s: u64,
}

/// A request, understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Prompt {
    pub(crate) operation: Operation,
    /// The model that the body names.
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    /// Whether a stream may hide how long its words are.
    pub(crate) obfuscate: bool,
    /// Words over all contents.
    pub(crate) prompt_tokens: u64,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) wishes: Wishes,
    pub(crate) subject: Subject,
}

/// What an operation must know besides.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Subject {
    #[default]
    None,
    /// What is to be embedded.
    Embedding(openai::Embedding),
    /// What is to be spoken.
    Speech(openai::Speech),
    /// What is to be drawn.
    Drawing(openai::Drawing),
    /// What was said.
    Transcription(openai::Transcription),
    /// Which of the texts are suspected.
    Moderation { flagged: Vec<bool> },
    /// The request, which the reply repeats.
    Responses(Box<wire::openai::responses::ResponsesRequest>),
}

impl Route<'_> {
    /// A route without a name in its path.
    pub(super) const fn to(operation: Operation) -> Self {
        Self { operation, named: None, stream: false }
    }
}
