//! One attempt under way at one deployment, as the router's books have it.
//!
//! Every lease is begun once and ends in exactly one lesson: answered, failed, or, when it is dropped
//! before (the client left), abandoned. So in-flight counts cannot leak.

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
    open: bool,
}

impl Lease {
    /// Begins an attempt for `group` at `deployment`.
    pub(crate) fn begin(
        instance: &Arc<Instance>,
        exchange: &Exchange,
        group: &Arc<str>,
        deployment: usize,
    ) -> Self {
        let begun = instance.clock.now();
        instance.metrics.attempted(deployment);
        let lease = Self {
            instance: Arc::clone(instance),
            deployment,
            group: Arc::clone(group),
            begun,
            prompt_tokens: exchange.prompt_tokens,
            stream: exchange.head.stream,
            open: true,
        };
        instance.router.started(&lease.as_of(begun));
        lease
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
        self.open = false;
        self.instance.metrics.failed(self.deployment, failure.reason);
        self.instance.router.failed(&self.as_of(self.instance.clock.now()), failure, first)
    }

    fn succeeded(&mut self, ttft: Option<Duration>, usage: Usage) {
        self.open = false;
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
        if self.open {
            self.instance.router.abandoned(&self.as_of(self.instance.clock.now()));
        }
    }
}
