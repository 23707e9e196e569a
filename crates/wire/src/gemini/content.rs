//! What is said, by whoever says it.

#![expect(missing_docs, reason = "fields are Gemini's own, under the names of its reference")]

use aws_smithy_types::base64;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One turn, or an instruction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// What is said. Missing where the model thought and said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<Part>>,
    /// `user` or `model`; none in instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A piece of a turn. One of the data members is there, or one of those we know nothing of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether the words are a thought and not an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thought: Option<bool>,
    /// Proof of a thought, as base64; returned unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "thought_signature")]
    pub thought_signature: Option<String>,
    /// A call the model makes.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "function_call")]
    pub function_call: Option<FunctionCall>,
    /// The result of a call.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "function_response")]
    pub function_response: Option<FunctionResponse>,
    /// A picture, a sound, a document: its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "inline_data")]
    pub inline_data: Option<Value>,
    /// A picture, a sound, a document: its address.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "file_data")]
    pub file_data: Option<Value>,
}

/// A call; it always arrives whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Missing in older models' calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    /// The arguments, an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Value>,
}

/// The result of a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionResponse {
    /// The call it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    /// What came back, an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

impl Part {
    /// Words.
    pub fn words(text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..Self::default() }
    }

    /// Words of a thought.
    pub fn thinking(text: &str) -> Self {
        Self { thought: Some(true), ..Self::words(text) }
    }

    /// Words of a thought with what proves it, whatever that is made of.
    pub fn proven(text: &str, proof: &[u8]) -> Self {
        Self { thought_signature: Some(base64::encode(proof)), ..Self::thinking(text) }
    }

    /// What proves a thought. `None` if there is nothing, or no base64; Google's SDKs write either alphabet, padded
    /// or not.
    pub fn proof(&self) -> Option<Vec<u8>> {
        let signature = self.thought_signature.as_deref()?.trim_end_matches('=');
        let mut signature = signature.replace('-', "+").replace('_', "/");
        signature.extend(std::iter::repeat_n('=', (4 - signature.len() % 4) % 4));
        base64::decode(signature).ok()
    }

    /// A call.
    pub fn call(call: FunctionCall) -> Self {
        Self { function_call: Some(call), ..Self::default() }
    }
}

impl Content {
    /// What the model says.
    pub fn of_model(parts: Vec<Part>) -> Self {
        Self { parts: Some(parts), role: Some("model".to_owned()) }
    }
}
