//! The comparison table: one row per contender, best first, one column per promise.
//!
//! On a wide terminal every row carries everything; on a narrow one what is not a promise moves to
//! a second line under the row. Nobody is marked where the measurement is invalid.

use record::run::{ContenderKind, Personality};
use record::slo::Metric;

use super::Style;
use super::ink::{Ink, Tone, flow, plain};
use super::table::{Cell, Column, lines, width};
use crate::Analysis;
use crate::figures::{NEVER, NOT_APPLICABLE, NOT_OBSERVED, factor, percent, usd};
use crate::report::{Contender, Measured, SloResult};
use crate::verdict::{keeps, met_none, slo_value};

/// The table, ending in a newline.
pub(super) fn comparison(analysis: &Analysis, style: Style, ink: Ink) -> String {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first() else { return String::new() };
    let mut columns = names(&ranked, analysis);
    columns.extend((!promises_success(first)).then(|| success(&ranked)));
    let judges = analysis.judges();
    let promises = first.slo.iter().enumerate();
    columns.extend(promises.map(|(at, slo)| promise(&ranked, at, (slo, judges))));
    let mut details = details(&ranked);
    columns.push(cost(&ranked));
    let columns_max = style.columns();
    // The wide form, without its least telling detail if that makes it fit.
    for _ in 0..2 {
        let wide: Vec<Column> = columns.iter().chain(&details).cloned().collect();
        if width(&wide) <= columns_max {
            return lines(&wide, ink, |_| None).join("\n") + "\n";
        }
        details.remove(LEAST_TELLING);
    }
    // Promises that do not fit follow under the row too; the last ones first.
    let mut moved: Vec<Column> = Vec::new();
    while width(&columns) > columns_max && columns.len() > COLUMNS_MIN {
        moved.insert(0, columns.remove(columns.len() - 2));
    }
    let under = |row: usize| {
        let text = flow(&second_line(ranked[row], (row, &moved), judges), " · ", columns_max - 4);
        Some(
            text.lines()
                .map(|l| ink.paint(&format!("    {l}"), Tone::Dim))
                .collect::<Vec<_>>()
                .join("\n"),
        )
    };
    lines(&columns, ink, under).join("\n") + "\n"
}

/// Contenders best first; in the scenario's order where nothing was ranked.
pub(crate) fn ranked(analysis: &Analysis) -> Vec<&Contender> {
    let report = &analysis.report;
    let place = |c: &&Contender| report.verdict.ranking.iter().position(|name| *name == c.name);
    let mut ranked: Vec<&Contender> = report.contenders.iter().collect();
    ranked.sort_by_key(|contender| place(contender).unwrap_or(usize::MAX));
    ranked
}

/// `✓`, `✗` or `–` for a promise, with the word that means the same.
pub(crate) fn mark(pass: Option<bool>) -> (&'static str, &'static str) {
    match pass {
        Some(true) => ("✓", "kept"),
        Some(false) => ("✗", "broken"),
        None => ("–", "no data"),
    }
}

/// What stands for a promise: nothing is marked where the measurement is invalid.
pub(crate) fn judged(pass: Option<bool>, judges: bool) -> Option<bool> {
    pass.filter(|_| judges)
}

/// Whether the whole promise is kept, and the word for it: `kept`, `broken`, `not judged`, …
pub(crate) fn promise_word(contender: &Contender, judges: bool) -> (Option<bool>, &'static str) {
    match (contender.was_played(), judges, contender.slo.is_empty()) {
        (false, _, _) => (None, "not played"),
        (true, _, true) => (None, "none given"),
        (true, false, false) => (None, "not judged"),
        (true, true, false) => (Some(keeps(contender)), mark(Some(keeps(contender))).1),
    }
}

/// A promise's value; nothing for a contender that was not played.
pub(crate) fn promise_value(contender: &Contender, slo: &SloResult) -> String {
    if contender.was_played() { slo_value(slo) } else { String::new() }
}

/// Whether some promise shows the success rate; otherwise it gets a column of its own.
pub(crate) fn promises_success(contender: &Contender) -> bool {
    contender.slo.iter().any(|slo| slo.metric() == Metric::Success)
}

/// A number of a contender: `show`n, or why there is none.
pub(crate) fn shown(
    contender: &Contender,
    value: Measured<f64>,
    show: fn(f64) -> String,
) -> String {
    match value {
        _ if !contender.was_played() => "–".to_owned(),
        Measured::Known(value) => show(value),
        Measured::NotObserved => NOT_OBSERVED.to_owned(),
        Measured::Never | Measured::NotApplicable | Measured::TooFew | Measured::Unpriced => {
            NOT_APPLICABLE.to_owned()
        }
    }
}

/// Who a contender is: kind, personality and how many.
pub(crate) fn identity(contender: &Contender) -> Vec<String> {
    let kind = contender.kind;
    if !kind.is_observed() {
        return vec![format!("{kind}, somebody else's")];
    }
    let mut pieces = match &contender.personality {
        Personality::None => vec![kind.to_string()],
        Personality::Unknown | Personality::Named(_) => {
            let personality = plain(contender.personality.word());
            match kind {
                // The engine is ours, so until a parity table exists it says what it has not proved.
                ContenderKind::Emulated => {
                    vec![format!("{personality} (emulated, parity not measured)")]
                }
                ContenderKind::BuiltIn | ContenderKind::Process | ContenderKind::Remote => {
                    vec![kind.to_string(), personality]
                }
            }
        }
    };
    pieces.push(match contender.instances {
        1 => "1 instance".to_owned(),
        n => format!("{n} instances"),
    });
    pieces
}

/// Share of the bill's tokens that bought nothing.
pub(crate) fn waste(contender: &Contender) -> Measured<f64> {
    let tokens = &contender.tokens;
    let billed = tokens.billed_in.and_then(|input| tokens.billed_out.map(|output| input + output));
    billed.and_then(|billed| match billed {
        0 => Measured::NotApplicable,
        _ => tokens.wasted.map(|wasted| wasted as f64 / billed as f64),
    })
}

/// Cost per 1,000 good answers, in words where there is none.
pub(crate) fn cost_per_1k(contender: &Contender) -> String {
    match contender.cost_per_1k_good_usd {
        _ if !contender.was_played() => "–".to_owned(),
        Measured::Known(cost) => usd(cost),
        Measured::Never => NEVER.to_owned(),
        Measured::Unpriced => "no price".to_owned(),
        Measured::NotObserved => NOT_OBSERVED.to_owned(),
        Measured::NotApplicable | Measured::TooFew => NOT_APPLICABLE.to_owned(),
    }
}

/// Share of the requests that met a fault and still succeeded, in words where there is none.
pub(crate) fn rescued(contender: &Contender) -> String {
    match (contender.rescued, contender.met_fault) {
        _ if !contender.was_played() => "–".to_owned(),
        (Measured::Known(share), _) => percent(share),
        (_, Measured::Known(0)) if contender.attempts_unattributed == Measured::Known(0) => {
            "met none".to_owned()
        }
        (_, _) => NOT_OBSERVED.to_owned(),
    }
}

fn names(ranked: &[&Contender], analysis: &Analysis) -> Vec<Column> {
    let mut place = Column::new(["", "#"], true);
    let mut name = Column::new(["", "contender"], false);
    let mut kept = Column::new(["", "promise"], false);
    for (at, contender) in ranked.iter().enumerate() {
        let number = if analysis.report.verdict.ranking.is_empty() { 0 } else { at + 1 };
        let number = if number == 0 { "–".to_owned() } else { number.to_string() };
        place.cells.push(Cell::new(number, Tone::Dim));
        name.cells.push(Cell::new(plain(&contender.name), Tone::Strong));
        let (pass, word) = promise_word(contender, analysis.judges());
        let tone = if pass.is_none() { Tone::Dim } else { tone(pass) };
        kept.cells.push(Cell::new(format!("{} {word}", mark(pass).0), tone));
    }
    vec![place, name, kept]
}

fn success(ranked: &[&Contender]) -> Column {
    let mut column = Column::new(["", "success"], true);
    let text = |c: &&Contender| shown(c, c.success_rate, percent);
    column.cells = ranked.iter().map(|c| Cell::new(text(c), Tone::Plain)).collect();
    column
}

fn promise(ranked: &[&Contender], at: usize, (slo, judges): (&SloResult, bool)) -> Column {
    let mut column = Column::new([slo.metric().name(), &plain(&slo.slo.expr)], false);
    for contender in ranked {
        let Some(result) = contender.slo.get(at) else { continue };
        let pass = judged(result.pass(), judges);
        let text = format!("{} {}", mark(pass).0, promise_value(contender, result));
        let tone = if judges { tone(pass) } else { Tone::Dim };
        column.cells.push(Cell::new(text, tone));
    }
    column
}

fn cost(ranked: &[&Contender]) -> Column {
    let mut column = Column::new(["$ per", "1,000 good"], true);
    column.cells = ranked.iter().map(|c| Cell::new(cost_per_1k(c), Tone::Plain)).collect();
    column
}

/// Columns that stay in the row: place, contender, promise, one number, cost.
const COLUMNS_MIN: usize = 5;

/// Position in [`details`] of the column that a terminal does without first: who was rescued.
const LEAST_TELLING: usize = 3;

fn details(ranked: &[&Contender]) -> Vec<Column> {
    type Detail = ([&'static str; 2], fn(&Contender) -> String, bool);
    let shown: [Detail; 5] = [
        (["", "goodput"], |c| shown(c, c.goodput, percent), true),
        (["attempts", "/ request"], |c| shown(c, c.retry_amplification, factor), true),
        (["tokens", "wasted"], |c| shown(c, waste(c), percent), true),
        (["rescued of those", "that met a fault"], rescued, true),
        (["", "runs as"], |c| identity(c).join(", "), false),
    ];
    let column = |(head, text, right): Detail| {
        let mut column = Column::new(head, right);
        column.cells = ranked.iter().map(|c| Cell::new(text(c), Tone::Dim)).collect();
        column
    };
    shown.into_iter().map(column).collect()
}

/// What a narrow terminal says under the row; `moved` are the promises that did not fit.
fn second_line(
    contender: &Contender,
    (row, moved): (usize, &[Column]),
    judges: bool,
) -> Vec<String> {
    let promises = moved.iter().filter_map(|column| {
        let value = &column.cells.get(row)?.text;
        Some(format!("{value} {} {}", column.head[0], column.head[1]).trim().to_owned())
    });
    let mut pieces: Vec<String> = promises.collect();
    pieces.extend(identity(contender));
    if !contender.was_played() {
        return pieces;
    }
    pieces.push(format!("goodput {}", shown(contender, contender.goodput, percent)));
    pieces.extend(contender.retry_amplification.known().map(|x| format!("{} attempts", factor(x))));
    pieces.extend(waste(contender).known().map(|x| format!("{} wasted", percent(x))));
    pieces.extend(met_none(contender).filter(|_| judges));
    pieces
}

fn tone(pass: Option<bool>) -> Tone {
    match pass {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Care,
    }
}
