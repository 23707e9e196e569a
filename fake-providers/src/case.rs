//! One request under way, until its response head: faults of the request, rate limits, a slot,
//! faults of the head, then the answer or a refusal.
//!
//! What happens once a 2xx head is out is the answer's business, except that a plain answer is
//! planned here as a whole. What stands in the place of an answer is `case/odd.rs`.

mod broken;
mod odd;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::ext::ReasonPhrase;
use record::AttemptEnd;
use vocab::{At, PromptId, Visit, mark};

use crate::action::{AnswerForm, HeadEnd, LimitScale, StreamEnd, TokenMutation};
use crate::answer::{Answer, Bearer, Body, Drip, Stream, Tale, Then};
use crate::by_name::Named;
use crate::capacity::Slot;
use crate::course::{Course, Step};
use crate::desk::Desk;
use crate::estate::{Deployment, Estate};
use crate::latency::answer_tokens;
use crate::ledger::{Attempt, Entry, Numbers};
use crate::limits::{Need, Reading};
use crate::persona::{
    Headers, Operation, OwnedScene, Prompt, Refusal, Voice, date, put, retry_headers,
};
use crate::schedule::{Ask, Luck, Met};
use crate::script::{Directives, Finish, Piece, Said, Script, Telling};

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
    /// For how long its connection was idle before it; `None` if it is the connection's first.
    pub(crate) idle: Option<Duration>,
}

/// A plain answer as it would be said.
pub(super) struct Planned {
    pub(super) body: Bytes,
    /// Headers that tell of the whole answer.
    told: Headers,
    garbled: bool,
    /// How a fault ends it.
    end: Option<StreamEnd>,
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
        let estate = &*self.desk.estate;
        let met = estate.schedule.meet(ask).and(self.asked.take());
        if let Some(idle) = self.idle
            && let Some(how) = met.on_reuse(idle, self.attempt.entry())
        {
            return self.ended_at_request(how.into(), &met).await;
        }
        let effect = met.on_request(self.attempt.entry());
        estate.clock.sleep(effect.delay.stretch(Duration::ZERO)).await;
        if let Some(end) = effect.end {
            return self.ended_at_request(end, &met).await;
        }
        let directives = Directives::read(body);
        if let Some(refusal) = self.unanswerable(prompt, &directives) {
            return self.refuse(&refusal);
        }
        let limits_left = effect.mutations.iter().map(|LimitScale(scale)| scale).product();
        match self.admit(prompt, limits_left).await {
            Ok(seat) => self.answer(prompt, (&directives, body), met, seat).await,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// Limits, of which faults leave a part, and a slot.
    async fn admit(&mut self, prompt: &Prompt, limits_left: f64) -> Result<Seat, Refusal> {
        let (estate, deployment) = (&self.desk.estate, self.deployment);
        let need = need(prompt);
        let limited = prompt.operation != Operation::CountTokens;
        if let Some(throttle) = deployment.throttle.as_ref().filter(|_| limited) {
            if let Some(factor) = deployment.lowered(limits_left) {
                throttle.scale(factor, estate.unix_ns());
            }
            match throttle.admit(need, estate.unix_ns()) {
                Ok(reading) => self.reading = reading,
                Err(excess) => {
                    self.reading = excess.reading;
                    return Err(Refusal::Exceeded(excess));
                }
            }
        }
        let mut seat = Seat {
            estate: Arc::clone(estate),
            deployment: deployment.index,
            entry: Arc::clone(self.attempt.entry()),
            reserved: need.max_tokens,
            slot: None,
        };
        if let Some(slots) = &deployment.slots {
            seat.slot = Some(slots.take().await.map_err(|_| Refusal::Overloaded)?);
        }
        Ok(seat)
    }

    /// The answer to a request that was admitted, or what faults of the head make of it.
    async fn answer(
        self,
        prompt: &Prompt,
        (directives, body): (&Directives, &Bytes),
        met: Met,
        seat: Seat,
    ) -> Response<Answer> {
        let (estate, deployment) = (&*self.desk.estate, self.deployment);
        let slowdown = seat.slot.as_ref().map_or(1.0, |slot| slot.slowdown);
        let name = deployment.config.id.as_str();
        let first = deployment.pace.first_token(estate.seed, name, self.luck).mul_f64(slowdown);
        let effect = met.before_head(self.attempt.entry());
        let due = estate.clock.now().plus(effect.delay.stretch(first));
        let substitute = match effect.end {
            None => None,
            Some(HeadEnd::Substitute(substitute)) => Some(substitute),
            Some(HeadEnd::Silence) => {
                estate.clock.sleep_until(due).await;
                return self.silent(seat).await;
            }
        };
        let form = AnswerForm::new(&effect.mutations);
        let script = match form.empty {
            true => Script { choices: vec![Vec::new()], finish: Finish::Stop },
            false => self.script(prompt, directives, body),
        };
        let tempo = deployment.pace.tempo(estate.seed, name, self.luck);
        let (endless, length) = (form.endless, script.tokens());
        let course = Course { tempo, met, slowdown, first, length, endless, due, said: 0 };
        if let Some(substitute) = substitute {
            return self.substitute(prompt, (course, script), seat, substitute).await;
        }
        let answer = if prompt.stream {
            self.stream(prompt, (course, script), seat, &form).await
        } else {
            self.plain(prompt, (course, script), seat, &form).await
        };
        shaped(answer, &form)
    }

    async fn stream(
        mut self,
        prompt: &Prompt,
        (course, script): (Course, Script),
        seat: Seat,
        form: &AnswerForm,
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
        let stream = Stream::new(Tale {
            estate: Arc::clone(estate),
            line: Arc::clone(&self.desk.line),
            entry: Arc::clone(self.attempt.entry()),
            voice,
            course,
            telling: Telling::new(script, self.marks()),
            wide: form.pieces.is_some(),
            with_usage: !form.without_usage,
            scene: self.scene.clone(),
            arrived: self.arrived,
        });
        respond(StatusCode::OK, headers, Answer::stream(stream, self.bearer(Some(seat))))
    }

    /// The whole answer is planned at once, and handed over when its last token is due.
    async fn plain(
        mut self,
        prompt: &Prompt,
        (mut course, script): (Course, Script),
        seat: Seat,
        form: &AnswerForm,
    ) -> Response<Answer> {
        let mut planned = self.plan(prompt, &mut course, script).await;
        if form.without_usage {
            planned.body = without_usage(&planned.body);
        }
        match planned.end {
            None if course.endless => {
                let then = Then::Beats(ENDLESS_BEAT);
                self.piece(Body::new(half(&planned.body), then), None, seat)
            }
            None => {
                let body = if planned.garbled { half(&planned.body) } else { planned.body };
                let body = (JSON, body);
                let mut whole = self.whole(StatusCode::OK, body, Some(seat), AttemptEnd::Complete);
                put(whole.headers_mut(), planned.told);
                whole
            }
            Some(end) => self.ended_plain(&end, &planned.body, seat),
        }
    }

    /// Runs through all tokens of a plain answer, waits until the last one is due, and says them.
    pub(super) async fn plan(
        &mut self,
        prompt: &Prompt,
        course: &mut Course,
        script: Script,
    ) -> Planned {
        let entry = Arc::clone(self.attempt.entry());
        let (mut said, mut garbled) = (Said::begun(&script), false);
        let mut telling = Telling::new(script, self.marks());
        let endless = std::mem::take(&mut course.endless);
        // Bounded by the length of the answer.
        let (due, end) = loop {
            match course.next(&entry) {
                (_, Step::Token(mutations)) => {
                    let mut twice = false;
                    for mutation in mutations {
                        match mutation {
                            TokenMutation::Garble => garbled = true,
                            TokenMutation::Duplicate => twice = true,
                            // A plain body has no frames that could change places or come between.
                            TokenMutation::Comments { .. }
                            | TokenMutation::Reorder
                            | TokenMutation::UnknownEvent => {}
                        }
                    }
                    course.say();
                    if let Some(piece) = telling.next() {
                        said.hear(&piece);
                        if twice {
                            // Said twice, it is billed twice.
                            entry.generated(1);
                            said.hear(&Piece { starts: false, ..piece });
                        }
                    }
                }
                (due, Step::Finish(_)) => break (due, None),
                (due, Step::Broken(end)) => break (due, Some(end)),
            }
        };
        course.endless = endless;
        said.tally = telling.tally();
        let estate = &self.desk.estate;
        estate.clock.sleep_until(due).await;
        self.scene.unix_s = estate.clock.unix_seconds();
        self.scene.took = estate.clock.now().since(self.arrived);
        entry.generated(said.tally.tokens);
        let told = self.deployment.persona.answer_headers(prompt, Some(&said), self.scene.took);
        let body = self.deployment.persona.reply(&self.scene.borrow(), prompt, &said);
        Planned { body, told, garbled, end }
    }

    /// 200, and something other than a whole answer.
    pub(super) fn piece(self, piece: Body, declared: Option<u64>, seat: Seat) -> Response<Answer> {
        if piece.is_silent() {
            self.attempt.entry().fall_silent();
        }
        let headers = self.headers(JSON);
        self.attempt.entry().head(200);
        let head_only = self.head_only;
        let answer = Answer::piece(piece, declared, self.bearer(Some(seat)), head_only);
        respond(StatusCode::OK, headers, answer)
    }

    pub(super) fn bearer(self, seat: Option<Seat>) -> Bearer {
        Bearer { line: Arc::clone(&self.desk.line), attempt: self.attempt, seat }
    }

    pub(crate) fn refuse(self, refusal: &Refusal) -> Response<Answer> {
        let (persona, unix_s) = (self.deployment.persona, self.scene.unix_s);
        let reply = persona.refuse(refusal, &self.scene.borrow());
        let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let body = (reply.content_type, reply.body);
        let mut response = self.whole(status, body, None, AttemptEnd::Error);
        put(response.headers_mut(), retry_headers(persona, refusal, unix_s));
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
        let (declared, head_only) = (Some(body.len() as u64), self.head_only);
        let piece = Body::new(body, Then::End(end));
        respond(status, headers, Answer::piece(piece, declared, self.bearer(seat), head_only))
    }

    fn headers(&self, content_type: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(12);
        let now = date(self.desk.estate.clock.unix_seconds(), Duration::ZERO);
        headers.extend(HeaderValue::try_from(now).ok().map(|now| (header::DATE, now)));
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

/// Between two pieces of a plain answer that never ends.
const ENDLESS_BEAT: Duration = Duration::from_millis(100);

/// The response as the head's faults have it.
fn shaped(mut response: Response<Answer>, form: &AnswerForm) -> Response<Answer> {
    if let Some(media_type) = form.content_type {
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        if let Some(value) = media_type.value() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        }
    }
    match form.pieces {
        None => response,
        Some(pieces) => response.map(|answer| answer.dripping(Drip::new(pieces))),
    }
}

/// The first half of a body: no JSON any more.
fn half(body: &Bytes) -> Bytes {
    body.slice(..body.len() / 2)
}

fn respond(status: StatusCode, headers: HeaderMap, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if status.canonical_reason().is_none() {
        // As edges send 529 and 520: a status line without words.
        response.extensions_mut().insert(ReasonPhrase::from_static(b""));
    }
    response
}

/// A whole answer that does not tell what it took, in any provider's words.
fn without_usage(body: &Bytes) -> Bytes {
    let Ok(serde_json::Value::Object(mut reply)) = serde_json::from_slice(body) else {
        return body.clone();
    };
    for name in ["usage", "usageMetadata"] {
        reply.shift_remove(name);
    }
    Bytes::from(serde_json::Value::Object(reply).to_string())
}
