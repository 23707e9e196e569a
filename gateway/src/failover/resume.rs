//! A stream that breaks after its first word, gone on with by somebody else: what the client has of it, the request for
//! the rest, and the mark by which the client can tell.
//!
//! Only where the config says so, and never unmarked: the first frame of the rest stands behind a comment, and the
//! usage at the end says what it is the sum of. It must never go on with an answer that is more than text.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use wire::openai::{PeekKind, Usage, peek};
use wire::sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, encode};

use crate::config::{Deployment, DeploymentIndex, OnBreak};
use crate::endpoint::Answers;
use crate::failover::attempt::{Answered, Reply};
use crate::failover::attempt_guard::AttemptGuard;
use crate::failover::client_request::ClientRequest;
use crate::failover::request_state::{Others, RequestState};
use crate::failover::{fallbacks, try_targets};
use crate::upstream::continued::{Beginning, Prefill};
use crate::upstream::failure::{Failure, Trouble};
use crate::upstream::stream::Held;

/// Most bytes of an answer that are remembered for its continuation: no text of a model is longer.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// Times that one answer is gone on with, at most.
const RESUMPTIONS_MAX: u32 = 3;

/// Member of the usage that says what it is the sum of.
const TOLD: &str = "x_brownout";

/// Somebody else, about to say the rest.
pub(crate) type Search = Pin<Box<dyn Future<Output = (RequestState, Option<Found>)> + Send>>;

/// Somebody who says the rest.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) guard: AttemptGuard,
    pub(crate) held: Box<Held>,
}

/// What it takes to go on with an answer.
pub(crate) struct Resumption {
    request: Arc<ClientRequest>,
    how: OnBreak,
    left: u32,
    /// Frames that the client has of the answer.
    frames: Vec<Bytes>,
    bytes: usize,
    retold: Option<Retold>,
    /// How the rest will be told, once somebody says it.
    next: Option<Retold>,
}

impl std::fmt::Debug for Resumption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (how, left, bytes) = (self.how, self.left, self.bytes);
        write!(f, "Resumption {{ how: {how:?}, left: {left}, bytes: {bytes} }}")
    }
}

impl Resumption {
    /// For a stream that answers `request`; `None` where a break is the end.
    pub(crate) fn of(request: &Arc<ClientRequest>, configured: OnBreak) -> Option<Box<Self>> {
        let how = match (configured, request.overrides.on_break) {
            (OnBreak::Resume, None | Some(OnBreak::Resume)) => OnBreak::Resume,
            (OnBreak::Restart, Some(OnBreak::Restart)) => OnBreak::Restart,
            (OnBreak::Error | OnBreak::Resume | OnBreak::Restart, _) => return None,
        };
        // What is not made of choices knows no continuations.
        let fits = request.endpoint.row().answers == Answers::Choices;
        fits.then(|| {
            let (request, frames) = (Arc::clone(request), Vec::new());
            let left = RESUMPTIONS_MAX;
            Box::new(Self { request, how, left, frames, bytes: 0, retold: None, next: None })
        })
    }

    /// Frames on their way to the client, as they are to be; remembers them.
    pub(crate) fn passes(&mut self, frames: Bytes) -> Bytes {
        let frames = match &mut self.retold {
            None => frames,
            Some(retold) => retold.retell(frames),
        };
        self.bytes = self.bytes.saturating_add(frames.len());
        if self.how == OnBreak::Resume && self.bytes <= ANSWER_MAX {
            self.frames.push(frames.clone());
        }
        frames
    }

    /// Looks for somebody who says the rest, after the attempt of `broken` failed; gives `state` back where there is no
    /// rest that could be asked for.
    pub(crate) fn begin(
        &mut self,
        state: RequestState,
        broken: DeploymentIndex,
    ) -> Result<Search, Box<RequestState>> {
        let begun = match (self.left, self.how) {
            (0, _) => None,
            (_, OnBreak::Restart) => Some(Said::default()),
            (_, OnBreak::Resume | OnBreak::Error) if self.bytes > ANSWER_MAX => None,
            (_, OnBreak::Resume | OnBreak::Error) => self.said(),
        };
        let Some(said) = begun else { return Err(Box::new(state)) };
        self.left -= 1;
        let beginning = Arc::new(said.beginning.clone());
        let estimated = Usage::new(self.request.body.prompt_tokens, beginning.tokens);
        let continues = Some(Arc::clone(&beginning)).filter(|_| self.how == OnBreak::Resume);
        let request = ClientRequest { continues, ..(*self.request).clone() };
        self.next = Some(Retold::new(self.how, said, (estimated, self.retold.as_ref())));
        let mut state = state;
        let others = has_others(&request, &state, broken);
        state.looks_for_the_rest(broken, others);
        Ok(Box::pin(async move {
            let shutdown = Arc::clone(&state.shutdown);
            let found = shutdown.unless_over(Box::pin(try_targets(&request, &mut state))).await;
            let found = found.and_then(Result::ok).and_then(streams);
            (state, found)
        }))
    }

    /// Who says the rest; the tokens that the client has.
    pub(crate) fn found(&mut self, deployment: &Deployment) -> u64 {
        self.retold = self.next.take();
        let Some(retold) = &mut self.retold else { return 0 };
        let tokens = retold.said.beginning.tokens;
        let prefill = Prefill::at(deployment, &self.request.body.head);
        retold.mark = Some(mark(self.how, deployment, (prefill, tokens)));
        tokens
    }

    /// What the client has, where that is text and the beginning of one answer.
    fn said(&self) -> Option<Said> {
        if schema_asked(&self.request) {
            return None;
        }
        let mut said = Said::default();
        let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
        for frames in &self.frames {
            decoder.push(frames.clone());
            while let Some(event) = decoder.next() {
                said.hear(&event.ok()?.data)?;
            }
        }
        Some(said)
    }
}

/// Whether anybody but the one whose stream broke could say the rest: it is the likeliest to break off again.
fn has_others(request: &ClientRequest, state: &RequestState, broken: DeploymentIndex) -> Others {
    let members = state.instance.router.fleet().members(&request.target.group);
    let cut = Failure::broken(Trouble::Cut, "");
    let fallbacks = || fallbacks(request, state, &request.target, &cut).unwrap_or_default();
    if members.iter().any(|index| *index != broken) || !fallbacks().is_empty() {
        Others::Exist
    } else {
        Others::None
    }
}

/// Half an object of a schema has no other half that somebody else would write.
fn schema_asked(request: &ClientRequest) -> bool {
    #[derive(serde::Deserialize)]
    struct Asked {
        #[serde(default)]
        response_format: Value,
    }
    let asked: Option<Asked> = serde_json::from_slice(&request.body.bytes).ok();
    asked.is_none_or(|asked| {
        let kind = asked.response_format.get("type").and_then(Value::as_str);
        !asked.response_format.is_null() && kind != Some("text")
    })
}

/// The stream of an answer; what is whole is no rest of a stream.
fn streams(answered: Answered) -> Option<Found> {
    let Answered { guard, headers: _, reply } = answered;
    match reply {
        Reply::Stream(held) => Some(Found { guard, held }),
        Reply::Whole(_) => None,
    }
}

/// The comment before the first frame of the rest.
fn mark(how: OnBreak, deployment: &Deployment, (prefill, after): (Prefill, u64)) -> String {
    let id = deployment.id.as_str().replace(char::is_control, " ");
    match how {
        OnBreak::Restart => {
            let data = json!({ "deployment": id });
            format!("event: brownout.restart\ndata: {data}\n\n")
        }
        OnBreak::Resume | OnBreak::Error => {
            format!(": resumed after={after} how={} deployment={id}\n", prefill.word())
        }
    }
}

/// What the client has of an answer.
#[derive(Clone, Debug)]
struct Said {
    beginning: Beginning,
    /// Members by which its frames are known as one answer.
    names: Vec<(&'static str, Value)>,
}

impl Default for Said {
    fn default() -> Self {
        Self { beginning: Beginning { text: String::new(), tokens: 0 }, names: Vec::new() }
    }
}

/// Members that are the same in all frames of an answer.
const NAMES: [&str; 3] = ["id", "created", "model"];

impl Said {
    /// Hears the data of one frame; `None` where somebody else cannot go on with it.
    fn hear(&mut self, data: &[u8]) -> Option<()> {
        let gist = peek(data);
        match gist.kind {
            PeekKind::Delta => {}
            PeekKind::Done | PeekKind::Error | PeekKind::Malformed => return None,
        }
        if gist.tool || gist.refusal || gist.finish_reason.is_some() {
            return None;
        }
        let frame: Value = serde_json::from_slice(data).ok()?;
        let choices = frame.get("choices").and_then(Value::as_array);
        let others = |choice: &Value| choice.get("index").and_then(Value::as_u64) > Some(0);
        if choices.is_some_and(|choices| choices.iter().any(others)) {
            return None;
        }
        if self.names.is_empty() {
            let named = |name: &'static str| Some((name, frame.get(name)?.clone()));
            self.names = NAMES.into_iter().filter_map(named).collect();
        }
        let words = choices.into_iter().flatten().filter_map(|choice| {
            choice.pointer("/delta/content").or_else(|| choice.get("text")).and_then(Value::as_str)
        });
        words.for_each(|words| self.beginning.text.push_str(words));
        self.beginning.tokens += u64::from(gist.has_output());
        Some(())
    }
}

/// Tells the rest of an answer as a part of the whole.
#[derive(Debug)]
struct Retold {
    how: OnBreak,
    said: Said,
    /// What the parts before took, by the gateway's own count.
    before: Usage,
    parts: u64,
    /// Told before the next frame.
    mark: Option<String>,
}

impl Retold {
    fn new(how: OnBreak, said: Said, (estimated, earlier): (Usage, Option<&Self>)) -> Self {
        let (before, parts) = match earlier {
            None => (estimated, 1),
            // What was said before stands in `said`, too; each of its askers read the prompt.
            Some(earlier) => {
                let prompts = estimated.prompt_tokens + earlier.before.prompt_tokens;
                (Usage::new(prompts, estimated.completion_tokens), earlier.parts + 1)
            }
        };
        Self { how, said, before, parts, mark: None }
    }

    fn retell(&mut self, frames: Bytes) -> Bytes {
        let mut out = BytesMut::with_capacity(frames.len() + 128);
        let mut decoder = Decoder::new(frames.len().max(1) + 1);
        decoder.push(frames);
        while let Some(Ok(event)) = decoder.next() {
            if let Some(mark) = self.mark.take() {
                out.extend_from_slice(mark.as_bytes());
            }
            match serde_json::from_slice::<Value>(&event.data) {
                Ok(frame @ Value::Object(_)) => {
                    let frame = self.renamed(frame);
                    encode::data(&mut out, frame.to_string().as_bytes());
                }
                Ok(_) | Err(_) => out.extend_from_slice(&event.raw),
            }
        }
        out.freeze()
    }

    fn renamed(&self, mut frame: Value) -> Value {
        if frame.get("error").is_some_and(|error| !error.is_null()) {
            return frame;
        }
        if self.how == OnBreak::Resume {
            for (name, value) in &self.said.names {
                frame[*name] = value.clone();
            }
            let choices = frame.get_mut("choices").and_then(Value::as_array_mut);
            for choice in choices.into_iter().flatten() {
                // Said once per answer: clients add up what they get.
                if let Some(Value::Object(delta)) = choice.get_mut("delta") {
                    delta.shift_remove("role");
                }
            }
        }
        if let Some(Value::Object(usage)) = frame.get_mut("usage") {
            let figure = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
            let prompt = figure("prompt_tokens") + self.before.prompt_tokens;
            let completion = figure("completion_tokens") + self.before.completion_tokens;
            let estimated = json!({
                "prompt_tokens": self.before.prompt_tokens,
                "completion_tokens": self.before.completion_tokens,
            });
            let word = if self.how == OnBreak::Restart { "restarted" } else { "resumed" };
            usage.insert("prompt_tokens".to_owned(), prompt.into());
            usage.insert("completion_tokens".to_owned(), completion.into());
            usage.insert("total_tokens".to_owned(), (prompt + completion).into());
            let told = json!({ word: self.parts, "estimated": estimated });
            usage.insert(TOLD.to_owned(), told);
        }
        frame
    }
}
