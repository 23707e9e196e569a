//! Annotations by GitHub's workflow commands: an error at the line of the change, for each scenario that fails.
//!
//! Escapes after GitHub's documentation, "Workflow commands": `%`, CR and LF everywhere, `:` and `,` in properties too. The
//! runner takes a line for a command that begins with `::` after blanks, and `##[` for one wherever it stands.

use super::culprit;
use crate::report::{Gate, GateRow, GateVerdict};

/// The lines to print.
pub fn annotations(found: &Gate) -> String {
    let told = found.scenarios.iter().filter(|row| !row.pass || row.verdict == GateVerdict::Better);
    told.map(|row| annotation(found, row)).collect()
}

fn annotation(found: &Gate, row: &GateRow) -> String {
    let command = if row.pass { "notice" } else { "error" };
    let mut properties = Vec::new();
    if let Some(change) = culprit(found, row) {
        let file = if change.gone { &found.proposed.name } else { &change.file };
        properties.push(format!("file={}", property(file)));
        properties.push(format!("line={}", change.near));
    }
    let title = format!("{} {}", row.verdict.word(), row.name());
    properties.push(format!("title={}", property(&title)));
    let mut said = vec![row.told()];
    said.extend(row.causes.iter().take(2).map(|cause| cause.text.clone()));
    said.extend(row.remedy());
    said.push(row.command.clone());
    said.retain(|line| !line.is_empty());
    format!("::{command} {}::{}\n", properties.join(","), data(&said.join("\n")))
}

fn data(text: &str) -> String {
    text.replace("##[", "# #[").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text for people that stands in the same log, in which no line can be taken for a command.
pub fn harmless(text: &str) -> String {
    text.replace("::", ": :").replace("##[", "# #[")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
