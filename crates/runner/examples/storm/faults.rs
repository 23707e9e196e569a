//! Random faults and events, of every kind that the catalogues list. It must never know how they end.

use std::time::Duration;

use plan::listing::{self, Line};

use super::config::Config;
use super::luck::Luck;

/// Where faults may lie, and whom they may hit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What can be named.
    pub(crate) config: &'a Config,
    /// First instant outside warm-up.
    pub(crate) from: Duration,
    /// End of the schedule.
    pub(crate) to: Duration,
    /// Most instances that a contender has.
    pub(crate) instances: u64,
}

/// Parameters beyond the catalogue's examples, one line for each that a fault reads otherwise.
const VARIATIONS: &[&str] = &[
    "{ slow: { factor: 1.01 } }",
    "{ slow: { first_token: { add: 3s } } }",
    "{ error: { status: 400 } }",
    "{ error: { status: 404 } }",
    "{ error: { status: 500 } }",
    "{ error: { status: 529, body: html } }",
    "{ throttle: { retry_after: 2s } }",
    "{ stall: { after_tokens: 3, for: 4s } }",
    "{ connection_cap: { max: 1, then: wait } }",
    "{ connection_cap: { max: 1, then: refuse } }",
    "{ dns: { kind: slow, after: 3s } }",
    "{ dns: { kind: timeout } }",
    "{ lower_limits: { factor: 0.1 } }",
    "{ cut: { after_tokens: 0 } }",
];

/// Lines of `faults:`, with `compress:` where random incidents need it; empty where nothing breaks.
pub(crate) fn faults(luck: &mut Luck, place: Place<'_>) -> String {
    let count = if luck.percent(7) { 0 } else { luck.between(1, 5) };
    if count == 0 {
        return String::new();
    }
    let mut text = "faults:\n".to_owned();
    let mut weather = false;
    for n in 1..=count {
        let line = match luck.between(1, 12) {
            1 => flapping(luck, place),
            2 => {
                weather = true;
                let each = luck.word(&["deployment", "region", "provider", "target"]);
                format!("random: incident-model, target: {}, each: {each}", fixed(luck, place))
            }
            3 => on_link(luck, place),
            4 => on_instance(luck, place),
            _ => on_deployments(luck, place),
        };
        let id = if luck.percent(30) { format!("id: named-{n}, ") } else { String::new() };
        text.push_str(&format!("  - {{ {id}{line} }}\n"));
    }
    if weather {
        text.push_str("compress: { outages: 30, gaps: 20000 }\n");
    }
    text
}

/// Lines of `events:`.
pub(crate) fn events(luck: &mut Luck, place: Place<'_>) -> String {
    if !luck.percent(30) {
        return String::new();
    }
    let mut text = "events:\n".to_owned();
    for _ in 0..luck.between(1, 3) {
        let at = seconds(inside(luck, place.from, place.to));
        let change = luck.word(&[
            "{ router_settings: { num_retries: 3 } }",
            "{ router_settings: { routing_strategy: least-busy } }",
            "{ router_settings: { cooldown_time: 2 } }",
            "{}",
        ]);
        let line = match luck.between(1, 4) {
            1 => "mark: somebody looks at the clock".to_owned(),
            2 if change != "{}" => format!("apply: {change}"),
            3 => format!("rollout: {change}, every: {}s", luck.between(1, 10)),
            _ => {
                format!("rollout: {change}, every: 4s, by: restart, down: {}s", luck.between(0, 3))
            }
        };
        text.push_str(&format!("  - {{ at: {at}, {line} }}\n"));
    }
    text
}

/// A target of deployments, in every form that there is.
pub(crate) fn target(luck: &mut Luck, place: Place<'_>) -> String {
    if luck.percent(25) {
        let text =
            luck.word(&["favourite", "favourite", "region-of:favourite", "provider-of:favourite"]);
        return format!("\"{text}\"");
    }
    fixed(luck, place)
}

/// A target that is known before the run.
fn fixed(luck: &mut Luck, place: Place<'_>) -> String {
    let Config { text, groups, deployments, providers } = place.config;
    let text = match luck.between(1, 12) {
        3 => "region-of:first".to_owned(),
        4 => "provider-of:first".to_owned(),
        5 if groups.len() == 1 && deployments.len() > 1 => "others".to_owned(),
        6 if deployments.len() > 1 => format!("any:{}", luck.between(1, 2)),
        7 | 8 => "all".to_owned(),
        9 => luck.one(deployments).clone(),
        10 => "d*".to_owned(),
        11 => format!("provider:{}", luck.one(providers)),
        12 if text.contains("region_name: westus") => "region:westus".to_owned(),
        _ => "first".to_owned(),
    };
    format!("\"{text}\"")
}

/// What a line of a catalogue shows as its example.
fn example(line: &Line) -> String {
    let shown = line.details.first().map_or("", String::as_str);
    shown.trim_start_matches("inject: ").to_owned()
}

fn from_catalogue(luck: &mut Luck, catalogue: &[Line]) -> String {
    example(luck.one(catalogue))
}

fn inject(luck: &mut Luck) -> String {
    if luck.percent(35) { luck.word(VARIATIONS) } else { from_catalogue(luck, &listing::faults()) }
}

fn on_deployments(luck: &mut Luck, place: Place<'_>) -> String {
    let target = target(luck, place);
    let mut line = format!("{}, target: {target}, inject: {}", window(luck, place), inject(luck));
    if luck.percent(25) {
        line.push_str(&format!(", share: {}%", luck.between(1, 99)));
    }
    if luck.percent(15) {
        // Two of them fit into the shortest window.
        line.push_str(&format!(", ramp: {}ms", 100 * luck.between(2, 15)));
    }
    if luck.percent(15) {
        let when = luck.word(&[
            "{ stream: true }",
            "{ stream: false }",
            "{ prompt_tokens: { min: 100 } }",
            "{ prompt_tokens: { max: 60 } }",
            "{ attempt: 1 }",
            "{ attempt: 2 }",
            "{ first: 5 }",
            "{ every: 3 }",
            "{ nth: 2 }",
        ]);
        line.push_str(&format!(", when: {when}"));
    }
    if luck.percent(30) {
        line.push_str(", optional: true");
    }
    line
}

fn on_link(luck: &mut Luck, place: Place<'_>) -> String {
    let source = luck.word(&["client", "gateway", "gateway[1]", "\\*"]).replace('\\', "");
    let instance = format!("gateway[{}]", luck.between(1, place.instances));
    let destination = match luck.between(1, 4) {
        1 if source == "client" => "gateway".to_owned(),
        2 if source == "client" => instance,
        _ => luck.word(&["first", "all", "others", "region-of:first"]),
    };
    let inject = from_catalogue(luck, &listing::links());
    format!(
        "{}, target: \"link:{source}->{destination}\", inject: {inject}, optional: true",
        window(luck, place)
    )
}

fn on_instance(luck: &mut Luck, place: Place<'_>) -> String {
    let inject = from_catalogue(luck, &listing::instances());
    let target = match luck.between(0, place.instances) {
        0 => "gateway".to_owned(),
        n => format!("gateway[{n}]"),
    };
    format!("{}, target: \"{target}\", inject: {inject}, optional: true", window(luck, place))
}

fn flapping(luck: &mut Luck, place: Place<'_>) -> String {
    let period = luck.between(4, 12);
    let random = luck.percent(40);
    let target = if random { fixed(luck, place) } else { target(luck, place) };
    format!(
        "{}, target: {target}, inject: {}, flapping: {{ period: {period}s, duty: {}%, random: {random} }}, optional: true",
        window(luck, place),
        inject(luck),
        luck.between(20, 80)
    )
}

/// `at` and `for`: mostly inside the measured traffic, now and then over its edges.
fn window(luck: &mut Luck, place: Place<'_>) -> String {
    let edge = Duration::from_secs(5);
    let (from, to) = match luck.between(1, 20) {
        1 => (Duration::ZERO, place.to),
        2 => (place.from, place.to + edge),
        _ => (place.from, place.to.saturating_sub(edge)),
    };
    let at = inside(luck, from, to);
    let length = luck.between(3, 25);
    format!("at: {}, for: {length}s", seconds(at))
}

fn inside(luck: &mut Luck, from: Duration, to: Duration) -> Duration {
    let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(luck.between(ms(from), ms(to).max(ms(from) + 1)) / 100 * 100)
}

fn seconds(at: Duration) -> String {
    format!("{}ms", at.as_millis())
}
