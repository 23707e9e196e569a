//! Output formats that are files: an open set, one file per format and one row in [`ALL`].
//!
//! A format turns an [`Analysis`] into files in memory; whoever owns the run directory writes them.
//! It prints the numbers of `report` and makes none of its own. A format must never know another,
//! or a path.

mod comparison_csv;
mod faults_csv;
pub mod gate;
mod html;
mod json;
mod markdown;
mod robust_json;
mod series;
mod svg;

use crate::Analysis;
use crate::seeds::Series;

/// A file of a report, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name relative to the run directory; may contain one folder.
    pub name: String,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// An output format.
trait Format: Sync {
    /// The files, in the order in which they should be listed.
    fn files(&self, analysis: &Analysis) -> Vec<File>;
}

/// Every format, in the order in which the files are listed.
const ALL: &[&dyn Format] = &[
    &html::Html,
    &json::Json,
    &markdown::Markdown,
    &comparison_csv::ComparisonCsv,
    &faults_csv::FaultsCsv,
    &robust_json::RobustJson,
    &svg::Svg,
];

/// All files of all formats.
pub fn render(analysis: &Analysis) -> Vec<File> {
    ALL.iter().flat_map(|format| format.files(analysis)).collect()
}

/// The files of a series' own directory.
pub fn render_series(series: &Series) -> Vec<File> {
    series::files(series)
}

impl File {
    /// A text file.
    fn text(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), bytes: text.into_bytes() }
    }
}

/// A value as a JSON file: pretty, with a final newline.
fn json_file<T: serde::Serialize>(name: &str, value: &T) -> File {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    File::text(name, text)
}
