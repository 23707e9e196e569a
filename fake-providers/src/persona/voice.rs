//! How a persona speaks a stream: what comes first, one frame per token, what comes last.
//!
//! A token costs one copy into a buffer: everything but its words was rendered when the stream
//! began. Frames are appended, never sent; when is the answer's business.

use bytes::{BufMut, BytesMut};
use wire::ErrorReply;
use wire::anthropic::{
    DeltaUsage, MessageDelta, MessagesReply, OutputBlock, StreamEvent, TextTemplate,
};
use wire::azure::{FilterResults, prompt_filter_chunk};
use wire::openai::{ChatChunk, ChunkTemplate};

use super::{Finish, Persona, Prompt, Scene, anthropic, openai};

/// The voice of one stream.
#[derive(Clone, Debug)]
pub(crate) enum Voice {
    /// OpenAI and Azure.
    Chat(Box<Chat>),
    /// Anthropic.
    Messages(Box<Messages>),
}

#[derive(Clone, Debug)]
pub(crate) struct Chat {
    azure: bool,
    include_usage: bool,
    prompt_tokens: u64,
    base: ChatChunk,
    template: ChunkTemplate,
}

#[derive(Clone, Debug)]
pub(crate) struct Messages {
    start: MessagesReply,
    template: TextTemplate,
}

impl Voice {
    pub(crate) fn new(persona: Persona, scene: &Scene<'_>, prompt: &Prompt) -> Self {
        match persona {
            Persona::OpenAi => Self::Chat(Box::new(Chat::new(scene, prompt, false))),
            Persona::Azure => Self::Chat(Box::new(Chat::new(scene, prompt, true))),
            Persona::Anthropic => {
                let usage = anthropic::usage(prompt.prompt_tokens, 1);
                let id = anthropic::answer_id(scene);
                let start = MessagesReply::begun(&id, scene.model, usage);
                Self::Messages(Box::new(Messages { start, template: TextTemplate::new(0) }))
            }
        }
    }

    /// What comes before the first token.
    pub(crate) fn open(&self, out: &mut BytesMut) {
        match self {
            Self::Chat(chat) => {
                if chat.azure {
                    prompt_filter_chunk().write_frame(out);
                }
                chat.base.clone().with_role().write_frame(out);
            }
            Self::Messages(messages) => {
                let block = OutputBlock::Text { text: String::new() };
                for event in [
                    StreamEvent::MessageStart { message: messages.start.clone() },
                    StreamEvent::ContentBlockStart { index: 0, content_block: block },
                    StreamEvent::Ping,
                ] {
                    event.write_frame(out);
                }
            }
        }
    }

    /// One token.
    pub(crate) fn say(&self, out: &mut BytesMut, text: &str) {
        match self {
            Self::Chat(chat) => chat.template.write_content(out, text),
            Self::Messages(messages) => messages.template.write_text(out, text),
        }
    }

    /// One token, but the frame's JSON breaks off in the middle.
    pub(crate) fn garble(&self, out: &mut BytesMut, text: &str) {
        let mut whole = BytesMut::new();
        self.say(&mut whole, text);
        // Two thirds of either dialect's frame lie within the JSON of its data line.
        out.put_slice(&whole[..whole.len() * 2 / 3]);
        out.put_slice(b"\n\n");
    }

    /// What comes after the last token.
    pub(crate) fn close(&self, out: &mut BytesMut, finish: Finish, tokens: u64) {
        match self {
            Self::Chat(chat) => {
                chat.base.clone().with_finish(openai::finish_word(finish)).write_frame(out);
                if chat.include_usage {
                    let usage = openai::usage(chat.prompt_tokens, tokens);
                    chat.base.clone().with_usage(usage).write_frame(out);
                }
                out.put_slice(wire::sse::encode::DONE);
            }
            Self::Messages(_) => {
                let stop_reason = Some(anthropic::finish_word(finish).to_owned());
                for event in [
                    StreamEvent::ContentBlockStop { index: 0 },
                    StreamEvent::MessageDelta {
                        delta: MessageDelta { stop_reason, stop_sequence: None },
                        usage: DeltaUsage { output_tokens: tokens, ..DeltaUsage::default() },
                    },
                    StreamEvent::MessageStop,
                ] {
                    event.write_frame(out);
                }
            }
        }
    }

    /// `error` inside the stream.
    pub(crate) fn fail(&self, out: &mut BytesMut, error: &ErrorReply) {
        match self {
            Self::Chat(_) => error.write_frame(out),
            Self::Messages(_) => wire::sse::encode::event(out, "error", &error.body),
        }
    }
}

impl Chat {
    fn new(scene: &Scene<'_>, prompt: &Prompt, azure: bool) -> Self {
        let mut base = ChatChunk::new(&openai::answer_id(scene), scene.model, scene.unix_s);
        base.system_fingerprint = Some(Some(openai::FINGERPRINT.to_owned()));
        base.usage = prompt.include_usage.then_some(None);
        if !azure {
            base.service_tier = Some("default".to_owned());
        }
        let annotated = |results: FilterResults| {
            let mut chunk = base.clone();
            for choice in &mut chunk.choices {
                choice.content_filter_results = azure.then(|| results.clone());
            }
            chunk
        };
        let template = ChunkTemplate::new(&annotated(FilterResults::all_safe()));
        Self {
            azure,
            include_usage: prompt.include_usage,
            prompt_tokens: prompt.prompt_tokens,
            base: annotated(FilterResults::default()),
            template,
        }
    }
}
