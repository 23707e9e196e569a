//! Products as processes: somebody else's gateway, found on this machine, given a config that knows nothing
//! but fakes, started, waited for, warmed up, watched, and ended without leaving anything behind.
//!
//! The table of products is [`product`]: one row and one file (`process/NAME.rs`) each, with how it is
//! found and asked its version, the config that is written for it, its command, and when it is ready. What
//! all have in common is here. Nothing of the environment reaches a product but what its row names. It
//! must never know a scenario or a schedule.

mod child;
mod home;
mod litellm;
mod probe;
mod supervisor;
mod tree;
mod warm_up;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use child::Usage;
use child::{Child, Custody, Life, Program, tail};
use plan::ProductName;
pub(crate) use probe::Probe;
use record::layout::{PROCESS_CONFIG, PROCESS_LOG};
use serde_json::Value;
pub use supervisor::{Supervision, become_program, supervise};
use vocab::Protocol;
use warm_up::{WarmUp, WarmUpFakes};
use world::Link;

use crate::loopback::{address, listen, runtime};

/// One product: what its file says of it.
#[derive(Debug)]
pub(crate) struct Product {
    /// Its name for people.
    title: &'static str,
    /// The version that is compared where nobody asks for another.
    pinned: &'static str,
    /// Where it is in its folder below that of the peers.
    program: &'static str,
    /// Asks a program which version it is; one sentence where it does not say.
    version: fn(&Path) -> Result<String, String>,
    /// What is left of the settings of a LiteLLM config, as this product's own config.
    config: fn(&Setting<'_>) -> String,
    /// The command.
    command: fn(&Path, &Setting<'_>) -> Command,
    /// How many cores it can keep busy at a time, as it is started.
    cores: usize,
    /// The path that answers 200 when it is ready.
    ready: &'static str,
    /// How its warm-up deployments are called, and how it is asked for no retries and no fallbacks.
    warm_up: fn(&WarmUp<'_>) -> Value,
}

/// The row of a product.
fn product(name: ProductName) -> &'static Product {
    match name {
        ProductName::Litellm => &litellm::PRODUCT,
    }
}

/// What a product's config and command are made of.
#[derive(Debug)]
struct Setting<'a> {
    /// Settings in the format of a LiteLLM config, whose deployments point at fakes.
    settings: &'a Value,
    /// Where its config is written.
    config: &'a Path,
    /// The key that it is to ask of clients.
    key: &'a str,
    /// Where it is to listen.
    address: SocketAddr,
    /// Deployments for the warm-up, in groups of their own.
    warm_up: &'a [WarmUp<'a>],
}

/// Arguments and environment of a product.
#[derive(Debug)]
struct Command {
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
}

/// Where products are looked for.
#[derive(Clone, Debug, Default)]
pub struct ProductSearch {
    /// The folder of `scripts/peers`.
    pub peers: PathBuf,
    /// The user's own Python, taken whatever version of the product it has.
    pub python: Option<PathBuf>,
    /// The version that is wanted, where it is another than the pinned one.
    pub version: Option<String>,
}

/// A product that is there.
#[derive(Clone, Debug)]
pub struct FoundProduct {
    product: &'static Product,
    name: ProductName,
    program: PathBuf,
    version: String,
}

/// How a product is started.
#[derive(Clone, Copy, Debug)]
pub struct ProductLaunch<'a> {
    /// Which.
    pub found: &'a FoundProduct,
    /// Our own binary, which supervises it (`brownout supervise`).
    pub supervisor: &'a Path,
    /// Settings in the format of a LiteLLM config whose deployments point at fakes; see
    /// `plan::isolated_config` and `plan::pointed_config`. It is started with what stands here, and with
    /// deployments of its own for the warm-up.
    pub settings: &'a Value,
    /// What the deployments speak: answers of each are read once before anybody measures.
    pub protocols: &'a BTreeSet<Protocol>,
    /// Where its config and its log are kept.
    pub dir: &'a Path,
    /// How long it may take until it answers; [`PRODUCT_READY_WITHIN`] where nobody knows better.
    pub patience: Duration,
    /// Set to give up.
    pub stop: &'a AtomicBool,
}

/// A product that answers, until this is dropped.
#[derive(Debug)]
pub struct RunningProduct {
    found: FoundProduct,
    child: Child,
    address: SocketAddr,
    key: String,
}

/// Why a product is not there, or not ready.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// Nothing stands where it should.
    #[error("{title} {version} is not here: there is no {}\n  help: {help}", path.display())]
    Missing {
        /// Its name for people.
        title: &'static str,
        /// Which version.
        version: String,
        /// Where it should be.
        path: PathBuf,
        /// The one command that mends it.
        help: String,
    },
    /// A program is there, and the product is not.
    #[error("{} has no {title}: {why}\n  help: {help}", path.display())]
    Unknown {
        /// Its name for people.
        title: &'static str,
        /// The program.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        help: String,
    },
    /// It cannot be given what it needs.
    #[error("cannot start {title}: {source}")]
    Machine {
        /// Its name for people.
        title: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It ended, or did not answer as it should, before it was measured.
    #[error("{title} did not become ready: {why}; the last lines of {}:{tail}", log.display())]
    NotReady {
        /// Its name for people, with its version.
        title: String,
        /// Why.
        why: String,
        /// Its whole log.
        log: PathBuf,
        /// The end of it.
        tail: String,
    },
    /// Somebody wants to stop.
    #[error("interrupted before {0} was ready")]
    Interrupted(String),
}

/// How long a product may take until it answers: ten times what LiteLLM takes on a busy machine.
pub const PRODUCT_READY_WITHIN: Duration = Duration::from_secs(150);

/// Time between two looks whether it is ready.
const LOOK: Duration = Duration::from_millis(100);

/// Time between SIGTERM and SIGKILL: open requests of a test are nobody's.
const GRACE: Duration = Duration::from_secs(3);

/// Finds a product and asks its version.
///
/// # Errors
/// [`ProductError::Missing`], [`ProductError::Unknown`].
pub fn find_product(
    name: ProductName,
    search: &ProductSearch,
) -> Result<FoundProduct, ProductError> {
    let product = product(name);
    let wanted = search.version.as_deref().unwrap_or(product.pinned);
    let install = match search.version {
        Some(_) => format!("scripts/peers {name} --version {wanted}"),
        None => format!("scripts/peers {name}"),
    };
    let title = product.title;
    let own = search.peers.join(format!("{name}-{wanted}")).join(product.program);
    let path = search.python.clone().unwrap_or(own);
    if !path.is_file() {
        let help = match search.python {
            Some(_) => "give the path of a Python program, such as venv/bin/python".to_owned(),
            None => format!("install it with `{install}`, or name your own with `--python PATH`"),
        };
        return Err(ProductError::Missing { title, version: wanted.to_owned(), path, help });
    }
    // A link into a virtual environment must stay one: it says which environment it is.
    let path = std::path::absolute(&path)
        .map_err(|source| ProductError::Machine { title: title.to_owned(), source })?;
    match (product.version)(&path) {
        Ok(version) => Ok(FoundProduct { product, name, program: path, version }),
        Err(why) => {
            let help = format!("install it there, or `{install}` and leave `--python` out");
            Err(ProductError::Unknown { title, path, why, help })
        }
    }
}

impl FoundProduct {
    /// Which product.
    pub fn name(&self) -> ProductName {
        self.name
    }

    /// Its name for people: `LiteLLM`.
    pub fn title(&self) -> &'static str {
        self.product.title
    }

    /// The version that it says it is.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many cores it can keep busy at a time.
    pub(crate) fn cores(&self) -> usize {
        self.product.cores
    }

    /// The program that runs it.
    pub fn program(&self) -> &Path {
        &self.program
    }

    fn named(&self) -> String {
        format!("{} {}", self.product.title, self.version)
    }
}

/// Starts a product and returns when it has answered: ready, and warm in every way in which it will be
/// asked (plain, streamed, failed) of every provider. Blocks; must not be called inside a runtime.
///
/// # Errors
/// [`ProductError`]; nothing of it is left then, but its config and log.
pub fn start_product(launch: ProductLaunch<'_>) -> Result<RunningProduct, ProductError> {
    let ProductLaunch { found, supervisor, settings, protocols, dir, patience, stop } = launch;
    let machine = |source| ProductError::Machine { title: found.named(), source };
    let runtime = runtime("bo-warm-up").map_err(machine)?;
    let fakes = WarmUpFakes::serve(protocols, &runtime).map_err(machine)?;
    let warm_up = fakes.deployments();
    let key = format!("sk-brownout-{:016x}{:016x}", world::entropy().0, world::entropy().0);
    let address = free_port(&runtime).map_err(machine)?;
    let dir = std::path::absolute(dir).map_err(machine)?;
    let (config, log) = (dir.join(PROCESS_CONFIG), dir.join(PROCESS_LOG));
    let setting = Setting { settings, config: &config, key: &key, address, warm_up: &warm_up };
    write_private(&config, &(found.product.config)(&setting)).map_err(machine)?;
    let Command { arguments, environment } = (found.product.command)(&found.program, &setting);
    let program = Program { program: found.program.clone(), arguments, environment };
    let custody = Custody { supervisor, log: &log, grace: GRACE };
    let child = Child::start(&program, custody).map_err(machine)?;
    let running = RunningProduct { found: found.clone(), child, address, key: key.clone() };
    let probe = Probe::new(address, key);
    let readied = runtime.block_on(async {
        running.wait(&probe, (patience, stop)).await?;
        for one in &warm_up {
            let body = (found.product.warm_up)(one);
            let status = probe.chat(&body).await.map_err(|why| running.not_ready(&why))?;
            if !one.fails && status != 200 {
                let why = format!("it answers {status} where {} answers", one.protocol);
                return Err(running.not_ready(&why));
            }
            if stop.load(Ordering::Relaxed) {
                return Err(ProductError::Interrupted(found.named()));
            }
        }
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    readied.map(|()| running)
}

impl RunningProduct {
    /// Where clients find it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL, without a path.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that clients must show.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Which product it is, and which version.
    pub fn found(&self) -> &FoundProduct {
        &self.found
    }

    /// What it prints.
    pub fn log(&self) -> &Path {
        self.child.log()
    }

    /// What it and its processes have used since they were started.
    pub fn usage(&self) -> Usage {
        self.child.usage()
    }

    /// What is to be said of its end, if it has ended by itself.
    pub fn died(&self) -> Option<String> {
        match self.child.life() {
            Life::Unknown | Life::Running => None,
            life @ (Life::Exited(_) | Life::Signalled(_) | Life::Lost) => {
                let log = self.child.log();
                Some(format!("{life}; the last lines of {}:{}", log.display(), tail(log)))
            }
        }
    }

    /// Returns when it has ended by itself, with what is to be said about that.
    pub fn ended(&self) -> impl Future<Output = String> + Send + use<> {
        let (ended, log) = (self.child.ended(), self.child.log().to_owned());
        async move {
            let life = ended.await;
            format!("{life}; the last lines of {}:{}", log.display(), tail(&log))
        }
    }

    /// Ends it and every process of it.
    pub fn stop(self) {
        self.child.stop();
    }

    /// Until it answers, ends, or has had its time.
    async fn wait(
        &self,
        probe: &Probe,
        (patience, stop): (Duration, &AtomicBool),
    ) -> Result<(), ProductError> {
        for _ in 0..patience.as_millis() / LOOK.as_millis() {
            match self.child.life() {
                Life::Unknown | Life::Running => {}
                life @ (Life::Exited(_) | Life::Signalled(_) | Life::Lost) => {
                    return Err(self.not_ready(&life.to_string()));
                }
            }
            if stop.load(Ordering::Relaxed) {
                return Err(ProductError::Interrupted(self.found.named()));
            }
            if probe.get(self.found.product.ready).await == Ok(200) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(self.not_ready(&format!("no answer within {} s", patience.as_secs())))
    }

    fn not_ready(&self, why: &str) -> ProductError {
        let log = self.child.log().to_owned();
        let tail = tail(&log);
        ProductError::NotReady { title: self.found.named(), why: why.to_owned(), log, tail }
    }
}

/// A port of loopback that was free a moment ago.
fn free_port(runtime: &tokio::runtime::Runtime) -> io::Result<SocketAddr> {
    address(&runtime.block_on(listen(Ipv4Addr::LOCALHOST, Link::default()))?)
}

/// Writes a file that only we may read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
