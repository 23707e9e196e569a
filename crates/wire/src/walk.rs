//! A strict, non-allocating walk over compact JSON, for peeking into one member of many documents.
//!
//! It gives up (`None`) on anything unusual, valid or not: control bytes (so also line breaks between
//! tokens), escaped member names, surrogate escapes, deep nesting. The caller then asks `serde_json`,
//! so the walk may be narrow but must never accept what `serde_json` rejects.

use memchr::memchr2;

use crate::json_text::Text;

/// Deepest nesting walked; what the providers send stays below 12.
const MAX_DEPTH: u8 = 32;

pub(crate) struct Walk<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
}

/// What a skipped value was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skipped {
    Null,
    EmptyArray,
    Other,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(document: &'a [u8]) -> Option<Self> {
        let usual = document.iter().fold(true, |usual, &byte| usual & (byte >= 0x20));
        if !usual {
            return None;
        }
        let text = std::str::from_utf8(document).ok()?;
        Some(Self { text, at: 0, depth: 0 })
    }

    /// Visits the members of the object that begins here. `visit` must consume the value.
    pub(crate) fn members(
        &mut self,
        mut visit: impl FnMut(&mut Self, &'a str) -> Option<()>,
    ) -> Option<()> {
        self.open(b'{')?;
        if self.take(b'}') {
            self.depth -= 1;
            return Some(());
        }
        loop {
            let (name, escapes) = self.string_and_escapes()?;
            if escapes {
                return None;
            }
            self.expect(b':')?;
            visit(self, name)?;
            if self.take(b'}') {
                self.depth -= 1;
                return Some(());
            }
            self.expect(b',')?;
        }
    }

    /// [`Self::members`], or any other value passed over.
    pub(crate) fn members_if_object(
        &mut self,
        visit: impl FnMut(&mut Self, &'a str) -> Option<()>,
    ) -> Option<()> {
        if self.next_byte()? == b'{' { self.members(visit) } else { self.skip().map(drop) }
    }

    /// Visits the elements of the array that begins here. `visit` must consume the element.
    pub(crate) fn elements(
        &mut self,
        mut visit: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.open(b'[')?;
        if self.take(b']') {
            self.depth -= 1;
            return Some(());
        }
        loop {
            visit(self)?;
            if self.take(b']') {
                self.depth -= 1;
                return Some(());
            }
            self.expect(b',')?;
        }
    }

    /// The string that begins here, escapes and all, without its quotes.
    pub(crate) fn string(&mut self) -> Option<&'a str> {
        self.string_and_escapes().map(|(string, _)| string)
    }

    /// Also tells whether it holds an escape.
    fn string_and_escapes(&mut self) -> Option<(&'a str, bool)> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escapes = false;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let special = find_special(rest)?;
            let length = match &rest[special..] {
                [b'"', ..] => {
                    let end = self.at + special;
                    self.at = end + 1;
                    return Some((&self.text[start..end], escapes));
                }
                [b'\\', b'u', a, b, c, d, ..] => {
                    let surrogate = matches!(a, b'd' | b'D') && *b >= b'8';
                    let hex = [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit());
                    if surrogate || !hex {
                        return None;
                    }
                    6
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                _ => return None,
            };
            escapes = true;
            self.at += special + length;
        }
    }

    /// The string that begins here, or any other value passed over.
    pub(crate) fn text(&mut self) -> Option<Option<Text<'a>>> {
        if self.next_byte()? == b'"' {
            self.string().map(|raw| Some(Text::raw(raw)))
        } else {
            self.skip().map(|_| None)
        }
    }

    /// Passes over any value.
    pub(crate) fn skip(&mut self) -> Option<Skipped> {
        match self.next_byte()? {
            b'"' => self.string().map(|_| Skipped::Other),
            b'{' => self.members(|walk, _| walk.skip().map(drop)).map(|()| Skipped::Other),
            b'[' => {
                let mut kind = Skipped::EmptyArray;
                self.elements(|walk| {
                    kind = Skipped::Other;
                    walk.skip().map(drop)
                })?;
                Some(kind)
            }
            b'n' => self.literal("null").map(|()| Skipped::Null),
            b't' => self.literal("true").map(|()| Skipped::Other),
            b'f' => self.literal("false").map(|()| Skipped::Other),
            b'-' | b'0'..=b'9' => self.number().map(|()| Skipped::Other),
            _ => None,
        }
    }

    /// Fails unless nothing but spaces is left.
    pub(crate) fn end(mut self) -> Option<()> {
        self.next_byte().is_none().then_some(())
    }

    /// The first byte of what comes next, spaces skipped.
    pub(crate) fn next_byte(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn open(&mut self, bracket: u8) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.expect(bracket)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.next_byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        let found = self.text.as_bytes()[self.at..].starts_with(literal.as_bytes());
        self.at += literal.len();
        found.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.text.as_bytes()[self.at] == b'-');
        match self.digits() {
            1 => {}
            // none is an error; very many may overflow, which some readers refuse
            0 | 19.. => return None,
            count if self.text.as_bytes()[self.at - count] == b'0' => return None,
            _ => {}
        }
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return None;
            }
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            // rare, and a value that overflows is refused by some readers only
            return None;
        }
        Some(())
    }

    fn digits(&mut self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }
}

/// Most strings are names and ids: so many bytes are searched word by word before the set-up of a
/// vectorised search pays.
const SHORT: usize = 32;

/// Where the next quote or backslash is.
fn find_special(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let mut at = 0;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        if at >= SHORT {
            return memchr2(b'"', b'\\', rest).map(|found| at + found);
        }
        let word = u64::from_le_bytes(*word);
        let hits = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        (rest, at) = (after, at + 8);
    }
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| at + found)
}

const EACH: u64 = 0x0101_0101_0101_0101;
const QUOTES: u64 = EACH * b'"' as u64;
const BACKSLASHES: u64 = EACH * b'\\' as u64;

/// The top bit of each byte that is zero. Bytes above the lowest zero may be marked wrongly.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & (EACH << 7)
}

/// Fails on a repeated member, of which `serde_json` believes the last one. `bit` stands for it.
pub(crate) const fn once(seen: &mut u8, bit: u8) -> Option<()> {
    if *seen & bit != 0 {
        return None;
    }
    *seen |= bit;
    Some(())
}
