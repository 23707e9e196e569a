//! One request under way, until its response head: faults of the request, rate limits, a slot,
//! faults before the first token, then the answer or a refusal.
//!
//! What happens once a 2xx head is out is the answer's business, except that a plain answer is
//! planned here as a whole.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use record::AttemptEnd;
use vocab::{At, PromptId, Visit, mark};

use crate::answer::{Answer, Stream, Tale, Then};
use crate::by_name::Named;
use crate::capacity::Slot;
use crate::course::{Course, Step};
use crate::desk::Desk;
use crate::estate::{Deployment, Estate};
use crate::fault::{Moment, Verdict};
use crate::latency::answer_tokens;
use crate::ledger::{Attempt, Entry, Numbers};
use crate::limits::{Need, Reading};
use crate::persona::{Operation, OwnedScene, Prompt, Refusal, Voice, put, retry_headers};
use crate::schedule::{Ask, Luck, Met};
use crate::script::{Directives, Said, Script, Telling};

/// Longest answer, in tokens, whatever the prompt asks for: the largest output window in use.
const ANSWER_TOKENS_MAX: u32 = 128 * 1024;

/// One request under way.
pub(crate) struct Case<'d> {
    pub(crate) desk: &'d Desk,
    pub(crate) deployment: &'d Deployment,
    pub(crate) scene: OwnedScene,
    pub(crate) attempt: Attempt,
    pub(crate) arrived: At,
    pub(crate) luck: Luck,
    pub(crate) numbers: Numbers,
    pub(crate) reading: Reading,
    pub(crate) head_only: bool,
    /// What the model's name asks for.
    pub(crate) asked: Option<Named>,
}

/// A slot and a reservation of output tokens; dropped, both are given back.
#[derive(Debug)]
pub(crate) struct Seat {
    estate: Arc<Estate>,
    deployment: usize,
    entry: Arc<Entry>,
    reserved: u64,
    slot: Option<Slot>,
}

impl Case<'_> {
    /// A well-formed request for an answer.
    pub(crate) async fn prompt(
        mut self,
        prompt: &Prompt,
        ask: &Ask,
        body: &Bytes,
    ) -> Response<Answer> {
        let desk = self.desk;
        let (estate, deployment) = (&*desk.estate, self.deployment);
        let met = estate.schedule.meet(ask).and(self.asked.take());
        let weight = met.at(Moment::Request, self.attempt.entry());
        estate.clock.sleep(weight.delay).await;
        if let Some(verdict) = weight.end {
            return self.broken_before_head(&verdict, &met).await;
        }
        let directives = Directives::read(body);
        if let Some(refusal) = self.unanswerable(prompt, &directives) {
            return self.refuse(&refusal);
        }
        let need = need(prompt);
        let limited = prompt.operation != Operation::CountTokens;
        if let Some(throttle) = deployment.throttle.as_ref().filter(|_| limited) {
            match throttle.admit(need, estate.unix_ns()) {
                Ok(reading) => self.reading = reading,
                Err(excess) => {
                    self.reading = excess.reading;
                    return self.refuse(&Refusal::Exceeded(excess));
                }
            }
        }
        let mut seat = Seat {
            estate: Arc::clone(&desk.estate),
            deployment: deployment.index,
            entry: Arc::clone(self.attempt.entry()),
            reserved: need.max_tokens,
            slot: None,
        };
        if let Some(slots) = &deployment.slots {
            match slots.take().await {
                Ok(slot) => seat.slot = Some(slot),
                Err(_) => return self.refuse(&Refusal::Overloaded),
            }
        }
        let slowdown = seat.slot.as_ref().map_or(1.0, |slot| slot.slowdown);
        let name = deployment.config.id.as_str();
        let first = deployment.pace.first_token(estate.seed, name, self.luck).mul_f64(slowdown);
        let weight = met.at(Moment::BeforeFirstToken, self.attempt.entry());
        let due = estate.clock.now().plus(weight.stretch(first));
        if let Some(verdict) = weight.end {
            estate.clock.sleep_until(due).await;
            return self.broken_before_head(&verdict, &met).await;
        }
        let script = self.script(prompt, &directives, body);
        let tempo = deployment.pace.tempo(estate.seed, name, self.luck);
        let course = Course { tempo, met, slowdown, length: script.tokens(), due, said: 0 };
        if prompt.stream {
            self.stream(prompt, (course, script), seat).await
        } else {
            self.plain(prompt, (course, script), seat).await
        }
    }

    async fn stream(
        mut self,
        prompt: &Prompt,
        (course, script): (Course, Script),
        seat: Seat,
    ) -> Response<Answer> {
        let estate = &self.desk.estate;
        estate.clock.sleep_until(course.due).await;
        self.scene.unix_s = estate.clock.unix_seconds();
        self.scene.took = estate.clock.now().since(self.arrived);
        let persona = self.deployment.persona;
        let mut headers = self.headers(persona.stream_type(&self.scene.query));
        put(&mut headers, persona.answer_headers(prompt, None, self.scene.took));
        let voice = Voice::new(persona, &self.scene.borrow(), prompt, &script);
        self.attempt.entry().head(200);
        let telling = Telling::new(script, self.marks());
        let stream = Stream::new(Tale {
            estate: Arc::clone(estate),
            line: Arc::clone(&self.desk.line),
            attempt: Some(self.attempt),
            seat: Some(seat),
            voice,
            course,
            telling,
            scene: self.scene,
            arrived: self.arrived,
        });
        respond(StatusCode::OK, headers, Answer::Stream(Box::new(stream)))
    }

    /// The whole answer is planned at once, and handed over when its last token is due.
    async fn plain(
        mut self,
        prompt: &Prompt,
        (mut course, script): (Course, Script),
        seat: Seat,
    ) -> Response<Answer> {
        let entry = Arc::clone(self.attempt.entry());
        let (mut said, mut garbled) = (Said::begun(&script), false);
        let mut telling = Telling::new(script, self.marks());
        // Bounded by the length of the answer.
        let (due, end) = loop {
            match course.next(&entry) {
                (_, Step::Token { garbled: this }) => {
                    garbled |= this;
                    course.say();
                    if let Some(piece) = telling.next() {
                        said.hear(&piece);
                    }
                }
                (due, Step::Finish) => break (due, None),
                (due, Step::Broken(verdict)) => break (due, Some(verdict)),
            }
        };
        said.tally = telling.tally();
        let estate = &self.desk.estate;
        estate.clock.sleep_until(due).await;
        self.scene.unix_s = estate.clock.unix_seconds();
        self.scene.took = estate.clock.now().since(self.arrived);
        entry.generated(said.tally.tokens);
        let told = self.deployment.persona.answer_headers(prompt, Some(&said), self.scene.took);
        let body = self.deployment.persona.reply(&self.scene.borrow(), prompt, &said);
        match end {
            None => {
                let body = if garbled { half(&body) } else { body };
                let body = (JSON, body);
                let mut whole = self.whole(StatusCode::OK, body, Some(seat), AttemptEnd::Complete);
                put(whole.headers_mut(), told);
                whole
            }
            Some(verdict) => self.broken_plain(&verdict, &body, seat, &course.met),
        }
    }

    /// A plain answer that a fault breaks; `body` is what it has to say so far.
    fn broken_plain(
        self,
        verdict: &Verdict,
        body: &Bytes,
        seat: Seat,
        met: &Met,
    ) -> Response<Answer> {
        let declared = Some(body.len() as u64);
        let (bytes, declared, then) = match verdict {
            Verdict::Stall => (Bytes::new(), declared, Then::Silence),
            Verdict::Blackhole => {
                self.desk.line.silence(met.until());
                (Bytes::new(), declared, Then::Silence)
            }
            Verdict::Truncate => (half(body), None, Then::End(AttemptEnd::Truncated)),
            Verdict::ErrorEvent(status) => return self.error_in_200(*status, seat),
            Verdict::Fail(failure) => return self.error_in_200(Some(failure.status), seat),
            Verdict::Garble { .. } => {
                let end = AttemptEnd::Truncated;
                return self.whole(StatusCode::OK, (JSON, half(body)), Some(seat), end);
            }
            Verdict::Cut
            | Verdict::Reset
            | Verdict::Refuse
            | Verdict::Pass
            | Verdict::Delay(_)
            | Verdict::Scale(_)
            | Verdict::Stretch { .. } => (half(body), declared, Then::Cut),
        };
        let headers = self.headers(JSON);
        self.attempt.entry().head(200);
        let line = Arc::clone(&self.desk.line);
        let answer = Answer::broken(bytes, declared, then, (self.attempt, line, Some(seat)));
        respond(StatusCode::OK, headers, answer)
    }

    /// 200, and the provider's error as its body.
    fn error_in_200(self, status: Option<u16>, seat: Seat) -> Response<Answer> {
        let error = self.deployment.persona.error_body(status, &self.scene.borrow());
        self.whole(StatusCode::OK, (JSON, error.body), Some(seat), AttemptEnd::ErrorEvent)
    }

    /// A verdict before any answer. Returns only where it is an answer.
    async fn broken_before_head(self, verdict: &Verdict, met: &Met) -> Response<Answer> {
        let entry = self.attempt.entry();
        match verdict {
            Verdict::Fail(failure) => return self.refuse(&Refusal::Failed(*failure)),
            Verdict::Stall => entry.fall_silent(),
            Verdict::Blackhole => {
                entry.fall_silent();
                self.desk.line.silence(met.until());
            }
            Verdict::ErrorEvent(_)
            | Verdict::Garble { .. }
            | Verdict::Truncate
            | Verdict::Cut
            | Verdict::Refuse
            | Verdict::Reset
            | Verdict::Pass
            | Verdict::Delay(_)
            | Verdict::Scale(_)
            | Verdict::Stretch { .. } => {
                entry.doom(AttemptEnd::Reset);
                // One turn, so that the connection waits for its end before it is reset.
                tokio::task::yield_now().await;
                self.desk.line.reset();
            }
        }
        std::future::pending().await
    }

    pub(crate) fn refuse(self, refusal: &Refusal) -> Response<Answer> {
        let persona = self.deployment.persona;
        let reply = persona.refuse(refusal, &self.scene.borrow());
        let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let body = (reply.content_type, reply.body);
        let mut response = self.whole(status, body, None, AttemptEnd::Error);
        put(response.headers_mut(), retry_headers(persona, refusal));
        response
    }

    pub(crate) fn whole(
        self,
        status: StatusCode,
        (content_type, body): (&'static str, Bytes),
        seat: Option<Seat>,
        end: AttemptEnd,
    ) -> Response<Answer> {
        let headers = self.headers(content_type);
        self.attempt.entry().head(status.as_u16());
        let rest = (Arc::clone(&self.desk.line), seat, self.head_only);
        respond(status, headers, Answer::whole(body, end, self.attempt, rest))
    }

    fn headers(&self, content_type: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let took = self.desk.estate.clock.now().since(self.arrived);
        let scene = self.scene.borrow();
        put(&mut headers, self.deployment.persona.headers(&scene, &self.reading, took));
        headers
    }

    /// Why a well-formed request gets no answer, whatever the load.
    fn unanswerable(&self, prompt: &Prompt, directives: &Directives) -> Option<Refusal> {
        if directives.blocked && self.deployment.persona.refuses_blocked() {
            return Some(Refusal::Blocked);
        }
        let window = self.deployment.config.context_window?;
        let requested = prompt.prompt_tokens.saturating_add(prompt.max_tokens.unwrap_or(0));
        (requested > window).then_some(Refusal::TooLong { window, requested })
    }

    /// What the answer will consist of.
    fn script(&self, prompt: &Prompt, directives: &Directives, body: &Bytes) -> Script {
        match prompt.operation {
            Operation::Chat | Operation::Responses | Operation::Completions | Operation::Invoke => {
            }
            Operation::Embeddings
            | Operation::Moderations
            | Operation::CountTokens
            | Operation::Models
            | Operation::Model
            | Operation::Health => return Script::nothing(),
        }
        let name = self.deployment.config.id.as_str();
        let wanted = mark::answer_length(body)
            .unwrap_or_else(|| answer_tokens(self.desk.estate.seed, name, self.luck));
        let limit = prompt.max_tokens.and_then(|max| u32::try_from(max).ok());
        let limit = limit.unwrap_or(ANSWER_TOKENS_MAX).min(ANSWER_TOKENS_MAX);
        Script::plan(&prompt.wishes, directives, wanted.max(1), limit)
    }

    const fn marks(&self) -> (vocab::DeploymentNumber, PromptId, Visit) {
        (self.deployment.config.number, PromptId(self.luck.request), Visit(self.numbers.visit))
    }
}

/// What a request takes from the limits. Counting tokens takes nothing: it has limits of its own,
/// which are not played.
fn need(prompt: &Prompt) -> Need {
    if prompt.operation == Operation::CountTokens {
        return Need { prompt_tokens: 0, max_tokens: 0 };
    }
    let choices = u64::from(prompt.wishes.choices.max(1));
    let max_tokens = prompt.max_tokens.unwrap_or(0).saturating_mul(choices);
    Need { prompt_tokens: prompt.prompt_tokens, max_tokens }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let throttle =
            self.estate.deployments.get(self.deployment).and_then(|d| d.throttle.as_ref());
        if let Some(throttle) = throttle {
            throttle.settle(self.reserved, self.entry.tokens(), self.estate.unix_ns());
        }
    }
}

const JSON: &str = "application/json";

/// The first half of a body: no JSON any more.
fn half(body: &Bytes) -> Bytes {
    body.slice(..body.len() / 2)
}

fn respond(status: StatusCode, headers: HeaderMap, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
