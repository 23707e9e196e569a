//! The page of a series: the verdict over all seeds, each contender's median and range, who led on which seed and
//! why, and a link to every run.

use maud::{Markup, html};
use record::slo::{Aggregate, Metric};

use super::shell;
use super::terms::term;
use crate::files::File;
use crate::report::{SEEDS_TO_WIN, ValidityVerdict};
use crate::seeds::{Range, ScenarioSeries, SeedResult, Series, Spread};
use crate::words::contender::runs_as;
use crate::words::figures::{NEVER, counted, usd};
use crate::words::run::{clock_label, decided_by};

/// The file.
pub(crate) fn file(series: &Series) -> File {
    let names: Vec<&str> = series.scenarios.iter().map(|one| one.scenario.as_str()).collect();
    let title = format!("{} · several seeds · brownout", names.join(", "));
    let body = html! {
        main {
            @for scenario in &series.scenarios { (one(scenario)) }
            (rule())
        }
    };
    File::text("report.html", shell::page(&title, &body))
}

fn one(scenario: &ScenarioSeries) -> Markup {
    let (word, class) = match (scenario.validity, scenario.fragile) {
        (ValidityVerdict::Valid, false) => ("VALID", "verdict valid"),
        (ValidityVerdict::Valid, true) => ("FRAGILE", "verdict open"),
        (ValidityVerdict::Invalid, _) => ("INVALID", "verdict invalid"),
    };
    html! {
        div.manager {
            header {
                p.eyebrow {
                    (scenario.scenario) " · " (counted(scenario.runs.len() as u64, "seed"))
                    " · " strong.simulated { (clock_label(scenario.clock)) }
                }
                h1 { (scenario.question.as_deref().unwrap_or(&scenario.scenario)) }
                @if !scenario.promise.is_empty() { p.context { "promised: " (scenario.promise.join(" · ")) } }
            }
            section class=(class) aria-label="verdict" {
                p.validity { span.chip { (word) } }
                p.opening { (claim(scenario)) }
                @if let Some(caveat) = caveat(scenario) { p.caveat { (caveat) } }
                p.others { (scenario.line) }
            }
            (spreads(scenario))
            (runs(scenario))
        }
    }
}

/// The verdict in plain words: who was best, and whether that one kept the promise.
fn claim(scenario: &ScenarioSeries) -> String {
    let n = scenario.runs.len();
    if let ([only], ValidityVerdict::Valid, false) =
        (&scenario.contenders[..], scenario.validity, scenario.promise.is_empty())
    {
        let Spread { name, kept, .. } = only;
        return format!("{name} kept the promise in {kept} of {}", counted(n as u64, "trial"));
    }
    let kept = |name: &str| {
        if scenario.promise.is_empty() {
            return "and nothing was promised".to_owned();
        }
        let spread = scenario.contenders.iter().find(|spread| spread.name == name);
        match spread.map_or(0, |spread| spread.kept) {
            0 => "without keeping the promise in any".to_owned(),
            all if all == n as u64 => "and always kept the promise".to_owned(),
            some => format!("and kept the promise in {some} of them"),
        }
    };
    match (&scenario.winner, scenario.validity) {
        (_, ValidityVerdict::Invalid) => {
            "No verdict: at least one run cannot be trusted".to_owned()
        }
        (Some(winner), ValidityVerdict::Valid) => {
            format!("{winner} was best in {}, {}", trials(n), kept(winner))
        }
        (None, ValidityVerdict::Valid) if scenario.fragile => {
            "It depends on luck: the best one changes from trial to trial".to_owned()
        }
        (None, ValidityVerdict::Valid) => "Nobody was best in all trials".to_owned(),
    }
}

/// What to keep in mind about it.
fn caveat(scenario: &ScenarioSeries) -> Option<String> {
    let few = scenario.winner.is_some() && scenario.runs.len() < SEEDS_TO_WIN;
    few.then(|| format!("{SEEDS_TO_WIN} trials are needed to win: run --seeds {SEEDS_TO_WIN}."))
}

fn trials(n: usize) -> String {
    match n {
        1 => "this one trial".to_owned(),
        n => format!("all {n} trials"),
    }
}

fn spreads(scenario: &ScenarioSeries) -> Markup {
    let n = scenario.runs.len() as u64;
    html! {
        section {
            h2 { "Over all seeds" }
            p.context { "The median, and below it the range from the smallest to the largest." }
            div.scroll {
                table.comparison.sortable {
                    thead {
                        tr {
                            th { "contender" }
                            th.number { "best in" small { "trials of " (n) } }
                            th.number { (term("kept", "promise")) small { "the promise" } }
                            th.number { (term("answered", "success")) small { "success" } }
                            th.number { (term("answered well", "goodput")) small { "goodput" } }
                            th.number { (term("first token", "ttft")) small { "p99 ttft" } }
                            th.number { (term("cost", "cost")) small { "per 1,000 good" } }
                            @if scenario.has_impact() {
                                th.number { (term("impact", "impact")) small { "of failures" } }
                            }
                        }
                    }
                    tbody { @for spread in scenario.ranked() { (row(scenario, spread)) } }
                }
            }
        }
    }
}

fn row(scenario: &ScenarioSeries, spread: &Spread) -> Markup {
    let n = scenario.runs.len() as u64;
    let leads = scenario.winner.as_deref() == Some(spread.name.as_str());
    let kept = kept_class(scenario, spread);
    let beside = |metric, aggregate| move |value: f64| scenario.beside((metric, aggregate), value);
    html! {
        tr.leader[leads] {
            th scope="row" { (spread.name) small { (runs_as(spread.kind, &spread.personality, spread.product.as_ref())) } }
            td.number data-v=(spread.led) { (spread.led) }
            td.number data-v=(spread.kept) { span class=(kept) { (spread.kept) " of " (n) } }
            (range(&spread.success_rate, beside(Metric::Success, Aggregate::Rate)))
            (range(&spread.goodput, beside(Metric::Goodput, Aggregate::Rate)))
            (range(&spread.ttft_p99_ms, beside(Metric::Ttft, Aggregate::Percentile(99.0))))
            (range(&spread.cost_per_1k_good_usd, beside(Metric::Cost, Aggregate::Rate)))
            @if let Some(impact) = &spread.impact_usd { (range(impact, usd)) }
        }
    }
}

/// Green where it was kept in every trial, red where it was broken in one; what is untested or cannot be told is neither.
fn kept_class(scenario: &ScenarioSeries, spread: &Spread) -> &'static str {
    if scenario.promise.is_empty() {
        return "nodata";
    }
    let named = |names: &[String]| names.contains(&spread.name);
    let broke =
        |run: &SeedResult| !(named(&run.kept) || named(&run.untested) || named(&run.no_data));
    if scenario.runs.iter().any(broke) {
        "broken"
    } else if spread.kept == scenario.runs.len() as u64 {
        "kept"
    } else {
        "nodata"
    }
}

fn range(range: &Range, show: impl Fn(f64) -> String) -> Markup {
    let told = |value: Option<f64>| value.map_or_else(|| NEVER.to_owned(), &show);
    let key = range.median.map(|median| median.to_string());
    html! {
        td.number data-v=[key] {
            (told(range.median))
            @if range.min != range.max { small { (told(range.min)) " to " (told(range.max)) } }
        }
    }
}

fn runs(scenario: &ScenarioSeries) -> Markup {
    html! {
        section {
            h2 { "Seed by seed" }
            div.scroll {
                table.sortable {
                    thead { tr { th.number { (term("seed", "seed")) } th { "best" } th { "decided by" } th { "kept the promise" } th { "order" } th { "measurement" } } }
                    tbody { @for run in &scenario.runs { (seed(run)) } }
                }
            }
        }
    }
}

fn seed(run: &SeedResult) -> Markup {
    let kept = if run.kept.is_empty() { "nobody".to_owned() } else { run.kept.join(", ") };
    html! {
        tr {
            // A place below the folder of this page, whatever its name.
            th.number scope="row" data-v=(run.seed) { a href={ "./" (run.dir) "/report.html" } { (run.seed) } }
            td { (run.winner.as_deref().unwrap_or("nobody")) }
            td { (decided_by(run.basis)) }
            td { (kept) }
            td { (run.ranking.join(" › ")) }
            td {
                @match run.validity {
                    ValidityVerdict::Valid => "valid",
                    ValidityVerdict::Invalid => span.broken { "invalid" },
                }
            }
        }
    }
}

/// How a series is decided.
fn rule() -> Markup {
    html! {
        section {
            h2 { "How this is decided" }
            p {
                "Each seed is one trial, judged by itself: of those who keep the promise the cheapest is best; under 2 % apart "
                "the one with more good answers; under 0.1 points apart they are equal. Where nobody keeps it, good answers decide. "
                (term("Wins", "wins")) " takes " (SEEDS_TO_WIN) " trials with the same best one in all of them; "
                "if somebody else is best in another trial, the verdict is FRAGILE. One invalid run makes the whole series "
                "invalid: to leave it out would be to choose the data."
            }
            p.faint { "The same numbers: report.json and comparison.csv beside this page; each trial has its own page." }
        }
    }
}
