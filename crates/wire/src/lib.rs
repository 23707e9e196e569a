//! The providers' wire formats: bytes to values and values to bytes, for the gateway, the fakes and
//! the load generator alike.
//!
//! One module per dialect ([`openai`], [`azure`], [`anthropic`], [`gemini`], [`bedrock`], [`ollama`]) over one
//! stream codec ([`sse`]; Bedrock alone has its own, [`bedrock::eventstream`]); [`framing`] reads either.
//! Types are strict where we author and tolerant where we read: unknown members are skipped. The hot
//! paths come in two sizes: a typed value for who must understand a body, and a scan (`RequestHead`,
//! `peek`, `Scanner`) for who only forwards it, so that the original bytes can go out untouched.
//!
//! No IO, no clock, no randomness, and no opinion: whether an error deserves a retry is decided
//! elsewhere, and so is the translation between dialects. Because both sides of a conversation share
//! these types, a wrong field name would cancel out; `fixtures/` therefore holds documented payloads,
//! written by hand and never by our own encoder.

pub mod anthropic;
pub mod azure;
pub mod bedrock;
mod error_reply;
pub mod framing;
pub mod gemini;
pub mod json_text;
pub mod multipart;
pub mod ollama;
pub mod openai;
pub mod percent;
pub mod rfc3339;
pub mod sse;
mod text_or;
mod walk;
mod window;

pub use error_reply::ErrorReply;
pub use json_text::Text;
pub use text_or::TextOr;
pub use window::{RetryAfter, Window};
