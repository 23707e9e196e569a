//! A recorded run → numbers → verdict → files.
//!
//! [`analyse`] reads a run directory (its only input) and folds it to an [`Analysis`]; [`render`]
//! turns that into files, [`terminal::screen`] into the first screen, [`seeds::combine`] joins
//! several runs, and [`explain::explain`] tells the story of one request. Numbers are made in `fold`
//! and nowhere else; every format prints the same ones. This crate writes no file, and must never
//! know a clock, a gateway or a provider.

mod analysis;
mod expanded;
pub mod explain;
mod figures;
mod fold;
pub mod format;
mod html;
mod plot;
pub mod report;
pub mod seeds;
pub mod terminal;
mod validity;
mod verdict;

pub use analysis::{AnalyseError, Analysis, analyse};
pub use format::{File, render};
