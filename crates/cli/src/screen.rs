//! The terminal: how wide it is, whether it takes colours, and printing that survives `| head`.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

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

/// Prints a result. A reader who closed the pipe has seen enough; a result that could not be written
/// anywhere else is remembered, and makes the process fail.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let written = write!(out, "{text}{end}").and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        remark(&format!("error: cannot write the result to stdout: {error}"));
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Whether a result was lost on its way to stdout.
pub(crate) fn lost_a_result() -> bool {
    LOST.load(Ordering::Relaxed)
}

static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a remark, broken at spaces where a terminal is narrower; what follows is indented.
pub(crate) fn remark(text: &str) {
    let width = terminal_size::terminal_size_of(std::io::stderr())
        .map_or(usize::MAX, |(width, _)| usize::from(width.0).max(40));
    let mut err = std::io::stderr().lock();
    for line in text.trim_end().lines() {
        let indent = line.len() - line.trim_start().len();
        let mut row = " ".repeat(indent);
        let mut words = 0;
        for word in line.split_whitespace() {
            if words > 0 && row.chars().count() + 1 + word.chars().count() > width {
                let _ = writeln!(err, "{row}");
                row = " ".repeat(indent + 2);
                words = 0;
            }
            if words > 0 {
                row.push(' ');
            }
            row.push_str(word);
            words += 1;
        }
        let _ = writeln!(err, "{row}");
    }
}
