//! A request that goes on with an answer which somebody else has begun: what was said stands in it as the model's own
//! words, in the way in which the deployment's API knows answers that are to be continued.
//!
//! It must never know streams, nor why the answer broke off.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use vocab::Protocol;
use wire::openai::RequestHead;

use super::dialect::Refused;
use crate::config::{Ability, Deployment};
use crate::endpoint::{Endpoint, Kind};

/// What was said of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// Its text; may be empty.
    pub(crate) text: String,
    /// Its tokens, as far as pieces of a stream tell.
    pub(crate) tokens: u64,
}

/// How an API is told to go on with the last words of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefill {
    /// A last message of the assistant is gone on with (Anthropic: "prefill").
    LastMessage,
    /// The same, if the message says so by this member (`prefix` at Mistral and DeepSeek, `partial` at Moonshot and
    /// DashScope).
    Marked(&'static str),
    /// The same, if the request says so (vLLM: `continue_final_message`).
    Vllm,
    /// Nothing is known of that: the model is asked in words.
    Instructed,
}

/// What models are told that know no other way.
const INSTRUCTION: &str = "Your answer above was interrupted. Go on with it exactly where it stops: repeat nothing of it, \
                           and add nothing before or about the continuation.";

impl Prefill {
    /// How a deployment is told.
    pub(crate) fn at(deployment: &Deployment, head: &RequestHead) -> Self {
        if deployment.lacks.contains(&Ability::Prefill) {
            return Self::Instructed;
        }
        let vendor = deployment.vendor.split('@').next().unwrap_or_default();
        match (deployment.protocol, vendor) {
            // Whoever thinks must think first: Anthropic refuses a prefill then.
            (Protocol::Anthropic, _) if !head.thinks => Self::LastMessage,
            (Protocol::Bedrock, _) if !head.thinks && deployment.model.contains("anthropic.") => {
                Self::LastMessage
            }
            (_, "mistral") => Self::Marked("prefix"),
            (_, "deepseek") if deployment.base_path.ends_with("/beta") => Self::Marked("prefix"),
            (_, "moonshot" | "dashscope") => Self::Marked("partial"),
            (_, "hosted_vllm" | "vllm") => Self::Vllm,
            (
                Protocol::OpenAi
                | Protocol::Azure
                | Protocol::Anthropic
                | Protocol::Gemini
                | Protocol::Bedrock
                | Protocol::Ollama,
                _,
            ) => Self::Instructed,
        }
    }

    /// The word by which a stream says it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::LastMessage | Self::Marked(_) | Self::Vllm => "prefill",
            Self::Instructed => "instruction",
        }
    }
}

/// The body of a request that goes on with `beginning`; `None` where that is the request itself.
///
/// # Errors
/// Where the body cannot be gone on with.
pub(crate) fn continued(
    endpoint: Endpoint,
    (head, body): (&RequestHead, &Bytes),
    beginning: &Beginning,
    prefill: Prefill,
) -> Result<Option<(RequestHead, Bytes)>, Refused> {
    if beginning.text.is_empty() {
        return Ok(None);
    }
    let mut members: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| unfit(&error.to_string()))?;
    match endpoint.row().kind {
        Kind::Answer if endpoint == Endpoint::Chat => {
            chat(&mut members, &beginning.text, prefill)?;
        }
        Kind::Text => completions(&mut members, &beginning.text)?,
        Kind::Answer | Kind::Vectors | Kind::Count | Kind::OpenAisOwn => {
            return Err(unfit("its endpoint knows no continuations"));
        }
    }
    for name in ["max_tokens", "max_completion_tokens"] {
        if let Some(most) = members.get(name).and_then(Value::as_u64) {
            let left = most.saturating_sub(beginning.tokens).max(1);
            members.insert(name.to_owned(), left.into());
        }
    }
    let body = Bytes::from(Value::Object(members).to_string());
    let mut scanned = RequestHead::scan(&body).map_err(|error| unfit(&error.to_string()))?;
    scanned.additional_drop_params.clone_from(&head.additional_drop_params);
    Ok(Some((scanned, body)))
}

fn chat(members: &mut Map<String, Value>, text: &str, prefill: Prefill) -> Result<(), Refused> {
    let Some(Value::Array(messages)) = members.get_mut("messages") else {
        return Err(unfit("its messages are no list"));
    };
    let mut said = json!({ "role": "assistant", "content": text });
    match prefill {
        Prefill::LastMessage | Prefill::Vllm => messages.push(said),
        Prefill::Marked(name) => {
            said[name] = true.into();
            messages.push(said);
        }
        Prefill::Instructed => {
            messages.push(said);
            messages.push(json!({ "role": "user", "content": INSTRUCTION }));
        }
    }
    if prefill == Prefill::Vllm {
        members.insert("continue_final_message".to_owned(), true.into());
        members.insert("add_generation_prompt".to_owned(), false.into());
    }
    Ok(())
}

fn completions(members: &mut Map<String, Value>, text: &str) -> Result<(), Refused> {
    match members.get_mut("prompt") {
        Some(Value::String(prompt)) => {
            prompt.push_str(text);
            Ok(())
        }
        Some(_) | None => Err(unfit("its prompt is no text")),
    }
}

fn unfit(why: &str) -> Refused {
    let message = format!("the answer cannot be continued: {why}");
    Refused { param: Box::from("request_body"), message }
}
