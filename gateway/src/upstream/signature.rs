//! Signature version 4, by which AWS knows who sends a request (AWS's "Create a signed AWS API request"). Its
//! lines are our own, so that the fakes, which check signatures with AWS's library, check them too.
//!
//! It must never know whose request it is, or read a clock.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::Full;
use sha2::{Digest as _, Sha256};

use crate::config::AwsKeys;

/// Header with the token of temporary keys.
pub(crate) const SECURITY_TOKEN: &str = "x-amz-security-token";

/// Header with the time of a signature.
const DATE: &str = "x-amz-date";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What ends the scope.
const TERM: &str = "aws4_request";

/// Bytes of a block of SHA-256, to which HMAC pads its key (RFC 2104).
const BLOCK_BYTES: usize = 64;

/// A digest of SHA-256.
type Digest = [u8; 32];

/// Headers that are signed where a request has them, in the order of their names.
const SIGNED: [&str; 4] = ["content-type", "host", DATE, SECURITY_TOKEN];

/// Who signs, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signer<'s> {
    pub(crate) keys: &'s AwsKeys,
    pub(crate) region: &'s str,
    /// AWS's name of the service, such as `bedrock`.
    pub(crate) service: &'s str,
}

/// Signs a request, whose body is `body`. The token of temporary keys goes along.
pub(crate) fn sign(
    (request, body): (&mut Request<Full<Bytes>>, &[u8]),
    signer: Signer<'_>,
    unix_seconds: u64,
) {
    let Signer { keys, region, service } = signer;
    if let Some(token) = &keys.session_token
        && let Ok(mut token) = HeaderValue::try_from(token.reveal())
    {
        token.set_sensitive(true);
        request.headers_mut().insert(HeaderName::from_static(SECURITY_TOKEN), token);
    }
    let stamp = wire::rfc3339::format_rfc3339(unix_seconds).replace(['-', ':'], "");
    let scope = Scope { stamp: &stamp, region, service };
    if let Ok(stamp) = HeaderValue::try_from(&stamp) {
        request.headers_mut().insert(HeaderName::from_static(DATE), stamp);
    }
    let signed = Signed {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: signed_headers(request.headers()),
        body,
    };
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={}",
        keys.access_key_id.reveal(),
        signed.names(),
        hex(&scope.signature(&signed, keys.secret_access_key.reveal())),
    );
    // Whoever prepared the route has seen that the key can stand in a header.
    if let Ok(mut value) = HeaderValue::try_from(authorization) {
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
}

fn signed_headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let value = |name| Some((name, headers.get(name)?.to_str().ok()?));
    SIGNED.into_iter().filter_map(value).collect()
}

/// What is signed of a request.
struct Signed<'r> {
    method: &'r str,
    path: &'r str,
    /// Sorted by name.
    query: &'r str,
    /// Names and values, sorted by name.
    headers: Vec<(&'r str, &'r str)>,
    body: &'r [u8],
}

impl Signed<'_> {
    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    /// The canonical request.
    fn text(&self) -> String {
        // Each segment is encoded once more, as AWS does for every service but S3.
        let path: Vec<String> = self.path.split('/').map(wire::percent::segment).collect();
        let mut text = format!("{}\n{}\n{}\n", self.method, path.join("/"), self.query);
        for (name, value) in &self.headers {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{name}:{}", value.trim());
        }
        let _ = write!(text, "\n{}\n{}", self.names(), hex(&digest(&[self.body])));
        text
    }
}

/// What a signature is good for.
struct Scope<'s> {
    /// `20150830T123600Z`.
    stamp: &'s str,
    region: &'s str,
    service: &'s str,
}

impl std::fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{TERM}", self.day(), self.region, self.service)
    }
}

impl Scope<'_> {
    fn day(&self) -> &str {
        self.stamp.get(..8).unwrap_or_default()
    }

    fn key(&self, secret: &str) -> Digest {
        let day = hmac(format!("AWS4{secret}").as_bytes(), self.day().as_bytes());
        let within = |key: Digest, part: &str| hmac(&key, part.as_bytes());
        [self.region, self.service, TERM].into_iter().fold(day, within)
    }

    fn signature(&self, signed: &Signed<'_>, secret: &str) -> Digest {
        let request = hex(&digest(&[signed.text().as_bytes()]));
        let text = format!("{ALGORITHM}\n{}\n{self}\n{request}", self.stamp);
        hmac(&self.key(secret), text.as_bytes())
    }
}

/// RFC 2104, over SHA-256.
fn hmac(key: &[u8], text: &[u8]) -> Digest {
    let hashed = digest(&[key]);
    let key = if key.len() > BLOCK_BYTES { hashed.as_slice() } else { key };
    let mut block = [0_u8; BLOCK_BYTES];
    block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    let inner = digest(&[block.map(|byte| byte ^ 0x36).as_slice(), text]);
    digest(&[block.map(|byte| byte ^ 0x5c).as_slice(), inner.as_slice()])
}

fn digest(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{Scope, Signed, hex, hmac};

    /// AWS's documentation and test suite use this secret.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, text, expected) in cases {
            assert_eq!(hex(&hmac(key, text)), expected);
        }
    }

    #[test]
    fn the_signatures_of_aws_published_cases_come_out() {
        let scope = |service| Scope { stamp: "20150830T123600Z", region: "us-east-1", service };
        let key = hex(&scope("iam").key(SECRET));
        assert_eq!(key, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
        let users = Signed {
            method: "GET",
            path: "/",
            query: "Action=ListUsers&Version=2010-05-08",
            headers: vec![
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("host", "iam.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
            ],
            body: b"",
        };
        assert_eq!(
            hex(&scope("iam").signature(&users, SECRET)),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
        let vanilla = |method| Signed {
            method,
            path: "/",
            query: "",
            headers: vec![("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
            body: b"",
        };
        for (method, expected) in [
            ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ] {
            assert_eq!(hex(&scope("service").signature(&vanilla(method), SECRET)), expected);
        }
    }
}
