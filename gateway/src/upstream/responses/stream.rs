//! A stream of chat completions in the named events of Responses: one item after another, each begun and ended.

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use wire::openai::responses::{Event, OutputItem, OutputPart, Response, SummaryPart};
use wire::openai::{ChatChunk, DONE, Delta, ToolCallDelta, Usage as ChatUsage};

use super::reply::{COMPLETED, IN_PROGRESS, begun, drawn, ended, id, said, thought, usage};
use crate::upstream::citations::flat;
use crate::upstream::pictures;
use crate::upstream::retold::Teller;

/// The state of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Translator {
    /// Number of the next event.
    number: u64,
    /// The answer so far, with the items that are complete; none before its first chunk.
    response: Option<Response>,
    open: Option<Open>,
    finish: Option<String>,
    usage: Option<ChatUsage>,
}

/// The item that grows.
#[derive(Clone, Debug)]
struct Open {
    id: String,
    what: What,
    /// Its words, or a call's arguments.
    text: String,
    /// Citations of its words.
    cited: Vec<Value>,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Thoughts,
    Words,
    Refusal,
    /// The call of that number.
    Call {
        index: u32,
        call_id: String,
        name: String,
    },
}

/// All parts that are told are the first of their item.
const FIRST: u32 = 0;

impl Translator {
    fn translate(&mut self, chunk: ChatChunk, out: &mut BytesMut) {
        if let Some(usage) = chunk.usage.flatten() {
            self.usage = Some(usage);
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return };
        if self.response.is_none() {
            self.begin(begun(&chunk.id, &chunk.model, chunk.created), out);
        }
        let Delta { content, refusal, reasoning_content, tool_calls, annotations, images, .. } =
            choice.delta;
        let words = [
            (What::Thoughts, reasoning_content),
            (What::Words, content.flatten()),
            (What::Refusal, refusal.flatten()),
        ];
        for (what, text) in words {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                self.grow(what, &text, out);
            }
        }
        if let Some(Open { what: What::Words, cited, .. }) = &mut self.open {
            cited.extend(annotations.iter().flatten().filter_map(flat));
        }
        for picture in images.iter().flatten().filter_map(pictures::bytes) {
            self.draw(picture, out);
        }
        for call in tool_calls.unwrap_or_default() {
            self.call(call, out);
        }
        self.finish = choice.finish_reason.or(self.finish.take());
    }

    fn begin(&mut self, response: Response, out: &mut BytesMut) {
        for event in [begins, goes_on] {
            let sequence_number = self.next();
            event(sequence_number, Box::new(response.clone())).write_frame(out);
        }
        self.response = Some(response);
    }

    fn next(&mut self) -> u64 {
        let number = self.number;
        self.number += 1;
        number
    }

    /// Which item is the next, or the one that grows.
    fn place(&self) -> u32 {
        let items = self.response.as_ref().map_or(0, |response| response.output.len());
        u32::try_from(items).unwrap_or(u32::MAX)
    }

    fn call(&mut self, call: ToolCallDelta, out: &mut BytesMut) {
        let function = call.function.unwrap_or_default();
        let known = match self.open.as_ref().map(|open| &open.what) {
            Some(what @ What::Call { index, .. }) if *index == call.index => Some(what.clone()),
            Some(_) | None => None,
        };
        let what = known.unwrap_or_else(|| What::Call {
            index: call.index,
            call_id: call.id.unwrap_or_default(),
            name: function.name.unwrap_or_default(),
        });
        self.grow(what, &function.arguments.unwrap_or_default(), out);
    }

    /// The open item grows if it is that one; else it ends, and that one begins.
    fn grow(&mut self, what: What, text: &str, out: &mut BytesMut) {
        if self.open.as_ref().is_none_or(|open| open.what != what) {
            self.end_item(out);
            self.begin_item(what, out);
        }
        let (sequence_number, output_index) = (self.next(), self.place());
        let Some(open) = &mut self.open else { return };
        open.text.push_str(text);
        let (item_id, delta) = (open.id.clone(), text.to_owned());
        if let (What::Call { .. }, true) = (&open.what, delta.is_empty()) {
            // Nothing grew, and no number is left out.
            self.number = sequence_number;
            return;
        }
        let event = match &open.what {
            What::Thoughts => Event::SummaryTextDelta {
                sequence_number,
                item_id,
                output_index,
                summary_index: FIRST,
                delta,
            },
            What::Words => Event::OutputTextDelta {
                sequence_number,
                item_id,
                output_index,
                content_index: FIRST,
                delta,
                logprobs: Vec::new(),
                obfuscation: None,
            },
            What::Refusal => Event::RefusalDelta {
                sequence_number,
                item_id,
                output_index,
                content_index: FIRST,
                delta,
            },
            What::Call { .. } => {
                Event::ArgumentsDelta { sequence_number, item_id, output_index, delta }
            }
        };
        event.write_frame(out);
    }

    fn begin_item(&mut self, what: What, out: &mut BytesMut) {
        let kind = match what {
            What::Thoughts => "rs",
            What::Words | What::Refusal => "msg",
            What::Call { .. } => "fc",
        };
        let answer = self.response.as_ref().map(|response| response.id.as_str());
        let item_id = id(kind, answer.unwrap_or_default(), self.place() as usize);
        let open = Open { id: item_id.clone(), what, text: String::new(), cited: Vec::new() };
        let (sequence_number, output_index) = (self.next(), self.place());
        let item = open.item(IN_PROGRESS);
        Event::OutputItemAdded { sequence_number, output_index, item }.write_frame(out);
        if let Some(part) = open.part() {
            let sequence_number = self.next();
            part.added(sequence_number, item_id, output_index).write_frame(out);
        }
        self.open = Some(open);
    }

    /// A picture, which comes whole.
    fn draw(&mut self, base64: &str, out: &mut BytesMut) {
        self.end_item(out);
        let answer = self.response.as_ref().map(|response| response.id.as_str());
        let output_index = self.place();
        let id = id("ig", answer.unwrap_or_default(), output_index as usize);
        let status = IN_PROGRESS.to_owned();
        let item = OutputItem::ImageGenerationCall { id: id.clone(), status, result: None };
        let sequence_number = self.next();
        Event::OutputItemAdded { sequence_number, output_index, item }.write_frame(out);
        let (sequence_number, item) = (self.next(), drawn(&id, base64));
        let told = item.clone();
        Event::OutputItemDone { sequence_number, output_index, item: told }.write_frame(out);
        if let Some(response) = &mut self.response {
            response.output.push(item);
        }
    }

    fn end_item(&mut self, out: &mut BytesMut) {
        let Some(open) = self.open.take() else { return };
        let output_index = self.place();
        let (item_id, text) = (open.id.clone(), open.text.clone());
        let sequence_number = self.next();
        let done = match &open.what {
            What::Thoughts => Event::SummaryTextDone {
                sequence_number,
                item_id: item_id.clone(),
                output_index,
                summary_index: FIRST,
                text,
            },
            What::Words => Event::OutputTextDone {
                sequence_number,
                item_id: item_id.clone(),
                output_index,
                content_index: FIRST,
                text,
                logprobs: Vec::new(),
            },
            What::Refusal => Event::RefusalDone {
                sequence_number,
                item_id: item_id.clone(),
                output_index,
                content_index: FIRST,
                refusal: text,
            },
            What::Call { .. } => Event::ArgumentsDone {
                sequence_number,
                item_id: item_id.clone(),
                output_index,
                arguments: text,
            },
        };
        done.write_frame(out);
        if let Some(part) = open.part() {
            let sequence_number = self.next();
            part.done(sequence_number, item_id, output_index).write_frame(out);
        }
        let (sequence_number, item) = (self.next(), open.item(COMPLETED));
        let told = item.clone();
        Event::OutputItemDone { sequence_number, output_index, item: told }.write_frame(out);
        if let Some(response) = &mut self.response {
            response.output.push(item);
        }
    }

    fn end_answer(&mut self, out: &mut BytesMut) {
        if self.response.is_none() {
            // Nothing came but the end, and an end alone is no response.
            self.begin(begun("", "", 0), out);
        }
        self.end_item(out);
        let Some(response) = self.response.take() else { return };
        let usage = self.usage.as_ref().map(usage);
        let response = ended(Response { usage, ..response }, self.finish.as_deref());
        let is_whole = response.incomplete_details.is_none();
        let (sequence_number, response) = (self.next(), Box::new(response));
        let event = match is_whole {
            true => Event::Completed { sequence_number, response },
            false => Event::Incomplete { sequence_number, response },
        };
        event.write_frame(out);
    }
}

fn begins(sequence_number: u64, response: Box<Response>) -> Event {
    Event::Created { sequence_number, response }
}

fn goes_on(sequence_number: u64, response: Box<Response>) -> Event {
    Event::InProgress { sequence_number, response }
}

/// A part of an item: of a message, or of what is shown of a thought.
enum Part {
    Content(OutputPart),
    Summary(SummaryPart),
}

impl Part {
    fn added(self, sequence_number: u64, item_id: String, output_index: u32) -> Event {
        match self {
            Self::Content(part) => Event::ContentPartAdded {
                sequence_number,
                item_id,
                output_index,
                content_index: FIRST,
                part,
            },
            Self::Summary(part) => Event::SummaryPartAdded {
                sequence_number,
                item_id,
                output_index,
                summary_index: FIRST,
                part,
            },
        }
    }

    fn done(self, sequence_number: u64, item_id: String, output_index: u32) -> Event {
        match self {
            Self::Content(part) => Event::ContentPartDone {
                sequence_number,
                item_id,
                output_index,
                content_index: FIRST,
                part,
            },
            Self::Summary(part) => Event::SummaryPartDone {
                sequence_number,
                item_id,
                output_index,
                summary_index: FIRST,
                part,
            },
        }
    }
}

impl Open {
    /// What it is made of so far; a call has no parts.
    fn part(&self) -> Option<Part> {
        match self.what {
            What::Thoughts => Some(Part::Summary(SummaryPart::words(&self.text))),
            What::Words => Some(Part::Content(OutputPart::cited(&self.text, self.cited.clone()))),
            What::Refusal => {
                Some(Part::Content(OutputPart::Refusal { refusal: self.text.clone() }))
            }
            What::Call { .. } => None,
        }
    }

    /// The whole item; one that only begins is empty.
    fn item(&self, status: &str) -> OutputItem {
        let begins = status == IN_PROGRESS;
        match &self.what {
            What::Thoughts if begins => {
                OutputItem::Reasoning { id: self.id.clone(), summary: Vec::new() }
            }
            What::Thoughts => thought(&self.id, &self.text),
            What::Words | What::Refusal => {
                let content = match self.part() {
                    Some(Part::Content(part)) if !begins => vec![part],
                    Some(_) | None => Vec::new(),
                };
                said(&self.id, content, status)
            }
            What::Call { call_id, name, .. } => OutputItem::FunctionCall {
                id: self.id.clone(),
                status: status.to_owned(),
                arguments: self.text.clone(),
                call_id: call_id.clone(),
                name: name.clone(),
            },
        }
    }
}

impl Teller for Translator {
    fn tell(&mut self, data: &[u8], out: &mut BytesMut) -> bool {
        if data.trim_ascii() == DONE {
            self.end_answer(out);
            return true;
        }
        let Ok(chunk) = serde_json::from_slice(data) else { return false };
        self.translate(chunk, out);
        true
    }

    fn end(&self, out: &mut BytesMut) {
        self.clone().end_answer(out);
    }

    /// An error's event is numbered after it.
    fn newest(&self) -> Option<Bytes> {
        let number = self.number.checked_sub(1)?;
        Some(Bytes::from(format!("{{\"sequence_number\":{number}}}")))
    }
}
