//! What clients call where nobody says: the first group whose models answer prompts, or, where every group is a pattern,
//! a model that the first one admits.
//!
//! It must never know traffic.

use gateway::config::{Config, Deployment, Mode};
use vocab::Protocol;

/// A model to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FirstCall {
    /// Its name.
    pub model: String,
    /// The pattern that admits it, where it is not a group by itself.
    pub pattern: Option<String>,
}

/// What to call in `config`.
pub(crate) fn first_call(config: &Config) -> Option<FirstCall> {
    let of =
        |wanted: &dyn Fn(&Deployment) -> bool| config.deployments.iter().find(|one| wanted(one));
    let plain = |one: &Deployment| !one.group.contains('*');
    let chats = |one: &Deployment| one.mode == Mode::Chat;
    let named = of(&|one| plain(one) && chats(one));
    let pattern = || of(&chats);
    let any = || of(&plain).or(config.deployments.first());
    let deployment = named.or_else(pattern).or_else(any)?;
    let group = &*deployment.group;
    match plain(deployment) {
        true => Some(FirstCall { model: group.to_owned(), pattern: None }),
        false => Some(FirstCall { model: sample(deployment), pattern: Some(group.to_owned()) }),
    }
}

/// A model that the pattern of a deployment's group admits; one that its vendor has, where that is known.
fn sample(deployment: &Deployment) -> String {
    let known = match deployment.protocol {
        Protocol::OpenAi if &*deployment.vendor == "openai" => "gpt-4o",
        Protocol::Azure => "gpt-4o",
        Protocol::Anthropic => "claude-sonnet-4-20250514",
        Protocol::Gemini => "gemini-2.5-flash",
        Protocol::Ollama => "llama3.1:8b",
        Protocol::Bedrock => "anthropic.claude-sonnet-4-20250514-v1:0",
        Protocol::OpenAi => "any-model",
    };
    // `claude-*` already says how the name begins.
    let head = deployment.group.split('*').next().unwrap_or_default();
    let begun = head.rsplit('/').next().unwrap_or_default();
    let rest = known.strip_prefix(begun).filter(|rest| !rest.is_empty()).unwrap_or(known);
    deployment.group.replace('*', rest)
}
