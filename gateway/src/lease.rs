//! One attempt at one deployment, as the router's books have it.
//!
//! A lease is taken with the choice of a deployment and begun when the request is about to be sent.
//! From then on it ends in exactly one lesson: answered, failed, or, when it is dropped before (the
//! client left), abandoned. One that is never begun gives the choice back. So neither in-flight counts
//! nor probes can leak.

use std::sync::Arc;
use std::time::Duration;

use vocab::At;
use wire::openai::Usage;

use crate::classify::Failure;
use crate::exchange::Exchange;
use crate::instance::Instance;
use crate::router::{Cooled, Try};
use crate::strategy::Success;
use crate::stream::Seen;

/// See the module.
#[derive(Debug)]
pub(crate) struct Lease {
    instance: Arc<Instance>,
    deployment: usize,
    group: Arc<str>,
    begun: At,
    prompt_tokens: u64,
    stream: bool,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Chosen,
    UnderWay,
    Ended,
}

impl Lease {
    /// Takes a lease of `deployment`, which the router has just chosen for `group`.
    pub(crate) fn of(
        instance: &Arc<Instance>,
        exchange: &Exchange,
        group: &Arc<str>,
        deployment: usize,
    ) -> Self {
        Self {
            instance: Arc::clone(instance),
            deployment,
            group: Arc::clone(group),
            begun: instance.clock.now(),
            prompt_tokens: exchange.prompt_tokens,
            stream: exchange.head.stream,
            stage: Stage::Chosen,
        }
    }

    /// The attempt begins.
    pub(crate) fn begin(&mut self) {
        self.stage = Stage::UnderWay;
        self.begun = self.instance.clock.now();
        self.instance.metrics.attempted(self.deployment);
        self.instance.router.started(&self.as_of(self.begun));
    }

    /// Index of the deployment.
    pub(crate) const fn deployment(&self) -> usize {
        self.deployment
    }

    /// When it was begun.
    pub(crate) const fn begun(&self) -> At {
        self.begun
    }

    /// Ends it with a complete stream.
    pub(crate) fn streamed(&mut self, seen: &Seen) {
        let ttft = seen.first_output.map(|at| at.since(self.begun));
        let usage = seen.usage.unwrap_or_else(|| Usage::new(self.prompt_tokens, seen.outputs));
        self.succeeded(ttft, usage);
    }

    /// Ends it with a whole answer.
    pub(crate) fn answered(&mut self, usage: Option<Usage>) {
        self.succeeded(None, usage.unwrap_or_else(|| Usage::new(self.prompt_tokens, 0)));
    }

    /// Ends it with a failure; tells whether the deployment cools. `first` is whether it is the first
    /// of its request at this group, the only one that LiteLLM's cooldowns hear of.
    pub(crate) fn failed(&mut self, failure: &Failure, first: bool) -> Option<Cooled> {
        self.stage = Stage::Ended;
        self.instance.metrics.failed(self.deployment, failure.reason);
        self.instance.router.failed(&self.as_of(self.instance.clock.now()), failure, first)
    }

    fn succeeded(&mut self, ttft: Option<Duration>, usage: Usage) {
        self.stage = Stage::Ended;
        let at = self.instance.clock.now();
        let success = Success {
            elapsed: at.since(self.begun),
            ttft,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            stream: self.stream,
        };
        self.instance.metrics.succeeded(self.deployment, &success);
        self.instance.router.succeeded(&self.as_of(at), success);
    }

    fn as_of(&self, at: At) -> Try<'_> {
        let unix_seconds = self.instance.unix_seconds(at);
        Try { deployment: self.deployment, group: &self.group, at, unix_seconds }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match self.stage {
            Stage::Chosen => self.instance.router.unclaimed(self.deployment),
            Stage::UnderWay => {
                self.instance.router.abandoned(&self.as_of(self.instance.clock.now()));
            }
            Stage::Ended => {}
        }
    }
}
