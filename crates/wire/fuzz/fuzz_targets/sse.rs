//! Events come out of any bytes, and the scanner agrees with the decoder about where frames end.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use wire::sse::{Decoder, Scanner};

fuzz_target!(|bytes: &[u8]| {
    let found = events(bytes);
    let (mut scanner, mut rest, mut alone) = (Scanner::new(), bytes, Vec::new());
    while let Some(end) = scanner.next_end(rest) {
        alone.extend(events(&rest[..end]));
        rest = &rest[end..];
    }
    if !bytes.windows(3).any(|window| window == b"\xef\xbb\xbf") {
        assert_eq!(alone, found);
    }
});

fn events(bytes: &[u8]) -> Vec<Bytes> {
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(Bytes::copy_from_slice(bytes));
    let mut events = Vec::new();
    while let Some(Ok(event)) = decoder.next() {
        events.push(event.data);
    }
    events
}
