//! Percent-encoding in paths and queries, as clients send model names and keys.

use std::borrow::Cow;

/// `text` with its `%XX` decoded. What is no escape, or no UTF-8 afterwards, stays as it is.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| after.split_first_chunk::<2>()).flatten();
        let decoded = escaped.and_then(|(digits, after)| Some((hex(*digits)?, after)));
        let (byte, after) = decoded.unwrap_or((byte, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The value of a query's member, decoded.
pub(super) fn query_member<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let members = query.split('&').filter_map(|member| member.split_once('='));
    members.into_iter().find(|(found, _)| *found == name).map(|(_, value)| decode(value))
}

fn hex(digits: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    Some(digit(digits[0])? << 4 | digit(digits[1])?)
}

#[cfg(test)]
mod tests {
    use super::{decode, query_member};

    #[test]
    fn escapes_are_decoded_and_anything_else_is_left() {
        assert_eq!(decode("anthropic.claude-v2%3A1"), "anthropic.claude-v2:1");
        assert_eq!(decode("a%2Fb%2fc"), "a/b/c");
        for kept in ["plain", "100%", "%zz", "%ff", "%"] {
            assert_eq!(decode(kept), kept);
        }
        assert_eq!(query_member("alt=sse&key=a%20b", "key").as_deref(), Some("a b"));
        assert_eq!(query_member("alt=sse", "key"), None);
    }
}
