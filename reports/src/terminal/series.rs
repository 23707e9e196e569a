//! What several runs print: one line per seed, the spread per contender, one verdict per scenario.

use super::Style;
use super::paint::{Painter, Tone, wrap};
use super::table::{Cell, Column, Flush, lines, width};
use crate::report::ValidityVerdict;
use crate::seeds::{Range, ScenarioSeries, Series, Spread};
use crate::words::figures::{NEVER, millis, percent, usd};
use crate::words::run::clock_label;
use crate::words::text::{plain, prose};

/// Indent of what follows `VERDICT`.
const LABEL: usize = 8;

/// The screen of a series.
pub fn series(series: &Series, style: Style) -> String {
    let painter = Painter::new(style);
    let scenarios = series.scenarios.iter().map(|scenario| one(scenario, style, painter));
    scenarios.collect::<Vec<_>>().join("\n")
}

fn one(scenario: &ScenarioSeries, style: Style, painter: Painter) -> String {
    let clock = clock_label(scenario.clock);
    let name = plain(&scenario.scenario);
    let seeds: Vec<String> = scenario.runs.iter().map(|run| run.seed.to_string()).collect();
    let s = if seeds.len() == 1 { "" } else { "s" };
    let head = format!("{name} · seed{s} {} · {clock}", seeds.join(", "));
    let (word, tone) = match scenario.validity {
        ValidityVerdict::Valid => ("VALID", Tone::Good),
        ValidityVerdict::Invalid => ("INVALID", Tone::Bad),
    };
    let verdict = wrap(&format!("VERDICT {}", prose(&scenario.line)), style.columns(), LABEL);
    let mut out = vec![
        wrap(&head, style.columns(), 2),
        painter.paint(word, tone),
        painter.paint(&verdict, if scenario.fragile { Tone::Care } else { Tone::Strong }),
        String::new(),
    ];
    let mut columns = Vec::new();
    for column in table(scenario) {
        columns.push(column);
        if width(&columns) > style.columns() {
            columns.pop();
            break;
        }
    }
    out.extend(lines(&columns, painter, |_| None));
    out.push(String::new());
    let runs = scenario.runs.iter().map(|run| {
        let leader = run.winner.as_deref().unwrap_or("nobody");
        // The series stands beside its runs.
        let dir = run.dir.strip_prefix("../").unwrap_or(&run.dir);
        format!("seed {:<6} {leader} led   {}", run.seed, plain(dir))
    });
    out.extend(runs);
    out.join("\n") + "\n"
}

fn table(scenario: &ScenarioSeries) -> Vec<Column> {
    type Detail = ([&'static str; 2], fn(&Spread) -> String);
    let details: [Detail; 7] = [
        (["", "contender"], |s| plain(&s.name)),
        (["", "led"], |s| s.led.to_string()),
        (["", "kept"], |s| s.kept.to_string()),
        (["success", "median (worst)"], |s| spread(&s.success_rate, s.success_rate.min, percent)),
        (["$ per 1,000 good", "median (worst)"], |s| {
            spread(&s.cost_per_1k_good_usd, s.cost_per_1k_good_usd.max, usd)
        }),
        (["p99 ttft", "median (worst)"], |s| spread(&s.ttft_p99_ms, s.ttft_p99_ms.max, millis)),
        (["", "runs as"], |s| format!("{}, {}", s.kind, plain(s.personality.word()))),
    ];
    let ranked = scenario.ranked();
    let column = |(at, (head, text)): (usize, Detail)| {
        let flush = if (1..6).contains(&at) { Flush::Right } else { Flush::Left };
        let mut column = Column::new(head, flush);
        column.cells = ranked.iter().map(|s| Cell::new(text(s), Tone::Plain)).collect();
        column
    };
    details.into_iter().enumerate().map(column).collect()
}

fn spread(range: &Range, worst: Option<f64>, show: fn(f64) -> String) -> String {
    let or_never = |value: Option<f64>| value.map_or_else(|| NEVER.to_owned(), show);
    format!("{} ({})", or_never(range.median), or_never(worst))
}
