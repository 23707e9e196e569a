//! Schema, writer and reader of a run directory: the only bridge between running and analysing.
//!
//! A run directory holds `run.json` and `machine.json` at its root, `oracle.csv` beside them, and
//! one directory per contender with `requests.csv`, `attempts.csv` and `decisions.csv`, and `targets.csv` where
//! targets depend on the contender. This crate
//! owns their columns and words, the SLO grammar and the metric names. It must never know tokio, a
//! gateway, a percentile or a chart.

pub mod cell;
pub mod csv_file;
pub mod decision;
pub mod json_file;
pub mod layout;
pub mod machine;
pub mod open;
pub mod parity;
pub mod rows;
pub mod run;
pub mod slo;

pub use csv_file::{ReadError, RowReader, RowWriter};
pub use decision::{DecisionKind, DecisionRow, Omission, Rule};
pub use json_file::read_json;
pub use machine::MachineInfo;
pub use open::{inside, open_regular};
pub use parity::{ParityScore, parity_of};
pub use rows::{
    AttemptEnd, AttemptKind, AttemptRow, OracleRow, PreflightRow, RequestRow, Row, Stage,
    TargetRow, instance_name, is_instance,
};
pub use run::RunInfo;
