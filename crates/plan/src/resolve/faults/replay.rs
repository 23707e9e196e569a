//! A timeline that was expanded before: the `faults` of a `run.json`, or of a file that somebody
//! edited. Windows keep their ids, and with them their luck, so a replay meets the very same faults.

use std::time::Duration;

use fake_providers::config::{When, Window};
use record::run::{CompressInfo, FaultInfo};
use vocab::At;

use super::draft::Draft;
use super::entry::{Expanded, Setting};
use crate::resolve::catalogue;
use crate::text::diagnostic::{Problem, Sources, suggest};
use crate::text::node::{Node, Part, Value};
use crate::text::raw::{Inject, Replay};
use crate::text::read::read;
use crate::text::request::Text;
use crate::text::yaml;

/// What an entry `{ timeline: path }` brings.
///
/// # Errors
/// A file that cannot be found or is none, or the first mistake in it.
pub(crate) fn named(
    setting: &Setting<'_>,
    item: &Node,
    sources: &mut Sources,
) -> Result<Expanded, Problem> {
    let path = read::<Replay>(item)?.timeline;
    let text = (setting.find)(&path.value).map_err(|reason| {
        Problem::new(reason)
            .help("the path is relative to the scenario; `--timeline F` replaces all faults")
            .at(path.at)
    })?;
    replay(setting, &text, sources)
}

/// Takes every window out of a file.
///
/// # Errors
/// A file that is no timeline, or the first mistake in it.
pub(crate) fn replay(
    setting: &Setting<'_>,
    text: &Text,
    sources: &mut Sources,
) -> Result<Expanded, Problem> {
    let source = sources.add(&text.name, &text.text);
    let root = yaml::parse(source, &text.text)?;
    let list = root.get("faults").unwrap_or(&root);
    let Value::List(items) = &list.value else {
        let message = format!("expected a timeline, found {}", list.kind());
        let help = "give the run.json of a run, or a file with a list of its `faults`";
        return Err(Problem::new(message).help(help).at(list.at));
    };
    let compress = match root.get("compress") {
        Some(node) if !matches!(node.value, Value::Null) => Some(read::<CompressInfo>(node)?),
        Some(_) | None => None,
    };
    let drafts = items.iter().map(|item| draft(setting, item)).collect::<Result<Vec<_>, _>>()?;
    let note = format!("{} windows replayed from {}", drafts.len(), text.name);
    Ok(Expanded { drafts, note, compress, ..Expanded::default() })
}

fn draft(setting: &Setting<'_>, item: &Node) -> Result<Draft, Problem> {
    let info: FaultInfo = read(item)?;
    let place = |key: &str| item.place(key, Part::Value);
    let inject = Inject { name: info.kind.clone(), params: info.params.clone() };
    let entry = catalogue::check(&inject, item.get("params").unwrap_or(item))
        .map_err(|problem| problem.at(place("kind")))?;
    let fleet = setting.targets.fleet;
    let known: Vec<&str> = fleet.members.iter().map(|member| member.id.as_str()).collect();
    let position = |id: &String| {
        fleet.position(id).ok_or_else(|| {
            Problem::new(format!("{}: the config has no deployment `{id}`", info.id))
                .help(suggest(id, &known, "deployments"))
                .at(place("deployments"))
        })
    };
    let positions = info.deployments.iter().map(position).collect::<Result<Vec<_>, _>>()?;
    if info.from_ns >= info.to_ns || positions.is_empty() {
        let message = format!("{} hits nothing", info.id);
        let help = "give it `from_ns` before `to_ns`, and at least one deployment";
        return Err(Problem::new(message).help(help).at(place("from_ns")));
    }
    if !(0.0..=1.0).contains(&info.share) {
        let message = format!("{}: a share is from 0 to 1, not {}", info.id, info.share);
        return Err(Problem::new(message).help("1 is every attempt").at(place("share")));
    }
    let conditions = info.conditions;
    Ok(Draft {
        id: info.id,
        entry,
        params: info.params,
        target: info.target,
        positions,
        window: Window {
            from: At::after_start(Duration::from_nanos(info.from_ns)),
            to: At::after_start(Duration::from_nanos(info.to_ns)),
            ramp: Duration::from_nanos(info.ramp_ns),
        },
        share: info.share,
        when: When {
            stream: conditions.stream,
            prompt_tokens_min: conditions.prompt_tokens_min,
            prompt_tokens_max: conditions.prompt_tokens_max,
            attempt: conditions.attempt,
            first: conditions.first,
            every: conditions.every,
            nth: conditions.nth,
        },
        origin: info.origin,
    })
}
