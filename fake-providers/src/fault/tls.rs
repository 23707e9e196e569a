//! `tls`: answers a dial's first bytes with an alert.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, DialEnd, OnDial, Strength, TurnAway};

pub(super) const ENTRY: Entry = Entry {
    name: "tls",
    example: "{ tls: { alert: handshake_failure } }",
    group: Group::Connection,
    parse: params::parse::<Tls>,
    document: params::document::<Tls>,
};

/// The TLS handshake fails: the first bytes of a client are answered with a fatal alert, and the
/// connection is closed.
///
/// A client that speaks plain HTTP gets the same bytes, so that both clocks agree. Connections that are
/// already open go on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Tls {
    /// `handshake_failure` (default), `protocol_version`, `unrecognized_name` or `internal_error`.
    alert: Alert,
}

/// Alerts that a server sends, with their codes in RFC 8446, section 6.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Alert {
    #[default]
    HandshakeFailure,
    ProtocolVersion,
    UnrecognizedName,
    InternalError,
}

impl Alert {
    const fn code(self) -> u8 {
        match self {
            Self::HandshakeFailure => 40,
            Self::ProtocolVersion => 70,
            Self::InternalError => 80,
            Self::UnrecognizedName => 112,
        }
    }
}

impl Fault for Tls {
    fn on_dial(&self, _: usize, _: Strength) -> OnDial {
        Action::End(DialEnd::TurnAway(TurnAway::Alert(self.alert.code())))
    }

    fn describe(&self) -> String {
        format!("handshake fails with alert {}", self.alert.code())
    }
}
