//! Below the table: how everybody came through each fault, where the report is, and the command
//! that explains the first red number.

use record::run::EventKind;

use super::Style;
use super::comparison::ranked;
use super::ink::{Ink, Tone, plain, wrap};
use super::table::{Cell, Column, lines, width};
use crate::Analysis;
use crate::expanded::{self, Group, groups, worst};
use crate::figures::{burn, clock, count, or_not, percent, seconds};
use crate::report::{Contender, FaultResult, Measured};

/// One column of the fault table: its header, and what it says.
type FaultColumn = ([&'static str; 2], fn(&FaultResult) -> String);

/// Most telling first: a narrow terminal drops the last.
const COLUMNS: &[FaultColumn] = &[
    (["success", "meanwhile"], |f| or_not(f.success_rate, percent)),
    (["", "detected"], detected),
    (["first", "rescue"], |f| or_not(f.time_to_rescue_s, seconds)),
    (["", "recovered"], |f| or_not(f.time_to_recover_s, seconds)),
    (["failed", "back"], |f| or_not(f.failback_s, seconds)),
    (["first", "victims"], |f| or_not(f.first_victims, count)),
    (["", "flaps"], |f| or_not(f.flaps, count)),
    (["error budget", "burn"], |f| or_not(f.error_budget_burn, burn)),
];

/// The table of faults, ending in a newline; empty without faults.
pub(super) fn faults(analysis: &Analysis, style: Style, ink: Ink) -> String {
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
            out.extend([ink.paint(&wrap(&text, style.columns(), 4), Tone::Dim), String::new()]);
            continue;
        };
        let title = wrap(&group_title(group, fault), style.columns(), 4);
        out.push(ink.paint(&title, Tone::Strong));
        let mut name = Column::new(["", ""], false);
        name.cells = results
            .iter()
            .map(|(contender, _)| Cell::new(format!("  {}", plain(&contender.name)), Tone::Plain))
            .collect();
        let mut columns = vec![name];
        for (head, text) in COLUMNS {
            let mut column = Column::new(*head, true);
            column.cells = results.iter().map(|(_, fault)| cell(text(fault))).collect();
            columns.push(column);
            if width(&columns) > style.columns() {
                columns.pop();
                break;
            }
        }
        // The header once is enough; later tables line up well enough to be read by it.
        out.extend(lines(&columns, ink, |_| None));
        out.push(String::new());
    }
    let told = events(analysis);
    if !told.is_empty() {
        out.extend(told.iter().map(|line| ink.paint(&wrap(line, style.columns(), 4), Tone::Dim)));
        out.push(String::new());
    }
    out.join("\n")
}

/// What a contender made of a group: its only fault, or the worst of its windows that were reached.
pub(crate) fn whole(analysis: &Analysis, who: &Contender, group: &Group) -> Option<FaultResult> {
    let windows = group.positions.iter().filter_map(|at| who.faults.get(*at));
    let reached: Vec<&FaultResult> = windows.filter(|fault| was_reached(analysis, fault)).collect();
    match reached[..] {
        [only] => Some(only.clone()),
        _ => worst(&reached),
    }
}

/// The title of a fault, or of all windows of an entry.
pub(crate) fn group_title(group: &Group, whole: &FaultResult) -> String {
    match (&group.entry, group.positions.len()) {
        (Some(entry), windows @ 2..) => expanded::title(&plain(entry), whole, windows),
        (Some(_) | None, _) => fault_title(whole),
    }
}

/// One line per event: `e1 at 230 s: rollout of …`.
pub(crate) fn events(analysis: &Analysis) -> Vec<String> {
    let line = |event: &record::run::EventInfo| {
        let at = seconds(event.at_ns as f64 / 1e9);
        let kind = match event.kind {
            EventKind::Mark => "mark: ",
            EventKind::Apply | EventKind::Rollout => "",
        };
        format!("{} at {at}: {kind}{}", plain(&event.id), plain(&event.summary))
    };
    analysis.run.events.iter().map(line).collect()
}

/// Whether an interrupted run came as far as this fault; others do.
pub(crate) fn was_reached(analysis: &Analysis, fault: &FaultResult) -> bool {
    analysis.machine.incomplete.is_none() || fault.from_s < analysis.played_s
}

/// When the target was left alone; `not met` where nobody's request met the fault.
pub(crate) fn detected(fault: &FaultResult) -> String {
    if fault.met_requests == Measured::Known(0) && fault.time_to_detect_s.is_absent() {
        return "not met".to_owned();
    }
    or_not(fault.time_to_detect_s, seconds)
}

/// `f1 throttle (429, retry-after 10 s) on first, 60 s to 120 s`
pub(crate) fn fault_title(fault: &FaultResult) -> String {
    format!(
        "{} {} on {}, {} to {}",
        plain(&fault.id),
        plain(&fault.summary),
        plain(&fault.target),
        clock(fault.from_s),
        clock(fault.to_s)
    )
}

/// Report path and explaining command, ending in a newline.
pub(super) fn pointers(analysis: &Analysis, style: Style, ink: Ink) -> String {
    let path = analysis.dir.join("report.html").display().to_string();
    let mut lines = vec![format!("report   {}", plain(&path))];
    if let Some(red) = first_red(analysis) {
        lines.push(format!("explain  {}", red.command(analysis)));
        let why = wrap(&format!("({})", red.why), style.columns().saturating_sub(9), 0);
        lines.extend(why.lines().map(|line| ink.paint(&format!("         {line}"), Tone::Dim)));
    }
    lines.join("\n") + "\n"
}

/// The first number of the comparison that is red, and a request that shows why.
#[derive(Clone, Debug)]
pub(crate) struct Red {
    contender: String,
    request: u64,
    /// Which number, and what the request is an example of.
    pub(crate) why: String,
}

impl Red {
    /// The command to type.
    pub(crate) fn command(&self, analysis: &Analysis) -> String {
        command(analysis, &self.contender, self.request)
    }
}

/// `brownout explain <run>/<contender> <request>`
pub(crate) fn command(analysis: &Analysis, contender: &str, request: u64) -> String {
    let dir = analysis.dir.join(contender).display().to_string();
    format!("brownout explain {} {request}", plain(&dir))
}

/// Reading the comparison row by row: the first promise that is broken, else the first failure. An
/// invalid measurement marks nobody, so there it is a failure.
pub(crate) fn first_red(analysis: &Analysis) -> Option<Red> {
    let ranked = ranked(analysis);
    let broken = ranked.iter().filter(|_| analysis.judges()).find_map(|contender| {
        let slo = contender.slo.iter().find(|result| result.pass() == Some(false))?;
        Some((*contender, Some(slo)))
    });
    let failed = || ranked.iter().find(|c| c.failed > 0).map(|c| (*c, None));
    let (contender, slo) = broken.or_else(failed)?;
    // A bound on a time that has a value was broken by answers that came too late, not by failures.
    let slow = slo.filter(|result| result.value.known().is_some()).and_then(|result| {
        Some((contender.slowest_by_metric.get(result.metric().name())?, result))
    });
    let slow = slow.map(|(id, slo)| (*id, format!("its slowest success by {}", slo.metric())));
    let slowest = || Some((contender.slowest_request?, "its slowest success".to_owned()));
    let (request, of) = slow.or_else(|| commonest(contender)).or_else(slowest)?;
    let broke = slo.map_or_else(|| ":".to_owned(), |slo| format!(" broke {};", slo.metric()));
    let why = format!("{}{broke} request {request} is {of}", plain(&contender.name));
    Some(Red { contender: contender.name.clone(), request, why })
}

/// An example of the commonest failure: `one of 240 × connect`.
fn commonest(contender: &Contender) -> Option<(u64, String)> {
    let (kind, number) = contender.failures_by_kind.iter().max_by_key(|(_, number)| **number)?;
    let id = contender.failure_examples.get(kind)?.first()?;
    Some((*id, format!("one of {} × {kind}", count(*number))))
}

fn cell(text: String) -> Cell {
    let tone = match text.as_str() {
        "never" => Tone::Bad,
        "n/a" => Tone::Dim,
        _ => Tone::Plain,
    };
    Cell::new(text, tone)
}
