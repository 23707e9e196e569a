//! The deployments of a config, by the names that requests use: ids, aliases, groups, wildcards.
//! Built once and never changed; what changes (cooldowns, counters) is the [`crate::routing::router`]'s.
//!
//! Knows nothing of health, of time, or of what a request contains besides the model's name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::bare_names::of_bare;
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
    /// Whether any group looks at tags.
    looks_at_tags: bool,
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
    /// The model that was asked for, where the group is a pattern that admits it.
    pub wildcard: Option<Arc<str>>,
}

impl Target {
    /// The model that `deployment` is asked for: its own, with each `*` filled in. Where the group has more of
    /// them than the deployment's model, that is the whole name that was asked for, as in LiteLLM
    /// (1.106.2, `PatternMatchRouter.set_deployment_model_name`).
    pub fn upstream_model<'a>(&self, deployment: &'a Deployment) -> Cow<'a, str> {
        let model = self.filled(deployment);
        // `*` alone is whatever provider the name says, and this one is its own.
        let whose = deployment.of_any.as_ref().unwrap_or(&deployment.vendor);
        let own = model
            .split_once('/')
            .filter(|(prefix, _)| &*deployment.model_as_written == "*" && *prefix == &**whose);
        own.map(|(_, bare)| Cow::Owned(bare.to_owned())).unwrap_or(model)
    }

    /// The provider that the name in a request says, of which `deployment` is not one; `None` where it may be asked.
    pub fn means_another(&self, deployment: &Deployment) -> Option<String> {
        let own = deployment.of_any.as_ref()?;
        let model = self.filled(deployment);
        let prefix = model.split_once('/').map(|(prefix, _)| prefix);
        let meant = prefix.or_else(|| of_bare(&model)).unwrap_or("openai");
        (meant != &**own).then(|| meant.to_owned())
    }

    fn filled<'a>(&self, deployment: &'a Deployment) -> Cow<'a, str> {
        let Some(asked) = self.wildcard.as_deref().filter(|_| deployment.model.contains('*'))
        else {
            return Cow::Borrowed(&deployment.model);
        };
        let stood_for = admitted(&self.group, asked).unwrap_or_default();
        if stood_for.len() > deployment.model.matches('*').count() {
            return Cow::Owned(asked.to_owned());
        }
        let mut model = String::with_capacity(asked.len());
        let mut filled = stood_for.into_iter();
        for (number, literal) in deployment.model.split('*').enumerate() {
            if number > 0 {
                model.push_str(filled.next().unwrap_or("*"));
            }
            model.push_str(literal);
        }
        Cow::Owned(model)
    }

    /// The name under which fallbacks are looked up: what was asked for where that was a model of a
    /// pattern, else the group.
    pub fn asked(&self) -> &Arc<str> {
        self.wildcard.as_ref().unwrap_or(&self.group)
    }
}

/// What says how many requests a deployment takes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedBy {
    /// Its `max_parallel_requests`.
    Own,
    /// Its `rpm`.
    Rpm,
    /// Its `tpm`.
    Tpm,
    /// `default_max_parallel_requests` of the router.
    Default,
}

impl LimitedBy {
    /// The key of a config.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Own => "max_parallel_requests",
            Self::Rpm => "rpm",
            Self::Tpm => "tpm",
            Self::Default => "default_max_parallel_requests",
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
        let mut own = config.deployments.iter().map(|deployment| deployment.tags.filtering);
        let looks_at_tags = config.router.tags.filtering || own.any(|own| own == Some(true));
        Self { config, groups, ids, wildcards, looks_at_tags }
    }

    /// The config.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether any group chooses by the tags of a request.
    pub fn looks_at_tags(&self) -> bool {
        self.looks_at_tags
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

    /// Requests that a deployment takes at a time, and what says so. LiteLLM derives it: its own limit, else its
    /// rpm, else 6 per 1,000 tpm (at least 1), else the router's default; a limit of 0 is none, whatever comes
    /// after it (litellm: `utils.calculate_max_parallel_requests`).
    pub fn parallel_limit(&self, index: DeploymentIndex) -> Option<(u32, LimitedBy)> {
        let deployment = self.config.deployments.get(index.get())?;
        let narrowed = |limit: u64| u32::try_from(limit).unwrap_or(u32::MAX);
        // LiteLLM: int(tpm / 1000 * 6).
        let from_tpm = |tpm: u64| narrowed((tpm.saturating_mul(6) / 1000).max(1));
        let own = deployment.max_parallel_requests.map(|limit| (limit, LimitedBy::Own));
        let by_rpm = || deployment.rpm.map(|rpm| (narrowed(rpm), LimitedBy::Rpm));
        let by_tpm = || deployment.tpm.map(|tpm| (from_tpm(tpm), LimitedBy::Tpm));
        let default = self.config.router.default_max_parallel_requests;
        let limit = own.or_else(by_rpm).or_else(by_tpm);
        limit.or(default.map(|limit| (limit, LimitedBy::Default))).filter(|(limit, _)| *limit > 0)
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
        let of = |name: &str| self.wildcards.iter().find(|own| admitted(own, name).is_some());
        let target = |group: &Arc<str>, name: &str| {
            let (called, wildcard) = (Arc::from(model), Some(Arc::from(name)));
            Target { called, group: Arc::clone(group), only: None, order: None, wildcard }
        };
        // As LiteLLM does: a bare name also means the one behind its provider's prefix.
        let prefixed = || of_bare(model).map(|provider| format!("{provider}/{model}"));
        of(model).map(|group| target(group, model)).or_else(|| {
            let prefixed = prefixed()?;
            of(&prefixed).map(|group| target(group, &prefixed))
        })
    }
}

/// What each `*` of `pattern` stands for in `model`, none of them for nothing; `None` if they do not
/// match. A star takes as little as it can, so that one pass decides; LiteLLM's takes as much as it can, which
/// differs only where the text between two stars occurs twice.
fn admitted<'m>(pattern: &str, model: &'m str) -> Option<Vec<&'m str>> {
    let mut literals = pattern.split('*');
    let mut rest = model.strip_prefix(literals.next()?)?;
    let literals: Vec<&str> = literals.collect();
    let mut stood_for = Vec::with_capacity(literals.len());
    for (number, literal) in literals.iter().enumerate() {
        let last = number + 1 == literals.len();
        let end = match last {
            true => rest.strip_suffix(literal).map(str::len)?,
            // Behind at least one character, which the star takes.
            false => {
                let first = rest.chars().next()?.len_utf8();
                first + rest.get(first..)?.find(literal)?
            }
        };
        let (taken, behind) = rest.split_at(end);
        if taken.is_empty() {
            return None;
        }
        stood_for.push(taken);
        rest = behind.get(literal.len()..)?;
    }
    Some(stood_for)
}

#[cfg(test)]
mod tests {
    use super::admitted;

    #[test]
    fn a_pattern_says_what_each_star_stands_for() {
        for (pattern, model, stood_for) in [
            ("*", "gpt-4o", Some(vec!["gpt-4o"])),
            ("openai/*", "openai/gpt-4o", Some(vec!["gpt-4o"])),
            ("openai/*", "openai/", None),
            ("claude-*", "claude-3-5-haiku", Some(vec!["3-5-haiku"])),
            ("claude-*", "claud", None),
            ("*-mini", "gpt-4o-mini", Some(vec!["gpt-4o"])),
            ("x/fo::*::s::*", "x/fo::a::s::b", Some(vec!["a", "b"])),
            ("*x*x", "axbx", Some(vec!["a", "b"])),
            ("*x*", "xxx", Some(vec!["x", "x"])),
            ("a*a", "aa", None),
            ("a*a", "aba", Some(vec!["b"])),
        ] {
            assert_eq!(admitted(pattern, model), stood_for, "{pattern} {model}");
        }
    }
}
