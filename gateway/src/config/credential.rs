//! Credentials that have to be fetched before a provider takes a request, and that end: of whom they are asked, and what
//! is shown for them. Values only; who asks for them must be somebody else.
//!
//! `Debug` shows no secret.

use std::fmt;
use std::sync::Arc;

use world::Authority;

use crate::config::{AwsKeys, Secret};

/// Where a deployment's credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSource {
    /// What the config names: a file, or a key of the config. For messages.
    pub named: Arc<str>,
    /// How they are got.
    pub kind: CredentialKind,
}

impl CredentialSource {
    /// What is shown for them, and nobody else may hear.
    pub fn secrets(&self) -> Vec<&Secret> {
        match &self.kind {
            CredentialKind::GoogleService(GoogleService { private_key, .. }) => vec![private_key],
            CredentialKind::GoogleUser(GoogleUser { client_secret, refresh_token, .. }) => {
                vec![client_secret, refresh_token]
            }
            CredentialKind::Entra(EntraApp { client_secret, .. }) => vec![client_secret],
            CredentialKind::AwsRole(AwsRole {
                by: AwsAssumer::Keys(keys), external_id, ..
            }) => {
                let AwsKeys { access_key_id, secret_access_key, session_token } = keys;
                let keys = [access_key_id, secret_access_key].into_iter().chain(session_token);
                keys.chain(external_id).collect()
            }
            CredentialKind::AwsRole(AwsRole { by: AwsAssumer::WebIdentity(token), .. }) => {
                token.given().into_iter().collect()
            }
            CredentialKind::AwsContainer(AwsContainer { token, .. }) => {
                token.iter().filter_map(TokenText::given).collect()
            }
            CredentialKind::GoogleMachine(_) | CredentialKind::AwsMachine(_) => Vec::new(),
        }
    }
}

/// How credentials are got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A token of Google's, for a service account's signature.
    GoogleService(GoogleService),
    /// A token of Google's, for a user's refresh token.
    GoogleUser(GoogleUser),
    /// A token of Google's, from the machine's metadata server.
    GoogleMachine(TokenEndpoint),
    /// A token of Azure's Entra ID, for an application's secret.
    Entra(EntraApp),
    /// Keys of AWS of a role, from its Security Token Service.
    AwsRole(AwsRole),
    /// Keys of AWS of a container's role.
    AwsContainer(AwsContainer),
    /// Keys of AWS of the machine's role, from its metadata server (IMDSv2).
    AwsMachine(TokenEndpoint),
}

/// An address that is asked for credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// Where to dial.
    pub authority: Authority,
    /// Path and query.
    pub path: Arc<str>,
}

/// A service account of Google's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleService {
    /// Who asks.
    pub email: Arc<str>,
    /// Names the key.
    pub key_id: Option<Arc<str>>,
    /// PKCS #8, as PEM.
    pub private_key: Secret,
    /// Who is asked.
    pub endpoint: TokenEndpoint,
    /// The same as the account's file writes it, which is signed.
    pub audience: Arc<str>,
}

/// A user who has logged in once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleUser {
    /// The application that logged in.
    pub client_id: Arc<str>,
    /// Its secret.
    pub client_secret: Secret,
    /// What stands for the user.
    pub refresh_token: Secret,
    /// Who is asked.
    pub endpoint: TokenEndpoint,
}

/// An application of Entra ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntraApp {
    /// Its id.
    pub client_id: Arc<str>,
    /// Its secret.
    pub client_secret: Secret,
    /// What the token is for.
    pub scope: Arc<str>,
    /// Who is asked: the tenant's.
    pub endpoint: TokenEndpoint,
}

/// A role of AWS that is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsRole {
    /// Its ARN.
    pub role: Arc<str>,
    /// Names who has assumed it, in AWS's logs.
    pub session: Arc<str>,
    /// What its owner wants to be told.
    pub external_id: Option<Secret>,
    /// Who assumes it.
    pub by: AwsAssumer,
    /// Region of the service that is asked.
    pub region: Arc<str>,
    /// Who is asked.
    pub endpoint: TokenEndpoint,
}

/// Who assumes a role of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsAssumer {
    /// Whose keys these are.
    Keys(AwsKeys),
    /// Whom somebody else vouches for.
    WebIdentity(TokenText),
}

/// A container's role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsContainer {
    /// Who is asked.
    pub endpoint: TokenEndpoint,
    /// What is shown.
    pub token: Option<TokenText>,
}

/// A token that stands somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenText {
    /// Here.
    Given(Secret),
    /// In a file, which somebody may renew: it is read each time.
    File(Arc<str>),
}

impl TokenText {
    const fn given(&self) -> Option<&Secret> {
        match self {
            Self::Given(token) => Some(token),
            Self::File(_) => None,
        }
    }
}

impl TokenEndpoint {
    /// The endpoint at an absolute URL; `None` if it is none.
    pub fn parse(url: &str) -> Option<Self> {
        let uri: http::Uri = url.trim().parse().ok()?;
        let authority = Authority::from_uri(&uri)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Some(Self { authority, path: Arc::from(path) })
    }

    /// The same host's other path.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { authority: self.authority.clone(), path: Arc::from(path) }
    }
}

impl fmt::Display for TokenEndpoint {
    /// Without a query, which may hold what nobody else may read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.authority.tls { "https" } else { "http" };
        let usual = if self.authority.tls { 443 } else { 80 };
        let path = self.path.split('?').next().unwrap_or_default();
        match self.authority.port {
            port if port == usual => write!(f, "{scheme}://{}{path}", self.authority.host),
            port => write!(f, "{scheme}://{}:{port}{path}", self.authority.host),
        }
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenEndpoint({self})")
    }
}
