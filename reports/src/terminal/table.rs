//! A table of text for a terminal: columns as wide as their widest cell, two-line headers, cells
//! with a tone.

use super::paint::{Painter, Tone};

/// Blanks between two columns.
const GAP: usize = 2;

/// A cell.
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
}

impl Column {
    pub(super) fn new(head: [&str; 2], flush: Flush) -> Self {
        Self { head: head.map(str::to_owned), flush, cells: Vec::new() }
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.text.as_str());
        let texts = self.head.iter().map(String::as_str).chain(cells);
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    }
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
        lines.push(line(columns, painter, |column| {
            column.cells.get(row).cloned().unwrap_or_else(blank)
        }));
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
