//! AWS's temporary keys: of a role that is assumed at the Security Token Service, of a container's role, or of the
//! machine's (IMDSv2).

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde::Deserialize;

use super::Issued;
use super::exchange::{self, Exchange};
use crate::config::{AwsAssumer, AwsContainer, AwsKeys, AwsRole, Secret, TokenEndpoint};
use crate::upstream::Shown;
use crate::upstream::signature::{self, Signer};

/// Version of the service's API.
const VERSION: &str = "2011-06-15";

/// How long assumed keys are good, in seconds: what every role allows.
const SECONDS: &str = "3600";

/// Where the machine's role stands.
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// How long the token for these questions is good, in seconds.
const SESSION_SECONDS: &str = "60";

/// Assumes a role.
pub(super) async fn of_role(role: &AwsRole, exchange: Exchange<'_>) -> Result<Issued, String> {
    let now = exchange.now();
    let mut fields = vec![
        ("Version", VERSION),
        ("RoleArn", &*role.role),
        ("RoleSessionName", &*role.session),
        ("DurationSeconds", SECONDS),
    ];
    let token;
    match &role.by {
        AwsAssumer::Keys(_) => fields.push(("Action", "AssumeRole")),
        AwsAssumer::WebIdentity(at) => {
            token = exchange::text_of(at)?;
            fields.push(("Action", "AssumeRoleWithWebIdentity"));
            fields.push(("WebIdentityToken", &token));
        }
    }
    if let (Some(id), AwsAssumer::Keys(_)) = (&role.external_id, &role.by) {
        fields.push(("ExternalId", id.reveal()));
    }
    let mut request = exchange::form(&role.endpoint, &fields);
    // JSON is not promised.
    request.headers_mut().insert(http::header::ACCEPT, HeaderValue::from_static("text/xml"));
    if let AwsAssumer::Keys(keys) = &role.by {
        let body = exchange::form_body(&fields);
        let signer = Signer { keys, region: &role.region, service: "sts" };
        signature::sign((&mut request, body.as_bytes()), signer, now);
    }
    let answer = exchange.send(&role.endpoint, request).await?;
    let answer = String::from_utf8_lossy(&answer);
    let text = |name: &str| tag(&answer, name).map(str::to_owned);
    let keys = || {
        Some(Keys {
            access_key_id: text("AccessKeyId")?,
            secret_access_key: text("SecretAccessKey")?,
            token: text("SessionToken"),
            expiration: text("Expiration"),
        })
    };
    keys().map(|keys| keys.issued(now)).ok_or_else(|| no_keys(&role.endpoint))
}

/// Asks for the keys of a container's role.
pub(super) async fn of_container(
    container: &AwsContainer,
    exchange: Exchange<'_>,
) -> Result<Issued, String> {
    let at = &container.endpoint;
    let mut request = exchange::asking(Method::GET, at, Bytes::new());
    if let Some(token) = &container.token {
        let token = exchange::text_of(token)?;
        let mut value = HeaderValue::try_from(token)
            .map_err(|_| "its token cannot stand in an HTTP header".to_owned())?;
        value.set_sensitive(true);
        request.headers_mut().insert(http::header::AUTHORIZATION, value);
    }
    let now = exchange.now();
    let keys: Keys = exchange::read(at, &exchange.send(at, request).await?)?;
    Ok(keys.issued(now))
}

/// Asks for the keys of the machine's role: for a token, for the role's name, for its keys.
pub(super) async fn of_machine(
    at: &TokenEndpoint,
    exchange: Exchange<'_>,
) -> Result<Issued, String> {
    let session = at.at("/latest/api/token");
    let mut request = exchange::asking(Method::PUT, &session, Bytes::new());
    let seconds = HeaderValue::from_static(SESSION_SECONDS);
    request.headers_mut().insert("x-aws-ec2-metadata-token-ttl-seconds", seconds);
    let token = exchange.send(&session, request).await?;
    let token = HeaderValue::from_maybe_shared(token).map_err(|_| no_keys(&session))?;
    let get = async |at: &TokenEndpoint| {
        let mut request = exchange::asking(Method::GET, at, Bytes::new());
        request.headers_mut().insert("x-aws-ec2-metadata-token", token.clone());
        exchange.send(at, request).await
    };
    let roles = at.at(ROLES);
    let named = get(&roles).await?;
    let named = String::from_utf8_lossy(&named);
    let role = named.lines().next().map(str::trim).filter(|name| !name.is_empty());
    let role = role.ok_or_else(|| format!("{roles}: the machine has no role"))?;
    let keys_at = at.at(&format!("{ROLES}{}", wire::percent::segment(role)));
    let now = exchange.now();
    let keys: Keys = exchange::read(&keys_at, &get(&keys_at).await?)?;
    Ok(keys.issued(now))
}

fn no_keys(at: &TokenEndpoint) -> String {
    format!("{at}: its answer holds no credentials")
}

/// Keys, as metadata servers tell them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    token: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    expiration: Option<String>,
}

/// How long keys are taken to be good that do not say so, in seconds.
const UNSAID_SECONDS: u64 = 900;

impl Keys {
    fn issued(self, now: u64) -> Issued {
        let ends = self.expiration.as_deref().and_then(wire::rfc3339::parse_rfc3339);
        let seconds = ends.map_or(UNSAID_SECONDS, |ends| ends.saturating_sub(now));
        let keys = AwsKeys {
            access_key_id: Secret::new(&self.access_key_id),
            secret_access_key: Secret::new(&self.secret_access_key),
            session_token: self.token.as_deref().map(Secret::new),
        };
        Issued::new(Shown::Aws(keys), now, seconds)
    }
}

/// The text of the first element of that name; what AWS answers has no attributes there, and keys have no letter that XML
/// would write otherwise.
pub(super) fn tag<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    after.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}
