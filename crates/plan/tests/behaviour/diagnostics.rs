//! Every mistake gets one sentence, its place, and a remedy; all of them at once.

use crate::support::{CALM, CONFIG, load, load_with};
use plan::{Report, Text};

/// A scenario with one fault, whose fields are `fields`.
fn fault(fields: &str) -> String {
    format!("{CALM}faults:\n  - {{ {fields} }}\n")
}

fn deployments(text: &str) -> String {
    format!("{CALM}deployments:\n  {text}\n")
}

fn contenders(items: &str) -> String {
    format!("{CALM}contenders:\n{items}\n")
}

fn traffic(items: &str) -> String {
    format!("scenario: t\nconfig: config.yaml\ntraffic:\n{items}\n")
}

/// Mistakes by name. The snapshot holds what people read.
#[expect(clippy::too_many_lines, reason = "a list, one line per mistake")]
fn mistakes() -> Vec<(&'static str, String)> {
    vec![
        ("empty file", String::new()),
        ("only comments", "# nothing\n".to_owned()),
        ("a list", "- a\n- b\n".to_owned()),
        ("a LiteLLM config", CONFIG.to_owned()),
        ("unknown key", CALM.replace("traffic", "trafic")),
        ("key of a later version", format!("{CALM}epoch: 12:00\n")),
        ("duplicate key", format!("{CALM}config: other.yaml\n")),
        ("not YAML", "scenario: [a\ntraffic: b\n".to_owned()),
        ("tab", "scenario: x\ntraffic:\n\t- { for: 1m }\n".to_owned()),
        ("unknown alias", "scenario: *me\n".to_owned()),
        ("two documents", format!("{CALM}---\n{CALM}")),
        ("no scenario name", CALM.replace("scenario: calm\n", "")),
        ("name is no directory", CALM.replace("calm", "My Scenario")),
        ("negative seed", format!("{CALM}seed: -1\n")),
        ("no config", CALM.replace("config: config.yaml\n", "")),
        ("config not found", CALM.replace("config.yaml", "confg.yaml")),
        ("no traffic", "scenario: t\nconfig: config.yaml\n".to_owned()),
        ("only warm-up", traffic("  - { for: 1m, arrivals: { poisson: 8/s }, warmup: true }")),
        ("duration without unit", traffic("  - { for: 60, arrivals: { poisson: 8/s } }")),
        ("negative duration", traffic("  - { for: -60s, arrivals: { poisson: 8/s } }")),
        ("unknown unit", traffic("  - { for: 6 parsecs, arrivals: { poisson: 8/s } }")),
        ("rate without unit", traffic("  - { for: 1m, arrivals: { poisson: 8 } }")),
        ("rate of zero", traffic("  - { for: 1m, arrivals: { poisson: 0/s } }")),
        ("unknown arrivals", traffic("  - { for: 1m, arrivals: { poison: 8/s } }")),
        ("arrivals missing", traffic("  - { for: 1m }")),
        ("unknown workload", traffic("  - { for: 1m, arrivals: { poisson: 8/s }, workload: chatt }")),
        ("unknown model", traffic("  - { for: 1m, arrivals: { poisson: 8/s }, model: gpt-4 }")),
        ("stream that is no list", traffic("  web: { for: 1m, arrivals: { poisson: 8/s } }")),
        ("share over 100 %", traffic("  - { for: 1m, arrivals: { poisson: 8/s }, workload: { stream: 80 } }")),
        ("falling quantiles", traffic("  - { for: 1m, arrivals: { poisson: 8/s }, workload: { answer_tokens: { lognormal: { p50: 9, p99: 3 } } } }")),
        ("unknown deployment", fault("at: 1m, for: 1m, target: wst, inject: refuse")),
        ("unknown provider", fault("at: 1m, for: 1m, target: 'provider:azur', inject: refuse")),
        ("unknown region", fault("at: 1m, for: 1m, target: 'region:westus2', inject: refuse")),
        ("more than there are", fault("at: 1m, for: 1m, target: 'any:7', inject: refuse")),
        ("unknown fault", fault("at: 1m, for: 1m, target: first, inject: trottle")),
        ("fault of instances at a deployment", fault("at: 1m, for: 1m, target: first, inject: kill")),
        ("fault of links at a deployment", fault("at: 1m, for: 1m, target: first, inject: { bandwidth: { rate: 10 } }")),
        ("fault of deployments at an instance", fault("at: 1m, for: 1m, target: gateway, inject: throttle")),
        ("fault of deployments at a link", fault("at: 1m, for: 1m, target: 'link:*->first', inject: throttle")),
        ("fault of instances at a link", fault("at: 1m, for: 1m, target: 'link:*->first', inject: pause")),
        ("unknown parameter", fault("at: 1m, for: 1m, target: first, inject: { throttle: { retry_aftr: 10s } }")),
        ("parameter without unit", fault("at: 1m, for: 1m, target: first, inject: { throttle: { retry_after: 10 } }")),
        ("two faults in one", fault("at: 1m, for: 1m, target: first, inject: { refuse: , reset: }")),
        ("missing length", fault("at: 1m, target: first, inject: refuse")),
        ("ramp too long", fault("at: 1m, for: 1m, target: first, inject: refuse, ramp: 40s")),
        ("unknown phase", fault("at: min+20s, for: 1m, target: first, inject: refuse")),
        ("unknown condition", fault("at: 1m, for: 1m, target: first, inject: refuse, when: { streaming: true }")),
        ("random model", fault("random: incident-modl, target: first")),
        ("no link", fault("at: 1m, for: 1m, target: 'link:gateway', inject: down")),
        ("unknown source of a link", fault("at: 1m, for: 1m, target: 'link:clients->first', inject: down")),
        ("unknown end of a link", fault("at: 1m, for: 1m, target: 'link:client->wst', inject: down")),
        ("unknown toxic", fault("at: 1m, for: 1m, target: 'link:*->first', inject: latncy")),
        ("parameter of a toxic", fault("at: 1m, for: 1m, target: 'link:*->first', inject: { latency: { latncy: 1s } }")),
        ("jitter over latency", fault("at: 1m, for: 1m, target: 'link:*->first', inject: { latency: { latency: 1s, jitter: 2s } }")),
        ("condition on a link", fault("at: 1m, for: 1m, target: 'link:*->first', inject: down, when: { stream: true }")),
        ("no such instance", fault("at: 1m, for: 1m, target: 'gateway[3]', inject: kill")),
        ("instances count from 1", fault("at: 1m, for: 1m, target: 'gateway[0]', inject: kill")),
        ("unknown instance fault", fault("at: 1m, for: 1m, target: gateway, inject: kil")),
        ("part of a process", fault("at: 1m, for: 1m, target: gateway, inject: kill, share: 50%")),
        ("restart outlives its window", fault("at: 1m, for: 1m, target: gateway, inject: { restart: { down: 2m } }")),
        ("event of no kind", format!("{CALM}events: [{{ at: 10s }}]\n")),
        ("apply with every", format!("{CALM}events: [{{ at: 10s, every: 5s, apply: {{ router_settings: {{ num_retries: 1 }} }} }}]\n")),
        ("apply of nothing", format!("{CALM}events: [{{ at: 10s, apply: {{}} }}]\n")),
        ("unknown setting of an event", format!("{CALM}events: [{{ at: 10s, apply: {{ router_settings: {{ num_retrys: 1 }} }} }}]\n")),
        ("unknown preset", deployments("first: { preset: gpt-4o-azur }")),
        ("unknown limit", deployments("first: { limits: { request: 10/min } }")),
        ("limit without unit", deployments("first: { limits: { requests: 6000 } }")),
        ("no slots", deployments("first: { capacity: { slots: 0 } }")),
        ("negative price", deployments("first: { price: { input: -1, output: 2 } }")),
        ("contender's name", contenders("  - { name: Least Busy }")),
        ("two of a name", contenders("  - { name: a }\n  - { name: a }")),
        ("contender called direct", contenders("  - { name: direct }")),
        ("unknown product", contenders("  - { name: a, process: litelm }")),
        ("version without a product", contenders("  - { name: a, version: 1.2.3 }")),
        ("product with a personality", contenders("  - { name: a, process: litellm, personality: brownout }")),
        ("topology contender", contenders("  - { name: apim, topology: a.yaml }")),
        ("unknown strategy", contenders("  - { name: a, router_settings: { routing_strategy: least-bussy } }")),
        ("unknown key of an overlay", contenders("  - { name: a, router_settings: { cooldown_tim: 5 } }")),
        ("instances", contenders("  - { name: a, instances: 0 }")),
        ("unknown balance", contenders("  - { name: a, balance: least-connections }")),
        ("unknown personality", contenders("  - { name: a, personality: litelm-1.106 }")),
        ("stranger in an overlay", contenders("  - name: a\n    model_list:\n      - { model_name: gpt-4o, litellm_params: { model: gpt-4o, api_key: x }, model_info: { id: other } }")),
        ("unknown metric", format!("{CALM}slo: {{ sucess: 'rate > 0.9' }}\n")),
        ("wrong aggregate", format!("{CALM}slo: {{ success: 'p(99)<3000' }}\n")),
        ("bound without sense", format!("{CALM}slo: {{ ttft: 'p(99)<3 parsecs' }}\n")),
        ("zero timeout", format!("{CALM}client: {{ timeout: 0s }}\n")),
        ("several at once", "scenario: t\nconfig: config.yaml\nsede: 1\ntraffic:\n  - { for: 60, arrivals: { poisson: 8/s } }\nfaults:\n  - { at: 1m, for: 1m, target: nobody, inject: refuse }\n  - { at: 1m, for: 1m, target: first, inject: nothing }\n".to_owned()),
    ]
}

#[expect(clippy::panic, reason = "a helper of tests")]
fn report(name: &str, text: &str) -> Report {
    load(text).err().unwrap_or_else(|| panic!("`{name}` was accepted"))
}

#[test]
fn every_mistake_has_a_sentence_a_place_and_a_remedy() {
    let mut out = String::new();
    for (name, text) in mistakes() {
        out += &format!("---- {name}\n{}\n", report(name, &text));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn credentials_are_not_quoted() {
    let config =
        CONFIG.replace("sk-real-secret,", "sk-real-secret, timeout: [1], client_secret: hunter2,");
    let text = Text::new("c.yaml", config);
    let result =
        load_with(CALM, |request| request.config = Some(Box::leak(Box::new(text.clone()))));
    let shown = result.expect_err("a mistake").to_string();
    assert!(shown.contains("api_key: …"), "{shown}");
    assert!(!shown.contains("sk-real-secret") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn several_mistakes_are_told_at_once() {
    let (_, text) = mistakes().pop().expect("the last one");
    let lines = report("several at once", &text).lines();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(lines[0].starts_with("scenario.yaml:3:1: unknown key `sede`"), "{}", lines[0]);
}

#[test]
fn mistakes_of_the_config_point_into_the_config() {
    let mut out = String::new();
    for (name, config) in [
        ("empty", String::new()),
        ("no deployments", "model_list: []\n".to_owned()),
        ("unknown strategy", CONFIG.replace("least-busy", "least-bussy")),
        ("wrong type", CONFIG.replace("cooldown_time: 60", "cooldown_time: [60]")),
        ("no model", CONFIG.replace("model: azure/gpt-4o, ", "")),
        ("a scenario", CALM.to_owned()),
    ] {
        let text = Text::new("mine.yaml", config);
        let result = load_with(CALM, |request| {
            // The request outlives this closure only with what it borrows.
            request.config = Some(Box::leak(Box::new(text.clone())));
        });
        let report = result.err().unwrap_or_else(|| panic!("`{name}` was accepted"));
        out += &format!("---- {name}\n{report}\n");
    }
    insta::assert_snapshot!(out);
}

#[test]
fn mistakes_in_arguments_point_at_the_argument() {
    let with = |key: &'static str, value: &'static str| {
        let sets = vec![(key.to_owned(), value.to_owned())];
        let result = load_with(CALM, |request| request.sets = Box::leak(Box::new(sets.clone())));
        result.expect_err("a mistake").lines()
    };
    assert_eq!(with("traffic.1.for", "5"), ["--set traffic.1.for:1:1: `5` has no unit"]);
    assert!(with("traffic.7.for", "5m")[0].contains("`traffic` has 2 items"));
    assert!(with("scenario.x", "5m")[0].contains("`scenario` is `calm`, it has no `x`"));
    let names = vec!["nobody".to_owned()];
    let result = load_with(CALM, |request| request.contenders = Box::leak(Box::new(names.clone())));
    assert!(result.expect_err("a mistake").to_string().contains("contenders: config"));
}

#[test]
fn huge_files_and_bombs_cost_a_sentence() {
    let huge = format!("{CALM}# {}\n", "x".repeat(10_000_000));
    assert!(report("huge", &huge).lines()[0].contains("the file has 10.0 MB"));
    let deep = format!("scenario: {}", "[".repeat(50_000));
    assert_eq!(report("deep", &deep).lines().len(), 1);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{items}]\n");
    }
    let lines = report("bomb", &bomb).lines();
    assert!(lines[0].contains("too many values"), "{lines:?}");
    // A long line is named, not printed.
    let long = format!("scenario: x\nnope: {}\n", "y".repeat(100_000));
    assert!(report("long line", &long).to_string().len() < 4000);
}

#[test]
fn terminal_escapes_are_not_passed_on_but_shown() {
    let text = "scenario: \"\\e[31mred\"\nconfig: config.yaml\n\u{1b}[2J: 1\n";
    let shown = report("escapes", text).to_string();
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}
