//! Anthropic's Messages as Vertex AI serves them: the model and the method stand in the path, the version of the API in
//! the body.

use http::HeaderValue;
use serde_json::{Map, Value};

use super::super::{Complaint, IncomingRequest, Operation, Prompt, Route, percent};

/// The version that must be named.
const VERSION: &str = "vertex-2023-10-16";

pub(super) fn route(path: &str) -> Option<Route<'_>> {
    let (_, named) = path.rsplit_once("/models/")?;
    let (model, method) = named.rsplit_once(':')?;
    let stream = match method {
        "rawPredict" => false,
        "streamRawPredict" => true,
        _ => return None,
    };
    Some(Route { operation: Operation::Chat, named: Some(percent::decode(model)), stream })
}

/// Reads a body as Anthropic's own, once it has the model and the header that stand elsewhere here.
pub(super) fn read(
    incoming: &IncomingRequest<'_>,
    route: &Route<'_>,
    model: &str,
) -> Result<Prompt, Complaint> {
    let wrong = |message: &str| Complaint::new(message, None);
    let mut body: Map<String, Value> = serde_json::from_slice(incoming.body)
        .map_err(|_| wrong("The request body is not valid JSON."))?;
    match body.remove("anthropic_version").as_ref().and_then(Value::as_str) {
        None => return Err(wrong("anthropic_version: Field required")),
        Some(VERSION) => {}
        Some(_) => return Err(wrong("anthropic_version: unexpected value")),
    }
    if body.contains_key("model") {
        return Err(wrong("model: Extra inputs are not permitted"));
    }
    body.insert("model".to_owned(), model.into());
    body.insert("stream".to_owned(), route.stream.into());
    let body = Value::Object(body).to_string();
    let mut parts = incoming.parts.clone();
    let version = HeaderValue::from_static(wire::anthropic::VERSION_2023_06_01);
    parts.headers.insert(wire::anthropic::VERSION, version);
    let unix_s = incoming.unix_s;
    super::read::read(&IncomingRequest { parts: &parts, body: body.as_bytes(), unix_s }, route)
}
