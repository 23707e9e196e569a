//! A table of text for a terminal: columns as wide as their widest cell, two-line headers, cells
//! with a tone. A name too long for its column takes several lines, and a column for which there is no
//! room is told under its rows: nothing is left out because a terminal is narrow.

use super::Style;
use super::paint::{Painter, Tone, flow, fold};
use crate::words::figures::NOT_APPLICABLE;

/// Blanks between two columns.
const GAP: usize = 2;

/// Columns that a name may take, however narrow the terminal.
const NAME_MIN: usize = 18;

/// A cell. Its text may have several lines.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// Which side of a column its cells touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flush {
    Left,
    Right,
}

/// A column: its two header lines, and which side its cells are flush with.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) head: [String; 2],
    pub(super) flush: Flush,
    pub(super) cells: Vec<Cell>,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    /// A name, in as many lines as it takes not to fill more than a quarter of the terminal.
    pub(super) fn name(text: &str, tone: Tone, style: Style) -> Self {
        Self::new(fold(text, (style.columns() / 4).max(NAME_MIN)), tone)
    }

    /// Every line of it two columns further in.
    pub(super) fn indented(self) -> Self {
        let lines: Vec<String> = self.text.lines().map(|line| format!("  {line}")).collect();
        Self::new(lines.join("\n"), self.tone)
    }
}

impl Column {
    pub(super) fn new(head: [&str; 2], flush: Flush) -> Self {
        Self { head: head.map(str::to_owned), flush, cells: Vec::new() }
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.text.as_str());
        let texts = self.head.iter().map(String::as_str).chain(cells);
        texts.flat_map(str::lines).map(|text| text.chars().count()).max().unwrap_or(0)
    }

    /// Its header on one line.
    fn title(&self) -> String {
        self.head.join(" ").trim().to_owned()
    }
}

/// The table of the columns that fit; what the others say stands under each row, dim.
pub(super) fn stacked(mut columns: Vec<Column>, style: Style, painter: Painter) -> Vec<String> {
    let mut moved = Vec::new();
    while width(&columns) > style.columns() && columns.len() > 1 {
        moved.extend(columns.pop());
    }
    moved.reverse();
    lines(&columns, painter, |row| under(&told(&moved, row), style, painter))
}

/// What stands under a row: these pieces, dim and indented; nothing without any.
pub(super) fn under(pieces: &[String], style: Style, painter: Painter) -> Option<String> {
    let text = flow(pieces, " · ", style.columns() - INDENT);
    let line = |line: &str| painter.paint(&format!("{:INDENT$}{line}", ""), Tone::Dim);
    (!pieces.is_empty()).then(|| text.lines().map(line).collect::<Vec<_>>().join("\n"))
}

/// Indent of what stands under a row.
const INDENT: usize = 4;

/// `first rescue 2.1 s`, `flaps 3`; those that do not apply together: `n/a: failed back, burn`.
fn told(moved: &[Column], row: usize) -> Vec<String> {
    let (mut pieces, mut absent) = (Vec::new(), Vec::new());
    for column in moved {
        match column.cells.get(row).map_or("", |cell| cell.text.as_str()) {
            "" => {}
            NOT_APPLICABLE => absent.push(column.title()),
            text => pieces.push(format!("{} {text}", column.title())),
        }
    }
    pieces.extend((!absent.is_empty()).then(|| format!("{NOT_APPLICABLE}: {}", absent.join(", "))));
    pieces
}

/// Columns that the table needs.
pub(super) fn width(columns: &[Column]) -> usize {
    columns.iter().map(Column::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// Lines of the table. `under(row)` may give a line to print below a row.
pub(super) fn lines(
    columns: &[Column],
    painter: Painter,
    under: impl Fn(usize) -> Option<String>,
) -> Vec<String> {
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for head in 0..2 {
        let cell = |column: &Column| Cell::new(column.head[head].clone(), Tone::Dim);
        if columns.iter().any(|column| !column.head[head].is_empty()) {
            lines.push(line(columns, painter, cell));
        }
    }
    for row in 0..rows {
        let blank = || Cell::new("", Tone::Plain);
        let of_row = |column: &Column| column.cells.get(row).map_or(1, |c| c.text.lines().count());
        for nth in 0..columns.iter().map(of_row).max().unwrap_or(1).max(1) {
            lines.push(line(columns, painter, |column| {
                let cell = column.cells.get(row);
                let text = cell.and_then(|cell| Some((cell.text.lines().nth(nth)?, cell.tone)));
                text.map_or_else(blank, |(text, tone)| Cell::new(text, tone))
            }));
        }
        lines.extend(under(row));
    }
    lines
}

fn line(columns: &[Column], painter: Painter, cell: impl Fn(&Column) -> Cell) -> String {
    let mut out = String::new();
    for (at, column) in columns.iter().enumerate() {
        let cell = cell(column);
        let blanks = " ".repeat(column.width().saturating_sub(cell.text.chars().count()));
        let painted = painter.paint(&cell.text, cell.tone);
        if at > 0 {
            out.push_str(&" ".repeat(GAP));
        }
        let (left, right) = match column.flush {
            Flush::Left => ("", blanks.as_str()),
            Flush::Right => (blanks.as_str(), ""),
        };
        out.push_str(left);
        out.push_str(&painted);
        out.push_str(right);
    }
    out.truncate(out.trim_end().len());
    out
}
