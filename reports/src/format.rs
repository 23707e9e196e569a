//! Output formats: an open set, one file per format and one row in [`ALL`].
//!
//! A format turns an [`Analysis`] into files in memory; whoever owns the run directory writes them.
//! It prints the numbers of `report` and makes none of its own.

mod comparison;
mod faults;
mod json;
mod markdown;
mod page;
mod plots;

use crate::Analysis;

/// A file of a report, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name relative to the run directory; may contain one folder.
    pub name: String,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// An output format.
pub trait Report: Sync {
    /// The files, in the order in which they should be listed.
    fn files(&self, analysis: &Analysis) -> Vec<File>;
}

/// Every format, in the order in which the files are listed.
pub const ALL: &[&dyn Report] = &[
    &page::Html,
    &json::Json,
    &markdown::Markdown,
    &comparison::ComparisonCsv,
    &faults::FaultsCsv,
    &plots::Svg,
];

/// All files of all formats.
pub fn render(analysis: &Analysis) -> Vec<File> {
    ALL.iter().flat_map(|format| format.files(analysis)).collect()
}

impl File {
    /// A text file.
    pub(crate) fn text(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), bytes: text.into_bytes() }
    }
}
