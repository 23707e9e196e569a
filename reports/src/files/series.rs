//! The files of a series: what several runs say together, for machines, people and pull requests.

use record::slo::{Aggregate, Metric};

use super::comparison_csv::table;
use super::markdown::{cell, row};
use super::{File, html, json_file};
use crate::report::ValidityVerdict;
use crate::seeds::{Range, ScenarioSeries, Series, Spread};
use crate::words::figures::{NEVER, usd};
use crate::words::run::{clock_label, decided_by};

/// All of them.
pub(super) fn files(series: &Series) -> Vec<File> {
    vec![
        html::series::file(series),
        json_file("report.json", series),
        summary(series),
        comparison(series),
    ]
}

/// `summary.md`.
fn summary(series: &Series) -> File {
    let scenarios: Vec<String> = series.scenarios.iter().map(one).collect();
    File::text("summary.md", scenarios.join("\n"))
}

fn one(scenario: &ScenarioSeries) -> String {
    let word = match scenario.validity {
        ValidityVerdict::Valid => "VALID",
        ValidityVerdict::Invalid => "INVALID",
    };
    let (clock, runs) = (clock_label(scenario.clock), scenario.runs.len());
    let mut out = format!(
        "## {} · {runs} seeds · {clock}\n\n**{word}**\n\n**Verdict** {}\n\n",
        cell(&scenario.scenario),
        cell(&scenario.line)
    );
    let mut head =
        vec!["contender", "led", "kept", "success", "goodput", "p99 ttft", "$ per 1,000 good"];
    head.extend(scenario.has_impact().then_some("impact"));
    out.push_str(&row(&head.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()));
    out.push_str(&row(&vec!["---".to_owned(); head.len()]));
    let beside = |metric, aggregate| move |value: f64| scenario.beside((metric, aggregate), value);
    for spread in scenario.ranked() {
        let mut cells = vec![
            format!("**{}**", cell(&spread.name)),
            format!("{} of {runs}", spread.led),
            format!("{} of {runs}", spread.kept),
            range(&spread.success_rate, beside(Metric::Success, Aggregate::Rate)),
            range(&spread.goodput, beside(Metric::Goodput, Aggregate::Rate)),
            range(&spread.ttft_p99_ms, beside(Metric::Ttft, Aggregate::Percentile(99.0))),
            range(&spread.cost_per_1k_good_usd, beside(Metric::Cost, Aggregate::Rate)),
        ];
        cells.extend(spread.impact_usd.iter().map(|impact| range(impact, usd)));
        out.push_str(&row(&cells));
    }
    out.push('\n');
    for run in &scenario.runs {
        let leader = run.winner.as_deref().unwrap_or("nobody");
        out.push_str(&format!(
            "- seed {}: {} led, decided by {} (`{}`)\n",
            run.seed,
            cell(leader),
            decided_by(run.basis),
            cell(&run.dir)
        ));
    }
    out
}

/// `99.7 % (98.9 % to 100 %)`; one value where all are equal.
fn range(range: &Range, show: impl Fn(f64) -> String) -> String {
    let told = |value: Option<f64>| value.map_or_else(|| NEVER.to_owned(), &show);
    if range.min == range.max {
        return told(range.median);
    }
    format!("{} ({} to {})", told(range.median), told(range.min), told(range.max))
}

/// A range of a contender, and the name of its columns.
type Column = (&'static str, fn(&Spread) -> Option<&Range>);

const COLUMNS: &[Column] = &[
    ("success_rate", |spread| Some(&spread.success_rate)),
    ("goodput", |spread| Some(&spread.goodput)),
    ("ttft_p99_ms", |spread| Some(&spread.ttft_p99_ms)),
    ("cost_per_1k_good_usd", |spread| Some(&spread.cost_per_1k_good_usd)),
    ("impact_usd", |spread| spread.impact_usd.as_ref()),
];

/// `comparison.csv`: one row per scenario and contender; empty = never, or unknown.
fn comparison(series: &Series) -> File {
    let fixed = ["scenario", "contender", "seeds", "led", "kept"].map(str::to_owned);
    let spread = COLUMNS
        .iter()
        .flat_map(|(name, _)| ["median", "min", "max"].map(|which| format!("{name}_{which}")));
    let header: Vec<String> = fixed.into_iter().chain(spread).collect();
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let rows = series.scenarios.iter().flat_map(|scenario| {
        scenario.contenders.iter().map(move |one| {
            let fixed = [
                scenario.scenario.clone(),
                one.name.clone(),
                scenario.runs.len().to_string(),
                one.led.to_string(),
                one.kept.to_string(),
            ];
            let spread = COLUMNS.iter().flat_map(|(_, of)| {
                let range = of(one);
                let of = |which: fn(&Range) -> Option<f64>| number(range.and_then(which));
                [of(|range| range.median), of(|range| range.min), of(|range| range.max)]
            });
            fixed.into_iter().chain(spread).collect()
        })
    });
    table("comparison.csv", header, rows)
}
