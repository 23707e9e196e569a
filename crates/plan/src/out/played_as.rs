//! Which deployments are played as something that nobody knows them to be, and which are not played at all.

use std::collections::BTreeSet;

use gateway::config::Familiarity;

use crate::resolve::fleet::{Fleet, Member};

/// Most names in a line; the report's table of deployments has them all.
const NAMES_MAX: usize = 8;

/// The warning about deployments whose provider's protocol is taken for OpenAI's.
pub(crate) fn assumed(fleet: &Fleet, reached: &BTreeSet<String>) -> Option<String> {
    let strange = |member: &&Member| {
        member.familiarity == Familiarity::Assumed && reached.contains(member.id.as_str())
    };
    let ids: Vec<&str> = fleet.members.iter().filter(strange).map(|one| one.id.as_str()).collect();
    (!ids.is_empty()).then(|| {
        format!(
            "assumed: {} {} OpenAI's protocol, which nobody here knows of {}; a run plays {} so",
            listed(&ids),
            if ids.len() == 1 { "speaks" } else { "speak" },
            if ids.len() == 1 { "its provider" } else { "their providers" },
            if ids.len() == 1 { "it" } else { "them" },
        )
    })
}

/// The line about groups that neither traffic nor a fallback reaches.
pub(crate) fn not_played(fleet: &Fleet, reached: &BTreeSet<String>) -> Option<String> {
    let mut groups: Vec<&str> = Vec::new();
    for member in fleet.members.iter().filter(|one| !reached.contains(one.id.as_str())) {
        if !groups.contains(&&*member.group) {
            groups.push(&member.group);
        }
    }
    (!groups.is_empty()).then(|| {
        format!("not played, since neither traffic nor a fallback reaches it: {}", listed(&groups))
    })
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES_MAX).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
