//! Request bodies, written by hand: one allocation per request and nothing to encode but the model's
//! name, which is escaped once. Members stand in the order in which the official SDKs send them.

use std::fmt::Write as _;

use bytes::{Bytes, BytesMut};
use wire::json_text::escape_into;

use crate::config::{Dialect, Workload};
use crate::schedule::Intent;
use crate::workload::push_prompt;

/// `max_tokens` of an Anthropic request whose workload sets none: Messages requires one. Above the
/// planned answer, so that it never cuts.
const ANTHROPIC_MAX_TOKENS_DEFAULT: u32 = 4096;

/// Bytes of a body without its prompt: members, marks, a model's name.
const FRAME_BYTES: usize = 256;

/// Bytes of a word and its space, at most.
const WORD_BYTES: usize = 6;

/// Writes the bodies of one phase towards one target.
#[derive(Clone, Debug)]
pub struct BodyWriter {
    dialect: Dialect,
    /// What stands before the prompt: `{"model":"…","messages":[{"role":"user","content":"`
    opening: String,
    max_tokens: Option<u32>,
    names_user: bool,
}

impl BodyWriter {
    /// For requests of `workload` that call `model`.
    pub fn new(dialect: Dialect, model: &str, workload: &Workload) -> Self {
        let mut name = BytesMut::new();
        escape_into(&mut name, model);
        let name = String::from_utf8_lossy(&name);
        Self {
            dialect,
            opening: match dialect {
                Dialect::OpenAi | Dialect::Azure | Dialect::Anthropic | Dialect::Ollama => {
                    format!(r#"{{"model":"{name}","messages":[{{"role":"user","content":""#)
                }
                // The path names the model.
                Dialect::Gemini => r#"{"contents":[{"role":"user","parts":[{"text":""#.to_owned(),
                Dialect::Bedrock => {
                    r#"{"messages":[{"role":"user","content":[{"text":""#.to_owned()
                }
            },
            max_tokens: workload.max_tokens,
            // Prompts are then shared, so the prompt id no longer says whose request it is.
            names_user: workload.repeat_share > 0.0,
        }
    }

    /// The body of one request.
    pub fn write(&self, intent: &Intent) -> Bytes {
        let words = intent.prompt_tokens as usize;
        let mut body = String::with_capacity(FRAME_BYTES + self.opening.len() + words * WORD_BYTES);
        body.push_str(&self.opening);
        push_prompt(&mut body, intent.prompt, intent.prompt_tokens, intent.answer_tokens);
        body.push_str(match self.dialect {
            Dialect::OpenAi | Dialect::Azure | Dialect::Anthropic | Dialect::Ollama => r#""}]"#,
            Dialect::Gemini | Dialect::Bedrock => r#""}]}]"#,
        });
        // Writing into a String cannot fail.
        let _ = match self.dialect {
            Dialect::OpenAi | Dialect::Azure => self.end_chat(&mut body, intent),
            Dialect::Anthropic => self.end_messages(&mut body, intent),
            Dialect::Gemini => self.end_generate(&mut body),
            Dialect::Bedrock => self.end_converse(&mut body, intent),
            Dialect::Ollama => self.end_ollamas(&mut body, intent),
        };
        body.push('}');
        Bytes::from(body)
    }

    fn end_chat(&self, body: &mut String, intent: &Intent) -> std::fmt::Result {
        if let Some(max) = self.max_tokens {
            write!(body, r#","max_tokens":{max}"#)?;
        }
        if intent.stream {
            body.push_str(r#","stream":true,"stream_options":{"include_usage":true}"#);
        }
        if self.names_user {
            write!(body, r#","user":"{}""#, intent.request.0)?;
        }
        Ok(())
    }

    fn end_messages(&self, body: &mut String, intent: &Intent) -> std::fmt::Result {
        let default = ANTHROPIC_MAX_TOKENS_DEFAULT.max(intent.answer_tokens);
        write!(body, r#","max_tokens":{}"#, self.max_tokens.unwrap_or(default))?;
        if intent.stream {
            body.push_str(r#","stream":true"#);
        }
        if self.names_user {
            write!(body, r#","metadata":{{"user_id":"{}"}}"#, intent.request.0)?;
        }
        Ok(())
    }

    /// Gemini has no place for a user's name.
    fn end_generate(&self, body: &mut String) -> std::fmt::Result {
        match self.max_tokens {
            Some(max) => write!(body, r#","generationConfig":{{"maxOutputTokens":{max}}}"#),
            None => Ok(()),
        }
    }

    fn end_converse(&self, body: &mut String, intent: &Intent) -> std::fmt::Result {
        if let Some(max) = self.max_tokens {
            write!(body, r#","inferenceConfig":{{"maxTokens":{max}}}"#)?;
        }
        if self.names_user {
            write!(body, r#","requestMetadata":{{"user":"{}"}}"#, intent.request.0)?;
        }
        Ok(())
    }

    /// Ollama streams where nobody says, and has no place for a user's name.
    fn end_ollamas(&self, body: &mut String, intent: &Intent) -> std::fmt::Result {
        write!(body, r#","stream":{}"#, intent.stream)?;
        match self.max_tokens {
            Some(max) => write!(body, r#","options":{{"num_predict":{max}}}"#),
            None => Ok(()),
        }
    }
}
