//! Streams of completions, the API of 2022: nameless frames, one per token, `[DONE]`.

use bytes::BytesMut;
use wire::openai::{CompletionChoice, CompletionReply};

use super::super::{Prompt, RequestContext, openai};
use crate::script::{Finish, Kind, Piece, Script, Tally};

/// A stream of completions.
#[derive(Clone, Debug)]
pub(crate) struct Completions {
    /// A chunk that says nothing.
    base: CompletionReply,
    choices: u32,
    include_usage: bool,
    prompt_tokens: u64,
}

impl Completions {
    pub(crate) fn new(context: &RequestContext<'_>, prompt: &Prompt, script: &Script) -> Self {
        let mut base = openai::completion_begun(context);
        base.usage = prompt.include_usage.then_some(None);
        Self {
            base,
            choices: script.choices.len() as u32,
            include_usage: prompt.include_usage,
            prompt_tokens: prompt.prompt_tokens,
        }
    }

    pub(super) fn say(&self, out: &mut BytesMut, piece: &Piece<'_>) {
        match piece.kind {
            Kind::Text | Kind::Refusal => self.write(out, piece.choice, piece.text, None),
            Kind::Thinking | Kind::Call { .. } => {}
        }
    }

    pub(super) fn close(&self, out: &mut BytesMut, finish: Finish, tally: Tally, with_usage: bool) {
        for index in 0..self.choices {
            self.write(out, index, "", Some(openai::finish_word(finish)));
        }
        if self.include_usage && with_usage {
            let usage = Some(Some(openai::usage(self.prompt_tokens, tally)));
            CompletionReply { usage, ..self.base.clone() }.write_frame(out);
        }
    }

    fn write(&self, out: &mut BytesMut, index: u32, text: &str, finish: Option<&str>) {
        let choice = CompletionChoice {
            text: text.to_owned(),
            index,
            logprobs: None,
            finish_reason: finish.map(str::to_owned),
        };
        CompletionReply { choices: vec![choice], ..self.base.clone() }.write_frame(out);
    }
}
