//! Personalities: whose behaviour a gateway plays when deployments fail. [`ALL`] is the closed table;
//! adding one is one file in `policy/` and one row here.
//!
//! A strategy picks, a policy decides, failover sends. A [`Policy`] answers, for its personality, which
//! deployments may be picked, how long an attempt may take, what follows a failure, where a request
//! falls back to, who cools, and how errors are worded. Nobody outside this folder names a personality;
//! the row travels in [`Config::personality`].
//!
//! Policies are pure: they are handed what is known and keyed randomness, and never wait, send, or see
//! a clock. What two of them share are functions (`backoff`, `fallbacks`, `candidates`), not a
//! framework.

mod backoff;
mod brownout;
pub(crate) mod candidates;
pub(crate) mod concurrency;
pub(crate) mod cooldown;
pub(crate) mod deadlines;
pub(crate) mod fallbacks;
mod litellm;
mod litellm_1_106;
mod litellm_1_108;
pub(crate) mod met;
pub(crate) mod none_available;
pub(crate) mod retry;
pub(crate) mod tags;
pub(crate) mod wording;

use std::fmt;
use std::time::Duration;

use vocab::{Protocol, Seed};

use crate::config::fleet::Target;
use crate::config::{Config, DeploymentIndex, OwnSettings};
use crate::keyed_rng::KeyedRng;
use crate::policy::none_available::NoneAvailable;
use crate::upstream::failure::{Failure, Trouble};
pub use crate::upstream::stream::{CleanEnd, SignOfLife};
pub use concurrency::{AtLimit, Busy};

use candidates::{CandidateQuery, Shortage};
use cooldown::{CooldownBook, NthFailure};
use deadlines::{Alternative, Answer, Deadlines, Limits};
use fallbacks::{FallbackQuery, NoFallback};
use met::Met;
use retry::{Allowance, FailedAttempt, NextStep, Phase};
use wording::{Attempts, Down};

/// Every personality, in the order in which people read about them.
pub const ALL: &[Personality] =
    &[litellm_1_106::PERSONALITY, litellm_1_108::PERSONALITY, brownout::PERSONALITY];

/// Looks a personality up by the name that users write.
pub fn find(name: &str) -> Option<Personality> {
    ALL.iter().find(|personality| personality.name == name).copied()
}

/// The personality that plays a version of LiteLLM, such as `1.108.7`: the newest that is not newer than it, or the
/// oldest.
pub fn of_litellm(version: &str) -> Personality {
    let asked = release(version);
    let plays = |personality: &&Personality| {
        let own = personality.name.strip_prefix("litellm-").and_then(release);
        own.filter(|own| asked.is_some_and(|asked| *own <= asked))
    };
    let fitting = ALL.iter().filter(|personality| plays(personality).is_some());
    fitting.max_by_key(plays).copied().unwrap_or(litellm_1_106::PERSONALITY)
}

/// The first two numbers of a version.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// The personality of a gateway whose strategy comes from `origin`, where nobody names one.
pub const fn default_for(origin: Origin) -> Personality {
    match origin {
        Origin::LiteLlm => litellm_1_106::PERSONALITY,
        Origin::Own => brownout::PERSONALITY,
    }
}

/// Where a strategy comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// LiteLLM has it under the same name.
    LiteLlm,
    /// Only this gateway has it.
    Own,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Personality {
    /// Name as users write it.
    pub name: &'static str,
    /// Whether it imitates another gateway.
    pub kind: Kind,
    /// One sentence for `brownout list personalities`.
    pub summary: &'static str,
    /// What it decides.
    pub policy: &'static dyn Policy,
}

impl Personality {
    /// What it heeds of settings that only this gateway has: nothing, if it imitates another one.
    pub const fn heeded(&self, own: OwnSettings) -> OwnSettings {
        match self.kind {
            Kind::BuiltIn => own,
            Kind::Emulated => OwnSettings::NONE,
        }
    }
}

impl PartialEq for Personality {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Personality {}

/// Sorts of personalities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another gateway's behaviour, after its source.
    Emulated,
    /// This gateway's own.
    BuiltIn,
}

/// Whether the choice goes by what the config says that a model cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abilities {
    /// Who cannot be asked for all of a request is left out.
    Heeded,
    /// Whoever is chosen is asked.
    Unheeded,
}

/// What a personality decides. The hooks without a default are what gateways differ in; the others
/// have the behaviour that follows from holding a stream back until its first words.
pub trait Policy: Send + Sync + fmt::Debug {
    /// Whom the strategy may pick for the next attempt, in list order. Not empty, unless the request
    /// is bound to a level at which nobody is left.
    ///
    /// # Errors
    /// What is lacking.
    fn candidates(&self, query: &CandidateQuery<'_>) -> Result<Vec<DeploymentIndex>, Shortage>;

    /// Retries that a request may make within one group. Asked once per group, at its first failure.
    fn retries(&self, failed: &FailedAttempt<'_>) -> Allowance;

    /// What follows a failed attempt within its group.
    fn after_failure(&self, failed: &FailedAttempt<'_>, allowance: Allowance) -> NextStep;

    /// Where a request goes once its group is given up, in order.
    ///
    /// # Errors
    /// Why there is nothing to go to.
    fn fallbacks(&self, query: &FallbackQuery<'_>) -> Result<Vec<Target>, NoFallback>;

    /// What becomes of an answer that the provider's filter stopped, whole or before its first word; `query` asks where a refusal by
    /// policy would go.
    fn filtered_answer(&self, query: &FallbackQuery<'_>, answer: Answer) -> Filtered {
        let _ = (query, answer);
        Filtered::Passed
    }

    /// What becomes of a whole answer that says nothing, and not why: no choices, or an empty one without a reason.
    fn empty_answer(&self) -> EmptyAnswer {
        EmptyAnswer::Passed
    }

    /// How long an attempt may be silent. `alternative` says whether somebody else could still answer;
    /// it costs a look at the fleet, so only who needs it asks.
    fn deadlines(&self, limits: Limits, alternative: &dyn Fn() -> Alternative) -> Deadlines;

    /// A health book in which nobody cools.
    fn cooldown_book(&self, config: &Config, seed: Seed) -> Box<dyn CooldownBook>;

    /// An error's text for the client, up to where what was tried is listed.
    fn error_text(&self, failure: &Failure) -> String;

    /// The text of the error that is left when nothing more can be tried.
    fn last_words(&self, failure: &Failure, attempts: &Attempts<'_>) -> String {
        wording::last_words(&self.error_text(failure), attempts)
    }

    /// `error.type` of the error that is left.
    fn error_type<'f>(&self, failure: &'f Failure, phase: Phase) -> Option<&'f str> {
        let _ = phase;
        wording::error_type(failure)
    }

    /// `error.type` of the event that ends a stream which broke.
    fn event_type<'f>(&self, failure: &'f Failure) -> Option<&'f str> {
        let _ = failure;
        None
    }

    /// Which headers of the gateway's own an answer carries.
    fn headers(&self) -> Headers {
        Headers::Alike
    }

    /// Whether an error says which limit its attempt had.
    fn names_timeout(&self, failure: &Failure, phase: Phase) -> NamesTimeout {
        let _ = (failure, phase);
        NamesTimeout::Yes
    }

    /// What becomes of a request whose deployment answers as many as it takes at a time
    /// (`max_parallel_requests`).
    fn at_limit(&self, busy: &Busy<'_>) -> AtLimit {
        let _ = busy;
        AtLimit::Waits
    }

    /// Whether the times of answers are kept, so that deadlines can go by them.
    fn watches_pace(&self) -> WatchesPace {
        WatchesPace::No
    }

    /// What counts as a sign of life within a stream.
    fn sign_of_life(&self) -> SignOfLife {
        SignOfLife::Bytes
    }

    /// What a request's own limit bounds.
    fn own_limit(&self) -> OwnLimit {
        OwnLimit::EachAttempt
    }

    /// The failure that the client gets when nothing more can be tried.
    fn last_failure(&self, failure: Failure, down: &Down<'_>) -> Failure {
        let _ = down;
        failure
    }

    /// The failure that stands for nobody being left to ask.
    fn nobody(&self, none: &NoneAvailable) -> Failure {
        none.failure()
    }

    /// A failed attempt under the name that this gateway gives it: its class, its status, its words.
    /// Everything else that is decided about it looks at the name.
    fn named(&self, failure: Failure, met: &Met<'_>) -> Failure {
        let _ = met;
        failure
    }

    /// Whether the strategy hears of a failed attempt, by its place among those of its request.
    fn heard(&self, nth: NthFailure) -> Heard {
        let _ = nth;
        Heard::Told
    }

    /// Whether a failed attempt takes its deployment off the list for the rest of its request's attempts in
    /// the group.
    fn refusal(&self, failure: &Failure) -> Refusal {
        let _ = failure;
        Refusal::Passing
    }

    /// What a stream is that ends properly without a finish reason.
    fn clean_end(&self) -> CleanEnd {
        CleanEnd::Truncated
    }

    /// What becomes of a request whose client leaves before it has the head of an answer.
    fn deserted(&self) -> Deserted {
        Deserted::Stops
    }

    /// How long a deployment that is well again may wait until it is tried again.
    fn recheck(&self, config: &Config) -> Recheck {
        Recheck { after: config.longest_cooldown(), name: "cooldown" }
    }

    /// Settings of a config that this personality does not look at, each with what it does instead.
    fn ignores(&self) -> &'static [Ignored] {
        &[]
    }

    /// What it means that no connection could be made within `limit`; `detail` says it for people.
    fn dial_timed_out(&self, limit: Duration, detail: &str) -> Failure {
        let _ = limit;
        Failure::broken(Trouble::Connect, detail)
    }

    /// Whether a request is sent once more over a new connection, within the same attempt, after one that could not
    /// be made or was reset before a head came.
    fn sends_again(&self, protocol: Protocol) -> SendsAgain {
        let _ = protocol;
        SendsAgain::No
    }

    /// What becomes of a stream that broke together with its first frames, none of which the client has
    /// seen; `rng` has the draws of this attempt.
    fn broken_start(&self, start: &Start<'_>, rng: &KeyedRng) -> BrokenStart {
        let _ = (start, rng);
        BrokenStart::Withdraw
    }

    /// Whether the choice goes by what the config says that a model cannot.
    fn abilities(&self) -> Abilities {
        Abilities::Unheeded
    }

    /// What an attempt at another deployment of the same group is called in decisions.
    fn sibling_attempt(&self) -> SiblingAttempt {
        SiblingAttempt::Retry
    }
}

/// A setting without effect under a personality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Where it stands: `router_settings.retry_policy`, `model_list[].model_info.allowed_fails`.
    pub path: &'static str,
    /// What happens instead, as the end of a sentence.
    pub instead: &'static str,
}

/// The time until a deployment is tried again, for estimates before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// How long, at most.
    pub after: Duration,
    /// What this time is called.
    pub name: &'static str,
}

/// The beginning of a stream that broke before anything of it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// Frames with something to read or to act on.
    pub words: u64,
    /// Bytes of frames that the client would have been sent.
    pub bytes: usize,
    /// Time between the newest arrival and the break.
    pub silence: Duration,
    /// How it broke.
    pub failure: &'a Failure,
}

/// See [`Policy::broken_start`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenStart {
    /// The attempt failed before it had begun: what follows is what follows a refusal.
    Unbegun,
    /// The attempt failed; another deployment may answer.
    Withdraw,
    /// The attempt failed, another deployment may answer; where none does, the client sees the frames
    /// that had come, and the error after them.
    Show,
    /// The words are sent, and the client sees the stream break.
    Commit,
}

/// See [`Policy::filtered_answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filtered {
    /// The client gets it.
    Passed,
    /// It is a refusal by policy, and goes to the fallbacks for these.
    Withdrawn,
}

/// See [`Policy::empty_answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyAnswer {
    /// The client gets it.
    Passed,
    /// Its attempt has failed.
    Fails,
}

/// See [`Policy::heard`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It does.
    Told,
    /// It goes on believing that the attempt is under way.
    Untold,
}

/// See [`Policy::refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The deployment may be asked again.
    Passing,
    /// It is asked again only if nobody else is left.
    Final,
    /// Neither it nor another deployment of its model is.
    ByModel,
}

/// See [`Policy::deserted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deserted {
    /// The attempt under way is dropped, and nothing follows.
    Stops,
    /// Attempts and retries go on until there is an answer, which nobody gets.
    GoesOn,
}

/// See [`Policy::headers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// The same for good answers and for errors: the last attempt, the number of attempts, the timeout.
    Alike,
    /// A good answer names the deployment and its model, an error nothing but the timeout.
    ByOutcome,
}

/// See [`Policy::sends_again`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendsAgain {
    /// The attempt has failed.
    No,
    /// Once, without a wait; what comes of that is the attempt's outcome.
    Once,
    /// The same, but only if it was a connection that had been used before.
    AfterStale,
}

/// See [`Policy::watches_pace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchesPace {
    /// They are.
    Yes,
    /// They are not.
    No,
}

/// See [`Policy::own_limit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnLimit {
    /// Each of its attempts, as if the config had said it.
    EachAttempt,
    /// All of them together, with the waits between them.
    Everything,
}

/// See [`Policy::names_timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamesTimeout {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// See [`Policy::sibling_attempt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiblingAttempt {
    /// One more attempt of the group.
    Retry,
    /// A switch.
    Failover,
}
