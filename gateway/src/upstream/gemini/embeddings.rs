//! Embeddings at Gemini: a batch of texts for the Gemini API, instances of a prediction on Vertex AI.

use serde_json::{Value, json};
use wire::gemini::{
    BatchEmbedReply, BatchEmbedRequest, Content, EmbedRequest, Part, PredictReply, PredictRequest,
};

use crate::upstream::dialect::Refused;
use crate::upstream::members::{Member, Members, refused, same, translated};
use crate::upstream::vectors::{Counted, Embedder, INPUT, Wanted};

/// At the Gemini API.
pub(super) static AT_GEMINI: Embedder =
    Embedder { provider: super::CHAT.provider, members: MEMBERS, question: batch, answer: batched };

/// On Vertex AI.
pub(super) static AT_VERTEX: Embedder = Embedder {
    provider: super::CHAT.provider,
    members: MEMBERS,
    question: prediction,
    answer: predicted,
};

/// Every member that is known, in the order of OpenAI's reference, then Gemini's own.
const MEMBERS: &[Member] = &[
    translated("model", "a part of the path"),
    translated("input", "a text each, at most 100 in one request; tokens are refused"),
    translated("encoding_format", "Gemini knows numbers only, of which base64 is made here"),
    translated("dimensions", "`outputDimensionality`"),
    refused("user", "names an end user"),
    same("task_type", "Gemini's own, `taskType`"),
];

/// Most texts in one batch (Gemini's reference of `batchEmbedContents`).
const BATCH_MAX: usize = 100;

fn batch(model: &str, wanted: &Wanted, members: &mut Members) -> Result<Value, Refused> {
    if wanted.texts.len() > BATCH_MAX {
        return Err(members.refusal(INPUT, "holds more than 100 texts"));
    }
    let dimensions = wanted.dimensions;
    let task_type = task(members)?;
    let one = |text: &String| EmbedRequest {
        model: Some(format!("models/{model}")),
        content: Content { parts: Some(vec![Part::words(text)]), role: None },
        task_type: task_type.clone(),
        output_dimensionality: dimensions.map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
    };
    Ok(json!(BatchEmbedRequest { requests: wanted.texts.iter().map(one).collect() }))
}

fn batched(answer: &[u8]) -> Option<Counted> {
    let reply: BatchEmbedReply = serde_json::from_slice(answer).ok()?;
    let vectors = reply.embeddings.into_iter().map(|embedding| embedding.values).collect();
    Some(Counted { vectors, tokens: None })
}

fn prediction(_: &str, wanted: &Wanted, members: &mut Members) -> Result<Value, Refused> {
    let task_type = task(members)?;
    let request = PredictRequest::new(&wanted.texts, task_type.as_deref(), wanted.dimensions);
    Ok(json!(request))
}

fn predicted(answer: &[u8]) -> Option<Counted> {
    let reply: PredictReply = serde_json::from_slice(answer).ok()?;
    let embeddings = reply.predictions.into_iter().map(|prediction| prediction.embeddings);
    let (mut vectors, mut tokens) = (Vec::new(), Some(0));
    for embedding in embeddings {
        let counted = embedding.statistics.map(|statistics| statistics.token_count);
        tokens = tokens.zip(counted).map(|(sum, more)| sum + more);
        vectors.push(embedding.values);
    }
    Some(Counted { vectors, tokens })
}

fn task(members: &mut Members) -> Result<Option<String>, Refused> {
    const NAME: &str = "task_type";
    let task = members.take(NAME).map(serde_json::from_value).transpose();
    task.map_err(|_| members.refusal(NAME, "is no word"))
}
