//! Shared nouns of the whole workspace: ids, instants, tokens, money, outcomes, seeds, marks.
//!
//! A type is admitted only if two crates exchange it, or must compute it alike, *and* it carries no
//! policy: "retryable" is an opinion of the gateway, "status 429" is a fact and may live here. This crate must never know
//! tokio, HTTP, a provider's JSON, or any other crate of ours.

mod duration;
mod id;
mod lognormal;
pub mod mark;
mod money;
mod outcome;
mod protocol;
mod seed;
mod time;
mod visible;

pub use duration::{DurationError, parse_duration, show_duration};
pub use id::{ContenderName, DeploymentId, DeploymentNumber, PromptId, RequestId, Visit};
pub use lognormal::Lognormal;
pub use money::{PicoUsd, Price};
pub use outcome::{FailureKind, Integrity, Outcome};
pub use protocol::Protocol;
pub use seed::{Draw, Seed};
pub use time::{At, EPOCH_UNIX_NS};
pub use visible::{is_hidden, visible, visible_line};
