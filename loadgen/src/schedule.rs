//! All phases merged into one numbered sequence of intended requests.
//!
//! What a request is depends on (seed, phase, index) alone, never on a reply or on the contender; it
//! is produced when asked for, so memory does not grow with the length of the run. Overlapping
//! phases are merged by intended instant (ties: the phase that stands first), and numbers are given
//! in that order. The generator and the oracle iterate the same sequence.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use vocab::{At, Draw, PromptId, RequestId, Seed};

use crate::arrival::{self, Arrival};
use crate::config::{ClientConfig, LoadConfig, Phase};
use crate::workload::{PROMPT_TOKENS_MAX, PROMPT_TOKENS_MIN};

/// One request as planned, before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its number over all phases, from 0 in order of the intended instant.
    pub request: RequestId,
    /// Its phase, as a position in `LoadConfig::phases`.
    pub phase: usize,
    /// When it should start.
    pub intended: At,
    /// Whether it asks for a stream.
    pub stream: bool,
    /// Which prompt it asks; its own number unless it repeats an earlier one.
    pub prompt: PromptId,
    /// Words of the prompt, marks included.
    pub prompt_tokens: u32,
    /// Tokens that the prompt asks for.
    pub answer_tokens: u32,
    /// After how many good tokens the client leaves, if it is one that leaves.
    pub leave_after: Option<u32>,
}

impl Intent {
    /// Whether it asks the prompt of an earlier request.
    pub const fn is_repeat(&self) -> bool {
        self.prompt.0 != self.request.0
    }
}

/// The sequence of intents, in order of number. Endless neither in time nor in memory: each phase
/// ends, and each holds one pending instant and at most [`RECENT_MAX`] prompts.
#[derive(Debug)]
pub struct Schedule {
    lanes: Vec<Lane>,
    /// The next instant of each lane that has one.
    pending: BinaryHeap<Reverse<(At, usize)>>,
    issued: u64,
}

/// Prompts of a phase that a later request may repeat: enough to vary, few enough to be "one of the
/// last".
pub const RECENT_MAX: usize = 64;

/// One phase under way.
#[derive(Debug)]
struct Lane {
    phase: Phase,
    client: ClientConfig,
    arrival: Box<dyn Arrival>,
    draws: PhaseDraws,
    index: u64,
    recent: VecDeque<Asked>,
}

/// What identifies a prompt's text.
#[derive(Clone, Copy, Debug)]
struct Asked {
    prompt: PromptId,
    prompt_tokens: u32,
    answer_tokens: u32,
}

/// The draws of a phase, keyed but for the index.
#[derive(Debug)]
struct PhaseDraws {
    stream: Draw,
    prompt_tokens: Draw,
    answer_tokens: Draw,
    repeat: Draw,
    leave: Draw,
}

impl Schedule {
    /// The schedule of a load, from its start.
    pub fn new(config: &LoadConfig) -> Self {
        let lane = |phase: &Phase| Lane {
            phase: phase.clone(),
            client: config.client,
            arrival: arrival::start(
                phase.arrivals,
                phase.from,
                phase.to,
                config.seed.draw("arrival").of(&phase.name),
            ),
            draws: PhaseDraws::new(config.seed, &phase.name),
            index: 0,
            recent: VecDeque::new(),
        };
        let mut lanes: Vec<Lane> = config.phases.iter().map(lane).collect();
        let first =
            |(phase, lane): (usize, &mut Lane)| Some(Reverse((lane.arrival.next()?, phase)));
        let pending = lanes.iter_mut().enumerate().filter_map(first).collect();
        Self { lanes, pending, issued: 0 }
    }
}

impl Iterator for Schedule {
    type Item = Intent;

    fn next(&mut self) -> Option<Intent> {
        let Reverse((intended, phase)) = self.pending.pop()?;
        let lane = &mut self.lanes[phase];
        if let Some(at) = lane.arrival.next() {
            self.pending.push(Reverse((at, phase)));
        }
        let request = RequestId(self.issued);
        self.issued += 1;
        Some(lane.intent(request, phase, intended))
    }
}

impl Lane {
    fn intent(&mut self, request: RequestId, phase: usize, intended: At) -> Intent {
        let index = self.index;
        self.index += 1;
        let workload = &self.phase.workload;
        let of = |draw: &Draw| draw.clone().n(index);
        let stream = of(&self.draws.stream).unit() < workload.stream_share;
        let leaves = stream && of(&self.draws.leave).unit() < self.client.leave_share;
        let asked = self.repeated(index).unwrap_or_else(|| {
            let words = workload.prompt_tokens.sample(&of(&self.draws.prompt_tokens));
            Asked {
                prompt: PromptId(request.0),
                prompt_tokens: words.clamp(PROMPT_TOKENS_MIN, PROMPT_TOKENS_MAX),
                answer_tokens: workload.answer_tokens.sample(&of(&self.draws.answer_tokens)),
            }
        });
        if workload.repeat_share > 0.0 && asked.prompt.0 == request.0 {
            self.remember(asked);
        }
        Intent {
            request,
            phase,
            intended,
            stream,
            prompt: asked.prompt,
            prompt_tokens: asked.prompt_tokens,
            answer_tokens: asked.answer_tokens,
            leave_after: self.client.leave_after_tokens.filter(|_| leaves),
        }
    }

    /// The earlier prompt that request `index` repeats, if it repeats one.
    fn repeated(&self, index: u64) -> Option<Asked> {
        let draw = self.draws.repeat.clone().n(index);
        if draw.unit() >= self.phase.workload.repeat_share {
            return None;
        }
        let which = draw.n(1).below(self.recent.len() as u64);
        self.recent.get(which as usize).copied()
    }

    fn remember(&mut self, asked: Asked) {
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(asked);
    }
}

impl PhaseDraws {
    fn new(seed: Seed, phase: &str) -> Self {
        let draw = |purpose| seed.draw(purpose).of(phase);
        Self {
            stream: draw("stream"),
            prompt_tokens: draw("prompt-tokens"),
            answer_tokens: draw("answer-tokens"),
            repeat: draw("repeat"),
            leave: draw("leave"),
        }
    }
}
