//! The messages of a chat completion as Anthropic's turns: instructions apart, neighbours with one speaker
//! together, the user first.

use serde::Deserialize;
use wire::TextOr;
use wire::anthropic::{
    DocumentSource, ImageSource, InputBlock, InputMessage, InputRole, SystemBlock,
};

use crate::upstream::spoken::{Detail, Media, Piece, Speaker, Spoken, Unsaid, What};

/// Anthropic refuses empty turns; LiteLLM says this instead.
const NOTHING_SAID: &str = ".";

/// The one kind of document that goes by its bytes.
const PDF: &str = "application/pdf";

/// Instructions apart, and the turns.
pub(super) fn conversation(
    messages: Vec<Spoken<'_>>,
) -> Result<(Option<TextOr<SystemBlock>>, Vec<InputMessage>), Unsaid> {
    let mut system: Vec<SystemBlock> = Vec::new();
    let mut turns: Vec<(InputRole, Vec<InputBlock>)> = Vec::new();
    for Spoken { by, pieces, .. } in messages {
        let role = match by {
            Speaker::Instructor => {
                for piece in pieces {
                    system.push(instruction(piece)?);
                }
                continue;
            }
            Speaker::User | Speaker::Tool => InputRole::User,
            Speaker::Assistant => InputRole::Assistant,
        };
        let blocks = blocks(pieces)?;
        match turns.last_mut() {
            Some((last, earlier)) if *last == role => earlier.extend(blocks),
            Some(_) | None => turns.push((role, blocks)),
        }
    }
    if turns.first().is_none_or(|(role, _)| *role == InputRole::Assistant) {
        turns.insert(0, (InputRole::User, Vec::new()));
    }
    Ok((instructions(system), turns.into_iter().map(turn).collect()))
}

fn instruction(piece: Piece<'_>) -> Result<SystemBlock, Unsaid> {
    let Piece { what: What::Words(text), cache, .. } = piece else {
        return Err(Unsaid::at(piece.at, "gives instructions other than words"));
    };
    Ok(SystemBlock { kind: "text".to_owned(), text, cache_control: cache.cloned() })
}

/// One text where nothing is to be cached, else its blocks.
fn instructions(blocks: Vec<SystemBlock>) -> Option<TextOr<SystemBlock>> {
    if blocks.is_empty() {
        return None;
    }
    if blocks.iter().any(|block| block.cache_control.is_some()) {
        return Some(TextOr::Parts(blocks));
    }
    let texts: Vec<String> = blocks.into_iter().map(|block| block.text).collect();
    Some(TextOr::Text(texts.join("\n\n")))
}

fn turn((role, mut blocks): (InputRole, Vec<InputBlock>)) -> InputMessage {
    let content = match blocks.as_mut_slice() {
        [] => TextOr::Text(NOTHING_SAID.to_owned()),
        [InputBlock::Text { text, cache_control: None }] => TextOr::Text(std::mem::take(text)),
        _ => TextOr::Parts(blocks),
    };
    InputMessage { role, content }
}

fn blocks(pieces: Vec<Piece<'_>>) -> Result<Vec<InputBlock>, Unsaid> {
    pieces.into_iter().map(block).collect()
}

fn block(piece: Piece<'_>) -> Result<InputBlock, Unsaid> {
    let Piece { what, cache, at } = piece;
    let unsaid = |why| Unsaid::at(at, why);
    let cache_control = None;
    let mut block = match what {
        What::Words(text) => InputBlock::Text { text, cache_control },
        What::Picture(_, Detail::Low) => {
            return Err(unsaid("is a picture to be seen at low resolution"));
        }
        What::Picture(media, Detail::Usual) => {
            InputBlock::Image { source: image(media), cache_control }
        }
        What::Document { media, title } => {
            let source = document(media).ok_or_else(|| unsaid("is a file that is no PDF"))?;
            InputBlock::Document { source, title: title.map(str::to_owned), cache_control }
        }
        What::Kept => return Err(unsaid("is a file that another provider keeps")),
        What::Sound { .. } => return Err(unsaid("is audio")),
        What::Call { id, name, input, .. } => {
            InputBlock::ToolUse { id: id.to_owned(), name: name.to_owned(), input, cache_control }
        }
        What::Outcome { id, name: _, pieces } => outcome(id, blocks(pieces)?),
        What::Thought(thought) => match InputBlock::deserialize(thought) {
            Ok(block @ (InputBlock::Thinking { .. } | InputBlock::RedactedThinking { .. })) => {
                block
            }
            Ok(_) | Err(_) => return Err(unsaid("is no thought")),
        },
    };
    if let Some(cache) = cache {
        block.cut_cache(cache.clone());
    }
    Ok(block)
}

fn outcome(id: &str, blocks: Vec<InputBlock>) -> InputBlock {
    let content = match blocks.as_slice() {
        [] => None,
        [InputBlock::Text { text, cache_control: None }] => Some(TextOr::Text(text.clone())),
        _ => Some(TextOr::Parts(blocks)),
    };
    let (tool_use_id, is_error, cache_control) = (id.to_owned(), None, None);
    InputBlock::ToolResult { tool_use_id, content, is_error, cache_control }
}

fn image(media: Media<'_>) -> ImageSource {
    match media {
        Media::Inline { kind, data } => {
            ImageSource::Base64 { media_type: kind.to_owned(), data: data.to_owned() }
        }
        Media::At { url, .. } => ImageSource::Url { url: url.to_owned() },
    }
}

fn document(media: Media<'_>) -> Option<DocumentSource> {
    match media {
        Media::Inline { kind: PDF, data } => {
            Some(DocumentSource::Base64 { media_type: PDF.to_owned(), data: data.to_owned() })
        }
        Media::Inline { .. } => None,
        // What stands at an address is a PDF there.
        Media::At { kind: Some(kind), .. } if kind != PDF => None,
        Media::At { url, .. } => Some(DocumentSource::Url { url: url.to_owned() }),
    }
}
