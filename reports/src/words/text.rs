//! Text from outside on one line: lines joined, no more of it than a reader can use, and visible once more, for paths
//! and arguments that did not come in with a run directory.

/// A name from outside, at most 200 characters of it.
pub(crate) fn plain(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    bounded(text, CHARS_MAX)
}

/// A sentence from outside, or with names from outside; at most 2,000 characters of it, which is for
/// wrapping and not for cutting.
pub(crate) fn prose(text: &str) -> String {
    const CHARS_MAX: usize = 2_000;
    bounded(text, CHARS_MAX)
}

fn bounded(text: &str, chars_max: usize) -> String {
    let joined = |c: char| if c.is_control() { ' ' } else { c };
    vocab::visible(text).chars().map(joined).take(chars_max).collect()
}
