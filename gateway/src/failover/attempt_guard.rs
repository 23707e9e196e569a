//! One attempt at one deployment, as the router's books have it.
//!
//! A guard is taken with the choice of a deployment and begun when the request is about to be sent.
//! From then on it ends in exactly one lesson: answered, failed, or, when it is dropped before (the
//! client left), abandoned. One that is never begun gives the choice back. So neither in-flight counts
//! nor probes can leak. It holds the permit of a deployment that takes only so many requests at a time, until
//! it ends.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::time::timeout;
use vocab::At;
use wire::openai::Usage;

use crate::concurrency::Permit;
use crate::config::{DeploymentIndex, RateLimitHeaders};
use crate::failover::client_request::ClientRequest;
use crate::failover::deadlines;
use crate::failover::echoes::unsaid;
use crate::instance::Instance;
use crate::policy::concurrency::{AtLimit, Busy};
use crate::policy::cooldown::{CooldownStep, LimitSetBy, NoCooldown, NthFailure};
use crate::policy::deadlines::Answer;
use crate::policy::met::{Met, Stage};
use crate::routing::router::{BookHeard, Ended, Try};
use crate::routing::strategy::Success;
use crate::upstream::announced::{Need, announced};
use crate::upstream::failure::Failure;
use crate::upstream::stream::{Break, Seen};

/// One attempt, from its choice to its lesson.
#[derive(Debug)]
pub(crate) struct AttemptGuard {
    instance: Arc<Instance>,
    deployment: DeploymentIndex,
    group: Arc<str>,
    begun: At,
    need: Need,
    stream: bool,
    /// Who set its limits.
    limit: LimitSetBy,
    progress: Progress,
    /// One of its deployment's, where that has a limit and one was left.
    permit: Option<Permit>,
    /// How long it may wait for one; for ever, if nothing is said.
    wait_max: Option<Duration>,
    /// Whether the health book heard of its silence.
    heard: BookHeard,
    purpose: Purpose,
    /// How long its stream must have spoken to show that its deployment is back; `None` if it need not show it any more.
    proof: Option<Duration>,
}

/// What an attempt is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To answer a client: strategy, health book and counters hear of it.
    Answer,
    /// To see whether a deployment is well: the health book and counters of its own do.
    Check,
}

/// A deployment answers as many requests as it takes, and the policy does not simply wait.
#[derive(Debug)]
pub(crate) struct Full {
    /// What becomes of the request.
    pub(crate) instead: Instead,
    /// Requests that it takes at a time.
    pub(crate) most: u32,
}

/// What becomes of a request that finds its deployment full.
#[derive(Debug)]
pub(crate) enum Instead {
    /// The try has failed.
    Fails(Failure),
    /// Somebody else is asked, or else it waits.
    Spills,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Chosen,
    UnderWay,
    Ended,
}

impl AttemptGuard {
    /// Guards an attempt at `deployment`, which the router has just chosen for `group`.
    pub(crate) fn of(
        instance: &Arc<Instance>,
        request: &ClientRequest,
        group: &Arc<str>,
        deployment: DeploymentIndex,
    ) -> Self {
        Self {
            instance: Arc::clone(instance),
            deployment,
            group: Arc::clone(group),
            begun: instance.clock.now(),
            need: Need {
                prompt_tokens: request.body.prompt_tokens,
                answer_max: request.body.head.max_tokens,
            },
            stream: request.body.head.stream,
            limit: deadlines::set_by(request),
            progress: Progress::Chosen,
            permit: None,
            wait_max: None,
            heard: BookHeard::Never,
            purpose: Purpose::Answer,
            proof: None,
        }
    }

    /// The same of a request that the gateway itself makes, to see whether its deployment is well.
    pub(crate) fn checking(mut self) -> Self {
        self.purpose = Purpose::Check;
        self
    }

    /// Takes a permit, if its deployment has a limit.
    ///
    /// # Errors
    /// What becomes of the request that finds none, where the policy does not wait for one.
    pub(crate) fn asks_permit(&mut self) -> Result<(), Full> {
        let Some(limit) = &self.instance.members[self.deployment].concurrency else {
            return Ok(());
        };
        self.permit = limit.try_acquire();
        if self.permit.is_some() {
            return Ok(());
        }
        let config = &self.instance.config;
        let (deployment, most) = (&config.deployments[self.deployment], limit.most());
        match config.personality.policy.at_limit(&Busy { deployment, most }) {
            AtLimit::Waits => Ok(()),
            AtLimit::Spills { wait_max } => {
                self.wait_max = Some(wait_max);
                Err(Full { instead: Instead::Spills, most })
            }
            AtLimit::Refuses(failure) => Err(Full { instead: Instead::Fails(failure), most }),
        }
    }

    /// Waits for a permit that it needs and does not have, as long as its request has time: `left`, if that is bounded.
    ///
    /// # Errors
    /// The failure that it is to find none in time.
    pub(crate) async fn permitted(&mut self, left: Option<Duration>) -> Result<(), Failure> {
        let limit = match (&self.permit, &self.instance.members[self.deployment].concurrency) {
            (Some(_), _) | (None, None) => return Ok(()),
            (None, Some(limit)) => limit,
        };
        let waits = [self.wait_max, left].into_iter().flatten().min();
        let permit = match waits {
            None => limit.acquire().await,
            Some(longest) => match timeout(longest, limit.acquire()).await {
                Ok(permit) => permit,
                Err(_) if left == Some(longest) => return Err(Failure::timed_out(longest)),
                Err(_) => return Err(Failure::full(limit.most(), longest)),
            },
        };
        self.permit = permit;
        Ok(())
    }

    /// The attempt begins.
    pub(crate) fn begin(&mut self) {
        self.progress = Progress::UnderWay;
        self.begun = self.instance.clock.now();
        let attempt = self.as_of(self.begun);
        let proof = match self.purpose {
            Purpose::Answer => {
                self.instance.metrics.attempted(self.deployment);
                self.instance.router.started(&attempt)
            }
            Purpose::Check => {
                self.instance.router.checks(&attempt);
                None
            }
        };
        if self.heeds_limits() {
            self.instance.router.spends(&attempt, self.need);
        }
        self.proof = proof;
    }

    /// The head of an answer came, which may say what is left of its provider's limits.
    pub(crate) fn heard(&self, headers: &HeaderMap) {
        if self.heeds_limits() {
            let unix_s = self.instance.clock.unix_seconds();
            let limits = announced(headers, unix_s);
            if !limits.is_empty() {
                self.instance.router.told(self.deployment, self.begun, limits);
            }
        }
    }

    fn heeds_limits(&self) -> bool {
        self.instance.config.own_settings().rate_limit_headers == RateLimitHeaders::Heeded
    }

    /// Index of the deployment.
    pub(crate) const fn deployment(&self) -> DeploymentIndex {
        self.deployment
    }

    /// When it was begun.
    pub(crate) const fn begun(&self) -> At {
        self.begun
    }

    /// The first content of its stream came, at `at`.
    pub(crate) fn first_token(&self, at: At) {
        let attempt = self.as_of(self.instance.clock.now());
        let tokens = self.need.prompt_tokens;
        self.instance.router.first_token(&attempt, tokens, at.since(self.begun));
    }

    /// Its stream goes on, of which so much was seen.
    pub(crate) fn goes_on(&mut self, seen: &Seen) {
        let (Some(proof), Some(first)) = (self.proof, seen.first_output) else { return };
        let at = self.instance.clock.now();
        if at.since(first) >= proof {
            self.proof = None;
            self.instance.router.proved(self.deployment, at);
        }
    }

    /// What a stream that broke is called.
    pub(crate) fn named(&self, broken: &Break) -> Failure {
        let config = &self.instance.config;
        let deployment = &config.deployments[self.deployment];
        let (answer, stage) = (Answer::Stream, Stage::Stream);
        let (limit, said) = (broken.limit(), broken.said());
        let met = Met { deployment, answer, stage, limit, said };
        let fetched = self.instance.members[self.deployment].fetched();
        unsaid(config.personality.policy.named(broken.failure(), &met), (deployment, &fetched))
    }

    /// Ends it with a complete stream.
    pub(crate) fn streamed(&mut self, seen: &Seen) {
        let ttft = seen.first_output.map(|at| at.since(self.begun));
        let tokens = self.need.prompt_tokens;
        let usage = seen.usage.unwrap_or_else(|| Usage::new(tokens, seen.outputs));
        let first_frame = seen.first_frame.map(|at| at.since(self.begun));
        self.succeeded((ttft, first_frame), usage);
    }

    /// Ends it with a whole answer.
    pub(crate) fn answered(&mut self, usage: Option<Usage>) {
        let tokens = self.need.prompt_tokens;
        self.succeeded((None, None), usage.unwrap_or_else(|| Usage::new(tokens, 0)));
    }

    /// Ends it with a failure; tells what becomes of the deployment's cooldown. `nth` is its
    /// place among the failures of its request.
    pub(crate) fn failed(&mut self, failure: &Failure, nth: NthFailure) -> CooldownStep {
        if self.progress == Progress::Chosen {
            // Nothing was sent: its deployment was full.
            return CooldownStep::None(NoCooldown::KindSpared);
        }
        if failure.is_our_own() {
            self.abandoned();
            return CooldownStep::None(NoCooldown::OurOwn);
        }
        self.ends();
        if self.purpose == Purpose::Check {
            let step = self.suspected(failure);
            let passed = step == CooldownStep::None(NoCooldown::RequestAtFault);
            self.instance.metrics.checked(self.deployment, passed);
            return step;
        }
        self.instance.metrics.failed(self.deployment, failure.reason);
        let at = self.instance.clock.now();
        let (elapsed, limit) = (at.since(self.begun), self.limit);
        let ended = Ended { nth, elapsed, limit, heard: self.heard };
        self.instance.router.failed(&self.as_of(at), failure, ended)
    }

    /// Its deployment is silent, and the attempt goes on: the health book hears of it, nobody else does.
    pub(crate) fn suspected(&mut self, failure: &Failure) -> CooldownStep {
        self.heard = BookHeard::Before;
        let at = self.instance.clock.now();
        self.instance.router.suspected(&self.as_of(at), failure)
    }

    fn succeeded(
        &mut self,
        (ttft, first_frame): (Option<Duration>, Option<Duration>),
        usage: Usage,
    ) {
        self.ends();
        let at = self.instance.clock.now();
        if self.purpose == Purpose::Check {
            self.instance.metrics.checked(self.deployment, true);
            return self.instance.router.passed(self.deployment, at);
        }
        let success = Success {
            elapsed: at.since(self.begun),
            ttft,
            first_frame,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            prompt_estimate: self.need.prompt_tokens,
            answer_max: self.need.answer_max,
            stream: self.stream,
        };
        self.instance.metrics.succeeded(self.deployment, &success);
        self.instance.router.succeeded(&self.as_of(at), success);
    }

    /// It is over, and its place is free.
    fn ends(&mut self) {
        self.progress = Progress::Ended;
        self.permit = None;
        if self.purpose == Purpose::Answer {
            self.instance.metrics.over(self.deployment);
        }
    }

    /// Nothing came of it that says anything of its deployment.
    fn abandoned(&mut self) {
        self.ends();
        match self.purpose {
            Purpose::Answer => {
                self.instance.router.abandoned(&self.as_of(self.instance.clock.now()));
            }
            Purpose::Check => self.instance.router.unclaimed(self.deployment),
        }
    }

    fn as_of(&self, at: At) -> Try<'_> {
        let unix_seconds = self.instance.unix_seconds(at);
        Try { deployment: self.deployment, group: &self.group, at, unix_seconds }
    }
}

impl Drop for AttemptGuard {
    fn drop(&mut self) {
        match self.progress {
            Progress::Chosen => self.instance.router.unclaimed(self.deployment),
            Progress::UnderWay => self.abandoned(),
            Progress::Ended => {}
        }
    }
}
