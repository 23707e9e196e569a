//! `scenario.hash` names what a run is a function of: whatever decides its tables changes it, and
//! nothing else does.

use std::collections::BTreeSet;

use plan::{ClockKind, Plan, Request, Text};

use crate::support::{CONFIG, load_with};

/// A scenario with something in every section.
const FULL: &str = "\
# What is a run a function of?
scenario: full
seed: 7
config: config.yaml
deployments:
  west: { ttft: { constant: 300ms }, itl: { constant: 10ms }, limits: { requests: 600/min }, capacity: { slots: 8, queue: 2, slowdown: 0.5 } }
  claude: { price: { input: 1.0, output: 2.0 }, context_window: 9000, link: 5ms, region: moon }
quotas:
  both: { limits: { tokens: 1M/min }, deployments: [west, east] }
traffic:
  - { for: 30s, arrivals: { poisson: 8/s }, warmup: true }
  - { for: 5m, arrivals: { constant: 9/s }, workload: { stream: 70%, prompt_tokens: 21, answer_tokens: 13, max_tokens: 40, repeat: 10% } }
faults:
  - { at: 60s, for: 20s, target: west, inject: { throttle: { retry_after: 10s } }, share: 50%, ramp: 2s, when: { stream: true } }
  - { at: 100s, for: 21s, target: \"link:gateway->west\", inject: { latency: { latency: 200ms } } }
  - { at: 140s, for: 22s, target: \"gateway[2]\", inject: { restart: { down: 3s } } }
  - { at: 165s, for: 4s, target: \"gateway[1]\", inject: pause }
  - { random: { incident-model: { duration: { median: 40min, sigma: 1 }, gap: { median: 2d, sigma: 1 } } }, target: east }
compress: { outages: 20, gaps: 3000 }
events:
  - { at: 170s, apply: { router_settings: { num_retries: 1 } } }
  - { at: 200s, rollout: {}, every: 11s, by: restart, down: 4s }
  - { at: 290s, mark: here }
contenders:
  - { name: one, instances: 2, balance: least-conn, router_settings: { num_retries: 3, cooldown_time: 6, timeout: 33 } }
  - { name: two }
client: { timeout: 31s, patience: 12s, leave: { after_tokens: 3, share: 6% } }
slo: { success: \"rate > 0.9\" }
";

/// One edit of every value of [`FULL`] and of the config.
const EDITS: &[(&str, &str)] = &[
    ("scenario: full", "scenario: fuller"),
    ("seed: 7", "seed: 8"),
    ("constant: 300ms", "constant: 301ms"),
    ("constant: 10ms", "constant: 11ms"),
    ("600/min", "601/min"),
    ("slots: 8", "slots: 9"),
    ("queue: 2", "queue: 3"),
    ("slowdown: 0.5", "slowdown: 0.6"),
    ("input: 1.0", "input: 1.1"),
    ("output: 2.0", "output: 2.1"),
    ("context_window: 9000", "context_window: 9001"),
    ("link: 5ms", "link: 6ms"),
    ("region: moon", "region: mars"),
    ("both:", "all:"),
    ("1M/min", "2M/min"),
    ("[west, east]", "[west]"),
    ("for: 30s", "for: 31s"),
    ("poisson: 8/s", "poisson: 8.001/s"),
    ("poisson: 8/s", "constant: 8/s"),
    ("constant: 9/s", "constant: 10/s"),
    ("warmup: true", "warmup: true, name: early"),
    ("stream: 70%", "stream: 71%"),
    ("prompt_tokens: 21", "prompt_tokens: 22"),
    ("answer_tokens: 13", "answer_tokens: 14"),
    ("max_tokens: 40", "max_tokens: 41"),
    ("repeat: 10%", "repeat: 11%"),
    ("at: 60s", "at: 61s"),
    ("for: 20s", "for: 19s"),
    ("target: west,", "target: east,"),
    ("retry_after: 10s", "retry_after: 11s"),
    ("share: 50%", "share: 51%"),
    ("ramp: 2s", "ramp: 3s"),
    ("stream: true", "stream: false"),
    ("link:gateway->west", "link:client->west"),
    ("latency: 200ms", "latency: 201ms"),
    ("{ latency: 200ms }", "{ latency: 200ms, stream: upstream }"),
    ("gateway[2]", "gateway"),
    ("down: 3s", "down: 5s"),
    ("inject: pause", "inject: kill"),
    ("median: 40min", "median: 41min"),
    ("median: 2d, sigma: 1", "median: 2d, sigma: 1.1"),
    ("target: east }", "target: claude }"),
    ("outages: 20", "outages: 21"),
    ("gaps: 3000", "gaps: 3001"),
    ("num_retries: 1", "num_retries: 2"),
    ("rollout: {}", "rollout: { router_settings: { timeout: 9 } }"),
    ("every: 11s", "every: 12s"),
    ("by: restart, down: 4s", "by: reload"),
    ("down: 4s", "down: 6s"),
    ("mark: here", "mark: there"),
    ("name: one", "name: uno"),
    ("instances: 2", "instances: 3"),
    ("least-conn", "random"),
    ("least-conn", "least-conn, personality: brownout"),
    ("num_retries: 3", "num_retries: 4"),
    ("cooldown_time: 6", "cooldown_time: 7"),
    ("timeout: 33", "timeout: 34"),
    ("timeout: 31s", "timeout: 32s"),
    ("patience: 12s", "patience: 13s"),
    ("after_tokens: 3", "after_tokens: 4"),
    ("share: 6%", "share: 7%"),
    ("rate > 0.9", "rate > 0.91"),
    ("- { name: two }\n", "- { name: two }\n  - { name: three }\n"),
];

#[expect(clippy::panic, reason = "a helper of tests")]
fn planned(scenario: &str, change: impl Fn(&mut Request<'_>)) -> Plan {
    load_with(scenario, change).unwrap_or_else(|report| panic!("{scenario}\n{report}"))
}

fn hash(scenario: &str) -> String {
    planned(scenario, |_| {}).info.scenario.hash
}

#[test]
fn whatever_decides_a_run_changes_the_hash() {
    let mut seen = BTreeSet::from([hash(FULL)]);
    for (from, to) in EDITS {
        assert!(FULL.contains(from), "{from}");
        assert!(seen.insert(hash(&FULL.replacen(from, to, 1))), "{from} → {to} changes no hash");
    }
}

#[test]
fn flags_and_the_config_change_the_hash() {
    let set = [("traffic.0.for".to_owned(), "29s".to_owned())];
    let text = CONFIG.replace("least-busy", "latency-based-routing");
    let config = Text::new("config.yaml", text);
    let first: Vec<_> = planned(FULL, |_| {}).info.faults.into_iter().take(1).collect();
    let text = serde_json::to_string(&first).expect("JSON");
    let timeline = Text::new("t.yaml", text);
    let one = ["one".to_owned()];
    let shorter = Some(std::time::Duration::from_secs(299));
    let flags = [
        Flags::default(),
        Flags { sets: &set, ..Flags::default() },
        Flags { config: Some(&config), ..Flags::default() },
        Flags { timeline: Some(&timeline), ..Flags::default() },
        Flags { contenders: &one, ..Flags::default() },
        Flags { shorten: shorter, ..Flags::default() },
        Flags { seed: Some(1), ..Flags::default() },
    ];
    let hashes: BTreeSet<String> = flags.iter().map(with_flags).collect();
    assert_eq!(hashes.len(), flags.len());
}

/// What the command line says.
#[derive(Clone, Copy, Debug, Default)]
struct Flags<'f> {
    sets: &'f [(String, String)],
    config: Option<&'f Text>,
    timeline: Option<&'f Text>,
    contenders: &'f [String],
    shorten: Option<std::time::Duration>,
    seed: Option<u64>,
}

/// The hash of [`FULL`] under these flags; a timeline also replaces `compress`, which is of `faults`.
#[expect(clippy::panic, reason = "a helper of tests")]
fn with_flags(flags: &Flags<'_>) -> String {
    let text = match flags.timeline {
        Some(_) => FULL.replace("compress: { outages: 20, gaps: 3000 }\n", ""),
        None => FULL.to_owned(),
    };
    let scenario = Text::new("scenario.yaml", text);
    let request = Request {
        scenario: &scenario,
        config: flags.config,
        find_config: &|_| Ok(Text::new("config.yaml", CONFIG)),
        timeline: flags.timeline,
        find_timeline: &|_| Err("none".to_owned()),
        clock: ClockKind::Virtual,
        seed: flags.seed,
        compared: None,
        personality: None,
        model: None,
        contenders: flags.contenders,
        sets: flags.sets,
        shorten: flags.shorten,
        build: plan::Build::default(),
    };
    let plan = plan::load(&request).unwrap_or_else(|report| panic!("{flags:?}\n{report}"));
    plan.info.scenario.hash
}

#[test]
fn what_decides_nothing_changes_nothing() {
    let plain = hash(FULL);
    for (from, to) in [
        ("# What is a run a function of?", "# Another question?"),
        ("slots: 8, queue: 2", "queue: 2, slots: 8"),
        (
            "num_retries: 3, cooldown_time: 6, timeout: 33",
            "timeout: 33, cooldown_time: 6, num_retries: 3",
        ),
        ("for: 5m", "for: 300s"),
        ("share: 6%", "share: 0.06"),
        ("config: config.yaml", "config: \"config.yaml\""),
        ("- { name: two }", "- name: two"),
    ] {
        assert!(FULL.contains(from), "{from}");
        assert_eq!(hash(&FULL.replacen(from, to, 1)), plain, "{from} → {to} changes the hash");
    }
    // Where the config lies, who runs it, in which time.
    let elsewhere = Text::new("/far/away.yaml", CONFIG);
    assert_eq!(with_flags(&Flags { config: Some(&elsewhere), ..Flags::default() }), plain);
    let run_by = planned(FULL, |request| {
        request.clock = ClockKind::Wall;
        request.build = plan::Build { version: "9", binary: "b" };
    });
    assert_eq!(run_by.info.scenario.hash, plain);
    assert_ne!(run_by.digest, planned(FULL, |_| {}).digest);
}

/// The same tables, but another report: neither may stand where the other does.
#[test]
fn runs_that_differ_in_their_question_alone_have_directories_of_their_own() {
    let of = |question: &str| planned(&FULL.replacen("What is a run", question, 1), |_| {});
    let (one, other) = (of("What is a run"), of("What is another run"));
    assert_eq!(one.info.scenario.hash, other.info.scenario.hash);
    assert_ne!(one.digest, other.digest);
    assert_eq!(one.digest, of("What is a run").digest);
    let name = |plans: &[&Plan]| plan::series_name(plans.iter().copied());
    assert_eq!(name(&[&one, &other]), name(&[&one, &other]));
    let names = BTreeSet::from([name(&[&one]), name(&[&other]), name(&[&one, &other])]);
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn run_json_says_what_a_contender_changes_as_yaml_to_paste_and_never_a_secret() {
    let secrets = "general_settings: { master_key: hunter2 }, litellm_settings: { num_retries: 2 }, router_settings: { routing_strategy: \
        least-busy, redis_url: \"redis://joe:canary@cache\" }, model_list: [{ model_name: gpt-4o, litellm_params: { \
        model: azure/gpt-4o, api_base: \"https://westus-a.openai.azure.com/\", api_key: os.environ/AZURE_KEY }, \
        model_info: { id: west } }]";
    let scenario = format!(
        "{}contenders:\n  - {{ name: as-it-is }}\n  - {{ name: mine, {secrets} }}\n",
        crate::support::CALM
    );
    let contenders = planned(&scenario, |_| {}).info.contenders;
    assert_eq!(contenders[0].overlay, None);
    let overlay = contenders[1].overlay.clone().expect("an overlay");
    for held in [
        "router_settings:\n  routing_strategy: least-busy\n",
        "os.environ/AZURE_KEY",
        "num_retries: 2",
    ] {
        assert!(overlay.contains(held), "{held}\n{overlay}");
    }
    assert!(!overlay.contains("hunter2") && !overlay.contains("canary"), "{overlay}");
}

#[test]
fn the_order_of_flags_changes_nothing() {
    let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let (one, other) = (set("traffic.0.for", "29s"), set("client.timeout", "30s"));
    let under = |sets: &[(String, String)]| with_flags(&Flags { sets, ..Flags::default() });
    let forwards = under(&[one.clone(), other.clone()]);
    assert_eq!(under(&[other, one.clone()]), forwards);
    // Of one key the last one holds.
    let again = set("traffic.0.for", "28s");
    let last = under(&[one.clone(), again.clone()]);
    assert_ne!(under(&[again, one]), last);
}

#[test]
fn a_small_scenario_keeps_its_hash() {
    let scenario = "scenario: small
config: config.yaml
traffic: [{ for: 20s, arrivals: { poisson: 8/s } }]
faults: [{ at: 5s, for: 5s, target: west, inject: refuse }]
slo: { success: \"rate > 0.9\" }
";
    // Changes only with the format of what is hashed; then every run gets a new name.
    let kept = "33b0620406fde25c891232a31547d91a71c2f7f35675e0297514a04385c284ac";
    assert_eq!(hash(scenario), kept);
}
