//! How many requests are served at a time, and how many bytes of their bodies and of their answers are held: beyond that a request waits a
//! moment, and is then told to come back. A gateway that takes whatever comes serves nobody in the end. It must never know
//! what a request asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout;

use crate::door::Limits;

/// How long a request waits for its turn: a burst has passed by then, and whoever waits longer is better off elsewhere.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Requests that wait are at most this part of those that are served.
const WAITING_PART: usize = 4;

/// Bodies up to this size, in bytes, have a share of the memory for themselves: a few large ones do not keep them out.
const SMALL_MAX: usize = 256 * 1024;

/// Of so many parts of the memory one is theirs.
const SMALL_PART: usize = 4;

/// A body is held twice while it is put into a provider's words.
const COPIES: usize = 2;

/// What permits of memory count, in bytes.
const UNIT: usize = 1024;

/// Who may come in now.
#[derive(Debug)]
pub(crate) struct Admission {
    /// `None` admits everybody.
    gates: Option<Gates>,
}

#[derive(Debug)]
struct Gates {
    requests: Gate,
    small: Gate,
    large: Gate,
    answers: Answers,
}

#[derive(Debug)]
struct Gate {
    free: Arc<Semaphore>,
    all: usize,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// The right to be served, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Entry(
    #[expect(dead_code, reason = "dropping it gives it back")] Option<OwnedSemaphorePermit>,
);

/// The right to hold a body, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Where more of it comes from.
    large: Option<Arc<Semaphore>>,
    permits: Vec<OwnedSemaphorePermit>,
    units: usize,
}

/// The memory for whole answers of providers, of which there is as much as for the bodies of requests; `None` inside bounds
/// nothing. Small ones have a share for themselves here, too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(Option<Arc<AnswerGates>>);

#[derive(Debug)]
struct AnswerGates {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// Units of `large`.
    all: usize,
}

/// What one answer has of it, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct AnswerRoom {
    of: Answers,
    permits: Vec<OwnedSemaphorePermit>,
    units: usize,
}

/// An answer and its room.
struct Roomed {
    answer: Bytes,
    _room: AnswerRoom,
}

impl AsRef<[u8]> for Roomed {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

impl Answers {
    fn new(units: usize) -> Self {
        let small = units / SMALL_PART;
        let all = (units - small).min(Semaphore::MAX_PERMITS);
        let (small, large) = (Arc::new(Semaphore::new(small)), Arc::new(Semaphore::new(all)));
        Self(Some(Arc::new(AnswerGates { small, large, all })))
    }

    /// Room for an answer that has not come.
    pub(crate) fn room(&self) -> AnswerRoom {
        AnswerRoom { of: self.clone(), permits: Vec::new(), units: 0 }
    }
}

impl AnswerRoom {
    /// The answer, with its room until nobody holds the answer any more: its client has read it, or has left.
    pub(crate) fn around(self, answer: Bytes) -> Bytes {
        if self.of.0.is_none() {
            return answer;
        }
        Bytes::from_owner(Roomed { answer, _room: self })
    }

    /// Whether so many bytes of it in all may be held. Nobody waits for room: whoever has part of an answer would wait
    /// for whoever has part of another.
    pub(crate) fn holds(&mut self, bytes: usize) -> bool {
        let Some(gates) = &self.of.0 else { return true };
        // Whoever wants more than there is has it while nobody else has any.
        let needed = units_of(bytes).min(gates.all.max(1));
        if needed <= self.units {
            return true;
        }
        // Twice as much as is needed now, as for requests; what there is, if that is less and enough.
        let sizes = [2 * needed - self.units, needed - self.units].map(permits);
        let gates: &[&Arc<Semaphore>] =
            if bytes <= SMALL_MAX { &[&gates.small, &gates.large] } else { &[&gates.large] };
        let free = sizes.iter().flat_map(|units| gates.iter().map(move |gate| (gate, *units)));
        let permit = free
            .filter_map(|(gate, units)| Arc::clone(gate).try_acquire_many_owned(units).ok())
            .next();
        let Some(permit) = permit else { return false };
        self.units += permit.num_permits();
        self.permits.push(permit);
        true
    }
}

/// There is no room, and none came free while one can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overloaded;

impl Admission {
    pub(crate) fn new(limits: Option<Limits>) -> Self {
        let gates = limits.map(|Limits { requests_max, body_bytes_max }| {
            let units = (body_bytes_max / UNIT).max(SMALL_PART);
            let waiting_max = requests_max.div_ceil(WAITING_PART);
            Gates {
                requests: Gate::new(requests_max.max(1), waiting_max),
                small: Gate::new(units / SMALL_PART, waiting_max),
                large: Gate::new(units - units / SMALL_PART, waiting_max),
                answers: Answers::new(units),
            }
        });
        Self { gates }
    }

    /// Lets a request in, perhaps after a moment.
    pub(crate) async fn enter(&self) -> Result<Entry, Overloaded> {
        let Some(gates) = &self.gates else { return Ok(Entry::default()) };
        gates.requests.pass(1).await.map(|permit| Entry(Some(permit)))
    }

    /// The memory for answers.
    pub(crate) fn answers(&self) -> Answers {
        self.gates.as_ref().map(|gates| gates.answers.clone()).unwrap_or_default()
    }

    /// Room for a body of so many bytes, or for the beginning of one whose size nobody says.
    pub(crate) async fn room(&self, bytes: Option<usize>) -> Result<Room, Overloaded> {
        let Some(gates) = &self.gates else { return Ok(Room::default()) };
        let bytes = bytes.unwrap_or(SMALL_MAX);
        let gate = if bytes <= SMALL_MAX { &gates.small } else { &gates.large };
        let units = units_of(bytes);
        let permits = vec![gate.pass(units).await?];
        Ok(Room { large: Some(Arc::clone(&gates.large.free)), permits, units })
    }
}

impl Room {
    /// Whether so many bytes in all may be held: more than were announced only where that takes no wait, since two that wait
    /// for each other would wait in vain.
    pub(crate) fn holds(&mut self, bytes: usize) -> bool {
        let (Some(large), needed) = (&self.large, units_of(bytes)) else { return true };
        if needed <= self.units {
            return true;
        }
        // Twice as much as is needed now, so that a body is not counted byte by byte.
        let more = permits((2 * needed).saturating_sub(self.units));
        let more = Arc::clone(large).try_acquire_many_owned(more);
        let Ok(permit) = more else { return false };
        self.units = 2 * needed;
        self.permits.push(permit);
        true
    }
}

impl Gate {
    fn new(most: usize, waiting_max: usize) -> Self {
        let all = most.min(Semaphore::MAX_PERMITS);
        let free = Arc::new(Semaphore::new(all));
        Self { free, all, waiting: AtomicUsize::new(0), waiting_max }
    }

    async fn pass(&self, units: usize) -> Result<OwnedSemaphorePermit, Overloaded> {
        // Whoever wants more than there is gets it while nobody else has any.
        let units = permits(units.min(self.all));
        match Arc::clone(&self.free).try_acquire_many_owned(units) {
            Ok(permit) => return Ok(permit),
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {}
        }
        let waits = Waits::begin(self)?;
        let permit = timeout(WAIT_MAX, Arc::clone(&self.free).acquire_many_owned(units)).await;
        drop(waits);
        permit.ok().and_then(Result::ok).ok_or(Overloaded)
    }
}

/// A request that waits, until this is dropped.
struct Waits<'g>(&'g Gate);

impl<'g> Waits<'g> {
    fn begin(gate: &'g Gate) -> Result<Self, Overloaded> {
        let waits = Self(gate);
        match gate.waiting.fetch_add(1, Ordering::Relaxed) < gate.waiting_max {
            true => Ok(waits),
            false => Err(Overloaded),
        }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn units_of(bytes: usize) -> usize {
    (COPIES * bytes).div_ceil(UNIT).max(1)
}

fn permits(units: usize) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}
