//! Several seeds: five to win, FRAGILE where the leader changes, invalid where one run is.

use reports::report::{Basis, RunReport, ValidityVerdict};
use reports::seeds::{Run, Series, combine};
use reports::terminal::{Style, series};

use crate::support::brownout;

/// The brownout's report under `n` seeds; `leader(seed)` leads.
fn runs(n: u64, leader: impl Fn(u64) -> &'static str) -> Vec<Run> {
    let report = brownout::run().analyse().report;
    let run = |seed: u64| {
        let mut report: RunReport = report.clone();
        report.scenario.seed = seed;
        report.verdict.winner = Some(leader(seed).to_owned());
        Run { dir: format!("{seed}-c0ffee"), report }
    };
    (1..=n).map(run).collect()
}

fn one(series: &Series) -> &reports::seeds::ScenarioSeries {
    &series.scenarios[0]
}

#[test]
fn five_seeds_with_one_leader_win_and_four_lead() {
    let five = combine(&runs(5, |_| "swift"));
    assert_eq!(one(&five).winner.as_deref(), Some("swift"));
    assert!(
        one(&five).line.starts_with("swift (built-in) wins on all 5 seeds"),
        "{}",
        one(&five).line
    );
    let four = combine(&runs(4, |_| "swift"));
    assert!(one(&four).line.starts_with("swift (built-in) led on seeds 1, 2, 3, 4"));
    assert!(!one(&four).line.contains("wins"));
}

#[test]
fn a_leader_that_changes_is_fragile() {
    let series = combine(&runs(5, |seed| if seed == 3 { "dear" } else { "swift" }));
    assert_eq!((one(&series).winner.as_ref(), one(&series).fragile), (None, true));
    assert!(
        one(&series).line.contains("FRAGILE")
            && one(&series).line.contains("swift on 4, dear on 1")
    );
}

#[test]
fn a_seed_on_which_nobody_leads_is_not_somebody_else_who_leads() {
    let mut runs = runs(5, |_| "swift");
    for run in &mut runs[2..] {
        run.report.verdict.winner = None;
        run.report.verdict.basis = Basis::Equal;
    }
    let series = combine(&runs);
    assert_eq!((one(&series).winner.as_ref(), one(&series).fragile), (None, false));
    let line = &one(&series).line;
    assert!(line.starts_with("swift (built-in) led on 2 of 5, equal on 3: "), "{line}");
    assert!(!line.contains("FRAGILE") && !line.contains("wins"), "{line}");
    runs[4].report.verdict.winner = Some("dear".to_owned());
    runs[4].report.verdict.basis = Basis::Cost;
    let line = one(&combine(&runs)).line.clone();
    assert!(
        line.starts_with("FRAGILE") && line.contains("(swift on 2, dear on 1, equal on 2)"),
        "{line}"
    );
}

#[test]
fn seeds_on_which_only_untested_contenders_keep_the_promise_have_no_leader() {
    let mut runs = runs(3, |_| "swift");
    for run in &mut runs {
        run.report.verdict.winner = None;
        run.report.verdict.kept.clear();
        run.report.verdict.basis = Basis::OnlyUntested;
    }
    let line = one(&combine(&runs)).line.clone();
    let nobody =
        "nobody leads on any of 3 seeds (1, 2, 3): those who kept the promise met no fault";
    assert_eq!(line, nobody);
}

#[test]
fn one_invalid_run_makes_the_series_invalid() {
    let mut runs = runs(5, |_| "swift");
    runs[1].report.validity.verdict = ValidityVerdict::Invalid;
    let series = combine(&runs);
    assert_eq!(one(&series).validity, ValidityVerdict::Invalid);
    assert_eq!(one(&series).line, "no verdict: invalid on seed 2");
    assert!(one(&series).ranking.is_empty());
}

#[test]
fn leading_where_nobody_keeps_the_promise_is_no_winning() {
    let mut runs = runs(5, |_| "swift");
    for run in &mut runs[..3] {
        run.report.verdict.kept.clear();
        run.report.verdict.untested.clear();
    }
    let line = one(&combine(&runs)).line.clone();
    let most = "nobody keeps the promise on 3 of 5 seeds; swift (built-in) led on all 5 seeds";
    assert!(line.starts_with(most), "{line}");
    for run in &mut runs {
        run.report.verdict.kept.clear();
        run.report.verdict.untested.clear();
    }
    let line = one(&combine(&runs)).line.clone();
    assert!(line.starts_with("nobody keeps the promise; swift (built-in) led on all 5"), "{line}");
    assert!(!line.contains("wins"), "{line}");
}

/// The same without anybody else.
fn alone(n: u64, edit: impl Fn(u64, &mut RunReport)) -> Vec<Run> {
    let mut runs = runs(n, |_| "swift");
    for run in &mut runs {
        run.report.contenders.retain(|contender| contender.name == "swift");
        run.report.verdict.ranking.retain(|name| name == "swift");
        for names in [&mut run.report.verdict.untested, &mut run.report.verdict.no_data] {
            names.clear();
        }
        edit(run.report.scenario.seed, &mut run.report);
    }
    runs
}

#[test]
fn a_contender_by_itself_keeps_its_promise_and_wins_nothing() {
    let series_of = |runs: &[Run]| {
        let combined = combine(runs);
        let files = reports::render_series(&combined);
        let page = files.into_iter().find(|file| file.name == "report.html").expect("there");
        (one(&combined).line.clone(), String::from_utf8(page.bytes).expect("UTF-8"))
    };
    let (line, page) = series_of(&alone(5, |_, _| {}));
    let kept = "swift (built-in) kept the promise on 5 of 5 seeds, median success 100 %";
    assert_eq!(line, kept);
    assert!(page.contains("swift kept the promise in 5 of 5 trials"), "{page}");
    let (line, _) = series_of(&alone(5, |seed, report| {
        let verdict = &mut report.verdict;
        match seed {
            1 => verdict.untested = std::mem::take(&mut verdict.kept),
            2 | 3 => verdict.kept.clear(),
            _ => {}
        }
    }));
    let some = "swift (built-in) kept the promise on 2 of 5 seeds, kept it untested on 1, median success 100 %";
    assert_eq!(line, some);
    let (line, _) = series_of(&alone(5, |_, report| report.contenders[0].slo.clear()));
    assert_eq!(line, "no promise given; swift (built-in) on 5 seeds, median success 100 %");
}

#[test]
fn no_median_is_rounded_across_the_bound_that_it_is_judged_by() {
    let mut runs = runs(3, |_| "swift");
    for run in &mut runs {
        // The promise is more than 98 %.
        run.report.contenders[1].success_rate = reports::report::Measured::Known(0.979_97);
    }
    let combined = combine(&runs);
    let files = reports::render_series(&combined);
    for name in ["summary.md", "report.html"] {
        let file = files.iter().find(|file| file.name == name).expect(name);
        let text = std::str::from_utf8(&file.bytes).expect("UTF-8");
        assert!(text.contains("97.997 %") && !text.contains("98.0 %"), "{name}: {text}");
    }
    let shown = series(&combined, Style { width: 160, colour: false });
    assert!(shown.contains("97.997 %") && !shown.contains("98.0 %"), "{shown}");
}

#[test]
fn the_screen_of_a_series() {
    let series_of = combine(&runs(5, |_| "swift"));
    insta::assert_snapshot!(series(&series_of, Style { width: 120, colour: false }));
}

#[test]
fn the_files_of_a_series_have_medians_ranges_and_a_link_to_each_seed() {
    let mut runs = runs(5, |seed| if seed == 3 { "dear" } else { "swift" });
    runs[1].report.contenders[1].success_rate = reports::report::Measured::Known(0.9);
    let files = reports::render_series(&combine(&runs));
    let text = |name: &str| {
        let file = files.iter().find(|file| file.name == name).expect(name);
        String::from_utf8(file.bytes.clone()).expect("UTF-8")
    };
    insta::assert_snapshot!(text("summary.md"));
    let csv = text("comparison.csv");
    assert!(
        csv.starts_with("scenario,contender,seeds,led,kept,success_rate_median,success_rate_min,"),
        "{csv}"
    );
    assert!(csv.contains("\nsynthetic,swift,5,4,5,1,0.9,1,"), "{csv}");
    let page = text("report.html");
    for seed in 1..=5 {
        assert!(page.contains(&format!("href=\"./{seed}-c0ffee/report.html\"")), "{seed}");
    }
    assert!(page.contains("It depends on luck") && page.contains("<small>90 % to 100 %</small>"));
}

#[test]
fn the_page_of_a_series_says_whether_the_best_kept_the_promise_and_calls_no_missing_data_broken() {
    let page = |runs: &[Run]| {
        let files = reports::render_series(&combine(runs));
        let page = files.into_iter().find(|file| file.name == "report.html").expect("there");
        String::from_utf8(page.bytes).expect("UTF-8")
    };
    let mut runs = runs(3, |_| "swift");
    let always = page(&runs);
    assert!(always.contains("swift was best in all 3 trials, and always kept the promise"));
    assert!(always.contains("5 trials are needed to win"));
    assert!(always.contains("<span class=\"kept\">3 of 3</span>"), "{always}");
    // dear kept it untested, stubborn broke it.
    assert!(always.contains("<span class=\"nodata\">0 of 3</span>"));
    assert!(always.contains("<span class=\"broken\">0 of 3</span>"));
    assert!(always.contains("the promise, which nobody else kept"));
    runs[0].report.verdict.kept.clear();
    runs[0].report.verdict.no_data = vec!["swift".to_owned()];
    let twice = page(&runs);
    assert!(twice.contains("and kept the promise in 2 of them"));
    assert!(twice.contains("<span class=\"nodata\">2 of 3</span>"));
}
