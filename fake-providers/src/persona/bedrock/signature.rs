//! Signature version 4, checked and not ignored. A deployment's one key is both access key id and
//! secret: whoever signs with it twice is let in. A bearer token with the key is, too, as with
//! Bedrock's API keys.
//!
//! The signature is computed once more, by `aws-sigv4` where it can be, over what the request says was signed. Its
//! age is judged by the world's clock, never by the machine's.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use wire::bedrock::ErrorName;

use super::super::{Complaint, IncomingRequest, Refusal, bearer, text};

/// How far a signature's time may be from now, in seconds.
const SKEW_S: u64 = 300;

/// What HTTP/2 has in the place of `host`.
const AUTHORITY: &str = ":authority";

/// What the header begins with.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The service that must be named in the scope.
const SERVICE: &str = "bedrock";

/// What an `Authorization` header says.
struct Signed<'h> {
    access_key: &'h str,
    /// `20260101`.
    day: &'h str,
    region: &'h str,
    service: &'h str,
    headers: &'h str,
    signature: &'h str,
}

/// Whether a request may use a deployment whose key is `key`.
///
/// # Errors
/// The refusal, in AWS's order: no credentials, incomplete ones, an unknown key, a wrong scope, a
/// wrong time, a wrong signature.
pub(in super::super) fn authorize(
    incoming: &IncomingRequest<'_>,
    key: &str,
) -> Result<(), Refusal> {
    let headers = &incoming.parts.headers;
    if let Some(token) = bearer(headers) {
        return if token == key { Ok(()) } else { Err(Refusal::WrongKey) };
    }
    let authorization = text(headers, wire::openai::AUTHORIZATION).ok_or(Refusal::NoKey)?;
    let signed = Signed::read(authorization)?;
    let stamp = text(headers, "x-amz-date").ok_or_else(|| {
        incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' \
                    header.",
        )
    })?;
    if signed.access_key != key {
        return Err(Refusal::WrongKey);
    }
    let signed_s =
        seconds_of(stamp).ok_or_else(|| incomplete("Date must be in ISO-8601 'basic format'."))?;
    if signed.service != SERVICE {
        let message = format!("Credential should be scoped to correct service: '{SERVICE}'. ");
        return Err(invalid(message));
    }
    if !stamp.starts_with(signed.day) {
        return Err(invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version \
                            of date from HTTP"
                .to_owned(),
        ));
    }
    punctual(stamp, signed_s, incoming.unix_s)?;
    match expected(incoming, &signed, (key, signed_s)) {
        Some(expected) if expected == signed.signature => Ok(()),
        Some(_) | None => Err(invalid(ErrorName::InvalidSignature.usual_message().to_owned())),
    }
}

impl<'h> Signed<'h> {
    fn read(authorization: &'h str) -> Result<Self, Refusal> {
        let Some(rest) = authorization.strip_prefix(ALGORITHM) else {
            return Err(incomplete(ErrorName::IncompleteSignature.usual_message()));
        };
        let member = |name: &str| {
            let mut members = rest.split(',').filter_map(|member| member.trim().split_once('='));
            let found = members.find(|(found, _)| *found == name).map(|(_, value)| value);
            found.ok_or_else(|| {
                incomplete(&format!("Authorization header requires '{name}' parameter."))
            })
        };
        let (credential, headers, signature) =
            (member("Credential")?, member("SignedHeaders")?, member("Signature")?);
        let mut scope = credential.rsplitn(5, '/');
        let mut next = || {
            scope.next().ok_or_else(|| {
                incomplete(
                    "Credential must have exactly 5 slash-delimited elements, e.g. \
                            keyid/date/region/service/term.",
                )
            })
        };
        let (_term, service, region, day, access_key) =
            (next()?, next()?, next()?, next()?, next()?);
        Ok(Self { access_key, day, region, service, headers, signature })
    }
}

fn punctual(stamp: &str, signed_s: u64, now_s: u64) -> Result<(), Refusal> {
    let now = stamp_of(now_s);
    if signed_s + SKEW_S < now_s {
        let oldest = stamp_of(now_s - SKEW_S);
        return Err(invalid(format!(
            "Signature expired: {stamp} is now earlier than {oldest} ({now} - 5 min.)"
        )));
    }
    if signed_s > now_s + SKEW_S {
        let newest = stamp_of(now_s + SKEW_S);
        return Err(invalid(format!(
            "Signature not yet current: {stamp} is still later than {newest} ({now} + 5 min.)"
        )));
    }
    Ok(())
}

/// The signature that the request should have; `None` if it cannot be signed at all.
fn expected(
    incoming: &IncomingRequest<'_>,
    signed: &Signed<'_>,
    (key, signed_s): (&str, u64),
) -> Option<String> {
    let parts = incoming.parts;
    if signed.headers.split(';').any(|name| name == AUTHORITY) {
        return expected_over_http2(incoming, signed, (key, signed_s));
    }
    let identity = Credentials::new(key, key, None, None, "brownout").into();
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(signed.region)
        .name(signed.service)
        .time(UNIX_EPOCH + Duration::from_secs(signed_s))
        .settings(settings)
        .build()
        .ok()?
        .into();
    let names: Vec<&str> = signed.headers.split(';').collect();
    let headers = signed_headers(&parts.headers, &names)?;
    let host = text(&parts.headers, "host")?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let uri = format!("http://{host}{target}");
    let body = match text(&parts.headers, "x-amz-content-sha256") {
        Some("UNSIGNED-PAYLOAD") => SignableBody::UnsignedPayload,
        Some(_) | None => SignableBody::Bytes(incoming.body),
    };
    let request =
        SignableRequest::new(parts.method.as_str(), uri, headers.into_iter(), body).ok()?;
    Some(sign(request, &params).ok()?.signature().to_owned())
}

/// The same where the pseudo-header `:authority` was signed in the place of `host`, as AWS's SDK for JavaScript does over
/// HTTP/2. `aws-sigv4` knows no such header, so the canonical request is written here, by AWS's description of it.
fn expected_over_http2(
    incoming: &IncomingRequest<'_>,
    signed: &Signed<'_>,
    (key, signed_s): (&str, u64),
) -> Option<String> {
    let parts = incoming.parts;
    let mut canonical = format!("{}\n", parts.method);
    // Encoded once by who sends it, and once more by who signs it.
    for byte in parts.uri.path().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                canonical.push(char::from(byte));
            }
            other => write!(canonical, "%{other:02X}").ok()?,
        }
    }
    // No call of the runtime has a query.
    write!(canonical, "\n{}\n", parts.uri.query().unwrap_or_default()).ok()?;
    for name in signed.headers.split(';') {
        let value = text(&parts.headers, if name == AUTHORITY { "host" } else { name })?;
        writeln!(canonical, "{name}:{}", value.trim()).ok()?;
    }
    let body = match text(&parts.headers, "x-amz-content-sha256") {
        Some(unsigned @ "UNSIGNED-PAYLOAD") => unsigned.to_owned(),
        Some(_) | None => digest(incoming.body),
    };
    write!(canonical, "\n{}\n{body}", signed.headers).ok()?;
    let Signed { day, region, service, .. } = signed;
    let (stamp, hash) = (stamp_of(signed_s), digest(canonical.as_bytes()));
    let to_sign = format!("{ALGORITHM}\n{stamp}\n{day}/{region}/{service}/aws4_request\n{hash}");
    let time = UNIX_EPOCH + Duration::from_secs(signed_s);
    let signing_key = v4::generate_signing_key(key, time, region, service);
    Some(v4::calculate_signature(signing_key, to_sign.as_bytes()))
}

/// SHA-256 in hexadecimal.
fn digest(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The headers that were signed; `None` if one of them is missing or no text.
fn signed_headers<'h>(
    headers: &'h HeaderMap,
    names: &[&'h str],
) -> Option<Vec<(&'h str, &'h str)>> {
    let mut signed = Vec::with_capacity(names.len());
    for name in names {
        let mut values = headers.get_all(*name).iter().peekable();
        values.peek()?;
        for value in values {
            signed.push((*name, value.to_str().ok()?));
        }
    }
    Some(signed)
}

/// Seconds since 1970 of `20260101T000017Z`.
fn seconds_of(stamp: &str) -> Option<u64> {
    let part = |from: usize, to: usize| stamp.get(from..to);
    let (date, time) = (part(0, 8)?, part(9, 15)?);
    if stamp.len() != 16 || part(8, 9)? != "T" || !stamp.ends_with('Z') {
        return None;
    }
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, second) = (time.get(..2)?, time.get(2..4)?, time.get(4..)?);
    wire::rfc3339::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

/// `20260101T000017Z` of seconds since 1970.
fn stamp_of(unix_s: u64) -> String {
    wire::rfc3339::format_rfc3339(unix_s).replace(['-', ':'], "")
}

fn incomplete(message: &str) -> Refusal {
    refused(ErrorName::IncompleteSignature, message.to_owned())
}

fn invalid(message: String) -> Refusal {
    refused(ErrorName::InvalidSignature, message)
}

fn refused(name: ErrorName, message: String) -> Refusal {
    Refusal::Invalid(Complaint { message, param: None, code: Some(name.name()) })
}

#[cfg(test)]
mod tests {
    use super::{seconds_of, stamp_of};

    #[test]
    fn stamps_both_ways() {
        assert_eq!(stamp_of(1_767_225_617), "20260101T000017Z");
        assert_eq!(seconds_of("20260101T000017Z"), Some(1_767_225_617));
        for none in ["", "20260101", "20260101T000017", "2026-01-01T00:00:17Z", "20261301T000017Z"]
        {
            assert_eq!(seconds_of(none), None, "{none}");
        }
    }
}
