//! Text from outside, made fit to be shown: no control characters, so that a scenario's name cannot move a cursor, and
//! no more of it than a reader can use.

/// A name from outside without control characters, at most 200 of the rest.
pub(crate) fn plain(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    bounded(text, CHARS_MAX)
}

/// A sentence from outside, or with names from outside, without control characters; at most 2,000 of
/// the rest, which is for wrapping and not for cutting.
pub(crate) fn prose(text: &str) -> String {
    const CHARS_MAX: usize = 2_000;
    bounded(text, CHARS_MAX)
}

fn bounded(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars_max).collect()
}
