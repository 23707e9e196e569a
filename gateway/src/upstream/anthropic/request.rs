//! A chat completion request in Anthropic's words.

use bytes::Bytes;
use serde_json::{Value, json};
use wire::TextOr;
use wire::anthropic::{
    ImageSource, InputBlock, InputMessage, InputRole, MessagesRequest, Metadata, Tool, ToolChoice,
};
use wire::openai::{ChatRequest, ContentPart, Message, Role};

use crate::upstream::dialect::Refused;

/// Bound of an answer where the client names none: Anthropic requires one, and LiteLLM sends this.
const MAX_TOKENS_DEFAULT: u64 = 4096;

/// Anthropic's temperature ends at 1, OpenAI's at 2.
const TEMPERATURE_MAX: f64 = 1.0;

/// Anthropic refuses empty turns; LiteLLM says this instead.
const NOTHING_SAID: &str = ".";

/// Translates a request for `model`.
pub(super) fn request(body: &[u8], model: &str) -> Result<Bytes, Refused> {
    let chat: ChatRequest = serde_json::from_slice(body).map_err(|error| Refused {
        param: Box::from("request_body"),
        message: format!("request cannot be translated for Anthropic: {error}"),
    })?;
    let (system, messages) = conversation(&chat.messages);
    let tools = tools(&chat);
    let request = MessagesRequest {
        model: model.to_owned(),
        max_tokens: chat.answer_limit().unwrap_or(MAX_TOKENS_DEFAULT),
        messages,
        system,
        stream: chat.stream,
        stop_sequences: stop_sequences(chat.stop.as_ref()),
        temperature: chat.temperature.map(|heat| heat.min(TEMPERATURE_MAX)),
        top_p: chat.top_p,
        top_k: None,
        tool_choice: tools.is_some().then(|| tool_choice(&chat)).flatten(),
        tools,
        metadata: chat.user.clone().map(|user_id| Metadata { user_id: Some(user_id) }),
    };
    Ok(request.to_json())
}

/// Instructions apart, and the turns: neighbours with one speaker are one turn, the first is the
/// user's.
fn conversation(
    messages: &[Message],
) -> (Option<TextOr<wire::anthropic::SystemBlock>>, Vec<InputMessage>) {
    let mut system: Vec<String> = Vec::new();
    let mut turns: Vec<(InputRole, Vec<InputBlock>)> = Vec::new();
    for message in messages {
        let (role, blocks) = match message.role {
            Role::System | Role::Developer => {
                system.push(words(message.content.as_ref()));
                continue;
            }
            Role::User => (InputRole::User, said(message)),
            Role::Assistant => (InputRole::Assistant, said_and_called(message)),
            Role::Tool | Role::Function => (InputRole::User, vec![result(message)]),
        };
        match turns.last_mut() {
            Some((last, earlier)) if *last == role => earlier.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    if turns.first().is_none_or(|(role, _)| *role == InputRole::Assistant) {
        turns.insert(0, (InputRole::User, Vec::new()));
    }
    let system = system.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
    let system = (!system.is_empty()).then(|| TextOr::Text(system.join("\n\n")));
    (system, turns.into_iter().map(turn).collect())
}

fn turn((role, mut blocks): (InputRole, Vec<InputBlock>)) -> InputMessage {
    let content = match blocks.as_mut_slice() {
        [] => TextOr::Text(NOTHING_SAID.to_owned()),
        [InputBlock::Text { text }] => TextOr::Text(std::mem::take(text)),
        _ => TextOr::Parts(blocks),
    };
    InputMessage { role, content }
}

fn said(message: &Message) -> Vec<InputBlock> {
    match &message.content {
        None => Vec::new(),
        Some(TextOr::Text(text)) => text_block(text).into_iter().collect(),
        Some(TextOr::Parts(parts)) => parts.iter().filter_map(block).collect(),
    }
}

fn block(part: &ContentPart) -> Option<InputBlock> {
    match part {
        ContentPart::Text { text } => text_block(text),
        ContentPart::Refusal { refusal } => text_block(refusal),
        ContentPart::ImageUrl { image_url } => {
            Some(InputBlock::Image { source: image(&image_url.url) })
        }
        ContentPart::Other => None,
    }
}

/// Anthropic refuses empty text.
fn text_block(text: &str) -> Option<InputBlock> {
    (!text.is_empty()).then(|| InputBlock::Text { text: text.to_owned() })
}

/// `data:image/png;base64,…` becomes its bytes, anything else stays an address.
fn image(url: &str) -> ImageSource {
    let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match inline {
        Some((media_type, data)) => {
            ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() }
        }
        None => ImageSource::Url { url: url.to_owned() },
    }
}

fn said_and_called(message: &Message) -> Vec<InputBlock> {
    let mut blocks = said(message);
    for call in message.tool_calls.iter().flatten() {
        // The model wrote the arguments; what is no JSON object goes along as text.
        let arguments = serde_json::from_str(&call.function.arguments).ok();
        let input = match arguments {
            Some(Value::Object(object)) => Value::Object(object),
            _ if call.function.arguments.trim().is_empty() => json!({}),
            _ => json!({ "arguments": call.function.arguments }),
        };
        let (id, name) = (call.id.clone(), call.function.name.clone());
        blocks.push(InputBlock::ToolUse { id, name, input });
    }
    blocks
}

fn result(message: &Message) -> InputBlock {
    let id = message.tool_call_id.as_ref().or(message.name.as_ref()).cloned();
    let blocks = said(message);
    let content = match blocks.as_slice() {
        [] => None,
        [InputBlock::Text { text }] => Some(TextOr::Text(text.clone())),
        _ => Some(TextOr::Parts(blocks)),
    };
    InputBlock::ToolResult { tool_use_id: id.unwrap_or_default(), content, is_error: None }
}

fn words(content: Option<&TextOr<ContentPart>>) -> String {
    match content {
        None => String::new(),
        Some(TextOr::Text(text)) => text.clone(),
        Some(TextOr::Parts(parts)) => {
            let texts = parts.iter().filter_map(|part| match part {
                ContentPart::Text { text } => Some(text.as_str()),
                ContentPart::ImageUrl { .. } | ContentPart::Refusal { .. } | ContentPart::Other => {
                    None
                }
            });
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}

fn stop_sequences(stop: Option<&TextOr<String>>) -> Option<Vec<String>> {
    let all = match stop? {
        TextOr::Text(one) => vec![one.clone()],
        TextOr::Parts(many) => many.clone(),
    };
    // Anthropic refuses sequences that are only white space.
    let kept: Vec<_> = all.into_iter().filter(|text| !text.trim().is_empty()).collect();
    (!kept.is_empty()).then_some(kept)
}

fn tools(chat: &ChatRequest) -> Option<Vec<Tool>> {
    let tools = chat.tools.as_ref().filter(|tools| !tools.is_empty())?;
    let tool = |tool: &wire::openai::Tool| Tool {
        name: tool.function.name.clone(),
        description: tool.function.description.clone(),
        input_schema: tool
            .function
            .parameters
            .clone()
            .unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
    };
    Some(tools.iter().map(tool).collect())
}

fn tool_choice(chat: &ChatRequest) -> Option<ToolChoice> {
    let one_at_a_time = (chat.parallel_tool_calls == Some(false)).then_some(true);
    let named = |choice: &Value| {
        choice.pointer("/function/name").and_then(Value::as_str).map(str::to_owned)
    };
    let disable_parallel_tool_use = one_at_a_time;
    match &chat.tool_choice {
        Some(Value::String(word)) => match word.as_str() {
            "none" => Some(ToolChoice::None),
            "required" => Some(ToolChoice::Any { disable_parallel_tool_use }),
            _ => Some(ToolChoice::Auto { disable_parallel_tool_use }),
        },
        Some(choice) if named(choice).is_some() => {
            named(choice).map(|name| ToolChoice::Tool { name, disable_parallel_tool_use })
        }
        _ => one_at_a_time.map(|_| ToolChoice::Auto { disable_parallel_tool_use }),
    }
}
