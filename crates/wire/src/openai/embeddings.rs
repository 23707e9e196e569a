//! `POST /v1/embeddings`. Mind the encoding: OpenAI's own Python SDK asks for base64 unless told
//! otherwise, and unpacks it itself.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use std::fmt;

use aws_smithy_types::base64;
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::error_reply::to_json;

/// Path under `https://api.openai.com`.
pub const EMBEDDINGS_PATH: &str = "/v1/embeddings";

/// The body. Members we know nothing of are skipped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingRequest {
    pub model: String,
    /// A text, a list of texts, a list of tokens, or a list of such lists; see [`Self::inputs`].
    pub input: Value,
    /// `float` or `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding_format: Option<String>,
    /// How many numbers are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// The caller's name for its end user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// One thing to embed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbeddingInput<'a> {
    Text(&'a str),
    Tokens(usize),
}

/// The body of a 200.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingReply {
    /// Always `list`.
    pub object: String,
    /// In the order of the inputs.
    pub data: Vec<Embedding>,
    /// The model that answered.
    pub model: String,
    pub usage: EmbeddingUsage,
}

/// One vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    /// Always `embedding`.
    pub object: String,
    /// Which input, 0-based.
    pub index: u32,
    pub embedding: Vector,
}

/// A vector's numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector {
    /// As a JSON array.
    Floats(Vec<f32>),
    /// Base64 of 32-bit floats, little end first.
    Base64(String),
}

/// Tokens of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddingUsage {
    /// Tokens of the inputs.
    pub prompt_tokens: u64,
    pub total_tokens: u64,
}

impl EmbeddingRequest {
    /// The inputs, or `None` if there is none or one of another type.
    pub fn inputs(&self) -> Option<Vec<EmbeddingInput<'_>>> {
        match &self.input {
            Value::Array(values) if values.is_empty() => None,
            Value::Array(values) => match EmbeddingInput::tokens(&self.input) {
                Some(tokens) => Some(vec![tokens]),
                None => values.iter().map(EmbeddingInput::read).collect(),
            },
            one => Some(vec![EmbeddingInput::read(one)?]),
        }
    }
}

impl<'a> EmbeddingInput<'a> {
    fn read(value: &'a Value) -> Option<Self> {
        value.as_str().map(Self::Text).or_else(|| Self::tokens(value))
    }

    fn tokens(value: &Value) -> Option<Self> {
        let tokens = value.as_array()?;
        let all = !tokens.is_empty() && tokens.iter().all(Value::is_u64);
        all.then_some(Self::Tokens(tokens.len()))
    }
}

impl EmbeddingReply {
    /// A reply with these vectors.
    pub fn new(model: &str, vectors: impl IntoIterator<Item = Vector>, prompt_tokens: u64) -> Self {
        let data = (0..).zip(vectors).map(|(index, embedding)| Embedding {
            object: "embedding".to_owned(),
            index,
            embedding,
        });
        Self {
            object: "list".to_owned(),
            data: data.collect(),
            model: model.to_owned(),
            usage: EmbeddingUsage { prompt_tokens, total_tokens: prompt_tokens },
        }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}

impl Vector {
    /// Packs numbers for `encoding_format: base64`.
    pub fn packed(numbers: &[f32]) -> Self {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        Self::Base64(base64::encode(bytes))
    }

    /// The numbers, or `None` if they are not packed as they should be.
    pub fn numbers(&self) -> Option<Vec<f32>> {
        match self {
            Self::Floats(numbers) => Some(numbers.clone()),
            Self::Base64(text) => {
                let bytes = base64::decode(text).ok()?;
                let (numbers, rest) = bytes.as_chunks::<4>();
                let unpacked = numbers.iter().map(|number| f32::from_le_bytes(*number));
                rest.is_empty().then(|| unpacked.collect())
            }
        }
    }
}

impl Serialize for Vector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Floats(numbers) => numbers.serialize(serializer),
            Self::Base64(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VectorVisitor)
    }
}

struct VectorVisitor;

impl<'de> Visitor<'de> for VectorVisitor {
    type Value = Vector;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers or base64")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Vector::Base64(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = seq.next_element()? {
            numbers.push(number);
        }
        Ok(Vector::Floats(numbers))
    }
}
