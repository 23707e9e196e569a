//! AWS's credentials, in the order of LiteLLM 1.106.2 (`bedrock/base_aws_llm.py`: `get_credentials`): whom somebody else
//! vouches for, a role, a profile, keys; then what AWS's own libraries look for: the environment, the profile
//! `default`, the container, the machine.

use std::sync::Arc;

use super::profiles::{self, Profile};
use super::said;
use crate::config::litellm::NoteKind;
use crate::config::litellm::reader::{Reader, Section};
use crate::config::{
    AwsAssumer, AwsContainer, AwsKeys, AwsRole, CredentialKind, CredentialSource, Secret,
    TokenEndpoint, TokenText,
};

/// Where a machine of AWS's is told its own.
const MACHINE: &str = "http://169.254.169.254/";

/// Where a container of AWS's is told its own, before the path that the environment says.
const CONTAINER: &str = "http://169.254.170.2";

/// Who has assumed a role, where the config says no name.
const SESSION: &str = "brownout-gateway";

/// What requests to Bedrock are signed with.
#[derive(Debug, Default)]
pub(super) struct Aws {
    /// Keys that stand.
    pub(super) keys: Option<AwsKeys>,
    /// Keys that have to be fetched.
    pub(super) source: Option<CredentialSource>,
}

impl Aws {
    pub(super) fn keys(keys: AwsKeys) -> Self {
        Self { keys: Some(keys), source: None }
    }

    pub(super) fn source(named: &str, kind: CredentialKind) -> Self {
        Self { keys: None, source: Some(CredentialSource { named: Arc::from(named), kind }) }
    }
}

/// Reads what an entry for Bedrock says; `region` is where its role is assumed.
pub(super) fn credentials(
    params: &Section<'_>,
    region: Option<&str>,
    reader: &mut Reader<'_>,
) -> Aws {
    if params.get("api_key").is_some() {
        return Aws::default();
    }
    let region = region.unwrap_or_default();
    if !reader.looks_up() {
        return Aws { keys: keys(params, reader), source: None };
    }
    if let Some(role) = said(params, ("aws_role_name", "AWS_ROLE_NAME"), reader) {
        return of_role((params, region), &role, reader);
    }
    if let Some(name) = said(params, ("aws_profile_name", "AWS_PROFILE_NAME"), reader) {
        let place = params.path_of("aws_profile_name");
        return profiles::read(&Profile { name: &name, place: &place, region }, reader)
            .unwrap_or_default();
    }
    match keys(params, reader) {
        Some(keys) => Aws::keys(keys),
        None => of_surroundings((params, region), reader),
    }
}

/// The keys that the entry names, else the environment's.
fn keys(params: &Section<'_>, reader: &mut Reader<'_>) -> Option<AwsKeys> {
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

fn of_role((params, region): (&Section<'_>, &str), role: &str, reader: &mut Reader<'_>) -> Aws {
    let place = params.path_of("aws_role_name");
    let session = said(params, ("aws_session_name", "AWS_SESSION_NAME"), reader);
    let external_id = said(params, ("aws_external_id", "AWS_EXTERNAL_ID"), reader);
    let token = said(params, ("aws_web_identity_token", "AWS_WEB_IDENTITY_TOKEN"), reader);
    let by = match token {
        Some(token) => vouched(params, &token, reader).map(AwsAssumer::WebIdentity),
        None => {
            let keys = keys(params, reader).or_else(|| {
                let profile = Profile { name: "default", place: &place, region };
                profiles::keys_of(&profile, reader)
            });
            if keys.is_none() {
                let help = "add aws_access_key_id and aws_secret_access_key, set AWS_ACCESS_KEY_ID and \
                            AWS_SECRET_ACCESS_KEY, or add aws_web_identity_token";
                reader.error(&place, "there are no keys of AWS by which the role is assumed", help);
            }
            keys.map(AwsAssumer::Keys)
        }
    };
    let endpoint = sts(params, region, reader);
    let (Some(by), Some(endpoint)) = (by, endpoint) else { return Aws::default() };
    Aws::source(
        "aws_role_name",
        CredentialKind::AwsRole(AwsRole {
            role: Arc::from(role),
            session: Arc::from(session.as_deref().unwrap_or(SESSION)),
            external_id: external_id.map(|id| Secret::new(&id)),
            by,
            region: Arc::from(region),
            endpoint,
        }),
    )
}

/// Where roles are assumed.
fn sts(params: &Section<'_>, region: &str, reader: &mut Reader<'_>) -> Option<TokenEndpoint> {
    const KEY: &str = "aws_sts_endpoint";
    let url = said(params, (KEY, "AWS_STS_ENDPOINT"), reader);
    let endpoint = TokenEndpoint::parse(&url.unwrap_or_else(|| sts_of(region)));
    if endpoint.is_none() {
        let help = "write an absolute URL, such as https://sts.us-east-1.amazonaws.com";
        reader.error(&params.path_of(KEY), "this is no address that can be called", help);
    }
    endpoint
}

/// The Security Token Service of a region.
pub(super) fn sts_of(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://sts.{region}.{suffix}/")
}

/// The token by which somebody else vouches: a file, a variable, or the token itself.
fn vouched(params: &Section<'_>, token: &str, reader: &mut Reader<'_>) -> Option<TokenText> {
    let place = params.path_of("aws_web_identity_token");
    let file = |path: &str| Some(TokenText::File(Arc::from(path)));
    if let Some(path) = token.strip_prefix("oidc/file/") {
        return file(path);
    }
    let variable = token.strip_prefix("oidc/env/").or_else(|| token.strip_prefix("oidc/env_path/"));
    if let Some(name) = variable {
        let value = reader.ambient(name, &place);
        if value.is_none() {
            reader.error(&place, "the variable that holds the token is not set", "set it");
        }
        let value = value?;
        return if token.starts_with("oidc/env/") {
            Some(TokenText::Given(Secret::new(&value)))
        } else {
            file(&value)
        };
    }
    if token.starts_with("oidc/") {
        let help = "write oidc/file/PATH, oidc/env/NAME or oidc/env_path/NAME";
        reader.error(&place, "nobody here fetches such a token", help);
        return None;
    }
    if token.starts_with('/') {
        return file(token);
    }
    let given = reader.ambient(token, &place);
    Some(TokenText::Given(Secret::new(given.as_deref().unwrap_or(token))))
}

/// What AWS's own libraries find where nobody says anything.
fn of_surroundings((params, region): (&Section<'_>, &str), reader: &mut Reader<'_>) -> Aws {
    let place = params.path_of("aws_access_key_id");
    let token = reader.ambient("AWS_WEB_IDENTITY_TOKEN_FILE", &place);
    let role = reader.ambient("AWS_ROLE_ARN", &place);
    if let (Some(token), Some(role)) = (token, role)
        && let Some(endpoint) = sts(params, region, reader)
    {
        let session = reader.ambient("AWS_ROLE_SESSION_NAME", &place);
        let role = AwsRole {
            role: Arc::from(role),
            session: Arc::from(session.as_deref().unwrap_or(SESSION)),
            external_id: None,
            by: AwsAssumer::WebIdentity(TokenText::File(Arc::from(token))),
            region: Arc::from(region),
            endpoint,
        };
        return Aws::source("AWS_ROLE_ARN", CredentialKind::AwsRole(role));
    }
    let named = reader.ambient("AWS_PROFILE", &place);
    let profile = Profile { name: named.as_deref().unwrap_or("default"), place: &place, region };
    if named.is_some() || profiles::exists(&profile, reader) {
        return profiles::read(&profile, reader).unwrap_or_default();
    }
    of_metadata(&place, reader)
}

/// What a container or a machine of AWS's is told.
fn of_metadata(place: &str, reader: &mut Reader<'_>) -> Aws {
    let below = reader.ambient("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", place);
    let url = below.map(|path| format!("{CONTAINER}{path}"));
    let url = url.or_else(|| reader.ambient("AWS_CONTAINER_CREDENTIALS_FULL_URI", place));
    if let Some(endpoint) = url.as_deref().and_then(TokenEndpoint::parse) {
        let file = reader.ambient("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", place);
        let given = reader.ambient("AWS_CONTAINER_AUTHORIZATION_TOKEN", place);
        let given = given.map(|token| TokenText::Given(Secret::new(&token)));
        let token = file.map(|path| TokenText::File(Arc::from(path))).or(given);
        let kind = CredentialKind::AwsContainer(AwsContainer { endpoint, token });
        return Aws::source("the container's role", kind);
    }
    let off = reader.ambient("AWS_EC2_METADATA_DISABLED", place);
    if off.is_some_and(|off| off.eq_ignore_ascii_case("true")) {
        return Aws::default();
    }
    let Some(endpoint) = TokenEndpoint::parse(MACHINE) else { return Aws::default() };
    let text = "there are no keys of AWS in the config, the environment or a profile: the machine is asked for its role's";
    reader.note(place.to_owned(), NoteKind::Advice, text);
    Aws::source("the machine's role", CredentialKind::AwsMachine(endpoint))
}
