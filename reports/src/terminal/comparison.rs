//! The comparison table: one row per contender, best first, one column per promise.
//!
//! On a wide terminal every row carries everything; on a narrow one what is not a promise moves to
//! a second line under the row, and nothing is left out. Nobody is marked where the measurement is invalid.

use super::Style;
use super::paint::{Painter, Tone, wrap};
use super::table::{Cell, Column, Flush, lines, under, width};
use crate::Analysis;
use crate::report::{Contender, SloResult, ValidityVerdict};
use crate::summary::ranked;
use crate::words::contender::{
    bad_minutes, brief_identity, cost_per_1k, goodput, impact, met_none, parity, rescued, shown,
    waste,
};
use crate::words::figures::{count, factor, percent};
use crate::words::promise::{judged, promise_value, promise_word, promises_success, sign};
use crate::words::text::plain;

/// The table, ending in a newline.
pub(super) fn comparison(analysis: &Analysis, style: Style, painter: Painter) -> String {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first() else { return String::new() };
    let mut columns = names(&ranked, analysis, style);
    columns.extend((!promises_success(first)).then(|| success(&ranked)));
    let validity = analysis.report.validity.verdict;
    let promises = first.slo.iter().enumerate();
    columns.extend(promises.map(|(at, slo)| promise(&ranked, at, (slo, validity))));
    columns.extend(first.has_impact().then(|| impacts(&ranked)));
    columns.push(cost(&ranked));
    let columns_max = style.columns();
    let note = parity(ranked.iter().copied(), &analysis.run.faults);
    let note = note.map_or_else(String::new, |note| {
        painter.paint(&wrap(&note, columns_max, 2), Tone::Dim) + "\n"
    });
    let wide: Vec<Column> = columns.iter().cloned().chain(details(&ranked)).collect();
    if width(&wide) <= columns_max {
        return lines(&wide, painter, |_| None).join("\n") + "\n" + &note;
    }
    // Promises that do not fit follow under the row too; the last ones first.
    let mut moved: Vec<Column> = Vec::new();
    while width(&columns) > columns_max && columns.len() > COLUMNS_MIN {
        moved.insert(0, columns.remove(columns.len() - 2));
    }
    let second = |row: usize| second_line(ranked[row], (row, &moved), validity);
    lines(&columns, painter, |row| under(&second(row), style, painter)).join("\n") + "\n" + &note
}

fn names(ranked: &[&Contender], analysis: &Analysis, style: Style) -> Vec<Column> {
    let mut place = Column::new(["", "#"], Flush::Right);
    let mut name = Column::new(["", "contender"], Flush::Left);
    let mut kept = Column::new(["", "promise"], Flush::Left);
    for (at, contender) in ranked.iter().enumerate() {
        let number = if analysis.report.verdict.ranking.is_empty() { 0 } else { at + 1 };
        let number = if number == 0 { "–".to_owned() } else { number.to_string() };
        place.cells.push(Cell::new(number, Tone::Dim));
        name.cells.push(Cell::name(&plain(&contender.name), Tone::Strong, style));
        let (pass, word) = promise_word(contender, analysis.report.validity.verdict);
        let tone = if pass.is_none() { Tone::Dim } else { tone(pass) };
        kept.cells.push(Cell::new(format!("{} {word}", sign(pass).0), tone));
    }
    vec![place, name, kept]
}

fn success(ranked: &[&Contender]) -> Column {
    let mut column = Column::new(["", "success"], Flush::Right);
    let text = |c: &&Contender| shown(c, c.success_rate, percent);
    column.cells = ranked.iter().map(|c| Cell::new(text(c), Tone::Plain)).collect();
    column
}

fn promise(
    ranked: &[&Contender],
    at: usize,
    (slo, validity): (&SloResult, ValidityVerdict),
) -> Column {
    let mut column = Column::new([slo.metric().name(), &plain(&slo.slo.expr)], Flush::Left);
    for contender in ranked {
        let Some(result) = contender.slo.get(at) else { continue };
        let pass = judged(result.pass(), validity);
        let close = if pass.is_some() && result.is_close() { " (too close)" } else { "" };
        let text = format!("{} {}{close}", sign(pass).0, promise_value(contender, result));
        let tone = match validity {
            ValidityVerdict::Valid => tone(pass),
            ValidityVerdict::Invalid => Tone::Dim,
        };
        column.cells.push(Cell::new(text, tone));
    }
    column
}

fn cost(ranked: &[&Contender]) -> Column {
    let mut column = Column::new(["$ per", "1,000 good"], Flush::Right);
    column.cells = ranked.iter().map(|c| Cell::new(cost_per_1k(c), Tone::Plain)).collect();
    column
}

/// What failures cost; beside the bill, since both are money.
fn impacts(ranked: &[&Contender]) -> Column {
    let mut column = Column::new(["impact", "(bad minutes)"], Flush::Right);
    let text = |c: &&Contender| match c.bad_minutes.known() {
        Some(bad) if c.was_played() => format!("{} ({})", impact(c), count(bad)),
        Some(_) | None => impact(c),
    };
    column.cells = ranked.iter().map(|c| Cell::new(text(c), Tone::Plain)).collect();
    column
}

/// Columns that stay in the row: place, contender, promise, one number, cost.
const COLUMNS_MIN: usize = 5;

fn details(ranked: &[&Contender]) -> Vec<Column> {
    type Detail = ([&'static str; 2], fn(&Contender) -> String, Flush);
    let shown: [Detail; 5] = [
        (["", "goodput"], goodput, Flush::Right),
        (["attempts", "/ request"], |c| shown(c, c.retry_amplification, factor), Flush::Right),
        (["tokens", "wasted"], |c| shown(c, waste(c), percent), Flush::Right),
        (["rescued of those", "that met a fault"], rescued, Flush::Right),
        (["", "runs as"], brief_identity, Flush::Left),
    ];
    let column = |(head, text, flush): Detail| {
        let mut column = Column::new(head, flush);
        column.cells = ranked.iter().map(|c| Cell::new(text(c), Tone::Dim)).collect();
        column
    };
    shown.into_iter().map(column).collect()
}

/// What a narrow terminal says under the row; `moved` are the promises that did not fit.
fn second_line(
    contender: &Contender,
    (row, moved): (usize, &[Column]),
    validity: ValidityVerdict,
) -> Vec<String> {
    let promises = moved.iter().filter_map(|column| {
        let value = &column.cells.get(row)?.text;
        Some(format!("{} {} {value}", column.head[0], column.head[1]).trim().to_owned())
    });
    let mut pieces: Vec<String> = promises.collect();
    pieces.push(brief_identity(contender));
    if !contender.was_played() {
        return pieces;
    }
    pieces.push(format!("goodput {}", goodput(contender)));
    pieces.extend(contender.retry_amplification.known().map(|x| format!("{} attempts", factor(x))));
    pieces.extend(waste(contender).known().map(|x| format!("{} wasted", percent(x))));
    let rescued = contender.rescued.known().map(percent);
    pieces.extend(rescued.map(|share| format!("{share} rescued of those that met a fault")));
    pieces.extend(bad_minutes(contender));
    pieces.extend(met_none(contender).filter(|_| validity == ValidityVerdict::Valid));
    pieces
}

fn tone(pass: Option<bool>) -> Tone {
    match pass {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Care,
    }
}
