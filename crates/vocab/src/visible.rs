//! Text from outside made fit for a screen: what would move a cursor, change a colour, turn the
//! direction of reading round or take no room is written out as `\u{1b}`.
//!
//! Pure text; who prints where, and what a line is, is the caller's.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every [hidden](is_hidden) character written out as `\u{1b}`; newlines and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    written_out(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

/// As [`visible`], for what must stay on one line: newlines and tabs are written out too.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    written_out(text, is_hidden)
}

/// Whether a character acts on what shows it, or cannot be seen: controls (C0, DEL, C1), line and
/// paragraph separators, the characters that direct bidirectional text, and those without a width or
/// a picture (Unicode's category Cf, the fillers, the tags). Selectors of an emoji's form are not.
pub const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

fn written_out(text: &str, out: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&out) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if out(c) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::{is_hidden, visible, visible_line};

    #[test]
    fn what_acts_on_a_terminal_is_written_out() {
        for (text, shown) in [
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("\u{9b}31m\u{7f}\r", "\\u{9b}31m\\u{7f}\\u{d}"),
            ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
            ("we\u{200b}st\u{feff}", "we\\u{200b}st\\u{feff}"),
            ("\u{e0041}\u{2067}", "\\u{e0041}\\u{2067}"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_line("two\nlines\t"), "two\\u{a}lines\\u{9}");
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        let text = "café – Größe, 東京 \"x\" \\ C:\\u 🙂 ⚠\u{fe0f} e\u{301} שלום\u{a0}!";
        assert_eq!(visible_line(text), text);
    }

    #[test]
    fn every_control_character_is_hidden() {
        let all = (0..=0x10_ffff).filter_map(char::from_u32);
        let left: Vec<char> = all.filter(|c| c.is_control() && !is_hidden(*c)).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
