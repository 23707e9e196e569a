//! A gateway standing alone, on real sockets, until it is told to stop; and what standing takes. It
//! must never know a scenario.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use gateway::config::Config as GatewayConfig;
use gateway::observer::{Observer, Unobserved};
pub use gateway::{Door, Drain, Hosts, Keyless, Limits};
use gateway::{Gateway, Luck, Parts};
use world::{Clock, Identity, IdentityError, Link, Listener, entropy, listen_tcp};

use crate::decision_log::{DecisionLog, LogForm, Logged};
use crate::descriptors;
use crate::way::Way;

/// Why something cannot stand.
#[derive(Debug, thiserror::Error)]
pub enum StandError {
    /// The port.
    #[error(
        "cannot listen on {address}: {source}; is something else there? choose another with {flag}"
    )]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Which flag chooses another.
        flag: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The gateway refused its config.
    #[error("cannot set up the gateway: {0}")]
    Gateway(String),
    /// The fakes refused their config.
    #[error("cannot set up the fake providers: {0}")]
    Fakes(#[from] fake_providers::FakesError),
    /// The certificate.
    #[error("cannot speak TLS: {0}")]
    Tls(#[from] world::IdentityError),
    /// Authorities that are to be believed.
    #[error("cannot believe the authorities of SSL_CERT_FILE or SSL_CERT_DIR: {0}")]
    Believed(#[from] world::TrustError),
    /// A server ended by itself.
    #[error("the {0} stopped serving: a bug in brownout; please report it")]
    Ended(&'static str),
    /// The machine refused a runtime.
    #[error("cannot start: {0}")]
    Machine(#[source] std::io::Error),
}

/// A certificate with its chain, and its key, as PEM.
#[derive(Debug)]
pub struct Pem {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// Its key.
    pub key: Vec<u8>,
}

impl Pem {
    /// What they are together.
    pub(crate) fn identity(&self) -> Result<Identity, IdentityError> {
        Identity::from_pem(&self.certificate, &self.key)
    }
}

/// Where a gateway stands, and how it receives its clients.
#[derive(Debug)]
pub struct GatewayPlace {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who it is, where it speaks TLS.
    pub tls: Option<Pem>,
    /// Who may come in without a key, and how it takes leave.
    pub door: Door,
    /// Where its metrics are, besides, and by which hosts they may be asked for.
    pub metrics: Option<(SocketAddr, Hosts)>,
}

/// A gateway that listens, and is not serving yet.
#[derive(Debug)]
pub struct StandingGateway {
    runtime: tokio::runtime::Runtime,
    gateway: Gateway,
    listener: Listener,
    door: Door,
    identity: Option<Identity>,
    address: String,
    metrics: Option<(Listener, Hosts)>,
}

/// Sets up a gateway that serves real traffic: DNS, TLS, luck from the machine. Of its decisions those that are `logged`
/// go to stderr.
///
/// # Errors
/// [`StandError`].
pub fn stand_gateway(
    config: GatewayConfig,
    place: GatewayPlace,
    (logged, form): (Logged, LogForm),
    way: Way,
) -> Result<StandingGateway, StandError> {
    let clock = Clock::wall();
    let observer: Arc<dyn Observer> = match logged {
        Logged::Nothing => Arc::new(Unobserved),
        Logged::Failures | Logged::Everything => Arc::new(DecisionLog::new(logged, form, clock)),
    };
    let GatewayPlace { address, tls, mut door, metrics } = place;
    if let Some(connections) = descriptors::raise() {
        door.connections_max = door.connections_max.min(connections);
    }
    let identity = tls.map(|pem| pem.identity()).transpose()?;
    let runtime = many_threads().map_err(StandError::Machine)?;
    let listen = |address: SocketAddr, flag: &'static str| {
        let listening = runtime.block_on(listen_tcp(address, Link::default()));
        listening.map_err(|source| StandError::Listen { address, flag, source })
    };
    let listener = listen(address, "--port")?;
    let metrics = match metrics {
        Some((address, hosts)) => Some((listen(address, "--metrics-port")?, hosts)),
        None => None,
    };
    let gateway = {
        let _inside = runtime.enter();
        Gateway::new(Parts {
            luck: Luck::Arrival,
            config: Arc::new(config),
            clock,
            connector: way.connector()?,
            observer,
            seed: entropy(),
            instance: Arc::from("gateway"),
        })
        .map_err(|error| StandError::Gateway(error.to_string()))?
    };
    let address = listener.address().map_err(StandError::Machine)?;
    let listener = match &identity {
        Some(identity) => listener.secured(identity.clone()),
        None => listener,
    };
    Ok(StandingGateway { runtime, gateway, listener, door, identity, address, metrics })
}

impl StandingGateway {
    /// Base URL; the real port where 0 was asked for.
    pub fn url(&self) -> String {
        let scheme = if self.identity.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where its metrics are, if they have a port of their own.
    pub fn metrics_url(&self) -> Option<String> {
        let address = self.metrics.as_ref().and_then(|(listener, _)| listener.address().ok())?;
        Some(format!("http://{address}/metrics"))
    }

    /// Serves until `stop` is set, and then until open requests have ended as
    /// [`Gateway::serve_until`] lets them. Meanwhile it asks `news` for another config or certificate, a few times a
    /// second, and takes on what it gets; whether it could is told to it.
    ///
    /// # Errors
    /// [`StandError::Machine`] if nothing can be accepted any more.
    pub fn serve(self, stop: &AtomicBool, news: &mut dyn News) -> Result<(), StandError> {
        let Self { runtime, gateway, listener, door, identity, metrics, .. } = self;
        let served = runtime.block_on(async {
            tokio::select! {
                biased;
                served = gateway.serve_until(listener, door, stopped(stop)) => served,
                ended = serve_metrics(&gateway, metrics) => ended,
                never = takes_on(&gateway, identity.as_ref(), (stop, news)) => match never {},
            }
        });
        runtime.shutdown_timeout(FAREWELL);
        served.map_err(StandError::Machine)
    }
}

/// Serves the metrics where they have a port; never ends where they have none.
async fn serve_metrics(gateway: &Gateway, place: Option<(Listener, Hosts)>) -> std::io::Result<()> {
    match place {
        Some((listener, hosts)) => gateway.serve_metrics(listener, hosts).await,
        None => std::future::pending().await,
    }
}

/// Where another config or certificate comes from, while a gateway serves, and who hears what becomes of it.
pub trait News: Send {
    /// Another config, if there is one that can be read.
    fn config(&mut self) -> Option<GatewayConfig>;

    /// What became of it: an error says why the old one stays.
    fn taken_on(&mut self, result: Result<(), String>);

    /// Another certificate, if there is one that can be read.
    fn certificate(&mut self) -> Option<Pem>;

    /// What became of it: an error says why the old one stays.
    fn certified(&mut self, result: Result<(), String>);

    /// The gateway was told to stop.
    fn stops(&mut self);
}

async fn takes_on(
    gateway: &Gateway,
    identity: Option<&Identity>,
    (stop, news): (&AtomicBool, &mut dyn News),
) -> std::convert::Infallible {
    let mut told = false;
    loop {
        tokio::time::sleep(LOOK).await;
        if !told && stop.load(Ordering::Relaxed) {
            told = true;
            news.stops();
        }
        if let Some(config) = news.config() {
            let result = gateway.reload(Arc::new(config));
            news.taken_on(result.map_err(|error| error.to_string()));
        }
        if let (Some(identity), Some(pem)) = (identity, news.certificate()) {
            let other = pem.identity().map(|other| identity.replace(&other));
            news.certified(other.map_err(|error| error.to_string()));
        }
    }
}

/// How long tasks may take to notice that they are dropped.
pub(crate) const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

/// How often the stop flag is looked at: soon enough for a person at a terminal.
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);

/// A signal handler can only set a flag, so somebody has to look.
pub(crate) async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK).await;
    }
}

pub(crate) fn many_threads() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
