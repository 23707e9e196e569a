//! However a stream is cut into chunks, the same events come out and no byte is lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use wire::sse::{Decoder, Event, Scanner, SseError, Tail, encode};

const MAX: usize = 4096;

proptest! {
    #[test]
    fn any_split_gives_the_events_that_the_standard_says(
        lines in prop::collection::vec(line(), 0..40),
        bom in any::<bool>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut stream = if bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        stream.extend(lines.concat());
        let expected = by_the_standard(&stream);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let (events, _) = decode(&stream, &cuts);
        prop_assert_eq!(gist(&events), expected.clone());
        let everywhere: Vec<usize> = (0..stream.len()).collect();
        let (events, _) = decode(&stream, &everywhere);
        prop_assert_eq!(gist(&events), expected);
    }

    #[test]
    fn frames_of_a_scanner_add_up_to_the_input(
        lines in prop::collection::vec(line(), 0..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let stream = lines.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut frames, mut scanner, mut frame) = (Vec::new(), Scanner::new(), Vec::new());
        for chunk in chunks(&stream, &cuts) {
            let mut rest = &chunk[..];
            while let Some(end) = scanner.next_end(rest) {
                frame.extend_from_slice(&rest[..end]);
                frames.push(std::mem::take(&mut frame));
                rest = &rest[end..];
            }
            frame.extend_from_slice(rest);
        }
        // each frame by itself holds the events that the decoder found in the whole
        let alone: Vec<_> = frames.iter().flat_map(|frame| gist(&decode(frame, &[]).0)).collect();
        let (events, tail) = decode(&stream, &cuts);
        prop_assert_eq!(alone, gist(&events));
        prop_assert_eq!(&tail.rest[..], &frame[..]);
        frames.push(frame);
        prop_assert_eq!(frames.concat(), stream);
    }

    #[test]
    fn what_is_encoded_is_decoded(
        name in prop::option::of("[a-z_]{1,12}"),
        data in "(?s).{0,60}",
        cut in any::<prop::sample::Index>(),
    ) {
        let mut frame = BytesMut::new();
        encode::comment(&mut frame, "keep-alive");
        match &name {
            Some(name) => encode::event(&mut frame, name, data.as_bytes()),
            None => encode::data(&mut frame, data.as_bytes()),
        }
        let (events, tail) = decode(&frame, &[cut.index(frame.len())]);
        prop_assert!(!tail.lost && tail.rest.is_empty());
        let expected = data.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(gist(&events), vec![(name.unwrap_or_default(), expected)]);
    }
}

#[test]
fn an_event_within_one_chunk_is_not_copied() {
    let chunk = Bytes::from_static(b"event: ping\ndata: {}\n\ndata: [DONE]\n\n");
    let (events, tail) = decode(&chunk, &[]);
    assert_eq!(gist(&events), [("ping".into(), "{}".into()), ("".into(), "[DONE]".into())]);
    assert!(!tail.lost);
    let mut decoder = Decoder::new(MAX);
    decoder.push(chunk.clone());
    let within = |part: &Bytes| chunk.as_ptr_range().contains(&part.as_ptr());
    while let Some(event) = decoder.next() {
        let event = event.unwrap();
        assert!(within(&event.data) && within(&event.raw));
    }
}

#[test]
fn raw_is_the_frame_as_it_came() {
    let stream = b": hi\n\nevent: a\r\ndata: 1\r\nid: 7\r\n\r\nretry: 5\rdata:2\r\r";
    let (events, _) = decode(stream, &[]);
    let raw: Vec<_> = events.iter().map(|event| &event.raw[..]).collect();
    assert_eq!(raw, [&b"event: a\r\ndata: 1\r\nid: 7\r\n\r\n"[..], b"retry: 5\rdata:2\r\r"]);
}

#[test]
fn the_tail_tells_a_lost_event_from_a_clean_end() {
    let lost = |stream: &[u8]| decode(stream, &[]).1.lost;
    assert!(!lost(b""));
    assert!(!lost(b"data: a\n\n"));
    assert!(!lost(b"data: a\n\n: bye"));
    assert!(!lost(b"\xef\xbb\xbf"));
    assert!(lost(b"data: a\n"));
    assert!(lost(b"data: a\n\nda"));
    let (events, tail) = decode(b"data: a\r\n\r\n", &[10]);
    assert_eq!((events.len(), tail.lost, &tail.rest[..]), (1, false, &b"\n"[..]));
}

#[test]
fn an_event_that_outgrows_the_bound_ends_the_stream() {
    let error = SseError::TooLong { limit: 16 };
    let mut endless = Decoder::new(16);
    for _ in 0..3 {
        endless.push(Bytes::from_static(b"data: 7"));
        match endless.next() {
            None => {}
            Some(found) => assert_eq!(found, Err(error.clone())),
        }
    }
    endless.push(Bytes::from_static(b"\n\ndata: a\n\n"));
    assert_eq!(endless.next(), None, "a failed decoder stays silent");

    let mut whole = Decoder::new(16);
    whole.push(Bytes::from_static(b"data: a\n\ndata: 0123456789\n\n"));
    assert!(whole.next().unwrap().is_ok());
    assert_eq!(whole.next(), Some(Err(error)));

    let mut comments = Decoder::new(16);
    for _ in 0..100 {
        comments.push(Bytes::from_static(b": still here\n\n"));
        assert_eq!(comments.next(), None, "what was skipped does not count");
    }
}

/// A line, or half of one: enough for frames, near misses and garbage.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop::sample::select(vec![
        "data: {\"a\":\"ü😀\"}",
        "data:x",
        "data",
        "data: ",
        "data:  two spaces",
        "event: delta",
        "event:",
        "id: 3",
        "retry: 10",
        ": comment",
        ":",
        "",
        "",
        "",
        "datax: no",
        "garbage",
        " data: y",
    ]);
    let ends = prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\r\n", "\r", ""]);
    (fields, ends).prop_map(|(field, end)| format!("{field}{end}").into_bytes())
}

/// A transcription of the standard's algorithm, on the whole stream at once.
fn by_the_standard(stream: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(stream.to_vec()).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let Some((complete, _)) = text.rsplit_once('\n') else { return Vec::new() };
    let (mut events, mut name, mut data) = (Vec::new(), String::new(), String::new());
    for line in complete.split('\n') {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut name), std::mem::take(&mut data));
            if let Some(data) = data.strip_suffix('\n') {
                events.push((name, data.to_owned()));
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => data += &format!("{value}\n"),
            "event" => value.clone_into(&mut name),
            _ => {}
        }
    }
    events
}

fn decode(stream: &[u8], cuts: &[usize]) -> (Vec<Event>, Tail) {
    let mut decoder = Decoder::new(MAX);
    let mut events = Vec::new();
    for chunk in chunks(stream, cuts) {
        decoder.push(chunk);
        events.extend(std::iter::from_fn(|| decoder.next()).map(Result::unwrap));
    }
    (events, decoder.finish())
}

fn chunks(stream: &[u8], cuts: &[usize]) -> Vec<Bytes> {
    let (mut from, mut chunks) = (0, Vec::new());
    for &cut in cuts.iter().chain([&stream.len()]) {
        chunks.push(Bytes::copy_from_slice(&stream[from..cut]));
        from = cut;
    }
    chunks
}

fn gist(events: &[Event]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let name = |event: &Event| event.event.as_deref().map(text).unwrap_or_default();
    events.iter().map(|event| (name(event), text(&event.data))).collect()
}
