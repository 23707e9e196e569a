//! `dns`: fails or delays the resolution of the host's name.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, Delay, NameError, NameFailure, OnResolve, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "dns",
    example: "{ dns: { kind: nxdomain } }",
    group: Group::Connection,
    parse: params::parse::<Dns>,
    document: params::document::<Dns>,
};

/// The host's name does not resolve: there is no such name, the resolver fails or hangs, or it is slow.
///
/// It is met by clients whose dials go through this program: everybody in virtual time, and our own
/// gateway and load generator on sockets. A process with a resolver of its own cannot meet it, and
/// connections that are already open go on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Dns {
    /// `nxdomain` (default): no such name; `servfail`: the resolver fails; `timeout`: it does not
    /// answer; `slow`: it answers, but late.
    kind: Kind,
    /// How long it takes; by default 0s, 5s for `timeout` and 2s for `slow`.
    after: Option<Span>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Kind {
    #[default]
    Nxdomain,
    Servfail,
    Timeout,
    Slow,
}

/// What resolvers wait for one server before they give up, by default (`resolv.conf`).
const TIMEOUT: Duration = Duration::from_secs(5);

/// Two lost packets.
const SLOW: Duration = Duration::from_secs(2);

impl Dns {
    fn after(&self) -> Duration {
        let usual = match self.kind {
            Kind::Nxdomain | Kind::Servfail => Duration::ZERO,
            Kind::Timeout => TIMEOUT,
            Kind::Slow => SLOW,
        };
        self.after.map_or(usual, |Span(after)| after)
    }
}

impl Fault for Dns {
    fn on_resolve(&self, _: Strength) -> OnResolve {
        let after = self.after();
        let error = match self.kind {
            Kind::Nxdomain => NameError::Nxdomain,
            Kind::Servfail => NameError::Servfail,
            Kind::Timeout => NameError::Timeout,
            Kind::Slow => return Action::Delay(Delay::by(after)),
        };
        Action::End(NameFailure { error, after })
    }

    fn only_slows(&self) -> bool {
        self.kind == Kind::Slow
    }

    fn describe(&self) -> String {
        let what = match self.kind {
            Kind::Nxdomain => "no such name",
            Kind::Servfail => "resolver fails",
            Kind::Timeout => "resolver does not answer",
            Kind::Slow => "slow resolver",
        };
        let after = self.after();
        if after.is_zero() {
            return what.to_owned();
        }
        format!("{what}, after {}", show_duration(after))
    }
}
