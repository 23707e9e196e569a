//! Percent-encoding of what becomes one segment of a path, or one value of a query.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` as one segment: whatever it says, it ends no segment and begins no query.
///
/// `.` and `..` stay what they are, for no escape helps: see [`is_dots`].
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Whether a segment would be taken for a step in the tree of paths and not for a name, escaped or
/// not (RFC 3986, section 5.2.4; WHATWG's URL standard treats `%2e` alike).
pub fn is_dots(text: &str) -> bool {
    matches!(text, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn nothing_leaves_its_segment() {
        for (text, encoded) in [
            ("gpt-4o_2024.08~x", "gpt-4o_2024.08~x"),
            ("GPT 4o EU", "GPT%204o%20EU"),
            ("<your-deployment>", "%3Cyour-deployment%3E"),
            ("a/b?c#d&e=f", "a%2Fb%3Fc%23d%26e%3Df"),
            ("../../secret?x=", "..%2F..%2Fsecret%3Fx%3D"),
            ("100%", "100%25"),
            ("模", "%E6%A8%A1"),
            ("a\r\nb", "a%0D%0Ab"),
        ] {
            assert_eq!(segment(text), encoded, "{text}");
        }
    }
}
