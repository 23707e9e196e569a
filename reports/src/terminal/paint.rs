//! Colours and text for a terminal: styling and wrapping.

use anstyle::{AnsiColor, Style as Ansi};

use super::Style;

/// Paints, or does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Painter {
    colour: bool,
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    Plain,
    /// A heading, a name.
    Strong,
    /// Detail.
    Dim,
    /// Kept, valid.
    Good,
    /// Broken, invalid.
    Bad,
    /// Simulated, no data: read with care.
    Care,
    /// Changed on purpose: nothing broke.
    Event,
}

impl Painter {
    pub(crate) fn new(style: Style) -> Self {
        Self { colour: style.colour }
    }

    /// `text` in this tone.
    pub(crate) fn paint(self, text: &str, tone: Tone) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let fg = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
        let ansi = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => Ansi::new().bold(),
            Tone::Dim => Ansi::new().dimmed(),
            Tone::Good => fg(AnsiColor::Green),
            Tone::Bad => fg(AnsiColor::Red).bold(),
            Tone::Care => fg(AnsiColor::Yellow),
            Tone::Event => fg(AnsiColor::Cyan).bold(),
        };
        format!("{ansi}{text}{ansi:#}")
    }
}

/// Units that stay with the number before them.
const UNITS: [&str; 5] = ["%", "ms", "s", "m", "h"];

/// Wraps words to `width` columns, a number and its unit being one; later lines are indented by
/// `indent`.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in words(text) {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word);
        column += length;
    }
    out
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let unit = UNITS.contains(&word.trim_end_matches([',', ';', ':', '.', ')']));
        match words.last_mut() {
            Some(last) if unit && last.ends_with(|c: char| c.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// A name in lines of at most `width` characters, broken after a `-`, `_`, `.` or `/` where there is one.
pub(crate) fn fold(name: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut rest: Vec<char> = name.chars().collect();
    while rest.len() > width {
        let joint = |c: &char| matches!(c, '-' | '_' | '.' | '/');
        let at = rest[..width].iter().rposition(joint).map_or(width, |at| at + 1);
        lines.push(rest.drain(..at).collect());
    }
    lines.push(rest.into_iter().collect());
    lines.join("\n")
}

/// Joins pieces with ` · ` (or another separator), starting a new line where one would not fit.
pub(crate) fn flow(pieces: &[String], separator: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        match lines.last_mut() {
            Some(line) if fits(line, separator, piece, width) => {
                line.push_str(separator);
                line.push_str(piece);
            }
            _ => lines.push(wrap(piece, width, 2)),
        }
    }
    lines.join("\n")
}

fn fits(line: &str, separator: &str, piece: &str, width: usize) -> bool {
    let last = line.rsplit('\n').next().unwrap_or(line);
    last.chars().count() + separator.chars().count() + piece.chars().count() <= width
}
