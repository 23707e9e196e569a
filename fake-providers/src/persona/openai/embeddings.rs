//! Embeddings. The vectors mean nothing, but the same text always has the same one, different texts
//! have nearly orthogonal ones, and each is of length one.

use bytes::Bytes;
use serde_json::{Map, Value};
use vocab::Seed;
use wire::openai::{EmbeddingInput, EmbeddingReply, EmbeddingRequest, Vector};

use super::super::{Complaint, Prompt, RequestContext, Route, Subject, words};
use super::body;

/// Every member that the provider knows; from its SDK, version 3.54.
const MEMBERS: &[&str] = &["dimensions", "encoding_format", "input", "model", "user"];

/// Most inputs of one request.
const INPUTS_MAX: usize = 2048;

/// Most numbers of a vector.
const DIMENSIONS_MAX: u32 = 3072;

/// Numbers of a vector if the request does not say.
const DIMENSIONS_USUAL: u32 = 1536;

/// What is to be embedded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Embedding {
    /// What each input's vector is drawn from.
    keys: Vec<u64>,
    dimensions: u32,
    packed: bool,
    /// How they are answered.
    pub(in super::super) form: VectorForm,
}

/// How vectors are answered, by what was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum VectorForm {
    /// One.
    One,
    /// A list, even of one.
    #[default]
    List,
    /// Predictions of Vertex AI's, each with its tokens.
    Predictions,
    /// One of Titan's, with its tokens.
    Titan,
    /// A list of Cohere's.
    Cohere,
}

impl Embedding {
    /// Of texts, by another provider's request; `dimensions` is bounded.
    pub(in super::super) fn of_texts<'t>(
        texts: impl Iterator<Item = &'t str>,
        (dimensions, form): (u32, VectorForm),
    ) -> Self {
        let keys = texts.map(|text| Seed(0).draw("text").of(text).bits()).collect();
        Self { keys, dimensions: dimensions.min(DIMENSIONS_MAX), packed: false, form }
    }

    /// One vector per input.
    pub(in super::super) fn vectors(&self) -> impl Iterator<Item = Vec<f32>> {
        self.keys.iter().map(|key| vector(*key, self.dimensions))
    }
}

pub(super) fn read(body: Map<String, Value>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    body::model_named(&body, route)?;
    body::known(&body, MEMBERS)?;
    if !body.contains_key("input") {
        return Err(body::missing("input"));
    }
    let mut body = body;
    body.entry("model").or_insert_with(|| Value::String(String::new()));
    let body: EmbeddingRequest = body::typed(body)?;
    body::at_least("dimensions", body.dimensions.map(u64::from), 1)?;
    let Some(inputs) = body.inputs().filter(|inputs| inputs.len() <= INPUTS_MAX) else {
        let message = "'$.input' is invalid. Please check the API reference: \
                       https://platform.openai.com/docs/api-reference.";
        return Err(Complaint::new(message, None));
    };
    let packed = match body.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => {
            let message =
                format!("Invalid value: '{other}'. Supported values are: 'float' and 'base64'.");
            return Err(Complaint::coded(message, "encoding_format", "invalid_value"));
        }
    };
    let large = body.model.ends_with("-large");
    let usual = if large { DIMENSIONS_MAX } else { DIMENSIONS_USUAL };
    let (mut keys, mut prompt_tokens) = (Vec::with_capacity(inputs.len()), 0);
    for input in inputs {
        let (key, tokens) = match input {
            EmbeddingInput::Text(text) => (Seed(0).draw("text").of(text).bits(), words(text)),
            EmbeddingInput::Tokens(count) => {
                (Seed(0).draw("tokens").n(count as u64).bits(), count as u64)
            }
        };
        keys.push(key);
        prompt_tokens += tokens;
    }
    let dimensions = body.dimensions.unwrap_or(usual).min(DIMENSIONS_MAX);
    Ok(Prompt {
        operation: route.operation,
        model: (!body.model.is_empty()).then_some(body.model),
        prompt_tokens,
        subject: Subject::Embedding(Embedding { keys, dimensions, packed, form: VectorForm::List }),
        ..Prompt::default()
    })
}

pub(in super::super) fn reply(
    context: &RequestContext<'_>,
    prompt: &Prompt,
    embedding: &Embedding,
) -> Bytes {
    let vectors = embedding.vectors().map(|numbers| {
        if embedding.packed { Vector::packed(&numbers) } else { Vector::Floats(numbers) }
    });
    EmbeddingReply::new(context.model, vectors, prompt.prompt_tokens).to_json()
}

/// Signs are drawn; every number has the same size.
fn vector(key: u64, dimensions: u32) -> Vec<f32> {
    let size = 1.0 / f64::from(dimensions.max(1)).sqrt();
    let draw = Seed(key).draw("embedding");
    let mut bits = 0;
    (0..dimensions)
        .map(|at| {
            if at % 64 == 0 {
                bits = draw.clone().n(u64::from(at)).bits();
            }
            let sign = if bits >> (at % 64) & 1 == 0 { 1.0 } else { -1.0 };
            (size * sign) as f32
        })
        .collect()
}
