//! What providers say of their limits in the heads of their answers: how much is left of each, and until when.
//!
//! OpenAI, Azure and those who speak like them say it in `x-ratelimit-*`, Anthropic in `anthropic-ratelimit-*`. It reads
//! and counts; whom to ask because of it is the policy's.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use wire::{Window, anthropic, openai};

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Requests.
    Requests,
    /// Tokens of prompts and answers together.
    Tokens,
    /// Tokens of prompts.
    InputTokens,
    /// Tokens of answers.
    OutputTokens,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::InputTokens => "input_tokens",
            Self::OutputTokens => "output_tokens",
        })
    }
}

/// One limit, as a provider says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// What it counts.
    pub counted: Counted,
    /// All of it, where that is said.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: u64,
    /// Until all of it is there again, where that is said.
    pub full_in: Option<Duration>,
}

/// What one request takes of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Estimated tokens of its prompt.
    pub prompt_tokens: u64,
    /// Most tokens of its answer, where it says.
    pub answer_max: Option<u64>,
}

impl Need {
    /// Units of what is counted. Providers set aside what an answer may have at most.
    pub const fn of(self, counted: Counted) -> u64 {
        let answer = match self.answer_max {
            Some(most) => most,
            None => 0,
        };
        match counted {
            Counted::Requests => 1,
            Counted::Tokens => self.prompt_tokens.saturating_add(answer),
            Counted::InputTokens => self.prompt_tokens,
            Counted::OutputTokens => answer,
        }
    }
}

/// The limits that a head tells of, read at `unix_s`; nothing if it tells of none.
pub(crate) fn announced(headers: &HeaderMap, unix_s: u64) -> Vec<Left> {
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let openai::RateLimits { requests, tokens } = openai::RateLimits::read(get);
    let said = [(Counted::Requests, requests), (Counted::Tokens, tokens)];
    let said = said.into_iter().filter_map(|(counted, window)| left(counted, window));
    let said: Vec<Left> = said.collect();
    if !said.is_empty() {
        return said;
    }
    // `anthropic-ratelimit-tokens-*` repeats whichever of the other two is shorter.
    let anthropic::RateLimits { requests, input_tokens, output_tokens, tokens: _ } =
        anthropic::RateLimits::read(get);
    let said = [
        (Counted::Requests, requests),
        (Counted::InputTokens, input_tokens),
        (Counted::OutputTokens, output_tokens),
    ];
    let until = |at: u64| Duration::from_secs(at.saturating_sub(unix_s));
    said.into_iter()
        .filter_map(|(counted, Window { limit, remaining, reset })| {
            left(counted, Window { limit, remaining, reset: reset.map(until) })
        })
        .collect()
}

fn left(counted: Counted, said: Window<Duration>) -> Option<Left> {
    let Window { limit, remaining, reset } = said;
    remaining.map(|remaining| Left { counted, limit, remaining, full_in: reset })
}
