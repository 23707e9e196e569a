//! Bedrock's embedders on `invoke`: Amazon's Titan, which takes one text, and Cohere's Embed.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::super::openai::{Embedding, VectorForm};
use super::super::{Complaint, Prompt, Route, Subject, words};
use super::read::parse;

/// Numbers of a vector if the request does not say, at either.
const DIMENSIONS_USUAL: u32 = 1024;

/// Most texts of one request of Cohere's.
const TEXTS_MAX: usize = 96;

/// What an embedder of either house may be asked.
#[derive(Deserialize)]
struct Request {
    #[serde(default, rename = "inputText")]
    input_text: Option<String>,
    #[serde(default)]
    dimensions: Option<u32>,
    #[serde(default)]
    texts: Option<Vec<String>>,
    #[serde(default)]
    input_type: Option<String>,
}

/// Whether a model of that name embeds.
pub(super) fn is_embedder(model: &str) -> bool {
    model.contains("titan-embed") || model.contains("cohere.embed")
}

pub(super) fn read(body: &[u8], route: &Route<'_>) -> Result<Prompt, Complaint> {
    let request: Request = parse(body)?;
    let invalid = |what: &str| Complaint::new(format!("Malformed input request: {what}"), None);
    let (texts, form) = match (request.input_text, request.texts, request.input_type) {
        (Some(text), None, None) => (vec![text], VectorForm::Titan),
        (None, Some(texts), Some(_)) => (texts, VectorForm::Cohere),
        (None, Some(_), None) => return Err(invalid("#: required key [input_type] not found")),
        (_, _, _) => return Err(invalid("#: required key [inputText] not found")),
    };
    if texts.is_empty() || texts.len() > TEXTS_MAX {
        return Err(invalid("#/texts: expected maximum item count: 96"));
    }
    let how = (request.dimensions.unwrap_or(DIMENSIONS_USUAL), form);
    Ok(Prompt {
        operation: route.operation,
        prompt_tokens: texts.iter().map(|text| words(text)).sum(),
        subject: Subject::Embedding(Embedding::of_texts(texts.iter().map(String::as_str), how)),
        ..Prompt::default()
    })
}

pub(super) fn reply(embedding: &Embedding, prompt_tokens: u64) -> Bytes {
    let mut vectors = embedding.vectors();
    let body = match embedding.form {
        VectorForm::Titan | VectorForm::One => {
            json!({ "embedding": vectors.next(), "inputTextTokenCount": prompt_tokens })
        }
        VectorForm::Cohere | VectorForm::List | VectorForm::Predictions => {
            let vectors: Vec<_> = vectors.collect();
            json!({ "embeddings": vectors, "response_type": "embeddings_floats" })
        }
    };
    Bytes::from(body.to_string())
}
