//! Gateway and fakes standing alone, on real sockets, until they are told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fake_providers::config::FakesConfig;
use fake_providers::{Fakes, Ledger};
use gateway::observer::{Observer, Unobserved};
use gateway::{Gateway, Parts};
use record::AttemptRow;
use world::{Clock, Link, Listener, TcpConnector, entropy, listen_tcp};

/// Why something cannot stand.
#[derive(Debug, thiserror::Error)]
pub enum StandError {
    /// The port.
    #[error(
        "cannot listen on {address}: {source}; is something else there? choose another with --port"
    )]
    Listen {
        /// Where.
        address: SocketAddr,
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
    /// The machine refused a runtime.
    #[error("cannot start: {0}")]
    Machine(#[source] std::io::Error),
}

/// A gateway that listens, and is not serving yet.
#[derive(Debug)]
pub struct StandingGateway {
    runtime: tokio::runtime::Runtime,
    gateway: Gateway,
    listener: Listener,
    address: String,
}

/// Sets up a gateway that serves real traffic: DNS, TLS, luck from the machine.
///
/// # Errors
/// [`StandError`].
pub fn stand_gateway(
    config: gateway::config::Config,
    address: SocketAddr,
) -> Result<StandingGateway, StandError> {
    let runtime = many_threads().map_err(StandError::Machine)?;
    let listener = runtime
        .block_on(listen_tcp(address, Link::default()))
        .map_err(|source| StandError::Listen { address, source })?;
    let gateway = {
        let _inside = runtime.enter();
        Gateway::new(Parts {
            config: Arc::new(config),
            clock: Clock::wall(),
            connector: Arc::new(TcpConnector::default()),
            observer: Arc::new(Unobserved) as Arc<dyn Observer>,
            seed: entropy(),
            instance: Arc::from("gateway"),
        })
        .map_err(|error| StandError::Gateway(error.to_string()))?
    };
    let address = listener.address().map_err(StandError::Machine)?;
    Ok(StandingGateway { runtime, gateway, listener, address })
}

impl StandingGateway {
    /// Where it listens; the real port where 0 was asked for.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Serves until `stop` is set, and then until open requests have ended as
    /// [`Gateway::serve_until`] lets them.
    ///
    /// # Errors
    /// [`StandError::Machine`] if nothing can be accepted any more.
    pub fn serve(self, stop: &AtomicBool) -> Result<(), StandError> {
        let Self { runtime, gateway, listener, .. } = self;
        let served = runtime.block_on(gateway.serve_until(listener, stopped(stop)));
        runtime.shutdown_timeout(FAREWELL);
        served.map_err(StandError::Machine)
    }
}

/// How long tasks may take to notice that they are dropped.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

/// How often the stop flag is looked at: soon enough for a person at a terminal.
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);

/// A signal handler can only set a flag, so somebody has to look.
async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK).await;
    }
}

fn many_threads() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Fakes that listen on one port, and are not serving yet.
#[derive(Debug)]
pub struct StandingFakes {
    runtime: tokio::runtime::Runtime,
    config: FakesConfig,
    listener: Listener,
    address: String,
}

/// Hears of every attempt at a standing fake.
pub type Journal = Arc<dyn Fn(&AttemptRow) + Send + Sync>;

struct JournalLedger(Journal);

impl std::fmt::Debug for JournalLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalLedger")
    }
}

impl Ledger for JournalLedger {
    fn attempt(&self, row: AttemptRow) {
        (self.0)(&row);
    }
}

/// Sets up all fakes of `config` behind one port; they are told apart by key, then path, then model.
///
/// # Errors
/// [`StandError`].
pub fn stand_fakes(
    mut config: FakesConfig,
    address: SocketAddr,
) -> Result<StandingFakes, StandError> {
    for deployment in &mut config.deployments {
        "fakes".clone_into(&mut deployment.host);
        deployment.port = 80;
    }
    let runtime = many_threads().map_err(StandError::Machine)?;
    let listener = runtime
        .block_on(listen_tcp(address, Link::default()))
        .map_err(|source| StandError::Listen { address, source })?;
    let address = listener.address().map_err(StandError::Machine)?;
    Ok(StandingFakes { runtime, config, listener, address })
}

impl StandingFakes {
    /// Where they listen; the real port where 0 was asked for.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Serves until `stop` is set. The timeline of faults begins with the first client, or at once.
    ///
    /// # Errors
    /// [`StandError::Fakes`], [`StandError::Machine`].
    pub fn serve(
        self,
        wait_for_client: bool,
        journal: Journal,
        stop: &AtomicBool,
    ) -> Result<(), StandError> {
        let Self { runtime, config, mut listener, .. } = self;
        // A config that cannot be served is refused now, and not with the first client.
        drop(Fakes::new(
            config.clone(),
            Clock::wall(),
            Arc::new(JournalLedger(Arc::clone(&journal))),
        )?);
        let served = runtime.block_on(async move {
            let serving = tokio::spawn(async move {
                if wait_for_client {
                    listener.wait().await.map_err(StandError::Machine)?;
                }
                let ledger = Arc::new(JournalLedger(journal));
                let fakes = Fakes::new(config, Clock::wall(), ledger)?;
                let _ = fakes.serve(0, listener).await;
                Ok(())
            });
            tokio::select! {
                biased;
                () = stopped(stop) => Ok(()),
                served = serving => served.unwrap_or(Ok(())),
            }
        });
        runtime.shutdown_timeout(FAREWELL);
        served
    }
}
