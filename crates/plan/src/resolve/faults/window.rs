//! One window: what is written to `run.json` about it, and the rule that the fakes follow. Whatever
//! an entry of `faults:` stands for, it ends as drafts of these.

use fake_providers::config::{FaultRule, When, Window};
use fake_providers::fault::Entry;
use record::run::{ConditionsInfo, FaultInfo, OriginInfo};
use serde_json::Value;
use vocab::show_duration;

use super::{Expanded, Setting, conditions, instant, positions, seconds};
use crate::resolve::catalogue;
use crate::resolve::fleet::Fleet;
use crate::text::diagnostic::Problem;
use crate::text::node::Node;
use crate::text::raw;
use crate::text::read::read;

/// A window whose parts are checked.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Its id.
    pub id: String,
    /// What happens.
    pub entry: &'static Entry,
    /// Its parameters; null for none.
    pub params: Value,
    /// The target as it is to be told.
    pub target: String,
    /// Positions of the deployments.
    pub positions: Vec<usize>,
    /// When.
    pub window: Window,
    /// Share of attempts.
    pub share: f64,
    /// Which attempts.
    pub when: When,
    /// The entry that it was expanded from.
    pub origin: Option<OriginInfo>,
}

impl Draft {
    /// The rule, and what `run.json` says about it.
    pub(crate) fn built(self, fleet: &Fleet) -> (FaultRule, FaultInfo) {
        let info = FaultInfo {
            id: self.id.clone(),
            kind: self.entry.name.to_owned(),
            summary: self.entry.describe(&self.params),
            target: self.target,
            deployments: fleet.ids(&self.positions),
            from_ns: self.window.from.ns(),
            to_ns: self.window.to.ns(),
            share: self.share,
            ramp_ns: self.window.ramp.as_nanos().try_into().unwrap_or(u64::MAX),
            only_slows: self.entry.only_slows(&self.params),
            at_connect: self.entry.at_connect(&self.params),
            when: show_when(&self.when),
            conditions: info_of(self.when),
            params: self.params.clone(),
            origin: self.origin,
            labels: std::collections::BTreeMap::new(),
        };
        let rule = FaultRule {
            id: self.id,
            name: self.entry.name.to_owned(),
            params: self.params,
            targets: self.positions,
            window: self.window,
            share: self.share,
            when: self.when,
        };
        (rule, info)
    }
}

/// Reads a hand-written window.
///
/// # Errors
/// The first mistake in it.
pub(crate) fn window(setting: &Setting<'_>, item: &Node, id: &str) -> Result<Expanded, Problem> {
    let text: raw::Fault = read(item)?;
    let from = instant(&text.at, setting.phases)?;
    let window = span(&text, from)?;
    let inject = &text.inject.value;
    let entry = catalogue::check(inject, item.get("inject").unwrap_or(item))?;
    let when = text.when.map_or(Ok(When::default()), conditions)?;
    let positions = positions(setting, &text.target, id, text.optional)?;
    let draft = Draft {
        id: id.to_owned(),
        entry,
        params: inject.params.clone(),
        target: text.target.value.clone(),
        positions,
        window,
        share: text.share.map_or(1.0, |share| share.0),
        when,
        origin: None,
    };
    if draft.positions.is_empty() {
        return Ok(Expanded::nothing(id, &text.target.value));
    }
    let note = note(&draft, setting.targets.fleet);
    Ok(Expanded { drafts: vec![draft], note, ..Expanded::default() })
}

/// When a hand-written window is armed, with its ramps.
///
/// # Errors
/// A window of no length, or ramps that do not fit.
pub(crate) fn span(text: &raw::Fault, from: vocab::At) -> Result<Window, Problem> {
    let length = text.length.value.0;
    if length.is_zero() {
        return Err(Problem::new("a fault of 0s hits nothing")
            .help("give it a length, such as 60s")
            .at(text.length.at));
    }
    let ramp = text.ramp.as_ref().map_or(std::time::Duration::ZERO, |ramp| ramp.value.0);
    if let Some(own) = text.ramp.as_ref().filter(|_| ramp.saturating_mul(2) > length) {
        let message = format!(
            "two ramps of {} do not fit into a fault of {}",
            show_duration(ramp),
            show_duration(length)
        );
        let help = format!("a ramp rises and falls: at most {}", show_duration(length / 2));
        return Err(Problem::new(message).help(help).at(own.at));
    }
    Ok(Window { from, to: from.plus(length), ramp })
}

/// `f3: refuse at region-of:first = azure-westus, 420 s to 480 s`, and who else is behind the host.
fn note(draft: &Draft, fleet: &Fleet) -> String {
    let mut note = format!(
        "{}: {} at {} = {}, from {} to {}",
        draft.id,
        draft.entry.describe(&draft.params),
        draft.target,
        fleet.ids(&draft.positions).join(", "),
        seconds(draft.window.from.ns()),
        seconds(draft.window.to.ns())
    );
    if draft.entry.at_connect(&draft.params) {
        let others = behind_the_same_hosts(fleet, &draft.positions);
        if !others.is_empty() {
            let ids = fleet.ids(&others).join(", ");
            note.push_str(&format!("; it acts on the host, so also on {ids}"));
        }
    }
    note
}

/// Deployments that share a host with one of these, and are none of them.
fn behind_the_same_hosts(fleet: &Fleet, positions: &[usize]) -> Vec<usize> {
    let members = &fleet.members;
    let place = |at: usize| (&members[at].host, members[at].port);
    let hit =
        |at: &usize| !positions.contains(at) && positions.iter().any(|p| place(*p) == place(*at));
    (0..members.len()).filter(hit).collect()
}

/// Conditions in words.
fn show_when(when: &When) -> String {
    let mut words: Vec<String> = Vec::new();
    let stream = |stream| if stream { "streams" } else { "plain requests" }.to_owned();
    words.extend(when.stream.map(stream));
    words.extend(when.prompt_tokens_min.map(|min| format!("prompts of at least {min} tokens")));
    words.extend(when.prompt_tokens_max.map(|max| format!("prompts of at most {max} tokens")));
    words.extend(when.attempt.map(|n| format!("attempt {n} of a request")));
    words.extend(when.first.map(|n| format!("the first {n} attempts")));
    words.extend(when.every.map(|k| format!("every {k}. attempt")));
    words.extend(when.nth.map(|k| format!("attempt number {k} in the window")));
    words.join(", ")
}

fn info_of(when: When) -> ConditionsInfo {
    ConditionsInfo {
        stream: when.stream,
        prompt_tokens_min: when.prompt_tokens_min,
        prompt_tokens_max: when.prompt_tokens_max,
        attempt: when.attempt,
        first: when.first,
        every: when.every,
        nth: when.nth,
    }
}
