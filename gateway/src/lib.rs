//! The failover gateway: one address in front of many deployments of the same model.
//!
//! The way of a request, folder by folder:
//!
//! - `endpoint` is the table of what clients can call;
//! - `front` accepts the connection, checks the key and reads the head of the body;
//! - `failover` is the loop: attempts, retries, fallbacks, and the commit after which an answer can no
//!   longer change hands;
//! - `routing` chooses a deployment: a [`strategy`] picks among the candidates;
//! - [`policy`] decides for the gateway that is played (its *personality*): candidates, what follows a
//!   failure, fallbacks, deadlines, cooldowns, wording;
//! - `upstream` speaks the providers' dialects, reads their streams and classifies their failures;
//! - [`config`] is what all of it is made of, and reads LiteLLM's files.
//!
//! A [`balancer`] stands in front of several instances. Clock and network come from `world`, so the
//! same code serves real sockets and virtual time. Who wants to know what was decided passes an
//! [`Observer`]. The gateway must never know that it is being tested: no scenario, no fault, no fake,
//! no recorder.
//!
//! Three kinds of callers: whoever runs a gateway takes [`Gateway`], [`balancer`], [`config`] and
//! [`observer`]; whoever asks what a config can do, [`path_to`], [`reachable`],
//! [`outlook`], [`never_cools`], [`foreseen`] and [`translations`]; whoever lists or chooses behaviour takes
//! [`strategy`] and [`policy`]; and the tests
//! and benches of the decisions themselves come through [`decisions`], which needs neither a clock nor
//! a network.

pub mod balancer;
pub mod config;
pub mod observer;
pub mod policy;

mod admission;
mod concurrency;
mod credentials;
mod door;
mod endpoint;
mod failover;
mod front;
mod gateway;
mod http1;
mod instance;
mod keyed_rng;
mod metrics;
mod pools;
mod routing;
mod shutdown;
mod upstream;

pub use config::litellm;
pub use door::{Door, Hosts, Keyless, Limits};
pub use failover::foreseen::{Foreseen, foreseen};
pub use failover::outlook::{Leg, Outage, Outlook, never_cools, outlook};
pub use failover::reach::reachable;
pub use gateway::{Gateway, Parts};
pub use instance::GatewayError;
pub use keyed_rng::Luck;
pub use observer::Observer;
pub use routing::strategy;
pub use shutdown::Drain;
pub use upstream::members::{Member, Treatment};
pub use upstream::path_to;
pub use upstream::translations::{Served, Translation, translations};

/// The decisions themselves, each without a clock and without a network: for tests and benches.
pub mod decisions {
    pub use crate::config::fleet::{Fleet, LimitedBy, Target};
    pub use crate::failover::fallback::{Itinerary, RequestedFallbacks, fallback_targets};
    pub use crate::failover::retry::{Failed, RetryPlan};
    pub use crate::keyed_rng::KeyedRng;
    pub use crate::policy::candidates::{CandidateQuery, Cooling, Shortage};
    pub use crate::policy::cooldown::{
        Circumstances, CooldownBook, CooldownStep, Cooled, LimitSetBy, NoCooldown, NthFailure,
    };
    pub use crate::policy::deadlines::{
        Alternative, Answer, Budget, Deadlines, Hedge, Limits, Pace, Standing, Thinking,
    };
    pub use crate::policy::fallbacks::{
        FallbackQuery, FallbackTable, FallbacksByClass, NoFallback,
    };
    pub use crate::policy::met::{Met, Stage};
    pub use crate::policy::none_available::NoneAvailable;
    pub use crate::policy::retry::{
        ATTEMPTS_MAX, Allowance, Called, FailedAttempt, NextStep, NoRetry, Phase, Situation,
    };
    pub use crate::policy::tags::{looks_at_tags, untagged};
    pub use crate::policy::wording::{Attempts, Fallbacks};
    pub use crate::routing::router::{BookHeard, Ended, Router, RouterError, Tried, Try};
    pub use crate::routing::usual::Expected;
    pub use crate::upstream::classify::classify;
    pub use crate::upstream::failure::{ErrorClass, Failure, Reason, TEXT_MAX, Trouble};
}
