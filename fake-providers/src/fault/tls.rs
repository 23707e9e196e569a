//! The TLS handshake fails: the first bytes of a client are answered with a fatal alert, and the
//! connection is closed.
//!
//! A client that speaks plain HTTP gets the same bytes, so that both clocks agree. Connections that are
//! already open go on.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "tls",
    source: include_str!("tls.rs"),
    example: "{ tls: { alert: handshake_failure } }",
    group: Group::Connection,
    parse: |value| Ok(Box::new(Tls(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `tls`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// `handshake_failure` (default), `protocol_version`, `unrecognized_name` or `internal_error`.
    alert: Alert,
}

#[derive(Debug)]
struct Tls(Params);

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
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if matches!(moment, Moment::Accept { .. }) {
            Verdict::Alert(self.0.alert.code())
        } else {
            Verdict::Pass
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("tls (handshake fails with alert {})", self.0.alert.code())
    }
}
