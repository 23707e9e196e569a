//! Streams of OpenAI's older text completions, passed through frame by frame.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use wire::openai::{DONE, Usage};
use wire::sse::Event;
use world::ChunkBuf;

use super::dialect::{Broken, Gist, Interpreter};
use super::forwarded::CONTENT_FILTER;

/// Reads frames of text.
#[derive(Debug)]
pub(super) struct Texts;

/// What matters of a frame.
#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    error: Option<IgnoredAny>,
    #[serde(default)]
    choices: Vec<Piece>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    text: Box<str>,
    #[serde(default)]
    finish_reason: Option<Box<str>>,
}

impl Piece {
    fn is_filtered(&self) -> bool {
        self.finish_reason.as_deref() == Some(CONTENT_FILTER)
    }
}

impl Interpreter for Texts {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        if event.data.trim_ascii() == DONE {
            if !finished {
                return broken(Broken::Unfinished);
            }
            out.push(event.raw);
            return Gist { done: true, ..Gist::default() };
        }
        let Ok(frame) = serde_json::from_slice::<Frame>(&event.data) else {
            return broken(Broken::Malformed);
        };
        if frame.error.is_some() {
            return broken(Broken::Error(event.data));
        }
        out.push(event.raw);
        Gist {
            output: frame.choices.iter().any(|piece| !piece.text.is_empty()),
            finish: frame.choices.iter().any(|piece| piece.finish_reason.is_some()),
            filtered: frame.choices.iter().any(Piece::is_filtered),
            usage: frame.usage,
            ..Gist::default()
        }
    }

    /// The older API has no frame of its own for it.
    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        None
    }
}
