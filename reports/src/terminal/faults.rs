//! Below the table: how everybody came through each fault, where the report is, and the command
//! that explains the first red number.

use super::Style;
use super::paint::{Painter, Tone, wrap};
use super::table::{Cell, Column, Flush, lines, width};
use crate::Analysis;
use crate::report::{Contender, FaultResult, Measured};
use crate::summary::change::change;
use crate::summary::faults::{group_title, whole};
use crate::summary::hint::first_red;
use crate::summary::ranked;
use crate::words::fault::{detected, fault_title, was_met};
use crate::words::figures::{burn, count, or_not, percent, seconds};
use crate::words::run::events;
use crate::words::text::plain;
use crate::words::windows::groups;

/// One column of the fault table: its header, and what it says.
type FaultColumn = ([&'static str; 2], fn(&FaultResult) -> Cell);

/// Most telling first: a narrow terminal drops the last.
const COLUMNS: &[FaultColumn] = &[
    (["success", "meanwhile"], |f| number(f.success_rate, percent)),
    (["", "detected"], |f| match was_met(f) {
        true => number(f.time_to_detect_s, seconds),
        false => Cell::new(detected(f), Tone::Plain),
    }),
    (["", "victims"], |f| number(f.victims, count)),
    (["", "recovered"], |f| number(f.time_to_recover_s, seconds)),
    (["first", "rescue"], |f| number(f.time_to_rescue_s, seconds)),
    (["failed", "back"], |f| number(f.failback_s, seconds)),
    (["first", "victims"], |f| number(f.first_victims, count)),
    (["", "flaps"], |f| number(f.flaps, count)),
    (["error budget", "burn"], |f| number(f.error_budget_burn, burn)),
];

/// The table of faults, ending in a newline; empty without faults.
pub(super) fn faults(analysis: &Analysis, style: Style, painter: Painter) -> String {
    let mut ranked = ranked(analysis);
    ranked.retain(|contender| contender.was_played());
    let mut out = Vec::new();
    let groups = ranked.first().map_or_else(Vec::new, |contender| groups(&contender.faults));
    for group in &groups {
        let results: Vec<(&Contender, FaultResult)> =
            ranked.iter().filter_map(|c| Some((*c, whole(analysis, c, group)?))).collect();
        let Some((_, fault)) = results.first() else {
            let first = ranked.first().and_then(|c| c.faults.get(*group.positions.first()?));
            let text = format!("{}: not reached", first.map_or_else(String::new, fault_title));
            out.extend([painter.paint(&wrap(&text, style.columns(), 4), Tone::Dim), String::new()]);
            continue;
        };
        let title = wrap(&group_title(group, fault), style.columns(), 4);
        out.push(painter.paint(&title, Tone::Strong));
        let mut name = Column::new(["", ""], Flush::Left);
        name.cells = results
            .iter()
            .map(|(contender, _)| Cell::new(format!("  {}", plain(&contender.name)), Tone::Plain))
            .collect();
        let mut columns = vec![name];
        for (head, cell) in COLUMNS {
            let mut column = Column::new(*head, Flush::Right);
            column.cells = results.iter().map(|(_, fault)| cell(fault)).collect();
            columns.push(column);
            if width(&columns) > style.columns() {
                columns.pop();
                break;
            }
        }
        // The header once is enough; later tables line up well enough to be read by it.
        out.extend(lines(&columns, painter, |_| None));
        out.push(String::new());
    }
    let told = events(&analysis.run);
    if !told.is_empty() {
        out.extend(
            told.iter().map(|line| painter.paint(&wrap(line, style.columns(), 4), Tone::Dim)),
        );
        out.push(String::new());
    }
    out.join("\n")
}

/// Report path and explaining command, ending in a newline.
pub(super) fn pointers(analysis: &Analysis, style: Style, painter: Painter) -> String {
    let path = analysis.dir.join("report.html").display().to_string();
    let mut lines = Vec::new();
    if let Some((other, gains)) = change(analysis).and_then(|change| change.gains) {
        let text = format!("{} (settings to paste: see the report)", gains.join(", "));
        let text = format!("against {}: {text}", plain(&other));
        let text = wrap(&text, style.columns().saturating_sub(9), 0);
        lines.push(format!("change   {}", text.replace('\n', "\n         ")));
    }
    lines.push(format!("report   {}", plain(&path)));
    if let Some(red) = first_red(analysis) {
        lines.push(format!("explain  {}", red.command(analysis)));
        let why = wrap(&format!("({})", red.why), style.columns().saturating_sub(9), 0);
        lines.extend(why.lines().map(|line| painter.paint(&format!("         {line}"), Tone::Dim)));
    }
    lines.join("\n") + "\n"
}

fn number<T: Copy>(value: Measured<T>, show: fn(T) -> String) -> Cell {
    Cell::new(or_not(value, show), tone(&value))
}

fn tone<T>(value: &Measured<T>) -> Tone {
    match value {
        Measured::Known(_) => Tone::Plain,
        Measured::Never => Tone::Bad,
        Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => Tone::Dim,
    }
}
