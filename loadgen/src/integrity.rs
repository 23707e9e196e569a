//! What the marks in an answer say: whole, cut short, doubled, spliced, shuffled, or not ours.
//!
//! A pure state machine over the words of one answer, in constant memory: every token carries who
//! said it, to which prompt, at which visit and at which position, so a gateway that glues two
//! streams together or invents an ending cannot pass. It judges content only; whether the transport
//! was sound is `verdict`'s business. It must never know which dialect carried the text.

use vocab::mark::{Mark, MarkReader};
use vocab::{DeploymentNumber, Integrity, PromptId, Visit};

/// The content of one answer, read as it arrives.
#[derive(Debug)]
pub struct Content {
    reader: MarkReader,
    words: Words,
    /// First byte that is no white space: tells "nothing came" from "half a mark came".
    first_byte: Option<u8>,
    /// Whether the text so far ends inside a word.
    mid_word: bool,
}

/// What the words so far add up to.
#[derive(Debug)]
struct Words {
    expected: PromptId,
    /// Who said the first token.
    served: Option<(DeploymentNumber, Visit)>,
    /// Who said the newest one.
    speaking: Option<(DeploymentNumber, Visit)>,
    /// Tokens of any kind.
    tokens: u64,
    /// Position that comes next; one past the highest seen.
    next_seq: u32,
    /// The planned last token was seen.
    ended: bool,
    wrong: bool,
    spliced: bool,
    /// The stream said that somebody else goes on from here.
    marked: bool,
    resumed: bool,
    reordered: bool,
    duplicated: bool,
}

impl Content {
    /// An answer that should belong to `prompt`.
    pub fn new(prompt: PromptId) -> Self {
        let words = Words {
            expected: prompt,
            served: None,
            speaking: None,
            tokens: 0,
            next_seq: 0,
            ended: false,
            wrong: false,
            spliced: false,
            marked: false,
            resumed: false,
            reordered: false,
            duplicated: false,
        };
        Self { reader: MarkReader::default(), words, first_byte: None, mid_word: false }
    }

    /// Reads the next piece of text, whatever its size.
    pub fn read(&mut self, text: &str) {
        let Some(&last) = text.as_bytes().last() else { return };
        if self.first_byte.is_none() {
            self.first_byte = text.bytes().find(|byte| !byte.is_ascii_whitespace());
        }
        self.mid_word = !last.is_ascii_whitespace() && last != b'$';
        let words = &mut self.words;
        self.reader.read(text, |mark| words.take(mark));
    }

    /// The stream says that somebody else goes on with the answer from here.
    pub const fn resumes(&mut self) {
        self.words.marked = true;
    }

    /// Ends the text: nothing more will come. The word under way counts, unless it is only the
    /// beginning of a mark.
    pub fn finish(&mut self) {
        let began_as_mark = self.words.tokens > 0 || self.first_byte == Some(b'~');
        let words = &mut self.words;
        self.reader.finish(|mark| words.take_unfinished(mark, began_as_mark));
        self.mid_word = false;
    }

    /// What the content so far amounts to. Never `Cached`: marks cannot say that.
    pub fn integrity(&self) -> Integrity {
        let words = &self.words;
        if words.wrong {
            Integrity::Wrong
        } else if words.spliced {
            Integrity::Spliced
        } else if words.reordered {
            Integrity::Reordered
        } else if words.duplicated {
            Integrity::Duplicated
        } else if words.ended && words.resumed {
            Integrity::Resumed
        } else if words.ended {
            Integrity::Complete
        } else if self.first_byte.is_some() {
            Integrity::Truncated
        } else {
            Integrity::Empty
        }
    }

    /// Tokens with a mark that came, doubled and foreign ones included.
    pub const fn tokens(&self) -> u64 {
        self.words.tokens
    }

    /// Tokens that came, the word under way included, as long as nothing was wrong with them;
    /// otherwise 0.
    pub fn good_tokens(&self) -> u64 {
        match self.integrity() {
            Integrity::Complete | Integrity::Resumed | Integrity::Truncated => {
                self.words.tokens + u64::from(self.mid_word)
            }
            Integrity::Duplicated
            | Integrity::Spliced
            | Integrity::Reordered
            | Integrity::Cached
            | Integrity::Wrong
            | Integrity::Empty => 0,
        }
    }

    /// Deployment and visit that said the first token.
    pub const fn served(&self) -> Option<(DeploymentNumber, Visit)> {
        self.words.served
    }
}

impl Words {
    fn take(&mut self, mark: Mark) {
        let Mark::Token { deployment, prompt, visit, seq, last } = mark else {
            self.wrong = true;
            return;
        };
        self.tokens += 1;
        self.wrong |= prompt != self.expected;
        let speaker = (deployment, visit);
        let speaking = self.speaking.get_or_insert(speaker);
        if *speaking != speaker {
            let marked = std::mem::take(&mut self.marked);
            self.resumed |= marked;
            self.spliced |= !marked;
            *speaking = speaker;
        }
        self.served.get_or_insert(speaker);
        // Whatever the disorder of distinct tokens, the first misplaced one is ahead of its turn.
        self.duplicated |= seq < self.next_seq;
        self.reordered |= seq > self.next_seq || (self.ended && seq >= self.next_seq);
        self.next_seq = self.next_seq.max(seq.saturating_add(1));
        self.ended |= last;
    }

    /// The last word of a text that did not end with `$`: it may be a mark cut in the middle.
    fn take_unfinished(&mut self, mark: Mark, began_as_mark: bool) {
        let is_piece = match mark {
            Mark::Foreign => began_as_mark,
            Mark::Token { deployment, prompt, visit, seq, .. } => {
                prompt == self.expected
                    && self.speaking == Some((deployment, visit))
                    && is_decimal_prefix(seq, self.next_seq)
            }
        };
        if self.ended || !is_piece {
            self.take(mark);
        }
    }
}

/// Whether the digits of `part` are the first digits, but not all, of `whole`.
fn is_decimal_prefix(part: u32, mut whole: u32) -> bool {
    while whole >= 10 {
        whole /= 10;
        if whole == part {
            return true;
        }
    }
    false
}
