//! Claude's own stream within Bedrock's frames: each event's data as base64, the last with what the
//! call cost.

use std::time::Duration;

use bytes::BytesMut;
use serde_json::json;
use wire::bedrock::PayloadPart;

use super::super::{Prompt, RequestContext};
use super::converse::padding;
use super::messages::Messages;
use crate::script::{Finish, Piece, Script, Tally};

/// A stream of InvokeModel.
#[derive(Clone, Debug)]
pub(crate) struct Invoke {
    claude: Messages,
    /// Claude's frames, before they are packed.
    spoken: BytesMut,
    prompt_tokens: u64,
    tally: Tally,
    first_byte: Duration,
    took: Duration,
    frames: usize,
}

impl Invoke {
    pub(super) fn new(context: &RequestContext<'_>, prompt: &Prompt, script: &Script) -> Self {
        Self {
            claude: Messages::new(context, prompt, script),
            spoken: BytesMut::new(),
            prompt_tokens: prompt.prompt_tokens,
            tally: Tally::default(),
            first_byte: context.took,
            took: Duration::ZERO,
            frames: 0,
        }
    }

    pub(super) fn open(&mut self, out: &mut BytesMut) {
        self.claude.open(&mut self.spoken);
        self.pack(out);
    }

    pub(super) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        self.claude.say(&mut self.spoken, piece);
        self.pack(out);
    }

    pub(super) fn close(
        &mut self,
        out: &mut BytesMut,
        finish: Finish,
        tally: Tally,
        with_usage: bool,
    ) {
        self.tally = tally;
        self.claude.close(&mut self.spoken, finish, tally, with_usage);
        self.pack(out);
    }

    pub(super) fn took(&mut self, took: Duration) {
        self.took = took;
    }

    pub(super) fn terminator(&mut self, out: &mut BytesMut) {
        let last = json!({
            "type": "message_stop",
            "amazon-bedrock-invocationMetrics": {
                "inputTokenCount": self.prompt_tokens,
                "outputTokenCount": self.tally.tokens,
                "invocationLatency": self.took.as_millis() as u64,
                "firstByteLatency": self.first_byte.as_millis() as u64,
            },
        });
        self.write(out, last.to_string().as_bytes());
    }

    pub(super) fn heartbeat(&mut self, out: &mut BytesMut) {
        self.write(out, br#"{"type":"ping"}"#);
    }

    /// Moves Claude's events into frames; its pings stay behind, as on Bedrock.
    fn pack(&mut self, out: &mut BytesMut) {
        let spoken = self.spoken.split();
        for line in spoken[..].split(|byte| *byte == b'\n') {
            match line.strip_prefix(b"data: ") {
                Some(data) if data != br#"{"type":"ping"}"# => self.write(out, data),
                Some(_) | None => {}
            }
        }
    }

    fn write(&mut self, out: &mut BytesMut, data: &[u8]) {
        self.frames += 1;
        PayloadPart::new(data, padding(self.frames)).write_frame(out);
    }
}
