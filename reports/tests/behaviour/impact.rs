//! What failures cost by the scenario's `impact:`, wherever it is told; and silence about it where there is none.

use record::run::ImpactInfo;
use reports::report::Measured::{Known, NotApplicable, TooFew, Withheld};
use reports::report::{Contender, Measured};
use reports::terminal::{Style, screen, series};
use reports::{Analysis, render, render_series, seeds};
use vocab::FailureKind;

use crate::support::{RunDir, S, Tables, brownout, phase};

/// 50 cents a failed request, 20 dollars a bad minute.
const COSTS: ImpactInfo = ImpactInfo { failed_request: 0.5, bad_minute: 20.0 };

/// Of the last 180 s of the brownout, in three minutes: `stubborn` fails 240 requests from 60 s to 120 s.
fn brownout(edit: impl FnOnce(&mut RunDir)) -> Analysis {
    let mut dir = brownout::run();
    dir.run.impact = Some(COSTS);
    edit(&mut dir);
    dir.analyse()
}

fn of(contender: &Contender) -> (Measured<f64>, [Measured<u64>; 3]) {
    let minutes = [contender.bad_minutes, contender.minutes_judged, contender.minutes_not_judged];
    (contender.impact_usd, minutes)
}

fn named<'a>(analysis: &'a Analysis, name: &str) -> &'a Contender {
    analysis.report.contenders.iter().find(|contender| contender.name == name).expect("there")
}

/// One contender; each minute after 20 s of warm-up has so many requests, of which so many fail and so many are slow.
fn minutes(told: &[(u64, u64, u64)], edit: impl FnOnce(&mut RunDir)) -> Contender {
    let end = 20 + 60 * told.len() as u64;
    let mut dir = RunDir::new(end);
    dir.run.phases = vec![phase("warm-up", (0, 20), true), phase("load", (20, end), false)];
    dir.run.impact = Some(COSTS);
    dir.slo("ttft", "p(50)<1s");
    let mut tables = Tables::default();
    for n in 0..30 {
        tables.failure(n * S / 2, 20, FailureKind::Timeout);
        let row = tables.requests.last_mut().expect("just pushed");
        (row.warmup, row.phase) = (true, "warm-up".to_owned());
    }
    for (minute, (all, failed, slow)) in told.iter().enumerate() {
        for n in 0..*all {
            let at = (20 + 60 * minute as u64) * S + n * 60 * S / all;
            match n {
                n if n < *failed => _ = tables.failure(at, 20, FailureKind::Timeout),
                n if n < failed + slow => _ = tables.success(at, 1_500, 2, "west"),
                _ => _ = tables.success(at, 100, 2, "west"),
            }
        }
    }
    dir.contender("only", tables);
    edit(&mut dir);
    dir.analyse().report.contenders[0].clone()
}

#[test]
fn failed_requests_and_bad_minutes_outside_warm_up_are_added_up() {
    let analysis = brownout(|_| {});
    // A third of the first minute's requests fail and two thirds of the second's: 240 × 0.50 + 2 × 20.
    assert_eq!(of(named(&analysis, "stubborn")), (Known(160.0), [Known(2), Known(3), Known(0)]));
    assert_eq!(of(named(&analysis, "swift")), (Known(0.0), [Known(0), Known(3), Known(0)]));
}

#[test]
fn a_minute_is_bad_under_the_promised_success_rate_and_not_at_it() {
    let promised = |failed| {
        let told = [(60, failed, 0), (60, 0, 0)];
        of(&minutes(&told, |dir| dir.slo("success", "rate >= 0.9")))
    };
    assert_eq!(promised(6), (Known(3.0), [Known(0), Known(2), Known(0)]));
    assert_eq!(promised(7), (Known(23.5), [Known(1), Known(2), Known(0)]));
}

#[test]
fn where_no_success_is_promised_a_minute_needs_99_of_100() {
    let of = |failed, all| of(&minutes(&[(all, failed, 0)], |_| {})).1[0];
    assert_eq!([of(1, 100), of(2, 100), of(1, 60)], [Known(0), Known(1), Known(1)]);
}

#[test]
fn slow_answers_make_a_minute_bad_and_are_no_failed_requests() {
    let told = of(&minutes(&[(60, 0, 20), (60, 0, 0)], |_| {}));
    assert_eq!(told, (Known(20.0), [Known(1), Known(2), Known(0)]));
}

#[test]
fn minutes_with_fewer_than_twenty_requests_are_not_judged_and_counted() {
    let told = of(&minutes(&[(20, 20, 0), (19, 19, 0), (0, 0, 0)], |_| {}));
    assert_eq!(told, (Known(39.0 * 0.5 + 20.0), [Known(1), Known(1), Known(2)]));
    // Where no minute can be judged there is no sum, unless minutes cost nothing.
    let none = of(&minutes(&[(19, 19, 0)], |_| {}));
    assert_eq!(none, (TooFew, [TooFew, Known(0), Known(1)]));
    let free = |dir: &mut RunDir| dir.run.impact = Some(ImpactInfo { bad_minute: 0.0, ..COSTS });
    assert_eq!(of(&minutes(&[(19, 19, 0)], free)).0, Known(9.5));
}

#[test]
fn a_minute_that_was_begun_is_one() {
    let told = minutes(&[(60, 0, 0), (60, 60, 0)], |dir| {
        dir.run.scenario.duration_ns -= 30 * S;
        let requests = &mut dir.tables.get_mut("only").expect("there").requests;
        requests.retain(|row| row.intended_ns < 110 * S);
    });
    assert_eq!(of(&told), (Known(30.0 * 0.5 + 20.0), [Known(1), Known(2), Known(0)]));
}

#[test]
fn what_was_not_played_is_no_minute() {
    let analysis = brownout(|dir| {
        dir.machine.incomplete = Some("interrupted".to_owned());
        for tables in dir.tables.values_mut() {
            tables.requests.retain(|row| row.intended_ns < 90 * S);
        }
    });
    assert_eq!(of(named(&analysis, "stubborn")).1[1..], [Known(2), Known(0)]);
}

#[test]
fn which_minutes_are_bad_is_withheld_with_the_times_that_decide_it() {
    let slow = |dir: &mut RunDir| {
        dir.on_the_wall();
        for of in &mut dir.machine.generators {
            of.lag_p99_ms = 200.0;
        }
    };
    let stubborn = |analysis: Analysis| of(named(&analysis, "stubborn"));
    let told = stubborn(brownout(slow));
    assert_eq!(told, (Withheld, [Withheld, Known(3), Known(0)]));
    let told = stubborn(brownout(|dir| {
        slow(dir);
        dir.run.impact = Some(ImpactInfo { bad_minute: 0.0, ..COSTS });
    }));
    assert_eq!(told.0, Known(120.0), "requests that failed are known");
}

fn text(analysis: &Analysis, name: &str) -> String {
    let file = render(analysis).into_iter().find(|file| file.name == name).expect("there");
    String::from_utf8(file.bytes).expect("UTF-8")
}

#[test]
fn every_output_tells_the_impact() {
    let analysis = brownout(|_| {});
    let shown = |width| screen(&analysis, Style { width, colour: false });
    insta::assert_snapshot!(shown(160));
    let narrow = shown(80);
    assert!(narrow.contains("2 of 3 minutes bad"), "{narrow}");
    let csv = text(&analysis, "comparison.csv");
    let mut lines = csv.lines();
    assert!(lines.next().expect("a header").ends_with(
        "cost_per_1k_good_usd,impact_usd,bad_minutes,minutes_judged,minutes_not_judged"
    ));
    assert!(lines.any(|line| line.starts_with("stubborn,") && line.ends_with(",160,2,3,0")));
    assert!(text(&analysis, "summary.md").contains("| $160.00 (2 of 3 minutes bad) |"));
    let page = text(&analysis, "report.html");
    assert!(page.contains("$160.00<small>2 of 3 minutes bad</small>"));
    assert!(page.contains("$160.00 less impact"), "what to change says what it saves");
    let json: serde_json::Value =
        serde_json::from_str(&text(&analysis, "report.json")).expect("JSON");
    assert_eq!(json["contenders"][0]["impact_usd"], 160.0);
}

#[test]
fn without_impact_nothing_is_told_of_it() {
    let mut dir = brownout::run();
    dir.run.impact = None;
    let analysis = dir.analyse();
    let none = (NotApplicable, [NotApplicable; 3]);
    assert!(analysis.report.contenders.iter().all(|contender| of(contender) == none));
    let told = screen(&analysis, Style { width: 160, colour: false });
    assert!(!told.contains("impact") && !text(&analysis, "summary.md").contains("impact"));
    let page = text(&analysis, "report.html");
    let comparison = page.split("id=\"comparison\"").nth(1).expect("there");
    let comparison = comparison.split("</section>").next().expect("its end");
    assert!(!comparison.contains("impact"), "{comparison}");
}

#[test]
fn a_series_has_the_median_impact_and_its_range() {
    let of_seed = |seed: u64, failed_request: f64| {
        let costs = ImpactInfo { failed_request, bad_minute: 0.0 };
        let mut report = brownout(|dir| dir.run.impact = Some(costs)).report;
        report.scenario.seed = seed;
        seeds::Run { dir: seed.to_string(), report }
    };
    let runs = [of_seed(1, 1.0), of_seed(2, 4.0), of_seed(3, 2.0)];
    let combined = seeds::combine(&runs);
    let files = render_series(&combined);
    let text = |name: &str| {
        let file = files.iter().find(|file| file.name == name).expect("there");
        std::str::from_utf8(&file.bytes).expect("UTF-8")
    };
    assert!(text("summary.md").contains("| $480.00 ($240.00 to $960.00) |"));
    assert!(text("comparison.csv").contains(",480,240,960\n"));
    assert!(text("report.html").contains("$480.00<small>$240.00 to $960.00</small>"));
    let told = series(&combined, Style { width: 160, colour: false });
    assert!(told.contains("$480.00 ($960.00)"), "{told}");
}
