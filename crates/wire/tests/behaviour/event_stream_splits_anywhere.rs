//! However a binary stream is cut into chunks, the same frames come out; what is broken is refused,
//! and what is cut short is told from what is complete.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use wire::bedrock::{
    ConverseEvent, StreamException, TextTemplate,
    eventstream::{Decoder, Frame, FrameError, FrameKind, spoil_checksum},
};

const MAX: usize = 4096;
const RECORDED: &[u8] = include_bytes!("../../fixtures/bedrock/converse_frames.bin");
const DOCUMENTED: &str = include_str!("../../fixtures/bedrock/converse_stream.jsonl");
/// Letters of padding in the fixture's frames.
const PADDING: [usize; 6] = [24, 3, 26, 0, 7, 62];

#[test]
fn documented_events_are_written_as_recorded() {
    let mut frames = BytesMut::new();
    for (line, padding) in DOCUMENTED.lines().zip(PADDING) {
        serde_json::from_str::<ConverseEvent>(line).unwrap().write_frame(&mut frames, padding);
    }
    assert_eq!(frames, RECORDED);
    let mut again = BytesMut::new();
    TextTemplate::new(0).write_text(&mut again, "Rhine,", 3);
    let second = frame_at(RECORDED, 1);
    assert_eq!(again, second);
}

#[test]
fn failures_are_written_and_read_as_recorded() {
    let throttled: &[u8] = include_bytes!("../../fixtures/bedrock/exception_throttling.bin");
    let frame =
        StreamException::Throttling.frame("Too many requests, please wait before trying again.");
    assert_eq!(written(&frame), throttled);
    assert_eq!(StreamException::of(&frame), Some(StreamException::Throttling));
    let unmodelled: &[u8] = include_bytes!("../../fixtures/bedrock/error_unmodelled.bin");
    let frame = Frame::error("InternalFailure", "Something broke.");
    assert_eq!(written(&frame), unmodelled);
    assert_eq!(Frame::read(unmodelled).unwrap(), frame);
}

#[test]
fn a_spoiled_checksum_ends_the_stream() {
    let mut stream = BytesMut::from(RECORDED);
    let first = frame_at(RECORDED, 0).len();
    let second = first + frame_at(RECORDED, 1).len();
    spoil_checksum(&mut stream[first..second]);
    let mut decoder = Decoder::new(MAX);
    decoder.push(&stream);
    assert!(decoder.next().unwrap().is_ok());
    assert!(matches!(decoder.next(), Some(Err(FrameError::Malformed { .. }))));
    decoder.push(RECORDED);
    assert_eq!(decoder.next(), None, "nobody knows where the next frame begins");
}

#[test]
fn a_cut_frame_is_left_over() {
    let (frames, rest) = decode(&RECORDED[..RECORDED.len() - 1], &[]);
    assert_eq!(frames.len(), PADDING.len() - 1);
    assert_eq!(rest, frame_at(RECORDED, 5)[..frame_at(RECORDED, 5).len() - 1]);
    assert!(decode(RECORDED, &[]).1.is_empty());
}

#[test]
fn a_frame_beyond_the_bound_is_refused_by_its_first_twelve_bytes() {
    let mut frame = BytesMut::new();
    ConverseEvent::text(0, &"x".repeat(MAX)).write_frame(&mut frame, 0);
    let mut decoder = Decoder::new(MAX);
    decoder.push(&frame[..12]);
    let announced = frame.len();
    assert_eq!(decoder.next(), Some(Err(FrameError::TooLong { announced, limit: MAX })));
    let mut decoder = Decoder::new(MAX);
    decoder.push(b"HTTP/1.1 502 Bad Gateway");
    assert!(matches!(decoder.next(), Some(Err(FrameError::Malformed { .. }))));
}

/// Garbage never has a right checksum, so this frame is made with one: its twelve bytes are enough to
/// know that it is none, and nobody waits for more of it.
#[test]
fn a_frame_shorter_than_its_own_frame_is_refused_by_its_first_twelve_bytes() {
    for announced in 0..16_u32 {
        let lengths = [announced.to_be_bytes(), 0_u32.to_be_bytes()].concat();
        let checksum = crc32fast::hash(&lengths).to_be_bytes();
        let mut decoder = Decoder::new(MAX);
        decoder.push(&[&lengths[..], &checksum].concat());
        let problem = format!("a length of {announced} bytes");
        assert_eq!(decoder.next(), Some(Err(FrameError::Malformed { problem })));
    }
}

proptest! {
    #[test]
    fn any_split_gives_the_same_frames(cuts in prop::collection::vec(0..RECORDED.len(), 0..20)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let (whole, _) = decode(RECORDED, &[]);
        let (split, rest) = decode(RECORDED, &cuts);
        prop_assert_eq!(&split, &whole);
        prop_assert!(rest.is_empty());
        let everywhere: Vec<usize> = (0..RECORDED.len()).collect();
        prop_assert_eq!(decode(RECORDED, &everywhere).0, whole);
    }

    #[test]
    fn templates_write_what_the_typed_encoder_writes(
        text in "(?s).{0,40}", index in any::<u32>(), padding in 0..70_usize,
    ) {
        let (mut fast, mut typed) = (BytesMut::from(&b"before"[..]), BytesMut::from(&b"before"[..]));
        TextTemplate::new(index).write_text(&mut fast, &text, padding);
        ConverseEvent::text(index, &text).write_frame(&mut typed, padding);
        prop_assert_eq!(fast, typed);
    }

    #[test]
    fn what_is_written_is_read(name in "(?s).{0,20}", payload in prop::collection::vec(any::<u8>(), 0..60)) {
        for frame in [Frame::event(&name, payload.clone()), Frame::exception(&name, payload.clone())] {
            prop_assert_eq!(Frame::read(&written(&frame)).unwrap(), frame);
        }
    }
}

#[test]
fn headers_of_a_later_version_make_a_frame_that_may_be_skipped() {
    let frame = Frame { kind: FrameKind::Other, payload: Bytes::from_static(b"{}") };
    assert_eq!(Frame::read(&written(&frame)).unwrap(), frame);
    assert_eq!(ConverseEvent::read("weatherReport", b"{}"), None);
    assert_eq!(ConverseEvent::read("messageStart", b"not json"), None);
}

fn written(frame: &Frame) -> BytesMut {
    let mut out = BytesMut::new();
    frame.write(&mut out);
    out
}

/// The n-th frame of a stream, by the lengths that its frames begin with.
fn frame_at(mut stream: &[u8], n: usize) -> &[u8] {
    for _ in 0..n {
        stream = &stream[length(stream)..];
    }
    &stream[..length(stream)]
}

fn length(stream: &[u8]) -> usize {
    u32::from_be_bytes(*stream.first_chunk().unwrap()) as usize
}

fn decode(stream: &[u8], cuts: &[usize]) -> (Vec<Frame>, Bytes) {
    let mut decoder = Decoder::new(MAX);
    let (mut frames, mut from) = (Vec::new(), 0);
    for &cut in cuts.iter().chain([&stream.len()]) {
        decoder.push(&stream[from..cut]);
        from = cut;
        frames.extend(std::iter::from_fn(|| decoder.next()).map(Result::unwrap));
    }
    (frames, decoder.finish().rest)
}
