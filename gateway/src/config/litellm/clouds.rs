//! What only entries of clouds have: regions, ways to ask for a model, and credentials that are no `api_key`.
//!
//! No message shows a value of a credential.

use std::sync::Arc;

use vocab::Protocol;

use super::NoteKind;
use super::model_list::mode_of_name;
use super::provider::{self, Found, Provider};
use super::reader::{Reader, Section};
use crate::config::{AwsKeys, Mode, Platform, Secret};

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
    let region = provider::aws_region(written.as_deref(), in_model.or(of_arn));
    (own, Some(region.to_owned()))
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
    if provider::is_conversed_instead(found.model) && mode_of_name(found.model) == Mode::Chat {
        let text = "`invoke/`: only Claude is asked by InvokeModel here; this model is asked by Converse";
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

/// The keys with which requests to Bedrock are signed: the entry's own, else the environment's. Profiles and
/// roles are not looked up.
pub(super) fn aws_keys(
    params: &Section<'_>,
    provider: &Provider,
    reader: &mut Reader<'_>,
) -> Option<AwsKeys> {
    if provider.protocol != Protocol::Bedrock || params.get("api_key").is_some() {
        return None;
    }
    let own = params.get("aws_access_key_id").is_some();
    let mut of = |key: &str, variable: &str| {
        let path = params.path_of(key);
        let text = match own {
            true => reader.text(params, key),
            false => reader.ambient(variable, &path),
        };
        text.filter(|text| !text.is_empty()).map(|text| Secret::new(&text))
    };
    Some(AwsKeys {
        access_key_id: of("aws_access_key_id", "AWS_ACCESS_KEY_ID")?,
        secret_access_key: of("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY")?,
        session_token: of("aws_session_token", "AWS_SESSION_TOKEN"),
    })
}

/// The token that is sent in the place of a key. One that stands for another (`oidc/…`) would have to be
/// exchanged first.
pub(super) fn azure_ad_token(
    params: &Section<'_>,
    provider: &Provider,
    reader: &mut Reader<'_>,
) -> Option<Secret> {
    const KEY: &str = "azure_ad_token";
    if provider.protocol != Protocol::Azure {
        return None;
    }
    let path = params.path_of(KEY);
    let token = match params.get(KEY) {
        Some(_) => reader.text(params, KEY),
        None => reader.ambient(provider::AZURE_TOKEN_VARIABLE, &path),
    };
    let token = token.filter(|token| !token.is_empty())?;
    if token.starts_with("oidc/") {
        let text = "no effect yet: a token that has to be exchanged for another";
        reader.note(path, NoteKind::NoEffectYet, text);
        return None;
    }
    Some(Secret::new(&token))
}

