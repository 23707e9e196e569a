//! JSON strings on the hot path: escaping into a buffer, and unescaping only when someone looks.
//!
//! Escapes exactly as `serde_json` does, so that a template and a typed encoder write the same bytes.

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};

/// Text found in a JSON document, not yet unescaped.
#[derive(Clone, Debug)]
pub struct Text<'a>(Inner<'a>);

#[derive(Clone, Debug)]
enum Inner<'a> {
    /// Between the quotes, in UTF-8, with escapes that are known to be valid.
    Raw(&'a str),
    /// Already unescaped.
    Owned(String),
}

impl<'a> Text<'a> {
    /// `raw` is what stands between the quotes of a valid JSON string.
    pub(crate) const fn raw(raw: &'a str) -> Self {
        Self(Inner::Raw(raw))
    }

    pub(crate) const fn owned(text: String) -> Self {
        Self(Inner::Owned(text))
    }

    /// Whether there is no text.
    pub const fn is_empty(&self) -> bool {
        match &self.0 {
            Inner::Raw(raw) => raw.is_empty(),
            Inner::Owned(text) => text.is_empty(),
        }
    }

    /// The text; borrowed from the document unless it holds an escape.
    pub fn unescape(self) -> Cow<'a, str> {
        match self.0 {
            Inner::Raw(raw) if !raw.contains('\\') => Cow::Borrowed(raw),
            Inner::Raw(raw) => Cow::Owned(unescape(raw)),
            Inner::Owned(text) => Cow::Owned(text),
        }
    }
}

/// Appends `text` as it stands between the quotes of a JSON string.
pub fn escape_into(out: &mut BytesMut, text: &str) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.put_slice(&bytes[done..at]);
        done = at + 1;
        match short_escape(byte) {
            Some(letter) => out.put_slice(&[b'\\', letter]),
            None => out.put_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    out.put_slice(&bytes[done..]);
}

/// Appends a whole number.
pub(crate) fn put_number(out: &mut BytesMut, number: u64) {
    let mut digits = [0_u8; 20];
    let (mut at, mut rest) = (digits.len(), number);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.put_slice(&digits[at..]);
}

const fn short_escape(byte: u8) -> Option<u8> {
    match byte {
        b'"' => Some(b'"'),
        b'\\' => Some(b'\\'),
        0x08 => Some(b'b'),
        0x0c => Some(b'f'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        b'\t' => Some(b't'),
        _ => None,
    }
}

const fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

/// The escapes of `raw` are valid and contain no surrogates (see `walk`), so nothing is lost here.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut chars = escaped.chars();
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('u') => {
                let code = escaped.get(1..5).and_then(|code| u32::from_str_radix(code, 16).ok());
                text.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
                chars = escaped.get(5..).unwrap_or_default().chars();
            }
            Some(other) => text.push(other),
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text
}
