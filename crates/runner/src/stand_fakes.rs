//! Fakes standing alone, on real sockets, until they are told to stop: one port for all of them,
//! and one for their admin API. It must never know a contender.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fake_providers::config::{FakesConfig, FaultRule};
use fake_providers::{AdminOptions, Fakes, Ledger, fault};
use record::AttemptRow;
use vocab::{At, DeploymentId};
use world::{Clock, Identity, Link, Listener, SelfSigned, listen_tcp};

use crate::stand::{FAREWELL, Pem, StandError, many_threads, stopped};

/// Where fakes stand, and who may call them.
#[derive(Debug)]
pub struct Place {
    /// Where the fakes listen.
    pub address: SocketAddr,
    /// Where their admin API listens.
    pub admin: SocketAddr,
    /// Who they are, where they speak TLS.
    pub tls: Option<Tls>,
    /// Host names under which they are called, besides `localhost` and IP addresses.
    pub names: Vec<String>,
    /// What clients must show as their key, and users of the admin API as bearer token.
    pub token: Option<Arc<str>>,
}

/// Where a certificate comes from.
#[derive(Debug)]
pub enum Tls {
    /// Made on the spot.
    SelfSigned,
    /// Given.
    Given(Pem),
}

/// Fakes that listen on one port, and are not serving yet.
#[derive(Debug)]
pub struct StandingFakes {
    runtime: tokio::runtime::Runtime,
    config: FakesConfig,
    listener: Listener,
    admin: Listener,
    options: AdminOptions,
    address: String,
    admin_address: String,
    authority_pem: Option<String>,
    scheme: &'static str,
    admin_scheme: &'static str,
}

/// A fault of connections whose target shares its port with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name in the catalogue.
    pub name: &'a str,
    /// Who has it too.
    pub others: Vec<&'a DeploymentId>,
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
/// With a token, that is their key: the bare one where path and model tell all apart, else followed
/// by `-` and the deployment's number.
///
/// # Errors
/// [`StandError`].
pub fn stand_fakes(mut config: FakesConfig, place: Place) -> Result<StandingFakes, StandError> {
    if let Some(token) = &place.token {
        show_token(&mut config, token);
    }
    for deployment in &mut config.deployments {
        "fakes".clone_into(&mut deployment.host);
        deployment.port = 80;
    }
    let runtime = many_threads().map_err(StandError::Machine)?;
    let (identity, authority_pem) = identity(&place)?;
    let listen = |address: SocketAddr, flag: &'static str| {
        let listening = runtime.block_on(listen_tcp(address, Link::default()));
        listening.map_err(|source| StandError::Listen { address, flag, source })
    };
    let listener = listen(place.address, "--port")?;
    let admin = listen(place.admin, "--admin-port")?;
    let address = listener.address().map_err(StandError::Machine)?;
    let admin_address = admin.address().map_err(StandError::Machine)?;
    let secure = |listener: Listener, identity: Option<Identity>| match identity {
        Some(identity) => (listener.secured(identity), "https"),
        None => (listener, "http"),
    };
    let away = !place.admin.ip().is_loopback();
    let of_admin = identity.as_ref().filter(|_| away).map(Identity::over_http1);
    let (listener, scheme) = secure(listener, identity);
    let (admin, admin_scheme) = secure(admin, of_admin);
    let options = AdminOptions {
        // On loopback whoever can reach it can also read the token's file.
        token: place.token.filter(|_| away),
        names: place.names,
        url: format!("{scheme}://{address}"),
    };
    Ok(StandingFakes {
        runtime,
        config,
        listener,
        admin,
        options,
        address,
        admin_address,
        authority_pem,
        scheme,
        admin_scheme,
    })
}

/// Makes the token every deployment's key; followed by its number where the bare one is not enough.
pub(crate) fn show_token(config: &mut FakesConfig, token: &str) {
    let bare = is_enough(config);
    for deployment in &mut config.deployments {
        let number = deployment.number.0;
        deployment.key = if bare { token.to_owned() } else { format!("{token}-{number}") };
    }
}

/// Whether protocol and model tell all deployments apart.
fn is_enough(config: &FakesConfig) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    config.deployments.iter().all(|each| seen.insert((each.protocol.name(), &each.model)))
}

fn identity(place: &Place) -> Result<(Option<Identity>, Option<String>), StandError> {
    Ok(match &place.tls {
        None => (None, None),
        Some(Tls::Given(pem)) => (Some(pem.identity()?), None),
        Some(Tls::SelfSigned) => {
            let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
            let ip = place.address.ip();
            if !ip.is_loopback() && !ip.is_unspecified() {
                names.push(ip.to_string());
            }
            names.extend(place.names.iter().cloned());
            let SelfSigned { identity, authority_pem } = SelfSigned::make(names)?;
            (Some(identity), Some(authority_pem))
        }
    })
}

impl StandingFakes {
    /// Base URL; the real port where 0 was asked for.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Base URL of the admin API.
    pub fn admin_url(&self) -> String {
        format!("{}://{}", self.admin_scheme, self.admin_address)
    }

    /// The fakes as they stand, with the keys that clients must show.
    pub fn config(&self) -> &FakesConfig {
        &self.config
    }

    /// Faults of connections that are meant for some of the fakes, each with those that have it too because all stand at
    /// one port.
    pub fn spread(&self) -> Vec<Spread<'_>> {
        let at_connect = |rule: &&FaultRule| {
            let entry = fault::find(&rule.name);
            rule.favourite.is_none() && entry.is_some_and(|entry| entry.at_connect(&rule.params))
        };
        let spread = self.config.faults.iter().filter(at_connect).map(|rule| Spread {
            id: &rule.id,
            name: &rule.name,
            others: self.others(&rule.targets),
        });
        spread.filter(|spread| !spread.others.is_empty()).collect()
    }

    /// Everybody but those at these positions.
    fn others(&self, positions: &[usize]) -> Vec<&DeploymentId> {
        let all = self.config.deployments.iter().enumerate();
        all.filter(|(at, _)| !positions.contains(at)).map(|(_, fake)| &fake.id).collect()
    }

    /// Writes the authority of a certificate made on the spot to `file`, for clients to trust; nothing
    /// where the certificate was given, or there is none.
    ///
    /// # Errors
    /// As `write(2)`.
    pub fn write_authority(&self, file: &Path) -> std::io::Result<bool> {
        let Some(pem) = &self.authority_pem else { return Ok(false) };
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, pem)?;
        Ok(true)
    }

    /// Serves until `stop` is set. The timeline of faults begins with the first client, or at once;
    /// or when somebody seeks before.
    ///
    /// # Errors
    /// [`StandError::Fakes`], [`StandError::Machine`].
    pub fn serve(
        self,
        wait_for_client: bool,
        journal: Journal,
        stop: &AtomicBool,
    ) -> Result<(), StandError> {
        let Self { runtime, config, mut listener, admin, options, .. } = self;
        let served = runtime.block_on(async move {
            let ledger = Arc::new(JournalLedger(journal));
            let fakes = Fakes::standing(config, Clock::wall(), ledger)?;
            let administration = tokio::spawn(fakes.serve_admin(admin, options));
            if wait_for_client {
                fakes.hold();
            }
            let serving = tokio::spawn(async move {
                if wait_for_client {
                    listener.wait().await.map_err(StandError::Machine)?;
                    if fakes.timeline_now().is_none() {
                        fakes.seek(At::START);
                    }
                }
                fakes.serve(0, listener).await;
                Err(StandError::Ended("fakes"))
            });
            tokio::select! {
                biased;
                () = stopped(stop) => Ok(()),
                served = serving => served.unwrap_or(Err(StandError::Ended("fakes"))),
                _ = administration => Err(StandError::Ended("admin API")),
            }
        });
        runtime.shutdown_timeout(FAREWELL);
        served
    }
}
