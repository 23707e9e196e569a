//! What one request has shown so far: instants, status, content. It outlives the exchange, so that
//! a timeout or an interruption loses nothing of what had arrived, and becomes the request's row.

use record::RequestRow;
use vocab::{At, Integrity};

use crate::config::Phase;
use crate::schedule::Intent;
use crate::stream::Reading;
use crate::verdict::{End, judge};

/// Instants and content of one exchange. Every instant is on the run's one clock.
#[derive(Debug)]
pub(crate) struct Observation {
    pub(crate) sent: Option<At>,
    pub(crate) first_byte: Option<At>,
    pub(crate) ended: Option<At>,
    pub(crate) status: Option<u16>,
    /// The response says that a cache answered.
    pub(crate) from_cache: bool,
    pub(crate) reading: Reading,
}

impl Observation {
    pub(crate) fn new(intent: &Intent) -> Self {
        Self {
            sent: None,
            first_byte: None,
            ended: None,
            status: None,
            from_cache: false,
            reading: Reading::new(intent.prompt),
        }
    }

    /// The row of a request whose exchange stopped at `end`. `names` are deployment ids by number.
    pub(crate) fn row(
        mut self,
        intent: &Intent,
        phase: &Phase,
        end: End,
        names: &[String],
    ) -> RequestRow {
        self.reading.content.finish();
        let integrity = match self.reading.content.integrity() {
            // Marks are the same in both cases; only a repeated prompt can be answered by a cache.
            Integrity::Complete if self.from_cache && intent.is_repeat() => Integrity::Cached,
            other => other,
        };
        let (outcome, failure) = judge(end, integrity);
        let served = self.reading.content.served();
        let pulse =
            intent.stream.then_some(self.reading.pulse).filter(|pulse| pulse.first.is_some());
        let gap = pulse.zip(self.ended).map(|(pulse, ended)| pulse.gap_until_ns(ended));
        RequestRow {
            sent_ns: self.sent.map(At::ns),
            first_byte_ns: self.first_byte.map(At::ns),
            first_token_ns: pulse.and_then(|pulse| pulse.first).map(At::ns),
            last_token_ns: pulse.and_then(|pulse| pulse.last).map(At::ns),
            end_ns: self.ended.map(At::ns),
            outcome,
            failure,
            status: self.status,
            tokens: self.reading.content.tokens(),
            longest_gap_ns: gap,
            // Without a 2xx there is no content to speak of.
            integrity: self.status.filter(|status| (200..300).contains(status)).map(|_| integrity),
            served_by: served
                .and_then(|(number, _)| names.get((number.0 as usize).checked_sub(1)?).cloned()),
            served_visit: served.map(|(_, visit)| visit.0),
            ..unsent(intent, phase, outcome)
        }
    }
}

/// The row of a request of which nothing is known but what was planned.
pub(crate) fn unsent(intent: &Intent, phase: &Phase, outcome: vocab::Outcome) -> RequestRow {
    RequestRow {
        request: intent.request.0,
        phase: phase.name.clone(),
        warmup: phase.warmup,
        stream: intent.stream,
        intended_ns: intent.intended.ns(),
        sent_ns: None,
        first_byte_ns: None,
        first_token_ns: None,
        last_token_ns: None,
        end_ns: None,
        outcome,
        failure: None,
        status: None,
        tokens: 0,
        longest_gap_ns: None,
        integrity: None,
        served_by: None,
        served_visit: None,
        attempts: None,
    }
}
