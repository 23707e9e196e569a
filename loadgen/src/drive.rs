//! The open loop: waits for each intended instant, starts the request, and never waits for an answer
//! before the next one.
//!
//! What cannot be sent because too many are open is counted as `never_sent`, not delayed. After the
//! last arrival the load drains until the last request ends, which its timeout bounds. A raised stop
//! flag ends it early: nothing more is offered and open requests become `cancelled`. On the wall
//! clock a thread paces the arrivals; in virtual time everything shares one paused runtime.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use record::RequestRow;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vocab::{At, Outcome};
use world::pool::{Pool, PoolOptions};
use world::{Clock, Connector, Pacer, Tasks};

use crate::client::{Client, TargetError, keep_connection};
use crate::config::{LoadConfig, Targets};
use crate::lag::{Lag, LagRecorder};
use crate::live::{Live, count};
use crate::observation::unsent;
use crate::schedule::{Intent, Schedule};

/// Where rows go, one per offered request, at the moment it ends. Called from any thread; it must
/// not block.
pub trait Sink: Send + Sync + std::fmt::Debug {
    /// Takes one row; `attempts` is still empty.
    fn request(&self, row: RequestRow);
}

/// What a load needs besides its schedule and its target.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Deployment ids by number: number 1 stands first. Marks with other numbers have no name.
    pub names: Arc<[String]>,
    /// The run's clock.
    pub clock: Clock,
    /// Opens connections.
    pub connector: Arc<dyn Connector>,
    /// Takes the rows.
    pub sink: Arc<dyn Sink>,
    /// Shows how far it is; may be read meanwhile from another thread. Fresh for each load.
    pub live: Arc<Live>,
    /// Raised from outside to end the load early.
    pub stop: Arc<AtomicBool>,
}

/// What a finished load says about itself. `offered = succeeded + failed + cancelled + never_sent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Requests whose instant came before the end or the interruption, warm-up included.
    pub offered: u64,
    /// Of these: handed to a connection.
    pub sent: u64,
    /// Of these: whole and right.
    pub succeeded: u64,
    /// Of these: failed.
    pub failed: u64,
    /// Of these: open when the load was interrupted.
    pub cancelled: u64,
    /// Of these: not sent, because `in_flight_max` were open.
    pub never_sent: u64,
    /// How late requests were sent.
    pub lag: Lag,
    /// Most requests open at a time.
    pub in_flight_max: u64,
    /// Whether the stop flag ended it.
    pub interrupted: bool,
}

/// How often the stop flag is looked at between arrivals, in time of the run.
const STOP_POLL: Duration = Duration::from_millis(50);

/// Runs a load to its end: every arrival offered, every request ended, every row handed over.
///
/// Works on any tokio runtime; in virtual time on a paused current-thread one.
///
/// # Errors
/// [`TargetError`], before anything is sent, if no request can be written for one of `targets`.
pub async fn run(
    config: &LoadConfig,
    targets: impl Into<Targets>,
    around: Surroundings,
) -> Result<Summary, TargetError> {
    let all = (0..config.phases.len()).collect();
    run_phases(config, targets, around, &all).await
}

/// The same, of which only the requests of `phases` (positions in `config.phases`) are offered; they
/// are numbered and drawn as if all were.
///
/// # Errors
/// As [`run`].
pub async fn run_phases(
    config: &LoadConfig,
    targets: impl Into<Targets>,
    around: Surroundings,
    phases: &BTreeSet<usize>,
) -> Result<Summary, TargetError> {
    let options = PoolOptions { idle_per_host_max: config.in_flight_max, ..PoolOptions::default() };
    let pool = Pool::new(Arc::clone(&around.connector), options);
    let client =
        Client::new(config, &targets.into(), Arc::clone(&around.names), (pool, around.clock))?;
    let (stopping, stop) = watch::channel(false);
    let books = Books { live: around.live, sink: around.sink, lags: Mutex::default() };
    let mut drive = Drive {
        tasks: Tasks::new(config.in_flight_max),
        pacer: Pacer::new(around.clock),
        clock: around.clock,
        shared: Arc::new(Shared { client, books }),
        stop: around.stop,
        stopping,
        stopped: stop,
    };
    let (schedule, phases) = (Schedule::new(config), phases.clone());
    let schedule = schedule.filter(move |intent| phases.contains(&intent.phase));
    let shared = Arc::clone(&drive.shared);
    // A task of its own, so that arrivals are offered on the runtime's threads whoever awaits `run`:
    // no hop between threads per request, and their CPU counts as the generator's.
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        let interrupted = drive.arrivals(schedule).await;
        // Whoever was sent is waited for either way.
        drive.drain().await || interrupted
    });
    match driver.join_next().await {
        Some(Ok(interrupted)) => Ok(shared.books.summary(interrupted)),
        // The driver is never aborted; what panicked in it goes on here.
        Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        None => Ok(shared.books.summary(false)),
    }
}

struct Drive {
    tasks: Tasks,
    pacer: Pacer,
    clock: Clock,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    stopping: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
}

/// What every request's task needs.
struct Shared {
    client: Client,
    books: Books,
}

impl Drive {
    /// Offers every request at its instant. Returns whether it was interrupted.
    async fn arrivals(&mut self, schedule: impl Iterator<Item = Intent>) -> bool {
        for intent in schedule {
            if !self.wait_for(intent.intended).await {
                return true;
            }
            self.offer(intent);
            // Arrivals that are due together must not starve the requests under way.
            tokio::task::consume_budget().await;
        }
        false
    }

    /// Waits until `at`; false if the stop flag was raised before.
    async fn wait_for(&mut self, at: At) -> bool {
        while !self.is_stopped() {
            let poll = self.clock.now().plus(STOP_POLL);
            if at <= poll {
                self.pacer.until(at).await;
                return !self.is_stopped();
            }
            self.clock.sleep_until(poll).await;
        }
        false
    }

    fn offer(&mut self, intent: Intent) {
        let shared = Arc::clone(&self.shared);
        let mut stopped = self.stopped.clone();
        let in_flight = self.shared.books.open();
        let started = self.tasks.spawn(async move {
            let (row, rest) = shared.client.ask(&intent, &mut stopped).await;
            shared.books.end(row);
            if let Some(body) = rest {
                keep_connection(body).await;
            }
        });
        if started {
            self.shared.books.live.in_flight_max.fetch_max(in_flight, Ordering::Relaxed);
        } else {
            let phase = self.shared.client.phase(&intent);
            let mut row = unsent(&intent, phase, Outcome::NeverSent);
            row.end_ns = Some(self.clock.now().ns());
            self.shared.books.end(row);
        }
    }

    /// Waits until every request has ended; each does at its timeout at the latest. Returns whether
    /// open ones were cancelled.
    async fn drain(&mut self) -> bool {
        loop {
            let stopped = self.is_stopped();
            let interrupts = stopped && self.shared.books.is_open();
            if stopped {
                // The receivers live in the tasks; without any there is nobody to tell.
                let _ = self.stopping.send(true);
            }
            tokio::select! {
                biased;
                () = self.tasks.join_all() => return interrupts,
                () = self.clock.sleep(STOP_POLL) => {}
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.shared.books.live.now_ns.store(self.clock.now().ns(), Ordering::Relaxed);
        self.stop.load(Ordering::Relaxed)
    }
}

/// Counts every request once when it opens and once when it ends.
struct Books {
    live: Arc<Live>,
    sink: Arc<dyn Sink>,
    lags: Mutex<LagRecorder>,
}

impl Books {
    /// Opens a request; returns how many are open with it.
    fn open(&self) -> u64 {
        count(&self.live.offered);
        self.live.in_flight.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn end(&self, row: RequestRow) {
        self.live.in_flight.fetch_sub(1, Ordering::Relaxed);
        count(match row.outcome {
            Outcome::Success => &self.live.succeeded,
            Outcome::Failed => &self.live.failed,
            Outcome::Cancelled => &self.live.cancelled,
            Outcome::NeverSent => &self.live.never_sent,
        });
        if let Some(sent_ns) = row.sent_ns {
            let lag_ns = sent_ns.saturating_sub(row.intended_ns);
            self.lags.lock().unwrap_or_else(PoisonError::into_inner).record(lag_ns);
        }
        self.sink.request(row);
    }

    fn is_open(&self) -> bool {
        self.live.counts().in_flight > 0
    }

    fn summary(&self, interrupted: bool) -> Summary {
        let counts = self.live.counts();
        let lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        Summary {
            offered: counts.offered,
            sent: lags.len(),
            succeeded: counts.succeeded,
            failed: counts.failed,
            cancelled: counts.cancelled,
            never_sent: counts.never_sent,
            lag: lags.quantiles(),
            in_flight_max: counts.in_flight_max,
            interrupted,
        }
    }
}
