//! `faults.csv`: one row per contender and fault, for spreadsheets. Empty = never or not applicable;
//! the column `not_applicable` tells which.

use super::comparison_csv::{cell, table, whole};
use super::{File, Format};
use crate::Analysis;
use crate::report::{FaultResult, Listed as _};
use crate::words::fault::kind;

/// The format.
#[derive(Debug)]
pub(super) struct FaultsCsv;

/// Column names, and how each is filled.
type Column = (&'static str, fn(&FaultResult) -> String);

const COLUMNS: &[Column] = &[
    ("fault", |f| f.id.clone()),
    ("kind", |f| kind(f.kind).to_owned()),
    ("summary", |f| f.summary.clone()),
    ("target", |f| f.target.clone()),
    ("from_s", |f| f.from_s.to_string()),
    ("to_s", |f| f.to_s.to_string()),
    ("met_requests", |f| whole(f.met_requests)),
    ("exposed", |f| whole(f.exposed)),
    ("victims", |f| whole(f.victims)),
    ("success_rate", |f| cell(f.success_rate)),
    ("good_rate_before", |f| cell(f.good_rate_before)),
    ("time_to_detect_s", |f| cell(f.time_to_detect_s)),
    ("time_to_rescue_s", |f| cell(f.time_to_rescue_s)),
    ("time_to_recover_s", |f| cell(f.time_to_recover_s)),
    ("failback_s", |f| cell(f.failback_s)),
    ("first_victims", |f| whole(f.first_victims)),
    ("flaps", |f| whole(f.flaps)),
    ("error_budget_burn", |f| cell(f.error_budget_burn)),
    ("deployments", |f| f.deployments.join("+")),
    ("not_applicable", |f| f.not_applicable().join(" ")),
];

impl Format for FaultsCsv {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        let header = std::iter::once("contender").chain(COLUMNS.iter().map(|(name, _)| *name));
        let header = header.map(str::to_owned).collect();
        let rows = analysis.report.contenders.iter().flat_map(|contender| {
            contender.faults.iter().map(|fault| {
                let cells = COLUMNS.iter().map(|(_, value)| value(fault));
                std::iter::once(contender.name.clone()).chain(cells).collect()
            })
        });
        vec![table("faults.csv", header, rows)]
    }
}
