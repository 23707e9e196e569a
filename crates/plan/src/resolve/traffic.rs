//! From `traffic:` and `client:` to a schedule: phases end to end within a stream, streams side by
//! side.

use std::time::Duration;

use gateway::config::Config;
use loadgen::config::{ClientConfig, Phase};
use vocab::{At, show_duration};

use crate::resolve::callable::FirstCall;
use crate::resolve::presets::Presets;
use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Value};
use crate::text::raw::{self, Client};
use crate::text::read::{Spot, read};

/// Longest schedule, warm-up included: a week.
const SCHEDULE_MAX: Duration = Duration::from_secs(7 * 86_400);
/// Most phases of one scenario, streams included.
const PHASES_MAX: usize = 1000;
/// Total time of a request where the scenario says nothing, as in DESIGN section 4.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest total time of a request: a day.
const CLIENT_TIMEOUT_MAX: Duration = Duration::from_secs(86_400);

/// What phases may refer to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'k> {
    /// Workload presets.
    pub presets: &'k Presets,
    /// Who answers them.
    pub config: &'k Config,
    /// What they call where they say nothing.
    pub first: Option<&'k FirstCall>,
    /// `--model`: what every phase calls, whatever it says.
    pub asked: Option<&'k str>,
}

/// Makes the schedule. Mistakes go to `problems`.
pub(crate) fn phases(
    section: Option<&Node>,
    known: Known<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Phase> {
    let example = "write `traffic: [{ for: 10m, arrivals: { poisson: 8/s }, workload: chat }]`";
    let Some(node) = section else {
        problems.push(Problem::new("`traffic` is missing: nothing would be sent").help(example));
        return Vec::new();
    };
    let mut phases = Vec::new();
    let mistakes = problems.len();
    match &node.value {
        Value::List(items) => stream(None, items, known, (&mut phases, problems)),
        Value::Map(streams) => {
            for (name, items) in streams {
                match &items.value {
                    Value::List(items) => {
                        stream(Some(&name.name), items, known, (&mut phases, problems));
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Text(_)
                    | Value::Map(_) => problems.push(
                        Problem::new(format!(
                            "the stream `{}` is a list of phases, this is {}",
                            name.name,
                            items.kind()
                        ))
                        .help(format!("put a `- ` before each phase; or {example}"))
                        .at(name.at),
                    ),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => problems.push(
            Problem::new(format!("expected phases, found {}", node.kind()))
                .help(example)
                .at(node.at),
        ),
    }
    if phases.is_empty() && problems.len() == mistakes {
        problems.push(Problem::new("`traffic` has no phase").help(example).at(node.at));
    }
    let only_warmup = !phases.is_empty() && phases.iter().all(|phase| phase.warmup);
    if only_warmup && problems.len() == mistakes {
        let help = "leave `warmup: true` out of the phase that counts";
        problems.push(
            Problem::new("every phase is warm-up: no number could be told").help(help).at(node.at),
        );
    }
    if phases.len() > PHASES_MAX {
        let message = format!("{} phases; at most {PHASES_MAX} are run", phases.len());
        problems.push(Problem::new(message).help("join phases that are alike").at(node.at));
        phases.truncate(PHASES_MAX);
    }
    phases
}

/// The phases of one stream, end to end.
fn stream(
    name: Option<&str>,
    items: &[Node],
    known: Known<'_>,
    (phases, problems): (&mut Vec<Phase>, &mut Vec<Problem>),
) {
    let mut end = At::START;
    for item in items.iter().take(PHASES_MAX + 1) {
        let result = read::<raw::Phase>(item)
            .and_then(|text| phase(&text, name, end, (known, phases.as_slice())));
        match result {
            Ok(phase) => {
                end = phase.to;
                phases.push(phase);
            }
            Err(problem) => problems.push(problem),
        }
    }
}

fn phase(
    text: &raw::Phase,
    stream: Option<&str>,
    end: At,
    (known, before): (Known<'_>, &[Phase]),
) -> Result<Phase, Problem> {
    let length = text.length.value.0;
    if length.is_zero() {
        return Err(Problem::new("a phase of 0s offers nothing")
            .help("give it a length, such as 30s")
            .at(text.length.at));
    }
    let from = match &text.at {
        None => end,
        Some(at) if At::after_start(at.value.0) >= end => At::after_start(at.value.0),
        Some(at) => {
            let message = format!("this phase starts before the one above it ends, at {end}");
            return Err(Problem::new(message)
                .help("phases that overlap belong into streams of their own")
                .at(at.at));
        }
    };
    let to = from.plus(length);
    if to > At::after_start(SCHEDULE_MAX) {
        return Err(Problem::new("the schedule is longer than a week")
            .help("shorten this phase")
            .at(text.length.at));
    }
    Ok(Phase {
        name: phase_name(text, stream, before)?,
        from,
        to,
        warmup: text.warmup,
        arrivals: text.arrivals.0,
        workload: known.presets.workload_of(text.workload.as_ref())?,
        model: model(text.model.as_ref(), known)?,
    })
}

fn phase_name(
    text: &raw::Phase,
    stream: Option<&str>,
    before: &[Phase],
) -> Result<String, Problem> {
    let prefix = stream.map_or_else(String::new, |stream| format!("{stream}/"));
    let taken = |name: &str| before.iter().any(|phase| phase.name == name);
    if let Some(own) = &text.name {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if own.value.is_empty() || own.value.len() > 64 || !own.value.chars().all(plain) {
            return Err(Problem::new(format!("`{}` cannot name a phase", own.value))
                .help("use up to 64 letters, digits, `.`, `_` and `-`")
                .at(own.at));
        }
        let name = prefix + &own.value;
        if taken(&name) {
            return Err(Problem::new(format!("there are two phases called `{}`", own.value))
                .help("give one of them another name")
                .at(own.at));
        }
        return Ok(name);
    }
    let base = prefix + if text.warmup { "warmup" } else { "main" };
    let mut name = base.clone();
    // At most one turn per earlier phase.
    for number in 2..before.len() + 3 {
        if !taken(&name) {
            break;
        }
        name = format!("{base}-{number}");
    }
    Ok(name)
}

/// Models that clients can call, the first group first.
fn models(config: &Config) -> Vec<String> {
    let mut models: Vec<String> = Vec::new();
    let groups = config.deployments.iter().map(|deployment| deployment.group.to_string());
    let aliases = config.router.model_group_alias.keys().map(ToString::to_string);
    for model in groups.chain(aliases) {
        if !models.contains(&model) {
            models.push(model);
        }
    }
    models
}

/// Whether the config has a model, as a name or a pattern.
///
/// # Errors
/// What it has instead.
pub(crate) fn known_model(model: &str, config: &Config) -> Result<(), String> {
    if !gateway::reachable(config, model).is_empty() {
        return Ok(());
    }
    let models = models(config);
    let names: Vec<&str> = models.iter().map(String::as_str).collect();
    Err(suggest(model, &names, "models of this config"))
}

fn model(text: Option<&Spot<String>>, known: Known<'_>) -> Result<String, Problem> {
    if let Some(asked) = known.asked {
        return Ok(asked.to_owned());
    }
    let Some(asked) = text else {
        return known.first.map(|first| first.model.clone()).ok_or_else(|| {
            let message = "the config has no model that clients could call";
            Problem::new(message).help("add `model:` to each phase, such as `model: gpt-4o`")
        });
    };
    known_model(&asked.value, known.config).map_err(|help| {
        let message = format!("the config has no model called `{}`", asked.value);
        Problem::new(message).help(help).at(asked.at)
    })?;
    Ok(asked.value.clone())
}

/// Makes the clients. Mistakes go to `problems`.
pub(crate) fn client(section: Option<&Node>, problems: &mut Vec<Problem>) -> ClientConfig {
    let text = match section.map(read::<Client>).transpose() {
        Ok(text) => text.unwrap_or_default(),
        Err(problem) => {
            problems.push(problem);
            Client::default()
        }
    };
    let timeout = text.timeout.map_or(CLIENT_TIMEOUT, |time| time.0);
    let place = |key: &str| section.map(|node| node.place(key, crate::text::node::Part::Value));
    let mut refuse = |key: &str, message: String, help: &str| {
        let problem = Problem::new(message).help(help);
        problems.push(match place(key) {
            Some(at) => problem.at(at),
            None => problem,
        });
    };
    if timeout.is_zero() || timeout > CLIENT_TIMEOUT_MAX {
        let message = "a timeout is longer than 0s and at most a day".to_owned();
        refuse("timeout", message, "write `timeout: 300s`");
    }
    if text.patience.is_some_and(|patience| patience.0.is_zero()) {
        refuse("patience", "nobody has a patience of 0s".to_owned(), "leave `patience` out");
    }
    if text.leave.is_some_and(|leave| leave.after_tokens == 0) {
        let message = "clients leave after at least 1 token".to_owned();
        refuse("leave.after_tokens", message, "use `patience` for clients that give up waiting");
    }
    ClientConfig {
        timeout,
        patience: text.patience.map(|patience| patience.0),
        leave_after_tokens: text.leave.map(|leave| leave.after_tokens),
        leave_share: text.leave.map_or(0.0, |leave| leave.share.map_or(1.0, |share| share.0)),
    }
}

/// Cuts a schedule to its first `length` (`--for`): later phases go, the last one is shortened.
///
/// # Errors
/// A length that leaves nothing to measure.
pub(crate) fn shorten(phases: Vec<Phase>, length: Duration) -> Result<Vec<Phase>, Problem> {
    let end = At::after_start(length);
    let cut: Vec<Phase> = phases
        .into_iter()
        .filter(|phase| phase.from < end)
        .map(|phase| Phase { to: phase.to.min(end), ..phase })
        .collect();
    if cut.iter().any(|phase| !phase.warmup) {
        return Ok(cut);
    }
    let message = format!("--for {} leaves nothing to measure", show_duration(length));
    Err(Problem::new(message).help("the warm-up alone is as long; give more time"))
}

/// Start of what is measured.
pub(crate) fn measured_from(phases: &[Phase]) -> At {
    phases.iter().filter(|phase| !phase.warmup).map(|phase| phase.from).min().unwrap_or(At::START)
}

/// End of the schedule.
pub(crate) fn end(phases: &[Phase]) -> At {
    phases.iter().map(|phase| phase.to).max().unwrap_or(At::START)
}
