//! What a run prints: the first screen, in the order of the design's section 6, then the table of
//! faults, the report's path, and the command that explains the first red number.
//!
//! Words carry the meaning and colour repeats it, so the screen reads the same in a log file. What
//! comes from outside is stripped of control characters: a scenario's name cannot move the cursor.
//! It must never make a number.

mod comparison;
mod faults;
mod gate;
mod opening;
mod paint;
mod series;
mod story;
mod table;

pub use gate::gate;
use paint::Painter;
pub use series::series;
pub use story::story;

use crate::Analysis;
use crate::words::text::plain;

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns available; 60 at least are used.
    pub width: usize,
    /// Whether ANSI colours are wanted.
    pub colour: bool,
}

impl Style {
    /// Fewest columns for which lines are laid out.
    const WIDTH_MIN: usize = 60;

    pub(crate) fn columns(self) -> usize {
        self.width.max(Self::WIDTH_MIN)
    }
}

/// One run of a series in short: what was run, whether it is valid, its verdict, and where its report is.
pub fn short(analysis: &Analysis, style: Style) -> String {
    let painter = Painter::new(style);
    let path = analysis.dir.join("report.html").display().to_string();
    opening::short(analysis, style, painter) + &format!("report  {}\n", plain(&path))
}

/// The first screen of a run.
pub fn screen(analysis: &Analysis, style: Style) -> String {
    let painter = Painter::new(style);
    let parts = [
        opening::opening(analysis, style, painter),
        comparison::comparison(analysis, style, painter),
        faults::faults(analysis, style, painter),
        faults::pointers(analysis, style, painter),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}
