//! The sixteen cases of Failover Bench (github.com/failoverbench/failoverbench, methodology 0.1, MIT), restated: a model
//! alone in its group, another one to fall back to, `num_retries: 2`, `timeout: 30`. What the caller gets and what the
//! provider sees are judged by its checks; the page `docs/failover-bench.md` is printed from here (`UPDATE=1`).

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use gateway::config::{Config, OnBreak};

use crate::support::*;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/failover-bench.md");
const BEGIN: &str = "<!-- generated: failover bench -->\n";
const END: &str = "<!-- end: failover bench -->";

/// Words of the whole answer.
const WORDS: usize = 60;

const SECOND: Duration = Duration::from_secs(1);

/// What its provider does to the first model, and what its caller should get.
struct Case {
    id: &'static str,
    fault: &'static str,
    acts: fn() -> Vec<Act>,
    /// Whether an error is what the caller should get.
    refused: bool,
    /// Attempts at the first model, at most.
    primary_max: usize,
    /// How long the call may take.
    within: Duration,
    /// Whether the prompt does not fit, or the request is refused, by name.
    fits: bool,
}

const CASE: Case = Case {
    id: "",
    fault: "",
    acts: Vec::new,
    refused: false,
    primary_max: 6,
    within: Duration::from_secs(20),
    fits: true,
};

fn good() -> Act {
    stream(WORDS)
}

/// A stream that was to have [`WORDS`] words and takes this turn after `n`.
fn turns(n: usize, turn: &[Step]) -> Vec<Act> {
    vec![stream_then(n, turn)]
}

fn malformed() -> Vec<Act> {
    let mut steps = words(WORDS);
    // A role, and a pause and a word for each of nine words.
    steps.insert(1 + 2 * 9, Step::Say("data: {\"choices\": [{\"delta\"\n\n".to_owned()));
    steps.extend(end());
    vec![Act::Stream(steps)]
}

fn without_done() -> Vec<Act> {
    let mut steps = words(WORDS);
    steps.push(chunk("{}", "\"stop\""));
    vec![Act::Stream(steps)]
}

fn too_long() -> Vec<Act> {
    let body = r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#;
    vec![Act::Reply(400, Vec::new(), body.to_owned())]
}

fn refused_by_policy() -> Vec<Act> {
    let body = r#"{"error":{"message":"Your request was rejected as a result of our safety system.","type":"invalid_request_error","param":null,"code":"content_policy_violation"}}"#;
    vec![Act::Reply(400, Vec::new(), body.to_owned())]
}

const CASES: [Case; 15] = [
    Case {
        id: "S01",
        fault: "429 with `Retry-After: 2` once",
        acts: || vec![refusal(429, &[("retry-after", "2")]), good()],
        primary_max: 2,
        ..CASE
    },
    Case {
        id: "S02",
        fault: "429 for ever",
        acts: || vec![refusal(429, &[])],
        primary_max: 4,
        ..CASE
    },
    Case { id: "S03", fault: "500 once", acts: || vec![refusal(500, &[]), good()], ..CASE },
    Case { id: "S04", fault: "503 for ever", acts: || vec![refusal(503, &[])], ..CASE },
    Case { id: "S05", fault: "connection reset once", acts: || vec![Act::Reset, good()], ..CASE },
    Case {
        id: "S06",
        fault: "no answer at all",
        acts: || vec![Act::Hang],
        primary_max: 1,
        within: Duration::from_secs(100),
        ..CASE
    },
    Case {
        id: "S07",
        fault: "first token after 20 s",
        acts: || {
            vec![Act::Stream([vec![role(), Step::Wait(20 * SECOND)], words(WORDS), end()].concat())]
        },
        within: Duration::from_secs(15),
        ..CASE
    },
    Case {
        id: "S08",
        fault: "stream cut after 40 words",
        acts: || turns(40, &[Step::Cut]),
        ..CASE
    },
    Case {
        id: "S09",
        fault: "stream silent after 20 words for 30 s, then closed",
        acts: || turns(20, &[Step::Wait(30 * SECOND)]),
        within: Duration::from_secs(45),
        ..CASE
    },
    Case { id: "S10", fault: "tenth event is no JSON", acts: malformed, ..CASE },
    Case {
        id: "S11",
        fault: "stream ends without `[DONE]`",
        acts: without_done,
        within: Duration::from_secs(8),
        ..CASE
    },
    Case {
        id: "S12",
        fault: "400 `context_length_exceeded`",
        acts: too_long,
        primary_max: 1,
        fits: false,
        ..CASE
    },
    Case {
        id: "S13",
        fault: "400 `content_policy_violation`",
        acts: refused_by_policy,
        refused: true,
        primary_max: 1,
        ..CASE
    },
    Case {
        id: "S14",
        fault: "stream cut after 40 words, and the fallback refuses prefills",
        acts: || turns(40, &[Step::Cut]),
        ..CASE
    },
    Case {
        id: "S16",
        fault: "503 for ever: who is named",
        acts: || vec![refusal(503, &[])],
        ..CASE
    },
];

fn config(on_break: OnBreak) -> Config {
    let mut config = priority(&["first"]);
    config.router.timeout = 30 * SECOND;
    config.router.stream_timeout = None;
    let mut other = deployment("second");
    other.group = Arc::from("other");
    other.model = Arc::from("another-model");
    config.deployments.push(other);
    let to_other = || [(Arc::from("model"), vec![Arc::from("other")])].into();
    config.router.fallbacks = to_other();
    config.router.context_window_fallbacks = to_other();
    config.own.on_break = on_break;
    config
}

/// A verdict, and what was seen.
struct Verdict {
    word: &'static str,
    seen: String,
}

/// All words, each once, in order: by whoever said them.
fn is_whole(got: &Got) -> bool {
    got.done()
        && !got.broken
        && got.words() == (0..WORDS).map(|n| format!("w{n} ")).collect::<String>()
}

async fn judged(case: &Case, on_break: OnBreak) -> Verdict {
    let lab = Lab::new();
    lab.upstream("first", &(case.acts)());
    // Whoever goes on says the rest; whoever begins says all.
    lab.upstream("second", &[rest_or_all(case)]).gateway(config(on_break));
    let got = lab.chat(STREAM).await;
    let of = |host: &str| lab.hosts().iter().filter(|asked| *asked == host).count();
    let (primary, fallback) = (of("first"), of("second"));
    let took = got.took.as_secs_f64();
    let resumed = got.body.contains(": resumed");
    let (whole, error) = (is_whole(&got), got.status >= 400 || got.error_event().is_some());
    assert!(whole || error, "{}: cut short and called whole: {}", case.id, got.body);
    assert!(got.took <= case.within, "{}: {took}", case.id);
    assert!(primary <= case.primary_max, "{}: {primary} attempts", case.id);
    let word = match (whole, error, case.refused) {
        (_, true, true) | (true, _, false) => "pass",
        (false, _, false) => "safe",
        (_, false, true) => "partial",
    };
    let how = if resumed { ", resumed and marked" } else { "" };
    let seen = format!("{primary} + {fallback} attempts, {took:.1} s{how}");
    if case.id == "S16" {
        assert_eq!(got.header("x-litellm-model-id"), "second");
        assert_eq!(got.header("x-litellm-attempted-fallbacks"), "1");
    }
    assert!(case.fits || fallback == 1, "{}", case.id);
    Verdict { word, seen }
}

/// The rest of the answer after a break that is gone on with, else the whole.
fn rest_or_all(case: &Case) -> Act {
    let said = match case.id {
        "S08" | "S14" => 40,
        "S09" => 20,
        "S10" => 9,
        _ => 0,
    };
    let mut steps = vec![role()];
    for index in said..WORDS {
        steps.push(Step::Wait(Duration::from_millis(20)));
        steps.push(word(&format!("w{index} ")));
    }
    steps.extend(end());
    Act::Stream(steps)
}

/// S15: down for a minute, a request every four seconds, twenty of them.
async fn flapping(on_break: OnBreak) -> Verdict {
    let lab = Lab::new();
    // What the first model is asked in the first minute it refuses; each request may ask it twice.
    lab.upstream_until("first", 60 * SECOND, refusal(503, &[]), good());
    lab.upstream("second", &[good()]).gateway(config(on_break));
    let (mut served, mut back_after) = (0, None);
    for number in 0..20 {
        let at = 4 * number * SECOND;
        tokio::time::sleep_until(lab.start + at).await;
        let got = lab.chat(STREAM).await;
        served += usize::from(is_whole(&got));
        if got.header("x-litellm-model-id") == "first" && back_after.is_none() {
            back_after = at.checked_sub(60 * SECOND);
        }
    }
    assert_eq!(served, 20);
    let back = back_after.expect("the first model is used again").as_secs();
    assert!(back <= 30, "{back}");
    let during = lab.attempts().iter().filter(|(host, at)| host == "first" && *at < 60.0).count();
    assert!(during <= 15, "{during} attempts for 15 requests while it was down");
    let seen = format!("15 of 15 served, {during} attempts while down, back after {back} s");
    Verdict { word: "pass", seen }
}

#[tokio::test(start_paused = true)]
async fn every_case_ends_as_the_page_says() {
    let mut table = String::from(
        "| case | fault of the first model | by default | with `on_break: resume` |\n|---|---|---|---|\n",
    );
    let mut counts = [[0; 2]; 2];
    let settings = [OnBreak::Error, OnBreak::Resume];
    let mut rows: Vec<(&str, &str, [Verdict; 2])> = Vec::new();
    for case in &CASES {
        let by = [judged(case, settings[0]).await, judged(case, settings[1]).await];
        rows.push((case.id, case.fault, by));
    }
    let by = [flapping(settings[0]).await, flapping(settings[1]).await];
    rows.insert(14, ("S15", "503 for 60 s, then well; 20 requests, one each 4 s", by));
    for (id, fault, by) in &rows {
        for (column, verdict) in by.iter().enumerate() {
            assert_ne!(verdict.word, "partial", "{id}");
            counts[column][usize::from(verdict.word == "safe")] += 1;
        }
        let [error, resume] = by.each_ref().map(|by| format!("**{}**: {}", by.word, by.seen));
        writeln!(table, "| {id} | {fault} | {error} | {resume} |").expect("memory");
    }
    let [error, resume] = counts.map(|[pass, safe]| format!("{pass} pass, {safe} safe, 0 fail"));
    writeln!(table, "| all | | **{error}** | **{resume}** |").expect("memory");
    let page = std::fs::read_to_string(PAGE).expect("docs/failover-bench.md");
    let (before, rest) = page.split_once(BEGIN).expect("the first marker");
    let (_, after) = rest.split_once(END).expect("the second marker");
    let wanted = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &wanted).expect("docs/failover-bench.md");
    }
    assert!(page == wanted || std::env::var_os("UPDATE").is_some(), "run with UPDATE=1:\n{table}");
}
