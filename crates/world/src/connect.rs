//! Opening a connection to a named host, whatever the world.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use crate::Conn;
use crate::trust::{TrustError, TrustOptions};

/// A boxed future that can cross threads: the price of an open set of connectors.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Opens connections. TCP and memory are ours; a test may bring its own.
pub trait Connector: Send + Sync + std::fmt::Debug {
    /// Opens one connection for `dial`. Errors are those of a socket: `ConnectionRefused`,
    /// `TimedOut`, `NotFound` for an unknown host, …
    fn connect<'a>(&'a self, dial: Dial<'a>) -> BoxFuture<'a, io::Result<Conn>>;

    /// The same way to the same world for a client that believes as `options` say; nothing where nobody shows a certificate.
    ///
    /// # Errors
    /// Options that make no client.
    fn trusting(&self, options: &TrustOptions) -> Result<Option<Arc<dyn Connector>>, TrustError> {
        let _ = options;
        Ok(None)
    }
}

/// What becomes of a host's name before its address is dialled. Whoever plays the hosts of a world
/// may bring it, so that names can fail to resolve; without one every known name resolves at once.
pub trait Names: Send + Sync + std::fmt::Debug {
    /// Returns when the name of `dial` is resolved for a caller at `from` (a host name in memory, an
    /// IP address on sockets). Errors are a resolver's: `NotFound`, `TimedOut`, …
    fn resolve<'a>(&'a self, dial: Dial<'a>, from: &'a str) -> BoxFuture<'a, io::Result<()>>;
}

/// One dial: where to, and on whose behalf.
#[derive(Clone, Copy, Debug)]
pub struct Dial<'a> {
    /// The authority that is dialled, before a directory maps it to an address.
    pub to: &'a Authority,
    /// The call id of the request that needs the connection; empty if none. In memory the listener
    /// sees it, so that a dial which was turned away can still be attributed.
    pub on_behalf_of: &'a str,
}

/// Host, port and scheme of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    /// Host name or IP address, lower case, without brackets.
    pub host: Arc<str>,
    /// TCP port.
    pub port: u16,
    /// Whether the URL says `https`.
    pub tls: bool,
}

impl Authority {
    /// Reads scheme, host and port of an absolute URL; `None` if it is not http(s), has no host, or says a user or a port
    /// that is none: whoever left these out would dial somewhere else.
    pub fn from_uri(uri: &http::Uri) -> Option<Self> {
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let written = uri.authority()?.as_str();
        let behind_host = written.rsplit_once(']').map_or(written, |(_, rest)| rest);
        let odd_port = |(_, port): (&str, &str)| !port.parse::<u16>().is_ok_and(|port| port > 0);
        if written.contains('@') || behind_host.rsplit_once(':').is_some_and(odd_port) {
            return None;
        }
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Some(Self { host: Arc::from(host), port, tls })
    }
}

impl std::fmt::Display for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::Authority;

    #[test]
    fn a_port_that_is_none_and_a_user_are_no_authority() {
        let read = |url: &str| {
            let uri = url.parse::<http::Uri>().ok()?;
            Authority::from_uri(&uri).map(|found| (found.host.to_string(), found.port))
        };
        assert_eq!(read("http://H:8080/v1"), Some(("h".to_owned(), 8080)));
        assert_eq!(read("https://[::1]/v1"), Some(("::1".to_owned(), 443)));
        for url in [
            "http://h:99999",
            "http://h:0",
            "http://h:",
            "http://[::1]:99999",
            "http://u:p@h",
            "h:80",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
