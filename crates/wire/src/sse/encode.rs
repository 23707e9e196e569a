//! Writes frames. Line ends are LF, as all providers send them.

use bytes::{BufMut, BytesMut};
use memchr::memchr2;

/// OpenAI's and Azure's last frame. Anthropic has none: its last event is `message_stop`.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// Appends a frame without a name: `data: …`, one line per line of `data`.
pub fn data(out: &mut BytesMut, data: &[u8]) {
    data_lines(out, data);
    out.put_u8(b'\n');
}

/// Appends a named frame: `event: …` and then its data. `name` must be one line.
pub fn event(out: &mut BytesMut, name: &str, data: &[u8]) {
    debug_assert!(memchr2(b'\n', b'\r', name.as_bytes()).is_none(), "an event name is one line");
    out.put_slice(b"event: ");
    out.put_slice(name.as_bytes());
    out.put_u8(b'\n');
    data_lines(out, data);
    out.put_u8(b'\n');
}

/// Appends a comment frame (`: …`), which readers ignore; proxies send it to keep a connection
/// alive. `text` must be one line.
pub fn comment(out: &mut BytesMut, text: &str) {
    debug_assert!(memchr2(b'\n', b'\r', text.as_bytes()).is_none(), "a comment is one line");
    out.put_slice(b": ");
    out.put_slice(text.as_bytes());
    out.put_slice(b"\n\n");
}

fn data_lines(out: &mut BytesMut, mut data: &[u8]) {
    out.reserve(data.len() + 16);
    loop {
        out.put_slice(b"data: ");
        let Some(end) = memchr2(b'\n', b'\r', data) else {
            out.put_slice(data);
            out.put_u8(b'\n');
            return;
        };
        out.put_slice(&data[..end]);
        out.put_u8(b'\n');
        let crlf = data[end..].starts_with(b"\r\n");
        data = &data[end + 1 + usize::from(crlf)..];
    }
}
