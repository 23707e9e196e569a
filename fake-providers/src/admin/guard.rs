//! Who may use the admin API. It listens on loopback, where a browser on the same machine can reach
//! it too: so that no web page drives it, a request that changes something must say that it is JSON
//! (a page cannot, without asking first), a request from a page is refused, and the host must be one
//! that no foreign name can stand for (DNS rebinding).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Refused;

/// Who may use the admin API.
#[derive(Clone, Default)]
pub struct AdminOptions {
    /// Must be presented as `Authorization: Bearer …`; needed wherever the API can be reached from
    /// another machine.
    pub token: Option<Arc<str>>,
    /// Base URL of the fakes themselves, for who only knows the admin API.
    pub url: String,
    /// Host names, besides `localhost` and IP addresses, under which it may be called.
    pub names: Vec<String>,
}

impl fmt::Debug for AdminOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_token = self.token.is_some();
        f.debug_struct("AdminOptions").field("has_token", &has_token).finish_non_exhaustive()
    }
}

/// Lets a request pass, or says why not.
pub(super) async fn check(
    State(options): State<Arc<AdminOptions>>,
    request: Request,
    next: Next,
) -> Response {
    match judge(&options, &request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

fn judge(options: &AdminOptions, request: &Request) -> Result<(), Refused> {
    let headers = request.headers();
    let host = text(headers, header::HOST.as_str()).unwrap_or_default();
    if !is_ours(host, &options.names) {
        let shown: String = host.chars().take(80).collect();
        return Err(Refused::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!("the admin API does not answer as `{shown}`"),
            "call it by IP address or as localhost, or start the fakes with --tls-name NAME",
        ));
    }
    let fetched = text(headers, "sec-fetch-site");
    if headers.contains_key(header::ORIGIN) || fetched.is_some_and(|site| site != "none") {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            "the admin API takes no requests from web pages".to_owned(),
            "call it from a program, such as curl",
        ));
    }
    if let Some(token) = &options.token {
        let shown = text(headers, header::AUTHORIZATION.as_str());
        let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if !same(shown.as_bytes(), token.as_bytes()) {
            return Err(Refused::new(
                StatusCode::UNAUTHORIZED,
                "the token is missing or wrong".to_owned(),
                "send the content of the fakes' --token-file as Authorization: Bearer TOKEN",
            ));
        }
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let content_type = text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_json = content_type
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if changes && !is_json {
        return Err(Refused::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a request that changes something must be JSON".to_owned(),
            "add the header content-type: application/json, also where there is no body",
        ));
    }
    Ok(())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a `Host` is an IP address, `localhost` or a known name, with or without a port.
fn is_ours(host: &str, names: &[String]) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Compares in a time that does not tell where the first difference is.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).fold(0u8, |all, (a, b)| all | (a ^ b));
    left.len() == right.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_hosts_that_no_foreign_name_can_stand_for() {
        for host in ["127.0.0.1:4101", "localhost", "LOCALHOST:1", "[::1]:4101", "10.0.0.7"] {
            assert!(is_ours(host, &[]), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:4101", "127.0.0.1.nip.io", "[x]"] {
            assert!(!is_ours(host, &[]), "{host}");
        }
        assert!(is_ours("fakes:4101", &["fakes".to_owned()]));
    }
}
