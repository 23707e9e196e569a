//! Below the table: how everybody came through each fault, where the report is, and the command
//! that explains the first red number.

use super::Style;
use super::paint::{Painter, Tone, wrap};
use super::table::{Cell, Column, Flush, stacked};
use crate::Analysis;
use crate::report::{Contender, FaultResult, Measured};
use crate::summary::change::change;
use crate::summary::faults::{group_title, whole};
use crate::summary::hint::first_red;
use crate::summary::ranked;
use crate::words::fault::{Struck, detected, fault_title, was_met};
use crate::words::figures::{burn, count, or_not, percent, seconds};
use crate::words::reach::hit;
use crate::words::run::marks;
use crate::words::text::plain;
use crate::words::windows::{Group, groups};

/// One column of the fault table: its header, what it says, and whether it says it of everything or of faults of
/// deployments alone.
type FaultColumn = ([&'static str; 2], fn(&FaultResult) -> Cell, Of);

/// Of which rows a column can say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Everything,
    Deployments,
}

/// Most telling first: what does not fit stands under the row.
const COLUMNS: &[FaultColumn] = &[
    (["success", "meanwhile"], |f| number(f.success_rate, percent), Of::Everything),
    (["", "victims"], |f| number(f.victims, count), Of::Everything),
    (
        ["", "detected"],
        |f| match was_met(f) {
            true => number(f.time_to_detect_s, seconds),
            false => Cell::new(detected(f), Tone::Plain),
        },
        Of::Deployments,
    ),
    (["", "recovered"], |f| number(f.time_to_recover_s, seconds), Of::Everything),
    (["first", "rescue"], |f| number(f.time_to_rescue_s, seconds), Of::Deployments),
    (["failed", "back"], |f| number(f.failback_s, seconds), Of::Deployments),
    (["first", "victims"], |f| number(f.first_victims, count), Of::Deployments),
    (["", "flaps"], |f| number(f.flaps, count), Of::Deployments),
    (["error budget", "burn"], |f| number(f.error_budget_burn, burn), Of::Everything),
];

/// The table of faults, ending in a newline; empty without faults.
pub(super) fn faults(analysis: &Analysis, style: Style, painter: Painter) -> String {
    let mut ranked = ranked(analysis);
    ranked.retain(|contender| contender.was_played());
    let groups = ranked.first().map_or_else(Vec::new, |contender| groups(&contender.faults));
    let mut out: Vec<String> =
        groups.iter().flat_map(|group| table(analysis, &ranked, group, (style, painter))).collect();
    let told = marks(&analysis.run);
    if !told.is_empty() {
        out.extend(
            told.iter().map(|line| painter.paint(&wrap(line, style.columns(), 4), Tone::Dim)),
        );
        out.push(String::new());
    }
    out.join("\n")
}

/// One fault, or all windows of an entry: a title, whom it hit, and a row for each contender.
fn table(
    analysis: &Analysis,
    ranked: &[&Contender],
    group: &Group,
    (style, painter): (Style, Painter),
) -> Vec<String> {
    let results: Vec<(&Contender, FaultResult)> =
        ranked.iter().filter_map(|c| Some((*c, whole(analysis, c, group)?))).collect();
    let Some((_, fault)) = results.first() else {
        let first = ranked.first().and_then(|c| c.faults.get(*group.positions.first()?));
        let text = format!("{}: not reached", first.map_or_else(String::new, fault_title));
        return vec![painter.paint(&wrap(&text, style.columns(), 4), Tone::Dim), String::new()];
    };
    let mut out = title(group, fault, (style, painter));
    if let [only] = group.positions[..] {
        let hit = hit(ranked, only).map(|hit| wrap(&format!("hit {hit}"), style.columns() - 2, 2));
        let line = |line: &str| painter.paint(&format!("  {line}"), Tone::Dim);
        out.extend(hit.iter().flat_map(|hit| hit.lines().map(line)));
    }
    let mut name = Column::new(["", ""], Flush::Left);
    name.cells = results
        .iter()
        .map(|(contender, _)| Cell::name(&plain(&contender.name), Tone::Plain, style).indented())
        .collect();
    let mut columns = vec![name];
    for (head, cell, of) in COLUMNS {
        let says = match (of, Struck::by(fault)) {
            (Of::Everything, _) | (Of::Deployments, Struck::Provider) => true,
            (Of::Deployments, Struck::Gateway | Struck::Config) => false,
        };
        let mut column = Column::new(*head, Flush::Right);
        column.cells = results.iter().map(|(_, fault)| cell(fault)).collect();
        columns.extend(says.then_some(column));
    }
    out.extend(stacked(columns, style, painter));
    out.push(String::new());
    out
}

/// `fault f1 throttle (429) on first, 60 s to 120 s`; what was changed on purpose looks otherwise.
fn title(group: &Group, fault: &FaultResult, (style, painter): (Style, Painter)) -> Vec<String> {
    let struck = Struck::by(fault);
    let text = format!("{} {}", struck.label(), group_title(group, fault));
    let tone = match struck {
        Struck::Provider | Struck::Gateway => Tone::Strong,
        Struck::Config => Tone::Event,
    };
    wrap(&text, style.columns(), 4).lines().map(|line| painter.paint(line, tone)).collect()
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
