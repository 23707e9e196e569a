//! Faults that are about no deployment: windows on links between places (`link:gateway[2]->first`)
//! and on gateway instances (`gateway[2]`).
//!
//! They stand in `faults:` like all others and share their instants, ids and windows; what can be
//! injected is [`crate::resolve::toxics`]' and [`crate::resolve::instance_faults`]' business. The result is data for the
//! runner, and a line of the timeline in `run.json`.

use std::collections::BTreeMap;

use record::run::{ActsOn, ConditionsInfo, FaultInfo};
use vocab::At;
use world::Toxic;

use super::entry::Setting;
use super::unmet;
use crate::resolve::catalogue::{Aim, check_aim};
use crate::resolve::contenders::ContenderSpec;
use crate::resolve::instance_faults::{self, InstanceFaultKind};
use crate::resolve::instants::{instant, span};
use crate::resolve::targets::TargetError;
use crate::resolve::timeline::{Destination, InstanceFault, LinkFault, Note, Source, Timeline};
use crate::resolve::toxics;
use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Value};
use crate::text::raw;
use crate::text::read::{Spot, read};
use crate::text::spelling::seconds;

/// How to write a link.
const LINK: &str = "write `link:SOURCE->DESTINATION`: from `client`, `gateway`, `gateway[2]` or `*` \
                    to deployments (`first`, `region:x`, …); or from `client` to `gateway[2]`";

/// Whether an entry of `faults:` is about a link or an instance.
pub(crate) fn concerns(item: &Node) -> bool {
    let Some(Node { value: Value::Text(target), .. }) = item.get("target") else { return false };
    let target = target.trim();
    target.starts_with("link:") || target == "gateway" || target.starts_with("gateway[")
}

/// Reads such an entry into `timeline`.
///
/// # Errors
/// A mistake in it, with its place.
pub(crate) fn fault(
    setting: &Setting<'_>,
    item: &Node,
    id: &str,
    timeline: &mut Timeline,
) -> Result<(), Problem> {
    let text: raw::Fault = read(item)?;
    let window = span(&text, instant(&text.at, setting.phases)?)?;
    if let Some(when) = &text.when {
        return Err(Problem::new(
            "`when` asks about requests, which a link or a process cannot tell",
        )
        .help("use `share:` for a part of the connections, or target the deployments")
        .at(when.at));
    }
    let placed = (text.at.at, text.optional);
    if let Some(text) = unmet::check(id, setting, (window.from, window.to), placed)? {
        timeline.notes.push(Note { fault: id.to_owned(), text });
        return Ok(());
    }
    unmet::share(id, text.share, item)?;
    let drawn = Drawn { id: id.to_owned(), text: &text, window };
    let inject = item.get("inject").unwrap_or(item);
    match text.target.value.trim().strip_prefix("link:") {
        Some(link) => link_fault(setting, &drawn, (link, inject), timeline),
        None => instance_fault(&drawn, inject, timeline),
    }
}

/// What every window has.
struct Drawn<'d> {
    id: String,
    text: &'d raw::Fault,
    window: fake_providers::config::Window,
}

impl Drawn<'_> {
    fn info(&self, kind: &str, summary: String, only_slows: bool) -> FaultInfo {
        let inject = &self.text.inject.value;
        let params = serde_json::json!({ inject.name.as_str(): inject.params.clone() });
        FaultInfo {
            id: self.id.clone(),
            kind: kind.to_owned(),
            summary,
            target: self.text.target.value.clone(),
            acts_on: ActsOn::Deployments,
            deployments: Vec::new(),
            instance: None,
            down_ns: None,
            from_ns: self.window.from.ns(),
            to_ns: self.window.to.ns(),
            share: self.text.share.map_or(1.0, |share| share.0),
            ramp_ns: At::after_start(self.window.ramp).ns(),
            only_slows,
            at_connect: false,
            when: String::new(),
            conditions: ConditionsInfo::default(),
            params,
            origin: None,
            labels: BTreeMap::new(),
        }
    }

    fn note(&self, info: &FaultInfo, place: &str) -> Note {
        let (from, to) = (seconds(info.from_ns), seconds(info.to_ns));
        let text = format!("{}: {} at {place}, from {from} to {to}", info.id, info.summary);
        Note { fault: info.id.clone(), text }
    }
}

fn link_fault(
    setting: &Setting<'_>,
    drawn: &Drawn<'_>,
    (link, inject): (&str, &Node),
    timeline: &mut Timeline,
) -> Result<(), Problem> {
    let target = &drawn.text.target;
    let (from, to) = link.split_once("->").ok_or_else(|| {
        Problem::new(format!("`{}` is no link", target.value)).help(LINK).at(target.at)
    })?;
    let (from, to) = (from.trim(), to.trim());
    let source = source(from, target)?;
    let fleet = setting.targets.fleet;
    let (destination, positions) = match instance(to, target)? {
        Some(number) => (Destination::Gateways(number), Vec::new()),
        None => match setting.targets.resolve(to, &drawn.id) {
            Ok(positions) => {
                (Destination::Hosts(fleet.hosts(&positions)), fleet.behind(&positions))
            }
            Err(TargetError::NoMatch(..)) if drawn.text.optional => {
                (Destination::Hosts(Vec::new()), Vec::new())
            }
            Err(TargetError::Invalid(message, help) | TargetError::NoMatch(message, help)) => {
                return Err(Problem::new(message).help(help).at(target.at));
            }
        },
    };
    if let (Source::Gateway(_), Destination::Gateways(_)) = (source, &destination) {
        return Err(Problem::new("gateway instances do not call each other")
            .help(LINK)
            .at(target.at));
    }
    let name = &drawn.text.inject.value.name;
    check_aim(name, Aim::Link, inject)?;
    let (entry, spec) = toxics::find(name, inject)?;
    let mut info = drawn.info("link", spec.words, entry.only_slows);
    info.at_connect = spec.toxic == Toxic::Down;
    info.deployments = fleet.ids(&positions);
    (info.acts_on, info.instance) = match (&destination, source) {
        (Destination::Gateways(wanted), _) => (ActsOn::Link, *wanted),
        (Destination::Hosts(_), Source::Gateway(wanted)) => (ActsOn::Deployments, wanted),
        (Destination::Hosts(_), Source::Client | Source::Anybody) => (ActsOn::Deployments, None),
    };
    info.labels.insert("source".to_owned(), from.to_owned());
    if matches!(&destination, Destination::Hosts(hosts) if hosts.is_empty()) {
        let text = format!("{}: no deployment matches `{to}`, left out (optional)", info.id);
        timeline.notes.push(Note { fault: info.id, text });
        return Ok(());
    }
    let place = match &destination {
        Destination::Hosts(_) => format!("{from} → {}", info.deployments.join(", ")),
        Destination::Gateways(_) => format!("{from} → {to}"),
    };
    timeline.notes.push(drawn.note(&info, &place));
    timeline.links.push(LinkFault {
        id: drawn.id.clone(),
        toxic: spec.toxic,
        stream: spec.stream,
        from: drawn.window.from,
        to: drawn.window.to,
        ramp: drawn.window.ramp,
        share: info.share,
        source,
        destination,
    });
    timeline.infos.push(info);
    Ok(())
}

fn instance_fault(
    drawn: &Drawn<'_>,
    inject: &Node,
    timeline: &mut Timeline,
) -> Result<(), Problem> {
    let target = &drawn.text.target;
    let number = instance(target.value.trim(), target)?.unwrap_or(None);
    if drawn.text.share.is_some_and(|share| share.0 < 1.0) || drawn.text.ramp.is_some() {
        return Err(Problem::new("a process is hit as a whole: no `share` and no `ramp`")
            .help("target one of several: `gateway[2]`")
            .at(target.at));
    }
    let length = drawn.window.to.since(drawn.window.from);
    let name = &drawn.text.inject.value.name;
    check_aim(name, Aim::Instances, inject)?;
    let (kind, words) = instance_faults::find(name, inject, length)?;
    let mut info = drawn.info("gateway", words, false);
    (info.acts_on, info.instance) = (ActsOn::Instances, number);
    info.down_ns = match kind {
        InstanceFaultKind::Dies(down) if down < length => Some(At::after_start(down).ns()),
        InstanceFaultKind::Dies(_) | InstanceFaultKind::Stops => None,
    };
    timeline.notes.push(drawn.note(&info, target.value.trim()));
    timeline.instances.push(InstanceFault {
        id: drawn.id.clone(),
        kind,
        instance: number,
        from: drawn.window.from,
        to: drawn.window.to,
        at: target.at,
    });
    timeline.infos.push(info);
    Ok(())
}

fn source(text: &str, target: &Spot<String>) -> Result<Source, Problem> {
    match text {
        "client" => Ok(Source::Client),
        "*" => Ok(Source::Anybody),
        _ => match instance(text, target)? {
            Some(number) => Ok(Source::Gateway(number)),
            None => {
                let known = ["client", "gateway", "gateway[1]", "*"];
                let help = suggest(text, &known, "sources");
                Err(Problem::new(format!("`{text}` cannot be the source of a link"))
                    .help(help)
                    .at(target.at))
            }
        },
    }
}

/// `gateway` is all of them, `gateway[2]` one; `None` for any other text.
fn instance(text: &str, target: &Spot<String>) -> Result<Option<Option<u32>>, Problem> {
    if text == "gateway" {
        return Ok(Some(None));
    }
    let Some(rest) = text.strip_prefix("gateway[") else { return Ok(None) };
    let number = rest.strip_suffix(']').and_then(|number| number.trim().parse().ok());
    match number {
        Some(number) if number > 0 => Ok(Some(Some(number))),
        Some(_) | None => Err(Problem::new(format!("`{text}` names no gateway instance"))
            .help("instances count from 1: `gateway[1]`, `gateway[2]`, …; `gateway` is all")
            .at(target.at)),
    }
}

/// Every instance that is named must be one of somebody's.
pub(crate) fn check(timeline: &Timeline, specs: &[ContenderSpec], problems: &mut Vec<Problem>) {
    let most = specs.iter().map(|spec| spec.instances).max().unwrap_or(1);
    let too_many = |number: u32| {
        let message = format!("there is no gateway[{number}]: no contender has so many instances");
        Problem::new(message).help(format!("the most is `instances: {most}`"))
    };
    for fault in &timeline.instances {
        if let Some(number) = fault.instance.filter(|number| *number > most) {
            problems.push(too_many(number).at(fault.at));
        }
    }
    for fault in &timeline.links {
        let named = match (&fault.source, &fault.destination) {
            (Source::Gateway(number), _) | (_, Destination::Gateways(number)) => *number,
            (Source::Client | Source::Anybody, Destination::Hosts(_)) => None,
        };
        if let Some(number) = named.filter(|number| *number > most) {
            problems.push(too_many(number));
        }
    }
}
