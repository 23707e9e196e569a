//! `robust.json`: the variants of a run, where some were played.

use super::{File, Format, json_file};
use crate::Analysis;

/// The format.
#[derive(Debug)]
pub(super) struct RobustJson;

impl Format for RobustJson {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        analysis.robust.iter().map(|robust| json_file("robust.json", robust)).collect()
    }
}
