//! How a gateway that serves receives its clients and takes leave of them: what its user chooses beside the config. It
//! must never know a request.

use crate::http1::CONNECTIONS_MAX;
use crate::shutdown::Drain;

/// How clients are received.
#[derive(Clone, Debug)]
pub struct Door {
    /// How it takes leave of them.
    pub drain: Drain,
    /// Who may call while there is no master key.
    pub keyless: Keyless,
    /// What it takes at a time; `None` for a gateway whose callers are known.
    pub limits: Option<Limits>,
    /// Connections at a time; of those that are idle the oldest leaves for another.
    pub connections_max: usize,
}

/// What a gateway takes at a time. Who finds no room waits a moment, and is then told to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests.
    pub requests_max: usize,
    /// Memory for the bodies of requests that are not yet answered, in bytes. A body is counted twice: it is put into a
    /// provider's words. Whole answers of providers have as much again, until they are sent.
    pub body_bytes_max: usize,
}

impl Default for Door {
    /// For whoever is reached by its own callers only.
    fn default() -> Self {
        Self {
            drain: Drain::default(),
            keyless: Keyless::Anybody,
            limits: None,
            connections_max: CONNECTIONS_MAX,
        }
    }
}

/// Who may call a gateway that has no master key.
#[derive(Clone, Debug, Default)]
pub enum Keyless {
    /// Whoever reaches it.
    #[default]
    Anybody,
    /// Programs, by these hosts: a web page reaches what listens on its reader's machine, too.
    Programs(Hosts),
}

/// Which hosts a caller may ask for.
#[derive(Clone, Debug)]
pub enum Hosts {
    /// Any.
    Any,
    /// IP addresses, `localhost` and these names: any other could be pointed here by whoever owns it (DNS rebinding).
    Known(Vec<String>),
}

impl Hosts {
    /// Whether `host`, a header with or without a port, is one of them.
    pub(crate) fn has(&self, host: &str) -> bool {
        let Self::Known(names) = self else { return true };
        let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => host.split_once(':').map_or(host, |(name, _)| name),
        };
        name.parse::<std::net::IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn only_hosts_that_no_foreign_name_can_stand_for() {
        let known = Hosts::Known(vec!["gateway".to_owned()]);
        for host in ["127.0.0.1:4000", "localhost", "LOCALHOST:1", "[::1]:4000", "Gateway:4000"] {
            assert!(known.has(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:4000", "127.0.0.1.nip.io", "[x]"] {
            assert!(!known.has(host), "{host}");
            assert!(Hosts::Any.has(host), "{host}");
        }
    }
}
