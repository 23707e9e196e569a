//! What a run directory holds, by name. Whoever makes a directory, replaces one, or names a
//! contender asks here, so that nobody deletes or overwrites what is not a run's.

/// Files and folders at the root of a run directory, beside the contenders' folders.
pub const ROOT_NAMES: &[&str] = &[
    "run.json",
    "machine.json",
    "oracle.csv",
    "preflight.csv",
    "report.json",
    "report.html",
    "summary.md",
    "comparison.csv",
    "faults.csv",
    "robust.json",
    "plots",
];

/// Tables in every contender's folder.
pub const TABLES: &[&str] = &["requests.csv", "attempts.csv"];

/// Tables in a contender's folder that only some have: a gateway that tells what it decides, a scenario about
/// favourites.
pub const TABLES_OF_SOME: &[&str] = &["decisions.csv", "targets.csv"];

/// What a product that was started printed.
pub const PROCESS_LOG: &str = "process.log";

/// The config that it was started with.
pub const PROCESS_CONFIG: &str = "process-config.json";

/// What is kept of a product: no table, and in no digest.
pub const FILES_OF_PRODUCTS: &[&str] = &[PROCESS_LOG, PROCESS_CONFIG];

/// Whether a contender of that name would collide with a file of the run.
pub fn is_reserved(name: &str) -> bool {
    ROOT_NAMES.contains(&name)
}
