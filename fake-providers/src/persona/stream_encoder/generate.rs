//! Gemini's streams: whole replies with what is new and the usage so far, as events or as the
//! elements of one array. The last one names a reason; nothing else marks the end.

use bytes::BytesMut;
use wire::ErrorReply;
use wire::gemini::{
    self, ApiError, Candidate, Content, GenerateReply, IsFirst, Part, RpcStatus, TextTemplate,
};

use super::super::{Prompt, RequestContext, gemini as persona};
use crate::script::{Finish, Kind, Piece, Script, Tally};

/// A stream of replies.
#[derive(Clone, Debug)]
pub(crate) struct Generate {
    events: bool,
    hides_thoughts: bool,
    choices: u32,
    prompt_tokens: u64,
    model: String,
    id: String,
    /// What a blocked prompt is answered with.
    blocked: GenerateReply,
    /// For words of the first choice, after so many tokens of thought.
    template: Option<(u64, TextTemplate)>,
    said: Tally,
    /// Arguments of the call under way; it is shown once it is whole.
    arguments: String,
    first: IsFirst,
    /// The reply that ends the stream.
    last: Vec<GenerateReply>,
}

impl Generate {
    pub(super) fn new(context: &RequestContext<'_>, prompt: &Prompt, script: &Script) -> Self {
        Self {
            events: persona::wants_events(context.query),
            hides_thoughts: prompt.wishes.hides_thoughts,
            choices: script.choices.len() as u32,
            prompt_tokens: prompt.prompt_tokens,
            model: context.model.to_owned(),
            id: persona::answer_id(context),
            blocked: persona::blocked(context, prompt),
            template: None,
            said: Tally::default(),
            arguments: String::new(),
            first: IsFirst::Yes,
            last: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        self.said.tokens += 1;
        self.said.thought += u64::from(piece.kind == Kind::Thinking);
        let part = match piece.kind {
            Kind::Thinking if self.hides_thoughts => return,
            Kind::Thinking => Part::thinking(piece.text),
            Kind::Text | Kind::Refusal if self.events && piece.choice == 0 => {
                return self.say_words(out, piece.text);
            }
            Kind::Text | Kind::Refusal => Part::words(piece.text),
            Kind::Call { name, .. } => {
                self.arguments.push_str(piece.text);
                if !piece.ends {
                    return;
                }
                persona::call(name, &std::mem::take(&mut self.arguments))
            }
        };
        let reply = self.reply(piece.choice, vec![part]);
        self.write(out, &reply);
    }

    pub(super) fn close(&mut self, finish: Finish, with_usage: bool) {
        if self.said.tokens == 0 && finish == Finish::ContentFilter {
            self.last = vec![self.blocked.clone()];
            return;
        }
        let word = persona::finish_word(finish);
        let end = |choice| {
            let mut reply = self.reply(choice, vec![Part::words("")]).finished(word);
            if !with_usage {
                reply.usage_metadata = None;
            }
            reply
        };
        self.last = (0..self.choices).map(end).collect();
    }

    pub(super) fn terminator(&mut self, out: &mut BytesMut) {
        for reply in self.last.clone() {
            self.write(out, &reply);
        }
        if !self.events {
            gemini::write_array_end(out, self.first);
        }
    }

    /// Words that are none: nothing else keeps such a stream alive without breaking its readers.
    pub(super) fn heartbeat(&mut self, out: &mut BytesMut) {
        let reply = self.reply(0, vec![Part::words("")]);
        self.write(out, &reply);
    }

    pub(super) fn fail(&mut self, out: &mut BytesMut, error: &ErrorReply) {
        let error = match RpcStatus::read(&error.body) {
            Some(error) => ApiError { error },
            None => ApiError::of_code(error.status),
        };
        if self.events {
            gemini::write_error_frame(out, &error);
        } else {
            gemini::write_array_error(out, self.first, &error);
            gemini::write_array_end(out, IsFirst::No);
        }
    }

    fn say_words(&mut self, out: &mut BytesMut, text: &str) {
        let Tally { tokens, thought } = self.said;
        if self.template.as_ref().is_none_or(|(then, _)| *then != thought) {
            let usage = persona::usage(self.prompt_tokens, self.said);
            self.template = Some((thought, TextTemplate::new(&self.model, &self.id, &usage)));
        }
        if let Some((_, template)) = &self.template {
            template.write_text(out, text, tokens - thought);
        }
    }

    fn reply(&self, choice: u32, parts: Vec<Part>) -> GenerateReply {
        let usage = persona::usage(self.prompt_tokens, self.said);
        let content = Some(Content::of_model(parts));
        let candidate = Candidate { content, index: choice, ..Candidate::default() };
        GenerateReply {
            candidates: Some(vec![candidate]),
            ..GenerateReply::new(&self.model, &self.id, Vec::new(), usage)
        }
    }

    fn write(&mut self, out: &mut BytesMut, reply: &GenerateReply) {
        if self.events {
            gemini::write_sse_frame(out, reply);
        } else {
            gemini::write_array_element(out, self.first, reply);
        }
        self.first = IsFirst::No;
    }
}
