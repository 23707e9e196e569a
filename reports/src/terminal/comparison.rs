//! The comparison table: one row per contender, best first, one column per promise.
//!
//! On a wide terminal every row carries everything; on a narrow one what is not a promise moves to
//! a second line under the row.

use super::Style;
use super::ink::{Ink, Tone, flow, plain};
use super::table::{Cell, Column, lines, width};
use crate::Analysis;
use crate::figures::{NOT_APPLICABLE, factor, or_never, percent, usd};
use crate::report::{Contender, SloResult};
use crate::verdict::{keeps, slo_value};

/// The table, ending in a newline.
pub(super) fn comparison(analysis: &Analysis, style: Style, ink: Ink) -> String {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first() else { return String::new() };
    let mut columns = names(&ranked, analysis);
    columns.extend(first.slo.iter().enumerate().map(|(at, slo)| promise(&ranked, at, slo)));
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
    let under = |row: usize| {
        let text = flow(&second_line(ranked[row]), " · ", columns_max - 4);
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

/// Who a contender is: kind, personality and how many.
pub(crate) fn identity(contender: &Contender) -> Vec<String> {
    let personality = plain(&contender.personality);
    let kind = plain(&contender.kind);
    let played = kind == "built-in" || kind == "emulated";
    let mut pieces = match personality.as_str() {
        "none" | "" => vec![kind],
        // The engine is ours, so until a parity table exists it says what it has not proved.
        litellm if litellm.starts_with("litellm") && played => {
            vec![format!("{litellm} (emulated, parity not measured)")]
        }
        _ => vec![kind, personality],
    };
    pieces.push(match contender.instances {
        1 => "1 instance".to_owned(),
        n => format!("{n} instances"),
    });
    pieces
}

/// Share of the bill's tokens that bought nothing.
pub(crate) fn waste(contender: &Contender) -> Option<f64> {
    let billed = contender.tokens.billed_in + contender.tokens.billed_out;
    (billed > 0).then(|| contender.tokens.wasted as f64 / billed as f64)
}

/// Cost per 1,000 good answers, in words where there is none.
pub(crate) fn cost_per_1k(contender: &Contender) -> String {
    let unknown = contender.not_applicable.iter().any(|name| name == "cost_per_1k_good_usd");
    if unknown { "no price".to_owned() } else { or_never(contender.cost_per_1k_good_usd, usd) }
}

/// Share of the requests that met a fault and still succeeded, in words where there is none.
pub(crate) fn rescued(contender: &Contender) -> String {
    match (contender.rescued, contender.met_fault) {
        (Some(share), _) => percent(share),
        (None, 0) if contender.attempts_unattributed == 0 => "met none".to_owned(),
        (None, _) => "not observed".to_owned(),
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
        let (pass, none) = (keeps(contender), contender.slo.is_empty());
        let (sign, word) = mark((!none).then_some(pass));
        let word = if none { "none given" } else { word };
        let tone = if none { Tone::Dim } else { tone(Some(pass)) };
        kept.cells.push(Cell::new(format!("{sign} {word}"), tone));
    }
    vec![place, name, kept]
}

fn promise(ranked: &[&Contender], at: usize, slo: &SloResult) -> Column {
    let mut column = Column::new([&plain(&slo.metric), &plain(&slo.expr)], false);
    for contender in ranked {
        let Some(result) = contender.slo.get(at) else { continue };
        let (sign, _) = mark(result.pass);
        column.cells.push(Cell::new(format!("{sign} {}", slo_value(result)), tone(result.pass)));
    }
    column
}

fn cost(ranked: &[&Contender]) -> Column {
    let mut column = Column::new(["$ per", "1,000 good"], true);
    column.cells = ranked.iter().map(|c| Cell::new(cost_per_1k(c), Tone::Plain)).collect();
    column
}

/// Position in [`details`] of the column that a terminal does without first: who was rescued.
const LEAST_TELLING: usize = 3;

fn details(ranked: &[&Contender]) -> Vec<Column> {
    type Detail = ([&'static str; 2], fn(&Contender) -> String, bool);
    let shown: [Detail; 5] = [
        (["", "goodput"], |c| or_never(c.goodput, percent), true),
        (["attempts", "/ request"], |c| c.retry_amplification.map_or_else(none, factor), true),
        (["tokens", "wasted"], |c| waste(c).map_or_else(none, percent), true),
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

fn second_line(contender: &Contender) -> Vec<String> {
    let mut pieces = identity(contender);
    pieces.push(format!("goodput {}", or_never(contender.goodput, percent)));
    pieces.extend(contender.retry_amplification.map(|x| format!("{} attempts", factor(x))));
    pieces.extend(waste(contender).map(|x| format!("{} wasted", percent(x))));
    pieces
}

fn tone(pass: Option<bool>) -> Tone {
    match pass {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Care,
    }
}

fn none() -> String {
    NOT_APPLICABLE.to_owned()
}
