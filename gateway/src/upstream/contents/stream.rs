//! A stream of chat completions in Google's frames, each of which is a whole reply with what is new. Calls are never
//! told in pieces there.

use bytes::BytesMut;
use wire::gemini::{Candidate, Content, GenerateReply, Part, write_sse_frame};
use wire::openai::{ChatChunk, DONE, Delta, ToolCallDelta, Usage};
use wire::sse::DEFAULT_MAX_EVENT_BYTES;

use super::reply::{call, picture, proven, usage};
use crate::upstream::retold::Teller;

/// The state of one stream.
#[derive(Debug, Default)]
pub(super) struct Translator {
    /// Id and model, which every frame repeats.
    heading: (String, String),
    /// The call that is being made.
    open: Option<Open>,
    finish: Option<String>,
    usage: Option<Usage>,
}

/// A call of which there may be more. Its arguments are bounded as an event is.
#[derive(Debug, Default)]
struct Open {
    index: u32,
    id: String,
    name: String,
    arguments: String,
}

impl Open {
    fn part(self) -> Part {
        call(self.id, self.name, &self.arguments)
    }
}

impl Translator {
    /// Tells a chunk; false where a call outgrew its bound.
    fn translate(&mut self, chunk: ChatChunk, out: &mut BytesMut) -> bool {
        if let Some(usage) = chunk.usage.flatten() {
            self.usage = Some(usage);
        }
        // The first frame of Azure's says nothing yet, and has no name.
        let Some(choice) = chunk.choices.into_iter().next() else { return true };
        self.heading = (chunk.id, chunk.model);
        let mut parts = Vec::new();
        let fits = self.grow(choice.delta, &mut parts);
        self.finish = choice.finish_reason.or(self.finish.take());
        if self.finish.is_some() {
            parts.extend(self.open.take().map(Open::part));
        }
        if !parts.is_empty() {
            self.frame(parts, None, None, out);
        }
        fits
    }

    fn grow(&mut self, delta: Delta, parts: &mut Vec<Part>) -> bool {
        let Delta {
            content, refusal, reasoning_content, thinking_blocks, tool_calls, images, ..
        } = delta;
        let said = |text: &String| !text.is_empty();
        parts.extend(reasoning_content.filter(said).map(|text| Part::thinking(&text)));
        // The words came before.
        let blocks = thinking_blocks.unwrap_or_default().into_iter();
        parts.extend(blocks.filter_map(|block| proven(block, false)));
        let texts = [content, refusal].into_iter().flatten().flatten();
        parts.extend(texts.filter(said).map(|text| Part::words(&text)));
        parts.extend(images.iter().flatten().filter_map(picture));
        let calls = tool_calls.unwrap_or_default();
        calls.into_iter().all(|piece| self.piece(piece, parts))
    }

    /// A piece of a call; the one before it is complete where it is another's.
    fn piece(&mut self, piece: ToolCallDelta, parts: &mut Vec<Part>) -> bool {
        let ToolCallDelta { index, id, function, .. } = piece;
        if let Some(before) = self.open.take_if(|open| open.index != index) {
            parts.push(before.part());
        }
        let open = self.open.get_or_insert_with(|| Open { index, ..Open::default() });
        let function = function.unwrap_or_default();
        open.id.push_str(&id.unwrap_or_default());
        open.name.push_str(&function.name.unwrap_or_default());
        open.arguments.push_str(&function.arguments.unwrap_or_default());
        open.arguments.len() <= DEFAULT_MAX_EVENT_BYTES
    }

    fn frame(
        &self,
        parts: Vec<Part>,
        finish_reason: Option<String>,
        counted: Option<&Usage>,
        out: &mut BytesMut,
    ) {
        let content = Some(Content::of_model(parts));
        let (id, model) = &self.heading;
        let reply = GenerateReply {
            candidates: Some(vec![Candidate { content, finish_reason, ..Candidate::default() }]),
            prompt_feedback: None,
            usage_metadata: counted.map(usage),
            model_version: Some(model.clone()),
            response_id: Some(id.clone()),
        };
        write_sse_frame(out, &reply);
    }
}

impl Teller for Translator {
    fn tell(&mut self, data: &[u8], out: &mut BytesMut) -> bool {
        if data.trim_ascii() == DONE {
            self.end(out);
            return true;
        }
        let Ok(chunk) = serde_json::from_slice(data) else { return false };
        self.translate(chunk, out)
    }

    /// The last frame: a call that is still open, why the answer ended, what it cost.
    fn end(&self, out: &mut BytesMut) {
        let open = self.open.as_ref();
        let parts = match open.map(|open| call(open.id.clone(), open.name.clone(), &open.arguments))
        {
            Some(call) => vec![call],
            None => vec![Part::words("")],
        };
        let reason = super::finish_reason(self.finish.as_deref().unwrap_or_default());
        self.frame(parts, Some(reason.to_owned()), self.usage.as_ref(), out);
    }
}
