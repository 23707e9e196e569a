//! Choosing a deployment for the next attempt: the `router` holds the state of one instance, a
//! [`strategy`] picks among the candidates that the policy leaves it.
//!
//! Nothing here sends, waits, or knows what follows a failure.

pub(crate) mod hedge_budget;
pub(crate) mod remaining;
pub(crate) mod reported;
pub(crate) mod retry_budget;
pub(crate) mod router;
pub mod strategy;
pub(crate) mod usual;
