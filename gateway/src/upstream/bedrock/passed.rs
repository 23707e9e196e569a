//! Converse at Bedrock for clients of AWS's: answers as they are, and streams whose frames are read and written again,
//! since nobody keeps their bytes.

use bytes::{Bytes, BytesMut};
use wire::bedrock::eventstream::Frame;
use wire::bedrock::{BlockDelta, ConverseEvent, ConverseReply, Reasoning};
use wire::framing::FAILURE;
use wire::sse::Event;
use world::ChunkBuf;

use super::reply::usage;
use crate::upstream::dialect::{Broken, Gist, Interpreter, Says, WholeAnswer};
use crate::upstream::forwarded::CONTENT_FILTER;

/// A whole answer. `None` if the body is none.
pub(in crate::upstream) fn passed(body: Bytes) -> Option<WholeAnswer> {
    let reply: ConverseReply = serde_json::from_slice(&body).ok()?;
    let usage = Some(usage(&reply.usage));
    let says = Says::until(Some(super::finish_reason(&reply.stop_reason)));
    Some(WholeAnswer { body, usage, says })
}

/// Reads the frames of a stream.
#[derive(Debug)]
pub(in crate::upstream) struct Passed;

impl Interpreter for Passed {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        let name = event.event.as_deref().unwrap_or_default();
        if name == FAILURE {
            return broken(Broken::Error(event.data));
        }
        let Ok(name) = std::str::from_utf8(name) else { return broken(Broken::Malformed) };
        let mut gist = Gist::default();
        // One of a later version goes along, and says nothing that is understood.
        if ConverseEvent::NAMES.contains(&name) {
            match ConverseEvent::read(name, &event.data) {
                None => return broken(Broken::Malformed),
                Some(
                    ConverseEvent::MessageStart { .. } | ConverseEvent::ContentBlockStop { .. },
                ) => {}
                Some(ConverseEvent::ContentBlockStart { start, .. }) => {
                    gist.output = start.tool_use.is_some();
                }
                Some(ConverseEvent::ContentBlockDelta { delta, .. }) => {
                    gist.output = says_something(delta);
                }
                Some(ConverseEvent::MessageStop { stop_reason }) => {
                    gist.finish = true;
                    gist.filtered = super::finish_reason(&stop_reason) == CONTENT_FILTER;
                }
                Some(ConverseEvent::Metadata { .. }) if !finished => {
                    return broken(Broken::Unfinished);
                }
                Some(ConverseEvent::Metadata { usage: counted, .. }) => {
                    (gist.done, gist.usage) = (true, Some(usage(&counted)));
                }
            }
        }
        let mut frame = BytesMut::with_capacity(event.data.len() + 128);
        Frame::event(name, event.data).write(&mut frame);
        out.push(frame.freeze());
        gist
    }

    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        None
    }
}

fn says_something(delta: BlockDelta) -> bool {
    let BlockDelta { text, tool_use, reasoning_content, citation: _ } = delta;
    let Reasoning { text: thought, .. } = reasoning_content.unwrap_or_default();
    let input = tool_use.map(|tool| tool.input);
    [text, thought, input].into_iter().flatten().any(|text| !text.is_empty())
}
