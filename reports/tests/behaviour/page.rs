//! The page: every link leads somewhere, nothing is asked of a network, a manager's page comes first, red
//! begins with the first lost request, and whatever the size of a run the page stays small.

use std::collections::BTreeSet;

use base64::Engine as _;
use record::run::OriginInfo;
use reports::render;
use sha2::Digest as _;
use vocab::FailureKind;

use crate::support::{MS, RunDir, S, Tables, brownout};

fn page(analysis: &reports::Analysis) -> String {
    let files = render(analysis);
    let page = files.into_iter().find(|file| file.name == "report.html").expect("there");
    String::from_utf8(page.bytes).expect("UTF-8")
}

/// Every value of an attribute.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let opening = format!(" {attribute}=\"");
    let rest = page.split(opening.as_str()).skip(1);
    rest.filter_map(|rest| rest.split('"').next()).collect()
}

/// The part of the page between two texts.
fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("{from} is missing"));
    rest.split_once(to).unwrap_or_else(|| panic!("{to} is missing")).0
}

/// The brownout, and below it an entry of many windows of a second each.
fn many_windows(windows: u64) -> RunDir {
    let mut dir = brownout::run();
    for n in 0..windows {
        let from = 20 + n % 170;
        let fault = dir.fault("slow", "east", (from, from + 1));
        fault.origin = Some(OriginInfo {
            entry: "weather".to_owned(),
            summary: "incident-model".to_owned(),
            process: "east".to_owned(),
            incident: 1,
            part: None,
        });
    }
    dir
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    for dir in [brownout::run(), many_windows(100)] {
        let page = page(&dir.analyse());
        let ids = values(&page, "id");
        let set: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), set.len(), "an id stands twice");
        let links: Vec<&str> = values(&page, "href")
            .into_iter()
            .filter_map(|href| href.strip_prefix('#'))
            .chain(values(&page, "data-href"))
            .collect();
        assert!(links.len() >= 15, "{} links", links.len());
        for link in links {
            assert!(set.contains(link), "nothing has the id {link}");
        }
    }
}

#[test]
fn every_red_number_of_the_comparison_leads_to_what_it_goes_back_to() {
    let page = page(&brownout::run().analyse());
    let table = between(&page, "<table class=\"comparison", "</table>");
    // Of `stubborn`: success, first token and recovery; of everybody else nothing.
    let red = table.matches("<span class=\"broken\">").count();
    let leading = table.matches("class=\"why\" href=\"#fault-").count();
    assert_eq!((red, leading), (4, 3), "{table}");
    // The word for the whole promise leads nowhere; the numbers beside it do.
    let row = between(&page, "id=\"fault-0-0\"", "</tbody>");
    assert!(row.contains("class=\"number broken\"") && row.contains("href=\"#chart-0\""), "{row}");
    let request = between(row, "href=\"#", "\" data-from");
    assert_eq!(request, "chart-0");
    let example = values(row, "href").into_iter().find(|href| href.starts_with("#request-0-"));
    let story = format!("id=\"{}\"", example.expect("an example").trim_start_matches('#'));
    let story = between(&page, &story, "</details>");
    assert!(story.contains("meets fault f1") && story.contains("failed: connect"), "{story}");
}

#[test]
fn red_begins_with_the_first_lost_request_and_untested_is_no_success() {
    let mut dir = brownout::run();
    let swift = dir.tables.get_mut("swift").expect("there");
    let row = swift.requests.iter_mut().find(|row| row.intended_ns == 90 * S).expect("there");
    row.outcome = vocab::Outcome::Failed;
    row.failure = Some(FailureKind::ServerError);
    let page = page(&dir.analyse());
    let map = between(&page, "<table class=\"heatmap", "</table>");
    let cell = |at: usize| {
        let row = between(map, &format!("<tr data-contender=\"{at}\""), "</tr>").to_owned();
        between(&row, "<td class=\"", "\"").to_owned()
    };
    // stubborn lost all, swift one of 240, and dear never met the fault.
    assert_eq!([cell(0), cell(1), cell(2)], ["heat lost6", "heat lost1", "heat untested"]);
    assert!(map.contains("<b>0.4 %</b>") && map.contains(">not met</dfn>"), "{map}");
}

#[test]
fn the_verdict_answers_in_plain_words_why_what_broke_how_sure_and_what_to_change() {
    let page = page(&brownout::run().analyse());
    let verdict = between(&page, "aria-label=\"verdict\"", "</section>");
    let answers = between(verdict, "<dl class=\"brief\">", "</dl>");
    let answer =
        |question: &str| between(answers, &format!("<dt>{question}</dt><dd>"), "</dd>").to_owned();
    let why = answer("Why");
    assert!(why.starts_with("swift stayed within every bound."), "{why}");
    assert!(why.contains("stubborn: answered 66.7 %, promised more than 98 %."), "{why}");
    let broke = answer("What broke");
    assert!(broke.starts_with("No fault cost swift a request."), "{broke}");
    assert!(
        broke.contains("stubborn lost most: 100 % to f1 refuse (connections turned away)."),
        "{broke}"
    );
    assert!(answer("How sure").contains("run --seeds 5"));
    assert!(answers.contains("<dt>What to change</dt>"));
    for jargon in ["ttft", "TTFT", "p99", "p50", "seed ", "goodput", "savable"] {
        assert!(!answers.contains(jargon), "{jargon}: {answers}");
    }
    // The bounds in plain words, with the grammar on hover.
    let head = between(&page, "<table class=\"comparison", "</thead>");
    assert!(head.contains("title=\"success rate &gt; 0.98\">more than 98 %<"), "{head}");
}

#[test]
fn what_is_folded_on_the_screen_stands_in_the_appendix_on_paper() {
    let mut dir = brownout::run();
    for info in dir.run.contenders.iter_mut().filter(|info| info.name == "swift") {
        info.overlay = Some("router_settings:\n  routing_strategy: swift\n".to_owned());
    }
    let page = page(&dir.analyse());
    let manager = between(&page, "class=\"manager\"", "class=\"appendix\"");
    let paper = between(&page, "<div class=\"print-only\">", "<footer>");
    for folded in ["routing_strategy: swift", "led on seed 42", "can judge: "] {
        assert!(manager.contains(folded) && paper.contains(folded), "{folded}");
    }
}

#[test]
fn the_managers_part_comes_first_and_warnings_are_folded() {
    let mut dir = brownout::run();
    dir.run.warnings.push("f1: the fault is short".to_owned());
    let page = page(&dir.analyse());
    let manager = between(&page, "class=\"manager\"", "class=\"appendix\"");
    for part in ["aria-label=\"verdict\"", "class=\"comparison", "class=\"heatmap"] {
        assert!(manager.contains(part), "{part}");
    }
    let folded = between(manager, "<details class=\"fold care\">", "</details>");
    assert!(folded.contains("1 warning") && folded.contains("f1: the fault is short"));
    assert!(!manager.contains("<figure"), "charts come below");
}

#[test]
fn the_policy_of_the_page_allows_our_script_and_style_and_nothing_else() {
    let page = page(&brownout::run().analyse());
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    let hash = |text: &str| {
        let digest = sha2::Sha256::digest(text.as_bytes());
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    let (script, style) =
        (between(&page, "<script>", "</script>"), between(&page, "<style>", "</style>"));
    let policy = policy.replace("&#39;", "'");
    assert!(policy.contains(&format!("script-src {}", hash(script))), "{policy}");
    assert!(policy.contains(&format!("style-src {}", hash(style))), "{policy}");
    assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
    assert!(values(&page, "style").is_empty(), "an inline style would be refused");
    assert!(!page.contains(" onclick=") && !page.contains("javascript:"));
}

#[test]
fn failures_are_red_bars_in_the_chart_through_time() {
    let analysis = brownout::run().analyse();
    let page = page(&analysis);
    let bars = |at: usize| {
        let figure = between(&page, &format!("id=\"chart-{at}\""), "</figure>").to_owned();
        figure.matches("fill=\"var(--failed)\"").count()
    };
    // The label, and a bar for each of 30 bins of two seconds in which west was dead.
    assert_eq!((bars(0), bars(1)), (31, 1));
    let failed: u32 = analysis.charts[0].timeline.failed.iter().sum();
    assert_eq!(failed, 240);
}

#[test]
fn a_reader_who_points_at_a_chart_gets_the_numbers_that_it_was_drawn_from() {
    let analysis = brownout::run().analyse();
    let page = page(&analysis);
    let series = values(&page, "data-series");
    assert_eq!(series.len(), 3);
    let series: serde_json::Value =
        serde_json::from_str(&series[0].replace("&quot;", "\"")).expect("JSON");
    let timeline = &analysis.charts[1].timeline;
    assert_eq!(series["good"], serde_json::json!(timeline.good), "the leader comes first");
    assert_eq!(series["shares"][0]["n"], serde_json::json!(timeline.attempts[0]));
}

#[test]
fn windows_of_one_entry_share_a_column_and_the_worst_get_a_row() {
    let page = page(&many_windows(200).analyse());
    let map = between(&page, "<table class=\"heatmap", "</table>");
    assert_eq!(map.matches("<th title=").count(), 2, "a column for f1 and one for the entry");
    assert!(map.contains("200 windows"));
    let squares = between(map, "class=\"squares\"", "</a>").matches("data-href").count();
    assert_eq!(squares, 40, "five windows share a square");
    assert!(page.contains("the worst 60; 140 more windows in faults.csv"));
}

#[test]
fn a_page_of_100_000_requests_and_500_windows_stays_under_three_megabytes() {
    let mut dir = many_windows(500);
    for (name, tables) in &mut dir.tables {
        *tables = Tables::default();
        for n in 0..25_000 {
            let at = 20 * S + n * 7 * MS;
            if n % 5 == 0 && name != "dear" {
                let request = tables.failure(at, 20, FailureKind::ServerError);
                for attempt in 0..8 {
                    tables.failed_attempt(request, at + attempt * MS, "west", "f1");
                }
            } else {
                tables.success(at, 400 + n % 50, 20, "east");
            }
        }
        for n in 0..4_000 {
            tables.cooldown(20 * S + n * 44 * MS, "west", 20);
        }
    }
    let page = page(&dir.analyse());
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    // What touches on the screen is drawn as one: 3 × 4,000 cooldowns and 3 × 2 × 500 windows are not.
    let drawn = page.matches("<rect").count();
    assert!(drawn < 3_000, "{drawn} rectangles");
}

#[test]
fn under_the_verdict_stands_what_to_change_and_what_it_gains() {
    let mut dir = brownout::run();
    for info in &mut dir.run.contenders {
        if info.name == "swift" {
            info.overlay = Some("router_settings:\n  routing_strategy: <swift>\n".to_owned());
        }
    }
    let mut analysis = dir.analyse();
    let page_of = page(&analysis);
    let verdict = between(&page_of, "aria-label=\"verdict\"", "</section>");
    let pasted = between(verdict, "<pre>", "</pre>");
    assert_eq!(pasted, "router_settings:\n  routing_strategy: &lt;swift&gt;");
    // stubborn comes first and changes nothing: it lost 240 of 720 requests.
    assert!(verdict.contains("Against <b>stubborn</b>: 240 more requests answered"), "{verdict}");
    assert!(verdict.contains("slowest recovery 0 s instead of "), "{verdict}");
    analysis.report.verdict.winner = Some("stubborn".to_owned());
    assert!(page(&analysis).contains("runs the config as it is: nothing to change"));
    analysis.report.verdict.winner = None;
    assert!(!page(&analysis).contains("<pre>"), "nobody leads, nothing to paste");
}

#[test]
fn a_fault_that_cost_requests_says_by_which_rule_and_one_that_cost_none_says_nothing() {
    let mut dir = brownout::run();
    let stubborn = dir.tables.get_mut("stubborn").expect("there");
    let spared = |row: &record::AttemptRow| record::DecisionRow {
        at_ns: row.ended_ns,
        request: row.request,
        gateway: "gateway[1]".to_owned(),
        kind: record::DecisionKind::NoCooldown,
        deployment: Some(row.deployment.clone()),
        detail: "rule=cooldowns_off".to_owned(),
    };
    let failed = stubborn.attempts.iter().filter(|row| row.fault.is_some());
    stubborn.decisions.extend(failed.map(spared).collect::<Vec<_>>());
    let page = page(&dir.analyse());
    let rows: Vec<&str> = page.split("<tr class=\"reason\">").skip(1).collect();
    let [why] = rows[..] else { panic!("{} reasons", rows.len()) };
    let why = between(&format!("<tr>{why}"), "<tr>", "</tr>").to_owned();
    assert!(why.contains("no cooldown: ") && why.contains("240 failures at the target"), "{why}");
    let example = values(&why, "href").first().expect("an example").trim_start_matches('#');
    assert!(page.contains(&format!("id=\"{example}\"")), "{example}");
}

#[test]
fn victims_about_whom_a_gateway_of_ours_decided_nothing_are_told_so() {
    let mut dir = brownout::run();
    let nothing =
        "had failed in the gateway's eyes, so it had nothing to decide, see <a href=\"#request-0-";
    assert_eq!(page(&dir.analyse()).matches(nothing).count(), 1);
    for who in dir.run.contenders.iter_mut().filter(|who| who.name == "stubborn") {
        who.kind = record::run::ContenderKind::Process;
    }
    assert!(!page(&dir.analyse()).contains("nothing to decide"), "of others nobody knows");
}
