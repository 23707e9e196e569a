//! What is typed after `brownout gateway`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which decisions of a gateway are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Log {
    /// None.
    Off,
    /// Failed attempts, what followed, cooldowns, requests without an answer.
    Failures,
    /// All of every request.
    All,
}

/// `gateway`.
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// LiteLLM proxy config.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Whose behaviour to play when deployments fail [default: brownout].
    #[arg(long, value_name = "NAME")]
    pub(crate) personality: Option<String>,
    /// Refuse a config with mistakes that LiteLLM would ignore: unknown and misplaced keys, names that nobody has.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Which decisions have a line on stderr.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Log::Failures)]
    pub(crate) log: Log,
    /// Write these lines as JSON.
    #[arg(long)]
    pub(crate) log_json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) most: Most,
    #[command(flatten)]
    pub(crate) farewell: Farewell,
}

/// What it takes at a time; beyond that requests wait two seconds at most, and get a 503 with Retry-After.
#[derive(Debug, Args)]
pub(crate) struct Most {
    /// Requests at a time.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_requests: u32,
    /// Memory for bodies of requests that wait for their answer; each counts twice.
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_body_memory: u32,
}

/// Where to listen, and who may call. Loopback unless told otherwise.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Address to listen on; beyond loopback only with a master key, or --trust-network.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 4000)]
    pub(crate) port: u16,
    /// Speak TLS with this certificate, PEM with its chain; read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of --tls-cert, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Host name by which a gateway without a master key may be called, besides localhost and IP addresses; repeatable.
    #[arg(long = "allow-host", value_name = "NAME")]
    pub(crate) allow_hosts: Vec<String>,
    /// Listen beyond loopback though the config has no master key, and answer to any host name: everybody who reaches
    /// the port may spend the providers' money.
    #[arg(long)]
    pub(crate) trust_network: bool,
    /// Serve /metrics on this port, too, without a key; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    pub(crate) metrics_port: Option<u16>,
    /// Address of the metrics' port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1", requires = "metrics_port")]
    pub(crate) metrics_host: IpAddr,
}

/// How it ends on SIGTERM and Ctrl-C; a second one ends it at once.
#[derive(Debug, Args)]
pub(crate) struct Farewell {
    /// How long to go on as before while readiness fails, so that whoever balances notices.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=3600))]
    pub(crate) grace: u64,
    /// How long open requests may then take to end, before they get a last word.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=86400))]
    pub(crate) drain: u64,
}
