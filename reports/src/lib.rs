//! A recorded run → numbers → verdict → files.
//!
//! [`analyse`] reads a run directory (its only input) and evaluates it to an [`Analysis`]; [`render`]
//! turns that into files, [`terminal::screen`] into the first screen, [`seeds::combine`] joins
//! several runs, and [`explain::explain`] tells the story of one request. Numbers are made in `numbers`
//! and nowhere else; every format prints the same ones. This crate writes no file, and must never
//! know a clock, a gateway or a provider.

mod analysis;
mod examples;
pub mod explain;
mod files;
mod numbers;
mod plot;
mod reading;
pub mod report;
pub mod seeds;
mod summary;
mod tables;
pub mod terminal;
mod validity;
mod verdict;
pub mod why;
mod words;

pub use analysis::{AnalyseError, Analysis, analyse};
pub use files::{File, gate as gate_files, render, render_series};
pub use verdict::requirement::{Requirement, requirement};
pub use words::figures::of_metric;
