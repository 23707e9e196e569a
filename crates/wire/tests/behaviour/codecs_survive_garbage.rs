//! Whatever bytes arrive, every decoder answers or refuses: none panics, none yields more than it
//! was given, and the scanner and the decoder agree about where frames end. Arbitrary bytes reach
//! little of the code, so documented payloads with a few bytes changed are fed as well.
//! `crates/wire/fuzz` asks the same for longer.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path, sync::OnceLock};

use bytes::Bytes;
use proptest::prelude::*;
use wire::{
    anthropic, azure, bedrock,
    bedrock::eventstream,
    gemini, openai,
    openai::responses,
    rfc3339,
    sse::{Decoder, Scanner},
};

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        feed(&bytes);
    }

    #[test]
    fn documented_payloads_with_bytes_changed(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = which.get(payloads()).clone();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ if at < bytes.len() => bytes[at] = byte,
                _ => bytes.push(byte),
            }
        }
        feed(&bytes);
        bytes.truncate(cut.index(bytes.len() + 1));
        feed(&bytes);
    }

    #[test]
    fn sums_that_are_right_around_contents_that_are_not(
        headers in prop::collection::vec(any::<u8>(), 0..60),
        stated in any::<u8>(),
        payload in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        feed_frames(&sealed(&headers, &payload, headers.len() as u32));
        feed_frames(&sealed(&headers, &payload, stated.into()));
    }
}

fn feed(bytes: &[u8]) {
    feed_events(bytes);
    feed_frames(bytes);
    let _ = openai::peek(bytes).has_output();
    let _ = anthropic::peek(Some(b"content_block_delta"), bytes).has_output();
    let _ = openai::RequestHead::scan(bytes);
    let _ = openai::ErrorDetail::read(bytes);
    let _ = anthropic::ErrorDetail::read(bytes);
    let _ = gemini::RpcStatus::read(bytes);
    let _ = bedrock::ErrorDetail::read(None, bytes);
    let _ = (openai::Usage::read(bytes), anthropic::Usage::read(bytes));
    let _ = bedrock::ConverseEvent::read("contentBlockDelta", bytes);
    let _ = serde_json::from_slice::<openai::ChatRequest>(bytes);
    let _ = serde_json::from_slice::<responses::ResponsesRequest>(bytes);
    let _ = serde_json::from_slice::<responses::Event>(bytes);
    let _ = serde_json::from_slice::<anthropic::MessagesRequest>(bytes);
    let _ = serde_json::from_slice::<anthropic::StreamEvent>(bytes);
    let _ = serde_json::from_slice::<gemini::GenerateRequest>(bytes);
    let _ = serde_json::from_slice::<gemini::GenerateReply>(bytes);
    let _ = serde_json::from_slice::<bedrock::ConverseRequest>(bytes);
    let _ = serde_json::from_slice::<bedrock::PayloadPart>(bytes).map(|part| part.inner());
    if let Ok(request) = serde_json::from_slice::<openai::EmbeddingRequest>(bytes) {
        let _ = request.inputs();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = rfc3339::parse_rfc3339(text);
        let _ = openai::parse_go_duration(text);
        let _ = (azure::api_version_of(text), azure::deployment_of(text));
    }
}

/// Data of events is part of what came in, and each frame of the scanner holds the events that the
/// decoder finds in it.
fn feed_events(bytes: &[u8]) {
    let events = |bytes: &[u8]| {
        let mut decoder = Decoder::new(1 << 16);
        decoder.push(Bytes::copy_from_slice(bytes));
        std::iter::from_fn(|| decoder.next()).map(|e| e.unwrap().data).collect::<Vec<_>>()
    };
    let found = events(bytes);
    assert!(found.iter().map(Bytes::len).sum::<usize>() <= bytes.len());
    let (mut scanner, mut rest, mut alone) = (Scanner::new(), bytes, Vec::new());
    while let Some(end) = scanner.next_end(rest) {
        assert!(end > 0 && end <= rest.len(), "a frame is some of what is left");
        alone.extend(events(&rest[..end]));
        rest = &rest[end..];
    }
    // a mark at the stream's start is skipped there, and is garbage where a frame stands alone
    if !bytes.windows(3).any(|window| window == b"\xef\xbb\xbf") {
        assert_eq!(alone, found, "scanner and decoder disagree");
    }
}

/// Frames are part of what came in, and after a broken one there is none.
fn feed_frames(bytes: &[u8]) {
    let mut decoder = eventstream::Decoder::new(1 << 16);
    let (mut payloads, mut broken) = (0, false);
    for chunk in bytes.chunks(7) {
        decoder.push(chunk);
        while let Some(frame) = decoder.next() {
            assert!(!broken, "nothing follows a broken frame");
            match frame {
                Ok(frame) => payloads += frame.payload.len(),
                Err(_) => broken = true,
            }
        }
    }
    assert!(payloads + decoder.finish().rest.len() <= bytes.len());
    let _ = eventstream::Frame::read(bytes);
}

/// A frame with checksums that are right, whatever is in it.
fn sealed(headers: &[u8], payload: &[u8], headers_bytes: u32) -> Vec<u8> {
    let total = (16 + headers.len() + payload.len()) as u32;
    let mut frame = Vec::new();
    frame.extend(total.to_be_bytes());
    frame.extend(headers_bytes.to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// All fixtures.
fn payloads() -> &'static [Vec<u8>] {
    static PAYLOADS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    PAYLOADS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let (mut folders, mut paths) = (vec![root], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.extension().and_then(|extension| extension.to_str()) {
                    None => folders.push(path),
                    Some("md") => {}
                    Some(_) => paths.push(path),
                }
            }
        }
        paths.sort();
        assert!(paths.len() > 50, "the fixtures are found");
        paths.into_iter().map(|path| fs::read(path).unwrap_or_else(|e| panic!("{e}"))).collect()
    })
}
