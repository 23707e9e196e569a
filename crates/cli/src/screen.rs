//! The terminal: how wide it is, whether it takes colours, and printing that survives `| head`.
//!
//! The only door to it. Names, keys and messages from outside are in what is printed, so everything is
//! made visible here: no character reaches the terminal that would act on it, but the colours of
//! [`print_painted`] and [`complain_painted`].

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use supports_color::Stream;

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

/// Columns of stderr.
pub(crate) fn width_on_stderr() -> usize {
    terminal_size::terminal_size_of(std::io::stderr())
        .map_or(WIDTH_ELSEWHERE, |(width, _)| usize::from(width.0).max(40))
}

/// Whether stdout takes colours: FORCE_COLOR and CLICOLOR_FORCE say so, NO_COLOR says not, else a terminal that can does.
pub(crate) fn colour() -> bool {
    takes_colours(Stream::Stdout)
}

/// Whether stderr takes colours.
pub(crate) fn colour_on_stderr() -> bool {
    takes_colours(Stream::Stderr)
}

fn takes_colours(stream: Stream) -> bool {
    supports_color::on(stream).is_some_and(|level| level.has_basic)
}

/// Prints a result.
pub(crate) fn print(text: &str) {
    write_out(&vocab::visible(text));
}

/// Prints a result that a library has painted, with its colours where stdout takes them.
pub(crate) fn print_painted(text: &str) {
    write_out(&painted(text, colour()));
}

/// Prints a result that is JSON, in which a hidden character is an escape of JSON's own.
pub(crate) fn print_json(text: &str) {
    write_out(&visible_json(text));
}

/// A reader who closed the pipe has seen enough; a result that could not be written anywhere else is
/// remembered, and makes the process fail.
fn write_out(text: &str) {
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

/// Prints a value as JSON.
pub(crate) fn print_value(value: &impl serde::Serialize) {
    // Reports are plain data: what fails here is the reader's pipe.
    if let Ok(text) = serde_json::to_string_pretty(value) {
        print_json(&text);
    }
}

/// Whether a result was lost on its way to stdout.
pub(crate) fn lost_a_result() -> bool {
    LOST.load(Ordering::Relaxed)
}

static LOST: AtomicBool = AtomicBool::new(false);

/// Prints why the command failed, laid out like a remark.
pub(crate) fn complain(text: &str) {
    remark(text);
}

/// Prints why the command failed, as a library has painted it.
pub(crate) fn complain_painted(text: &str) {
    write_err(&painted(text, colour_on_stderr()));
}

fn write_err(text: &str) {
    // Nobody is left to tell that stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}

/// A line from outside, for those who draw by themselves.
pub(crate) fn line(text: &str) -> String {
    vocab::visible_line(text).into_owned()
}

/// Painted text: of all escapes only those that choose a colour or a weight stay, where `colour` is
/// wanted.
fn painted(text: &str, colour: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ESCAPE) {
        shown.push_str(&vocab::visible(&rest[..at]));
        let (escape, after) = rest[at..].split_at(rendition(&rest[at..]).max(1));
        if colour && escape.len() > 1 {
            shown.push_str(escape);
        } else {
            shown.push_str(&vocab::visible(escape));
        }
        rest = after;
    }
    shown + &vocab::visible(rest)
}

const ESCAPE: char = '\u{1b}';

/// Length of the "select graphic rendition" (`ESC [ digits ; … m`) at the start of `text`, else 0.
fn rendition(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = parameters.find(|c: char| !(c.is_ascii_digit() || c == ';'));
    end.filter(|end| parameters[*end..].starts_with('m')).map_or(0, |end| end + 3)
}

/// JSON text: a hidden character can only stand in a string, where `\u009b` means the same.
fn visible_json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if vocab::is_hidden(c) && c != '\n' {
            let mut units = [0; 2];
            shown.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Prints the beginning of a remark: as much as fits into one line, and an ellipsis if that is not all.
pub(crate) fn remark_line(text: &str) {
    let room = width_on_stderr();
    let text = vocab::visible_line(text);
    let cut = text.chars().count() > room;
    let kept: String = text.chars().take(if cut { room - 1 } else { room }).collect();
    write_err(&format!("{}{}", kept.trim_end(), if cut { "…" } else { "" }));
}

/// Prints lines that another program reads on stderr, each whole.
pub(crate) fn remark_raw(text: &str) {
    text.lines().for_each(|line| write_err(&vocab::visible_line(line)));
}

/// Prints a remark, broken at spaces where a terminal is narrower; what follows is indented.
pub(crate) fn remark(text: &str) {
    let text = vocab::visible(text);
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

#[cfg(test)]
mod tests {
    use super::{painted, visible_json};

    #[test]
    fn colours_pass_and_nothing_else_does() {
        let text = "\u{1b}[1;31mbad\u{1b}[0m \u{1b}[2J\u{1b}]0;title\u{7}\u{1b}m\u{1b}[31";
        let shown = "\u{1b}[1;31mbad\u{1b}[0m \\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{1b}m\\u{1b}[31";
        assert_eq!(painted(text, true), shown);
        assert!(!painted(text, false).contains('\u{1b}'));
    }

    #[test]
    fn json_stays_the_same_value() {
        let text = "\u{1b}\u{9b}\u{202e}\u{e0041}ü\n";
        let json = serde_json::to_string_pretty(&[text]).expect("serialises");
        let shown = visible_json(&json);
        assert!(shown.chars().all(|c| c == '\n' || !vocab::is_hidden(c)), "{shown}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).expect("JSON"), [text]);
    }
}
