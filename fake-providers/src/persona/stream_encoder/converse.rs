//! Bedrock's streams: binary frames, a header names each event, `messageStop` and then what it cost.

use std::time::Duration;

use bytes::BytesMut;
use wire::ErrorReply;
use wire::bedrock::eventstream::Frame;
use wire::bedrock::{
    ConverseEvent, ErrorDetail, Metrics, StreamException, TextTemplate, TokenUsage,
};

use super::super::{Prompt, RequestContext, anthropic, bedrock};
use crate::script::{Finish, Kind, Piece, Tally};

/// A ConverseStream.
#[derive(Clone, Debug)]
pub(crate) struct Converse {
    id: String,
    /// Proof of thoughts.
    signature: String,
    prompt_tokens: u64,
    /// The block under way, and whether it is a thought.
    under_way: Option<(u32, bool)>,
    template: TextTemplate,
    frames: usize,
    took: Duration,
    /// What ends the stream.
    last: Vec<ConverseEvent>,
}

impl Converse {
    pub(super) fn new(context: &RequestContext<'_>, prompt: &Prompt) -> Self {
        Self {
            id: context.id.to_owned(),
            signature: anthropic::signature(context),
            prompt_tokens: prompt.prompt_tokens,
            under_way: None,
            template: TextTemplate::new(0),
            frames: 0,
            took: Duration::ZERO,
            last: Vec::new(),
        }
    }

    pub(super) fn open(&mut self, out: &mut BytesMut) {
        self.write(out, &ConverseEvent::MessageStart { role: "assistant".to_owned() });
    }

    pub(super) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        let index = piece.block;
        if self.under_way.is_none_or(|(block, _)| block != index) {
            self.end(out);
            self.under_way = Some((index, piece.kind == Kind::Thinking));
            self.template = TextTemplate::new(index);
            if let Kind::Call { ordinal, name } = piece.kind {
                let id = bedrock::call_id(&self.id, ordinal);
                self.write(out, &ConverseEvent::tool_start(index, &id, name));
            }
        }
        match piece.kind {
            Kind::Text | Kind::Refusal => {
                let padding = self.padding();
                self.template.write_text(out, piece.text, padding);
            }
            Kind::Thinking => self.write(out, &ConverseEvent::thought(index, piece.text)),
            Kind::Call { .. } => self.write(out, &ConverseEvent::tool_input(index, piece.text)),
        }
    }

    pub(super) fn close(
        &mut self,
        out: &mut BytesMut,
        finish: Finish,
        tally: Tally,
        with_usage: bool,
    ) {
        self.end(out);
        let stop_reason = bedrock::finish_word(finish).to_owned();
        let usage = TokenUsage::new(self.prompt_tokens, tally.tokens);
        let metrics = Some(Metrics { latency_ms: self.took.as_millis() as u64 });
        self.last = vec![ConverseEvent::MessageStop { stop_reason }];
        self.last.extend(with_usage.then_some(ConverseEvent::Metadata { usage, metrics }));
    }

    pub(super) fn took(&mut self, took: Duration) {
        self.took = took;
    }

    pub(super) fn terminator(&mut self, out: &mut BytesMut) {
        for event in self.last.clone() {
            self.write(out, &event);
        }
    }

    /// Words that are none.
    pub(super) fn heartbeat(&mut self, out: &mut BytesMut) {
        let padding = self.padding();
        self.template.write_text(out, "", padding);
    }

    fn end(&mut self, out: &mut BytesMut) {
        let Some((index, thinking)) = self.under_way.take() else { return };
        if thinking {
            let signature = self.signature.clone();
            self.write(out, &ConverseEvent::signature(index, &signature));
        }
        self.write(out, &ConverseEvent::ContentBlockStop { content_block_index: index });
    }

    fn write(&mut self, out: &mut BytesMut, event: &ConverseEvent) {
        let padding = self.padding();
        event.write_frame(out, padding);
    }

    fn padding(&mut self) -> usize {
        self.frames += 1;
        padding(self.frames)
    }
}

/// Letters of padding of the n-th frame: without pattern to the eye, and the same in every run.
pub(super) fn padding(frame: usize) -> usize {
    frame.wrapping_mul(37) % 63
}

/// An exception inside the stream. Thrown by any of Bedrock's streams.
pub(super) fn fail(out: &mut BytesMut, error: &ErrorReply) {
    let message = ErrorDetail::read(None, &error.body).message;
    StreamException::of_status(error.status).frame(&message).write(out);
}

/// An event of a name that no reader knows, and every reader skips: these streams have no comments.
pub(super) fn comment(out: &mut BytesMut, text: &str) {
    Frame::event("comment", serde_json::json!({ "text": text }).to_string()).write(out);
}
