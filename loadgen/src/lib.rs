//! The load generator: a schedule fixed before the run, and a client that measures every answer.
//!
//! Open loop: when a request starts is decided by (seed, phase, index) and never by how fast the
//! last one was answered, and every clock starts at the *intended* instant, so a slow gateway
//! cannot slow down its own examination. The flow is [`arrival`] (when) and [`workload`] (what),
//! merged by [`schedule`] into numbered intents; [`drive`] paces them; the client asks once, never
//! retries, reads the answer token by token ([`stream`], [`reply`], [`integrity`]) and lets
//! [`verdict`] name the ending. One `record::RequestRow` per offered request goes to a [`Sink`].
//!
//! This crate must never know gateways, fakes, faults or scenarios: it sees what a user would see.

pub mod arrival;
pub mod body;
mod client;
pub mod config;
pub mod drive;
pub mod integrity;
pub mod lag;
pub mod live;
mod observation;
pub mod reply;
pub mod schedule;
pub mod stream;
pub mod verdict;
pub mod workload;

pub use client::TargetError;
pub use drive::{Sink, Summary, Surroundings, run, run_phases};
pub use lag::Lag;
pub use live::Live;
pub use schedule::{Intent, Schedule};
