//! Percent-encoding in paths and queries, as clients send model names and keys.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// `text` with its `%XX` decoded. What is no escape, or no UTF-8 afterwards, stays as it is.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

/// The value of a query's member, decoded.
pub(super) fn query_member<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let members = query.split('&').filter_map(|member| member.split_once('='));
    members.into_iter().find(|(found, _)| *found == name).map(|(_, value)| decode(value))
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
