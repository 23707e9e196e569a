//! Chat completions in the words of a protocol of its own: what each such protocol brings along ([`Translated`]),
//! which is all that is asked of a further one.
//!
//! It must never know which protocol it is.

use bytes::Bytes;
use wire::framing::Framing;

use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::members::Member;

/// How one protocol says what a chat completion says.
#[derive(Debug)]
pub(super) struct Translated {
    /// What becomes of the members of a request.
    pub(super) members: &'static [Member],
    /// Puts a request into the protocol's words.
    pub(super) request: fn(&Asked<'_>) -> Result<Encoded, Refused>,
    /// Reads a whole answer.
    pub(super) reply: fn(&[u8], Opening<'_>) -> Option<WholeAnswer>,
    /// What frames its streams.
    pub(super) framing: Framing,
    /// Who reads a stream.
    pub(super) stream: fn(Opening<'_>) -> Box<dyn Interpreter>,
}

impl Dialect for Translated {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        (self.request)(asked)
    }

    fn members(&self) -> &'static [Member] {
        self.members
    }

    fn framing(&self) -> Framing {
        self.framing
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        (self.reply)(&answer, at)
    }

    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter> {
        (self.stream)(at)
    }
}
