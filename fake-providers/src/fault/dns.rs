//! The host's name does not resolve: there is no such name, the resolver fails or hangs, or it is slow.
//!
//! It is met by clients whose dials go through this program: everybody in virtual time, and our own
//! gateway and load generator on sockets. A process with a resolver of its own cannot meet it, and
//! connections that are already open go on.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, Moment, NameError, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "dns",
    source: include_str!("dns.rs"),
    example: "{ dns: { kind: nxdomain } }",
    group: Group::Connection,
    parse: |value| Ok(Box::new(Dns(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `dns`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// `nxdomain` (default): no such name; `servfail`: the resolver fails; `timeout`: it does not
    /// answer; `slow`: it answers, but late.
    kind: Kind,
    /// How long it takes; by default 0s, 5s for `timeout` and 2s for `slow`.
    after: Option<Span>,
}

#[derive(Debug)]
struct Dns(Params);

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
        let usual = match self.0.kind {
            Kind::Nxdomain | Kind::Servfail => Duration::ZERO,
            Kind::Timeout => TIMEOUT,
            Kind::Slow => SLOW,
        };
        self.0.after.map_or(usual, |Span(after)| after)
    }
}

impl Fault for Dns {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment != Moment::Resolve {
            return Verdict::Pass;
        }
        let after = self.after();
        match self.0.kind {
            Kind::Nxdomain => Verdict::NoName { error: NameError::Nxdomain, after },
            Kind::Servfail => Verdict::NoName { error: NameError::Servfail, after },
            Kind::Timeout => Verdict::NoName { error: NameError::Timeout, after },
            Kind::Slow => Verdict::Delay(after),
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn only_slows(&self) -> bool {
        self.0.kind == Kind::Slow
    }

    fn describe(&self) -> String {
        let what = match self.0.kind {
            Kind::Nxdomain => "no such name",
            Kind::Servfail => "resolver fails",
            Kind::Timeout => "resolver does not answer",
            Kind::Slow => "slow resolver",
        };
        let after = self.after();
        if after.is_zero() {
            return format!("dns ({what})");
        }
        format!("dns ({what}, after {})", show_duration(after))
    }
}
