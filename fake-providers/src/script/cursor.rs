//! Walks over a script, one token per position; the choices take turns. The tokens of plain text are
//! written into one reused buffer: the hot path allocates nothing.

use vocab::{DeploymentNumber, PromptId, Visit, mark};

use super::{Block, Finish, Script};

/// Who answers which prompt at which visit: what the marks say.
pub(crate) type Marks = (DeploymentNumber, PromptId, Visit);

/// A script being told.
#[derive(Clone, Debug)]
pub(crate) struct TokenCursor {
    script: Script,
    marks: Marks,
    /// One per choice.
    cursors: Vec<Cursor>,
    /// The choice that spoke last; the others come first.
    turn: usize,
    text: String,
    tally: Tally,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    /// 0-based.
    pub(crate) choice: u32,
    /// Position of the block in its choice, 0-based.
    pub(crate) block: u32,
    pub(crate) kind: Kind<'t>,
    pub(crate) text: &'t str,
    /// Whether it is the block's first.
    pub(crate) starts: bool,
    /// Whether it is the block's last.
    pub(crate) ends: bool,
}

/// What a token is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'t> {
    Thinking,
    Text,
    Refusal,
    /// A piece of a call's arguments; calls are counted from 0 in each choice.
    Call {
        ordinal: u32,
        name: &'t str,
    },
}

/// Tokens so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// All of them.
    pub(crate) tokens: u64,
    /// Those of thoughts.
    pub(crate) thought: u64,
}

/// What was said in all: a plain answer's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transcript {
    pub(crate) choices: Vec<Vec<Uttered>>,
    pub(crate) finish: Finish,
    pub(crate) tally: Tally,
}

/// A block that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Uttered {
    Thinking(String),
    Text(String),
    Refusal(String),
    Call {
        name: String,
        /// JSON, cut short if the answer was.
        arguments: String,
    },
}

#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    block: usize,
    /// Tokens of the block so far.
    within: u32,
    /// Calls before the block.
    calls: u32,
}

/// Words of thoughts and of further choices.
const WORDS: [&str; 8] = [" so", " first", " the", " question", " asks", " for", " an", " answer"];

impl TokenCursor {
    pub(crate) fn new(script: Script, marks: Marks) -> Self {
        let mut cursors = vec![Cursor::default(); script.choices.len()];
        if let Some(first) = cursors.first_mut() {
            first.within = script.said;
        }
        let turn = cursors.len().saturating_sub(1);
        let text = String::with_capacity(48);
        Self { script, marks, cursors, turn, text, tally: Tally::default() }
    }

    /// What is told.
    pub(crate) const fn script(&self) -> &Script {
        &self.script
    }

    /// Tokens so far.
    pub(crate) const fn tally(&self) -> Tally {
        self.tally
    }

    /// The next token; `None` after the last one.
    pub(crate) fn next(&mut self) -> Option<Piece<'_>> {
        let choices = self.cursors.len();
        let choice = (1..=choices)
            .map(|step| (self.turn + step) % choices)
            .find(|choice| self.cursors[*choice].block < self.script.choices[*choice].len())?;
        self.turn = choice;
        let at = self.cursors[choice];
        let block = &self.script.choices[choice][at.block];
        let ends = at.within + 1 >= block.tokens();
        let cursor = &mut self.cursors[choice];
        cursor.within += 1;
        if ends {
            let calls = at.calls + u32::from(matches!(block, Block::Call { .. }));
            *cursor = Cursor { block: at.block + 1, within: 0, calls };
        }
        self.tally.tokens += 1;
        let (kind, given) = match block {
            Block::Thinking { .. } => {
                self.tally.thought += 1;
                (Kind::Thinking, WORDS.get(at.within as usize % WORDS.len()).copied())
            }
            Block::Text { .. } if choice > 0 => {
                (Kind::Text, WORDS.get((choice + at.within as usize) % WORDS.len()).copied())
            }
            Block::Text { .. } => {
                self.text.clear();
                mark::push_token(&mut self.text, self.marks, at.within, ends);
                (Kind::Text, Some(self.text.as_str()))
            }
            Block::Given { pieces } => (Kind::Text, piece(pieces, at)),
            Block::Refusal { pieces } => (Kind::Refusal, piece(pieces, at)),
            Block::Call { name, arguments } => {
                (Kind::Call { ordinal: at.calls, name }, piece(arguments, at))
            }
        };
        let text = given.unwrap_or_default();
        let (choice, block) = (choice as u32, at.block as u32);
        let begins = if at.block == 0 && choice == 0 { self.script.said } else { 0 };
        Some(Piece { choice, block, kind, text, starts: at.within == begins, ends })
    }
}

impl Transcript {
    /// Nothing yet, of `script`.
    pub(crate) fn begun(script: &Script) -> Self {
        let choices = vec![Vec::new(); script.choices.len()];
        Self { choices, finish: script.finish, tally: Tally::default() }
    }

    /// One token more.
    pub(crate) fn hear(&mut self, piece: &Piece<'_>) {
        let Some(choice) = self.choices.get_mut(piece.choice as usize) else { return };
        if piece.starts {
            choice.push(match piece.kind {
                Kind::Thinking => Uttered::Thinking(String::new()),
                Kind::Text => Uttered::Text(String::new()),
                Kind::Refusal => Uttered::Refusal(String::new()),
                Kind::Call { name, .. } => {
                    Uttered::Call { name: name.to_owned(), arguments: String::new() }
                }
            });
        }
        match choice.last_mut() {
            Some(
                Uttered::Thinking(text)
                | Uttered::Text(text)
                | Uttered::Refusal(text)
                | Uttered::Call { arguments: text, .. },
            ) => text.push_str(piece.text),
            None => {}
        }
    }
}

fn piece(pieces: &[String], at: Cursor) -> Option<&str> {
    pieces.get(at.within as usize).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use vocab::{DeploymentNumber, PromptId, Visit};

    use super::super::{Block, Finish, Script};
    use super::{TokenCursor, Transcript, Uttered};

    fn told(choices: Vec<Vec<Block>>) -> Vec<String> {
        let script = Script { choices, finish: Finish::Stop, said: 0 };
        let marks = (DeploymentNumber(1), PromptId(7), Visit(1));
        let mut cursor = TokenCursor::new(script, marks);
        let mut told = Vec::new();
        while let Some(piece) = cursor.next() {
            told.push(format!("{}.{}{}", piece.choice, piece.block, piece.text));
        }
        assert_eq!(cursor.tally().tokens, told.len() as u64);
        told
    }

    #[test]
    fn choices_take_turns_and_the_first_carries_the_marks() {
        let text = |tokens| vec![Block::Text { tokens }];
        assert_eq!(
            told(vec![text(3), text(1)]),
            ["0.0 ~1.7.1.0", "1.0 first", "0.0 ~1.7.1.1", "0.0 ~1.7.1.2$"]
        );
        assert!(told(vec![]).is_empty());
        assert!(told(vec![vec![]]).is_empty());
    }

    #[test]
    fn what_was_said_adds_up() {
        let call = |name: &str| Block::Call {
            name: name.to_owned(),
            arguments: vec!["{".to_owned(), "}".to_owned()],
        };
        let blocks = vec![Block::Thinking { tokens: 2 }, call("a"), call("b")];
        let script = Script { choices: vec![blocks], finish: Finish::ToolCalls, said: 0 };
        let mut cursor =
            TokenCursor::new(script.clone(), (DeploymentNumber(1), PromptId(7), Visit(1)));
        let mut said = Transcript::begun(&script);
        while let Some(piece) = cursor.next() {
            said.hear(&piece);
        }
        assert_eq!(cursor.tally().thought, 2);
        let (name, arguments) = (|name: &str| name.to_owned(), "{}".to_owned());
        assert_eq!(
            said.choices,
            vec![vec![
                Uttered::Thinking(" so first".to_owned()),
                Uttered::Call { name: name("a"), arguments: arguments.clone() },
                Uttered::Call { name: name("b"), arguments },
            ]]
        );
    }
}
