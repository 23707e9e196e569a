//! What a run prints: the first screen, in the order of the design's section 6, then the table of
//! faults, the report's path, and the command that explains the first red number.
//!
//! Words carry the meaning and colour repeats it, so the screen reads the same in a log file. What
//! comes from outside is stripped of control characters: a scenario's name cannot move the cursor.

pub(crate) mod assumed;
pub(crate) mod comparison;
mod ink;
pub(crate) mod opening;
pub(crate) mod outcome;
mod series;
mod table;

pub(crate) use ink::{Ink, Tone, plain, prose, wrap};
pub use series::series;

use crate::Analysis;

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

/// The first screen of a run.
pub fn screen(analysis: &Analysis, style: Style) -> String {
    let ink = Ink::new(style);
    let parts = [
        opening::opening(analysis, style, ink),
        comparison::comparison(analysis, style, ink),
        outcome::faults(analysis, style, ink),
        outcome::pointers(analysis, style, ink),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}
