//! Cells of text in CSV files: a spreadsheet runs a cell that begins like a formula, and text here
//! may come from anybody's config. Such a cell gets an apostrophe in front, and readers take it off.
//!
//! The rule knows nothing of columns: whoever writes says which cells are text.

use std::borrow::Cow;

/// What stands in front of a cell that is not to be run.
const GUARD: char = '\'';

/// The text as a cell: with `'` in front where it begins with `=`, `+`, `-`, `@`, a tab, a line end,
/// one of their full-width forms, or with `'` itself, so that [`original`] undoes it without doubt.
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(begins_like_a_formula) {
        Cow::Owned(format!("{GUARD}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that [`inert`] made a cell of: one leading `'` taken off.
pub fn original(cell: &str) -> &str {
    cell.strip_prefix(GUARD).unwrap_or(cell)
}

const fn begins_like_a_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | GUARD)
}

#[cfg(test)]
mod tests {
    use super::{inert, original};

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded_and_comes_back() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("＝1", "'＝1"),
            ("'quoted'", "''quoted'"),
            ("west", "west"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(inert(text), cell);
            assert_eq!(original(cell), text);
        }
    }
}
