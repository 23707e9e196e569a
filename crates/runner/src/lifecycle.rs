//! The lifecycle of one gateway instance: it serves, takes on other configs, dies and starts again.
//!
//! What happens when is the plan's. An instance that dies loses everything: its task tree is
//! dropped, its connections are reset, its port is closed; the one that starts at the same place
//! knows nothing. From its death on nothing more is heard of its decisions. It must never know why
//! the plan wants it.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use gateway::config::Config;
use gateway::observer::{Choice, Decision, Observer};
use gateway::{Gateway, GatewayError, Parts};
use plan::{InstanceEvent, InstanceEventKind};
use vocab::At;
use world::{Clock, Listener, Premises};

/// Opens the instance's port again.
pub(crate) type Reopen = Box<dyn Fn() -> io::Result<Listener> + Send + Sync>;

/// What an instance's connections meet until its death at this instant.
pub(crate) type ListenerRules = Box<dyn Fn(Option<At>) -> Premises + Send + Sync>;

/// One instance.
pub(crate) struct Instance {
    /// What it is made of; each of its starts has a [`MutedObserver`] of its own.
    pub(crate) parts: Parts,
    /// What happens to it, in the order of time.
    pub(crate) events: VecDeque<InstanceEvent>,
    pub(crate) reopen: Reopen,
    pub(crate) rules: ListenerRules,
}

impl Instance {
    /// The gateway that serves until its next death.
    ///
    /// # Errors
    /// As [`Gateway::new`].
    pub(crate) fn start(&self) -> Result<Gateway, GatewayError> {
        let observer =
            MutedObserver { observer: Arc::clone(&self.parts.observer), death: self.death() };
        Gateway::new(Parts { observer: Arc::new(observer), ..self.parts.clone() })
    }

    /// Runs until dropped; ends only by a failure.
    pub(crate) async fn run(mut self, first: Gateway, listener: Listener) -> InstanceEnd {
        let (mut gateway, mut listener) = (first, listener);
        // One round per start; their number is bounded by the plan's events.
        loop {
            let place = listener.on((self.rules)(self.death()));
            let until = match self.serve(gateway, place).await {
                Ok(until) => until,
                Err(end) => return end,
            };
            self.stay_dead(until).await;
            gateway = match self.start() {
                Ok(gateway) => gateway,
                Err(error) => return InstanceEnd::Config(error),
            };
            listener = match (self.reopen)() {
                Ok(listener) => listener,
                Err(error) => return InstanceEnd::Port(error),
            };
        }
    }

    /// When it dies next.
    fn death(&self) -> Option<At> {
        let mut events = self.events.iter();
        events
            .find(|event| matches!(event.what, InstanceEventKind::Die { .. }))
            .map(|event| event.at)
    }

    /// Serves until the instance dies; says until when it stays dead.
    async fn serve(&mut self, gateway: Gateway, listener: Listener) -> Result<At, InstanceEnd> {
        let mut serving = pin!(gateway.serve(listener));
        loop {
            let next = self.events.front().map(|event| event.at);
            tokio::select! {
                biased;
                () = until(self.parts.clock, next) => {}
                served = serving.as_mut() => return Err(InstanceEnd::Accept(served.err())),
            }
            let Some(event) = self.events.pop_front() else { continue };
            match event.what {
                InstanceEventKind::Reload(config) => {
                    self.parts.config = Arc::clone(&config);
                    gateway.reload(config).map_err(InstanceEnd::Config)?;
                }
                InstanceEventKind::Die { until, config } => {
                    self.adopt(config);
                    self.tell_of_death(&gateway);
                    return Ok(until);
                }
            }
        }
    }

    /// The dead say nothing: what `gateway` forgets is said for it.
    fn tell_of_death(&self, gateway: &Gateway) {
        let forgets = gateway.cooling();
        self.parts.observer.saw(&Decision {
            at: self.parts.clock.now(),
            call_id: "",
            instance: &self.parts.instance,
            deployment: None,
            what: Choice::Kill { forgets: &forgets },
        });
    }

    /// What happens to a dead instance only changes how it comes back.
    async fn stay_dead(&mut self, until: At) {
        let mut until = until;
        while let Some(event) = self.events.pop_front_if(|event| event.at < until) {
            match event.what {
                InstanceEventKind::Reload(config) => self.parts.config = config,
                InstanceEventKind::Die { until: later, config } => {
                    self.adopt(config);
                    until = until.max(later);
                }
            }
        }
        self.parts.clock.sleep_until(until).await;
    }

    fn adopt(&mut self, config: Option<Arc<Config>>) {
        if let Some(config) = config {
            self.parts.config = config;
        }
    }
}

/// Why an instance ended that should have run as long as its world.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstanceEnd {
    /// A config that the plan has checked, and the gateway refuses.
    #[error("its next config is refused: {0}")]
    Config(GatewayError),
    /// Nobody can be let in any more.
    #[error("it accepts no more connections{}", .0.as_ref().map_or_else(String::new, |error| format!(": {error}")))]
    Accept(Option<io::Error>),
    /// It cannot come back.
    #[error("its port cannot be opened again: {0}")]
    Port(io::Error),
}

async fn until(clock: Clock, at: Option<At>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The observer of one start: the dead say nothing, though their requests are dropped one by one.
#[derive(Debug)]
struct MutedObserver {
    observer: Arc<dyn Observer>,
    death: Option<At>,
}

impl Observer for MutedObserver {
    fn saw(&self, decision: &Decision<'_>) {
        if self.death.is_none_or(|death| decision.at < death) {
            self.observer.saw(decision);
        }
    }
}
