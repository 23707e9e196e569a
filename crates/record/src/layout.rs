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
pub const TABLES: &[&str] = &["requests.csv", "attempts.csv", "decisions.csv"];

/// Tables in a contender's folder that only some scenarios have.
pub const TABLES_OF_SOME: &[&str] = &["targets.csv"];

/// Whether a contender of that name would collide with a file of the run.
pub fn is_reserved(name: &str) -> bool {
    ROOT_NAMES.contains(&name)
}
