//! One reader for every framing: the same events wherever the bytes are split, and failures by one name.

#![expect(clippy::unwrap_used, reason = "helpers of a test stop it where they fail")]

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use wire::bedrock::eventstream::Frame;
use wire::bedrock::{ConverseEvent, StreamException};
use wire::framing::{BrokenFraming, Cutter, FAILURE, Framing};
use wire::sse::Event;

const BOUND: usize = 1000;

fn cut(framing: Framing, chunks: &[&[u8]]) -> Vec<Result<Event, BrokenFraming>> {
    let mut cutter = Cutter::new(framing, BOUND);
    let mut events = Vec::new();
    for chunk in chunks {
        cutter.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = cutter.next() {
            events.push(event);
        }
    }
    events
}

fn said(framing: Framing, bytes: &[u8]) -> Vec<(Option<String>, String)> {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let events = cut(framing, &[bytes]).into_iter().map(|event| event.unwrap());
    events.map(|event| (event.event.as_ref().map(text), text(&event.data))).collect()
}

fn aws() -> BytesMut {
    let mut out = BytesMut::new();
    ConverseEvent::text(0, "hello").write_frame(&mut out, 3);
    Frame { kind: wire::bedrock::eventstream::FrameKind::Other, payload: Bytes::new() }
        .write(&mut out);
    StreamException::Throttling.frame("Too many requests").write(&mut out);
    Frame::error("InternalFailure", "it broke").write(&mut out);
    out
}

#[test]
fn a_line_is_an_event_and_blank_ones_are_none() {
    let events = said(Framing::Lines, b"{\"a\":1}\r\n\n  \n {\"b\":2}\n{\"cut\":");
    assert_eq!(events, [(None, "{\"a\":1}".to_owned()), (None, "{\"b\":2}".to_owned())]);
}

#[test]
fn a_failures_frame_is_an_event_of_one_name_that_says_which() {
    let events = said(Framing::Aws, &aws());
    let failure = String::from_utf8(FAILURE.to_vec()).unwrap();
    let of = |kind: &str, message: &str| {
        let data = format!(r#"{{"error":{{"type":"{kind}","message":"{message}"}}}}"#);
        (Some(failure.clone()), data)
    };
    assert_eq!(events[0].0.as_deref(), Some("contentBlockDelta"));
    let expected =
        [of("throttlingException", "Too many requests"), of("InternalFailure", "it broke")];
    assert_eq!(events[1..], expected);
}

#[test]
fn what_outgrows_the_bound_or_does_not_add_up_ends_the_stream_once() {
    for framing in [Framing::Sse, Framing::Lines, Framing::Aws] {
        let flood = vec![b'x'; BOUND + 1];
        let events = cut(framing, &[&flood, b"\n\n{}\n\n"]);
        assert_eq!(events, [Err(BrokenFraming)], "{framing:?}");
    }
}

proptest! {
    #[test]
    fn no_split_changes_an_event(at in 0usize..400, lines in "[a-z{}\n ]{0,60}") {
        for (framing, bytes) in [(Framing::Aws, aws().to_vec()), (Framing::Lines, lines.into_bytes())] {
            let (before, after) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(cut(framing, &[before, after]), cut(framing, &[&bytes]));
        }
    }
}
