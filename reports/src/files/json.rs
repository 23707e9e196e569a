//! `report.json`: the numbers for machines.

use super::{File, Format, json_file};
use crate::Analysis;

/// The format.
#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        vec![json_file("report.json", &analysis.report)]
    }
}
