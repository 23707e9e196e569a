//! What to change, under the verdict: the leader's settings to paste, and what they gain.

use maud::{Markup, html};

use crate::Analysis;
use crate::summary::change::change;

/// Lines of settings that are shown; a config of more is in `run.json`.
const LINES_MAX: usize = 60;

/// The part; nothing where nobody leads.
pub(super) fn what_to_change(analysis: &Analysis) -> Markup {
    let Some(change) = change(analysis) else { return html! {} };
    html! {
        @if let Some((other, gains)) = &change.gains {
            p.gains { "Against " b { (other) } ": " (gains.join(", ")) "." }
        }
        @match &change.overlay {
            None => p.gains { b { (change.leader) } " runs the config as it is: nothing to change." },
            Some(overlay) => details.fold {
                summary { "What to change: the settings of " b { (change.leader) } }
                pre { (first_lines(overlay)) }
                @if !change.remarks.is_empty() { p.faint { "This " (change.remarks.join("; ")) "." } }
            },
        }
    }
}

fn first_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    match lines.get(..LINES_MAX) {
        Some(first) if lines.len() > LINES_MAX => {
            format!("{}\n# … {} more lines in run.json", first.join("\n"), lines.len() - LINES_MAX)
        }
        Some(_) | None => lines.join("\n"),
    }
}
