//! Anthropic's Messages as Vertex AI serves them: the model and the method stand in the path, the version of the API in
//! the body. Tokens are counted by a model of its own name, so that there the body names the one that is meant.

use http::HeaderValue;
use serde_json::{Map, Value};

use super::super::{Complaint, IncomingRequest, Operation, Prompt, Route, percent};

/// The version that must be named.
const VERSION: &str = "vertex-2023-10-16";

/// How the path of a count ends.
const COUNT: &str = "/models/count-tokens:rawPredict";

/// Whether tokens are counted at a path.
pub(super) fn counts(path: &str) -> bool {
    path.ends_with(COUNT)
}

pub(super) fn route(path: &str) -> Option<Route<'_>> {
    if counts(path) {
        return Some(Route::to(Operation::CountTokens));
    }
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
    let mut body = parsed(incoming)?;
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
    as_own(incoming, route, body)
}

/// Reads the body of a count, which names its model, and the version only if it likes.
pub(super) fn read_count(
    incoming: &IncomingRequest<'_>,
    route: &Route<'_>,
) -> Result<Prompt, Complaint> {
    let mut body = parsed(incoming)?;
    match body.remove("anthropic_version").as_ref().and_then(Value::as_str) {
        None | Some(VERSION) => {}
        Some(_) => return Err(wrong("anthropic_version: unexpected value")),
    }
    as_own(incoming, route, body)
}

fn wrong(message: &str) -> Complaint {
    Complaint::new(message, None)
}

fn parsed(incoming: &IncomingRequest<'_>) -> Result<Map<String, Value>, Complaint> {
    serde_json::from_slice(incoming.body).map_err(|_| wrong("The request body is not valid JSON."))
}

/// Reads members of Anthropic's own, whose version stands in a header.
fn as_own(
    incoming: &IncomingRequest<'_>,
    route: &Route<'_>,
    body: Map<String, Value>,
) -> Result<Prompt, Complaint> {
    let body = Value::Object(body).to_string();
    let mut parts = incoming.parts.clone();
    let version = HeaderValue::from_static(wire::anthropic::VERSION_2023_06_01);
    parts.headers.insert(wire::anthropic::VERSION, version);
    let unix_s = incoming.unix_s;
    super::read::read(&IncomingRequest { parts: &parts, body: body.as_bytes(), unix_s }, route)
}
