//! `comparison.csv`: one row per contender, for spreadsheets. Empty = never or not applicable.

use std::borrow::Cow;

use record::run::ContenderKind;

use super::{File, Format};
use crate::Analysis;
use crate::report::{Contender, Measured, ValidityVerdict};
use crate::words::contender::product;
use crate::words::promise::promise_word;

/// The format.
#[derive(Debug)]
pub(super) struct ComparisonCsv;

/// Column of the promise (`kept`, `kept, untested`, `broken`, `no data`), empty where the measurement is invalid.
const PROMISE: &str = "promise";

/// Column names, and how each is filled.
type Column = (&'static str, fn(&Contender) -> String);

const COLUMNS: &[Column] = &[
    ("contender", |c| c.name.clone()),
    ("kind", |c| c.kind.to_string()),
    ("personality", |c| c.personality.word().to_owned()),
    ("product", |c| c.product.as_ref().map_or_else(String::new, product)),
    ("parity", parity),
    ("strategy", |c| c.strategy.word().to_owned()),
    ("instances", |c| c.instances.to_string()),
    (PROMISE, |c| promise_word(c, ValidityVerdict::Valid).1.to_owned()),
    ("offered", |c| c.offered.to_string()),
    ("succeeded", |c| c.succeeded.to_string()),
    ("good", |c| c.good.to_string()),
    ("failed", |c| c.failed.to_string()),
    ("cancelled", |c| c.cancelled.to_string()),
    ("never_sent", |c| c.never_sent.to_string()),
    ("success_rate", |c| cell(c.success_rate)),
    ("goodput", |c| cell(c.goodput)),
    ("ttft_p50_ms", |c| cell(c.ttft_ms.p50)),
    ("ttft_p99_ms", |c| cell(c.ttft_ms.p99)),
    ("e2e_p50_ms", |c| cell(c.e2e_ms.p50)),
    ("e2e_p99_ms", |c| cell(c.e2e_ms.p99)),
    ("tpot_p50_ms", |c| cell(c.tpot_ms.p50)),
    ("longest_gap_p99_ms", |c| cell(c.longest_gap_ms.p99)),
    ("attempts", |c| whole(c.attempts)),
    ("retry_amplification", |c| cell(c.retry_amplification)),
    ("rescued", |c| cell(c.rescued)),
    ("tokens_delivered", |c| c.tokens.delivered.to_string()),
    ("tokens_wasted", |c| whole(c.tokens.wasted)),
    ("cost_usd", |c| cell(c.cost_usd)),
    ("cost_per_1k_good_usd", |c| cell(c.cost_per_1k_good_usd)),
    ("impact_usd", |c| cell(c.impact_usd)),
    ("bad_minutes", |c| whole(c.bad_minutes)),
    ("minutes_judged", |c| whole(c.minutes_judged)),
    ("minutes_not_judged", |c| whole(c.minutes_not_judged)),
];

impl Format for ComparisonCsv {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        let contenders = analysis.report.contenders.iter();
        let judged = |name: &str| name != PROMISE || analysis.judges();
        let cell = |c: &Contender, (name, value): &Column| {
            if judged(name) { value(c) } else { String::new() }
        };
        let rows = contenders.map(|c| COLUMNS.iter().map(|column| cell(c, column)).collect());
        let header = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
        vec![table("comparison.csv", header, rows)]
    }
}

/// A CSV file of a header and rows, of which a spreadsheet runs no cell.
pub(super) fn table(
    name: &str,
    header: Vec<String>,
    rows: impl Iterator<Item = Vec<String>>,
) -> File {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows) {
        let row = row.iter().map(|cell| inert(cell));
        // Writing to memory fails for rows of unequal length only, and these have one per column.
        if out.write_record(row.map(Cow::into_owned)).is_err() {
            break;
        }
    }
    File { name: name.to_owned(), bytes: out.into_inner().unwrap_or_default() }
}

/// A cell that a spreadsheet does not run; a number is none, negative or not.
fn inert(cell: &str) -> Cow<'_, str> {
    match cell.parse::<f64>().is_ok_and(f64::is_finite) {
        true => Cow::Borrowed(cell),
        false => record::cell::inert(cell),
    }
}

/// How far an emulation was measured to be like its product: `231 of 240`.
fn parity(c: &Contender) -> String {
    let emulated = c.kind == ContenderKind::Emulated;
    let score = emulated.then(|| record::parity_of(c.personality.word())).flatten();
    score.map_or_else(String::new, |score| format!("{} of {}", score.agree, score.of))
}

/// A count, or nothing.
pub(super) fn whole(value: Measured<u64>) -> String {
    value.known().map_or_else(String::new, |value| value.to_string())
}

/// A number, or nothing.
pub(super) fn cell(value: Measured<f64>) -> String {
    value.known().map_or_else(String::new, |value| value.to_string())
}
