//! `report.json`: the numbers for machines.

use super::{File, Report};
use crate::Analysis;
use crate::report::RunReport;

/// The format.
#[derive(Debug)]
pub(super) struct Json;

impl Report for Json {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        vec![File::text("report.json", text(&analysis.report))]
    }
}

/// The file's text: pretty, with a final newline.
fn text(report: &RunReport) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
