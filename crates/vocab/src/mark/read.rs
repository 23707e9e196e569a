//! Reads marks: the fakes from prompts, the load generator from answers. Never trusts its input.

use crate::{DeploymentNumber, PromptId, Visit};

/// One word of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A token that one of our fakes said.
    Token {
        /// The deployment whose fake said it.
        deployment: DeploymentNumber,
        /// Which prompt it answers.
        prompt: PromptId,
        /// At which visit of the request to that deployment.
        visit: Visit,
        /// Position in the answer, from 0.
        seq: u32,
        /// Whether it is the planned last one.
        last: bool,
    },
    /// Anything else.
    Foreign,
}

/// Splits streamed text into marks, whatever the pieces it arrives in.
#[derive(Debug, Default)]
pub struct MarkReader {
    word: Vec<u8>,
}

/// Longest word kept, in bytes. A real mark has at most 2 + 10 + 20 + 10 + 10 + 3 + 1 = 56.
const WORD_MAX: usize = 64;

impl MarkReader {
    /// Feeds a piece of text; calls `each` for every word that it completes.
    pub fn read(&mut self, text: &str, mut each: impl FnMut(Mark)) {
        for byte in text.bytes() {
            // The two bytes of `WIDE`, and of next to nothing else that a model would say.
            if byte == 0xC2 || byte == 0xB7 {
                continue;
            }
            if byte.is_ascii_whitespace() {
                self.flush(&mut each);
            } else if self.word.len() < WORD_MAX {
                self.word.push(byte);
            }
            if byte == b'$' {
                self.flush(&mut each);
            }
        }
    }

    /// Ends the text; the word under way, if any, is complete.
    pub fn finish(&mut self, mut each: impl FnMut(Mark)) {
        self.flush(&mut each);
    }

    fn flush(&mut self, each: &mut impl FnMut(Mark)) {
        if !self.word.is_empty() {
            each(parse(&self.word).unwrap_or(Mark::Foreign));
            self.word.clear();
        }
    }
}

fn parse(word: &[u8]) -> Option<Mark> {
    let (body, last) = match word.strip_suffix(b"$") {
        Some(body) => (body, true),
        None => (word, false),
    };
    let mut parts = body.strip_prefix(b"~")?.split(|byte| *byte == b'.');
    let mut next = || decimal(parts.next()?);
    let (deployment, prompt, visit, seq) = (next()?, next()?, next()?, next()?);
    if parts.next().is_some() {
        return None;
    }
    Some(Mark::Token {
        deployment: DeploymentNumber(u32::try_from(deployment).ok()?),
        prompt: PromptId(prompt),
        visit: Visit(u32::try_from(visit).ok()?),
        seq: u32::try_from(seq).ok()?,
        last,
    })
}

/// The prompt id in a request body, if it carries one. Looks at bytes, not at JSON: gateways may
/// move the prompt between fields, none may change its text.
pub fn prompt_id(body: &[u8]) -> Option<PromptId> {
    after(body, b"[[brownout:").map(PromptId)
}

/// How many tokens the prompt asks for, if it says so.
pub fn answer_length(body: &[u8]) -> Option<u32> {
    after(body, b"[[answer:").and_then(|n| u32::try_from(n).ok())
}

/// How many tokens of the answer to `prompt` a request body quotes: one past the highest position; 0 if it quotes none.
/// Somebody wants the answer gone on with.
pub fn said_of(body: &[u8], prompt: PromptId) -> u32 {
    let marks = memchr::memchr_iter(b'~', body).filter_map(|at| {
        let mark = &body[at..];
        let of_mark = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.' || **byte == b'~';
        match parse(&mark[..mark.iter().take_while(of_mark).count()])? {
            Mark::Token { prompt: of, seq, .. } if of == prompt => Some(seq.saturating_add(1)),
            Mark::Token { .. } | Mark::Foreign => None,
        }
    });
    marks.max().unwrap_or(0)
}

/// The last one wins: a mid-stream continuation appends messages, it does not prepend them.
fn after(body: &[u8], needle: &[u8]) -> Option<u64> {
    let start = memchr::memmem::rfind(body, needle)? + needle.len();
    let tail = &body[start..];
    let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    tail[digits..].starts_with(b"]]").then(|| decimal(&tail[..digits])).flatten()
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}
