//! Google's tokens: for a service account's signature (RFC 7523), for a user's refresh token, or from the metadata
//! server of the machine.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, Method};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::json;

use super::Issued;
use super::entra::Token;
use super::exchange::{self, Exchange};
use crate::config::{GoogleService, GoogleUser, TokenEndpoint};

/// What the tokens are for; LiteLLM asks for the same.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long a signature is good, in seconds: Google's longest.
const SIGNED_FOR: u64 = 3600;

/// Asks in the name of a service account.
pub(super) async fn of_service(
    account: &GoogleService,
    exchange: Exchange<'_>,
) -> Result<Issued, String> {
    let now = exchange.now();
    let assertion = assertion(account, now)?;
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.as_str()),
    ];
    let token: Token = exchange.form(&account.endpoint, &fields).await?;
    Ok(token.issued(now))
}

/// Asks in the name of a user.
pub(super) async fn of_user(user: &GoogleUser, exchange: Exchange<'_>) -> Result<Issued, String> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", &*user.client_id),
        ("client_secret", user.client_secret.reveal()),
        ("refresh_token", user.refresh_token.reveal()),
    ];
    let now = exchange.now();
    let token: Token = exchange.form(&user.endpoint, &fields).await?;
    Ok(token.issued(now))
}

/// Asks the machine's metadata server.
pub(super) async fn of_machine(
    at: &TokenEndpoint,
    exchange: Exchange<'_>,
) -> Result<Issued, String> {
    let mut request = exchange::asking(Method::GET, at, Bytes::new());
    request.headers_mut().insert("metadata-flavor", HeaderValue::from_static("Google"));
    let now = exchange.now();
    let answer = exchange.send(at, request).await?;
    let token: Token = exchange::read(at, &answer)?;
    Ok(token.issued(now))
}

/// A JSON Web Token that says who asks for what, signed with the account's key (RS256).
fn assertion(account: &GoogleService, now: u64) -> Result<String, String> {
    let key = key_of(account.private_key.reveal()).ok_or("its private_key is no RSA key in PEM")?;
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(id) = &account.key_id {
        header["kid"] = json!(**id);
    }
    let claims = json!({
        "iss": *account.email,
        "scope": SCOPE,
        "aud": *account.audience,
        "iat": now,
        "exp": now + SIGNED_FOR,
    });
    let encoded = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
    let said = format!(
        "{}.{}",
        encoded(header.to_string().as_bytes()),
        encoded(claims.to_string().as_bytes())
    );
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said.as_bytes(), &mut signature)
        .map_err(|_| "its private_key does not sign")?;
    Ok(format!("{said}.{}", encoded(&signature)))
}

/// The key in a PEM text (RFC 7468) of PKCS #8.
fn key_of(pem: &str) -> Option<KeyPair> {
    const LABEL: &str = "PRIVATE KEY-----";
    let (_, after) = pem.split_once(&format!("-----BEGIN {LABEL}"))?;
    let (inside, _) = after.split_once("-----END")?;
    let inside: String = inside.split_whitespace().collect();
    KeyPair::from_pkcs8(&BASE64_STANDARD.decode(inside).ok()?).ok()
}
