//! What to change, under the verdict: what the leader's settings gain, and these settings to paste.

use maud::{Markup, html};

use crate::Analysis;
use crate::summary::change::{Change, change};

/// Lines of settings that are shown; a config of more is in `run.json`.
const LINES_MAX: usize = 60;

/// The answer in a line; nothing where nobody leads.
pub(super) fn what_to_change(analysis: &Analysis) -> Markup {
    let Some(change) = change(analysis) else { return html! {} };
    html! {
        dt { "What to change" }
        dd {
            @if change.overlay.is_none() { b { (change.leader) } " runs the config as it is: nothing to change." }
            @else { "Take the settings of " b { (change.leader) } ", below." }
            @if let Some((other, gains)) = &change.gains {
                " Against " b { (other) } ": " (gains.join(", ")) "."
            }
        }
    }
}

/// The settings, folded; nothing where there are none to paste.
pub(super) fn settings(analysis: &Analysis) -> Markup {
    let Some(change) = change(analysis) else { return html! {} };
    let Some(overlay) = &change.overlay else { return html! {} };
    html! {
        details.fold {
            summary { "The settings of " b { (change.leader) } ", to paste" }
            (pasted(&change, overlay))
        }
    }
}

/// The same for paper, where nothing unfolds.
pub(super) fn settings_on_paper(analysis: &Analysis) -> Markup {
    let Some(change) = change(analysis) else { return html! {} };
    let Some(overlay) = &change.overlay else { return html! {} };
    html! {
        h3 { "The settings of " (change.leader) }
        (pasted(&change, overlay))
    }
}

fn pasted(change: &Change, overlay: &str) -> Markup {
    html! {
        pre { (first_lines(overlay)) }
        @if !change.remarks.is_empty() { p.faint { "This " (change.remarks.join("; ")) "." } }
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
