//! Scripts side by side: each asks, rests and asks again until its pace is over; the ledger keeps what the fakes saw
//! until its script takes it. It must never know which gateway stands behind the line.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use record::AttemptRow;
use tokio::task::JoinSet;

use super::asking::Line;
use super::{
    ProbeAnswer, ProbeAsk, ProbePace, ProbeScript, ProbeSeen, ProbeTiming, REQUESTS_PER_SCRIPT_MAX,
};

/// The attempts of requests that are under way, by the request.
#[derive(Debug, Default)]
pub(super) struct Collected(Mutex<BTreeMap<u64, Vec<AttemptRow>>>);

impl fake_providers::Ledger for Collected {
    fn attempt(&self, row: AttemptRow) {
        // Dials that nobody asked for have no request.
        let Some(request) = row.request else { return };
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.entry(request).or_default().push(row);
    }
}

impl Collected {
    /// Takes the attempts of a script's requests, in the order in which they arrived.
    fn take(&self, first: u64) -> Vec<AttemptRow> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = first..first.saturating_add(u64::from(REQUESTS_PER_SCRIPT_MAX));
        let requests: Vec<u64> = rows.range(own).map(|(request, _)| *request).collect();
        let taken = requests.iter().filter_map(|request| rows.remove(request)).flatten();
        let mut taken: Vec<AttemptRow> = taken.collect();
        taken.sort_by_key(|row| (row.request, row.arrived_ns, row.attempt));
        taken
    }
}

/// How often the stop flag is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Plays all scripts, so many at a time, and tells each that came to its end. Whether all did.
pub(super) async fn play_all(
    (line, collected): (&Line, &Arc<Collected>),
    scripts: &[ProbeScript],
    at_a_time: usize,
    stop: &AtomicBool,
    done: &mut dyn FnMut(usize, ProbeSeen),
) -> bool {
    let mut waiting = scripts.iter().cloned().enumerate();
    let mut playing = JoinSet::new();
    // Each turn starts or ends a script, or looks at the flag.
    loop {
        while playing.len() < at_a_time.max(1)
            && let Some((place, script)) = waiting.next()
        {
            let (line, collected) = (line.clone(), Arc::clone(collected));
            playing.spawn(async move { (place, play(&line, &collected, &script).await) });
        }
        if playing.is_empty() {
            return true;
        }
        tokio::select! {
            biased;
            Some(ended) = playing.join_next() => match ended {
                Ok((place, seen)) => done(place, seen),
                Err(_) => return false,
            },
            () = tokio::time::sleep(LOOK) => {}
        }
        if stop.load(Ordering::Relaxed) {
            playing.shutdown().await;
            return false;
        }
    }
}

async fn play(line: &Line, collected: &Collected, script: &ProbeScript) -> ProbeSeen {
    let (answers, linger) = match &script.timing {
        ProbeTiming::Paced(pace) => (one_by_one(line, script, pace).await, pace.linger),
        ProbeTiming::Planned { at, linger } => (as_planned(line, script, at).await, *linger),
    };
    line.clock.sleep(linger).await;
    ProbeSeen { answers, attempts: collected.take(script.first) }
}

/// One request after another, until the pace is over.
async fn one_by_one(line: &Line, script: &ProbeScript, pace: &ProbePace) -> Vec<ProbeAnswer> {
    let began = line.clock.now();
    let mut answers = Vec::new();
    for number in 0..REQUESTS_PER_SCRIPT_MAX {
        let passed = line.clock.now().since(began);
        if (number >= pace.at_least && passed >= pace.lasting) || passed >= pace.at_most {
            break;
        }
        if number > 0 {
            line.clock.sleep(pace.rest).await;
        }
        answers.push(line.ask(&script.ask, script.first + u64::from(number)).await);
    }
    answers
}

/// Each request at its instant; those that are still open when this is dropped end with it.
async fn as_planned(
    line: &Line,
    script: &ProbeScript,
    at: &[(Duration, bool)],
) -> Vec<ProbeAnswer> {
    let began = line.clock.now();
    let mut asked = JoinSet::new();
    for ((at, stream), number) in at.iter().zip(0..REQUESTS_PER_SCRIPT_MAX) {
        line.clock.sleep_until(began.plus(*at)).await;
        let ask = ProbeAsk { stream: *stream, ..script.ask.clone() };
        let (line, number) = (line.clone(), script.first + u64::from(number));
        asked.spawn(async move { line.ask(&ask, number).await });
    }
    let mut answers: Vec<ProbeAnswer> = asked.join_all().await;
    answers.sort_by_key(|answer| answer.request);
    answers
}
