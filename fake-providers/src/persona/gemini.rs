//! Gemini and Vertex AI: the method behind a colon in the path, Google's error envelope, prompts
//! that are blocked under status 200.

mod read;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use serde_json::Value;
use wire::ErrorReply;
use wire::gemini::{
    ApiError, BatchEmbedReply, Candidate, Content, CountTokensReply, EmbedReply, FunctionCall,
    GenerateReply, Model, ModelList, Part, PredictReply, QuotaSpent, UsageMetadata,
};

use super::openai::{Embedding, VectorForm};
use super::{
    Headers, Operation, Prompt, Refusal, RequestContext, Route, Subject, bearer, percent, text,
};
use crate::action::{ProviderError, ProviderErrorKind};
use crate::limits::{Dimension, Excess};
use crate::script::{Finish, Tally, Transcript, Uttered};

pub(super) use read::read;

/// Versions of the two services' paths.
const VERSIONS: [&str; 3] = ["/v1/", "/v1beta/", "/v1beta1/"];

pub(super) fn route(path: &str) -> Option<Route<'_>> {
    let bare = path.strip_prefix('/').filter(|rest| rest.starts_with("models/"));
    let rest = VERSIONS.into_iter().find_map(|version| path.strip_prefix(version)).or(bare)?;
    let rest = match rest.strip_prefix("projects/") {
        Some(vertex) => vertex.split_once("/publishers/google/")?.1,
        None => rest,
    };
    let rest = match rest {
        "models" => return Some(Route::to(Operation::Models)),
        named => named.strip_prefix("models/")?,
    };
    let (model, method) = match rest.rsplit_once(':') {
        Some((model, method)) => (model, Some(method)),
        None => (rest, None),
    };
    let (operation, stream) = match method {
        None => (Operation::Model, false),
        Some("generateContent") => (Operation::Chat, false),
        Some("streamGenerateContent") => (Operation::Chat, true),
        Some("countTokens") => (Operation::CountTokens, false),
        Some("embedContent" | "batchEmbedContents" | "predict") => (Operation::Embeddings, false),
        Some(_) => return None,
    };
    Some(Route { operation, named: Some(percent::decode(model)), stream })
}

/// The key, wherever it stands: Google's own header, the query, or a bearer token.
pub(super) fn key(parts: &Parts) -> Option<Cow<'_, str>> {
    let header = text(&parts.headers, wire::gemini::API_KEY).map(Cow::Borrowed);
    let query = || percent::query_member(parts.uri.query().unwrap_or_default(), "key");
    header.or_else(query).or_else(|| bearer(&parts.headers).map(Cow::Borrowed))
}

/// Whether a stream is asked for as events, and not as one array.
pub(super) fn wants_events(query: &str) -> bool {
    percent::query_member(query, "alt").as_deref() == Some("sse")
}

pub(super) fn refuse(refusal: &Refusal, context: &RequestContext<'_>) -> ErrorReply {
    let error = match refusal {
        Refusal::NoKey => ApiError::no_key(),
        Refusal::WrongKey => ApiError::invalid_key(),
        Refusal::Route { .. } => ApiError::of_code(404),
        Refusal::Model(model) => ApiError::model_not_found(model, "v1beta"),
        Refusal::TooLarge => ApiError::new(400, TOO_LARGE),
        Refusal::TooLong { window, requested } => ApiError::too_long(*requested, *window),
        Refusal::Blocked => ApiError::of_code(400),
        Refusal::Invalid(complaint) => ApiError::new(400, &complaint.message),
        Refusal::Injected(error) => injected(error, context),
        Refusal::Exceeded(excess) => exceeded(excess, context),
        Refusal::Overloaded => ApiError::of_code(503),
    };
    let reply = error.reply();
    ErrorReply { content_type: ErrorReply::JSON, ..reply }
}

const TOO_LARGE: &str = "Request payload size exceeds the limit: 20971520 bytes.";

/// Requests per minute, in Google's names; input tokens per minute and requests per day below.
const PER_MINUTE: (&str, &str) =
    ("generate_requests_per_model", "GenerateRequestsPerMinutePerProjectPerModel");
const TOKENS_PER_MINUTE: (&str, &str) = (
    "generate_content_paid_tier_input_token_count",
    "GenerateContentPaidTierInputTokensPerModelPerMinute",
);
const PER_DAY: (&str, &str) =
    ("generate_requests_per_model_per_day", "GenerateRequestsPerDayPerProjectPerModel");

fn injected(error: &ProviderError, context: &RequestContext<'_>) -> ApiError {
    let wait = error.retry_after_ms.or(error.retry_after);
    let spent = |(metric, id): (&'static str, &'static str), limit, usual: Duration| {
        let retry_ms = millis(wait.unwrap_or(usual));
        ApiError::quota(&QuotaSpent { metric, id, limit, model: context.model, retry_ms })
    };
    let minute = Duration::from_secs(37);
    match error.kind {
        ProviderErrorKind::Rate => spent(PER_MINUTE, 1000, minute),
        ProviderErrorKind::Tokens => spent(TOKENS_PER_MINUTE, 1_000_000, minute),
        ProviderErrorKind::Quota if error.status == 402 => ApiError::of_code(402),
        ProviderErrorKind::Quota if error.status == 400 => ApiError::no_billing(),
        ProviderErrorKind::Quota | ProviderErrorKind::Never24h => {
            spent(PER_DAY, 10_000, Duration::from_secs(86_400))
        }
        ProviderErrorKind::ContextLength => ApiError::too_long(1_250_000, 1_048_576),
        ProviderErrorKind::ContentPolicy => ApiError::of_code(400),
        ProviderErrorKind::KeyRevoked => ApiError::invalid_key(),
        ProviderErrorKind::ModelRemoved => ApiError::model_not_found(context.model, "v1beta"),
        ProviderErrorKind::Permission => ApiError::of_code(403),
        ProviderErrorKind::Plain
        | ProviderErrorKind::Ramp
        | ProviderErrorKind::HighDemand
        | ProviderErrorKind::Ptu => match error.status {
            429 => ApiError::exhausted(wait.map(millis)),
            404 => ApiError::model_not_found(context.model, "v1beta"),
            other => ApiError::of_code(other),
        },
    }
}

fn exceeded(excess: &Excess, context: &RequestContext<'_>) -> ApiError {
    let (metric, id) = match excess.dimension {
        Dimension::Requests => PER_MINUTE,
        Dimension::RequestsPerDay => PER_DAY,
        Dimension::Tokens | Dimension::OutputTokens => TOKENS_PER_MINUTE,
    };
    let retry_ms = millis(excess.wait);
    ApiError::quota(&QuotaSpent {
        metric,
        id,
        limit: excess.gauge.limit,
        model: context.model,
        retry_ms,
    })
}

/// Rounded up.
fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

pub(super) fn headers(took: Duration) -> Headers {
    vec![
        ("server", "scaffolding on HTTPServer2".to_owned()),
        ("server-timing", format!("gfet4t7; dur={}", took.as_millis())),
        ("x-content-type-options", "nosniff".to_owned()),
    ]
}

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    if let Subject::Embedding(embedding) = &prompt.subject {
        return embedded(embedding, prompt.prompt_tokens);
    }
    if prompt.operation == Operation::CountTokens {
        return CountTokensReply::new(prompt.prompt_tokens).to_json();
    }
    let is_silent = said.choices.iter().all(Vec::is_empty);
    if is_silent && said.finish == Finish::ContentFilter {
        return blocked(context, prompt).to_json();
    }
    let mut reply = GenerateReply::new(
        context.model,
        &answer_id(context),
        Vec::new(),
        usage(prompt.prompt_tokens, said.tally),
    );
    let hides_thoughts = prompt.wishes.hides_thoughts;
    let candidate = |(index, blocks): (u32, &Vec<Uttered>)| Candidate {
        content: Some(Content::of_model(parts(blocks, hides_thoughts))),
        finish_reason: Some(finish_word(said.finish).to_owned()),
        index,
        ..Candidate::default()
    };
    reply.candidates = Some((0u32..).zip(&said.choices).map(candidate).collect());
    reply.to_json()
}

fn embedded(embedding: &Embedding, prompt_tokens: u64) -> Bytes {
    let mut vectors = embedding.vectors().map(|values| wire::gemini::Embedding { values });
    match embedding.form {
        VectorForm::One => {
            vectors.next().map_or_else(Bytes::new, |embedding| EmbedReply { embedding }.to_json())
        }
        VectorForm::Predictions => {
            // The tokens of all are told with the first.
            let tokens = std::iter::once(prompt_tokens).chain(std::iter::repeat(0));
            PredictReply::new(embedding.vectors().zip(tokens)).to_json()
        }
        VectorForm::List | VectorForm::Titan | VectorForm::Cohere => {
            BatchEmbedReply { embeddings: vectors.collect() }.to_json()
        }
    }
}

fn parts(blocks: &[Uttered], hides_thoughts: bool) -> Vec<Part> {
    let part = |block: &Uttered| match block {
        Uttered::Thinking(_) if hides_thoughts => None,
        Uttered::Thinking(words) => Some(Part::thinking(words)),
        Uttered::Text(words) | Uttered::Refusal(words) => Some(Part::words(words)),
        Uttered::Call { name, arguments } => Some(call(name, arguments)),
    };
    blocks.iter().filter_map(part).collect()
}

/// A call. Arguments that were cut short are no JSON and are left out.
pub(super) fn call(name: &str, arguments: &str) -> Part {
    let args = serde_json::from_str::<Value>(arguments).ok();
    Part::call(FunctionCall { id: None, name: name.to_owned(), args })
}

/// The answer to a prompt that may not be answered.
pub(super) fn blocked(context: &RequestContext<'_>, prompt: &Prompt) -> GenerateReply {
    let id = answer_id(context);
    GenerateReply::blocked(context.model, &id, "PROHIBITED_CONTENT", prompt.prompt_tokens)
}

pub(super) fn usage(prompt_tokens: u64, tally: Tally) -> UsageMetadata {
    let answered = tally.tokens - tally.thought;
    UsageMetadata::of_prompt(prompt_tokens).after(answered, tally.thought)
}

pub(super) fn models(models: &[&str]) -> Bytes {
    ModelList::new(models.iter().copied()).to_json()
}

pub(super) fn model(model: &str) -> Bytes {
    Model::new(model).to_json()
}

pub(super) fn answer_id(context: &RequestContext<'_>) -> String {
    context.id.get(..22).unwrap_or(context.id).to_owned()
}

pub(super) const fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::ToolCalls | Finish::Refusal => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::ContentFilter => "SAFETY",
    }
}
