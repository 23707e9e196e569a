//! The whole table of *endpoint × protocol*, for documentation and lists: what is the same, what is
//! translated, what is refused.

use vocab::Protocol;

use super::members::Member;
use super::provider;
use crate::config::Platform;
use crate::endpoint::{ROWS, Row};

/// How the gateway serves one endpoint at providers of one protocol.
#[derive(Clone, Copy, Debug)]
pub struct Translation {
    /// Version before the path, which clients may leave out.
    pub version: &'static str,
    /// Path of the endpoint.
    pub path: &'static str,
    /// What the provider speaks.
    pub protocol: Protocol,
    /// How.
    pub served: Served,
}

/// See [`Translation::served`].
#[derive(Clone, Copy, Debug)]
pub enum Served {
    /// Everything goes through as it is.
    Same,
    /// Each member as its row says; others are refused.
    Translated(&'static [Member]),
    /// Deployments of this protocol are never asked.
    Refused,
}

/// Protocols, in the order in which people read about them.
const PROTOCOLS: [Protocol; 6] = [
    Protocol::OpenAi,
    Protocol::Azure,
    Protocol::Anthropic,
    Protocol::Gemini,
    Protocol::Bedrock,
    Protocol::Ollama,
];

/// Every cell of the table, endpoint by endpoint.
pub fn translations() -> Vec<Translation> {
    let cell = |row: &Row, protocol| {
        let Row { path, endpoint, .. } = *row;
        let version = if row.names_model() { "" } else { "/v1" };
        let dialect = provider::of(protocol).dialect(endpoint, Platform::Own);
        let served = match dialect.map(|dialect| dialect.members()) {
            None => Served::Refused,
            Some([]) => Served::Same,
            Some(members) => Served::Translated(members),
        };
        Translation { version, path, protocol, served }
    };
    let all =
        ROWS.iter().flat_map(|row| PROTOCOLS.into_iter().map(move |protocol| cell(row, protocol)));
    all.collect()
}
