//! The lines above the table: what was run, what it can and cannot judge, whether it is valid, and
//! the verdict.

use super::Style;
use super::ink::{Ink, Tone, flow, plain, wrap};
use crate::Analysis;
use crate::figures::{clock, seconds};
use crate::report::ValidityVerdict;

/// Indent of what follows `VALID` and `VERDICT`.
const LABEL: usize = 8;

/// Hex digits of a hash that are printed.
const SHA_DIGITS: usize = 4;

/// Everything above the table, ending in a newline.
pub(super) fn opening(analysis: &Analysis, style: Style, ink: Ink) -> String {
    let width = style.columns();
    let report = &analysis.report;
    let mut lines = vec![head(analysis, width, ink)];
    lines.push(flow(&tested(analysis), " · ", width));
    lines.push(flow(&judged(analysis), "     ", width));
    for warning in &report.warnings {
        let text = wrap(&format!("WARNING {}", plain(warning)), width, LABEL);
        lines.push(ink.paint(&text, Tone::Care));
    }
    lines.push(String::new());
    lines.push(validity(analysis, width, ink));
    let verdict = wrap(&format!("VERDICT {}", plain_line(&report.verdict.line)), width, LABEL);
    lines.push(ink.paint(&verdict, Tone::Strong));
    lines.push(String::new());
    lines.join("\n")
}

/// `regional-brownout · seed 42 · SIMULATED: 630 s played in 13 s · overhead needs --clock wall`
fn head(analysis: &Analysis, width: usize, ink: Ink) -> String {
    let text = flow(&head_pieces(analysis), " · ", width);
    let tone = if analysis.simulated() { "SIMULATED" } else { "WALL CLOCK" };
    let painted = ink.paint(tone, Tone::Care);
    text.replacen(tone, &painted, 1)
}

/// The pieces of the first line.
pub(crate) fn head_pieces(analysis: &Analysis) -> Vec<String> {
    let scenario = &analysis.report.scenario;
    let (length, took) = (clock(scenario.duration_s), seconds(analysis.machine.wall_seconds));
    let mut pieces = vec![plain(&scenario.name), format!("seed {}", scenario.seed)];
    if analysis.simulated() {
        pieces.push(format!("SIMULATED: {length} played in {took}"));
        pieces.push("overhead needs --clock wall".to_owned());
    } else {
        pieces.push(format!("WALL CLOCK: {length} of traffic measured in {took}"));
        pieces.push(format!(
            "{}, {} cores",
            plain(&analysis.machine.platform),
            analysis.machine.cores
        ));
    }
    pieces
}

/// The pieces of the second line: config, contenders, clients.
pub(crate) fn tested(analysis: &Analysis) -> Vec<String> {
    let report = &analysis.report;
    let sha: String = plain(&report.config.hash).chars().take(SHA_DIGITS).collect();
    let contenders = &report.contenders;
    let (least, most) = contenders
        .iter()
        .fold((u32::MAX, 0), |(least, most), c| (least.min(c.instances), most.max(c.instances)));
    let instances = match (least, most) {
        (1, 1) => "1 instance".to_owned(),
        (least, most) if least >= most => format!("{most} instances"),
        (least, most) => format!("{least} to {most} instances"),
    };
    let s = if contenders.len() == 1 { "" } else { "s" };
    vec![
        format!("config {} (sha {sha})", plain(&report.config.name)),
        format!("{} contender{s} × {instances}", contenders.len()),
        "clients do not retry".to_owned(),
    ]
}

/// The pieces of the third line: what was assumed, what this run can and cannot judge.
pub(crate) fn judged(analysis: &Analysis) -> Vec<String> {
    let assumed: Vec<String> = analysis.report.assumed.iter().map(|text| brief(text)).collect();
    let assumed = if assumed.is_empty() { "nothing".to_owned() } else { assumed.join(", ") };
    let (can, cannot) = if analysis.simulated() {
        ("attempts, failover, waste, correctness", "CPU, TLS, network, req/s")
    } else {
        ("attempts, failover, waste, correctness, latency here", "other machines, TLS, WAN")
    };
    vec![
        format!("assumed, not from you: {assumed}"),
        format!("can judge: {can}"),
        format!("cannot: {cannot}"),
    ]
}

/// An assumption without its details; the page lists them in full.
fn brief(assumption: &str) -> String {
    let text = plain(assumption);
    // A count in brackets is brief already.
    let details = [" for ", " where "].iter().filter_map(|word| text.find(word)).min();
    details.map_or_else(|| text.clone(), |at| text[..at].to_owned())
}

fn validity(analysis: &Analysis, width: usize, ink: Ink) -> String {
    let (word, tone, text) = match analysis.report.validity.verdict {
        ValidityVerdict::Valid => ("VALID  ", Tone::Good, validity_text(analysis)),
        ValidityVerdict::Invalid => ("INVALID", Tone::Bad, validity_text(analysis)),
    };
    let wrapped = wrap(&format!("{word} {text}"), width, LABEL);
    // Wrapping joins words by one space; the label keeps its width.
    let rest = wrapped.trim_start_matches(word.trim_end()).trim_start_matches(' ');
    format!("{} {rest}", ink.paint(word, tone))
}

/// `books reconcile · all contenders healthy before the first fault`, or the reasons.
pub(crate) fn validity_text(analysis: &Analysis) -> String {
    let validity = &analysis.report.validity;
    let mut pieces: Vec<String> = match validity.verdict {
        ValidityVerdict::Valid => vec!["books reconcile".to_owned()],
        ValidityVerdict::Invalid => validity.reasons.iter().map(|text| plain(text)).collect(),
    };
    pieces.extend(validity.notes.iter().map(|text| plain(text)));
    pieces.join(" · ")
}

/// A sentence of ours that carries names from outside: long, but without control characters.
fn plain_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
