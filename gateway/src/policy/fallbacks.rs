//! Where a request goes when its group is given up: what a policy is asked, and the tables of the
//! config, in LiteLLM's order (litellm 1.106, `router_utils/fallback_event_handlers.py`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::fleet::{Fleet, Target};
use crate::upstream::failure::{ErrorClass, Failure};

/// Why a request goes nowhere else once a group is given up, with the figures that the rule compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFallback {
    /// The request wants none.
    Disabled,
    /// The request itself is at fault: another group would refuse it too.
    RequestAtFault,
    /// None is named for this group and this kind of error.
    NoneNamed,
    /// All that are named were tried.
    AllTried {
        /// Fallbacks that were gone to.
        tried: u32,
    },
    /// The bound on fallbacks of fallbacks.
    DepthMax {
        /// The bound.
        depth: u32,
    },
    /// The time that the request itself allows is over.
    NoTime,
    /// The bound on tries of one request in all.
    TriesMax {
        /// The bound.
        tries: u32,
    },
}

/// A group that was given up.
#[derive(Clone, Copy, Debug)]
pub struct FallbackQuery<'a> {
    /// The names that there are.
    pub fleet: &'a Fleet,
    /// Who was given up.
    pub from: &'a Target,
    /// The failure that did it.
    pub failure: &'a Failure,
    /// Names that the request itself gives, whatever the error; empty where it gives none.
    pub requested: &'a [Arc<str>],
    /// What it gives for single classes of errors.
    pub by_class: Option<&'a FallbacksByClass>,
}

/// Names to fall back to, by the name that failed; in the config's form.
pub type FallbackTable = BTreeMap<Arc<str>, Vec<Arc<str>>>;

/// Fallbacks for single classes of errors that a request gives in the place of the config's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FallbacksByClass {
    /// `context_window_fallbacks`.
    pub context_window: Option<FallbackTable>,
    /// `content_policy_fallbacks`.
    pub content_policy: Option<FallbackTable>,
}

impl<'a> FallbackQuery<'a> {
    /// The targets that the request names, or else the config's for this class of error. Names that
    /// nobody knows are left out.
    pub(super) fn named(&self, by: FoundBy) -> impl Iterator<Item = Target> + use<'a> {
        let fleet = self.fleet;
        let names = if self.requested.is_empty() { self.configured(by) } else { self.requested };
        names.iter().filter_map(move |name| fleet.resolve(name))
    }

    /// Whether there are fallbacks for refusals by policy: the client's own table of them, or the config's.
    pub(super) fn names_content_policy(&self) -> bool {
        let own = self.by_class.and_then(|own| own.content_policy.as_ref());
        !own.unwrap_or(&self.fleet.config().router.content_policy_fallbacks).is_empty()
    }

    fn configured(&self, by: FoundBy) -> &'a [Arc<str>] {
        let router = &self.fleet.config().router;
        let window = self.by_class.and_then(|own| own.context_window.as_ref());
        let window = window.unwrap_or(&router.context_window_fallbacks);
        let policy = self.by_class.and_then(|own| own.content_policy.as_ref());
        let policy = policy.unwrap_or(&router.content_policy_fallbacks);
        let table = match self.failure.class {
            ErrorClass::ContextWindow if !window.is_empty() => window,
            ErrorClass::ContentPolicy if !policy.is_empty() => policy,
            ErrorClass::ContextWindow
            | ErrorClass::ContentPolicy
            | ErrorClass::BadRequest
            | ErrorClass::Authentication
            | ErrorClass::PermissionDenied
            | ErrorClass::NotFound
            | ErrorClass::Timeout
            | ErrorClass::UnprocessableEntity
            | ErrorClass::RateLimit
            | ErrorClass::InternalServer
            | ErrorClass::BadGateway
            | ErrorClass::ServiceUnavailable
            | ErrorClass::ApiConnection
            | ErrorClass::Api
            | ErrorClass::Unexpected => &router.fallbacks,
        };
        match (by, entry(table, &self.from.called)) {
            (FoundBy::NameOrGroup, []) if self.from.wildcard.is_none() => {
                entry(table, &self.from.group)
            }
            (FoundBy::Name | FoundBy::NameOrGroup, names) => names,
        }
    }

    /// The higher levels of `order` within the group that was given up.
    pub(super) fn higher_levels(&self) -> impl Iterator<Item = Target> + use<'a> {
        let from = self.from;
        let levels =
            if from.only.is_none() { self.fleet.order_levels(&from.group) } else { Vec::new() };
        let current = from.order.or(levels.first().copied());
        let higher =
            levels.into_iter().filter(move |&level| current.is_some_and(|now| level > now));
        higher.map(|level| Target { order: Some(level), ..from.clone() })
    }
}

/// What a config's fallbacks are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundBy {
    /// The name that was asked for, an alias as it is: LiteLLM's way.
    Name,
    /// That name, or else the group that an alias stands for; never a pattern.
    NameOrGroup,
}

/// The entry of a name: under itself, the same without its provider, or `*`.
fn entry<'a>(fallbacks: &'a FallbackTable, name: &str) -> &'a [Arc<str>] {
    let stripped = || name.split_once('/').and_then(|(_, own)| fallbacks.get(own));
    fallbacks.get(name).or_else(stripped).or_else(|| fallbacks.get("*")).map_or(&[], Vec::as_slice)
}
