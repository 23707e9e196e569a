//! A random scenario: traffic, fakes, clients, contenders and a promise, and the config that they are about. Every
//! feature of a scenario file has its chance. It must never know how one is played or checked.

use std::fmt::Write;
use std::time::Duration;

use plan::listing;

use super::config::{self, Config};
use super::faults::{self, Place};
use super::luck::Luck;

/// How much is played: less traffic makes a storm that a test suite can afford.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    /// At most a minute at a few requests per second.
    Small,
    /// Minutes, as long as what people write.
    Usual,
}

/// A scenario with its config, as files.
#[derive(Debug)]
pub(crate) struct Written {
    /// The scenario file.
    pub(crate) scenario: String,
    /// The config file.
    pub(crate) config: String,
}

/// Name of the scenario file, and of the config beside it.
pub(crate) const SCENARIO: &str = "scenario.yaml";
/// See [`SCENARIO`].
pub(crate) const CONFIG: &str = "config.yaml";
/// Two contenders that differ in their names only; drawn in half of all scenarios.
pub(crate) const TWINS: [&str; 2] = ["twin-a", "twin-b"];

/// The scenario of one seed.
pub(crate) fn write(seed: u64, size: Size) -> Written {
    let luck = &mut Luck::new(seed);
    let config = config::config(luck);
    let mut text = format!(
        "# Does anything break in storm {seed}?\nscenario: storm-{seed}\nseed: {}\nconfig: {CONFIG}\n",
        luck.between(0, 1_000_000)
    );
    fakes(luck, &config, &mut text);
    let (from, to) = traffic(luck, &config, size, &mut text);
    let (contenders, instances) = contenders(luck);
    let place = Place { config: &config, from, to, instances };
    text.push_str(&faults::faults(luck, place));
    text.push_str(&faults::events(luck, place));
    text.push_str(&contenders);
    client(luck, &mut text);
    promise(luck, &mut text);
    Written { scenario: text, config: config.text }
}

fn fakes(luck: &mut Luck, config: &Config, text: &mut String) {
    if luck.percent(60) {
        text.push_str("deployments:\n");
        let mut named = vec!["\"*\"".to_owned()];
        if luck.percent(50) {
            named.push("first".to_owned());
        }
        for name in named {
            let mut parts = Vec::new();
            for _ in 0..luck.between(1, 3) {
                let part = luck.word(&[
                    "preset: instant",
                    "preset: gpt-4o-openai",
                    "ttft: { lognormal: { p50: 300ms, p99: 1.5s } }",
                    "itl: { constant: 5ms }",
                    "limits: { requests: 200/min }",
                    "limits: { tokens: 60k/min }",
                    "capacity: { slots: 4, queue: 2, slowdown: 0.5 }",
                    "price: { input: 1.5, output: 6 }",
                    "context_window: 3000",
                    "link: 5ms",
                    "region: westus",
                ]);
                let key = |part: &str| part.split(':').next().unwrap_or_default().to_owned();
                if !parts.iter().any(|other: &String| key(other) == key(&part)) {
                    parts.push(part);
                }
            }
            let _ = writeln!(text, "  {name}: {{ {} }}", parts.join(", "));
        }
    }
    if luck.percent(12) {
        let shared = luck.one(&config.deployments);
        let _ = writeln!(
            text,
            "quotas:\n  bucket: {{ limits: {{ requests: {}/min }}, deployments: [\"{shared}\"] }}",
            luck.between(20, 200)
        );
    }
}

fn arrivals(luck: &mut Luck, rate: u64) -> String {
    match luck.between(1, 3) {
        1 => format!("{{ constant: {rate}/s }}"),
        _ => format!("{{ poisson: {rate}/s }}"),
    }
}

fn workload(luck: &mut Luck) -> String {
    if luck.percent(40) {
        return luck.word(&["chat", "short", "long-answers", "code-azure-2023", "chat-azure-2023"]);
    }
    let mut parts = vec![
        format!("stream: {}%", luck.one(&[0, 30, 70, 100])),
        format!("answer_tokens: {}", luck.one(&[1, 2, 12, 40])),
        luck.word(&["prompt_tokens: 20", "prompt_tokens: { lognormal: { p50: 80, p99: 900 } }"]),
    ];
    if luck.percent(25) {
        parts.push(format!("repeat: {}%", luck.between(5, 60)));
    }
    if luck.percent(20) {
        parts.push("max_tokens: 50".to_owned());
    }
    format!("{{ {} }}", parts.join(", "))
}

/// Traffic; where it is measured from, and where it ends.
fn traffic(
    luck: &mut Luck,
    config: &Config,
    size: Size,
    text: &mut String,
) -> (Duration, Duration) {
    let (length, fastest) = match size {
        Size::Small => (luck.between(25, 50), 6),
        Size::Usual => (luck.between(40, 240), 14),
    };
    let warm = if luck.percent(85) { luck.between(5, 20) } else { 0 };
    let rate = luck.between(1, fastest);
    let (phases, streams) = (luck.between(1, 3), luck.percent(20));
    text.push_str("traffic:\n");
    let indent = if streams { "    " } else { "  " };
    if streams {
        text.push_str("  people:\n");
    }
    if warm > 0 {
        let _ = writeln!(
            text,
            "{indent}- {{ for: {warm}s, arrivals: {}, workload: {}, warmup: true }}",
            arrivals(luck, rate),
            workload(luck)
        );
    }
    for n in 0..phases {
        let seconds = (length / phases).max(8);
        // A burst now and then.
        let rate = if n > 0 && luck.percent(40) { rate * 3 } else { rate };
        let model = if luck.percent(25) {
            format!(", model: {}", luck.one(&config.groups))
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{indent}- {{ for: {seconds}s, arrivals: {}, workload: {}{model} }}",
            arrivals(luck, rate),
            workload(luck)
        );
    }
    let total = warm + (length / phases).max(8) * phases;
    if streams {
        let _ = writeln!(
            text,
            "  machines:\n    - {{ at: {}s, for: {}s, arrivals: {}, workload: short }}",
            warm + 3,
            (total - warm - 3).min(15),
            arrivals(luck, 2)
        );
    }
    (Duration::from_secs(warm), Duration::from_secs(total))
}

/// Contenders, and the most instances that one has.
fn contenders(luck: &mut Luck) -> (String, u64) {
    let (mut text, mut most) = ("contenders:\n".to_owned(), 1);
    let mut settings = |luck: &mut Luck| {
        let strategy = &luck.one(&listing::strategies()).name.clone();
        let mut line = format!("router_settings: {{ routing_strategy: {strategy}");
        if luck.percent(30) {
            let _ = write!(line, ", cooldown_time: {}", luck.between(1, 30));
        }
        line.push_str(" }");
        if luck.percent(50) {
            let personality = &luck.one(&listing::personalities()).name.clone();
            let _ = write!(line, ", personality: {personality}");
        }
        if luck.percent(35) {
            let instances = luck.between(2, 4);
            most = most.max(instances);
            let balance = luck.word(&["round-robin", "least-conn", "random"]);
            let _ = write!(line, ", instances: {instances}, balance: {balance}");
        }
        line
    };
    if luck.percent(50) {
        let alike = settings(luck);
        for name in TWINS {
            let _ = writeln!(text, "  - {{ name: {name}, {alike} }}");
        }
    }
    for n in 1..=luck.between(1, 2) {
        let line = settings(luck);
        let _ = writeln!(text, "  - {{ name: c{n}, {line} }}");
    }
    (text, most)
}

fn client(luck: &mut Luck, text: &mut String) {
    let mut parts = vec![format!("timeout: {}s", luck.one(&[10, 30, 60, 120]))];
    if luck.percent(30) {
        parts.push(format!("patience: {}s", luck.between(1, 8)));
    }
    if luck.percent(15) {
        parts.push(format!(
            "leave: {{ after_tokens: {}, share: {}% }}",
            luck.between(1, 15),
            luck.one(&[5, 40, 100])
        ));
    }
    let _ = writeln!(text, "client: {{ {} }}", parts.join(", "));
}

/// Every metric, with bounds near what is usual.
const PROMISES: &[(&str, &[&str])] = &[
    ("success", &["rate > 0.995", "rate >= 90%", "rate > 0.5", "rate >= 1", "rate > 0.99"]),
    ("goodput", &["rate > 0.95", "rate > 60%"]),
    ("ttft", &["p(99)<3000", "p95 <= 3s", "med < 800ms", "max < 20s", "p(99.9) < 10s"]),
    ("e2e", &["p(99)<20s", "p50 < 4s", "max <= 1m"]),
    ("tpot", &["p95 < 40ms", "p(50) < 20"]),
    ("longest_gap", &["p99 < 2s", "p90 < 300ms"]),
    ("recover", &["max <= 30s", "max <= 5s"]),
    ("detect", &["max <= 10s"]),
    ("attempts", &["rate <= 1.3", "avg < 2"]),
    ("cost", &["rate <= 4.50", "rate <= $0.2"]),
];

fn promise(luck: &mut Luck, text: &mut String) {
    if luck.percent(6) {
        return;
    }
    text.push_str("slo:\n");
    let mut made = 0;
    for (metric, bounds) in PROMISES {
        if luck.percent(40) || (made == 0 && *metric == "cost") {
            made += 1;
            let _ = writeln!(text, "  {metric}: \"{}\"", luck.one(bounds));
        }
    }
}

#[cfg(test)]
mod tests {
    use plan::listing;
    use record::slo::Metric;

    use super::{Size, write};

    /// Scenarios in which everything must have had its chance.
    const SCENARIOS: u64 = 800;

    /// What no catalogue lists.
    const FORMS: &[&str] = &[
        "region-of:first",
        "provider-of:first",
        "others",
        "any:1",
        "\"all\"",
        "\"d*\"",
        "\"favourite\"",
        "region-of:favourite",
        "provider-of:favourite",
        "gateway[2]",
        "link:client->gateway",
        "flapping:",
        "incident-model",
        "compress:",
        "quotas:",
        "fallbacks:",
        "rollout:",
        "apply:",
        "mark:",
        "share:",
        "ramp:",
        "when:",
        "repeat:",
        "leave:",
        "patience:",
        "model:",
        "constant:",
        "poisson:",
        "instances: 4",
        "least-conn",
        "twin-b",
    ];

    #[test]
    fn every_feature_has_its_chance() {
        let texts: String = (0..SCENARIOS)
            .map(|seed| write(seed, Size::Small))
            .map(|written| written.scenario + &written.config)
            .collect();
        let listed = [
            listing::faults(),
            listing::links(),
            listing::instances(),
            listing::strategies(),
            listing::personalities(),
        ];
        let names = listed.into_iter().flatten().map(|line| line.name);
        let metrics = Metric::ALL.iter().map(|metric| format!("{metric}: "));
        let forms = FORMS.iter().map(|form| (*form).to_owned());
        for name in names.chain(metrics).chain(forms) {
            assert!(texts.contains(&name), "no scenario has `{name}`");
        }
    }

    #[test]
    fn a_seed_is_a_scenario() {
        let (one, same, other) =
            (write(7, Size::Usual), write(7, Size::Usual), write(8, Size::Usual));
        assert_eq!((&one.scenario, &one.config), (&same.scenario, &same.config));
        assert_ne!(one.scenario, other.scenario);
    }
}
