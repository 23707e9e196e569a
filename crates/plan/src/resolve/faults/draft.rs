//! One window of a fault: the rule that the fakes follow, and what `run.json` says about it. Whatever
//! an entry of `faults:` stands for, it ends as drafts of these.

use std::collections::BTreeMap;

use fake_providers::config::{FaultRule, Favourite, When, Window};
use fake_providers::fault::Entry;
use record::run::{ActsOn, ConditionsInfo, FaultInfo, OriginInfo};
use serde_json::Value;

use crate::resolve::fleet::Fleet;

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
    /// Positions of the deployments; of a favourite those that it means where nobody was called.
    pub positions: Vec<usize>,
    /// Found anew for each contender, when the window opens.
    pub favourite: Option<Favourite>,
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
        let rule = self.rule();
        // Whom a favourite is, is said by each contender's `targets.csv`.
        let known = if self.favourite.is_some() { &[][..] } else { &self.positions };
        let info = FaultInfo {
            id: self.id,
            kind: self.entry.name.to_owned(),
            summary: self.entry.describe(&self.params),
            target: self.target,
            acts_on: ActsOn::Deployments,
            deployments: fleet.ids(known),
            instance: None,
            down_ns: None,
            from_ns: self.window.from.ns(),
            to_ns: self.window.to.ns(),
            share: self.share,
            ramp_ns: self.window.ramp.as_nanos().try_into().unwrap_or(u64::MAX),
            only_slows: self.entry.only_slows(&self.params),
            at_connect: self.entry.at_connect(&self.params),
            when: show_when(&self.when),
            conditions: info_of(self.when),
            params: self.params,
            origin: self.origin,
            labels: BTreeMap::new(),
        };
        (rule, info)
    }

    /// The rule.
    pub(crate) fn rule(&self) -> FaultRule {
        FaultRule {
            id: self.id.clone(),
            name: self.entry.name.to_owned(),
            params: self.params.clone(),
            targets: self.positions.clone(),
            favourite: self.favourite.clone(),
            window: self.window,
            share: self.share,
            when: self.when,
        }
    }
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
