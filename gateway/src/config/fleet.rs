//! The deployments of a config, by the names that requests use: ids, aliases, groups, wildcards.
//! Built once and never changed; what changes (cooldowns, counters) is the [`crate::routing::router`]'s.
//!
//! Knows nothing of health, of time, or of what a request contains besides the model's name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, Deployment, DeploymentIndex};

/// An index over a config.
#[derive(Debug)]
pub struct Fleet {
    config: Arc<Config>,
    /// Group → indices in list order. Wildcard groups are among them, under their pattern.
    groups: BTreeMap<Arc<str>, Vec<DeploymentIndex>>,
    /// Id → index, as a list of one, so that a deployment can be asked for like a group.
    ids: BTreeMap<Arc<str>, [DeploymentIndex; 1]>,
    /// Patterns such as `openai/*`, the most specific first.
    wildcards: Vec<Arc<str>>,
}

/// Where a request goes: a group, or a single deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The name that was asked for: that of a group, an alias, an id, or one that a wildcard admits.
    pub called: Arc<str>,
    /// Model group, or the deployment's id: what [`crate::routing::strategy::Ask::group`] takes.
    pub group: Arc<str>,
    /// The deployment that was asked for by its id; its cooldown is not looked at.
    pub only: Option<DeploymentIndex>,
    /// Priority level to which an order fallback is bound.
    pub order: Option<i64>,
    /// What the `*` of a wildcard group stood for.
    pub wildcard: Option<Arc<str>>,
}

impl Target {
    /// The model that `deployment` is asked for: its own, with a `*` filled in.
    pub fn upstream_model<'a>(&self, deployment: &'a Deployment) -> Cow<'a, str> {
        match &self.wildcard {
            Some(stood_for) if deployment.model.contains('*') => {
                Cow::Owned(deployment.model.replacen('*', stood_for, 1))
            }
            Some(_) | None => Cow::Borrowed(&deployment.model),
        }
    }
}

impl Fleet {
    /// Indexes a config.
    pub fn new(config: Arc<Config>) -> Self {
        let mut groups: BTreeMap<Arc<str>, Vec<DeploymentIndex>> = BTreeMap::new();
        let mut ids = BTreeMap::new();
        let indices = DeploymentIndex::all(config.deployments.len());
        for (index, deployment) in indices.zip(&config.deployments) {
            groups.entry(Arc::clone(&deployment.group)).or_default().push(index);
            ids.entry(Arc::clone(&deployment.id.0)).or_insert([index]);
        }
        let mut wildcards: Vec<Arc<str>> =
            groups.keys().filter(|group| group.contains('*')).cloned().collect();
        wildcards.sort_by_key(|pattern| std::cmp::Reverse(pattern.len()));
        Self { config, groups, ids, wildcards }
    }

    /// The config.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All deployments, by index.
    pub fn deployments(&self) -> &[Deployment] {
        &self.config.deployments
    }

    /// Whom a request for `model` means: a deployment's id, an alias, a group, a wildcard, in this
    /// order. `None` for a name that nobody knows.
    pub fn resolve(&self, model: &str) -> Option<Target> {
        if let Some(target) = self.exactly(model) {
            return Some(target);
        }
        if let Some(name) = self.config.router.model_group_alias.get(model) {
            let target = self.exactly(name).or_else(|| self.by_wildcard(name));
            return target.map(|target| Target { called: Arc::from(model), ..target });
        }
        self.by_wildcard(model)
    }

    /// Members of a group, or the one deployment of that id, in list order; empty if unknown.
    pub fn members(&self, group: &str) -> &[DeploymentIndex] {
        match self.ids.get(group) {
            Some(one) => one,
            None => self.groups.get(group).map_or(&[], Vec::as_slice),
        }
    }

    /// The one deployment whose id this is.
    pub fn by_id(&self, id: &str) -> Option<DeploymentIndex> {
        self.ids.get(id).map(|[index]| *index)
    }

    /// Whether this names a deployment by its id, and no group.
    pub fn is_id_only(&self, name: &str) -> bool {
        self.ids.contains_key(name) && !self.groups.contains_key(name)
    }

    /// Names of the groups, in order of their first deployment.
    pub fn group_names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<(DeploymentIndex, Arc<str>)> =
            self.groups.iter().map(|(name, members)| (members[0], Arc::clone(name))).collect();
        names.sort();
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// Different levels of `order` within a group, lowest first; empty if none is set.
    pub fn order_levels(&self, group: &str) -> Vec<i64> {
        let order = |&index: &DeploymentIndex| self.config.deployments[index].order;
        let mut levels: Vec<i64> = self.members(group).iter().filter_map(order).collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    }

    /// Requests that a deployment takes at a time; further ones wait. LiteLLM derives it: its own
    /// limit, else its rpm, else 6 per 1,000 tpm (at least 1), else the router's default.
    pub fn parallel_limit(&self, index: DeploymentIndex) -> Option<u32> {
        let deployment = self.config.deployments.get(index.get())?;
        let narrowed = |limit: u64| u32::try_from(limit).unwrap_or(u32::MAX);
        // LiteLLM: int(tpm / 1000 * 6).
        let from_tpm = |tpm: u64| narrowed((tpm.saturating_mul(6) / 1000).max(1));
        let positive = |limit: &u64| *limit > 0;
        deployment
            .max_parallel_requests
            .or(deployment.rpm.filter(positive).map(narrowed))
            .or(deployment.tpm.filter(positive).map(from_tpm))
            .or(self.config.router.default_max_parallel_requests)
    }

    fn exactly(&self, name: &str) -> Option<Target> {
        if let Some((id, [index])) = self.ids.get_key_value(name) {
            let group = Arc::clone(id);
            let called = Arc::clone(&group);
            return Some(Target { called, group, only: Some(*index), order: None, wildcard: None });
        }
        let (group, _) = self.groups.get_key_value(name)?;
        let (called, group) = (Arc::clone(group), Arc::clone(group));
        Some(Target { called, group, only: None, order: None, wildcard: None })
    }

    fn by_wildcard(&self, model: &str) -> Option<Target> {
        self.wildcards.iter().find_map(|pattern| {
            let stood_for = matched(pattern, model)?;
            let wildcard = Some(Arc::from(stood_for));
            let (called, group) = (Arc::from(model), Arc::clone(pattern));
            Some(Target { called, group, only: None, order: None, wildcard })
        })
    }
}

/// What the first `*` of `pattern` stands for in `model`; `None` if they do not match.
fn matched<'m>(pattern: &str, model: &'m str) -> Option<&'m str> {
    let (head, tail) = pattern.split_once('*')?;
    model.strip_prefix(head)?.strip_suffix(tail)
}
