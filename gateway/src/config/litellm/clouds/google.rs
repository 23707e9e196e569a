//! Google's credentials: a file or a text in JSON that stands for a service account or a user, else what the machine is
//! known for. The project stands there, too.

use std::sync::Arc;

use serde_json::Value;

use super::said;
use crate::config::litellm::reader::{Reader, Section};
use crate::config::{
    CredentialKind, CredentialSource, GoogleService, GoogleUser, Secret, TokenEndpoint,
};

/// Keys of LiteLLM for them.
const KEYS: [&str; 2] = ["vertex_credentials", "vertex_ai_credentials"];

/// Where `gcloud auth application-default login` puts a user's, below the home directory.
const OF_GCLOUD: &str = ".config/gcloud/application_default_credentials.json";

/// Where tokens of Google's are issued, unless the file says otherwise.
const ENDPOINT: &str = "https://oauth2.googleapis.com/token";

/// Where a machine of Google's is told its own.
const MACHINE: &str =
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";

/// What stands for an account.
struct Document {
    named: Arc<str>,
    /// The key that led here.
    place: String,
    members: Value,
}

/// The credentials of an entry for Vertex AI that has no key.
pub(super) fn source(params: &Section<'_>, reader: &mut Reader<'_>) -> Option<CredentialSource> {
    if !reader.looks_up() {
        return None;
    }
    match document(params, reader) {
        Ok(Some(document)) => kind(&document, reader)
            .map(|kind| CredentialSource { named: Arc::clone(&document.named), kind }),
        // Whoever gives an address of their own may want no credentials.
        Ok(None) if params.get("api_base").is_none() => {
            let kind = CredentialKind::GoogleMachine(TokenEndpoint::parse(MACHINE)?);
            Some(CredentialSource { named: Arc::from("the machine's own account"), kind })
        }
        Ok(None) => None,
        Err((place, message)) => {
            let help = "write the path of a service account's JSON file, or the JSON itself";
            reader.error(&place, &message, help);
            None
        }
    }
}

/// The project that the credentials belong to.
pub(in crate::config::litellm) fn project(
    params: &Section<'_>,
    reader: &mut Reader<'_>,
) -> Option<String> {
    if !reader.looks_up() {
        return None;
    }
    let members = document(params, reader).ok()??.members;
    let named = ["project_id", "quota_project_id"];
    named.iter().find_map(|name| members.get(name)?.as_str().map(str::to_owned))
}

/// What the config or the environment name, as LiteLLM and Google's own libraries look for it.
fn document(
    params: &Section<'_>,
    reader: &mut Reader<'_>,
) -> Result<Option<Document>, (String, String)> {
    let key = KEYS.iter().find(|key| params.get(key).is_some()).unwrap_or(&KEYS[0]);
    let place = params.path_of(key);
    if let Some(Value::Object(_)) = params.get(key) {
        let members = reader.value(params, key).unwrap_or_default();
        return Ok(Some(Document { named: Arc::from(*key), place, members }));
    }
    let text = said(params, (key, "VERTEXAI_CREDENTIALS"), reader)
        .or_else(|| reader.ambient("GOOGLE_APPLICATION_CREDENTIALS", &place));
    let Some(text) = text else { return Ok(of_gcloud(place, reader)) };
    if text.trim_start().starts_with('{') {
        let members = serde_json::from_str(&text)
            .map_err(|_| (place.clone(), format!("`{key}` holds no valid JSON")))?;
        return Ok(Some(Document { named: Arc::from(*key), place, members }));
    }
    let read = match reader.file(&text) {
        None => return Ok(None),
        Some(Err(why)) => return Err((place, format!("the file with the credentials: {why}"))),
        Some(Ok(read)) => read,
    };
    let members = serde_json::from_str(&read)
        .map_err(|_| (place.clone(), "the file with the credentials holds no JSON".to_owned()))?;
    Ok(Some(Document { named: Arc::from(text), place, members }))
}

/// What a user's login left behind, if there is one that can be read.
fn of_gcloud(place: String, reader: &mut Reader<'_>) -> Option<Document> {
    let home = reader.ambient("HOME", &place)?;
    let path = format!("{home}/{OF_GCLOUD}");
    let members = serde_json::from_str(&reader.file(&path)?.ok()?).ok()?;
    Some(Document { named: Arc::from(path), place, members })
}

/// Reads what stands for an account.
fn kind(document: &Document, reader: &mut Reader<'_>) -> Option<CredentialKind> {
    let Document { place, members, named } = document;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let uri = text("token_uri").unwrap_or(ENDPOINT);
    let endpoint = TokenEndpoint::parse(uri);
    let kind = match (text("type").unwrap_or("service_account"), endpoint) {
        ("service_account", Some(endpoint)) => {
            let account = |endpoint| {
                Some(GoogleService {
                    email: Arc::from(text("client_email")?),
                    key_id: text("private_key_id").map(Arc::from),
                    private_key: Secret::new(text("private_key")?),
                    endpoint,
                    audience: Arc::from(uri),
                })
            };
            account(endpoint).map(CredentialKind::GoogleService)
        }
        ("authorized_user", Some(endpoint)) => {
            let user = |endpoint| {
                Some(GoogleUser {
                    client_id: Arc::from(text("client_id")?),
                    client_secret: Secret::new(text("client_secret")?),
                    refresh_token: Secret::new(text("refresh_token")?),
                    endpoint,
                })
            };
            user(endpoint).map(CredentialKind::GoogleUser)
        }
        (_, None) => None,
        (other @ ("external_account" | "impersonated_service_account"), _) => {
            let message = format!("credentials of type `{other}` cannot be used yet");
            let help = "give a service account's key, or a token in api_key";
            reader.error(place, &message, help);
            return None;
        }
        (_, Some(_)) => None,
    };
    if kind.is_none() {
        let message = format!("what {named} holds stands for no account of Google's");
        let help = "a service account's file has type, client_email, private_key and token_uri";
        reader.error(place, &message, help);
    }
    kind
}
