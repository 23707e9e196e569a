//! `p2c-ewma`: of two deployments drawn at random, the one whose answers cost less time just now (Mitzenmacher, "The
//! power of two choices in randomized load balancing", 2001).
//!
//! A deployment's cost is the moving average of its times to a first word (to the end, where an answer comes whole) times
//! the attempts under way and one. The average follows a longer time quickly and a shorter one slowly, and fades while
//! nobody is sent there: who turns slow is left after a few answers, and is tried again by and by. First words of
//! language models scatter widely, so one slow answer is no reason to leave; peaks as such are not looked at, other
//! than in peak EWMA. Wins where deployments differ in speed and change it, and where several gateways choose without
//! knowing of each other: two choices do not make a herd (`scenarios/strategies/providers-turn-slow`). Loses to a fixed
//! order where the quick one is the dear one (`the-cheap-one-is-slower`).

use std::time::Duration;

use serde_json::Value;
use vocab::At;

use super::in_flight::InFlight;
use super::{
    ArgError, Argument, Ask, Entry, Learned, Lesson, LimitsFrom, Preference, Strategy, View,
    arguments,
};
use crate::config::DeploymentIndex;
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "p2c-ewma",
    origin: Origin::Own,
    summary: "Of two drawn at random, the one whose first words come sooner, by its attempts under way.",
    spreads: true,
    limits: LimitsFrom::AnySection,
    prefers: Preference::Fastest,
    weighs: &[],
    arguments: &[Argument {
        name: "memory",
        default: "10",
        help: "seconds after which an average counts for a third where nothing is heard",
    }],
    build,
};

/// Memory of the average, in seconds, where nobody says (Linkerd: `decay`, 10 s).
const MEMORY_S: f64 = 10.0;

/// How far one longer time moves the average.
const RISE: f64 = 0.3;

/// What a failure costs at least, in seconds: whoever refuses at once must not look fast.
const FAILURE_S: f64 = 10.0;

/// What nobody has measured yet costs, in seconds: it is tried soon, and not by everybody at once.
const UNKNOWN_S: f64 = 0.2;

fn build(arguments: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    let memory_s = arguments::number(arguments, "memory", 0.001)?.unwrap_or(MEMORY_S);
    Ok(Box::new(P2cEwma { memory_s, averages: Vec::new(), in_flight: InFlight::default() }))
}

#[derive(Debug)]
struct P2cEwma {
    memory_s: f64,
    averages: Vec<Option<Average>>,
    in_flight: InFlight,
}

/// A moving average that rises faster than it falls.
#[derive(Clone, Copy, Debug)]
struct Average {
    seconds: f64,
    at: At,
}

impl Average {
    /// The average at `at`, if nothing was heard since.
    fn faded(self, at: At, memory_s: f64) -> f64 {
        self.seconds * libm::exp(-at.since(self.at).as_secs_f64() / memory_s)
    }

    /// The average after one more time.
    fn after(self, seconds: f64, at: At, memory_s: f64) -> Self {
        if seconds >= self.seconds {
            return Self { seconds: self.seconds + RISE * (seconds - self.seconds), at };
        }
        let kept = libm::exp(-at.since(self.at).as_secs_f64() / memory_s);
        Self { seconds: self.seconds * kept + seconds * (1.0 - kept), at }
    }
}

impl P2cEwma {
    fn cost(&self, deployment: DeploymentIndex, at: At) -> f64 {
        let average = self.averages.get(deployment.get()).copied().flatten();
        let seconds = average.map_or(UNKNOWN_S, |average| average.faded(at, self.memory_s));
        seconds * (self.in_flight.attempts(deployment) as f64 + 1.0)
    }

    fn observe(&mut self, lesson: &Lesson<'_>, seconds: f64) {
        let position = lesson.deployment.get();
        if self.averages.len() <= position {
            self.averages.resize(position + 1, None);
        }
        let average = &mut self.averages[lesson.deployment];
        let at = lesson.at;
        *average = Some(match *average {
            None => Average { seconds, at },
            Some(average) => average.after(seconds, at, self.memory_s),
        });
    }
}

/// Two different candidates, drawn evenly; the one twice where it is alone.
fn two(
    candidates: &[DeploymentIndex],
    rng: &KeyedRng,
) -> Option<(DeploymentIndex, DeploymentIndex)> {
    let count = candidates.len() as u64;
    let first = rng.below("first of two", count);
    let second = (first + 1 + rng.below("second of two", count.saturating_sub(1))) % count.max(1);
    let of = |position: u64| candidates.get(usize::try_from(position).ok()?).copied();
    Some((of(first)?, of(second)?))
}

impl Strategy for P2cEwma {
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, rng: &KeyedRng) -> Option<DeploymentIndex> {
        let (first, second) = two(view.candidates, rng)?;
        Some(if self.cost(second, ask.at) < self.cost(first, ask.at) { second } else { first })
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        self.in_flight.learn(lesson, 0);
        let seconds = |time: Duration| time.as_secs_f64();
        match lesson.what {
            Learned::Started | Learned::Abandoned => {}
            Learned::FirstToken { ttft } => self.observe(lesson, seconds(ttft)),
            Learned::Succeeded(success) if success.stream => {}
            Learned::Succeeded(success) => self.observe(lesson, seconds(success.elapsed)),
            Learned::Failed { elapsed, .. } => {
                self.observe(lesson, seconds(elapsed).max(FAILURE_S));
            }
        }
    }
}
