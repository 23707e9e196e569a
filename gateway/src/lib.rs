//! The failover gateway: one address in front of many deployments of the same model.
//!
//! A request comes in by `ingress`, is understood once as an `exchange`, and goes through `failover`:
//! a [`strategy`] behind the [`router`] ranks, `attempt` sends, [`retry`], [`fallback`] and
//! [`cooldown`] decide what follows a failure, and `commit` is the point after which the answer can no
//! longer change hands. `upstream` speaks the providers' dialects, `stream` and `answer` bring their
//! words to the client. A [`balancer`] stands in front of several instances.
//!
//! Clock and network come from `world`, so the same code serves real sockets and virtual time. Who
//! wants to know what was decided passes an [`Observer`]. The gateway must never know that it is
//! being tested: no scenario, no fault, no fake, no recorder.
//!
//! [`Gateway`], [`balancer`], [`config`], [`litellm`] and [`observer`] are for whoever runs a gateway,
//! [`strategy`] also for whoever lists or writes strategies. [`classify`], [`cooldown`], [`fallback`],
//! [`fleet`], [`luck`], [`retry`] and [`router`] are public only so that the tests in `tests/behaviour/policy`
//! and the benches reach the policy through a door of its own: without a clock and without a network.

pub mod balancer;
pub mod classify;
pub mod config;
pub mod cooldown;
pub mod fallback;
pub mod fleet;
pub mod litellm;
pub mod luck;
pub mod observer;
pub mod retry;
pub mod router;
pub mod strategy;

mod accept;
mod answer;
mod attempt;
mod auth;
mod closing;
mod commit;
mod connection;
mod exchange;
mod failover;
mod headers;
mod health;
mod ingress;
mod instance;
mod joined;
mod lease;
mod metrics;
mod patience;
mod routes;
mod send_limit;
mod stream;
mod trail;
mod turn;
mod upstream;

pub use closing::GRACE;
pub use instance::{Gateway, GatewayError, Parts};
pub use observer::Observer;
pub use upstream::can_call;
