//! Requests and tokens of the current minute, per deployment: the limits that the latency, cost and
//! usage strategies keep. Minutes are cut where the wall clock cuts them, in UTC.

use crate::config::{Deployment, DeploymentIndex};

/// Usage by deployment index.
#[derive(Debug, Default)]
pub(crate) struct MinuteUsage {
    by_deployment: Vec<Usage>,
}

/// Usage of one deployment within one minute.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    minute: u64,
    /// Requests counted.
    pub(crate) requests: u64,
    /// Tokens counted.
    pub(crate) tokens: u64,
}

impl MinuteUsage {
    /// What `deployment` used in the minute of `unix_seconds`.
    pub(crate) fn of(&self, deployment: DeploymentIndex, unix_seconds: u64) -> Usage {
        let minute = unix_seconds / 60;
        let usage = self.by_deployment.get(deployment.get()).copied().unwrap_or_default();
        if usage.minute == minute { usage } else { Usage { minute, ..Usage::default() } }
    }

    /// Counts usage in the minute of `unix_seconds`.
    pub(crate) fn count(
        &mut self,
        deployment: DeploymentIndex,
        unix_seconds: u64,
        requests: u64,
        tokens: u64,
    ) {
        let mut usage = self.of(deployment, unix_seconds);
        usage.requests += requests;
        usage.tokens = usage.tokens.saturating_add(tokens);
        if self.by_deployment.len() <= deployment.get() {
            self.by_deployment.resize(deployment.get() + 1, Usage::default());
        }
        self.by_deployment[deployment] = usage;
    }

    /// Whether one more request with `prompt_tokens` stays within both limits of `deployment`, as
    /// the latency and cost strategies reckon: the limit itself may be reached.
    pub(crate) fn admits(
        &self,
        index: DeploymentIndex,
        deployment: &Deployment,
        prompt_tokens: u64,
        unix_seconds: u64,
    ) -> bool {
        let used = self.of(index, unix_seconds);
        let tokens_fit = deployment.tpm.is_none_or(|tpm| used.tokens + prompt_tokens <= tpm);
        let requests_fit = deployment.rpm.is_none_or(|rpm| used.requests < rpm);
        tokens_fit && requests_fit
    }
}
