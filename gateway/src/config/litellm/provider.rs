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
    Provider {
        name: "gemini",
        protocol: Protocol::Gemini,
        api_base: Some("https://generativelanguage.googleapis.com/v1beta"),
        key_variable: "GEMINI_API_KEY",
    },
    Provider {
        name: "bedrock",
        protocol: Protocol::Bedrock,
        api_base: None,
        key_variable: "AWS_ACCESS_KEY_ID",
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

/// Ways into Bedrock that stand in front of its model (litellm 1.109: `strip_bedrock_routing_prefix`
/// and `_explicit_*_route`); the model behind them is the same.
const BEDROCK_ROUTES: &[&str] = &["converse/", "converse_like/", "invoke/"];

/// Region of Bedrock where the config says none and no environment is read (litellm 1.109:
/// `_get_aws_region_name`).
const AWS_REGION: &str = "us-west-2";

/// Longest name of an AWS region that is believed; the longest real one has 14 bytes.
const AWS_REGION_BYTES_MAX: usize = 32;

/// Bedrock's own name of a model, and the region that stands in front of it, if one does:
/// `converse/us-east-1/anthropic.claude-…`.
pub(super) fn bedrock_model(model: &str) -> (&str, Option<&str>) {
    let bare = BEDROCK_ROUTES.iter().find_map(|route| model.strip_prefix(route)).unwrap_or(model);
    match bare.split_once('/') {
        Some((region, own)) if is_aws_region(region) => (own, Some(region)),
        Some(_) | None => (bare, None),
    }
}

/// The region of an entry for Bedrock, from what the config says.
pub(super) fn aws_region<'r>(written: Option<&'r str>, in_model: Option<&'r str>) -> &'r str {
    written.or(in_model).unwrap_or(AWS_REGION)
}

/// Where Bedrock's runtime lives in a region.
pub(super) fn bedrock_base(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://bedrock-runtime.{region}.{suffix}")
}

/// Whether a text has the shape of an AWS region: `us-east-1`, `ap-southeast-2`, `us-gov-west-1`.
pub(super) fn is_aws_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let head = parts.next().is_some_and(|part| part.len() == 2);
    let tail = text.rsplit('-').next().is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let count = text.split('-').filter(|part| !part.is_empty()).count();
    head && tail && count >= 3 && text.len() <= AWS_REGION_BYTES_MAX && text.bytes().all(plain)
}

/// Providers that people write and that cannot be played, each with what to write instead.
const REFUSED: &[(&str, &str)] = &[
    (
        "vertex_ai",
        "Vertex AI asks for a Google service account; write `gemini/` with an API key for the same \
         models",
    ),
    ("vertex_ai_beta", "write `gemini/` with an API key for the same models"),
    ("sagemaker", "write `bedrock/` for models that Bedrock has"),
];

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
        let refused = REFUSED.iter().find(|(known, _)| *known == name);
        let help = match (refused, nearest(name, names.clone())) {
            (Some((_, help)), _) => (*help).to_owned(),
            (None, Some(near)) => format!("did you mean `{near}/`?"),
            (None, None) => format!(
                "use one of {}; for another endpoint that speaks OpenAI's protocol write \
                 `openai/` and its api_base",
                names.collect::<Vec<_>>().join(", ")
            ),
        };
        Unsupported { message: format!("provider `{name}` is not supported yet"), help }
    })
}
