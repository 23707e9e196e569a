//! The server half of a provider: its routes, its key header, what it refuses and how it says so, what its answers look like.
//!
//! A persona has no state and draws no luck: it is told what happened and finds the words. One file per provider with the
//! same functions; [`StreamEncoder`] speaks their streams. The providers are a closed set, so this is a `match` and not a
//! trait: a further one is found by the compiler.

mod anthropic;
mod azure;
mod bedrock;
mod edge;
mod gemini;
mod ollama;
mod openai;
mod percent;
mod prompt;
mod retry;
mod stream_encoder;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use vocab::Protocol;
use wire::ErrorReply;

use crate::action::ProviderError;
use crate::limits::{Excess, Reading};
use crate::script::Transcript;
pub(crate) use prompt::{IncomingRequest, Operation, Prompt, Route, Subject};
pub(crate) use retry::{date, retry_headers};
pub(crate) use stream_encoder::StreamEncoder;

/// Whose words are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persona {
    OpenAi,
    Azure,
    Anthropic,
    Gemini,
    Bedrock,
    Ollama,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    NoKey,
    WrongKey,
    Route {
        method: Method,
        path: String,
    },
    Model(String),
    TooLarge,
    /// Prompt and answer do not fit the model's window; both are tokens.
    TooLong {
        window: u64,
        requested: u64,
    },
    /// The provider's filter objects to the prompt.
    Blocked,
    /// The request makes no sense.
    Invalid(Complaint),
    /// A fault's doing.
    Injected(ProviderError),
    /// A limit's doing.
    Exceeded(Box<Excess>),
    /// Slots and queue are full.
    Overloaded,
}

/// What is wrong with a request's body or headers, in the provider's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    /// The member at fault, where the provider names it apart from the message.
    pub(crate) param: Option<String>,
    /// For programs, where the provider names one.
    pub(crate) code: Option<&'static str>,
}

/// What every word of an answer may refer to.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext<'a> {
    /// 32 hex digits, from which ids are made.
    pub(crate) id: &'a str,
    /// The deployment's model.
    pub(crate) model: &'a str,
    /// Query of the request's URI; Azure's errors repeat the API version.
    pub(crate) query: &'a str,
    /// The id that the client gave its request, which Azure repeats.
    pub(crate) client_id: Option<&'a str>,
    /// Now, in unix seconds.
    pub(crate) unix_s: u64,
    /// Since the request came in; zero before there is an answer.
    pub(crate) took: Duration,
}

/// A [`RequestContext`] that outlives the request.
#[derive(Clone, Debug)]
pub(crate) struct OwnedContext {
    pub(crate) persona: Persona,
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) query: String,
    pub(crate) client_id: Option<String>,
    pub(crate) unix_s: u64,
    pub(crate) took: Duration,
}

/// Headers with static names.
pub(crate) type Headers = Vec<(&'static str, String)>;

impl Persona {
    /// The persona that speaks `protocol`.
    pub(crate) const fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::OpenAi => Self::OpenAi,
            Protocol::Azure => Self::Azure,
            Protocol::Anthropic => Self::Anthropic,
            Protocol::Gemini => Self::Gemini,
            Protocol::Bedrock => Self::Bedrock,
            Protocol::Ollama => Self::Ollama,
        }
    }

    /// What of an address's path stands in front of the paths that [`Self::route`] knows.
    pub(crate) fn root(self, base_path: &str) -> &str {
        match self {
            Self::OpenAi => base_path.strip_suffix("/v1").unwrap_or(base_path),
            Self::Azure => wire::azure::base(base_path).0,
            Self::Anthropic => {
                let base = base_path.strip_suffix("/messages").unwrap_or(base_path);
                base.strip_suffix("/v1").unwrap_or(base)
            }
            Self::Gemini => {
                let versioned = ["/v1beta1", "/v1beta", "/v1"];
                let before = versioned.iter().find_map(|end| base_path.strip_suffix(end));
                before.unwrap_or(base_path)
            }
            Self::Bedrock => base_path,
            Self::Ollama => {
                let ends = [wire::ollama::CHAT_PATH, wire::ollama::GENERATE_PATH, "/v1"];
                let before = ends.iter().find_map(|end| base_path.strip_suffix(end));
                before.unwrap_or(base_path)
            }
        }
    }

    /// A deployment's model as the names of [`Self::route`] have it.
    pub(crate) fn bare(self, model: &str) -> &str {
        match self {
            Self::OpenAi | Self::Azure | Self::Anthropic | Self::Gemini | Self::Ollama => model,
            Self::Bedrock => bedrock::bare(model),
        }
    }

    /// What a request asks for; `None` if nothing is there.
    pub(crate) fn route<'p>(
        self,
        method: &Method,
        path: &'p str,
        query: &str,
    ) -> Option<Route<'p>> {
        let gets = *method == Method::GET || *method == Method::HEAD;
        let route = match self {
            _ if path == "/health" => Some(Route::to(Operation::Health)),
            Self::OpenAi => openai::route(path),
            Self::Azure => azure::route(path, query),
            Self::Anthropic => anthropic::route(path),
            Self::Gemini => gemini::route(path),
            Self::Bedrock => bedrock::route(path),
            Self::Ollama => ollama::route(path),
        }?;
        let asks = match route.operation {
            Operation::Models | Operation::Model | Operation::Health => gets,
            Operation::Chat
            | Operation::Responses
            | Operation::Completions
            | Operation::Invoke
            | Operation::Embeddings
            | Operation::Moderations
            | Operation::Speech
            | Operation::Drawing
            | Operation::Transcription
            | Operation::CountTokens => *method == Method::POST,
        };
        asks.then_some(route)
    }

    /// Whether a request may use a deployment whose key is `key`.
    ///
    /// # Errors
    /// The refusal: [`Refusal::NoKey`], if it presents none at all.
    pub(crate) fn authorize(
        self,
        incoming: &IncomingRequest<'_>,
        key: &str,
    ) -> Result<(), Refusal> {
        let headers = &incoming.parts.headers;
        let own = match self {
            // Azure AI Foundry serves OpenAI's and Anthropic's words under Azure's key.
            Self::OpenAi | Self::Azure => text(headers, wire::azure::API_KEY).map(Cow::Borrowed),
            Self::Anthropic => text(headers, wire::anthropic::API_KEY)
                .or_else(|| text(headers, wire::azure::API_KEY))
                .map(Cow::Borrowed),
            Self::Ollama => None,
            Self::Gemini => gemini::key(incoming.parts),
            Self::Bedrock => return bedrock::authorize(incoming, key),
        };
        match own.or_else(|| bearer(headers).map(Cow::Borrowed)) {
            None => Err(Refusal::NoKey),
            Some(presented) if presented == key => Ok(()),
            Some(_) => Err(Refusal::WrongKey),
        }
    }

    /// Understands a request's body, or says what is wrong with it.
    pub(crate) fn read(
        self,
        incoming: &IncomingRequest<'_>,
        route: &Route<'_>,
    ) -> Result<Prompt, Complaint> {
        match self {
            Self::OpenAi | Self::Azure => openai::read_any(incoming, route),
            Self::Anthropic => anthropic::read(incoming, route),
            Self::Gemini => gemini::read(incoming, route),
            Self::Bedrock => bedrock::read(incoming, route),
            Self::Ollama => ollama::read(incoming, route),
        }
    }

    /// Whether a blocked prompt is an error, and not an answer without content.
    pub(crate) const fn refuses_blocked(self) -> bool {
        match self {
            Self::OpenAi | Self::Azure | Self::Ollama => true,
            Self::Anthropic | Self::Gemini | Self::Bedrock => false,
        }
    }

    /// Says no.
    pub(crate) fn refuse(self, refusal: &Refusal, context: &RequestContext<'_>) -> ErrorReply {
        if let Refusal::Injected(error) = refusal
            && let Some(reply) = edge::edge(error)
        {
            return reply;
        }
        match self {
            Self::OpenAi => openai::refuse(refusal, context),
            Self::Azure => azure::refuse(refusal, context),
            Self::Anthropic => anthropic::refuse(refusal, context),
            Self::Gemini => gemini::refuse(refusal, context),
            Self::Bedrock => bedrock::refuse(refusal),
            Self::Ollama => ollama::refuse(refusal, context),
        }
    }

    /// The headers of every answer: ids, and what the limits' meters show.
    pub(crate) fn headers(
        self,
        context: &RequestContext<'_>,
        reading: &Reading,
        took: Duration,
    ) -> Headers {
        match self {
            Self::OpenAi => openai::headers(context, reading, took),
            Self::Azure => azure::headers(context, reading, took),
            Self::Anthropic => anthropic::headers(context, reading),
            Self::Gemini => gemini::headers(took),
            Self::Bedrock => bedrock::headers(context),
            Self::Ollama => ollama::headers(),
        }
    }

    /// Headers of an answer that tell what others tell in its body; `said` is `None` for a stream.
    pub(crate) fn answer_headers(
        self,
        prompt: &Prompt,
        said: Option<&Transcript>,
        took: Duration,
    ) -> Headers {
        match self {
            Self::OpenAi | Self::Azure | Self::Anthropic | Self::Gemini | Self::Ollama => {
                Headers::new()
            }
            Self::Bedrock => bedrock::answer_headers(prompt, said, took),
        }
    }

    /// The content type of a stream, to a request with this query.
    pub(crate) fn stream_type(self, query: &str) -> &'static str {
        match self {
            Self::Gemini if !gemini::wants_events(query) => JSON,
            Self::Gemini => wire::sse::CONTENT_TYPE,
            Self::Bedrock => wire::bedrock::eventstream::CONTENT_TYPE,
            Self::Ollama => wire::framing::Framing::Lines.content_type(),
            Self::OpenAi | Self::Azure | Self::Anthropic => wire::sse::CONTENT_TYPE,
        }
    }

    /// The content type of a plain answer.
    pub(crate) fn plain_type(self, prompt: &Prompt) -> &'static str {
        match &prompt.subject {
            Subject::Speech(speech) => speech.media_type(),
            Subject::Transcription(transcription) => transcription.media_type(),
            Subject::None
            | Subject::Drawing(_)
            | Subject::Embedding(_)
            | Subject::Moderation { .. }
            | Subject::Responses(_) => JSON,
        }
    }

    /// The body of a plain answer.
    pub(crate) fn reply(
        self,
        context: &RequestContext<'_>,
        prompt: &Prompt,
        said: &Transcript,
    ) -> Bytes {
        match self {
            Self::OpenAi => openai::reply(context, prompt, said),
            Self::Azure => azure::reply(context, prompt, said),
            Self::Anthropic => anthropic::reply(context, prompt, said),
            Self::Gemini => gemini::reply(context, prompt, said),
            Self::Bedrock => bedrock::reply(context, prompt, said),
            Self::Ollama => ollama::reply(context, prompt, said),
        }
    }

    /// The body of an answer that is an error under status 200; without a status, that of overload.
    pub(crate) fn error_body(
        self,
        status: Option<u16>,
        context: &RequestContext<'_>,
    ) -> ErrorReply {
        let failed = |status| Refusal::Injected(ProviderError::of_status(status));
        let refusal = status.map_or(Refusal::Overloaded, failed);
        let reply = self.refuse(&refusal, context);
        if reply.content_type == JSON {
            return reply;
        }
        // The page of an edge cannot stand inside a stream that the provider has begun.
        match self {
            Self::OpenAi | Self::Azure => wire::openai::ApiError::server_error(),
            Self::Anthropic => anthropic::api_error(context),
            Self::Gemini => wire::gemini::ApiError::of_code(500).reply(),
            Self::Bedrock => bedrock::internal_error(),
            Self::Ollama => ollama::internal_error(),
        }
    }

    /// Whose words are foreign to this one.
    pub(crate) const fn neighbour(self) -> Self {
        match self {
            Self::OpenAi | Self::Azure => Self::Anthropic,
            Self::Anthropic | Self::Gemini | Self::Bedrock | Self::Ollama => Self::OpenAi,
        }
    }

    /// The list of `models`.
    pub(crate) fn models(self, models: &[&str], created: u64) -> Bytes {
        match self {
            Self::OpenAi => openai::models(models, "openai", created),
            Self::Azure => openai::models(models, "azure", created),
            Self::Anthropic => anthropic::models(models),
            Self::Gemini => gemini::models(models),
            Self::Bedrock => bedrock::models(models, created),
            Self::Ollama => ollama::models(models),
        }
    }

    /// One model.
    pub(crate) fn model(self, model: &str, created: u64) -> Bytes {
        match self {
            Self::OpenAi => openai::model(model, "openai", created),
            Self::Azure => openai::model(model, "azure", created),
            Self::Anthropic => anthropic::model(model),
            Self::Gemini => gemini::model(model),
            Self::Bedrock => openai::model(model, "bedrock", created),
            Self::Ollama => openai::model(model, "library", created),
        }
    }
}

impl OwnedContext {
    /// As the functions here want it.
    pub(crate) fn borrow(&self) -> RequestContext<'_> {
        RequestContext {
            id: &self.id,
            model: &self.model,
            query: &self.query,
            client_id: self.client_id.as_deref(),
            unix_s: self.unix_s,
            took: self.took,
        }
    }
}

impl Complaint {
    fn coded(message: impl Into<String>, param: &str, code: &'static str) -> Self {
        Self { code: Some(code), ..Self::new(message, Some(param)) }
    }

    fn new(message: impl Into<String>, param: Option<&str>) -> Self {
        Self { message: message.into(), param: param.map(str::to_owned), code: None }
    }
}

/// Puts static names and our own texts into a header map.
pub(crate) fn put(map: &mut HeaderMap, headers: Headers) {
    for (name, value) in headers {
        // Numbers, ids and dates of ours are always valid; a model's odd name is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
}

const JSON: &str = "application/json";

/// The token of an `authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = text(headers, wire::openai::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// N words separated by white space are N tokens, here and in the load generator.
fn words(text: &str) -> u64 {
    text.split_ascii_whitespace().count() as u64
}
