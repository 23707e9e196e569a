//! What every output of a gate says alike.

use crate::report::{Gate, GateRow};

/// The base and the proposed config, by name and the first digits of their hashes.
pub(crate) fn sides(found: &Gate) -> (String, String) {
    let of =
        |name: &str, hash: &str| format!("{name} ({})", hash.chars().take(8).collect::<String>());
    (of(&found.base.name, &found.base.hash), of(&found.proposed.name, &found.proposed.hash))
}

/// What a reader should know besides: notes, and what nobody looked at.
pub(crate) fn still_shown(found: &Gate) -> Vec<String> {
    let mut lines: Vec<String> = found.notes.iter().map(|note| format!("note  {note}")).collect();
    if !found.unseen.is_empty() {
        lines.push(format!("not seen by this gate, and changed: {}", found.unseen.join(", ")));
    }
    lines
}

impl GateRow {
    /// The scenario, with the group that it was played for where there are several.
    pub(crate) fn name(&self) -> String {
        match &self.model {
            Some(model) => format!("{} ({model})", self.scenario),
            None => self.scenario.clone(),
        }
    }

    /// What could stand in the place of the change, in a sentence.
    pub(crate) fn remedy(&self) -> Option<String> {
        self.would_pass.as_ref().map(|value| format!("`{value}` would pass here"))
    }

    /// The reasons in one paragraph.
    pub(crate) fn told(&self) -> String {
        let reasons: Vec<&str> = self.reasons.iter().map(|reason| reason.text.as_str()).collect();
        reasons.join("; ")
    }
}
