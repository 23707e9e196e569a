//! Ollama's streams: a line of JSON per token, calls whole, and a last line that says what it cost.

use std::time::Duration;

use bytes::BytesMut;
use wire::ErrorReply;
use wire::ollama::{Message, Reply};

use super::super::{Operation, Prompt, RequestContext, ollama};
use crate::script::{Finish, Kind, Piece, Tally};

/// A stream of lines.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// Whether a single prompt is answered, and not a chat.
    generates: bool,
    id: String,
    prompt_tokens: u64,
    /// What every line repeats.
    line: Reply,
    calls: usize,
    /// Arguments of the call under way; it is shown once it is whole.
    arguments: String,
    took: Duration,
    last: Option<Reply>,
}

impl Lines {
    pub(super) fn new(context: &RequestContext<'_>, prompt: &Prompt) -> Self {
        Self {
            generates: prompt.operation == Operation::Completions,
            id: context.id.to_owned(),
            prompt_tokens: prompt.prompt_tokens,
            line: ollama::begun(context),
            calls: 0,
            arguments: String::new(),
            took: Duration::ZERO,
            last: None,
        }
    }

    pub(super) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        let text = piece.text.to_owned();
        let said = match piece.kind {
            Kind::Text | Kind::Refusal => Message { content: text, ..Message::default() },
            Kind::Thinking => Message { thinking: Some(text), ..Message::default() },
            Kind::Call { name, .. } => {
                self.arguments.push_str(piece.text);
                if !piece.ends {
                    return;
                }
                let arguments = std::mem::take(&mut self.arguments);
                let call = ollama::call(&self.id, self.calls, name, &arguments);
                self.calls += 1;
                Message { tool_calls: Some(vec![call]), ..Message::default() }
            }
        };
        self.line_of(said).write_line(out);
    }

    pub(super) fn close(&mut self, finish: Finish, tally: Tally, with_usage: bool) {
        let mut last = self.line_of(Message::default());
        ollama::ended(&mut last, (finish, tally), self.prompt_tokens, self.took);
        if !with_usage {
            (last.prompt_eval_count, last.eval_count) = (None, None);
        }
        self.last = Some(last);
    }

    pub(super) fn took(&mut self, took: Duration) {
        self.took = took;
    }

    pub(super) fn terminator(&self, out: &mut BytesMut) {
        if let Some(last) = &self.last {
            last.write_line(out);
        }
    }

    /// Words that are none.
    pub(super) fn heartbeat(&self, out: &mut BytesMut) {
        self.line_of(Message::default()).write_line(out);
    }

    /// A line that says nothing, with a member that nobody knows.
    pub(super) fn unknown(&self, out: &mut BytesMut) {
        let mut line = BytesMut::new();
        self.heartbeat(&mut line);
        out.extend_from_slice(b"{\"brownout\":\"unknown\",");
        out.extend_from_slice(line.get(1..).unwrap_or_default());
    }

    /// An error is a line of its own, and the last.
    pub(super) fn fail(out: &mut BytesMut, error: &ErrorReply) {
        out.extend_from_slice(&error.body);
        out.extend_from_slice(b"\n");
    }

    fn line_of(&self, said: Message) -> Reply {
        let mut line = self.line.clone();
        if self.generates {
            (line.response, line.thinking) = (Some(said.content), said.thinking);
        } else {
            line.message = Some(Message { role: "assistant".to_owned(), ..said });
        }
        line
    }
}
