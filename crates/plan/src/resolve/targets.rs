//! Which deployments a selector means: `first`, `region-of:first`, `azure-*`. Resolved once, before
//! the run, and printed, so that nobody has to guess what broke.

use fake_providers::config::Favourite;
use vocab::Seed;

use crate::resolve::fleet::{Fleet, Member};
use crate::text::diagnostic::suggest;

/// Resolves selectors against one fleet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Targets<'f> {
    /// The deployments to select from.
    pub fleet: &'f Fleet,
    /// The group that clients call: whose first deployment is `first`.
    pub called: &'f str,
    /// Luck of `any:n`.
    pub seed: Seed,
}

/// Whom a fault hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    /// Positions in the config; of a favourite those that it means where nobody was called.
    pub positions: Vec<usize>,
    /// Found anew for each contender, when the window opens.
    pub favourite: Option<Favourite>,
}

/// Why a selector selects nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetError {
    /// It is no selector at all: what it should be, and the remedy.
    Invalid(String, String),
    /// It is one, but no deployment matches: the sentence and the remedy.
    NoMatch(String, String),
}

/// The selectors that are words, for suggestions.
const WORDS: &[&str] = &[
    "first",
    "favourite",
    "others",
    "all",
    "region-of:first",
    "provider-of:first",
    "region-of:favourite",
    "provider-of:favourite",
];

/// Whether `selector` means something else under each contender.
pub(crate) fn is_favourite(selector: &str) -> bool {
    matches!(selector.trim(), "favourite" | "region-of:favourite" | "provider-of:favourite")
}

impl Targets<'_> {
    /// Whom a fault with a window hits: as [`Self::resolve`], or the favourite of each contender.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub(crate) fn select(&self, selector: &str, key: &str) -> Result<Selected, TargetError> {
        let first = match selector.trim() {
            "favourite" => "first",
            "region-of:favourite" => "region-of:first",
            "provider-of:favourite" => "provider-of:first",
            fixed => {
                return Ok(Selected { positions: self.resolve(fixed, key)?, favourite: None });
            }
        };
        let members = &self.fleet.members;
        let alike = |one: &Member, other: &Member| match first {
            "region-of:first" => one.region == other.region,
            "provider-of:first" => one.vendor == other.vendor,
            _ => false,
        };
        let set_of = (0..members.len()).map(|at| {
            members[..at].iter().position(|earlier| alike(earlier, &members[at])).unwrap_or(at)
        });
        let favourite = Some(Favourite { set_of: set_of.collect() });
        Ok(Selected { positions: self.resolve(first, key)?, favourite })
    }

    /// Positions of the deployments that `selector` means, in the order of the config.
    ///
    /// `key` names the rule that asks, for the luck of `any:n`.
    ///
    /// # Errors
    /// [`TargetError`]: an invalid selector, or one that matches nothing.
    pub(crate) fn resolve(&self, selector: &str, key: &str) -> Result<Vec<usize>, TargetError> {
        let selector = selector.trim();
        let first = || {
            self.fleet.first_of(self.called).ok_or_else(|| {
                TargetError::NoMatch(
                    format!("`{selector}` needs a deployment of `{}`, there is none", self.called),
                    "add one to the config's model_list".to_owned(),
                )
            })
        };
        let (kind, argument) = selector.split_once(':').unwrap_or((selector, ""));
        let members = &self.fleet.members;
        let found = match (kind, argument) {
            ("first", "") => vec![first()?],
            ("all", "") => (0..members.len()).collect(),
            ("others", "") => {
                let first = first()?;
                let members = |at: usize, member: &Member| {
                    at != first
                        && member.in_place_of != Some(first)
                        && *member.group == *self.called
                };
                self.matching(members)
            }
            ("region-of" | "provider-of", "first") => {
                let like = &members[first()?];
                self.matching(|_, member| {
                    if kind == "region-of" {
                        member.region == like.region
                    } else {
                        member.vendor == like.vendor
                    }
                })
            }
            ("favourite", "") | ("region-of" | "provider-of", "favourite") => {
                return Err(TargetError::Invalid(
                    format!("`{selector}` is known only when a window opens, to each contender another one"),
                    "name deployments here; `favourite` is a target of single windows, each of which \
                     finds its own"
                        .to_owned(),
                ));
            }
            ("any", count) => self.any(selector, count, key)?,
            ("provider", name) => self.matching(|_, member| glob(name, &member.vendor)),
            ("region", name) => self.matching(|_, member| member.region.eq_ignore_ascii_case(name)),
            ("gateway" | "link" | "redis" | "postgres", _) => {
                return Err(TargetError::Invalid(
                    format!("`{selector}` is no deployment"),
                    "name deployments here: an id, a glob, provider:x, region:x, first, others, all"
                        .to_owned(),
                ));
            }
            _ => self.matching(|_, member| glob(selector, member.id.as_str())),
        };
        if found.is_empty() {
            return Err(self.no_match(selector));
        }
        Ok(self.fleet.with_stand_ins(found))
    }

    fn matching(&self, wanted: impl Fn(usize, &Member) -> bool) -> Vec<usize> {
        let members = self.fleet.members.iter().enumerate();
        members.filter(|(at, member)| wanted(*at, member)).map(|(at, _)| at).collect()
    }

    /// `any:n`: n deployments of the called group, drawn by the seed.
    fn any(&self, selector: &str, count: &str, key: &str) -> Result<Vec<usize>, TargetError> {
        let mut group =
            self.matching(|_, member| *member.group == *self.called && member.everywhere);
        if group.is_empty() {
            group = self.matching(|_, member| *member.group == *self.called);
        }
        let remedy = "write any:1, any:2, …".to_owned();
        let count: usize = count.parse().ok().filter(|count| *count > 0).ok_or_else(|| {
            TargetError::Invalid(format!("`{selector}` says no number"), remedy.clone())
        })?;
        if count > group.len() {
            let sentence = format!("`{selector}` asks for {count} of {} deployments", group.len());
            return Err(TargetError::NoMatch(sentence, remedy));
        }
        let draw = |at: usize| self.seed.draw("target").of(key).n(at as u64).bits();
        group.sort_by_key(|at| draw(*at));
        group.truncate(count);
        group.sort_unstable();
        Ok(group)
    }

    fn no_match(&self, selector: &str) -> TargetError {
        let members = &self.fleet.members;
        let mut known: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        known.extend(WORDS);
        let (kind, name) = selector.split_once(':').unwrap_or(("", selector));
        let remedy = match kind {
            "provider" => {
                let mut names: Vec<&str> = Vec::new();
                for member in members.iter().filter(|one| !one.vendor.is_empty()) {
                    if !names.contains(&&*member.vendor) {
                        names.push(&member.vendor);
                    }
                }
                suggest(name, &names, "providers of this config")
            }
            "region" => {
                let mut names: Vec<_> = members.iter().map(|m| m.region.as_str()).collect();
                names.dedup();
                suggest(name, &names, "regions of this config")
            }
            _ => suggest(selector, &known, "deployments and targets"),
        };
        TargetError::NoMatch(format!("no deployment matches `{selector}`"), remedy)
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any text and `?` for one character.
///
/// Backtracks to the last star only, so it is linear in both for every pattern of one star and never
/// worse than their product.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    // Each turn advances `t`, or `p`, or moves the star's match one to the right.
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            Some(_) | None => {
                let Some((at, matched)) = star else { return false };
                star = Some((at, matched + 1));
                (p, t) = (at + 1, matched + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs() {
        for (pattern, text, matches) in [
            ("azure-*", "azure-westus", true),
            ("*", "", true),
            ("*west*4o", "azure-westus-gpt4o", true),
            ("azure/gpt-4o@*", "azure/gpt-4o@westus-primary", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("azure", "azure-westus", false),
            ("", "", true),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
        let hostile = format!("{}b", "*a".repeat(200));
        assert!(!glob(&hostile, &"a".repeat(2_000)));
    }
}
