//! Embeddings at providers with words of their own ([`Embedder`]): what a request wants is read once for all of them,
//! and vectors come back as OpenAI's clients know them.
//!
//! It must never know a provider.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use wire::openai::{Embedding, EmbeddingUsage, Usage, Vector};

use super::chunks::Chunks;
use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, Says, WholeAnswer};
use super::members::{Member, Members};

/// How a protocol embeds.
#[derive(Debug)]
pub(super) struct Embedder {
    /// Whose words these are, for refusals.
    pub(super) provider: &'static str,
    /// What becomes of the members of a request.
    pub(super) members: &'static [Member],
    /// Puts what is wanted of a model into the protocol's words; takes what else it knows out of the members.
    pub(super) question: fn(&str, &Wanted, &mut Members) -> Result<Value, Refused>,
    /// Reads an answer.
    pub(super) answer: fn(&[u8]) -> Option<Counted>,
}

/// What is to be embedded.
#[derive(Debug)]
pub(super) struct Wanted {
    /// At least one.
    pub(super) texts: Vec<String>,
    /// Numbers of each vector, where the client says so.
    pub(super) dimensions: Option<u64>,
}

/// Vectors, in the order of the texts.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) vectors: Vec<Vec<f32>>,
    /// Tokens of the texts, where the provider counts them.
    pub(super) tokens: Option<u64>,
}

/// The member that holds the texts.
pub(super) const INPUT: &str = "input";
/// The member that says how long a vector is.
pub(super) const DIMENSIONS: &str = "dimensions";

impl Wanted {
    fn read(members: &Members) -> Result<Self, Refused> {
        let texts = members.texts(INPUT).map_err(|_| members.refusal(INPUT, "is no text"))?;
        let texts = texts.ok_or_else(|| members.refusal(INPUT, "is missing"))?;
        Ok(Self { texts, dimensions: members.whole(DIMENSIONS)? })
    }
}

/// What clients get; without the usage where nobody counted.
#[derive(Serialize)]
struct Reply<'a> {
    object: &'static str,
    data: Vec<Embedding>,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<EmbeddingUsage>,
}

impl Dialect for Embedder {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        let body = asked.members()?;
        let mut members = Members::check(body, self.members, (self.provider, asked.lenience))?;
        let wanted = Wanted::read(&members)?;
        let question = (self.question)(asked.model, &wanted, &mut members)?;
        let body = Bytes::from(question.to_string());
        Ok(Encoded::new(body, members.into_dropped()))
    }

    fn members(&self) -> &'static [Member] {
        self.members
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        let Counted { vectors, tokens } =
            (self.answer)(&answer).filter(|counted| !counted.vectors.is_empty())?;
        let data = (0..).zip(vectors).map(|(index, numbers)| Embedding {
            object: "embedding".to_owned(),
            index,
            embedding: if at.base64 { Vector::packed(&numbers) } else { Vector::Floats(numbers) },
        });
        let usage =
            tokens.map(|tokens| EmbeddingUsage { prompt_tokens: tokens, total_tokens: tokens });
        let reply = Reply { object: "list", data: data.collect(), model: at.model, usage };
        let body = Bytes::from(serde_json::to_vec(&reply).ok()?);
        let usage = tokens.map(|tokens| Usage::new(tokens, 0));
        Some(WholeAnswer { body, usage, says: Says::Something })
    }

    /// Vectors are never streamed.
    fn interpreter(&self, _: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(Chunks)
    }
}
