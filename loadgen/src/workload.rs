//! What requests ask: how many tokens, and which words.
//!
//! A prompt of N tokens is N space-separated words, of which the first two are the marks that name
//! the prompt and the planned length of the answer (`vocab::mark`); the rest is filler that depends
//! on the prompt id alone, so that a repeated prompt is the same text. JSON is `body`'s business.

use vocab::mark::push_prompt_marks;
use vocab::{Draw, Lognormal, PromptId};

use crate::config::TokenSpread;

/// Fewest words of a prompt: its two marks.
pub const PROMPT_TOKENS_MIN: u32 = 2;

/// Most words of a prompt: the largest context window on offer, one million tokens. More is cut.
pub const PROMPT_TOKENS_MAX: u32 = 1_000_000;

/// Filler words. Short and plain: nothing to escape in JSON, nothing that looks like a mark.
const WORDS: [&str; 32] = [
    "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jolly",
    "kelp", "lunar", "maple", "north", "ocean", "pearl", "quiet", "river", "stone", "tidal",
    "umber", "vivid", "wharf", "yield", "zebra", "aspen", "brook", "coral", "dune", "elm", "flint",
    "glade",
];

impl TokenSpread {
    /// The token count that `draw` stands for, at least 1.
    pub fn sample(self, draw: &Draw) -> u32 {
        match self {
            Self::Constant(tokens) => tokens.max(1),
            Self::Lognormal { p50, p99, max } => {
                let tokens = libm::round(Lognormal::from_quantiles(p50, p99).sample(draw));
                // The cast saturates, and makes 0 of what is not a number.
                (tokens as u32).clamp(1, max.max(1))
            }
        }
    }
}

/// Appends a prompt of exactly `tokens` words, marks included; fewer than
/// [`PROMPT_TOKENS_MIN`] become as many.
pub fn push_prompt(text: &mut String, prompt: PromptId, tokens: u32, answer_tokens: u32) {
    push_prompt_marks(text, prompt, answer_tokens);
    let mut bits = prompt.0;
    for _ in PROMPT_TOKENS_MIN..tokens {
        // Knuth's MMIX generator: the words need variety, not luck.
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push(' ');
        text.push_str(WORDS[(bits >> 59) as usize]);
    }
}
