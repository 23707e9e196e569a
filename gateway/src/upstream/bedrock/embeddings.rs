//! Embeddings at Bedrock: InvokeModel, in the words of Amazon's Titan or of Cohere's Embed, by the model's name.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::upstream::dialect::Refused;
use crate::upstream::members::{Member, Members, refused, same, translated};
use crate::upstream::vectors::{Counted, DIMENSIONS, Embedder, INPUT, Wanted};

/// At Bedrock.
pub(super) static EMBEDDINGS: Embedder =
    Embedder { provider: super::CHAT.provider, members: MEMBERS, question, answer };

/// Every member that is known, in the order of OpenAI's reference, then Cohere's own.
const MEMBERS: &[Member] = &[
    translated("model", "a part of the path"),
    translated(
        "input",
        "one text at Titan, which takes no more at a time; at most 96 at Cohere's; tokens are refused, as is any other \
         model",
    ),
    translated("encoding_format", "numbers are asked for, of which base64 is made here"),
    translated("dimensions", "the same at Titan, from its second version on; refused at Cohere's"),
    refused("user", "names an end user"),
    same("input_type", "Cohere's own; `search_document` where none is given; refused at Titan"),
];

/// Most texts of one request (Cohere's reference of Embed).
const TEXTS_MAX: usize = 96;

/// Cohere's member for what the vectors are for, which it demands.
const INPUT_TYPE: &str = "input_type";

fn question(model: &str, wanted: &Wanted, members: &mut Members) -> Result<Value, Refused> {
    if model.contains("titan-embed") {
        titan(wanted, members)
    } else if model.contains("cohere.embed") {
        cohere(wanted, members)
    } else {
        Err(members.refusal("model", "is no embedder whose words are known"))
    }
}

fn titan(wanted: &Wanted, members: &mut Members) -> Result<Value, Refused> {
    let [text] = wanted.texts.as_slice() else {
        return Err(members.refusal(INPUT, "holds several texts, of which Titan takes one"));
    };
    if members.get(INPUT_TYPE).is_some() {
        members.refuse(INPUT_TYPE, "is Cohere's")?;
    }
    let mut body = json!({ "inputText": text });
    if let Some(dimensions) = wanted.dimensions {
        body["dimensions"] = json!(dimensions);
    }
    Ok(body)
}

fn cohere(wanted: &Wanted, members: &mut Members) -> Result<Value, Refused> {
    if wanted.texts.len() > TEXTS_MAX {
        return Err(members.refusal(INPUT, "holds more than 96 texts"));
    }
    if wanted.dimensions.is_some() {
        members.refuse(DIMENSIONS, "asks for vectors of another length")?;
    }
    let kind = members.take(INPUT_TYPE).unwrap_or_else(|| json!("search_document"));
    Ok(json!({ "texts": wanted.texts, INPUT_TYPE: kind }))
}

/// Either house's answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Titan {
        embedding: Vec<f32>,
        #[serde(rename = "inputTextTokenCount")]
        tokens: u64,
    },
    Cohere {
        embeddings: Vec<Vec<f32>>,
    },
    /// Cohere's, by types of numbers.
    Typed {
        embeddings: Floats,
    },
}

#[derive(Deserialize)]
struct Floats {
    float: Vec<Vec<f32>>,
}

fn answer(answer: &[u8]) -> Option<Counted> {
    Some(match serde_json::from_slice(answer).ok()? {
        Answer::Titan { embedding, tokens } => {
            Counted { vectors: vec![embedding], tokens: Some(tokens) }
        }
        Answer::Cohere { embeddings: vectors }
        | Answer::Typed { embeddings: Floats { float: vectors } } => {
            Counted { vectors, tokens: None }
        }
    })
}
