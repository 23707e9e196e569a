//! What only entries of clouds have: regions, ways to ask for a model, and credentials that are no `api_key`.
//!
//! No message shows a value of a credential.

mod aws;
mod azure;
mod google;
mod profiles;

use std::sync::Arc;

use vocab::Protocol;

use super::NoteKind;
use super::provider::{self, Found, Provider};
use super::reader::{Reader, Section};
use crate::config::modes;
use crate::config::{AwsKeys, CredentialSource, Mode, Platform, Secret};

use aws::Aws;
pub(super) use google::project as google_project;

/// The provider's own name of the model, and the region, where one is known.
pub(super) fn place<'m>(
    params: &Section<'_>,
    found: &Found<'m>,
    reader: &mut Reader<'_>,
) -> (&'m str, Option<String>) {
    let model = found.model;
    let region = reader.text(params, "region_name");
    if found.provider.protocol != Protocol::Bedrock {
        return (model, region);
    }
    let (own, in_model) = provider::bedrock_model(model);
    let written = reader.text(params, "aws_region_name").or(region);
    if written.as_deref().is_some_and(|region| !provider::is_aws_region(region)) {
        let message = "this is no region of AWS";
        reader.error(&params.path_of("aws_region_name"), message, "write one like us-east-1");
    }
    let id = reader.text(params, "model_id");
    let of_arn = id.as_deref().and_then(provider::arn_region).or(provider::arn_region(own));
    let said = written.or_else(|| in_model.or(of_arn).map(str::to_owned));
    let region = said.or_else(|| ambient_region(params, reader));
    let region = region.unwrap_or_else(|| provider::AWS_REGION.to_owned());
    (own, Some(region))
}

/// Variables of the environment that name a region, the first one first (litellm 1.106.2, `_get_aws_region_name`; the
/// last one is what AWS's own libraries read). A run reads none: what its fakes are called must not hang on a machine.
const REGION_VARIABLES: [&str; 3] = ["AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"];

fn ambient_region(params: &Section<'_>, reader: &mut Reader<'_>) -> Option<String> {
    if !reader.looks_up() {
        return None;
    }
    let path = params.path_of("aws_region_name");
    let region = REGION_VARIABLES.into_iter().find_map(|name| reader.ambient(name, &path))?;
    if !provider::is_aws_region(&region) {
        let help = "set AWS_REGION_NAME to one like us-east-1, or write aws_region_name";
        reader.error(&path, "the environment names a region that is none of AWS's", help);
    }
    Some(region)
}

/// Where the model is served, and how it is asked.
pub(super) fn platform(
    params: &Section<'_>,
    found: &Found<'_>,
    reader: &mut Reader<'_>,
) -> Platform {
    if found.provider.protocol != Protocol::Bedrock {
        return found.provider.platform;
    }
    let path = params.path_of("model");
    if provider::is_conversed_instead(found.model)
        && modes::of("bedrock", found.model) == Mode::Chat
    {
        let text =
            "`invoke/`: only Claude is asked by InvokeModel here; this model is asked by Converse";
        reader.note(path, NoteKind::Advice, text);
    }
    provider::bedrock_platform(found.model)
}

/// What Bedrock is asked for in the model's place.
pub(super) fn model_id(
    params: &Section<'_>,
    provider: &Provider,
    reader: &mut Reader<'_>,
) -> Option<Arc<str>> {
    if provider.protocol != Protocol::Bedrock {
        return None;
    }
    let id = reader.text(params, "model_id").filter(|id| !id.is_empty())?;
    if id.contains(vocab::is_hidden) || wire::percent::is_dots(&id) {
        let help = "write the id or the ARN of an inference profile or of a provisioned model";
        reader.error(&params.path_of("model_id"), "this is no model's id", help);
    }
    Some(Arc::from(id))
}

/// Credentials that stand, and credentials that have to be fetched, beside an `api_key`.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    pub(super) aws_keys: Option<AwsKeys>,
    pub(super) azure_ad_token: Option<Secret>,
    pub(super) source: Option<CredentialSource>,
}

/// Reads the credentials of an entry; `keyed` says whether it has an `api_key`.
pub(super) fn credentials(
    params: &Section<'_>,
    (provider, region): (&Provider, Option<&str>),
    keyed: Keyed,
    reader: &mut Reader<'_>,
) -> Credentials {
    match (provider.protocol, provider.platform, keyed) {
        (Protocol::Bedrock, _, _) => {
            let Aws { keys, source } = aws::credentials(params, region, reader);
            // A token stands before keys.
            let source = source.filter(|_| keyed == Keyed::No);
            Credentials { aws_keys: keys, source, ..Credentials::default() }
        }
        (Protocol::Azure, _, _) => {
            let azure_ad_token = azure::token(params, reader);
            let source = match (&azure_ad_token, keyed) {
                (None, Keyed::No) => azure::application(params, reader),
                (Some(_), _) | (None, Keyed::Yes) => None,
            };
            Credentials { azure_ad_token, source, ..Credentials::default() }
        }
        (_, Platform::Vertex, Keyed::No) => {
            Credentials { source: google::source(params, reader), ..Credentials::default() }
        }
        (
            Protocol::OpenAi | Protocol::Anthropic | Protocol::Gemini | Protocol::Ollama,
            Platform::Own | Platform::Foundry | Platform::Vertex | Platform::Invoke,
            _,
        ) => Credentials::default(),
    }
}

/// Whether an entry has a key that is sent as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyed {
    Yes,
    No,
}

/// What an entry says under a key, else what a variable says; nothing where that is empty.
fn said(
    params: &Section<'_>,
    (key, variable): (&str, &str),
    reader: &mut Reader<'_>,
) -> Option<String> {
    let text = match params.get(key) {
        Some(_) => reader.text(params, key),
        None => reader.ambient(variable, &params.path_of(key)),
    };
    text.filter(|text| !text.is_empty())
}
