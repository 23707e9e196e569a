//! Who may serve a request by its tags, after LiteLLM 1.106.2 (`router_strategy/tag_based_routing.py`):
//!
//! - without tags: the deployments tagged `default` where any is healthy, else everybody;
//! - with tags: those that have one of them (or all of them), else the `default` ones where the group does not know
//!   the tags;
//! - `!tag` leaves out who has it, `&tag` demands it;
//! - a deployment with patterns (`tag_regex`) also serves whom they fit by `user-agent`, unless tags are demanded and no
//!   others are named, or every one of a request's tags has to fit and it has some of its own;
//! - where nobody is left the request fails, unless a deployment of the group lets it pass.
//!
//! LiteLLM looks at those that do not cool: where every `default` deployment cools, a request without tags reaches
//! the others. It must never know who has which key: tags that a key of LiteLLM's brings along need its database.

use std::sync::Arc;

use super::candidates::{CandidateQuery, Shortage};
use crate::config::{Config, DeploymentIndex, TAG_DEFAULT};

impl CandidateQuery<'_> {
    /// Keeps whom the request's tags admit; does nothing where nobody looks at them, or nobody is left.
    ///
    /// # Errors
    /// If they admit nobody.
    pub(super) fn keep_tagged(
        &self,
        candidates: &mut Vec<DeploymentIndex>,
    ) -> Result<(), Shortage> {
        if candidates.is_empty() || !looks_at_tags(self.config, self.members) {
            return Ok(());
        }
        let mut wanted = Wanted::of(self.tags, &self.config.router.tags.routing_prefix);
        wanted.client = self.user_agent.map(|name| format!("User-Agent: {name}"));
        let choice = Choice { config: self.config, healthy: candidates, wanted: &wanted };
        let admitted = choice.admitted(self.members);
        let admitted = admitted.or_else(|| choice.fails_open()).ok_or(Shortage::NoTagMatches)?;
        *candidates = admitted;
        Ok(())
    }
}

/// Whom of `members` a request without tags is meant for while nobody cools.
pub fn untagged(config: &Config, members: &[DeploymentIndex]) -> Vec<DeploymentIndex> {
    match looks_at_tags(config, members) {
        true => defaults(config, members),
        false => members.to_vec(),
    }
}

/// Whether a group looks at tags: its first deployment that says so, else the router.
pub fn looks_at_tags(config: &Config, members: &[DeploymentIndex]) -> bool {
    let own = members.iter().find_map(|&index| config.deployments[index].tags.filtering);
    own.unwrap_or(config.router.tags.filtering)
}

/// What the tags of a request ask for.
#[derive(Debug, Default)]
struct Wanted<'a> {
    /// One of these, or all.
    plain: Vec<&'a str>,
    /// Each of these.
    demanded: Vec<&'a str>,
    /// None of these.
    excluded: Vec<&'a str>,
    /// Those of all three that were said to be for routing.
    confirmed: Vec<&'a str>,
    /// The header by which the client names itself.
    client: Option<String>,
}

impl<'a> Wanted<'a> {
    fn of(tags: &'a [Arc<str>], prefix: &str) -> Self {
        let mut wanted = Self::default();
        for tag in tags {
            let rest = tag.strip_prefix(prefix).filter(|_| !prefix.is_empty());
            let tag = rest.unwrap_or(tag);
            // A sign with nothing behind it asks for nothing.
            let (list, name) = match tag.split_at_checked(1) {
                Some(("&", name)) => (&mut wanted.demanded, name),
                Some(("!", name)) => (&mut wanted.excluded, name),
                Some(_) | None => (&mut wanted.plain, tag),
            };
            if name.is_empty() && !tag.is_empty() {
                continue;
            }
            list.push(name);
            if rest.is_some() {
                wanted.confirmed.push(name);
            }
        }
        wanted
    }
}

/// The deployments that do not cool, and what is wanted of them.
struct Choice<'a> {
    config: &'a Config,
    healthy: &'a [DeploymentIndex],
    wanted: &'a Wanted<'a>,
}

impl Choice<'_> {
    /// Whom the tags admit; `None` where that is nobody.
    fn admitted(&self, members: &[DeploymentIndex]) -> Option<Vec<DeploymentIndex>> {
        let Wanted { plain, demanded, excluded, confirmed, .. } = self.wanted;
        let fit = self.having(&self.without(self.healthy, excluded), demanded);
        let has_patterns =
            |index: &DeploymentIndex| !self.config.deployments[*index].tags.patterns.is_empty();
        let by_client =
            self.wanted.client.is_some() && demanded.is_empty() && fit.iter().any(has_patterns);
        if plain.is_empty() && !by_client {
            let pool = match demanded.is_empty() {
                true => self.without(&defaults(self.config, self.healthy), excluded),
                false => fit,
            };
            return Some(pool).filter(|pool| !pool.is_empty());
        }
        let matching: Vec<_> = fit.iter().copied().filter(|&index| self.matches(index)).collect();
        if !matching.is_empty() {
            return Some(matching);
        }
        let known = plain.iter().any(|tag| {
            confirmed.contains(tag) || members.iter().any(|&index| self.has(index, tag))
        });
        let default = fit.into_iter().filter(|&index| self.has(index, TAG_DEFAULT)).collect();
        Some(default).filter(|default: &Vec<_>| !known && !default.is_empty())
    }

    /// Everybody, or every `default` one, where a deployment lets pass what nobody is tagged for. Not where a
    /// demanded tag that nobody knows hides an answer to the others.
    fn fails_open(&self) -> Option<Vec<DeploymentIndex>> {
        let Wanted { demanded, excluded, confirmed, .. } = self.wanted;
        let known = |tag: &&&str| {
            confirmed.contains(*tag) || self.healthy.iter().any(|&index| self.has(index, tag))
        };
        let of_these: Vec<&str> = demanded.iter().filter(known).copied().collect();
        let some = !of_these.is_empty() && of_these.len() < demanded.len();
        let hides =
            some && !self.having(&self.without(self.healthy, excluded), &of_these).is_empty();
        let mut healthy = self.healthy.iter();
        let allowed = healthy.any(|&index| self.config.deployments[index].tags.allow_fail_open);
        (allowed && !hides).then(|| defaults(self.config, self.healthy))
    }

    fn matches(&self, index: DeploymentIndex) -> bool {
        let mut plain = self.wanted.plain.iter();
        let by_tag = match self.config.router.tags.match_any {
            true => plain.any(|tag| self.has(index, tag)),
            false => plain.len() > 0 && plain.all(|tag| self.has(index, tag)),
        };
        by_tag || self.fits_the_client(index)
    }

    /// Whether one of a deployment's patterns fits how the client names itself. Beside tags of its own they count only
    /// where one tag in common is enough.
    fn fits_the_client(&self, index: DeploymentIndex) -> bool {
        let tags = &self.config.deployments[index].tags;
        let counts = self.config.router.tags.match_any || tags.own.is_empty();
        let Some(client) = self.wanted.client.as_ref().filter(|_| counts) else { return false };
        tags.patterns.iter().any(|pattern| pattern.occurs_in(client))
    }

    fn has(&self, index: DeploymentIndex, tag: &str) -> bool {
        has(self.config, index, tag)
    }

    fn having(&self, of: &[DeploymentIndex], tags: &[&str]) -> Vec<DeploymentIndex> {
        let has_all = |index: &DeploymentIndex| tags.iter().all(|tag| self.has(*index, tag));
        of.iter().copied().filter(has_all).collect()
    }

    fn without(&self, of: &[DeploymentIndex], tags: &[&str]) -> Vec<DeploymentIndex> {
        let has_none = |index: &DeploymentIndex| !tags.iter().any(|tag| self.has(*index, tag));
        of.iter().copied().filter(has_none).collect()
    }
}

/// Those tagged `default`, or everybody where nobody is.
fn defaults(config: &Config, of: &[DeploymentIndex]) -> Vec<DeploymentIndex> {
    let default = of.iter().copied().filter(|&index| has(config, index, TAG_DEFAULT));
    let default: Vec<DeploymentIndex> = default.collect();
    if default.is_empty() { of.to_vec() } else { default }
}

fn has(config: &Config, index: DeploymentIndex, tag: &str) -> bool {
    config.deployments[index].tags.own.iter().any(|own| &**own == tag)
}
