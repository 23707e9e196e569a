//! Who may come in where there is no master key: programs. A web page can reach what listens on its reader's machine, and
//! would call a gateway without a key at its reader's expense; browsers say where a request comes from.

use http::request::Parts;
use http::{HeaderMap, header};

use crate::door::Keyless;
use crate::front::refusal::Refusal;
use crate::http1::text;

/// Where nothing is told that a page could not guess, and probes ask by any name.
const PROBES: &str = "/health/";

/// Characters of a host that are repeated to whoever asked for it.
const HOST_SHOWN_MAX: usize = 80;

/// Lets a request in that shows no key and need not, or says why not.
pub(crate) fn check(keyless: &Keyless, head: &Parts) -> Result<(), Refusal> {
    let Keyless::Programs(hosts) = keyless else { return Ok(()) };
    if head.uri.path().starts_with(PROBES) {
        return Ok(());
    }
    let host = text(&head.headers, header::HOST.as_str());
    if !hosts.has(host) {
        let shown: String = host.chars().take(HOST_SHOWN_MAX).collect();
        return Err(Refusal::misdirected(&shown));
    }
    if is_from_a_page(&head.headers) {
        return Err(Refusal::from_a_page());
    }
    Ok(())
}

/// Whether a page sent it: browsers then name its origin, or say that another site asks. A preflight names it as well.
fn is_from_a_page(headers: &HeaderMap) -> bool {
    let site = text(headers, "sec-fetch-site");
    headers.contains_key(header::ORIGIN) || !matches!(site, "" | "none")
}
