//! A whole answer of Converse's in OpenAI's words.

use serde_json::{Value, json};
use wire::bedrock::{ConverseReply, OutputBlock, Reasoning, TokenUsage};
use wire::openai::{ChatReply, FunctionCall, ToolCall, Usage};

use crate::upstream::answer_form::ANSWER_TOOL;
use crate::upstream::chunk_writer::native_finish;
use crate::upstream::citations::Letters;
use crate::upstream::dialect::{Opening, Says, WholeAnswer};

/// Translates an answer, which names neither itself nor its model. `None` if the body is no answer.
pub(super) fn reply(body: &[u8], at: Opening<'_>) -> Option<WholeAnswer> {
    let reply: ConverseReply = serde_json::from_slice(body).ok()?;
    let usage = usage(&reply.usage);
    let mut said = Said::default();
    for block in reply.output.message.content {
        said.add(block);
    }
    if let Some(json) = said.in_json.take() {
        (said.words, said.annotations) = (json, Vec::new());
    }
    let mut finish = super::finish_reason(&reply.stop_reason);
    if finish == super::TOOL_CALLS && said.calls.is_empty() {
        // The call by which an answer in JSON comes is none for the client.
        finish = "stop";
    }
    let mut chat = ChatReply::text(&at.answer_id(), at.model, at.created, &said.words);
    chat.usage = Some(usage);
    if let Some(choice) = chat.choices.first_mut() {
        choice.finish_reason = Some(finish.to_owned());
        let native = super::native_finish(&reply.stop_reason);
        choice.provider_specific_fields = native.map(native_finish);
        choice.message.annotations = Some(said.annotations);
        if !said.calls.is_empty() {
            choice.message.content = (!said.words.is_empty()).then_some(said.words);
            choice.message.tool_calls = Some(said.calls);
        }
        if !said.thinking_blocks.is_empty() {
            choice.message.reasoning_content = Some(said.thoughts);
            choice.message.thinking_blocks = Some(said.thinking_blocks);
        }
    }
    let says = Says::until(Some(finish));
    Some(WholeAnswer { body: chat.to_json(), usage: Some(usage), says })
}

/// What the blocks of an answer say.
#[derive(Default)]
struct Said {
    words: String,
    thoughts: String,
    thinking_blocks: Vec<Value>,
    calls: Vec<ToolCall>,
    /// An answer in JSON, which came as a call; words beside it are none of it.
    in_json: Option<String>,
    /// Where in the words citations stand.
    letters: Letters,
    annotations: Vec<Value>,
}

impl Said {
    fn say(&mut self, text: &str) {
        self.letters.add(text);
        self.words.push_str(text);
    }

    fn add(&mut self, block: OutputBlock) {
        let OutputBlock { text, tool_use, reasoning_content, citations_content } = block;
        self.letters.begin();
        self.say(&text.unwrap_or_default());
        if let Some(cited) = citations_content {
            self.say(&cited.words());
            let citations = cited.citations.iter().flatten();
            let letters = |citation| super::annotated(citation, self.letters.of_block());
            self.annotations.extend(citations.filter_map(letters));
        }
        match tool_use {
            None => {}
            Some(call) if call.name == ANSWER_TOOL => {
                self.in_json.get_or_insert_with(|| call.input.to_string());
            }
            Some(call) => self.calls.push(ToolCall {
                id: call.tool_use_id,
                kind: "function".to_owned(),
                function: FunctionCall { name: call.name, arguments: call.input.to_string() },
            }),
        }
        if let Some(thought) = reasoning_content {
            self.think(thought);
        }
    }

    /// A thought comes as Anthropic's blocks do, so that it can be sent back.
    fn think(&mut self, thought: Reasoning) {
        if let Some(whole) = thought.reasoning_text {
            self.thoughts.push_str(&whole.text);
            let signature = whole.signature.unwrap_or_default();
            self.thinking_blocks.push(
                json!({ "type": "thinking", "thinking": whole.text, "signature": signature }),
            );
        }
        if let Some(data) = thought.redacted_content {
            self.thinking_blocks.push(json!({ "type": "redacted_thinking", "data": data }));
        }
    }
}

/// OpenAI counts the cache's part within the prompt.
pub(super) fn usage(usage: &TokenUsage) -> Usage {
    let read = usage.cache_read_input_tokens.unwrap_or_default();
    let written = usage.cache_write_input_tokens.unwrap_or_default();
    let prompt = usage.input_tokens.saturating_add(read).saturating_add(written);
    Usage::new(prompt, usage.output_tokens).with_cache(read, written)
}
