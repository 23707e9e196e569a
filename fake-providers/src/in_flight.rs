//! One request under way, until its response head: faults of the request, rate limits, a slot,
//! faults of the head, then the answer or a refusal.
//!
//! What happens once a 2xx head is out is the answer's business, except that a plain answer is
//! planned here as a whole. What stands in the place of an answer is `in_flight/substitute.rs`. It
//! must never know a provider's JSON, or how the bytes of an answer leave.

mod ended;
mod substitute;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::ext::ReasonPhrase;
use record::AttemptEnd;
use vocab::{At, PromptId, Visit, mark};

use crate::action::{AnswerForm, HeadEnd, LimitScale, StreamEnd, TokenMutation};
use crate::answer::{Answer, AttemptGuard, Body, Stream, StreamParts, TextWidth, Then};
use crate::attempt_record::Numbers;
use crate::connection::Exchange;
use crate::latency::answer_tokens;
use crate::ledger::Attempt;
use crate::limits::{Need, Reading};
use crate::permit::Permit;
use crate::persona::{
    Headers, Operation, OwnedContext, Prompt, Refusal, StreamEncoder, date, put, retry_headers,
};
use crate::schedule::model_name_faults::ModelNameFault;
use crate::schedule::{ArmedFaults, AttemptFacts, DrawKey};
use crate::script::{Directives, Finish, Piece, Script, TokenCursor, Transcript};
use crate::state::{Deployment, State};
use crate::token_schedule::{Step, TokenSchedule};

/// Longest answer, in tokens, whatever the prompt asks for: the largest output window in use.
const ANSWER_TOKENS_MAX: u32 = 128 * 1024;

/// One request under way.
pub(crate) struct InFlight<'d> {
    pub(crate) state: &'d Arc<State>,
    pub(crate) exchange: &'d Arc<Exchange>,
    pub(crate) deployment: &'d Deployment,
    pub(crate) context: OwnedContext,
    pub(crate) attempt: Attempt,
    pub(crate) arrived: At,
    pub(crate) draw_key: DrawKey,
    /// What its tokens say that they answer: a repeated prompt is not its request's own.
    pub(crate) prompt: PromptId,
    pub(crate) numbers: Numbers,
    pub(crate) reading: Reading,
    /// The content type of a plain answer.
    pub(crate) plain_type: &'static str,
    pub(crate) head_only: bool,
    /// What the model's name asks for.
    pub(crate) asked: Option<ModelNameFault>,
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

impl InFlight<'_> {
    /// A well-formed request for an answer.
    pub(crate) async fn prompt(
        mut self,
        prompt: &Prompt,
        facts: &AttemptFacts,
        body: &Bytes,
    ) -> Response<Answer> {
        let state = self.state;
        self.plain_type = self.deployment.persona.plain_type(prompt);
        let armed = state.schedule.meet(facts).and(self.asked.take());
        if let Some(idle) = self.idle
            && let Some(how) = armed.on_reuse(idle, self.attempt.record())
        {
            return self.ended_at_request(how.into(), &armed).await;
        }
        let effect = armed.on_request(self.attempt.record());
        state.clock.sleep(effect.delay.stretch(Duration::ZERO)).await;
        if let Some(end) = effect.end {
            return self.ended_at_request(end, &armed).await;
        }
        let directives = Directives::read(body);
        if let Some(refusal) = self.unanswerable(prompt, &directives) {
            return self.refuse(&refusal);
        }
        let limits_left = effect.mutations.iter().map(|LimitScale(scale)| scale).product();
        match self.admit(prompt, limits_left).await {
            Ok(permit) => self.answer(prompt, (&directives, body), armed, permit).await,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// Limits, of which faults leave a part, and a slot.
    async fn admit(&mut self, prompt: &Prompt, limits_left: f64) -> Result<Permit, Refusal> {
        let (state, deployment) = (self.state, self.deployment);
        let need = need(prompt);
        let limited = prompt.operation != Operation::CountTokens;
        if let Some(throttle) = deployment.throttle.as_ref().filter(|_| limited) {
            if let Some(factor) = deployment.lowered(limits_left) {
                throttle.scale(factor, state.unix_ns());
            }
            match throttle.admit(need, state.unix_ns()) {
                Ok(reading) => self.reading = reading,
                Err(excess) => {
                    self.reading = excess.reading;
                    return Err(Refusal::Exceeded(excess));
                }
            }
        }
        let mut permit = Permit {
            slot: None,
            throttle: deployment.throttle.clone(),
            clock: state.clock,
            record: Arc::clone(self.attempt.record()),
            reserved: need.max_tokens,
        };
        if let Some(slots) = &deployment.slots {
            permit.slot = Some(slots.take().await.map_err(|_| Refusal::Overloaded)?);
        }
        Ok(permit)
    }

    /// The answer to a request that was admitted, or what faults of the head make of it.
    async fn answer(
        self,
        prompt: &Prompt,
        (directives, body): (&Directives, &Bytes),
        armed: ArmedFaults,
        permit: Permit,
    ) -> Response<Answer> {
        let (state, deployment) = (self.state, self.deployment);
        let slowdown = permit.slot.as_ref().map_or(1.0, |slot| slot.slowdown);
        let name = deployment.config.id.as_str();
        let first = deployment.pace.first_token(state.seed, name, self.draw_key).mul_f64(slowdown);
        let effect = armed.before_head(self.attempt.record());
        let due = state.clock.now().plus(effect.delay.stretch(first));
        let substitute = match effect.end {
            None => None,
            Some(HeadEnd::Substitute(substitute)) => Some(substitute),
            Some(HeadEnd::Silence) => {
                state.clock.sleep_until(due).await;
                return self.silent(permit).await;
            }
        };
        let form = AnswerForm::new(&effect.mutations);
        let script = match form.empty {
            true => Script { choices: vec![Vec::new()], finish: Finish::Stop, said: 0 },
            false => {
                let thinking = form.thinking.max(directives.thinking);
                let directives = Directives { thinking, ..directives.clone() };
                self.script(prompt, &directives, body)
            }
        };
        let tempo = deployment.pace.tempo(state.seed, name, self.draw_key);
        let (endless, length) = (form.endless, script.tokens());
        let token_schedule =
            TokenSchedule { tempo, armed, slowdown, first, length, endless, due, sent: 0 };
        if let Some(substitute) = substitute {
            return self.substitute(prompt, (token_schedule, script), permit, substitute).await;
        }
        let answer = if prompt.stream && !form.whole {
            self.stream(prompt, (token_schedule, script), permit, &form).await
        } else {
            self.plain(prompt, (token_schedule, script), permit, &form).await
        };
        shaped(answer, &form)
    }

    async fn stream(
        mut self,
        prompt: &Prompt,
        (token_schedule, script): (TokenSchedule, Script),
        permit: Permit,
        form: &AnswerForm,
    ) -> Response<Answer> {
        let state = self.state;
        state.clock.sleep_until(token_schedule.due).await;
        self.context.unix_s = state.clock.unix_seconds();
        self.context.took = state.clock.now().since(self.arrived);
        let persona = self.deployment.persona;
        let mut headers = self.headers(persona.stream_type(&self.context.query));
        put(&mut headers, persona.answer_headers(prompt, None, self.context.took));
        let encoder = StreamEncoder::new(persona, &self.context.borrow(), prompt, &script);
        self.attempt.record().head(200);
        let stream = Stream::new(StreamParts {
            state: Arc::clone(state),
            exchange: Arc::clone(self.exchange),
            record: Arc::clone(self.attempt.record()),
            encoder,
            token_schedule,
            cursor: TokenCursor::new(script, self.marks()),
            width: form.pieces.map_or(TextWidth::Narrow, |_| TextWidth::Wide),
            with_usage: !form.without_usage,
            context: self.context.clone(),
            arrived: self.arrived,
        });
        respond(StatusCode::OK, headers, Answer::stream(stream, self.guard(Some(permit))))
    }

    /// The whole answer is planned at once, and handed over when its last token is due.
    async fn plain(
        mut self,
        prompt: &Prompt,
        (mut token_schedule, script): (TokenSchedule, Script),
        permit: Permit,
        form: &AnswerForm,
    ) -> Response<Answer> {
        let mut planned = self.plan(prompt, &mut token_schedule, script).await;
        if form.without_usage {
            planned.body = without_usage(&planned.body);
        }
        match planned.end {
            None if token_schedule.endless => {
                let then = Then::Beats(ENDLESS_BEAT);
                self.piece(Body::new(half(&planned.body), then), None, permit)
            }
            None => {
                let body = if planned.garbled { half(&planned.body) } else { planned.body };
                let body = (self.plain_type, body);
                let mut whole =
                    self.whole(StatusCode::OK, body, Some(permit), AttemptEnd::Complete);
                put(whole.headers_mut(), planned.told);
                whole
            }
            Some(end) => self.ended_plain(&end, &planned.body, permit),
        }
    }

    /// Runs through all tokens of a plain answer, waits until the last one is due, and says them.
    pub(super) async fn plan(
        &mut self,
        prompt: &Prompt,
        token_schedule: &mut TokenSchedule,
        script: Script,
    ) -> Planned {
        let record = Arc::clone(self.attempt.record());
        let (mut transcript, mut garbled) = (Transcript::begun(&script), false);
        let mut cursor = TokenCursor::new(script, self.marks());
        let endless = std::mem::take(&mut token_schedule.endless);
        // Bounded by the length of the answer.
        let (due, end) = loop {
            match token_schedule.next(&record) {
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
                    token_schedule.send();
                    if let Some(piece) = cursor.next() {
                        transcript.hear(&piece);
                        if twice {
                            // Said twice, it is billed twice.
                            record.generated(1);
                            transcript.hear(&Piece { starts: false, ..piece });
                        }
                    }
                }
                (due, Step::Finish(_)) => break (due, None),
                (due, Step::Broken(end)) => break (due, Some(end)),
            }
        };
        token_schedule.endless = endless;
        transcript.tally = cursor.tally();
        let state = self.state;
        state.clock.sleep_until(due).await;
        let now = state.clock.now();
        if end.is_none() && !record.has_met(now) {
            state.lateness.end(now.since(due));
        }
        self.context.unix_s = state.clock.unix_seconds();
        self.context.took = state.clock.now().since(self.arrived);
        record.generated(transcript.tally.tokens);
        let told =
            self.deployment.persona.answer_headers(prompt, Some(&transcript), self.context.took);
        let body = self.deployment.persona.reply(&self.context.borrow(), prompt, &transcript);
        Planned { body, told, garbled, end }
    }

    /// 200, and something other than a whole answer.
    pub(super) fn piece(
        self,
        piece: Body,
        declared: Option<u64>,
        permit: Permit,
    ) -> Response<Answer> {
        if piece.is_silent() {
            self.attempt.record().fall_silent();
        }
        let headers = self.headers(self.plain_type);
        self.attempt.record().head(200);
        let head_only = self.head_only;
        let answer = Answer::piece(piece, declared, self.guard(Some(permit)), head_only);
        respond(StatusCode::OK, headers, answer)
    }

    pub(super) fn guard(self, permit: Option<Permit>) -> AttemptGuard {
        AttemptGuard { exchange: Arc::clone(self.exchange), attempt: self.attempt, permit }
    }

    pub(crate) fn refuse(self, refusal: &Refusal) -> Response<Answer> {
        let (persona, unix_s) = (self.deployment.persona, self.context.unix_s);
        if let Refusal::Invalid(complaint) = refusal {
            self.state.book.refused(&complaint.message, complaint.param.as_deref());
        }
        let reply = persona.refuse(refusal, &self.context.borrow());
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
        permit: Option<Permit>,
        end: AttemptEnd,
    ) -> Response<Answer> {
        let headers = self.headers(content_type);
        self.attempt.record().head(status.as_u16());
        let (declared, head_only) = (Some(body.len() as u64), self.head_only);
        let piece = Body::new(body, Then::End(end));
        respond(status, headers, Answer::piece(piece, declared, self.guard(permit), head_only))
    }

    fn headers(&self, content_type: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(12);
        let now = date(self.state.clock.unix_seconds(), Duration::ZERO);
        headers.extend(HeaderValue::try_from(now).ok().map(|now| (header::DATE, now)));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let took = self.state.clock.now().since(self.arrived);
        let context = self.context.borrow();
        put(&mut headers, self.deployment.persona.headers(&context, &self.reading, took));
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
            | Operation::Speech
            | Operation::Drawing
            | Operation::Transcription
            | Operation::CountTokens
            | Operation::Models
            | Operation::Model
            | Operation::Health => return Script::nothing(),
        }
        let name = self.deployment.config.id.as_str();
        let wanted = mark::answer_length(body)
            .unwrap_or_else(|| answer_tokens(self.state.seed, name, self.draw_key));
        let limit = prompt.max_tokens.and_then(|max| u32::try_from(max).ok());
        let limit = limit.unwrap_or(ANSWER_TOKENS_MAX).min(ANSWER_TOKENS_MAX);
        let said = match prompt.operation {
            Operation::Chat | Operation::Completions => mark::said_of(body, self.prompt),
            _ => 0,
        };
        match said {
            0 => Script::plan(&prompt.wishes, directives, wanted.max(1), limit),
            said => Script::rest(&prompt.wishes, directives, (said, wanted.max(1)), limit),
        }
    }

    const fn marks(&self) -> (vocab::DeploymentNumber, PromptId, Visit) {
        (self.deployment.config.number, self.prompt, Visit(self.numbers.visit))
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
    response.map(|answer| answer.on_its_way(form))
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
