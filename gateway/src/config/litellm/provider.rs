//! Providers by the prefix of `litellm_params.model`: what they speak, where they live, which
//! environment variables LiteLLM reads for them, and whose fault it is when they fail. The rows are in
//! `provider/table.rs`.

mod table;

use std::collections::BTreeSet;

use vocab::Protocol;
use world::Authority;

use super::reader::nearest;
use crate::config::bare_names::of_bare;
use crate::config::{Familiarity, Platform, Responses};

/// A provider that the gateway can call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provider {
    /// The prefix; empty for one that no row has.
    pub(super) name: &'static str,
    /// Who runs it: another row's name where two prefixes mean the same house.
    pub(super) vendor: &'static str,
    /// What it speaks.
    pub(super) protocol: Protocol,
    /// On which cloud.
    pub(super) platform: Platform,
    /// Whether it does.
    pub(super) familiarity: Familiarity,
    /// Where it lives; `None` if only the config can know.
    pub(super) api_base: Option<&'static str>,
    /// What LiteLLM makes of an address that the config gives.
    pub(super) base_form: BaseForm,
    /// Where LiteLLM looks for an address that the config does not give, names divided by blanks.
    pub(super) base_variables: &'static str,
    /// The same for a key.
    pub(super) key_variables: &'static str,
}

/// What LiteLLM makes of an `api_base`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BaseForm {
    /// The provider's own paths follow it.
    AsGiven,
    /// The same, below `/v1`, which is added where it is missing.
    Versioned,
    /// The address of the table holds an account's id.
    OfAccount,
}

/// Variable that LiteLLM reads for an Azure version that the config does not give.
pub(super) const AZURE_VERSION_VARIABLE: &str = "AZURE_API_VERSION";

/// Variable that LiteLLM reads for a token that the config does not give.
pub(super) const AZURE_TOKEN_VARIABLE: &str = "AZURE_AD_TOKEN";

/// Azure version where neither config nor environment give one (litellm: AZURE_DEFAULT_API_VERSION).
pub(super) const AZURE_VERSION: &str = "2025-02-01-preview";

/// Ways into Bedrock that stand in front of its model (litellm 1.109: `strip_bedrock_routing_prefix`
/// and `_explicit_*_route`); the model behind them is the same.
const BEDROCK_ROUTES: &[&str] = &["converse/", "converse_like/", INVOKE];

/// Region of Bedrock where neither config nor environment say one (litellm 1.109:
/// `_get_aws_region_name`).
pub(super) const AWS_REGION: &str = "us-west-2";

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

/// What stands in front of models that are asked by InvokeModel.
const INVOKE: &str = "invoke/";

/// How Bedrock is asked for a model: by Converse, unless the config wants InvokeModel, by which only Claude is asked
/// here. LiteLLM also asks models by it that its list of 1.106.2 does not know (`get_bedrock_route`).
pub(super) fn bedrock_platform(model: &str) -> Platform {
    match model.strip_prefix(INVOKE) {
        Some(own) if own.contains("anthropic.") => Platform::Invoke,
        Some(_) | None => Platform::Own,
    }
}

/// Whether InvokeModel is wanted for a model that is asked by Converse all the same.
pub(super) fn is_conversed_instead(model: &str) -> bool {
    model.starts_with(INVOKE) && bedrock_platform(model) == Platform::Own
}

/// The region that an ARN names: `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/…`.
pub(super) fn arn_region(text: &str) -> Option<&str> {
    text.strip_prefix("arn:")?.split(':').nth(2).filter(|region| is_aws_region(region))
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

/// A provider as an entry of `model_list` means it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'m> {
    /// Its row.
    pub(super) provider: &'static Provider,
    /// Its prefix as written.
    pub(super) prefix: &'m str,
    /// Its own name of the model.
    pub(super) model: &'m str,
    /// What stood before that, to say of which sort it is or how LiteLLM asks for it.
    pub(super) infix: Option<&'static str>,
}

/// Before models that LiteLLM asks for by the Responses API, also for a chat completion.
pub(super) const BY_RESPONSES: &str = "responses/";

/// What stands between a prefix and a model to say which series it is of, or by which of the
/// provider's endpoints LiteLLM calls it (1.106.2: `o_series/`, `gpt5_series/`, `responses/`).
const INFIXES: &[(&str, &[&str])] =
    &[("openai", &[BY_RESPONSES]), ("azure", &["o_series/", "gpt5_series/", BY_RESPONSES])];

/// Provider and the provider's own name of the model, from `litellm_params.model` and
/// `custom_llm_provider`. A name without a prefix is that of the provider whose models are called so,
/// else OpenAI's.
pub(super) fn of<'m>(model: &'m str, custom: Option<&'m str>) -> Found<'m> {
    let (prefix, own) = match custom {
        Some(custom) => {
            let own = model.strip_prefix(custom).and_then(|rest| rest.strip_prefix('/'));
            (custom, own.unwrap_or(model))
        }
        None => model.split_once('/').unwrap_or_else(|| (of_bare(model).unwrap_or(OPENAI), model)),
    };
    let provider = table::ALL.iter().find(|row| row.name == prefix).unwrap_or(&table::UNLISTED);
    let provider = of_model(provider, own);
    let infixes = INFIXES.iter().filter(|(of, _)| *of == prefix).flat_map(|(_, infixes)| *infixes);
    let infix = infixes.into_iter().find(|infix| own.starts_with(**infix)).copied();
    let bare = infix.and_then(|infix| own.strip_prefix(infix));
    Found { provider, prefix, model: bare.unwrap_or(own), infix }
}

/// Every provider of the table.
pub(super) fn all() -> impl Iterator<Item = &'static Provider> {
    table::ALL.iter()
}

/// A cloud's row for a model: its models are spoken to in the words of whoever made them (litellm 1.106.2:
/// `main.py`, `_complete_azure_ai`; `vertex_ai_partner_models/main.py`).
fn of_model(provider: &'static Provider, model: &str) -> &'static Provider {
    let claude = model.to_ascii_lowercase().contains("claude");
    match provider.platform {
        Platform::Foundry if claude => &table::CLAUDE_ON_FOUNDRY,
        Platform::Vertex if claude => &table::CLAUDE_ON_VERTEX,
        // `meta/llama-…`, `qwen/…`, `openai/gpt-oss-…`: the catalogue's, by OpenAI's words.
        Platform::Vertex if model.contains('/') && !model.starts_with("google/") => {
            &table::CATALOGUE_ON_VERTEX
        }
        Platform::Own | Platform::Foundry | Platform::Vertex | Platform::Invoke => provider,
    }
}

/// Where Vertex AI lives in a location; `global` has no host of its own.
pub(super) fn vertex_host(location: &str) -> String {
    match location {
        "global" => "https://aiplatform.googleapis.com".to_owned(),
        place => format!("https://{place}-aiplatform.googleapis.com"),
    }
}

/// Location of Vertex AI where neither config nor environment say one (litellm: `get_default_vertex_location`).
pub(super) const VERTEX_LOCATION: &str = "us-central1";

/// Path at which Vertex AI serves models of that protocol.
pub(super) fn vertex_path(protocol: Protocol, (project, location): (&str, &str)) -> String {
    let below = match protocol {
        Protocol::Anthropic => "publishers/anthropic",
        Protocol::Gemini => "publishers/google",
        Protocol::OpenAi | Protocol::Azure | Protocol::Bedrock | Protocol::Ollama => {
            "endpoints/openapi"
        }
    };
    let (project, location) = (wire::percent::segment(project), wire::percent::segment(location));
    format!("/v1/projects/{project}/locations/{location}/{below}")
}

/// Prefixes under which LiteLLM 1.106.2 does not ask an address that it is given for a chat completion of the
/// model as it stands: it speaks Cohere's protocol, looks a model up at Hugging Face, puts Fireworks' catalogue in
/// front of its name, loads vLLM into its own process, or knows no such completion.
const REWORDED: &[&str] = &[
    "cohere",
    "cohere_chat",
    "huggingface",
    "fireworks_ai",
    "vllm",
    "openai_like",
    "text-completion-openai",
];

/// Whether LiteLLM asks the address of an entry for a chat completion of its model, in OpenAI's words.
pub fn asks_as_written(model: &str, custom: Option<&str>) -> bool {
    let found = of(model, custom);
    let Provider { familiarity, platform, .. } = found.provider;
    *familiarity == Familiarity::Known
        && *platform != Platform::Vertex
        && !REWORDED.contains(&found.prefix)
}

/// The model of an entry with another name of the provider's own, behind the same prefix and infix.
pub fn with_own_name(model: &str, custom: Option<&str>, own: &str) -> String {
    let before = model.strip_suffix(of(model, custom).model).unwrap_or_default();
    format!("{before}{own}")
}

/// Whether an entry's model is one that a cloud resells, so that LiteLLM asks that cloud for it.
pub fn is_resold(model: &str, custom: Option<&str>) -> bool {
    of(model, custom).provider.platform != Platform::Own
}

/// Providers whose Responses API LiteLLM asks (1.106.2, `utils.py`: `_get_python_responses_api_config`), of those that
/// speak OpenAI's protocol.
const WITH_RESPONSES: &[&str] = &[
    "openai",
    "azure_ai",
    "databricks",
    "fireworks_ai",
    "hosted_vllm",
    "litellm_proxy",
    "openrouter",
    "perplexity",
    "volcengine",
    "xai",
];

impl Found<'_> {
    /// Whether it has the Responses API.
    pub(super) fn responses(&self) -> Responses {
        match self.provider.protocol == Protocol::OpenAi && !WITH_RESPONSES.contains(&self.prefix) {
            true => Responses::ByChat,
            false => Responses::Spoken,
        }
    }

    /// The vendor: whose fault an outage is. An endpoint that speaks OpenAI's protocol is named by
    /// its host, unless that is a known provider's.
    pub(super) fn vendor(&self, authority: &Authority) -> String {
        let Provider { vendor, name, .. } = self.provider;
        if name.is_empty() {
            return self.prefix.to_owned();
        }
        match (*vendor, of_host(&authority.host)) {
            (OPENAI | ANTHROPIC, Some(known)) => known.to_owned(),
            (OPENAI, None) => format!("{OPENAI}@{}", shown(authority)),
            (vendor, _) => vendor.to_owned(),
        }
    }

    /// Whether LiteLLM does not know the prefix either, so that it has no such deployment: it leaves the entry out when
    /// it starts (1.106.2, `router.py`: `_create_deployment`). Those that stand for themselves are not meant: a name of
    /// a catalogue may hold a `/`, and a known host says whose it is.
    pub(super) fn is_nobodys(&self, custom: &BTreeSet<String>) -> bool {
        let known = || table::ROWLESS.split_whitespace().any(|name| name == self.prefix);
        self.provider.name.is_empty() && !custom.contains(self.prefix) && !known()
    }

    /// The most similar prefix, for one that LiteLLM does not know either.
    pub(super) fn nearest(&self) -> Option<&'static str> {
        let known = table::ROWLESS.split_whitespace().any(|name| name == self.prefix);
        let names = table::ALL.iter().map(|row| row.name);
        nearest(self.prefix, names).filter(|_| !known)
    }
}

const OPENAI: &str = "openai";
const ANTHROPIC: &str = "anthropic";

/// Ends of Azure's host names.
const AZURE_HOSTS: &[&str] = &[".openai.azure.com", ".cognitiveservices.azure.com"];

/// Whether LiteLLM knows whose a host is; Azure's it does not.
pub(super) fn is_known_host(authority: &Authority) -> bool {
    let azures = AZURE_HOSTS.iter().any(|end| authority.host.ends_with(end));
    !azures && of_host(&authority.host).is_some()
}

/// Whose host it is, if a provider's of the table.
fn of_host(host: &str) -> Option<&'static str> {
    if AZURE_HOSTS.iter().any(|end| host.ends_with(end)) {
        return Some("azure");
    }
    let lives_there = |row: &&Provider| {
        let behind = row.api_base.and_then(|base| base.split_once("://"));
        behind.is_some_and(|(_, rest)| rest.split('/').next() == Some(host))
    };
    let other = table::OTHER_HOSTS.iter().find(|(other, _)| *other == host);
    let row = table::ALL.iter().find(lives_there);
    row.map(|row| row.vendor).or(other.map(|(_, name)| *name))
}

/// A host, with its port where that is not its scheme's own.
fn shown(authority: &Authority) -> String {
    let usual = if authority.tls { 443 } else { 80 };
    match authority.port {
        port if port == usual => authority.host.to_string(),
        port => format!("{}:{port}", authority.host),
    }
}
