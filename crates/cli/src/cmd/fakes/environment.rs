//! What an SDK needs in its environment to reach a fake: the variables that each provider's own SDK
//! reads; and what the environment has.

use runner::FakesConfig;
use vocab::Protocol;

/// `NAME=value` lines for every provider among the fakes, with the key of its first one; `shown` says
/// how a key is written.
pub(super) fn variables(
    config: &FakesConfig,
    url: &str,
    shown: impl Fn(&str) -> String,
) -> Vec<String> {
    let protocols = [
        Protocol::OpenAi,
        Protocol::Azure,
        Protocol::Anthropic,
        Protocol::Gemini,
        Protocol::Bedrock,
        Protocol::Ollama,
    ];
    let mut lines = Vec::new();
    for protocol in protocols {
        let first = config.deployments.iter().find(|fake| fake.protocol == protocol);
        let Some(fake) = first else { continue };
        // Below its own path, which tells it from others.
        let (key, url) = (shown(&fake.key), format!("{url}{}", fake.root));
        match protocol {
            Protocol::OpenAi => {
                lines.push(format!("OPENAI_BASE_URL={url}/v1"));
                lines.push(format!("OPENAI_API_KEY={key}"));
            }
            Protocol::Azure => {
                lines.push(format!("AZURE_OPENAI_ENDPOINT={url}"));
                lines.push(format!("AZURE_OPENAI_API_KEY={key}"));
                lines.push("OPENAI_API_VERSION=2024-10-21".to_owned());
            }
            Protocol::Anthropic => {
                lines.push(format!("ANTHROPIC_BASE_URL={url}"));
                lines.push(format!("ANTHROPIC_API_KEY={key}"));
            }
            Protocol::Gemini => {
                lines.push(format!("GOOGLE_GEMINI_BASE_URL={url}"));
                lines.push(format!("GEMINI_API_KEY={key}"));
            }
            Protocol::Bedrock => {
                lines.push(format!("AWS_ENDPOINT_URL_BEDROCK_RUNTIME={url}"));
                lines.push(format!("AWS_ACCESS_KEY_ID={key}"));
                lines.push(format!("AWS_SECRET_ACCESS_KEY={key}"));
                lines.push("AWS_REGION=us-east-1".to_owned());
            }
            Protocol::Ollama => {
                lines.push(format!("OLLAMA_HOST={url}"));
                lines.push(format!("OLLAMA_API_KEY={key}"));
            }
        }
    }
    lines
}

/// Whether the environment has a variable.
pub(super) fn has(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}
