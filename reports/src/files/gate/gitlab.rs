//! GitLab's code quality report: an array of findings, each at a line of the config.
//!
//! Shape after GitLab's documentation, "Code Quality report format" (2026-11): `description`, `check_name`, `fingerprint`,
//! `severity`, `location.path`, `location.lines.begin`.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::culprit;
use crate::report::{Gate, GateVerdict};

/// The file.
pub fn gitlab(found: &Gate) -> String {
    let failing = found.scenarios.iter().filter(|row| !row.pass);
    let findings: Vec<Value> = failing
        .map(|row| {
            let change = culprit(found, row);
            let own = change.filter(|change| !change.gone);
            let path = own.map_or(found.proposed.name.as_str(), |change| change.file.as_str());
            let line = change.map_or(1, |change| change.near);
            let name = row.name();
            let severity = match row.verdict {
                GateVerdict::Worse | GateVerdict::Different => "critical",
                GateVerdict::NoData
                | GateVerdict::Untested
                | GateVerdict::Better
                | GateVerdict::Changed
                | GateVerdict::Same => "major",
            };
            json!({
                "description": format!("{} {name}: {}", row.verdict.word(), row.told()),
                "check_name": "brownout-gate",
                "fingerprint": fingerprint(&[row.verdict.word(), &name, path]),
                "severity": severity,
                "location": { "path": path, "lines": { "begin": line } },
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&findings).unwrap_or_default();
    text.push('\n');
    text
}

/// The same for the same finding, whatever its figures: GitLab follows it from one pipeline to the next.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
