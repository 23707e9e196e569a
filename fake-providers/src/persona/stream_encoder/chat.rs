//! Streams of chat completions: nameless frames, one chunk per token, `[DONE]`. Azure adds the
//! filter's opinions.

use bytes::BytesMut;
use wire::azure::{FilterResults, prompt_filter_chunk};
use wire::openai::{ChatChunk, ChunkTemplate, Delta, FunctionDelta, ToolCallDelta};

use super::super::{Prompt, RequestContext, azure, openai};
use crate::script::{Block, Finish, Kind, Piece, Script, Tally};

/// A stream of chat completions.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    azure: bool,
    include_usage: bool,
    /// Whether chunks are padded, to hide how long their words are.
    obfuscate: bool,
    prompt_tokens: u64,
    /// Ids of calls are made of it.
    id: String,
    /// A chunk of the first choice that says nothing.
    base: ChatChunk,
    /// The same with the filter's opinion of the words, if it has one.
    judged: ChatChunk,
    voices: Vec<ChoiceVoice>,
}

/// One choice.
#[derive(Clone, Debug)]
struct ChoiceVoice {
    template: ChunkTemplate,
    /// Whether it begins with words; otherwise the first content is null.
    in_words: bool,
    introduced: bool,
}

impl Chat {
    pub(crate) fn new(
        context: &RequestContext<'_>,
        prompt: &Prompt,
        script: &Script,
        azure: bool,
    ) -> Self {
        let mut base = ChatChunk::new(&openai::answer_id(context), context.model, context.unix_s);
        base.system_fingerprint = Some(Some(openai::FINGERPRINT.to_owned()));
        base.usage = prompt.include_usage.then_some(None);
        let obfuscate = prompt.obfuscate && !azure;
        if !azure {
            base.service_tier = Some("default".to_owned());
        }
        base.obfuscation = obfuscate.then(String::new);
        let annotated = |results: FilterResults| {
            let mut chunk = base.clone();
            for choice in &mut chunk.choices {
                choice.content_filter_results = azure.then(|| results.clone());
            }
            chunk
        };
        let judged = annotated(FilterResults::all_safe());
        let base = annotated(FilterResults::default());
        let voices = (0u32..)
            .zip(&script.choices)
            .map(|(index, blocks)| ChoiceVoice {
                template: ChunkTemplate::new(&of_choice(&judged, index)),
                in_words: blocks.iter().any(|block| match block {
                    Block::Text { .. } | Block::Given { .. } => true,
                    Block::Thinking { .. } | Block::Refusal { .. } | Block::Call { .. } => false,
                }),
                introduced: false,
            })
            .collect();
        Self {
            azure,
            include_usage: prompt.include_usage,
            obfuscate,
            prompt_tokens: prompt.prompt_tokens,
            id: context.id.to_owned(),
            base,
            judged,
            voices,
        }
    }

    pub(super) fn open(&mut self, out: &mut BytesMut) {
        if self.azure {
            prompt_filter_chunk().write_frame(out);
        }
        self.introduce(out, 0);
    }

    pub(super) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        if piece.choice > 0 && piece.starts {
            self.introduce(out, piece.choice);
        }
        let delta = match piece.kind {
            Kind::Text => {
                let Some(voice) = self.voices.get(piece.choice as usize) else { return };
                if self.obfuscate {
                    voice.template.write_padded(out, piece.text, padding(piece.text.len()));
                } else {
                    voice.template.write_content(out, piece.text);
                }
                return;
            }
            // Counted, and not shown.
            Kind::Thinking => return,
            Kind::Refusal => {
                Delta { refusal: Some(Some(piece.text.to_owned())), ..Delta::default() }
            }
            Kind::Call { ordinal, name } => {
                if piece.starts {
                    let id = openai::call_id(&self.id, piece.choice, ordinal);
                    let begun = ToolCallDelta {
                        index: ordinal,
                        id: Some(id),
                        kind: Some("function".to_owned()),
                        function: Some(FunctionDelta {
                            name: Some(name.to_owned()),
                            arguments: Some(String::new()),
                        }),
                    };
                    self.write(out, piece.choice, &calling(begun));
                }
                let arguments = Some(piece.text.to_owned());
                calling(ToolCallDelta {
                    index: ordinal,
                    function: Some(FunctionDelta { name: None, arguments }),
                    ..ToolCallDelta::default()
                })
            }
        };
        self.write(out, piece.choice, &delta);
    }

    pub(super) fn close(&self, out: &mut BytesMut, finish: Finish, tally: Tally, with_usage: bool) {
        let filtered = self.azure && finish == Finish::ContentFilter;
        for index in 0..self.voices.len() as u32 {
            let word = openai::finish_word(finish);
            let mut chunk = self.padded(of_choice(&self.base, index).with_finish(word), 0);
            for choice in chunk.choices.iter_mut().filter(|_| filtered) {
                choice.content_filter_results = Some(azure::objection());
            }
            chunk.write_frame(out);
        }
        if self.include_usage && with_usage {
            let usage = openai::usage(self.prompt_tokens, tally);
            let mut chunk = self.base.clone().with_usage(usage);
            chunk.obfuscation = None;
            chunk.write_frame(out);
        }
    }

    /// The role of a choice, once, before its first words.
    fn introduce(&mut self, out: &mut BytesMut, index: u32) {
        let Some(voice) = self.voices.get_mut(index as usize) else { return };
        if std::mem::replace(&mut voice.introduced, true) {
            return;
        }
        let in_words = voice.in_words;
        let mut chunk = self.padded(of_choice(&self.base, index).with_role(), 0);
        if !in_words {
            for choice in &mut chunk.choices {
                choice.delta.content = Some(None);
            }
        }
        chunk.write_frame(out);
    }

    /// `chunk`, padded beside words of so many bytes.
    fn padded(&self, mut chunk: ChatChunk, words: usize) -> ChatChunk {
        chunk.obfuscation = self.obfuscate.then(|| padding(words).to_owned());
        chunk
    }

    fn write(&self, out: &mut BytesMut, index: u32, delta: &Delta) {
        let mut chunk = self.padded(of_choice(&self.judged, index), 0);
        for choice in &mut chunk.choices {
            choice.delta = delta.clone();
        }
        chunk.write_frame(out);
    }
}

/// Random enough to look at; the provider's is random.
const PADDING: &str = "q7Zx0LkV3mBt9RdY";

/// Padding beside words of so many bytes: their sum is a multiple of 16.
fn padding(words: usize) -> &'static str {
    PADDING.get(words % PADDING.len()..).unwrap_or(PADDING)
}

fn calling(call: ToolCallDelta) -> Delta {
    Delta { tool_calls: Some(vec![call]), ..Delta::default() }
}

/// `chunk`, about another choice.
fn of_choice(chunk: &ChatChunk, index: u32) -> ChatChunk {
    let mut chunk = chunk.clone();
    for choice in &mut chunk.choices {
        choice.index = index;
    }
    chunk
}
