//! Proxies between a client and the world: which dials go through one, and the words by which one is asked for a way
//! (CONNECT, RFC 9110, section 9.3.6). Whose environment names them is nobody's business here.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Authority;

/// Largest answer of a proxy to CONNECT, in bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Most entries of a list of exceptions.
const EXCEPTIONS_MAX: usize = 1024;

/// Proxies by the scheme of what is dialled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `https`.
    pub https: Option<Proxy>,
    /// For `http`.
    pub http: Option<Proxy>,
    /// Who is dialled without one.
    pub except: Exceptions,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    authority: Authority,
    /// What is shown to it: the value of `proxy-authorization`.
    credentials: Option<Arc<str>>,
}

/// Hosts that are dialled without a proxy, as `NO_PROXY` lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions(Vec<String>);

impl Proxy {
    /// Reads a URL such as `http://user:password@proxy:3128`, or `proxy:3128`; `None` if it is none, or one that is spoken
    /// to otherwise.
    pub fn parse(url: &str) -> Option<Self> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        if scheme != "http" {
            return None;
        }
        let rest = rest.split('/').next().unwrap_or_default();
        let (user, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, rest),
        };
        let uri: http::Uri = format!("http://{host}/").parse().ok()?;
        let authority = Authority::from_uri(&uri)?;
        let credentials = user.map(|user| {
            let user: Vec<u8> = percent_decode_str(user).collect();
            Arc::from(format!("Basic {}", BASE64_STANDARD.encode(user)))
        });
        Some(Self { authority, credentials })
    }

    /// Where it is dialled.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Asks it, over `tcp`, for a way to `to`.
    ///
    /// # Errors
    /// Whatever the connection meets, and `ConnectionRefused` if it says no.
    pub(crate) async fn open_way(&self, tcp: &mut TcpStream, to: &Authority) -> io::Result<()> {
        let host = match to.host.contains(':') {
            true => format!("[{}]:{}", to.host, to.port),
            false => format!("{}:{}", to.host, to.port),
        };
        let shown = self.credentials.as_deref().map_or_else(String::new, |credentials| {
            format!("proxy-authorization: {credentials}\r\n")
        });
        let asked = format!("CONNECT {host} HTTP/1.1\r\nhost: {host}\r\n{shown}\r\n");
        tcp.write_all(asked.as_bytes()).await?;
        let mut answer = Vec::new();
        // A byte at a time: what follows the head is the server's, and not to be taken away.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() == ANSWER_BYTES_MAX {
                return Err(self.refused("its answer has no end"));
            }
            answer.push(tcp.read_u8().await?);
        }
        let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        match line.split(' ').nth(1) {
            Some(status) if status.len() == 3 && status.starts_with('2') => Ok(()),
            Some(status) => Err(self.refused(&format!("it says {}", status.escape_debug()))),
            None => Err(self.refused("it does not speak HTTP")),
        }
    }

    fn refused(&self, why: &str) -> io::Error {
        let text = format!("the proxy {} opens no way: {why}", self.authority);
        io::Error::new(io::ErrorKind::ConnectionRefused, text)
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proxy({})", self.authority)
    }
}

impl Proxies {
    /// The proxy through which `to` is dialled.
    pub(crate) fn towards(&self, to: &Authority) -> Option<&Proxy> {
        let proxy = if to.tls { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.except.holds(to))
    }
}

impl Exceptions {
    /// Reads a list: names with all that ends in them, addresses, networks (`10.0.0.0/8`), `*` for everybody; each with a
    /// port if it is meant for that one only.
    pub fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
        Self(entries.take(EXCEPTIONS_MAX).map(str::to_ascii_lowercase).collect())
    }

    /// Whether `to` is dialled without a proxy. The machine itself always is: no proxy could lead there.
    fn holds(&self, to: &Authority) -> bool {
        let address: Option<IpAddr> = to.host.parse().ok();
        let here = &*to.host == "localhost" || address.is_some_and(|address| address.is_loopback());
        here || self.0.iter().any(|entry| excepts(entry, to, address))
    }
}

fn excepts(entry: &str, to: &Authority, address: Option<IpAddr>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return address.is_some_and(|address| is_within(address, network, bits));
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
            (name, port.parse().ok())
        }
        Some(_) | None => (entry, None),
    };
    if port.is_some_and(|port: u16| port != to.port) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name = name.trim_start_matches('*').trim_start_matches('.');
    let before = to.host.strip_suffix(name);
    !name.is_empty() && before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn is_within(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Exceptions, Proxies, Proxy};
    use crate::Authority;

    #[test]
    fn exceptions_are_read_as_curl_reads_them() {
        let list = "internal, .corp.example ,10.0.0.0/8,api.example:8443,[fd00::1],*.wild.example,192.168.1.7";
        let except = Exceptions::parse(list);
        for (host, port, held) in [
            ("internal", 443, true),
            ("db.internal", 443, true),
            ("notinternal", 443, false),
            ("corp.example", 443, true),
            ("a.b.corp.example", 443, true),
            ("10.200.1.1", 80, true),
            ("11.0.0.1", 80, false),
            ("api.example", 8443, true),
            ("api.example", 443, false),
            ("fd00::1", 443, true),
            ("x.wild.example", 443, true),
            ("192.168.1.7", 443, true),
            ("192.168.1.70", 443, false),
            ("localhost", 11434, true),
            ("127.0.0.1", 11434, true),
            ("::1", 11434, true),
            ("api.openai.com", 443, false),
        ] {
            let to = Authority { host: Arc::from(host), port, tls: true };
            assert_eq!(except.holds(&to), held, "{host}:{port}");
        }
        let everybody = Exceptions::parse("*");
        assert!(everybody.holds(&Authority { host: Arc::from("x"), port: 1, tls: false }));
    }

    #[test]
    fn a_proxy_is_a_url_or_a_host_and_shows_no_password() {
        let read = Proxy::parse;
        let proxy = read("http://me:secr%40t@proxy:3128/").unwrap();
        assert_eq!((&*proxy.authority.host, proxy.authority.port), ("proxy", 3128));
        assert_eq!(proxy.credentials.as_deref(), Some("Basic bWU6c2VjckB0"));
        assert!(!format!("{proxy:?}").contains("bWU6"));
        assert_eq!(read("proxy:3128").unwrap().authority.port, 3128);
        assert_eq!(read("http://proxy").unwrap().authority.port, 80);
        for other in ["socks5://proxy:1080", "https://proxy:443", "http://", "http://h:99999"] {
            assert!(read(other).is_none(), "{other}");
        }
        let to = |tls| Authority { host: Arc::from("far"), port: 443, tls };
        let proxies = Proxies { https: Some(proxy), ..Proxies::default() };
        assert!(proxies.towards(&to(true)).is_some() && proxies.towards(&to(false)).is_none());
    }
}
