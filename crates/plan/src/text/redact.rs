//! Credentials out of what is quoted. A report shows the lines around a mistake, and the lines of a
//! LiteLLM config may hold keys.
//!
//! Works on text, before and without any parsing, so that it also covers files that are not valid
//! YAML; and keeps every byte's place.

/// Ends of keys whose values are credentials, or addresses that contain one.
const SECRET_KEYS: &[&str] = &[
    "key",
    "key_id",
    "secret",
    "password",
    "passwd",
    "token",
    "credentials",
    "database_url",
    "redis_url",
    "webhook_url",
    "connection_string",
    "authorization",
];
/// A reference instead of a value: shown, because it is the name that one wants to check.
pub(crate) const REFERENCE: &str = "os.environ/";

/// The same text, byte for byte as long, with every value of a secret key and everything that looks
/// like a provider's key replaced by `*`.
pub(crate) fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        redact_line(line, &mut out);
    }
    out
}

fn redact_line(line: &str, out: &mut String) {
    let mut rest = line;
    // Each turn consumes at least the colon that it found.
    while let Some(colon) = rest.find(':') {
        let (before, after) = rest.split_at(colon + 1);
        mask_lookalikes(before, out);
        rest = after;
        if !is_secret_key(&before[..colon]) {
            continue;
        }
        let value = after.trim_start_matches([' ', '\t']);
        let gap = after.len() - value.len();
        let end = value_end(value);
        out.push_str(&after[..gap]);
        if value.trim_start_matches(['"', '\'']).starts_with(REFERENCE) {
            out.push_str(&value[..end]);
        } else {
            mask(&value[..end], out);
        }
        rest = &value[end..];
    }
    mask_lookalikes(rest, out);
}

/// Whether the text before a colon ends in the name of a credential.
pub(crate) fn is_secret_key(before: &str) -> bool {
    let name = before.trim_end().trim_end_matches(['"', '\'']);
    let start = name.rfind(|c: char| !(c.is_alphanumeric() || "_-".contains(c)));
    let name =
        &name[start.map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8))..];
    let name = name.to_ascii_lowercase().replace('-', "_");
    name != "first_token" && SECRET_KEYS.iter().any(|key| name.ends_with(key))
}

/// Where a scalar ends: at its closing quote, or before a flow delimiter, comment or line end.
fn value_end(value: &str) -> usize {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        return value[1..].find(quote).map_or(value.trim_end().len(), |at| at + 2);
    }
    let end = value.find([',', '}', ']']).unwrap_or(value.len());
    value[..end].trim_end().len()
}

/// Masks words that start like a provider's key, wherever they stand.
fn mask_lookalikes(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find("sk-") {
        let (before, word) = rest.split_at(at);
        let end = word.find(|c: char| !(c.is_alphanumeric() || "_-".contains(c)));
        let (word, after) = word.split_at(end.unwrap_or(word.len()));
        out.push_str(before);
        let inside = before.ends_with(|c: char| c.is_alphanumeric());
        if inside || word.len() < 8 {
            out.push_str(word);
        } else {
            mask(word, out);
        }
        rest = after;
    }
    out.push_str(rest);
}

fn mask(value: &str, out: &mut String) {
    out.extend(std::iter::repeat_n('*', value.len()));
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn credentials_are_masked_in_place() {
        for (text, shown) in [
            ("api_key: hunter2\n", "api_key: *******\n"),
            ("{ api_key: \"a, b\", model: x }", "{ api_key: ******, model: x }"),
            ("'client-secret' : 'x'", "'client-secret' : ***"),
            ("a: 1, master_key: os.environ/KEY }", "a: 1, master_key: os.environ/KEY }"),
            ("x: Bearer sk-abcdefgh.", "x: Bearer ***********."),
            ("target: first, after_tokens: 12", "target: first, after_tokens: 12"),
            ("database_url: postgres://u:p@h/d", "database_url: ******************"),
            ("key: ü", "key: **"),
            ("task-list: risk-averse", "task-list: risk-averse"),
            (":::", ":::"),
        ] {
            assert_eq!(redacted(text), shown);
            assert_eq!(redacted(text).len(), text.len());
        }
    }
}
