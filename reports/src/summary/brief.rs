//! What a manager asks after the verdict, each answered in a line of plain words: why, what broke, how sure. It must
//! never know a mark-up.

use indexmap::IndexMap;

use super::heat::{Cell, whole};
use super::{headline, ranked};
use crate::Analysis;
use crate::report::{Basis, Contender, Measured, SloResult, Standing};
use crate::words::bound::bound;
use crate::words::contender::{cost_per_1k, direct_is_better};
use crate::words::fault::fault_name;
use crate::words::figures::{counted, percent, seconds};
use crate::words::promise::promise_value;
use crate::words::reach::listed;
use crate::words::robust;
use crate::words::run::dead_ends;
use crate::words::terms::plain_metric;
use crate::words::text::plain;
use crate::words::windows::{Group, groups};

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What is asked, in two or three words.
    pub(crate) label: &'static str,
    /// Sentences.
    pub(crate) text: String,
}

/// Others whose broken promise is named; more are counted.
const OTHERS_MAX: usize = 2;

/// The answers; none where nobody is judged.
pub(crate) fn brief(analysis: &Analysis) -> Vec<Line> {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first().filter(|_| analysis.judges()) else { return Vec::new() };
    let line = |label, text: String| (!text.is_empty()).then_some(Line { label, text });
    let lines = [
        line("Why", why(analysis, &ranked, first)),
        line("What broke", what_broke(analysis, &ranked, first)),
        line("How sure", how_sure(analysis)),
    ];
    lines.into_iter().flatten().collect()
}

fn why(analysis: &Analysis, ranked: &[&Contender], first: &Contender) -> String {
    let name = plain(&first.name);
    let own = match first.standing() {
        Standing::Kept | Standing::Untested => format!("{name} stayed within every bound."),
        Standing::Broken => missed(first).map_or_else(String::new, |missed| format!("{missed}.")),
        Standing::NoData => format!("Of {name} too little was seen to tell."),
        Standing::NotPromised => {
            "The scenario promises nothing, so good answers decide.".to_owned()
        }
    };
    let next = ranked.get(1).map(|next| (plain(&next.name), *next));
    let than_next = match (analysis.report.verdict.basis, next) {
        (Basis::Cost, Some((next, second))) => format!(
            "It was the cheapest of those who did: {} per 1,000 good answers, {next} {}.",
            cost_per_1k(first),
            cost_per_1k(second)
        ),
        (Basis::Goodput | Basis::NobodyKept, Some((next, second))) => {
            match first.goodput.known().zip(second.goodput.known()) {
                Some((mine, theirs)) => format!(
                    "It gave the most good answers: {}, {next} {}.",
                    percent(mine),
                    percent(theirs)
                ),
                None => String::new(),
            }
        }
        (
            Basis::Cost
            | Basis::Goodput
            | Basis::NobodyKept
            | Basis::OnlyKeeper
            | Basis::OnlyUntested
            | Basis::Equal
            | Basis::Invalid
            | Basis::Withheld,
            _,
        ) => String::new(),
    };
    let others = others(ranked.get(1..).unwrap_or_default());
    let without = direct_is_better(analysis.direct.as_ref(), ranked);
    let without = without.map_or_else(String::new, |(direct, best)| {
        format!(
            "Without any gateway more would have been answered well: {}, with the best one {}.",
            percent(direct),
            percent(best)
        )
    });
    let alone = dead_ends(&analysis.run).into_iter();
    let alone = alone.map(|line| format!("Nothing could fail over: {line}."));
    let parts = [own, than_next, others, without].into_iter().chain(alone);
    parts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `priority: answered 98.0 %, promised more than 98.5 %; … and 3 more broke it.`
fn others(others: &[&Contender]) -> String {
    let broken: Vec<String> = others.iter().filter_map(|one| missed(one)).collect();
    let more = broken.len().saturating_sub(OTHERS_MAX);
    let mut named = broken[..broken.len() - more].join("; ");
    if more > 0 {
        named.push_str(&format!("; {more} more broke it too"));
    }
    if named.is_empty() { named } else { named + "." }
}

/// `priority: answered 98.0 %, promised more than 98.5 %`, for the first bound that it broke.
fn missed(who: &Contender) -> Option<String> {
    let broken = who.slo.iter().find(|result| result.pass() == Some(false))?;
    let metric = plain_metric(broken.metric());
    let value = value(who, broken);
    Some(format!("{}: {metric} {value}, promised {}", plain(&who.name), bound(&broken.slo)))
}

/// A figure that is infinite says why.
fn value(who: &Contender, result: &SloResult) -> String {
    match result.value {
        Measured::Never => "too late or never for too many".to_owned(),
        Measured::Known(_)
        | Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => promise_value(who, result),
    }
}

fn what_broke(analysis: &Analysis, ranked: &[&Contender], first: &Contender) -> String {
    let columns = groups(&first.faults);
    if columns.is_empty() {
        return String::new();
    }
    let name = plain(&first.name);
    let own = match worst(analysis, first, &columns) {
        Some((share, fault)) => {
            let recovered = slowest_recovery(first);
            format!(
                "{fault} cost {name} most: {} of the requests exposed to it{recovered}.",
                percent(share)
            )
        }
        None if first.met_no_fault() => format!("{name} met no fault, so none was survived."),
        None => format!("No fault cost {name} a request."),
    };
    let others = ranked.iter().skip(1).filter_map(|one| {
        let (share, fault) = worst(analysis, one, &columns)?;
        Some((share, fault, plain(&one.name)))
    });
    let most = others.reduce(|a, b| if b.0 > a.0 { b } else { a });
    let others = most.map_or_else(String::new, |(share, fault, name)| {
        format!(" Of the others, {name} lost most: {} to {fault}.", percent(share))
    });
    own + &others
}

/// The largest share that a fault cost, and which; nothing where none cost a request.
fn worst(analysis: &Analysis, who: &Contender, columns: &[Group]) -> Option<(f64, String)> {
    let lost = columns.iter().filter_map(|column| match whole(analysis, who, column) {
        Cell::Lost(share) => Some((share, column)),
        Cell::Nothing | Cell::Untested | Cell::NotApplicable | Cell::NotPlayed => None,
    });
    let (share, column) = lost.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let fault = column.positions.first().and_then(|at| who.faults.get(*at))?;
    let name = match (&column.entry, column.positions.len()) {
        (Some(entry), windows @ 2..) => {
            format!("the worst of {} of {}", counted(windows as u64, "window"), plain(entry))
        }
        (Some(_) | None, _) => fault_name(fault),
    };
    Some((share, name))
}

fn slowest_recovery(who: &Contender) -> String {
    match Measured::largest(who.faults.iter().map(|fault| fault.time_to_recover_s)) {
        Measured::Known(s) if s > 0.0 => format!("; the slowest recovery took {}", seconds(s)),
        Measured::Never => "; it never recovered".to_owned(),
        Measured::Known(_)
        | Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => String::new(),
    }
}

fn how_sure(analysis: &Analysis) -> String {
    let mut sentences = vec![headline::caveat(analysis)];
    sentences.extend(close_calls(&ranked(analysis)));
    if analysis.report.verdict.hangs_on_one_request {
        sentences.push("One request more or less would have turned the order.".to_owned());
    }
    sentences.extend(match &analysis.robust {
        Some(robust) => Some(format!("{}.", robust::firmness(&analysis.run, robust))),
        None => robust::assumption(&analysis.run, &ranked(analysis)).map(|one| one.plain()),
    });
    sentences.join(" ")
}

/// `Too close to their bounds to call: first token of a and b.`
fn close_calls(ranked: &[&Contender]) -> Option<String> {
    let mut close: IndexMap<&'static str, Vec<&str>> = IndexMap::new();
    for who in ranked {
        for slo in who.slo.iter().filter(|slo| slo.pass().is_some() && slo.is_close()) {
            close.entry(plain_metric(slo.metric())).or_default().push(&who.name);
        }
    }
    let told = close.iter().map(|(metric, names)| format!("{metric} of {}", listed(names)));
    let told = told.collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then(|| format!("Too close to the bound to call: {told}."))
}
