//! `report.json` of several runs: what they say together, for machines.

use super::{File, json_file};
use crate::seeds::Series;

/// The file.
pub(super) fn file(series: &Series) -> File {
    json_file("report.json", series)
}
