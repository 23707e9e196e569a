//! Frames come out of any bytes however they are cut, and each that does is written as it came.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use wire::bedrock::eventstream::{Decoder, Frame, FrameKind};

fuzz_target!(|bytes: &[u8]| {
    let whole = frames(bytes, bytes.len().max(1));
    assert_eq!(frames(bytes, 1), whole);
    for frame in whole {
        if frame.kind == FrameKind::Other {
            continue;
        }
        let mut out = BytesMut::new();
        frame.write(&mut out);
        assert_eq!(Frame::read(&out).expect("what was written is read").payload, frame.payload);
    }
});

fn frames(bytes: &[u8], size: usize) -> Vec<Frame> {
    let (mut decoder, mut frames) = (Decoder::new(1 << 20), Vec::new());
    for chunk in bytes.chunks(size) {
        decoder.push(chunk);
        while let Some(Ok(frame)) = decoder.next() {
            frames.push(frame);
        }
    }
    frames
}
