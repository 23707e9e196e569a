//! The lines above the table: what was run, what it can and cannot judge, whether it is valid, and
//! the verdict.

use super::Style;
use super::assumed;
use super::ink::{Ink, Tone, flow, plain, prose, wrap};
use crate::Analysis;
use crate::figures::{clock, counted, seconds};
use crate::report::{Contender, ValidityVerdict};
use crate::verdict::faults_played;

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
    lines.extend(judged(analysis).iter().map(|line| wrap(line, width, 2)));
    for warning in &report.warnings {
        let text = wrap(&format!("WARNING {}", prose(warning)), width, LABEL);
        lines.push(ink.paint(&text, Tone::Care));
    }
    lines.push(String::new());
    lines.push(validity(analysis, width, ink));
    let verdict = wrap(&format!("VERDICT {}", prose(&report.verdict.line)), width, LABEL);
    lines.push(ink.paint(&verdict, Tone::Strong));
    let weather = crate::expanded::weather(&analysis.run);
    lines.extend(weather.map(|text| {
        let text = wrap(&format!("WEATHER {text}"), width, LABEL);
        ink.paint(&text, Tone::Care)
    }));
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
    let (whole, took) = (clock(scenario.duration_s), seconds(analysis.machine.wall_seconds));
    // Of an interrupted run only what was played, as far as the tables know.
    let length = match analysis.machine.incomplete {
        Some(_) => format!("{} of {whole}", clock((analysis.played_s * 10.0).round() / 10.0)),
        None => whole,
    };
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

/// The pieces of the second line: config, contenders, clients, faults that were not played.
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
    let number = contenders.len() as u64;
    let remote = contenders.iter().all(|contender| !contender.is_observed());
    let mut pieces = vec![
        format!("config {} (sha {sha})", plain(&report.config.name)),
        match remote {
            true => format!("{}, somebody else's", counted(number, "gateway")),
            false => format!("{} × {instances}", counted(number, "contender")),
        },
        "clients do not retry".to_owned(),
    ];
    pieces.extend(faults_played(&analysis.run));
    pieces
}

/// Three lines: what was assumed, what this run can and cannot judge.
pub(crate) fn judged(analysis: &Analysis) -> Vec<String> {
    let assumed = assumed::brief(&analysis.report.assumed);
    let observed = analysis.report.contenders.iter().any(Contender::is_observed);
    let (can, cannot) = match (analysis.simulated(), observed) {
        (true, _) => ("attempts, failover, waste, correctness", "CPU, TLS, network, req/s"),
        (false, true) => {
            ("attempts, failover, waste, correctness, latency here", "other machines, TLS, WAN")
        }
        (false, false) => (
            "correctness, latency as the client saw it",
            "attempts, waste, costs (no ledger), other machines",
        ),
    };
    vec![
        format!("assumed, not from you: {assumed}"),
        format!("can judge: {can}"),
        format!("cannot: {cannot}"),
    ]
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
        ValidityVerdict::Invalid => validity.reasons.iter().map(|text| prose(text)).collect(),
    };
    // With the client's book alone there is nothing to reconcile it with.
    let observed = analysis.report.contenders.iter().any(Contender::is_observed);
    pieces.retain(|piece| observed || piece != "books reconcile");
    pieces.extend(validity.notes.iter().map(|text| prose(text)));
    pieces.join(" · ")
}
