//! Cases that share their global settings, in one config: whom it names, which fakes stand behind it, and what is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use runner::{
    ProbeAsk, ProbePace, ProbeScript, ProbeTiming, ProbedFake, ProbedSpeed, REQUESTS_PER_SCRIPT_MAX,
};
use serde_json::{Map, Value, json};
use vocab::Protocol;

use super::cases::{Case, Health, Member, Mode, Pace, Provider, Shape};

/// Words of an answer: enough for a fault after some of them.
const ANSWER_WORDS: u32 = 20;

/// Cases that one gateway can serve side by side.
#[derive(Clone, Debug)]
pub(crate) struct World<'c> {
    pub(crate) cases: Vec<&'c Case>,
    pub(crate) fakes: Vec<ProbedFake>,
    pub(crate) scripts: Vec<ProbeScript>,
    /// For each script its case, by its place in `cases`, and its shape, by its place in the case.
    pub(crate) of_script: Vec<(usize, usize)>,
    /// The config, whose addresses are [`FAKES`] and [`NOBODY`].
    config: Value,
}

/// Stands for the fakes' base URL in a config.
const FAKES: &str = "$fakes";

/// Stands for an address where nobody listens.
const NOBODY: &str = "$nobody";

/// Puts cases together whose settings agree, in the order in which the first of each comes.
pub(crate) fn worlds<'c>(cases: &[&'c Case]) -> Vec<World<'c>> {
    let mut order: Vec<String> = Vec::new();
    let mut together: BTreeMap<String, Vec<&'c Case>> = BTreeMap::new();
    for case in cases {
        let key = shared_settings(case);
        if !together.contains_key(&key) {
            order.push(key.clone());
        }
        together.entry(key).or_default().push(case);
    }
    let alike = order.iter().filter_map(|key| together.remove(key));
    alike.flat_map(|cases| of_a_size(&cases)).map(World::new).collect()
}

/// What a case has in common with all that can share a process with it.
pub(crate) fn shared_settings(case: &Case) -> String {
    let shared = |settings: &Map<String, Value>| {
        let global = settings.iter().filter(|(key, value)| !is_local(key, value));
        Value::Object(global.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    let set = &case.set;
    json!([shared(&set.router_settings), shared(&set.litellm_settings), set.common]).to_string()
}

/// Deployments of one config, at most. LiteLLM's router keeps its counters of failures in a cache of 200 entries, a few
/// for each deployment that was called in the last minute: with more deployments it forgets failures, and cases that
/// share a process would change each other.
const DEPLOYMENTS_MAX: usize = 40;

/// Parts of a list of cases, each small enough for one process.
fn of_a_size<'c>(cases: &[&'c Case]) -> Vec<Vec<&'c Case>> {
    let (mut parts, mut deployments) = (Vec::new(), usize::MAX);
    for case in cases {
        let own = case.deployments();
        if deployments.saturating_add(own) > DEPLOYMENTS_MAX {
            parts.push(Vec::new());
            deployments = 0;
        }
        deployments += own;
        if let Some(part) = parts.last_mut() {
            part.push(*case);
        }
    }
    parts
}

/// Whether a setting names a group of one case.
fn is_local(key: &str, value: &Value) -> bool {
    key.contains('$') || value.to_string().contains('$')
}

impl<'c> World<'c> {
    fn new(cases: Vec<&'c Case>) -> Self {
        let mut made = Making::default();
        let (mut scripts, mut of_script) = (Vec::new(), Vec::new());
        for (place, case) in cases.iter().enumerate() {
            for (part, (name, shape)) in case.shapes.iter().enumerate() {
                made.add(case, name, shape);
                scripts.push(script(case, name, shape));
                of_script.push((place, part));
            }
        }
        let config = made.config();
        Self { cases, fakes: made.fakes, scripts, of_script, config }
    }

    /// The config for fakes at a base URL; at `nobody` nobody listens.
    pub(crate) fn config(&self, fakes: &str, nobody: &str) -> Value {
        let mut config = self.config.clone();
        let entries = config.get_mut("model_list").and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            if let Some(Value::String(base)) = entry.pointer_mut("/litellm_params/api_base") {
                *base = base.replace(FAKES, fakes).replace(NOBODY, nobody);
            }
        }
        config
    }
}

/// A config that grows.
#[derive(Debug, Default)]
struct Making {
    fakes: Vec<ProbedFake>,
    models: Vec<Value>,
    router: Map<String, Value>,
    litellm: Map<String, Value>,
    common: Vec<String>,
}

impl Making {
    fn add(&mut self, case: &Case, name: &str, shape: &Shape) {
        for (group, members) in &shape.groups {
            for (number, member) in (1..).zip(members) {
                self.member(case, (name, group, number), member);
            }
        }
        for common in &case.set.common {
            if !self.common.contains(common) {
                self.common.push(common.clone());
                let healthy = Serving { provider: case.provider, fault: "none" };
                self.deployment(common, &format!("{common}-1"), healthy, (Map::new(), Map::new()));
            }
        }
        let named = |value: &Value| substituted(value, &|local| case.global(name, local));
        for settings in [&case.set.router_settings, &shape.router_settings] {
            merge(&mut self.router, settings, &named);
        }
        merge(&mut self.litellm, &case.set.litellm_settings, &named);
    }

    fn member(&mut self, case: &Case, (shape, group, number): (&str, &str, u32), member: &Member) {
        let fault = match member.is {
            Health::Sick => case.fault.as_str(),
            Health::Good => "none",
        };
        let (mut params, mut info) = (Map::new(), Map::new());
        if group == "main" {
            params.extend(case.set.params.clone());
            info.extend(case.set.info.clone());
        }
        params.extend(member.params.clone());
        info.extend(member.info.clone());
        let id = case.global(shape, &member_name(group, number));
        let serving = Serving { provider: case.provider, fault };
        self.deployment(&case.global(shape, group), &id, serving, (params, info));
    }

    /// An entry of `model_list`, and its fake.
    fn deployment(
        &mut self,
        group: &str,
        id: &str,
        serving: Serving<'_>,
        (more, mut info): (Map<String, Value>, Map<String, Value>),
    ) {
        let Serving { provider, fault } = serving;
        let key = format!("sk-{id}");
        let base = if fault == "nobody" { NOBODY } else { FAKES };
        let wish = match fault {
            "none" | "nobody" => String::new(),
            fault => format!("--{fault}"),
        };
        let mut params = json!({
            "model": format!("{}/{}{wish}", provider.name(), provider.model()),
            "api_key": key,
            "api_base": match provider.protocol() {
                Protocol::OpenAi => format!("{base}/v1"),
                Protocol::Azure | Protocol::Anthropic | Protocol::Gemini | Protocol::Bedrock | Protocol::Ollama => base.to_owned(),
            },
        });
        if let Some(params) = params.as_object_mut() {
            if provider == Provider::Azure {
                params.insert("api_version".to_owned(), json!("2024-08-01-preview"));
            }
            params.extend(more);
        }
        info.insert("id".to_owned(), json!(id));
        self.models
            .push(json!({ "model_name": group, "litellm_params": params, "model_info": info }));
        self.fakes.push(ProbedFake {
            id: id.to_owned(),
            protocol: provider.protocol(),
            model: provider.model().to_owned(),
            key,
            speed: ProbedSpeed::AtOnce,
            fault: None,
        });
    }

    fn config(&mut self) -> Value {
        json!({
            "model_list": std::mem::take(&mut self.models),
            "litellm_settings": std::mem::take(&mut self.litellm),
            "router_settings": std::mem::take(&mut self.router),
        })
    }
}

/// Who answers, and what is wrong with it.
#[derive(Clone, Copy, Debug)]
struct Serving<'a> {
    provider: Provider,
    fault: &'a str,
}

/// The local name of a member.
pub(crate) fn member_name(group: &str, number: u32) -> String {
    format!("{}-{number}", group.trim_end_matches("/*"))
}

/// Lays settings over others: those that name a group are joined with those of other cases, the rest is shared.
fn merge(
    into: &mut Map<String, Value>,
    settings: &Map<String, Value>,
    named: &dyn Fn(&Value) -> Value,
) {
    for (key, value) in settings {
        let value = if is_local(key, value) { named(value) } else { value.clone() };
        match (into.get_mut(key), value) {
            (Some(Value::Array(there)), Value::Array(more)) if is_local(key, &settings[key]) => {
                there.extend(more);
            }
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            (_, value) => {
                into.insert(key.clone(), value);
            }
        }
    }
}

/// A value in which every `$name` is what `named` makes of it, keys included.
fn substituted(value: &Value, named: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(text_with(text, named)),
        Value::Array(items) => items.iter().map(|item| substituted(item, named)).collect(),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                (text_with(key, named), substituted(value, named))
            };
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A text that begins with `$` is a name.
fn text_with(text: &str, named: &dyn Fn(&str) -> String) -> String {
    text.strip_prefix('$').map_or_else(|| text.to_owned(), named)
}

fn script(case: &Case, name: &str, shape: &Shape) -> ProbeScript {
    let named = |local: &str| case.global(name, local);
    let number = vocab::Seed(0).draw("parity/request").of(&case.name).of(name).bits() >> 34;
    let body = substituted(&Value::Object(case.set.body.clone()), &named);
    let Pace { rest_ms, at_least, lasting_ms, at_most_ms, linger_ms } = shape.pace;
    let ms = Duration::from_millis;
    ProbeScript {
        first: number * u64::from(REQUESTS_PER_SCRIPT_MAX),
        ask: ProbeAsk {
            model: text_with(&shape.calls, &named),
            stream: case.mode == Mode::Stream,
            body: body.as_object().cloned().unwrap_or_default(),
            headers: case.set.headers.clone().into_iter().collect(),
            directives: case.set.directives.clone(),
            prompt_words: case.set.prompt_words,
            answer_words: ANSWER_WORDS,
            patience: ms(case.set.patience_ms),
        },
        timing: if shape.asks_at_ms.is_empty() {
            ProbeTiming::Paced(ProbePace {
                rest: ms(rest_ms),
                at_least,
                lasting: ms(lasting_ms),
                at_most: ms(at_most_ms),
                linger: ms(linger_ms),
            })
        } else {
            let stream = case.mode == Mode::Stream;
            let at = shape.asks_at_ms.iter().map(|&at| (ms(at), stream)).collect();
            ProbeTiming::Planned { at, linger: ms(linger_ms) }
        },
    }
}
