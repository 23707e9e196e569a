//! Anthropic's streams: named events, blocks that begin and end, `message_stop`.

use bytes::BytesMut;
use serde_json::json;
use wire::anthropic::{
    BlockDelta, DeltaUsage, MessageDelta, MessagesReply, OutputBlock, StreamEvent, TextTemplate,
};

use super::super::{Prompt, RequestContext, anthropic};
use crate::script::{Block, Finish, Kind, Piece, Script, Tally};

/// A stream of messages.
#[derive(Clone, Debug)]
pub(crate) struct Messages {
    start: MessagesReply,
    /// The first block, which begins before the first token is due.
    first: Option<OutputBlock>,
    /// The block under way.
    under_way: Option<UnderWay>,
    /// Ids of calls are made of it.
    id: String,
    /// Proof of thoughts.
    signature: String,
}

#[derive(Clone, Debug)]
struct UnderWay {
    index: u32,
    template: TextTemplate,
    thinking: bool,
}

impl Messages {
    pub(crate) fn new(context: &RequestContext<'_>, prompt: &Prompt, script: &Script) -> Self {
        let usage = anthropic::usage(prompt.prompt_tokens, 1);
        let first = script.choices.first().and_then(|blocks| blocks.first());
        Self {
            start: MessagesReply::begun(&anthropic::answer_id(context), context.model, usage),
            first: first.map(|block| match block {
                Block::Thinking { .. } => begun(Kind::Thinking, context.id),
                Block::Text { .. } | Block::Given { .. } => begun(Kind::Text, context.id),
                Block::Refusal { .. } => begun(Kind::Refusal, context.id),
                Block::Call { name, .. } => begun(Kind::Call { ordinal: 0, name }, context.id),
            }),
            under_way: None,
            id: context.id.to_owned(),
            signature: anthropic::signature(context),
        }
    }

    pub(super) fn open(&mut self, out: &mut BytesMut) {
        StreamEvent::MessageStart { message: self.start.clone() }.write_frame(out);
        if let Some(block) = self.first.take() {
            self.begin(out, 0, block);
        }
        Self::ping(out);
    }

    pub(super) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        if self.under_way.as_ref().is_none_or(|block| block.index != piece.block) {
            self.end(out);
            self.begin(out, piece.block, begun(piece.kind, &self.id));
        }
        let delta = match piece.kind {
            Kind::Text | Kind::Refusal => {
                if let Some(block) = &self.under_way {
                    block.template.write_text(out, piece.text);
                }
                return;
            }
            Kind::Thinking => BlockDelta::ThinkingDelta { thinking: piece.text.to_owned() },
            Kind::Call { .. } => {
                if piece.starts {
                    let delta = BlockDelta::InputJsonDelta { partial_json: String::new() };
                    StreamEvent::ContentBlockDelta { index: piece.block, delta }.write_frame(out);
                }
                BlockDelta::InputJsonDelta { partial_json: piece.text.to_owned() }
            }
        };
        StreamEvent::ContentBlockDelta { index: piece.block, delta }.write_frame(out);
    }

    pub(super) fn close(
        &mut self,
        out: &mut BytesMut,
        finish: Finish,
        tally: Tally,
        with_usage: bool,
    ) {
        self.end(out);
        let word = anthropic::finish_word(finish);
        if !with_usage {
            let data = json!({
                "type": "message_delta", "delta": { "stop_reason": word, "stop_sequence": null }
            });
            wire::sse::encode::event(out, "message_delta", data.to_string().as_bytes());
            return;
        }
        StreamEvent::MessageDelta {
            delta: MessageDelta { stop_reason: Some(word.to_owned()), stop_sequence: None },
            usage: DeltaUsage { output_tokens: tally.tokens, ..DeltaUsage::default() },
        }
        .write_frame(out);
    }

    pub(super) fn terminator(out: &mut BytesMut) {
        StreamEvent::MessageStop.write_frame(out);
    }

    pub(super) fn ping(out: &mut BytesMut) {
        StreamEvent::Ping.write_frame(out);
    }

    fn begin(&mut self, out: &mut BytesMut, index: u32, content_block: OutputBlock) {
        let thinking = matches!(content_block, OutputBlock::Thinking { .. });
        StreamEvent::ContentBlockStart { index, content_block }.write_frame(out);
        self.under_way = Some(UnderWay { index, template: TextTemplate::new(index), thinking });
    }

    /// Ends the block under way, if there is one.
    fn end(&mut self, out: &mut BytesMut) {
        let Some(UnderWay { index, thinking, .. }) = self.under_way.take() else { return };
        if thinking {
            let delta = BlockDelta::SignatureDelta { signature: self.signature.clone() };
            StreamEvent::ContentBlockDelta { index, delta }.write_frame(out);
        }
        StreamEvent::ContentBlockStop { index }.write_frame(out);
    }
}

/// A block as it begins.
fn begun(kind: Kind<'_>, id: &str) -> OutputBlock {
    match kind {
        Kind::Thinking => {
            OutputBlock::Thinking { thinking: String::new(), signature: String::new() }
        }
        Kind::Text | Kind::Refusal => OutputBlock::Text { text: String::new() },
        Kind::Call { ordinal, name } => OutputBlock::ToolUse {
            id: anthropic::call_id(id, ordinal),
            name: name.to_owned(),
            input: json!({}),
        },
    }
}
