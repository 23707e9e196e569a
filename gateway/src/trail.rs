//! The way of one request through the gateway: how often it was sent, where to, and how it ended.
//!
//! Every request ends in exactly one of served, given up, broken or left by its client; a trail that
//! is dropped before it was told an ending says that the client left. It counts and tells; it decides
//! nothing.

use std::sync::Arc;
use std::time::Duration;

use vocab::At;

use crate::classify::Failure;
use crate::closing::Closing;
use crate::config::Personality;
use crate::instance::Instance;
use crate::lease::Lease;
use crate::observer::Choice;

/// See the module.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) instance: Arc<Instance>,
    pub(crate) closing: Arc<Closing>,
    pub(crate) call_id: Arc<str>,
    /// When the request's head had come.
    pub(crate) received: At,
    /// Tries in all, sent or not.
    pub(crate) tries: u32,
    /// Attempts in all: tries that were sent.
    pub(crate) attempts: u32,
    /// Attempts at the group or deployment that is tried now.
    pub(crate) attempts_here: u32,
    /// Fallbacks gone to.
    pub(crate) fallbacks: u32,
    /// Retries that were allowed where it is tried now.
    pub(crate) retries_max: u32,
    /// Deployments tried where it is tried now, in order, with repetitions; bounded by the attempts.
    pub(crate) tried: Vec<usize>,
    /// Time spent in attempts, for the overhead header.
    pub(crate) upstream_time: Duration,
    /// Largest gap without bytes that the last attempt was allowed.
    pub(crate) timeout: Option<Duration>,
    failed_here: bool,
    ended: bool,
}

impl Trail {
    /// The trail of a request whose head came at `received`.
    pub(crate) fn new(
        instance: Arc<Instance>,
        closing: Arc<Closing>,
        call_id: Arc<str>,
        received: At,
    ) -> Self {
        instance.metrics.arrived();
        Self {
            instance,
            closing,
            call_id,
            received,
            tries: 0,
            attempts: 0,
            attempts_here: 0,
            fallbacks: 0,
            retries_max: 0,
            tried: Vec::new(),
            upstream_time: Duration::ZERO,
            timeout: None,
            failed_here: false,
            ended: false,
        }
    }

    /// Goes on to a fallback: retries count afresh there.
    pub(crate) fn fall_back(&mut self, to: &str) {
        self.fallbacks += 1;
        self.attempts_here = 0;
        self.tried.clear();
        self.failed_here = false;
        self.tell(None, Choice::Failover { to });
    }

    /// An attempt at `deployment` is about to be sent; after a failed one, `waited` ago.
    pub(crate) fn sends(&mut self, deployment: usize, waited: Option<Duration>) {
        let switches = self.tried.last().is_some_and(|&last| last != deployment);
        self.attempts += 1;
        self.attempts_here += 1;
        self.tried.push(deployment);
        let (attempt, personality) = (self.attempts, self.instance.config.personality);
        let to = self.instance.config.deployments[deployment].id.as_str();
        let what = match (waited, personality) {
            (None, _) => Choice::Pick,
            (Some(_), Personality::Brownout) if switches => Choice::Failover { to },
            (Some(wait), _) => Choice::Retry { attempt, wait },
        };
        self.tell(Some(deployment), what);
    }

    /// An attempt failed; its deployment may leave the rotation.
    pub(crate) fn attempt_failed(&mut self, lease: &mut Lease, failure: &Failure) {
        let deployment = lease.deployment();
        let (status, reason) = (failure.upstream_status, failure.reason);
        self.tell(Some(deployment), Choice::AttemptFailed { status, reason });
        let first = !std::mem::replace(&mut self.failed_here, true);
        if let Some(cooled) = lease.failed(failure, first) {
            self.instance.metrics.cooled(deployment);
            let (lasts, reason) = (cooled.lasts, cooled.reason);
            self.tell(Some(deployment), Choice::Cooldown { lasts, reason });
        }
    }

    /// The request was answered completely.
    pub(crate) fn served(&mut self, deployment: usize) {
        self.end(200);
        self.tell(Some(deployment), Choice::Served { attempts: self.attempts });
    }

    /// The request gets an error.
    pub(crate) fn gave_up(&mut self, status: u16, reason: &str) {
        self.end(status);
        self.tell(None, Choice::GaveUp { status, reason });
    }

    /// The stream broke after content had been sent.
    pub(crate) fn stream_broken(&mut self, lease: &mut Lease, failure: &Failure) {
        self.attempt_failed(lease, failure);
        self.end(failure.status);
        self.tell(Some(lease.deployment()), Choice::StreamBroken { reason: failure.reason });
    }

    /// The stream is called off after content had been sent, through no fault of its deployment.
    pub(crate) fn called_off(&mut self, deployment: usize, failure: &Failure) {
        self.end(failure.status);
        self.tell(Some(deployment), Choice::StreamBroken { reason: failure.reason });
    }

    /// Tells the observer.
    pub(crate) fn tell(&self, deployment: Option<usize>, what: Choice<'_>) {
        self.instance.tell(&self.call_id, deployment, what);
    }

    fn end(&mut self, status: u16) {
        self.ended = true;
        let clock = self.instance.clock;
        self.instance.metrics.answered(status, clock.now().since(self.received));
    }
}

/// Status that nginx made common for a client that closed its request; counted, never sent.
const CLIENT_CLOSED: u16 = 499;

impl Drop for Trail {
    fn drop(&mut self) {
        if !self.ended {
            self.end(CLIENT_CLOSED);
            self.tell(self.tried.last().copied(), Choice::ClientLeft);
        }
    }
}
