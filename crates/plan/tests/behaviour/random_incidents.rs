//! Random incidents, flapping and replayed timelines: expanded before a run, the same for every
//! policy, with the published distributions, and refused where they could not be judged.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use crate::support::{CALM, load, load_with};
use plan::{Plan, Report, Text};
use record::run::FaultInfo;

/// A scenario of `length` of measured traffic, with these entries.
fn scenario(length: &str, top: &str, faults: &str) -> String {
    let calm = CALM.replace("for: 5m", &format!("for: {length}"));
    format!("{calm}{top}\nfaults:\n{faults}\n")
}

/// Swift contenders, so that compression is not what a test is about.
const SWIFT: &str =
    "contenders:\n  - { name: swift, router_settings: { cooldown_time: 1, timeout: 2 } }";

fn weather(faults: &str) -> Plan {
    let top = format!("compress: {{ outages: 600, gaps: 6000 }}\n{SWIFT}");
    load(&scenario("20m", &top, faults)).expect("a valid scenario")
}

fn mistake(top: &str, faults: &str) -> String {
    load(&scenario("10m", top, faults)).expect_err("a mistake").to_string()
}

#[test]
fn an_expanded_timeline_reads_like_a_list_of_windows() {
    let plan = weather(
        "  - { random: incident-model, target: 'provider:azure' }\n\
         \x20 - { random: incident-model, target: 'region:eastus', id: east }\n\
         \x20 - { random: incident-model, target: claude }\n\
         \x20 - { flapping: { period: 40s, duty: 25% }, at: 2m, for: 2m, target: first, inject: refuse }",
    );
    let mut out = String::new();
    for note in &plan.notes {
        out += &format!("note {note}\n");
    }
    for warning in &plan.warnings {
        out += &format!("WARN {warning}\n");
    }
    for fault in &plan.info.faults {
        out += &line(fault);
    }
    insta::assert_snapshot!(out);
}

fn line(fault: &FaultInfo) -> String {
    let seconds = |ns: u64| ns as f64 / 1e9;
    let origin = fault.origin.as_ref().expect("expanded");
    let part = origin.part.as_deref().unwrap_or("whole");
    format!(
        "{} [{} {} {part}] {} on {} share {} from {} to {} ramp {}\n",
        fault.id,
        origin.process,
        origin.incident,
        fault.summary,
        fault.deployments.join("+"),
        fault.share,
        seconds(fault.from_ns),
        seconds(fault.to_ns),
        seconds(fault.ramp_ns),
    )
}

#[test]
fn luck_is_keyed_by_seed_entry_and_process() {
    let entry = "  - { random: incident-model, target: all, each: deployment }";
    let one = weather(entry);
    assert_eq!(one.info.faults, weather(entry).info.faults);
    // Another entry before it, and another policy, move nothing.
    let named = entry.replace("target", "id: f1, target");
    let two = weather(&format!(
        "  - {{ id: other, at: 1m, for: 10s, target: first, inject: refuse }}\n{named}"
    ));
    assert_eq!(one.info.faults, two.info.faults[1..]);
    let top = "compress: { outages: 600, gaps: 6000 }\ncontenders:\n  \
               - { name: a, router_settings: { routing_strategy: priority, timeout: 2, cooldown_time: 2 } }";
    let other_policy = load(&scenario("20m", top, entry)).expect("valid");
    assert_eq!(one.info.faults, other_policy.info.faults);
    // A longer schedule only adds to the end.
    let longer = load(&scenario(
        "40m",
        &format!("compress: {{ outages: 600, gaps: 6000 }}\n{SWIFT}"),
        entry,
    ));
    let longer = longer.expect("valid").info.faults;
    let ended = |faults: &[FaultInfo]| -> Vec<(u64, u64)> {
        let whole = faults.iter().filter(|fault| fault.to_ns < 1_200_000_000_000);
        whole.map(|fault| (fault.from_ns, fault.to_ns)).collect()
    };
    let (short, long) = (ended(&one.info.faults), ended(&longer));
    assert_eq!(short, long);
    let seeded =
        load_with(&scenario("20m", &format!("compress: 600\n{SWIFT}"), entry), |request| {
            request.seed = Some(7);
        });
    assert_ne!(one.info.faults, seeded.expect("valid").info.faults);
}

#[test]
fn sojourns_have_the_published_medians_and_sigmas() {
    // A thousand processes' worth: many seeds of a long schedule.
    let entry = "  - { random: { incident-model: { fit: openai-api } }, target: claude }";
    let text = scenario("6h", &format!("compress: {{ outages: 600, gaps: 6000 }}\n{SWIFT}"), entry);
    let (mut outages, mut gaps) = (Vec::new(), Vec::new());
    let mut partial = 0;
    for seed in 0..20 {
        let plan = load_with(&text, |request| request.seed = Some(seed)).expect("valid");
        let faults = &plan.info.faults;
        let end = plan.info.scenario.duration_ns;
        let mut before = 30_000_000_000;
        for fault in faults.iter().filter(|fault| fault.to_ns < end) {
            outages.push((fault.to_ns - fault.from_ns) as f64 / 1e9 * 600.0 / 60.0);
            gaps.push((fault.from_ns - before) as f64 / 1e9 * 6000.0 / 3600.0);
            before = fault.to_ns;
            partial += usize::from(fault.share < 1.0);
        }
    }
    assert!(outages.len() > 1500, "{}", outages.len());
    let (median, sigma) = shape(&mut outages);
    assert!((median / 75.2 - 1.0).abs() < 0.1, "median outage {median} min");
    assert!((sigma / 1.17 - 1.0).abs() < 0.07, "sigma {sigma}");
    // Long gaps do not fit before the end of a schedule, so the sample leans to short ones.
    let (median, sigma) = shape(&mut gaps);
    assert!((median / 40.4 - 1.0).abs() < 0.15, "median gap {median} h");
    assert!((sigma / 1.77 - 1.0).abs() < 0.1, "sigma {sigma}");
    let share = partial as f64 / outages.len() as f64;
    assert!((share - 0.83).abs() < 0.04, "{share} of incidents are partial");
}

/// Median and standard deviation of the logarithm.
fn shape(samples: &mut [f64]) -> (f64, f64) {
    samples.sort_by(f64::total_cmp);
    let logs: Vec<f64> = samples.iter().map(|sample| libm::log(*sample)).collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let variance =
        logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / logs.len() as f64;
    (samples[samples.len() / 2], variance.sqrt())
}

#[test]
fn a_region_loses_its_names_then_its_connections_and_a_provider_recovers_by_model() {
    let plan = weather("  - { random: incident-model, target: 'region:eastus' }");
    let first: Vec<&FaultInfo> = plan.info.faults.iter().take(2).collect();
    let parts: Vec<&str> =
        first.iter().filter_map(|f| f.origin.as_ref()?.part.as_deref()).collect();
    assert_eq!(parts, ["dns", "connect"]);
    assert!(first[0].to_ns <= first[1].from_ns && first[0].at_connect && first[1].at_connect);
    let all = weather("  - { random: incident-model, target: all }");
    let incident = |n| move |f: &&FaultInfo| f.origin.as_ref().is_some_and(|o| o.incident == n);
    let windows: Vec<&FaultInfo> = all.info.faults.iter().filter(incident(1)).collect();
    // Two models: gpt-4o (west, east) and Claude.
    assert_eq!(windows.len(), 2);
    assert_eq!(windows[0].from_ns, windows[1].from_ns);
    assert!(windows[0].to_ns != windows[1].to_ns && windows.iter().all(|f| f.ramp_ns > 0));
}

#[test]
fn weights_choose_among_own_faults() {
    let plan = weather(
        "  - random: { incident-model: { duration: { median: 60min, sigma: 0 }, gap: { median: 10h, sigma: 0.5 } } }\n\
         \x20   target: first\n\
         \x20   share: 100%\n\
         \x20   inject:\n\
         \x20     - { weight: 3, inject: { error: { status: 503 } } }\n\
         \x20     - stall\n",
    );
    let faults = &plan.info.faults;
    let whole = &faults[..faults.len() - 1];
    assert!(whole.iter().all(|f| f.to_ns - f.from_ns == 6_000_000_000), "{whole:?}");
    let errors = faults.iter().filter(|f| f.kind == "error").count();
    let stalls = faults.iter().filter(|f| f.kind == "stall").count();
    assert_eq!(errors + stalls, faults.len());
    assert!(errors > stalls && stalls > 0, "{errors} errors, {stalls} stalls");
    assert!(faults.iter().all(|f| f.share == 1.0));
}

#[test]
fn a_replay_of_run_json_is_the_same_timeline() {
    let plan = weather(
        "  - { random: incident-model, target: all, each: provider }\n\
         \x20 - { at: 2m, for: 1m, target: first, inject: { throttle: { retry_after: 7s } }, share: 30%, ramp: 3s, \
         when: { stream: true, prompt_tokens: { min: 5 }, nth: 3 } }",
    );
    let json = serde_json::to_string_pretty(&plan.info).expect("serialises");
    let replayed = |json: &str| -> Result<Plan, Report> {
        let text = Text::new("run.json", json);
        load_with(&scenario("20m", SWIFT, "  - { timeline: run.json }"), |request| {
            let text = text.clone();
            let find = Box::leak(Box::new(move |_: &str| Ok(text.clone())));
            request.find_timeline = find;
        })
    };
    let again = replayed(&json).expect("a valid timeline");
    assert_eq!(again.info.faults, plan.info.faults);
    assert_eq!(again.fakes.faults, plan.fakes.faults);
    assert_eq!(again.info.compress, plan.info.compress);
    // Edited: one deployment renamed, one window turned round.
    let edited = json.replacen("\"kind\": \"throttle\"", "\"kind\": \"trottle\"", 1);
    let shown = replayed(&edited).expect_err("a mistake").to_string();
    assert!(shown.contains("did you mean `throttle`") && shown.contains("run.json:"), "{shown}");
    let shown = replayed("{ \"faults\": 3 }").expect_err("a mistake").to_string();
    assert!(shown.contains("expected a timeline"), "{shown}");
    // The same by a flag, in place of the scenario's own faults.
    let text = Text::new("x/run.json", json);
    let flagged = load_with(
        &scenario("20m", SWIFT, "  - { at: 1m, for: 1m, target: first, inject: refuse }"),
        |request| {
            request.timeline = Some(Box::leak(Box::new(text.clone())));
        },
    );
    let flagged = flagged.expect("valid");
    assert_eq!(flagged.info.faults, plan.info.faults);
    assert!(flagged.info.scenario.overrides[0].starts_with("timeline=run.json (sha "));
}

#[test]
fn compression_is_said_and_refused_where_nobody_could_notice() {
    let entry = "  - { random: incident-model, target: first, inject: { error: { status: 503 } } }";
    // Real time is the default: months do not fit into ten minutes, and that is said.
    let real = load(&scenario("10m", "", entry)).expect("valid");
    assert!(real.info.faults.is_empty() && real.info.compress.is_none());
    assert!(
        real.warnings.iter().any(|line| line.contains("came to no incident")),
        "{:?}",
        real.warnings
    );
    // 61.56 min / 600 is 6.16 s; the config cools for 60 s.
    let shown = mistake("compress: 600", entry);
    for words in
        ["would last 6.16 s (61.56 min / 600)", "less than config's", "at most `outages: 61`"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    // Silence is waited for: 2 min by the clients, where the gateway waits longer.
    let silent = entry.replace("{ error: { status: 503 } }", "stall");
    let top = "compress: { outages: 61, gaps: 6000 }\nclient: { timeout: 120s }";
    assert!(mistake(top, &silent).contains("patience"), "{}", mistake(top, &silent));
    let fits =
        load(&scenario("10m", "compress: { outages: 61, gaps: 6000 }", entry)).expect("valid");
    assert_eq!(fits.info.compress.map(|c| (c.outages, c.gaps)), Some((61.0, 6000.0)));
}

#[test]
fn mistakes_are_told_with_place_and_remedy() {
    let entry = |fields: &str| format!("  - {{ {fields} }}");
    let cases = [
        ("", entry("random: incident-modl, target: first"), "did you mean `incident-model`"),
        (
            "",
            entry("random: { incident-model: { fit: opnai-api } }, target: first"),
            "did you mean `openai-api`",
        ),
        ("", entry("random: incident-model, target: first, each: zone"), "unknown choice `zone`"),
        (
            "",
            entry("random: incident-model, target: first, inject: [{ weight: 0, inject: stall }]"),
            "picks nothing",
        ),
        (
            "",
            entry("random: incident-model, target: first, inject: [{ inject: stal }]"),
            "did you mean `stall`",
        ),
        ("", entry("random: incident-model, target: frst"), "did you mean `first`"),
        ("", entry("random: incident-model, target: first, ramp: 3s"), "unknown key `ramp`"),
        (
            "",
            entry(
                "flapping: { period: 20s, duty: 0% }, at: 1m, for: 1m, target: first, inject: refuse",
            ),
            "leaves no time",
        ),
        (
            "",
            entry("flapping: { period: 1ms }, at: 1m, for: 1h, target: first, inject: refuse"),
            "leaves no time",
        ),
        (
            "",
            entry("flapping: { period: 20ms }, at: 1m, for: 1h, target: first, inject: refuse"),
            "flaps more than 1000 times",
        ),
        ("", entry("timeline: nowhere.json"), "no such file"),
        ("compress: fast", entry("random: incident-model, target: first"), "expected a factor"),
        ("compress: 0.5", entry("random: incident-model, target: first"), "between 1 and 1000000"),
        (
            "compress: { outage: 3, gaps: 3 }",
            entry("random: incident-model, target: first"),
            "did you mean `outages`",
        ),
        (
            "compress: 100",
            entry(
                "random: { incident-model: { duration: { median: 1s, sigma: 0 }, gap: { median: 1s, sigma: 0 } } }, target: first",
            ),
            "more than 1000 windows",
        ),
    ];
    let mut out = String::new();
    for (top, faults, words) in cases {
        let shown = mistake(top, &faults);
        assert!(shown.contains(words) && shown.contains("scenario.yaml:"), "{words}: {shown}");
        out += &format!("---- {words}\n{shown}\n");
    }
    insta::assert_snapshot!(out);
}
