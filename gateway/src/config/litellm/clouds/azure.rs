//! Azure's credentials: a token of Entra ID, or an application that gets one.

use std::sync::Arc;

use super::said;
use crate::config::litellm::NoteKind;
use crate::config::litellm::provider;
use crate::config::litellm::reader::{Reader, Section};
use crate::config::{CredentialKind, CredentialSource, EntraApp, Secret, TokenEndpoint};

/// Where Entra ID is, unless AZURE_AUTHORITY_HOST says otherwise.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// What tokens are for (litellm 1.106.2: `azure/common_utils.py`).
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// The token that is sent in the place of a key. One that stands for another (`oidc/…`) would have to be
/// exchanged first.
pub(super) fn token(params: &Section<'_>, reader: &mut Reader<'_>) -> Option<Secret> {
    const KEY: &str = "azure_ad_token";
    let token = said(params, (KEY, provider::AZURE_TOKEN_VARIABLE), reader)?;
    if token.starts_with("oidc/") {
        let text = "no effect yet: a token that has to be exchanged for another";
        reader.note(params.path_of(KEY), NoteKind::NoEffectYet, text);
        return None;
    }
    Some(Secret::new(&token))
}

/// The application that asks for a token, of an entry that has neither a key nor a token.
pub(super) fn application(
    params: &Section<'_>,
    reader: &mut Reader<'_>,
) -> Option<CredentialSource> {
    const KEYS: [&str; 3] = ["tenant_id", "client_id", "client_secret"];
    if !reader.looks_up() {
        return None;
    }
    let tenant = said(params, (KEYS[0], "AZURE_TENANT_ID"), reader);
    let client_id = said(params, (KEYS[1], "AZURE_CLIENT_ID"), reader);
    let secret = said(params, (KEYS[2], "AZURE_CLIENT_SECRET"), reader);
    let own = KEYS.iter().find(|key| params.get(key).is_some());
    let (Some(tenant), Some(client_id), Some(secret)) = (tenant, client_id, secret) else {
        if let Some(own) = own {
            let text = "no effect: tenant_id, client_id and client_secret get a token together";
            reader.note(params.path_of(own), NoteKind::Advice, text);
        }
        return None;
    };
    let path = params.path_of(own.unwrap_or(&KEYS[0]));
    let authority = reader.ambient("AZURE_AUTHORITY_HOST", &path);
    let authority = authority.unwrap_or_else(|| AUTHORITY.to_owned());
    let tenant = wire::percent::segment(&tenant);
    let url = format!("{}/{tenant}/oauth2/v2.0/token", authority.trim_end_matches('/'));
    let Some(endpoint) = TokenEndpoint::parse(&url) else {
        let message = "AZURE_AUTHORITY_HOST is no address that can be called";
        reader.error(&path, message, &format!("set it to a URL such as {AUTHORITY}, or unset it"));
        return None;
    };
    let scope = said(params, ("azure_scope", "AZURE_SCOPE"), reader);
    Some(CredentialSource {
        named: Arc::from("client_id and client_secret"),
        kind: CredentialKind::Entra(EntraApp {
            client_id: Arc::from(client_id),
            client_secret: Secret::new(&secret),
            scope: Arc::from(scope.as_deref().unwrap_or(SCOPE)),
            endpoint,
        }),
    })
}
