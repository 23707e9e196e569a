//! Credentials of clouds that are fetched and that end: a [`Source`] per origin, shared by the deployments that have it.
//!
//! One request at a time fetches; the others wait for it, or go on with what is still good. What is fetched is renewed
//! five minutes before its end. A failure is remembered for a few seconds, so that a fleet without credentials does not
//! become a storm of requests for them. Each kind is a file that asks and reads; sockets and time come from `world`.
//!
//! It must never know deployments, retries or what a request asks for, and tells no secret to anybody but a provider.

mod aws;
mod entra;
mod exchange;
mod google;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use world::Clock;
use world::pool::Pool;

use crate::config::{AwsKeys, CredentialKind, CredentialSource, Secret};
use crate::upstream::Shown;
use exchange::Exchange;

/// How long before its end something is renewed, in seconds.
const RENEWED_BEFORE: u64 = 300;

/// What is so near its end that a request might not arrive in time, in seconds.
const TOO_LATE: u64 = 10;

/// Time after a failure in which nobody asks again, in seconds.
const REST: u64 = 5;

/// What nobody else may hear of what is shown.
fn secrets(shown: &Shown) -> Vec<Secret> {
    match shown {
        Shown::Bearer(token) => vec![token.clone()],
        Shown::Aws(AwsKeys { access_key_id, secret_access_key, session_token }) => {
            let all = [Some(access_key_id), Some(secret_access_key), session_token.as_ref()];
            all.into_iter().flatten().cloned().collect()
        }
    }
}

/// Why there are no credentials: who was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no credentials from {named}: {problem}")]
pub(crate) struct CredentialError {
    /// What the config names.
    named: Arc<str>,
    problem: Box<str>,
}

/// What was fetched, and until when it is good.
#[derive(Clone, Debug)]
struct Issued {
    fetched: Shown,
    /// In unix seconds.
    renew_at: u64,
    ends: u64,
}

impl Issued {
    /// Something that is good for `seconds` from `now` on. What is good for a short while is renewed halfway.
    fn new(fetched: Shown, now: u64, seconds: u64) -> Self {
        let ends = now.saturating_add(seconds);
        Self { fetched, renew_at: ends - RENEWED_BEFORE.min(seconds / 2), ends }
    }

    fn is_good(&self, now: u64) -> bool {
        now.saturating_add(TOO_LATE) < self.ends
    }
}

/// Where credentials come from, and those that came last.
#[derive(Debug)]
pub(crate) struct Source {
    origin: CredentialSource,
    pool: Pool,
    clock: Clock,
    newest: Mutex<Newest>,
    /// Held while somebody asks.
    asking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Newest {
    issued: Option<Issued>,
    /// The last failure since, and until when it stands for the next.
    failed: Option<(CredentialError, u64)>,
}

impl Source {
    /// A source of which nobody has asked yet.
    fn new(origin: CredentialSource, pool: Pool, clock: Clock) -> Self {
        let (newest, asking) = (Mutex::default(), Arc::default());
        Self { origin, pool, clock, newest, asking }
    }

    /// What nobody else may hear of what came last.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.issued.as_ref().map_or_else(Vec::new, |issued| secrets(&issued.fetched))
    }

    /// Credentials that are good now.
    ///
    /// # Errors
    /// If none could be got; the same again for a few seconds.
    pub(crate) async fn get(self: &Arc<Self>) -> Result<Shown, CredentialError> {
        if let Some(known) = self.known()? {
            if known.renew_at <= self.clock.unix_seconds() {
                self.renew_meanwhile();
            }
            return Ok(known.fetched);
        }
        let _asking = self.asking.lock().await;
        // Whoever asked before may have got it.
        match self.known()? {
            Some(known) => Ok(known.fetched),
            None => self.ask().await,
        }
    }

    /// What came last, if it is still good.
    ///
    /// # Errors
    /// The last failure, if nothing is good and that is not long ago.
    fn known(&self) -> Result<Option<Issued>, CredentialError> {
        let now = self.clock.unix_seconds();
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(issued) = newest.issued.as_ref().filter(|issued| issued.is_good(now)) {
            return Ok(Some(issued.clone()));
        }
        match &newest.failed {
            Some((error, until)) if now < *until => Err(error.clone()),
            Some(_) | None => Ok(None),
        }
    }

    /// Lets somebody else ask, unless somebody does or has just failed.
    fn renew_meanwhile(self: &Arc<Self>) {
        let now = self.clock.unix_seconds();
        let rests = {
            let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
            newest.failed.as_ref().is_some_and(|(_, until)| now < *until)
        };
        let Ok(asking) = Arc::clone(&self.asking).try_lock_owned() else { return };
        if rests {
            return;
        }
        let source = Arc::clone(self);
        tokio::spawn(async move {
            let _asking = asking;
            // What came last is good for a while; a failure is remembered.
            let _ = source.ask().await;
        });
    }

    async fn ask(&self) -> Result<Shown, CredentialError> {
        let exchange = Exchange::new(&self.pool, self.clock);
        let asked = match &self.origin.kind {
            CredentialKind::GoogleService(account) => google::of_service(account, exchange).await,
            CredentialKind::GoogleUser(user) => google::of_user(user, exchange).await,
            CredentialKind::GoogleMachine(at) => google::of_machine(at, exchange).await,
            CredentialKind::Entra(app) => entra::of_app(app, exchange).await,
            CredentialKind::AwsRole(role) => aws::of_role(role, exchange).await,
            CredentialKind::AwsContainer(container) => aws::of_container(container, exchange).await,
            CredentialKind::AwsMachine(at) => aws::of_machine(at, exchange).await,
        };
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        match asked {
            Ok(issued) => {
                let fetched = issued.fetched.clone();
                *newest = Newest { issued: Some(issued), failed: None };
                Ok(fetched)
            }
            Err(problem) => {
                let error = CredentialError {
                    named: Arc::clone(&self.origin.named),
                    problem: unsaid(problem, &self.origin).into_boxed_str(),
                };
                newest.failed = Some((error.clone(), self.clock.unix_seconds() + REST));
                Err(error)
            }
        }
    }
}

/// A problem without the secrets that whoever was asked may have repeated.
fn unsaid(problem: String, origin: &CredentialSource) -> String {
    let secrets = origin.secrets().into_iter().map(|secret| secret.reveal());
    let guarded = secrets.filter(|secret| secret.len() >= GUARDED_MIN);
    guarded.fold(problem, |problem, secret| problem.replace(secret, "[redacted]"))
}

/// Shortest secret that is looked for: a shorter one is found in innocent words, and guards nothing.
const GUARDED_MIN: usize = 8;

/// The sources of a fleet: one for each origin, so that deployments that share it ask once.
#[derive(Debug)]
pub(crate) struct Sources {
    clock: Clock,
    /// At most one per deployment.
    known: Vec<Arc<Source>>,
}

impl Sources {
    /// None yet.
    pub(crate) const fn new(clock: Clock) -> Self {
        Self { clock, known: Vec::new() }
    }

    /// Goes on with sources of which somebody has asked already.
    pub(crate) fn keep<'s>(&mut self, known: impl Iterator<Item = &'s Arc<Source>>) {
        self.known.extend(known.cloned());
    }

    /// The source of that origin, which is asked over `pool`.
    pub(crate) fn of(&mut self, origin: &CredentialSource, pool: &Pool) -> Arc<Source> {
        if let Some(known) = self.known.iter().find(|source| source.origin == *origin) {
            return Arc::clone(known);
        }
        let source = Arc::new(Source::new(origin.clone(), pool.clone(), self.clock));
        self.known.push(Arc::clone(&source));
        source
    }
}

/// The longest that one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
