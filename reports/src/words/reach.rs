//! Whom requests could reach, and whom faults hit, in words: what the traffic calls and where it can fail over to, and
//! which deployments a target was for whom.

use indexmap::IndexMap;

use super::figures::{count, counted};
use super::text::plain;
use crate::report::{Contender, Reach};

/// Deployments and contenders that are named; more are counted.
const NAMED_MAX: usize = 3;

/// One line for each called model: ``traffic calls `m`: 3 deployments, fallback to claude``. Where contenders differ,
/// each way with those who go it.
pub(crate) fn called(contenders: &[Contender]) -> Vec<String> {
    let known = || contenders.iter().filter(|who| !who.reach.is_empty());
    let mut models: IndexMap<&str, IndexMap<String, Vec<&str>>> = IndexMap::new();
    for who in known() {
        for reach in &who.reach {
            let ways = models.entry(&reach.model).or_default();
            ways.entry(way(reach)).or_default().push(&who.name);
        }
    }
    let line = |(model, ways): (&str, IndexMap<String, Vec<&str>>)| {
        let (model, only) = (plain(model), ways.len() == 1);
        let ways = ways.into_iter().map(|(way, names)| match only {
            true => way,
            false => format!("{way} ({})", listed(&names)),
        });
        format!("traffic calls `{model}`: {}", ways.collect::<Vec<_>>().join("; "))
    };
    models.into_iter().map(line).collect()
}

/// `3 deployments, fallback to claude`
fn way(reach: &Reach) -> String {
    let own = counted(reach.deployments.len() as u64, "deployment");
    match &reach.fallbacks[..] {
        [] => format!("{own}, no fallback"),
        some => format!("{own}, fallback to {}", listed(some)),
    }
}

/// Whom the fault at this position hit, by contender: `west (a and b); east (c)`, where all are the same `west`. Nothing
/// where its target as written says so already: a deployment's own name, or what acts on no deployment.
pub(crate) fn hit(contenders: &[&Contender], at: usize) -> Option<String> {
    let of = |who: &&Contender| {
        who.faults.get(at).map(|fault| (fault.target.clone(), fault.deployments.clone()))
    };
    let named = |(target, ids): (String, Vec<String>)| ids.iter().all(|id| *id == target);
    if contenders.iter().filter_map(of).all(named) {
        return None;
    }
    let mut hit: IndexMap<String, Vec<&str>> = IndexMap::new();
    for who in contenders {
        let ids = who.faults.get(at).map_or(&[][..], |fault| &fault.deployments);
        hit.entry(listed(ids)).or_default().push(&who.name);
    }
    let only = hit.len() == 1;
    let hit = hit.into_iter().map(|(ids, names)| match only {
        true => ids,
        false => format!("{ids} ({})", listed(&names)),
    });
    Some(hit.collect::<Vec<_>>().join("; "))
}

/// Whether the fault at this position hit other deployments at one contender than at another.
pub(crate) fn differs(contenders: &[&Contender], at: usize) -> bool {
    let mut hit = contenders.iter().filter_map(|who| Some(&who.faults.get(at)?.deployments));
    hit.next().is_some_and(|first| hit.any(|other| other != first))
}

/// `a, b and c`; `a, b, c and 4 more`.
pub(crate) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let named =
        |some: &[T]| some.iter().map(|name| plain(name.as_ref())).collect::<Vec<_>>().join(", ");
    match names {
        [] => "nobody".to_owned(),
        [only] => plain(only.as_ref()),
        [first @ .., last] if names.len() <= NAMED_MAX + 1 => {
            format!("{} and {}", named(first), plain(last.as_ref()))
        }
        _ => {
            let (first, rest) = names.split_at(NAMED_MAX);
            format!("{} and {} more", named(first), count(rest.len() as u64))
        }
    }
}
