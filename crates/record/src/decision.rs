//! `decisions.csv`: what a built-in gateway decided, and the rules by which it did not.
//!
//! A rule is written as `rule=<word>` and its figures, each of them `key=value`; what a rule means in
//! words is the reports' business.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rows::Row;

/// What a gateway decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// First deployment for a request.
    Pick,
    /// Another attempt within the group.
    Retry,
    /// Another group, or another deployment after the first one failed, as policy and not as retry.
    Failover,
    /// The deployment was out, and the attempt that is made now is to show whether it is back; without a request, a check
    /// that the gateway made of itself: detail `check=passed|failed;took_ms=…`, and `reason=…` where it failed.
    Probe,
    /// Another attempt beside the one under way, which is late; detail `attempt=…;after_ms=…`.
    Hedge,
    /// A deployment leaves the rotation; detail `for_ms=…;reason=…`.
    Cooldown,
    /// A cooldown that runs ends later than it would have; `for_ms` counts from this row on.
    CooldownProlonged,
    /// An attempt failed, and its deployment's cooldown stays as it is; detail is a [`Rule`].
    NoCooldown,
    /// The group is given up; detail is a [`Rule`].
    NoRetry,
    /// No other group is gone to; detail is a [`Rule`].
    NoFallback,
    /// A deployment was chosen and is not asked, since it answers as many requests as it takes; detail `limit=…`.
    AtLimit,
    /// A deployment was to be chosen and another one is asked, since its provider said that less is left of a limit than
    /// the request takes; detail `limit=…;left=…;needs=…`.
    PassedOver,
    /// An attempt failed; detail says how.
    AttemptFailed,
    /// The request was answered from this deployment.
    Served,
    /// Nothing is left to try.
    GaveUp,
    /// This deployment goes on with a stream that broke after content had been sent; detail `tokens=…`: what the client had
    /// of it.
    Resumed,
    /// A stream broke after content had been sent: the client got a visible error.
    StreamBroken,
    /// The client went away first; detail `waited_ms=…;limit_ms=…` where no answer had begun.
    ClientLeft,
    /// The instance begins, and knows nothing of any deployment; no request and no deployment.
    Start,
    /// The instance took on another config; detail `forgets=…`: whose cooldowns ended with it, joined
    /// with `+`; no request and no deployment.
    Reload,
    /// The instance was killed; detail as for `reload`.
    Kill,
}

/// Something that a gateway might have done, and did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Omission {
    /// No deployment left the rotation.
    Cooldown,
    /// Nobody else of the group was asked.
    Retry,
    /// No other group was gone to.
    Fallback,
}

impl DecisionKind {
    /// What was not done; `None` of a decision by which something was done.
    pub const fn omission(self) -> Option<Omission> {
        match self {
            Self::NoCooldown => Some(Omission::Cooldown),
            Self::NoRetry => Some(Omission::Retry),
            Self::NoFallback => Some(Omission::Fallback),
            Self::Pick
            | Self::Retry
            | Self::Failover
            | Self::Hedge
            | Self::Probe
            | Self::Cooldown
            | Self::CooldownProlonged
            | Self::AtLimit
            | Self::PassedOver
            | Self::AttemptFailed
            | Self::Served
            | Self::Resumed
            | Self::GaveUp
            | Self::StreamBroken
            | Self::ClientLeft
            | Self::Start
            | Self::Reload
            | Self::Kill => None,
        }
    }
}

/// `decisions.csv`: one decision of a built-in gateway, through its observer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// When.
    pub at_ns: u64,
    /// For which request; empty for decisions about the fleet.
    pub request: Option<u64>,
    /// Which instance: `gateway[1]`, …
    pub gateway: String,
    /// What kind.
    pub kind: DecisionKind,
    /// About which deployment.
    pub deployment: Option<String>,
    /// `key=value` pairs joined with `;`.
    pub detail: String,
}

impl DecisionRow {
    /// The pairs of `detail`; a key alone has an empty value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.detail.split(';').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The rule by which something was not done, where the row says one.
    pub fn rule(&self) -> Option<Rule> {
        Rule::of(self.pairs())
    }
}

impl Row for DecisionRow {
    const COLUMNS: &'static [&'static str] =
        &["at_ns", "request", "gateway", "kind", "deployment", "detail"];

    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.gateway);
        change(&mut self.detail);
        self.deployment.iter_mut().for_each(change);
    }
}

/// By which rule something was not done, with the figures that it compared. A new one is said by a
/// gateway's policy, and worded in the reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Rule {
    /// No cooldown: the config switches cooldowns off.
    CooldownsOff,
    /// No cooldown: it would last no time.
    CooldownOfNoTime,
    /// No cooldown: deployments of a wildcard group never cool.
    WildcardGroup,
    /// The request itself is at fault, so that nobody cools for it and nobody else is asked.
    RequestAtFault,
    /// No cooldown: failures of this kind cool nobody.
    KindSpared {
        /// What was observed, in the word of the attempt.
        reason: String,
    },
    /// No cooldown: only the first failure of a request within a group is counted.
    LaterFailure,
    /// No cooldown: the limit by which the attempt was given up was the client's own.
    LimitOfRequest,
    /// No cooldown: no more failed than the config allows.
    AllowedFails {
        /// Failures counted.
        failed: u64,
        /// Failures that are allowed.
        allowed: u64,
    },
    /// No cooldown: nobody else is in the group.
    LoneDeployment {
        /// Failures counted.
        failed: u64,
        /// Calls counted.
        calls: u64,
        /// Calls, all of them failed, that the rule asks for.
        calls_min: u64,
    },
    /// No cooldown: too few calls for their failed share to say anything.
    FewCalls {
        /// Failures counted.
        failed: u64,
        /// Calls counted.
        calls: u64,
        /// Calls that the rule asks for.
        calls_min: u64,
    },
    /// No cooldown: the failed share is not above what the rule asks for.
    LowShare {
        /// Failures counted.
        failed: u64,
        /// Calls counted.
        calls: u64,
        /// Share, in per cent, that must be exceeded.
        above_percent: u64,
    },
    /// No cooldown: too few failures in a row, and among the newest outcomes.
    FewFailures {
        /// Failures in a row.
        in_a_row: u64,
        /// Failures in a row that the rule asks for.
        in_a_row_min: u64,
        /// Failures among the newest outcomes.
        recent: u64,
        /// Failures among them that the rule asks for.
        recent_min: u64,
        /// How many outcomes are remembered.
        outcomes: u64,
    },
    /// No further cooldown: it cools already.
    AlreadyCooling {
        /// Time left, in milliseconds.
        left_ms: u64,
    },
    /// No cooldown: nobody keeps a book on the deployment.
    Unknown,
    /// No retry: failures of this kind are not retried.
    KindNotRetried,
    /// No retry: failures of this kind have fallbacks of their own.
    OwnFallbacks,
    /// No retry: nobody else is in the group whose key might be better.
    NoOtherKey,
    /// No retry: all retries are used.
    RetriesUsed {
        /// Attempts that failed in the group.
        failed: u64,
        /// Retries that were allowed.
        retries: u64,
    },
    /// No retry: everybody was tried, and a fallback follows.
    FallbackFollows,
    /// No retry: there is nobody in the group.
    EmptyGroup,
    /// No retry: nobody of the group may be chosen.
    NobodyHealthy,
    /// No retry: the provider asks for a longer wait than a client is made to wait.
    LongWait {
        /// What the provider asks for, in milliseconds.
        asked_ms: u64,
        /// The longest that is waited, in milliseconds.
        longest_ms: u64,
    },
    /// No retry: a stream had begun; such a failure goes to the fallbacks.
    StreamBegun,
    /// No retry and no fallback: content has reached the client, and cannot be taken back.
    Committed,
    /// No retry: the group's requests have caused as many as they may.
    RetryBudgetUsed {
        /// Share of its requests that may be retried, in per cent.
        share_percent: u64,
    },
    /// Neither retry nor fallback: the bound on tries of one request.
    TriesMax {
        /// The bound.
        tries: u64,
    },
    /// No fallback: the time that the request itself allows is over.
    NoTimeLeft,
    /// No fallback: the request wants none.
    FallbacksDisabled,
    /// No fallback: none is named for this group and this kind of error.
    NoneNamed,
    /// No fallback: all that are named were tried.
    AllTried {
        /// Fallbacks that were gone to.
        tried: u64,
    },
    /// No fallback: the bound on fallbacks of fallbacks.
    DepthMax {
        /// The bound.
        depth: u64,
    },
}

impl Rule {
    /// The detail of its row: `rule=<word>` first, then its figures by name.
    pub fn detail(&self) -> String {
        let Ok(Value::Object(fields)) = serde_json::to_value(self) else { return String::new() };
        let mut pairs: Vec<String> = Vec::with_capacity(fields.len());
        for (key, value) in &fields {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let at = if key == RULE { 0 } else { pairs.len() };
            pairs.insert(at, format!("{key}={text}"));
        }
        pairs.join(";")
    }

    /// Reads the pairs of a detail; `None` if they name no rule, or lack a figure of it.
    fn of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let fields: Map<String, Value> = pairs
            .map(|(key, text)| {
                let value = text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from);
                (key.to_owned(), value)
            })
            .collect();
        serde_json::from_value(Value::Object(fields)).ok()
    }
}

/// Key of a rule's word.
const RULE: &str = "rule";
