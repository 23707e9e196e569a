//! What an answer consists of, in no provider's words: choices, each a list of blocks (thoughts,
//! text, calls), each block a number of tokens; and why the answer ends.
//!
//! A script is planned before the first token is due ([`Script::plan`], from what the request wishes
//! and its prompt's directives). [`TokenCursor`] walks over it position by position, one token each;
//! when a position is due is the course's business, and how it sounds the persona's.

mod cursor;
mod instance;
mod wish;

pub(crate) use cursor::{Kind, Piece, Tally, TokenCursor, Transcript, Uttered};
pub(crate) use wish::{Directives, Format, ToolChoice, ToolWish, Wishes};

/// A planned answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// At least one, unless the operation generates nothing; a choice may be empty.
    pub(crate) choices: Vec<Vec<Block>>,
    pub(crate) finish: Finish,
    /// Tokens of the first choice that somebody else has said: they count for nothing here.
    pub(crate) said: u32,
}

/// A part of a choice; at least one token long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Thoughts, which some providers show and others only count.
    Thinking { tokens: u32 },
    /// Words; those of the first choice are the marks of [`vocab::mark`].
    Text { tokens: u32 },
    /// Words that are given, such as the JSON of structured output; one token per piece.
    Given { pieces: Vec<String> },
    /// Words that decline to answer.
    Refusal { pieces: Vec<String> },
    /// A call of a tool; the pieces of its arguments make one JSON object.
    Call { name: String, arguments: Vec<String> },
}

/// Why an answer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// Nothing more to say.
    Stop,
    /// `max_tokens` was reached.
    Length,
    /// It waits for the results of its calls.
    ToolCalls,
    /// The provider's filter stopped it.
    ContentFilter,
    /// The model declined.
    Refusal,
}

/// Most tokens of a thought, whatever the request allows.
pub(crate) const THINKING_TOKENS_MAX: u32 = 32 * 1024;

/// Bytes of a piece of given words, calls and refusals: about three tokens of a real model.
const PIECE_BYTES: usize = 12;

impl Script {
    /// The script of an operation that generates no tokens.
    pub(crate) const fn nothing() -> Self {
        Self { choices: Vec::new(), finish: Finish::Stop, said: 0 }
    }

    /// Plans an answer: `length` tokens of text where nothing else is asked for, and at most `limit`
    /// tokens per choice. What is beyond the limit is cut off, as the providers do it.
    pub(crate) fn plan(wishes: &Wishes, directives: &Directives, length: u32, limit: u32) -> Self {
        if directives.blocked {
            return Self { choices: vec![Vec::new()], finish: Finish::ContentFilter, said: 0 };
        }
        let (content, mut finish) = content(wishes, directives, length);
        let thinking = directives.thinking.unwrap_or(wishes.thinking).min(THINKING_TOKENS_MAX);
        let mut blocks = Vec::with_capacity(content.len() + 1);
        if thinking > 0 {
            blocks.push(Block::Thinking { tokens: thinking });
        }
        blocks.extend(content);
        if cut(&mut blocks, limit) {
            finish = Finish::Length;
        }
        let choices = vec![blocks; wishes.choices.max(1) as usize];
        Self { choices, finish, said: 0 }
    }

    /// Plans the rest of an answer of which `said` tokens were said: plain text only, of `length` tokens in all. Whoever
    /// is asked for another form begins anew.
    pub(crate) fn rest(
        wishes: &Wishes,
        directives: &Directives,
        (said, length): (u32, u32),
        limit: u32,
    ) -> Self {
        let plan = Self::plan(wishes, directives, length, limit.saturating_add(said));
        match &plan.choices[..] {
            [choice] if matches!(choice[..], [Block::Text { tokens }] if tokens > said) => {
                Self { said, ..plan }
            }
            [choice] if matches!(choice[..], [Block::Text { .. }]) => {
                Self { choices: vec![Vec::new()], ..plan }
            }
            _ => plan,
        }
    }

    /// Tokens over all choices.
    pub(crate) fn tokens(&self) -> u32 {
        let all = self.choices.iter().flatten().map(Block::tokens).fold(0, u32::saturating_add);
        all.saturating_sub(self.said)
    }
}

impl Block {
    /// How many tokens it takes to say.
    pub(crate) fn tokens(&self) -> u32 {
        match self {
            Self::Thinking { tokens } | Self::Text { tokens } => *tokens,
            Self::Given { pieces }
            | Self::Refusal { pieces }
            | Self::Call { arguments: pieces, .. } => pieces.len() as u32,
        }
    }

    fn shorten(&mut self, to: u32) {
        match self {
            Self::Thinking { tokens } | Self::Text { tokens } => *tokens = to,
            Self::Given { pieces }
            | Self::Refusal { pieces }
            | Self::Call { arguments: pieces, .. } => pieces.truncate(to as usize),
        }
    }
}

/// What is said besides thoughts, and how it ends if nothing is cut.
fn content(wishes: &Wishes, directives: &Directives, length: u32) -> (Vec<Block>, Finish) {
    if directives.refuse {
        return (vec![Block::Refusal { pieces: pieces(REFUSAL) }], Finish::Refusal);
    }
    if directives.filtered {
        return (vec![Block::Text { tokens: (length / 2).max(1) }], Finish::ContentFilter);
    }
    let calls = wishes.calls(directives.calls);
    if !calls.is_empty() {
        let call = |tool: &ToolWish| Block::Call {
            name: tool.name.clone(),
            arguments: pieces(&instance::arguments(&tool.schema)),
        };
        return (calls.into_iter().map(call).collect(), Finish::ToolCalls);
    }
    let given = match &wishes.format {
        Format::Text => return (vec![Block::Text { tokens: length }], Finish::Stop),
        Format::Object => instance::object(),
        Format::Schema(schema) => instance::of(schema),
    };
    (vec![Block::Given { pieces: pieces(&given) }], Finish::Stop)
}

/// What a model says that declines.
const REFUSAL: &str = "I'm sorry, but I can't help with that request.";

/// Shortens a choice to `limit` tokens; whether anything was lost.
fn cut(blocks: &mut Vec<Block>, limit: u32) -> bool {
    let mut left = limit;
    for at in 0..blocks.len() {
        let tokens = blocks[at].tokens();
        if tokens > left {
            blocks[at].shorten(left);
            blocks.truncate(if left == 0 { at } else { at + 1 });
            return true;
        }
        left -= tokens;
    }
    false
}

/// `text` in pieces; at least one.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in text.chars() {
        match pieces.last_mut() {
            Some(last) if last.len() < PIECE_BYTES => last.push(letter),
            Some(_) | None => pieces.push(letter.to_string()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{Block, Directives, Finish, Script, ToolWish, Wishes, pieces};

    #[test]
    fn plain_text_is_one_block_and_is_cut_at_the_limit() {
        let plan =
            |length, limit| Script::plan(&Wishes::default(), &Directives::default(), length, limit);
        assert_eq!(plan(57, 100).choices, vec![vec![Block::Text { tokens: 57 }]]);
        assert_eq!(plan(57, 100).finish, Finish::Stop);
        assert_eq!(plan(57, 9).choices, vec![vec![Block::Text { tokens: 9 }]]);
        assert_eq!(plan(57, 9).finish, Finish::Length);
    }

    #[test]
    fn thoughts_count_against_the_limit() {
        let wishes = Wishes { thinking: 8, choices: 2, ..Wishes::default() };
        let script = Script::plan(&wishes, &Directives::default(), 5, 8);
        assert_eq!(script.choices, vec![vec![Block::Thinking { tokens: 8 }]; 2]);
        assert_eq!((script.finish, script.tokens()), (Finish::Length, 16));
    }

    #[test]
    fn a_call_has_arguments_by_its_schema() {
        let schema = serde_json::json!({ "type": "object", "required": ["city"], "properties": {
            "city": { "type": "string", "enum": ["Paris"] }
        }});
        let wishes = Wishes {
            tools: vec![ToolWish { name: "weather".to_owned(), schema }],
            ..Wishes::default()
        };
        let directives = Directives { calls: 2, ..Directives::default() };
        let script = Script::plan(&wishes, &directives, 5, 100);
        let call =
            Block::Call { name: "weather".to_owned(), arguments: pieces(r#"{"city":"Paris"}"#) };
        assert_eq!(script.choices, vec![vec![call; 2]]);
        assert_eq!(script.finish, Finish::ToolCalls);
    }
}
