//! Amazon Bedrock: the model and the operation stand in the path, requests are signed or carry a token, streams
//! come in AWS's own frames, and chat completions are translated to Converse and back, or to what Claude is asked by
//! InvokeModel.

mod conversation;
mod embeddings;
mod invoke;
pub(super) mod members;
mod model;
mod passed;
mod reply;
mod request;
mod stream;

use std::borrow::Cow;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Map, Value, json};
use wire::framing::Framing;

use model::House;
pub(super) use passed::{Passed, passed};

use super::count::TokenCount;
use super::dialect::Dialect;
use super::forwarded::{self, CONTENT_FILTER};
use super::provider::{Call, Delivery, Headers, Placed, Provider};
use super::signature::{self, Signer};
use super::tool_names::Rule;
use super::translated::{Marks, ThroughChat, Translated};
use super::{RouteError, bearer, credential};
use crate::config::{AwsKeys, Deployment, Platform};
use crate::endpoint::{Endpoint, Kind};

/// Bedrock's name in the scope of a signature.
const SERVICE: &str = "bedrock";

/// Bedrock's runtime.
#[derive(Debug)]
pub(super) struct Bedrock;

impl Provider for Bedrock {
    fn dialect(&self, endpoint: Endpoint, platform: Platform) -> Option<&'static dyn Dialect> {
        match (endpoint.row().kind, platform) {
            (Kind::Text | Kind::OpenAisOwn, _) => None,
            (Kind::Vectors, _) => Some(&embeddings::EMBEDDINGS),
            (Kind::Answer, _) if endpoint == Endpoint::Converse => {
                Some(forwarded::as_it_is(endpoint))
            }
            (Kind::Answer | Kind::Count, Platform::Invoke) => invoke::dialect(endpoint),
            (Kind::Answer | Kind::Count, Platform::Own | Platform::Foundry | Platform::Vertex) => {
                THROUGH_CHAT.dialect(endpoint)
            }
        }
    }

    /// What only the model knows stands in a member of its own.
    fn placed<'n>(&self, name: &'n str) -> Placed<'n> {
        const AT_THE_TOP: &[&str] = &[
            "additionalModelRequestFields",
            "guardrailConfig",
            "inferenceConfig",
            "performanceConfig",
            "requestMetadata",
            "serviceTier",
            "toolConfig",
        ];
        let within = (!AT_THE_TOP.contains(&name)).then_some(invoke::OF_CONVERSE);
        Placed { within, name: Cow::Borrowed(name) }
    }

    /// Models are named by id, by inference profile, or by ARN.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        // Who says Converse means it.
        let invokes =
            deployment.platform == Platform::Invoke && call.endpoint != Endpoint::Converse;
        let operation = match (call.endpoint, call.delivery) {
            (Endpoint::CountTokens, _) => "count-tokens",
            (Endpoint::Embeddings, _) => "invoke",
            (_, Delivery::Whole) if invokes => "invoke",
            (_, Delivery::Stream) if invokes => "invoke-with-response-stream",
            (_, Delivery::Whole) => "converse",
            (_, Delivery::Stream) => "converse-stream",
        };
        let model = wire::percent::segment(deployment.model_id.as_deref().unwrap_or(call.model));
        format!("{}/model/{model}/{operation}", deployment.base_path)
    }

    fn finished(&self, deployment: &Deployment, call: Call<'_>, body: Bytes) -> Bytes {
        // Vectors have words of their own, a question about tokens holds a finished body, and Converse is never invoked.
        let answers =
            call.endpoint.row().kind == Kind::Answer && call.endpoint != Endpoint::Converse;
        if answers && deployment.platform == Platform::Invoke { invoke::body(body) } else { body }
    }

    /// A token stands before a pair of keys, as in LiteLLM; with keys each request is signed ([`Self::sign`]).
    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError> {
        if let Some(token) = &deployment.api_key {
            return Ok(vec![bearer(token)?]);
        }
        let Some(keys) = &deployment.aws_keys else {
            let fetched = deployment.credential.is_some();
            return if fetched { Ok(Headers::new()) } else { Err(RouteError::NoAwsKeys) };
        };
        credential(keys.access_key_id.reveal())?;
        keys.session_token.iter().try_for_each(|token| credential(token.reveal()).map(drop))?;
        Ok(Headers::new())
    }

    fn sign(
        &self,
        deployment: &Deployment,
        keys: Option<&AwsKeys>,
        (request, body): (&mut Request<Full<Bytes>>, &[u8]),
        unix_seconds: u64,
    ) {
        let keys = keys.or(deployment.aws_keys.as_ref());
        if let (None, Some(keys), Some(region)) = (&deployment.api_key, keys, &deployment.region) {
            let signer = Signer { keys, region, service: SERVICE };
            signature::sign((request, body), signer, unix_seconds);
        }
    }
}

/// Chat completions in the words of Converse.
static CHAT: Translated = Translated {
    provider: "Bedrock",
    names: Rule::AWS,
    members: members::CHAT,
    marks,
    request: request::request,
    reply: reply::reply,
    framing: Framing::Aws,
    stream: stream::translator,
};

/// What is served by means of these.
static THROUGH_CHAT: ThroughChat = ThroughChat::new(&CHAT).counted_by(COUNT);

/// Only Claude has thoughts that prove themselves, and a cache that is cut where the client says.
fn marks(model: &str) -> Marks {
    match House::of(model) {
        House::Claude(_) => Marks::Kept,
        House::GptOss | House::Other => Marks::LeftOut,
    }
}

/// How tokens are counted: of what Converse would be asked, and of Claude only.
const COUNT: TokenCount =
    TokenCount { members: Some(&COUNTED), question: count_of, tokens: counted };

/// Members of a request that a count takes (AWS's `ConverseTokensRequest`).
const COUNTED: [&str; 4] = ["additionalModelRequestFields", "messages", "system", "toolConfig"];

fn count_of(model: &str, request: &Map<String, Value>) -> Option<Value> {
    match House::of(model) {
        House::Claude(_) => Some(json!({ "input": { "converse": request } })),
        House::GptOss | House::Other => None,
    }
}

fn counted(answer: &[u8]) -> Option<u64> {
    let reply: wire::bedrock::CountTokensReply = serde_json::from_slice(answer).ok()?;
    Some(reply.input_tokens)
}

/// OpenAI's finish reason of an answer that calls.
const TOOL_CALLS: &str = "tool_calls";

/// OpenAI's word for why an answer ended.
fn finish_reason(stop_reason: &str) -> &'static str {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => TOOL_CALLS,
        "guardrail_intervened" | "content_filtered" => CONTENT_FILTER,
        // `end_turn`, `stop_sequence`, malformed outputs, and what later versions add.
        _ => "stop",
    }
}

/// Bedrock's own word, where OpenAI has none like it.
fn native_finish(stop_reason: &str) -> Option<&str> {
    let usual = matches!(stop_reason, "end_turn" | "stop_sequence");
    (finish_reason(stop_reason) == "stop" && !usual).then_some(stop_reason)
}

/// A citation of the words at `letters` as an annotation, if it has an address.
fn annotated(citation: &Value, letters: std::ops::Range<usize>) -> Option<Value> {
    let text = |path: &str| citation.pointer(path).and_then(Value::as_str);
    let source = text("/location/web/url").or_else(|| text("/source"))?;
    crate::upstream::citations::annotation(source, text("/title").unwrap_or_default(), letters)
}
