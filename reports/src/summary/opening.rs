//! The lines above the comparison: what was run, what it can and cannot judge, whether it is valid.

use record::run::Clock;

use super::faults::was_reached;
use super::ranked;
use crate::Analysis;
use crate::report::{Contender, FaultResult, ValidityVerdict};
use crate::words::assumed;
use crate::words::figures::{clock, counted, seconds};
use crate::words::reach;
use crate::words::robust;
use crate::words::run::{clock_label, faults_played};
use crate::words::text::{plain, prose};

/// Hex digits of a hash that are shown.
const SHA_DIGITS: usize = 4;

/// A piece of the first line.
pub(crate) enum Piece {
    /// The label of the clock, and what it measured.
    Clock(Clock, String),
    /// Anything else.
    Text(String),
}

impl Piece {
    /// As it reads.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Clock(clock, text) => format!("{}: {text}", clock_label(*clock)),
            Self::Text(text) => text.clone(),
        }
    }
}

/// The pieces of the first line: `regional-brownout`, `seed 42`, `SIMULATED: 630 s played in 13 s`, …
pub(crate) fn head(analysis: &Analysis) -> Vec<Piece> {
    let scenario = &analysis.report.scenario;
    let (whole, took) = (clock(scenario.duration_s), seconds(analysis.machine.wall_seconds));
    // Of an interrupted run only what was played, as far as the tables know.
    let length = match analysis.machine.incomplete {
        Some(_) => format!("{} of {whole}", clock((analysis.played_s * 10.0).round() / 10.0)),
        None => whole,
    };
    let (measured, caveat) = match scenario.clock {
        Clock::Virtual => {
            (format!("{length} played in {took}"), "overhead needs --clock wall".to_owned())
        }
        Clock::Wall => {
            let machine = &analysis.machine;
            (
                format!("{length} of traffic measured in {took}"),
                format!("{}, {} cores", plain(&machine.platform), machine.cores),
            )
        }
    };
    vec![
        Piece::Text(plain(&scenario.name)),
        Piece::Text(format!("seed {}", scenario.seed)),
        Piece::Clock(scenario.clock, measured),
        Piece::Text(caveat),
    ]
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
    let own =
        analysis.run.contenders.iter().filter_map(|who| Some((&who.name, who.config.as_ref()?)));
    let own: String = own
        .map(|(name, file)| {
            let sha: String = file.hash.chars().take(SHA_DIGITS).collect();
            format!(", {} has {} (sha {sha})", plain(name), plain(&file.name))
        })
        .collect();
    let mut pieces = vec![
        format!("config {} (sha {sha}){own}", plain(&report.config.name)),
        match remote {
            true => format!("{}, somebody else's", counted(number, "gateway")),
            false => format!("{} × {instances}", counted(number, "contender")),
        },
        "clients do not retry".to_owned(),
    ];
    pieces.extend(faults_played(&analysis.run));
    pieces
}

/// What the traffic calls and where that can fail over to, a line for each called model.
pub(crate) fn called(analysis: &Analysis) -> Vec<String> {
    reach::called(&analysis.report.contenders)
}

/// Whom each fault hit, a line for each whose target does not say so: `f1 hit (favourite): west (a); east (b)`. Not
/// of windows that one entry was expanded into, and not of what an interrupted run did not reach.
pub(crate) fn hit(analysis: &Analysis) -> Vec<String> {
    let mut played = ranked(analysis);
    played.retain(|who| who.was_played());
    let faults = played.first().map_or(&[][..], |who| &who.faults).iter().enumerate();
    let told = faults.filter(|(_, fault)| fault.entry.is_none() && was_reached(analysis, fault));
    let line = |(at, fault): (usize, &FaultResult)| {
        let hit = reach::hit(&played, at)?;
        Some(format!("{} hit ({}): {hit}", plain(&fault.id), plain(&fault.target)))
    };
    told.filter_map(line).take(HIT_MAX).collect()
}

/// Faults whose targets are told in the head; beside the tables each is told.
const HIT_MAX: usize = 12;

/// Three lines: what was assumed, what this run can and cannot judge.
pub(crate) fn can_judge(analysis: &Analysis) -> Vec<String> {
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

/// What the verdict hangs on: the variants that were played, else the assumption that decides; nothing where nobody is
/// judged.
pub(crate) fn firmness(analysis: &Analysis) -> Option<String> {
    if !analysis.judges() {
        return None;
    }
    match &analysis.robust {
        Some(robust) => Some(robust::firmness(&analysis.run, robust)),
        None => robust::assumption(&analysis.run, &ranked(analysis)).map(|one| one.brief()),
    }
}

/// `books reconcile · all contenders healthy before the first fault`, or the reasons.
pub(crate) fn validity_text(analysis: &Analysis) -> String {
    let validity = &analysis.report.validity;
    // With the clients' table alone there is nothing to reconcile it with.
    let observed = analysis.report.contenders.iter().any(Contender::is_observed);
    let mut pieces: Vec<String> = match validity.verdict {
        ValidityVerdict::Valid if observed => vec!["books reconcile".to_owned()],
        ValidityVerdict::Valid => Vec::new(),
        ValidityVerdict::Invalid => validity.reasons.iter().map(|text| prose(text)).collect(),
    };
    pieces.extend(validity.notes.iter().map(|text| prose(text)));
    pieces.join(" · ")
}
