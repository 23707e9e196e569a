//! What several runs print: one line per seed, the spread per contender, one verdict per scenario.

use record::slo::{Aggregate, Metric};

use super::Style;
use super::paint::{Painter, Tone, wrap};
use super::table::{Cell, Column, Flush, lines, stacked};
use crate::report::ValidityVerdict;
use crate::seeds::{Range, ScenarioSeries, Series, Spread};
use crate::words::contender::runs_as;
use crate::words::figures::{NEVER, usd};
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
    out.extend(stacked(table(scenario, style), style, painter));
    out.push(String::new());
    out.extend(lines(&runs(scenario, style), painter, |_| None));
    out.join("\n") + "\n"
}

/// Who led on which seed. Where a run stands comes last: a path is not broken, so that it can be copied.
fn runs(scenario: &ScenarioSeries, style: Style) -> Vec<Column> {
    let mut seed = Column::new(["", "seed"], Flush::Right);
    let mut led = Column::new(["", "led"], Flush::Left);
    let mut run_dir = Column::new(["", "run"], Flush::Left);
    for run in &scenario.runs {
        let leader = run.winner.as_deref().map_or_else(|| "nobody".to_owned(), plain);
        // The series stands beside its runs.
        let dir = run.dir.strip_prefix("../").unwrap_or(&run.dir);
        seed.cells.push(Cell::new(run.seed.to_string(), Tone::Plain));
        led.cells.push(Cell::name(&leader, Tone::Plain, style));
        run_dir.cells.push(Cell::new(plain(dir), Tone::Dim));
    }
    vec![seed, led, run_dir]
}

fn table(scenario: &ScenarioSeries, style: Style) -> Vec<Column> {
    type Detail = ([&'static str; 2], fn(&ScenarioSeries, &Spread) -> String);
    let mut details: Vec<Detail> = vec![
        (["", "led"], |_, s| s.led.to_string()),
        (["kept the", "promise"], |_, s| s.kept.to_string()),
        (["success", "median (worst)"], |all, s| {
            let show = |value| all.beside((Metric::Success, Aggregate::Rate), value);
            spread(&s.success_rate, s.success_rate.min, show)
        }),
        (["$ per 1,000 good", "median (worst)"], |all, s| {
            let show = |value| all.beside((Metric::Cost, Aggregate::Rate), value);
            spread(&s.cost_per_1k_good_usd, s.cost_per_1k_good_usd.max, show)
        }),
        (["p99 ttft", "median (worst)"], |all, s| {
            let show = |value| all.beside((Metric::Ttft, Aggregate::Percentile(99.0)), value);
            spread(&s.ttft_p99_ms, s.ttft_p99_ms.max, show)
        }),
    ];
    if scenario.has_impact() {
        details.push((["impact", "median (worst)"], |_, s| {
            s.impact_usd.as_ref().map_or_else(String::new, |impact| spread(impact, impact.max, usd))
        }));
    }
    details.push((["", "runs as"], |_, s| runs_as(s.kind, &s.personality, s.product.as_ref())));
    let ranked = scenario.ranked();
    let mut name = Column::new(["", "contender"], Flush::Left);
    name.cells = ranked.iter().map(|s| Cell::name(&plain(&s.name), Tone::Strong, style)).collect();
    let column = |(head, text): Detail| {
        let mut column = Column::new(head, Flush::Right);
        column.cells = ranked.iter().map(|s| Cell::new(text(scenario, s), Tone::Plain)).collect();
        column
    };
    std::iter::once(name).chain(details.into_iter().map(column)).collect()
}

fn spread(range: &Range, worst: Option<f64>, show: impl Fn(f64) -> String) -> String {
    let or_never = |value: Option<f64>| value.map_or_else(|| NEVER.to_owned(), &show);
    format!("{} ({})", or_never(range.median), or_never(worst))
}
