//! Scripts of single requests against one gateway, each answer kept as it came: for questions about one gateway that no
//! load answers.
//!
//! A script is a client that asks again and again, one request after another or by a plan. Many scripts play side by side, against our
//! own gateway in virtual time ([`probe_virtual`]) or against whoever stands at an address on the wall clock
//! ([`probe_wall`]), always over fakes that take faults from the model's name. It must never know what an answer means.

mod asking;
mod script;
mod world;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use record::AttemptRow;
use serde_json::{Map, Value};
use vocab::Protocol;

use crate::error::RunError;

pub use world::{StartGateway, probe_virtual, probe_wall};

/// A fake behind the probed gateway; all of them share one host.
#[derive(Clone, Debug)]
pub struct ProbedFake {
    /// What the ledger calls it.
    pub id: String,
    /// Whose words it speaks.
    pub protocol: Protocol,
    /// Its model, without the fault.
    pub model: String,
    /// The key that tells it apart.
    pub key: String,
    /// How fast it speaks.
    pub speed: ProbedSpeed,
    /// What goes wrong with it for a while, beside what its model's name asks for.
    pub fault: Option<ProbedFault>,
}

/// How fast a fake speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbedSpeed {
    /// Always the same: at once for a person, and slowly enough for a stream to be a stream.
    AtOnce,
    /// As the shipped preset of OpenAI's `gpt-4o`.
    Usual,
}

/// A fault with a window, from when the scripts begin.
#[derive(Clone, Debug)]
pub struct ProbedFault {
    /// Its name in the catalogue.
    pub name: String,
    /// Its parameters; `null` for none.
    pub params: Value,
    /// When it begins.
    pub from: Duration,
    /// When it ends.
    pub to: Duration,
}

/// Requests of one client.
#[derive(Clone, Debug)]
pub struct ProbeScript {
    /// Number of its first request; the next ones count up from it, and no other script may use them.
    pub first: u64,
    /// What it asks.
    pub ask: ProbeAsk,
    /// When it asks.
    pub timing: ProbeTiming,
}

/// When a script asks.
#[derive(Clone, Debug)]
pub enum ProbeTiming {
    /// One request after another.
    Paced(ProbePace),
    /// Each at its instant, whatever became of the others.
    Planned {
        /// The instants, from when the script begins, and whether a stream is asked for then.
        at: Vec<(Duration, bool)>,
        /// Rest after the last answer, for attempts that outlive their request.
        linger: Duration,
    },
}

/// A chat completion.
#[derive(Clone, Debug)]
pub struct ProbeAsk {
    /// What it calls.
    pub model: String,
    /// Whether it wants a stream.
    pub stream: bool,
    /// More members of the body.
    pub body: Map<String, Value>,
    /// More headers.
    pub headers: Vec<(String, String)>,
    /// Directives for the fakes in front of the words of the prompt, such as `[[filtered]]`.
    pub directives: String,
    /// Words of the prompt.
    pub prompt_words: u32,
    /// Words of the answer.
    pub answer_words: u32,
    /// After so long the client hangs up, before or after the head.
    pub patience: Duration,
}

/// The pace of requests that follow each other. A script ends after `at_least` requests and `lasting`, whichever comes later, and never starts one
/// after `at_most`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbePace {
    /// Rest between the end of one and the next.
    pub rest: Duration,
    /// So many requests.
    pub at_least: u32,
    /// So long.
    pub lasting: Duration,
    /// The bound on all of it.
    pub at_most: Duration,
    /// Rest after the last one, for attempts that outlive their request.
    pub linger: Duration,
}

/// Requests of one script, at most: its numbers are a block of so many.
pub const REQUESTS_PER_SCRIPT_MAX: u32 = 1_000;

/// One answer as it came.
#[derive(Clone, Debug)]
pub struct ProbeAnswer {
    /// Number of its request.
    pub request: u64,
    /// When it was asked, in nanoseconds of the world's clock, which is the ledger's.
    pub asked_ns: u64,
    /// When its head came.
    pub head_ns: Option<u64>,
    /// When it ended.
    pub ended_ns: u64,
    /// Its status.
    pub status: Option<u16>,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body as far as it came, at most 256 KiB.
    pub body: String,
    /// How it ended.
    pub end: ProbeEnd,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeEnd {
    /// Its body came to its end.
    Whole,
    /// Its connection broke.
    Broken,
    /// The client hung up.
    HungUp,
}

/// Bytes of a body that are kept.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// What a script saw, and what the fakes saw of it.
#[derive(Clone, Debug, Default)]
pub struct ProbeSeen {
    /// Its answers in order.
    pub answers: Vec<ProbeAnswer>,
    /// The attempts of its requests in the order in which they arrived.
    pub attempts: Vec<AttemptRow>,
}

/// How scripts are played.
pub struct Probing<'a> {
    /// The fakes.
    pub fakes: &'a [ProbedFake],
    /// The scripts.
    pub scripts: &'a [ProbeScript],
    /// How many play at a time, at least one.
    pub at_a_time: usize,
    /// Set to end early: what is asked is cut, and no more is told.
    pub stop: &'a Arc<AtomicBool>,
    /// Told of each script that came to its end, by its place in `scripts`.
    pub done: &'a mut dyn FnMut(usize, ProbeSeen),
}

impl std::fmt::Debug for Probing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { fakes, scripts, at_a_time, .. } = self;
        f.debug_struct("Probing")
            .field("fakes", &fakes.len())
            .field("scripts", &scripts.len())
            .field("at_a_time", at_a_time)
            .finish_non_exhaustive()
    }
}

/// Why scripts could not be played.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The world.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The gateway that is probed did not start, or went away.
    #[error("{0}")]
    Gateway(String),
}

/// Name of the world in messages.
const WORLD: &str = "the parity probes";

fn world_error(source: std::io::Error) -> RunError {
    RunError::World { contender: WORLD.to_owned(), source }
}
