//! The life of one gateway instance: it serves, takes on other configs, dies and starts again.
//!
//! What happens when is the plan's. An instance that dies loses everything: its task tree is dropped,
//! its connections are reset, its port is closed; the one that starts at the same place knows
//! nothing. From its death on nothing more is heard of its decisions.

use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use gateway::config::Config;
use gateway::observer::{Decision, Observer};
use gateway::{Gateway, GatewayError, Parts};
use plan::{InstanceEvent, InstanceEventKind};
use vocab::At;
use world::{Clock, Listener, Premises};

/// Opens the instance's port again.
pub(crate) type Reopen =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = io::Result<Listener>> + Send>> + Send + Sync>;

/// Tries to open a port again: another process may hold it for a moment.
const REOPENINGS_MAX: u32 = 50;

/// Rest between two of them.
const REOPENING_REST: Duration = Duration::from_millis(20);

/// What an instance's connections meet until its death at this instant.
pub(crate) type Grounds = Box<dyn Fn(Option<At>) -> Premises + Send + Sync>;

/// One instance.
pub(crate) struct Life {
    /// What it is made of; each of its lives hears its observer through a [`Voice`] of its own.
    pub(crate) parts: Parts,
    /// What happens to it, in the order of time.
    pub(crate) events: VecDeque<InstanceEvent>,
    pub(crate) reopen: Reopen,
    pub(crate) grounds: Grounds,
}

impl Life {
    /// The gateway of its next life.
    ///
    /// # Errors
    /// As [`Gateway::new`].
    pub(crate) fn born(&self) -> Result<Gateway, GatewayError> {
        let voice = Voice { observer: Arc::clone(&self.parts.observer), death: self.death() };
        Gateway::new(Parts { observer: Arc::new(voice), ..self.parts.clone() })
    }

    /// Lives until dropped.
    pub(crate) async fn live(mut self, first: Gateway, listener: Listener) {
        let (mut gateway, mut listener) = (first, listener);
        // Each turn of the loop is a life; their number is bounded by the plan's events.
        loop {
            let place = listener.on((self.grounds)(self.death()));
            let Some(until) = self.serve(gateway, place).await else { return };
            self.stay_dead(until).await;
            // The plan has checked every config.
            let Ok(next) = self.born() else { return };
            let Some(port) = self.reopened().await else { return };
            (gateway, listener) = (next, port);
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
    async fn serve(&mut self, gateway: Gateway, listener: Listener) -> Option<At> {
        let mut serving = pin!(gateway.serve(listener));
        loop {
            let next = self.events.front().map(|event| event.at);
            tokio::select! {
                biased;
                () = until(self.parts.clock, next) => {}
                _ = serving.as_mut() => return None,
            }
            match self.events.pop_front()?.what {
                InstanceEventKind::Reload(config) => {
                    self.parts.config = Arc::clone(&config);
                    // The plan has checked it; the old one stays otherwise.
                    let _ = gateway.reload(config);
                }
                InstanceEventKind::Die { until, config } => {
                    self.adopt(config);
                    return Some(until);
                }
            }
        }
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

    async fn reopened(&self) -> Option<Listener> {
        for _ in 0..REOPENINGS_MAX {
            if let Ok(listener) = (self.reopen)().await {
                return Some(listener);
            }
            tokio::time::sleep(REOPENING_REST).await;
        }
        None
    }
}

async fn until(clock: Clock, at: Option<At>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The observer of one life: the dead say nothing, though their requests are dropped one by one.
#[derive(Debug)]
struct Voice {
    observer: Arc<dyn Observer>,
    death: Option<At>,
}

impl Observer for Voice {
    fn saw(&self, decision: &Decision<'_>) {
        if self.death.is_none_or(|death| decision.at < death) {
            self.observer.saw(decision);
        }
    }
}
