//! `fakes:`: fakes that already stand somewhere, against which a run is played in real time.
//!
//! Checks the address and how it is guarded; whoever runs reads the token and talks to the admin API.
//! This module must never see a token, only where it is kept.

use crate::text::diagnostic::{Problem, Report, Sources};
use crate::text::node::Node;
use crate::text::raw::Guarded;
use crate::text::read::read;
use crate::text::request::ClockKind;

/// Longest URL that is read, in bytes; proxies cut at 2,048 as well.
const URL_BYTES_MAX: usize = 2048;

/// Fakes that already stand somewhere, and how to reach them. A run arms them by their admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingFakes {
    /// URL of the admin API, `http` or `https`, without a trailing slash.
    pub admin_url: String,
    /// File with the token to present, as the scenario wrote it: relative to the scenario.
    pub token_file: Option<String>,
}

/// Reads the section.
///
/// # Errors
/// An address that cannot be called, or a token that would travel in the clear.
pub(crate) fn standing(section: Option<&Node>) -> Result<Option<StandingFakes>, Problem> {
    let Some(node) = section else { return Ok(None) };
    let text = if node.entries().is_empty() {
        Guarded { url: read(node)?, token_file: None }
    } else {
        read(node)?
    };
    let problem = |problem: Problem| problem.at(text.url.at);
    let (url, scheme, authority) = address(&text.url.value).map_err(problem)?;
    if let Some(token) = &text.token_file
        && scheme == "http"
        && !is_loopback(authority)
    {
        let message = format!("the token would travel to `{authority}` in the clear");
        return Err(Problem::new(message).help("use https, or leave token_file out").at(token.at));
    }
    let token_file = text.token_file.map(|file| file.value);
    Ok(Some(StandingFakes { admin_url: url.to_owned(), token_file }))
}

/// Fakes whose admin API stands at `url`, without a token.
///
/// # Errors
/// An address that cannot be called.
pub fn standing_fakes(url: &str) -> Result<StandingFakes, Report> {
    match address(url) {
        Ok((url, ..)) => Ok(StandingFakes { admin_url: url.to_owned(), token_file: None }),
        Err(problem) => Err(Report::new(Sources::default(), vec![problem])),
    }
}

/// URL, scheme and authority of an admin API.
fn address(text: &str) -> Result<(&str, &str, &str), Problem> {
    let help = "write the admin API's URL, such as http://127.0.0.1:4101";
    let problem = |message: String| Problem::new(message).help(help);
    let url = text.trim().trim_end_matches('/');
    let (scheme, authority) = url
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
        .ok_or_else(|| problem("this is no http or https URL".to_owned()))?;
    if authority.is_empty()
        || url.len() > URL_BYTES_MAX
        || authority.contains(['@', '?', '#'])
        || !has_a_port_that_is_one(authority)
        || authority.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        // It may hold a credential, which is not repeated.
        return Err(problem("this is no address of an admin API".to_owned()));
    }
    Ok((url, scheme, authority))
}

/// Whether the port of `host[:port][/path]`, if it says one, is a port.
fn has_a_port_that_is_one(authority: &str) -> bool {
    let host = authority.split('/').next().unwrap_or_default();
    let behind = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    let port = behind.rsplit_once(':').map(|(_, port)| port);
    port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Why standing fakes cannot be run on this clock.
pub(crate) fn refusal(standing: Option<&StandingFakes>, clock: ClockKind) -> Option<String> {
    match (standing, clock) {
        (Some(standing), ClockKind::Virtual) => Some(format!(
            "the fakes at {} already stand, in real time: run with --clock wall",
            standing.admin_url
        )),
        (Some(_), ClockKind::Wall) | (None, _) => None,
    }
}

/// Whether `host[:port][/path]` is this machine.
fn is_loopback(authority: &str) -> bool {
    let host = authority.split('/').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
