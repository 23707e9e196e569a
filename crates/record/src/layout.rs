//! What a run directory holds, by name. Whoever makes a directory, replaces one, or names a
//! contender asks here, so that nobody deletes or overwrites what is not a run's.

/// Files and folders at the root of a run directory, beside the contenders' folders.
pub const ROOT_NAMES: &[&str] = &[
    "run.json",
    "machine.json",
    "oracle.csv",
    "report.json",
    "report.html",
    "summary.md",
    "comparison.csv",
    "faults.csv",
    "plots",
];

/// Tables in a contender's folder.
pub const TABLES: &[&str] = &["requests.csv", "attempts.csv", "decisions.csv"];

/// Whether a contender of that name would collide with a file of the run.
pub fn is_reserved(name: &str) -> bool {
    ROOT_NAMES.contains(&name)
}
