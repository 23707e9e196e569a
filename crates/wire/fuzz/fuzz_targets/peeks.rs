//! A look at any bytes: what the walk accepts, `serde_json` accepts, too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{anthropic, openai};

fuzz_target!(|bytes: &[u8]| {
    let is_json = serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
    let malformed = openai::peek(bytes).kind == openai::PeekKind::Malformed;
    assert!(is_json || malformed || bytes.trim_ascii() == openai::DONE);
    let malformed = anthropic::peek(None, bytes).kind == anthropic::PeekKind::Malformed;
    assert!(is_json || malformed);
});
