//! What `brownout gate` prints: what was compared, a line for each scenario with its reasons, the verdict, and which change
//! does it.

use super::Style;
use super::paint::{Painter, Tone, wrap};
use crate::report::{Gate, GateChange, GateRow, GateSort, GateVerdict};
use crate::words::gate::{sides, still_shown};
use crate::words::text::plain;

/// Columns of a scenario's name, where names are shorter.
const NAME_MIN: usize = 18;
/// Columns before a reason.
const INDENT: usize = 4;

/// The whole result.
pub fn gate(found: &Gate, style: Style) -> String {
    let painter = Painter::new(style);
    let mut lines = vec![head(found, style, painter)];
    lines.extend(changes(found, style));
    lines.push(String::new());
    let name = |row: &GateRow| plain(&row.name()).chars().count();
    let widest = found.scenarios.iter().map(name).max().unwrap_or(0).max(NAME_MIN);
    for row in &found.scenarios {
        lines.push(one(row, widest, painter));
        lines.extend(under(row, style, painter));
    }
    lines.push(String::new());
    let (mark, tone) = tone(found.verdict, found.pass);
    let verdict = format!("{mark} {}", found.verdict.word());
    let rest = wrap(&plain(&found.line), style.columns() - verdict.chars().count() - 2, INDENT);
    lines.push(format!("{}  {rest}", painter.paint(&verdict, tone)));
    lines.extend(still_shown(found).iter().map(|line| painter.paint(&plain(line), Tone::Dim)));
    lines.join("\n") + "\n"
}

fn head(found: &Gate, style: Style, painter: Painter) -> String {
    let (before, after) = sides(found);
    let seeds = found.seeds;
    let plural = if seeds == 1 { "" } else { "s" };
    let text = format!(
        "gate · {} against {} · {seeds} seed{plural} each, the same luck · SIMULATED",
        plain(&after),
        plain(&before)
    );
    painter.paint(&wrap(&text, style.columns(), INDENT), Tone::Strong)
}

fn changes(found: &Gate, style: Style) -> Vec<String> {
    if found.changes.is_empty() {
        let said = (!found.from_baseline).then(|| "no key differs".to_owned());
        return said.into_iter().collect();
    }
    let line = |change: &GateChange| {
        let text = format!("{}  {}", plain(&change.place()), plain(&change.words()));
        format!("  {}", wrap(&text, style.columns() - 2, INDENT))
    };
    let shown = found.changes.iter().take(SHOWN_MAX).map(line);
    let mut lines: Vec<String> = shown.collect();
    let more = found.changes.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        lines.push(format!("  … {more} more changes: --json lists them"));
    }
    lines
}

/// Most changes that are listed.
const SHOWN_MAX: usize = 12;

fn tone(verdict: GateVerdict, pass: bool) -> (&'static str, Tone) {
    match (verdict, pass) {
        (GateVerdict::Better, true) => ("✓", Tone::Good),
        (GateVerdict::Same | GateVerdict::Changed, true) => ("✓", Tone::Good),
        (GateVerdict::Untested, true) => ("–", Tone::Care),
        (GateVerdict::Worse | GateVerdict::Different, _) => ("✗", Tone::Bad),
        (_, _) => ("✗", Tone::Care),
    }
}

fn one(row: &GateRow, widest: usize, painter: Painter) -> String {
    let (mark, tone) = tone(row.verdict, row.pass);
    let name = plain(&row.name());
    let blanks = " ".repeat(widest.saturating_sub(name.chars().count()));
    format!(
        "{} {name}{blanks}  {}",
        painter.paint(mark, tone),
        painter.paint(row.verdict.word(), tone)
    )
}

fn under(row: &GateRow, style: Style, painter: Painter) -> Vec<String> {
    let mut lines = Vec::new();
    let width = style.columns() - INDENT;
    let indent = " ".repeat(INDENT);
    let mut push = |text: &str, tone: Tone| {
        let text = wrap(&plain(text), width, 2);
        lines.extend(text.lines().map(|line| format!("{indent}{}", painter.paint(line, tone))));
    };
    match row.verdict {
        GateVerdict::Same => return Vec::new(),
        GateVerdict::Changed => {
            row.reasons.iter().for_each(|reason| push(&reason.text, Tone::Dim));
        }
        GateVerdict::Worse
        | GateVerdict::Different
        | GateVerdict::NoData
        | GateVerdict::Untested
        | GateVerdict::Better => {
            for reason in &row.reasons {
                let note = reason.sort == GateSort::Note && row.verdict != GateVerdict::Untested;
                let sign = match reason.sort {
                    GateSort::Worse => "▼ ",
                    GateSort::Better => "▲ ",
                    GateSort::NoData => "? ",
                    GateSort::Note => "· ",
                };
                push(&format!("{sign}{}", reason.text), if note { Tone::Dim } else { Tone::Plain });
            }
            let (idle, acting): (Vec<_>, Vec<_>) =
                row.causes.iter().partition(|cause| cause.text.ends_with("does nothing here"));
            acting.iter().take(CAUSES_MAX).for_each(|cause| push(&cause.text, Tone::Strong));
            match &*idle {
                [] => {}
                [one] => push(&one.text, Tone::Dim),
                more => push(
                    &format!("the other {} changes that were tried do nothing here", more.len()),
                    Tone::Dim,
                ),
            }
            row.remedy().iter().for_each(|text| push(text, Tone::Strong));
            if !row.command.is_empty() {
                push(&row.command, Tone::Dim);
            }
            if let Some(request) = row.request {
                let text =
                    format!("then `brownout explain RUN {request}`: answered before, and not now");
                push(&text, Tone::Dim);
            }
        }
    }
    lines
}

/// Most causes that a scenario's lines name.
const CAUSES_MAX: usize = 4;
