//! Choosing a deployment for the next attempt: the `router` holds the state of one instance, a
//! [`strategy`] picks among the candidates that the policy leaves it, and `none_available` words the
//! refusal where there is nobody.
//!
//! Nothing here sends, waits, or knows what follows a failure.

pub(crate) mod none_available;
pub(crate) mod router;
pub mod strategy;
