//! Providers by the prefix of `litellm_params.model`: what they speak, where they live, and which
//! environment variables LiteLLM reads for them.

use vocab::Protocol;

use super::reader::nearest;

/// A provider that the gateway can call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provider {
    /// The prefix.
    pub(super) name: &'static str,
    /// What it speaks.
    pub(super) protocol: Protocol,
    /// Where it lives; `None` if only the config can know.
    pub(super) api_base: Option<&'static str>,
    /// Where LiteLLM looks for a key that the config does not give.
    pub(super) key_variable: &'static str,
}

const fn openai_like(
    name: &'static str,
    api_base: Option<&'static str>,
    key_variable: &'static str,
) -> Provider {
    Provider { name, protocol: Protocol::OpenAi, api_base, key_variable }
}

/// Providers with a protocol of their own, and the better known of those that speak OpenAI's.
const ALL: &[Provider] = &[
    openai_like("openai", Some("https://api.openai.com/v1"), "OPENAI_API_KEY"),
    Provider {
        name: "azure",
        protocol: Protocol::Azure,
        api_base: None,
        key_variable: "AZURE_API_KEY",
    },
    Provider {
        name: "anthropic",
        protocol: Protocol::Anthropic,
        api_base: Some("https://api.anthropic.com"),
        key_variable: "ANTHROPIC_API_KEY",
    },
    openai_like("custom_openai", None, "OPENAI_API_KEY"),
    openai_like("openai_like", None, "OPENAI_LIKE_API_KEY"),
    openai_like("hosted_vllm", None, "HOSTED_VLLM_API_KEY"),
    openai_like("litellm_proxy", None, "LITELLM_PROXY_API_KEY"),
    openai_like("groq", Some("https://api.groq.com/openai/v1"), "GROQ_API_KEY"),
    openai_like("mistral", Some("https://api.mistral.ai/v1"), "MISTRAL_API_KEY"),
    openai_like("deepseek", Some("https://api.deepseek.com/beta"), "DEEPSEEK_API_KEY"),
    openai_like("openrouter", Some("https://openrouter.ai/api/v1"), "OPENROUTER_API_KEY"),
    openai_like("xai", Some("https://api.x.ai/v1"), "XAI_API_KEY"),
    openai_like("together_ai", Some("https://api.together.xyz/v1"), "TOGETHERAI_API_KEY"),
    openai_like(
        "fireworks_ai",
        Some("https://api.fireworks.ai/inference/v1"),
        "FIREWORKS_AI_API_KEY",
    ),
    openai_like("perplexity", Some("https://api.perplexity.ai"), "PERPLEXITYAI_API_KEY"),
];

/// Variable that LiteLLM reads for an Azure address that the config does not give.
pub(super) const AZURE_BASE_VARIABLE: &str = "AZURE_API_BASE";

/// Variable that LiteLLM reads for an Azure version that the config does not give.
pub(super) const AZURE_VERSION_VARIABLE: &str = "AZURE_API_VERSION";

/// Azure version where neither config nor environment give one (litellm: AZURE_DEFAULT_API_VERSION).
pub(super) const AZURE_VERSION: &str = "2025-02-01-preview";

/// Why a provider cannot be called.
pub(super) struct Unsupported {
    pub(super) message: String,
    pub(super) help: String,
}

/// Provider and the provider's own name of the model, from `litellm_params.model` and
/// `custom_llm_provider`. A name without a known prefix is OpenAI's, or Anthropic's if it is a
/// `claude`.
pub(super) fn of<'m>(
    model: &'m str,
    custom: Option<&str>,
) -> Result<(&'static Provider, &'m str), Unsupported> {
    if let Some(custom) = custom {
        let provider = find(custom)?;
        let own = model.strip_prefix(custom).and_then(|rest| rest.strip_prefix('/'));
        return Ok((provider, own.unwrap_or(model)));
    }
    match model.split_once('/') {
        Some((prefix, own)) => Ok((find(prefix)?, own)),
        None if model.starts_with("claude") => Ok((find("anthropic")?, model)),
        None => Ok((find("openai")?, model)),
    }
}

fn find(name: &str) -> Result<&'static Provider, Unsupported> {
    ALL.iter().find(|provider| provider.name == name).ok_or_else(|| {
        let names = ALL.iter().map(|provider| provider.name);
        let help = match nearest(name, names.clone()) {
            Some(near) => format!("did you mean `{near}/`?"),
            None => format!(
                "use one of {}; for another endpoint that speaks OpenAI's protocol write \
                 `openai/` and its api_base",
                names.collect::<Vec<_>>().join(", ")
            ),
        };
        Unsupported { message: format!("provider `{name}` is not supported yet"), help }
    })
}
