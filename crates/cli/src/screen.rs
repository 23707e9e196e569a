//! The terminal: how wide it is, whether it takes colours, and printing that survives `| head`.

use std::io::{IsTerminal, Write};

/// Widest layout; longer lines are hard to read.
const WIDTH_MAX: usize = 160;

/// Width where nobody looks: a file, a log.
const WIDTH_ELSEWHERE: usize = 120;

/// Columns of stdout.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stdout())
        .map_or(WIDTH_ELSEWHERE, |(width, _)| usize::from(width.0))
        .clamp(60, WIDTH_MAX)
}

/// Whether stdout takes colours: a terminal, and NO_COLOR not set (no-color.org).
pub(crate) fn colour() -> bool {
    std::io::stdout().is_terminal() && !no_colour()
}

/// Whether stderr takes colours.
pub(crate) fn colour_on_stderr() -> bool {
    std::io::stderr().is_terminal() && !no_colour()
}

#[expect(clippy::disallowed_methods, reason = "the cli may read the environment")]
fn no_colour() -> bool {
    std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty())
}

/// Prints a result. A reader who closed the pipe has seen enough.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Prints a remark.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}
