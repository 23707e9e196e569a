//! A timeline that was expanded before: the `faults` of a `run.json`, or of a file that somebody
//! edited. Windows keep their ids, and with them their luck, so a replay meets the very same faults.

use std::collections::BTreeSet;
use std::time::Duration;

use fake_providers::config::{RulePart, When, Window};
use record::run::{CompressInfo, FaultInfo};
use vocab::At;

use super::draft::Draft;
use super::entry::{Expanded, Setting, WINDOWS_MAX};
use crate::resolve::targets::{Selected, TargetError, is_favourite};
use crate::resolve::{catalogue, compress};
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
        Some(node) if !matches!(node.value, Value::Null) => {
            Some(compress::checked(node, read::<CompressInfo>(node)?)?)
        }
        Some(_) | None => None,
    };
    if items.len() > WINDOWS_MAX {
        let message = format!("{} windows are more than {WINDOWS_MAX}", items.len());
        return Err(Problem::new(message).help("join windows that are alike").at(list.at));
    }
    let (mut drafts, mut ids) = (Vec::new(), BTreeSet::new());
    for item in items {
        let draft = draft(setting, item)?;
        if !ids.insert(draft.id.clone()) {
            let message = format!("there are two faults with the id `{}`", draft.id);
            let help = "give one of them another id";
            return Err(Problem::new(message).help(help).at(item.place("id", Part::Value)));
        }
        drafts.push(draft);
    }
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
    let named = info.deployments.iter().map(position).collect::<Result<Vec<_>, _>>()?;
    let Selected { positions, favourite } = match is_favourite(&info.target) {
        false => Selected { positions: named, favourite: None },
        true => setting.targets.select(&info.target, &info.id).map_err(|error| match error {
            TargetError::Invalid(message, help) | TargetError::NoMatch(message, help) => {
                Problem::new(message).help(help).at(place("target"))
            }
        })?,
    };
    for (key, words) in told(&info) {
        if words.len() > TOLD_BYTES_MAX {
            let message = format!("{key} is longer than {TOLD_BYTES_MAX} bytes");
            return Err(Problem::new(message).help("it is a few words").at(place(key)));
        }
    }
    let conditions = info.conditions;
    let draft = Draft {
        id: info.id,
        entry,
        params: info.params,
        target: info.target,
        positions,
        favourite,
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
    };
    draft.rule().check().map_err(|wrong| {
        let key = match wrong.part {
            RulePart::Id => "id",
            RulePart::Targets => "deployments",
            RulePart::Start => "from_ns",
            RulePart::Length => "to_ns",
            RulePart::Ramp => "ramp_ns",
            RulePart::Share => "share",
            RulePart::Conditions => "conditions",
        };
        let message = format!("{}: {}", draft.id, wrong.message);
        Problem::new(message).help(wrong.help).at(place(key))
    })?;
    Ok(draft)
}

/// What a window says in words, which nothing checks, by its key.
fn told(info: &FaultInfo) -> Vec<(&'static str, &str)> {
    let mut told = vec![("target", &*info.target)];
    if let Some(origin) = &info.origin {
        told.extend([
            ("origin.entry", &*origin.entry),
            ("origin.summary", &*origin.summary),
            ("origin.process", &*origin.process),
            ("origin.part", origin.part.as_deref().unwrap_or_default()),
        ]);
    }
    told
}

/// Longest words that are taken from a file and told again, in bytes.
const TOLD_BYTES_MAX: usize = 400;
