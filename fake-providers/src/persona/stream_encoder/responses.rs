//! Streams of the Responses API: named events with a sequence number, items that begin and end, the
//! whole reply as the last event. There is no `[DONE]`.

use bytes::BytesMut;
use wire::ErrorReply;
use wire::openai::ErrorDetail;
use wire::openai::responses::{
    Event, OutputItem, OutputPart, Response, SummaryPart, TextDeltaTemplate,
};

use super::super::{Prompt, RequestContext, Subject, openai};
use crate::script::{Finish, Kind, Piece, Tally, Uttered};

/// A stream of a reply.
#[derive(Clone, Debug)]
pub(crate) struct Responses {
    /// The reply so far, without what is under way.
    reply: Response,
    prompt_tokens: u64,
    thoughts_shown: bool,
    /// Ids are made of it.
    id: String,
    sequence: u64,
    calls: u32,
    under_way: Option<UnderWay>,
    /// The last event, once it is known.
    last: Option<Event>,
}

/// The item that grows.
#[derive(Clone, Debug)]
struct UnderWay {
    index: u32,
    id: String,
    said: Uttered,
    template: TextDeltaTemplate,
}

impl Responses {
    pub(crate) fn new(context: &RequestContext<'_>, prompt: &Prompt) -> Self {
        let request = match &prompt.subject {
            Subject::Responses(request) => (**request).clone(),
            Subject::None
            | Subject::Embedding(_)
            | Subject::Moderation { .. }
            | Subject::Speech(_)
            | Subject::Drawing(_)
            | Subject::Transcription(_) => Default::default(),
        };
        Self {
            reply: openai::response_begun(context, &request),
            prompt_tokens: prompt.prompt_tokens,
            thoughts_shown: openai::shows_thoughts(&request),
            id: context.id.to_owned(),
            sequence: 0,
            calls: 0,
            under_way: None,
            last: None,
        }
    }

    pub(super) fn open(&mut self, out: &mut BytesMut) {
        let response = Box::new(self.reply.clone());
        let sequence_number = self.count();
        Event::Created { sequence_number, response: response.clone() }.write_frame(out);
        let sequence_number = self.count();
        Event::InProgress { sequence_number, response }.write_frame(out);
    }

    pub(super) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        // The API knows one choice.
        if piece.choice > 0 {
            return;
        }
        if self.under_way.as_ref().is_none_or(|item| item.index != piece.block) {
            self.end(out, Finish::Stop);
            self.begin(out, piece);
        }
        let sequence_number = self.sequence;
        let Some(item) = &mut self.under_way else { return };
        let (item_id, output_index) = (item.id.clone(), item.index);
        let delta = piece.text.to_owned();
        match &mut item.said {
            Uttered::Text(words) => {
                words.push_str(piece.text);
                item.template.write_text(out, sequence_number, piece.text);
                self.sequence += 1;
                return;
            }
            Uttered::Thinking(words)
            | Uttered::Refusal(words)
            | Uttered::Call { arguments: words, .. } => words.push_str(piece.text),
        }
        let event = match piece.kind {
            Kind::Thinking if !self.thoughts_shown => return,
            Kind::Thinking => Event::SummaryTextDelta {
                sequence_number,
                item_id,
                output_index,
                summary_index: 0,
                delta,
            },
            Kind::Text | Kind::Refusal => Event::RefusalDelta {
                sequence_number,
                item_id,
                output_index,
                content_index: 0,
                delta,
            },
            Kind::Call { .. } => {
                Event::ArgumentsDelta { sequence_number, item_id, output_index, delta }
            }
        };
        self.sequence += 1;
        event.write_frame(out);
    }

    /// The last event is the terminator.
    pub(super) fn close(
        &mut self,
        out: &mut BytesMut,
        finish: Finish,
        tally: Tally,
        with_usage: bool,
    ) {
        self.end(out, finish);
        let usage = with_usage.then(|| openai::response_usage(self.prompt_tokens, tally));
        openai::response_end(&mut self.reply, finish, usage);
        let (sequence_number, response) = (self.count(), Box::new(self.reply.clone()));
        self.last = Some(match self.reply.incomplete_details {
            None => Event::Completed { sequence_number, response },
            Some(_) => Event::Incomplete { sequence_number, response },
        });
    }

    pub(super) fn terminator(&self, out: &mut BytesMut) {
        if let Some(last) = &self.last {
            last.write_frame(out);
        }
    }

    pub(super) fn fail(&self, out: &mut BytesMut, error: &ErrorReply) {
        let detail = ErrorDetail::read(&error.body).unwrap_or_default();
        Event::Error {
            sequence_number: self.sequence,
            code: detail.code.or(detail.kind),
            message: detail.message,
            param: detail.param,
        }
        .write_frame(out);
    }

    /// An item begins.
    fn begin(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        let said = match piece.kind {
            Kind::Thinking => Uttered::Thinking(String::new()),
            Kind::Text => Uttered::Text(String::new()),
            Kind::Refusal => Uttered::Refusal(String::new()),
            Kind::Call { name, .. } => {
                Uttered::Call { name: name.to_owned(), arguments: String::new() }
            }
        };
        let output_index = piece.block;
        let id = openai::item_id(&self.id, openai::block_letters(&said), output_index);
        let mut item = openai::item(&self.id, (id.clone(), &mut self.calls), &said, false);
        match &mut item {
            OutputItem::Message { status, content, .. } => {
                "in_progress".clone_into(status);
                content.clear();
            }
            OutputItem::FunctionCall { status, .. } => "in_progress".clone_into(status),
            OutputItem::Reasoning { .. }
            | OutputItem::ImageGenerationCall { .. }
            | OutputItem::Unknown => {}
        }
        let sequence_number = self.count();
        Event::OutputItemAdded { sequence_number, output_index, item }.write_frame(out);
        if let Some(part) = part(&said) {
            let (sequence_number, item_id) = (self.count(), id.clone());
            Event::ContentPartAdded {
                sequence_number,
                item_id,
                output_index,
                content_index: 0,
                part,
            }
            .write_frame(out);
        } else if matches!(said, Uttered::Thinking(_)) && self.thoughts_shown {
            let (sequence_number, item_id, part) =
                (self.count(), id.clone(), SummaryPart::words(""));
            Event::SummaryPartAdded {
                sequence_number,
                item_id,
                output_index,
                summary_index: 0,
                part,
            }
            .write_frame(out);
        }
        let template = TextDeltaTemplate::new(&id, output_index);
        self.under_way = Some(UnderWay { index: output_index, id, said, template });
    }

    /// Ends the item under way, if there is one, of a reply that ends so.
    fn end(&mut self, out: &mut BytesMut, finish: Finish) {
        let Some(UnderWay { index: output_index, id, said, .. }) = self.under_way.take() else {
            return;
        };
        let (sequence_number, item_id) = (self.sequence, id.clone());
        let (content_index, summary_index) = (0, 0);
        let done = match &said {
            Uttered::Thinking(_) if !self.thoughts_shown => None,
            Uttered::Thinking(words) => Some(Event::SummaryTextDone {
                sequence_number,
                item_id,
                output_index,
                summary_index,
                text: words.clone(),
            }),
            Uttered::Text(words) => Some(Event::OutputTextDone {
                sequence_number,
                item_id,
                output_index,
                content_index,
                text: words.clone(),
                logprobs: Vec::new(),
            }),
            Uttered::Refusal(words) => Some(Event::RefusalDone {
                sequence_number,
                item_id,
                output_index,
                content_index,
                refusal: words.clone(),
            }),
            Uttered::Call { arguments, .. } => Some(Event::ArgumentsDone {
                sequence_number,
                item_id,
                output_index,
                arguments: arguments.clone(),
            }),
        };
        if let Some(done) = done {
            self.sequence += 1;
            done.write_frame(out);
        }
        let item_id = id.clone();
        if let Some(part) = part(&said) {
            let sequence_number = self.count();
            Event::ContentPartDone { sequence_number, item_id, output_index, content_index, part }
                .write_frame(out);
        } else if let Uttered::Thinking(words) = &said
            && self.thoughts_shown
        {
            let (sequence_number, part) = (self.count(), SummaryPart::words(words));
            Event::SummaryPartDone { sequence_number, item_id, output_index, summary_index, part }
                .write_frame(out);
        }
        // A call was counted when it began.
        let mut earlier = self.calls.saturating_sub(1);
        let item = openai::item(&self.id, (id, &mut earlier), &said, self.thoughts_shown);
        let item = openai::response_item_ended(item, finish);
        let sequence_number = self.count();
        Event::OutputItemDone { sequence_number, output_index, item: item.clone() }
            .write_frame(out);
        self.reply.output.push(item);
    }

    const fn count(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence - 1
    }
}

/// What a message consists of.
fn part(said: &Uttered) -> Option<OutputPart> {
    match said {
        Uttered::Text(words) => Some(OutputPart::words(words)),
        Uttered::Refusal(words) => Some(OutputPart::Refusal { refusal: words.clone() }),
        Uttered::Thinking(_) | Uttered::Call { .. } => None,
    }
}
