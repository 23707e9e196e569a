//! The lines above the table: what was run, what it can and cannot judge, whether it is valid, and
//! the verdict.

use super::Style;
use super::paint::{Painter, Tone, flow, wrap};
use crate::Analysis;
use crate::report::ValidityVerdict;
use crate::summary::opening::{self, Piece};
use crate::words::run::{clock_label, incidents};
use crate::words::text::prose;

/// Indent of what follows `VALID` and `VERDICT`.
const LABEL: usize = 8;

/// Head, validity and verdict alone, ending in a newline.
pub(super) fn short(analysis: &Analysis, style: Style, painter: Painter) -> String {
    let width = style.columns();
    let lines = [
        head(analysis, width, painter),
        validity(analysis, width, painter),
        verdict(analysis, width, painter),
    ];
    lines.join("\n") + "\n"
}

/// Everything above the table, ending in a newline.
pub(super) fn opening(analysis: &Analysis, style: Style, painter: Painter) -> String {
    let width = style.columns();
    let report = &analysis.report;
    let mut lines = vec![head(analysis, width, painter)];
    lines.push(flow(&opening::tested(analysis), " · ", width));
    lines.extend(opening::called(analysis).iter().map(|line| wrap(line, width, 2)));
    lines.extend(opening::can_judge(analysis).iter().map(|line| wrap(line, width, 2)));
    for warning in &report.warnings {
        let text = wrap(&format!("WARNING {}", prose(warning)), width, LABEL);
        lines.push(painter.paint(&text, Tone::Care));
    }
    lines.push(String::new());
    lines.push(validity(analysis, width, painter));
    lines.push(verdict(analysis, width, painter));
    lines.extend(opening::firmness(analysis).map(|text| {
        let label = if analysis.robust.is_some() { "ROBUST " } else { "       " };
        painter.paint(&labelled(label, &text, width), Tone::Dim)
    }));
    lines.extend(incidents(&analysis.run).map(|text| {
        let text = wrap(&format!("WEATHER {text}"), width, LABEL);
        painter.paint(&text, Tone::Care)
    }));
    lines.push(String::new());
    lines.join("\n")
}

/// A label of the width of all, and a text beside it.
fn labelled(label: &str, text: &str, width: usize) -> String {
    let wrapped = wrap(&format!("{:.<7} {}", label.trim(), prose(text)), width, LABEL);
    let rest = wrapped.trim_start_matches(|c: char| c != ' ').trim_start_matches(' ');
    format!("{label} {rest}")
}

/// `regional-brownout · seed 42 · SIMULATED: 630 s played in 13 s · overhead needs --clock wall`
fn head(analysis: &Analysis, width: usize, painter: Painter) -> String {
    let pieces: Vec<String> = opening::head(analysis).iter().map(Piece::text).collect();
    let text = flow(&pieces, " · ", width);
    let label = clock_label(analysis.report.scenario.clock);
    // The label is laid out with its piece, and coloured where it came to stand.
    text.replacen(label, &painter.paint(label, Tone::Care), 1)
}

fn verdict(analysis: &Analysis, width: usize, painter: Painter) -> String {
    let text = format!("VERDICT {}", prose(&analysis.report.verdict.line));
    painter.paint(&wrap(&text, width, LABEL), Tone::Strong)
}

fn validity(analysis: &Analysis, width: usize, painter: Painter) -> String {
    let (word, tone, text) = match analysis.report.validity.verdict {
        ValidityVerdict::Valid => ("VALID  ", Tone::Good, opening::validity_text(analysis)),
        ValidityVerdict::Invalid => ("INVALID", Tone::Bad, opening::validity_text(analysis)),
    };
    let wrapped = wrap(&format!("{word} {text}"), width, LABEL);
    // Wrapping joins words by one space; the label keeps its width.
    let rest = wrapped.trim_start_matches(word.trim_end()).trim_start_matches(' ');
    format!("{} {rest}", painter.paint(word, tone))
}
