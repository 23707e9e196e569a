//! Reading a provider's event stream: frames, what they mean, and whether more will come.
//!
//! A [`Reader`] forwards original frames and watches them go by. It says how a stream ended, never
//! what to do about it: before the first word that is `failover`'s decision, afterwards `commit`'s.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use tokio::time::{Instant, Sleep};
use vocab::At;
use wire::framing::{Cutter, Framing};
use wire::openai::Usage;
use wire::sse::{PASSED_ON_MAX_EVENT_BYTES, encode};
use world::{ChunkBuf, Clock, Decoded, WriteBatch};

pub(crate) use super::breaks::Break;
use crate::upstream::dialect::{Broken, Interpreter};

/// Bytes held back at most while nothing has been said: far more than any provider sends before its first word.
const HELD_MAX: usize = 64 * 1024;

/// Bytes joined into one write at most after that: a client that does not read holds no more, and hyper a few of them.
const JOIN_MAX: usize = 16 * 1024;

/// Bytes that come at once and are a piece of something larger, and no comment that keeps a connection open.
const PIECE_MIN: usize = 1024;

/// How long the connection may take to end after the last frame; then it is closed, not reused.
const DRAIN_MAX: Duration = Duration::from_secs(1);

/// A stream being read.
#[derive(Debug)]
pub(crate) struct Reader {
    body: Decoded,
    cutter: Cutter,
    interpreter: Box<dyn Interpreter>,
    clean_end: CleanEnd,
    sign_of_life: SignOfLife,
    alarm: Option<Duration>,
    alarmed: Alarmed,
    /// More could have been read, and was not.
    held_up: bool,
    clock: Clock,
    gap: Gap,
    seen: Seen,
    /// Whatever comes is taken for the rest of something malformed.
    deaf: bool,
    /// Data of the newest chunk for the client, to end its answer in its own name.
    newest: Option<Bytes>,
}

/// What has become of a stream's silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alarmed {
    /// It was never long.
    No,
    /// It is long, and nobody was told yet.
    Rings,
    /// It was long once.
    Told,
}

/// What went by so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Frames with words, thoughts or calls: a token each, at most providers.
    pub(crate) outputs: u64,
    /// When the first of them came.
    pub(crate) first_output: Option<At>,
    /// When the first frame for the client came, whatever it says.
    pub(crate) first_frame: Option<At>,
    /// A finish reason came.
    pub(crate) finished: bool,
    /// It was the provider's filter.
    pub(crate) filtered: bool,
    /// It ended without a word, and not why.
    pub(crate) nothing: bool,
    /// The last frame came.
    pub(crate) done: bool,
    /// What the provider counted.
    pub(crate) usage: Option<Usage>,
}

/// What a stream is that ends properly without a finish reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanEnd {
    /// A truncation: the answer is not complete.
    Truncated,
    /// The end of an answer, which is made complete with the finish reason `stop`.
    Stop,
}

/// What counts as a sign of life within a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOfLife {
    /// Whatever comes.
    Bytes,
    /// What is said to the client: words, thoughts, calls, a finish reason, usage.
    Content,
}

/// How a stream is read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) interpreter: Box<dyn Interpreter>,
    pub(crate) framing: Framing,
    pub(crate) clean_end: CleanEnd,
    pub(crate) sign_of_life: SignOfLife,
    /// Silence after the first word that is worth knowing of while it lasts.
    pub(crate) alarm: Option<Duration>,
}

/// How a stream ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// With everything that belongs to an answer, though perhaps without `[DONE]`.
    Complete,
    /// Otherwise.
    Broken(Break),
}

/// A stream up to its first word, none of which the client has seen.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) reader: Reader,
    /// Frames for the client.
    pub(crate) out: ChunkBuf,
    /// Set if the stream ended already.
    pub(crate) ending: Option<Ending>,
}

impl Reader {
    /// Reads `body`. Until something was said, `silence` bounds the time between two arrivals,
    /// counted from now.
    pub(crate) fn new(body: Decoded, reading: Reading, clock: Clock, silence: Duration) -> Self {
        let Reading { interpreter, framing, clean_end, sign_of_life, alarm } = reading;
        let cutter = Cutter::new(framing, PASSED_ON_MAX_EVENT_BYTES);
        let (gap, seen) = (Gap::new(silence), Seen::default());
        Self {
            body,
            cutter,
            interpreter,
            clean_end,
            sign_of_life,
            alarm,
            alarmed: Alarmed::No,
            held_up: false,
            clock,
            gap,
            seen,
            deaf: false,
            newest: None,
        }
    }

    /// Whether the stream has fallen silent for so long that it is worth knowing; says so once.
    pub(crate) fn fell_silent(&mut self) -> bool {
        match self.alarmed {
            Alarmed::Rings => {
                self.alarmed = Alarmed::Told;
                true
            }
            Alarmed::No | Alarmed::Told => false,
        }
    }

    /// What went by so far.
    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// What ends the stream where the provider left that out; `usual` where the interpreter has nothing of
    /// its own.
    pub(crate) fn closing(&self, usual: &'static [u8]) -> Bytes {
        self.interpreter.closing().unwrap_or_else(|| Bytes::from_static(usual))
    }

    /// Data of the newest frame for the client.
    pub(crate) fn newest(&self) -> Option<Bytes> {
        self.interpreter.newest().or_else(|| self.newest.clone())
    }

    /// Time since the newest arrival.
    pub(crate) fn silence(&self) -> Duration {
        self.gap.last.elapsed()
    }

    /// Holds the stream back until it says something, ends, or `by` has passed (a stall). From then on
    /// `gap` bounds the time between two arrivals.
    /// `begins` is called once there is a frame for the client.
    pub(crate) async fn hold(
        self,
        by: Option<(At, Duration)>,
        gap: Duration,
        begins: impl Fn(),
    ) -> Held {
        let clock = self.clock;
        let mut held = Held { reader: self, out: ChunkBuf::default(), ending: None };
        let first_word = poll_fn(|cx| {
            let polled = held.poll_first_word(cx);
            if held.reader.seen.first_frame.is_some() {
                begins();
            }
            polled
        });
        match by {
            None => first_word.await,
            Some((by, limit)) => {
                if tokio::time::timeout_at(clock.instant(by), first_word).await.is_err() {
                    held.ending = Some(Ending::Broken(Break::Stalled(limit)));
                }
            }
        }
        if held.ending.is_none() {
            // The rest of a burst goes along with the first word.
            let mut batch = WriteBatch::default();
            poll_fn(|cx| held.poll_burst(cx, &mut batch)).await;
        }
        held.reader.gap.limit = if held.reader.seen.done { gap.min(DRAIN_MAX) } else { gap };
        held
    }

    /// Reads what is ready and appends the client's part to `out`. Ready at the stream's end, or when
    /// `out` is full; pending means that nothing more is there now, though `out` may have grown.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut ChunkBuf,
    ) -> Poll<Option<Ending>> {
        let polled = self.poll_more(cx, out);
        // Whoever has some of the answer gets the rest of it before hearing that there is no more.
        if matches!(polled, Poll::Ready(Some(Ending::Broken(_)))) && self.seen.outputs > 0 {
            self.tell_kept(out);
        }
        polled
    }

    fn tell_kept(&mut self, out: &mut ChunkBuf) {
        if let Some(kept) = self.interpreter.kept() {
            out.push(kept);
        }
    }

    fn poll_more(&mut self, cx: &mut Context<'_>, out: &mut ChunkBuf) -> Poll<Option<Ending>> {
        if std::mem::take(&mut self.held_up) {
            // It was the client that was slow.
            self.gap.touch();
        }
        let most = if self.seen.speaks() { JOIN_MAX } else { HELD_MAX };
        // Bounded by `most`, or by what the connection has buffered.
        while out.len() < most {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers say nothing that a client is promised.
                    let Ok(data) = frame.into_data() else { continue };
                    match self.sign_of_life {
                        SignOfLife::Content if data.len() < PIECE_MIN => {}
                        SignOfLife::Bytes | SignOfLife::Content => self.gap.touch(),
                    }
                    if let Err(broken) = self.read(data, out) {
                        return Poll::Ready(Some(Ending::Broken(broken)));
                    }
                }
                Poll::Ready(Some(Err(_))) if self.has_all() => {
                    return Poll::Ready(Some(Ending::Complete));
                }
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Ending::Broken(Break::Cut(error))));
                }
                Poll::Ready(None) => return Poll::Ready(Some(self.ended(out))),
                Poll::Pending => {
                    let alarm = match self.alarmed {
                        Alarmed::No if self.seen.outputs > 0 => self.alarm,
                        Alarmed::No | Alarmed::Rings | Alarmed::Told => None,
                    };
                    match ready!(self.gap.poll_passed(alarm, cx)) {
                        Passed::Alarm => {
                            self.alarmed = Alarmed::Rings;
                            continue;
                        }
                        Passed::Limit => {}
                    }
                    let stalled = Break::Stalled(self.gap.limit);
                    let done = self.has_all();
                    let ending = if done { Ending::Complete } else { Ending::Broken(stalled) };
                    return Poll::Ready(Some(ending));
                }
            }
        }
        self.held_up = true;
        Poll::Ready(None)
    }

    fn read(&mut self, data: Bytes, out: &mut ChunkBuf) -> Result<(), Break> {
        self.cutter.push(data);
        while let Some(event) = self.cutter.next() {
            let event = event.map_err(|_| Break::Malformed)?;
            if self.seen.done || self.deaf {
                continue;
            }
            let frames = out.len();
            let data = event.data.clone();
            let gist = self.interpreter.read(event, self.seen.finished, out);
            if out.len() > frames {
                self.seen.first_frame.get_or_insert_with(|| self.clock.now());
                self.newest = Some(data);
            }
            match (gist.broken, self.clean_end) {
                (Some(Broken::Error(data)), _) if self.interpreter.reports(&data) => {
                    return Err(Break::Error(data));
                }
                // An event that only its name calls an error does not disturb LiteLLM's client of Anthropic.
                (Some(Broken::Error(_)), CleanEnd::Stop) if self.interpreter.is_translated() => {
                    continue;
                }
                // That client takes malformed data for the beginning of an event that the next ones complete,
                // and waits for its end until the stream is over (litellm 1.106: `chunk_type` accumulated_json).
                (Some(Broken::Malformed), CleanEnd::Stop) if self.interpreter.is_translated() => {
                    self.deaf = true;
                    continue;
                }
                (Some(Broken::Error(data)), _) => return Err(Break::Error(data)),
                (Some(Broken::Malformed), _) => return Err(Break::Malformed),
                // The last frame without a finish reason is a truncation that calls itself an end.
                (Some(Broken::Unfinished), CleanEnd::Truncated) => return Err(Break::Truncated),
                (Some(Broken::Unfinished), CleanEnd::Stop) => {
                    if !self.stop(out) {
                        return Err(Break::Truncated);
                    }
                    self.end_frame();
                    out.push(self.closing(encode::DONE));
                    continue;
                }
                (None, _) => {}
            }
            if gist.output || gist.finish || gist.done || gist.usage.is_some() {
                self.gap.touch();
            }
            if gist.output {
                self.seen.outputs += 1;
                self.seen.first_output.get_or_insert_with(|| self.clock.now());
            }
            self.seen.finished |= gist.finish;
            self.seen.filtered |= gist.filtered;
            self.seen.nothing |= gist.nothing && self.seen.outputs == 0;
            self.seen.usage = gist.usage.or(self.seen.usage);
            if gist.done {
                self.end_frame();
            }
        }
        Ok(())
    }

    fn end_frame(&mut self) {
        self.seen.done = true;
        self.gap.limit = self.gap.limit.min(DRAIN_MAX);
    }

    /// Whether nothing is lost if the connection breaks now: whoever gave a finish reason has said everything.
    fn has_all(&self) -> bool {
        self.seen.done || self.seen.finished
    }

    /// A clean end. Without a finish reason it is a truncation, or what the gateway makes of it.
    fn ended(&mut self, out: &mut ChunkBuf) -> Ending {
        if self.seen.done || self.seen.finished {
            return Ending::Complete;
        }
        let stopped = match self.clean_end {
            CleanEnd::Truncated => false,
            CleanEnd::Stop => self.stop(out),
        };
        if stopped { Ending::Complete } else { Ending::Broken(Break::Truncated) }
    }

    /// Says that the answer ended of itself, in the words of its newest chunk; false where only the
    /// provider can say so.
    fn stop(&mut self, out: &mut ChunkBuf) -> bool {
        self.tell_kept(out);
        let created = self.clock.unix_seconds();
        let Some(frame) = self.interpreter.stop(self.newest.as_ref(), created) else {
            return false;
        };
        out.push(frame);
        self.seen.first_frame.get_or_insert_with(|| self.clock.now());
        self.seen.finished = true;
        true
    }
}

impl Held {
    fn poll_first_word(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.reader.poll_read(cx, &mut self.out) {
            Poll::Ready(ending) => {
                self.ending = ending;
                Poll::Ready(())
            }
            Poll::Pending if self.reader.seen.speaks() => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_burst(&mut self, cx: &mut Context<'_>, batch: &mut WriteBatch) -> Poll<()> {
        match self.reader.poll_read(cx, &mut self.out) {
            Poll::Ready(ending) => {
                self.ending = ending;
                Poll::Ready(())
            }
            Poll::Pending => batch.poll_over(cx, self.out.len()),
        }
    }
}

impl Seen {
    /// Whether there is anything that the client waits for.
    const fn speaks(&self) -> bool {
        self.outputs > 0 || self.finished || self.done
    }
}

/// Watches the time between arrivals with one timer that is moved only when it fires.
#[derive(Debug)]
struct Gap {
    limit: Duration,
    last: Instant,
    timer: Pin<Box<Sleep>>,
}

/// What has passed without a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passed {
    Alarm,
    Limit,
}

impl Gap {
    fn new(limit: Duration) -> Self {
        let last = Instant::now();
        Self { limit, last, timer: Box::pin(tokio::time::sleep_until(last + limit)) }
    }

    fn touch(&mut self) {
        self.last = Instant::now();
    }

    /// Ready when `alarm`, which is nearer, or the limit has passed since the last sign of life.
    fn poll_passed(&mut self, alarm: Option<Duration>, cx: &mut Context<'_>) -> Poll<Passed> {
        loop {
            let (after, passed) = match alarm.filter(|alarm| *alarm < self.limit) {
                Some(alarm) => (alarm, Passed::Alarm),
                None => (self.limit, Passed::Limit),
            };
            let due = self.last + after;
            // A limit that shrank must not wait for the old one.
            if self.timer.deadline() > due {
                self.timer.as_mut().reset(due);
            }
            ready!(self.timer.as_mut().poll(cx));
            if Instant::now() >= due {
                return Poll::Ready(passed);
            }
            self.timer.as_mut().reset(due);
        }
    }
}
