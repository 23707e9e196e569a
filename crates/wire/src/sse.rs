//! Server-sent events: the framing under every streamed answer that is not AWS's.
//!
//! [`Decoder`] turns pushed chunks into [`Event`]s, for who reads a stream. [`Scanner`] only finds
//! where frames end, for who forwards the original bytes and merely observes. [`encode`] writes
//! frames. All three follow the WHATWG rules (LF, CRLF and CR line ends, comments, a leading BOM,
//! several data lines, one optional space after the colon) and accept a split at any byte.
//!
//! What an event means is the business of the dialects; here data is bytes.

mod decoder;
pub mod encode;
mod scanner;

pub use decoder::{Decoder, Event, SseError, Tail};
pub use scanner::Scanner;

/// The content type of an event stream, as every provider sends it.
pub const CONTENT_TYPE: &str = "text/event-stream";

/// Upper bound of one frame for who passes answers on: pictures come within events, in base64, and clients wait for them.
pub const PASSED_ON_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// Upper bound of one frame that suits every dialect here: the largest frames seen in the wild are
/// Azure's filter annotations and whole tool arguments, tens of kilobytes.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 1024 * 1024;
