//! Google's own requests at Gemini and Vertex AI: passed through as they are, whole and frame by frame. A count is asked
//! in the form that the platform takes, whichever the client wrote.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wire::gemini::{GenerateReply, PeekKind, UsageMetadata, peek};
use wire::openai::Usage;
use wire::sse::Event;
use world::ChunkBuf;

use super::reply::usage;
use crate::upstream::chunks::Chunks;
use crate::upstream::dialect::{
    Asked, Broken, Dialect, Encoded, Gist, Interpreter, Opening, Refused, Says, WholeAnswer,
};

/// A whole answer. `None` if the body is none.
pub(in crate::upstream) fn passed(body: Bytes) -> Option<WholeAnswer> {
    let reply: GenerateReply = serde_json::from_slice(&body).ok()?;
    if reply.candidates.is_none() && reply.prompt_feedback.is_none() {
        return None;
    }
    let usage = reply.usage_metadata.as_ref().map(usage);
    let says = super::reply::says(&reply);
    Some(WholeAnswer { body, usage, says })
}

/// Reads the frames of a stream. It has no state: every frame is a whole reply with what is new.
#[derive(Debug)]
pub(in crate::upstream) struct Passed;

impl Interpreter for Passed {
    fn read(&mut self, event: Event, _: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        let peek = peek(&event.data);
        match peek.kind {
            PeekKind::Error => return broken(Broken::Error(event.data)),
            PeekKind::Malformed => return broken(Broken::Malformed),
            PeekKind::Reply => {}
        }
        // Nothing marks the last frame: other candidates may follow one that has ended.
        let filtered = peek.finish
            && passed(event.data.clone()).is_some_and(|reply| reply.says == Says::Filtered);
        let gist = Gist {
            output: peek.has_output(),
            finish: peek.finish,
            filtered,
            usage: counted(&event.data),
            ..Gist::default()
        };
        out.push(event.raw);
        gist
    }

    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        None
    }
}

fn counted(data: &[u8]) -> Option<Usage> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Holder {
        usage_metadata: Option<UsageMetadata>,
    }
    let holder: Holder = serde_json::from_slice(data).ok()?;
    holder.usage_metadata.as_ref().map(usage)
}

/// A count, in one of two forms.
#[derive(Debug)]
pub(super) enum PassedCount {
    /// Of contents alone, or else of a whole request that names its model again.
    OfRequest,
    /// Of the members of a request.
    OfMembers,
}

/// At the Gemini API.
pub(super) static COUNT_AT_GEMINI: PassedCount = PassedCount::OfRequest;

/// On Vertex AI.
pub(super) static COUNT_AT_VERTEX: PassedCount = PassedCount::OfMembers;

impl Dialect for PassedCount {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        const REQUEST: [&str; 2] = ["generateContentRequest", "generate_content_request"];
        let mut members = asked.members()?;
        if let Some(Value::Object(request)) = REQUEST.iter().find_map(|name| members.remove(*name))
        {
            members = request;
        }
        members.remove("model");
        let question = match self {
            Self::OfMembers => Value::Object(members),
            Self::OfRequest if only_contents(&members) => Value::Object(members),
            Self::OfRequest => {
                members.insert("model".to_owned(), json!(format!("models/{}", asked.model)));
                json!({ "generateContentRequest": members })
            }
        };
        Ok(Encoded::new(Bytes::from(question.to_string()), Vec::new()))
    }

    fn whole(&self, answer: Bytes, _: Opening<'_>) -> Option<WholeAnswer> {
        super::counted(&answer)?;
        Some(WholeAnswer { body: answer, usage: None, says: Says::Something })
    }

    /// A count is never streamed.
    fn interpreter(&self, _: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(Chunks)
    }
}

fn only_contents(members: &Map<String, Value>) -> bool {
    members.keys().all(|name| name == "contents")
}
