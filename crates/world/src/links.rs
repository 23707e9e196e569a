//! Which connections of a host meet which toxics, and when; the same over memory and sockets.
//!
//! [`Links`] stands between a dialling host and its network: it judges every dial by its rules and
//! hands the connection its [`Passage`], the toxics that luck has chosen for it, open windows and
//! later ones alike. Luck is keyed by rule, destination, the request on whose behalf the dial was
//! made and its visit there: two gateways whose policies dial alike meet alike. Both ends of a
//! connection can ask for its passage, so that whoever keeps a ledger can say what an attempt met.
//!
//! It must never know why a link is bad, nor who stands at its ends.

mod lane;
mod passage;
mod toxics;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vocab::{At, Draw, Seed};

pub(crate) use passage::{Entered, Spell};
pub use passage::{Passage, Passages, Whereabouts};
pub(crate) use toxics::Toxics;

use crate::toxic::{Stream, Toxic};
use crate::{Authority, BoxFuture, Clock, Conn, Connector, Dial};

/// Dials whose visits are counted at a time; beyond it the longest known is forgotten, and its next
/// dial counts as its first. As many as the load generator's bound on requests in flight, ten times.
const CALLS_MAX: usize = 100_000;

/// One toxic on the way to some hosts, for a while.
#[derive(Clone, Debug)]
pub struct LinkRule {
    /// Its name in ledgers.
    pub id: Arc<str>,
    /// What happens to the connections that meet it.
    pub toxic: Toxic,
    /// In which direction; the toxics that end or hold a connection act on both.
    pub stream: Stream,
    /// When it begins, in the time of the run, inclusive.
    pub from: At,
    /// When it ends, in the time of the run, exclusive.
    pub to: At,
    /// The share rises linearly over the first so long and falls over the last so long.
    pub ramp: Duration,
    /// Share of connections that meet it: toxiproxy's toxicity, 0 to 1.
    pub share: f64,
    /// Hosts and ports at the far end.
    pub hosts: Arc<[(Arc<str>, u16)]>,
}

/// Hears of dials that a link did not let through: the far end never does.
pub trait Witness: Send + Sync + Debug {
    /// `dial` was turned away by rule `rule`.
    fn turned_away(&self, dial: Dial<'_>, rule: &Arc<str>);
}

/// What holds for everything that one host dials.
#[derive(Clone, Debug)]
pub struct Links {
    /// The rules, in the order of the scenario.
    pub rules: Arc<[LinkRule]>,
    /// The clock of the run, by which windows begin and end.
    pub clock: Clock,
    /// Seed of every draw: shares, jitter, sizes of slices.
    pub seed: Seed,
    /// Hears of what the far end cannot see.
    pub witness: Arc<dyn Witness>,
    /// Where connections over sockets leave their passages.
    pub passages: Passages,
}

impl Links {
    /// `inner`, with these links in front of it; `inner` itself where there is no rule.
    pub fn over(self, inner: Arc<dyn Connector>) -> Arc<dyn Connector> {
        if self.rules.is_empty() {
            return inner;
        }
        Arc::new(LinkedConnector { inner, links: self, calls: Mutex::default() })
    }
}

#[derive(Debug)]
struct LinkedConnector {
    inner: Arc<dyn Connector>,
    links: Links,
    calls: Mutex<Calls>,
}

/// Visits: how often a request dialled a host.
#[derive(Debug, Default)]
struct Calls {
    seen: BTreeMap<(Authority, String), u64>,
    order: VecDeque<(Authority, String)>,
}

impl Connector for LinkedConnector {
    fn connect<'a>(&'a self, dial: Dial<'a>) -> BoxFuture<'a, io::Result<Conn>> {
        Box::pin(async move {
            let Links { clock, witness, passages, .. } = &self.links;
            let passage = self.passage(dial);
            if passage.is_empty() {
                return self.inner.connect(dial).await;
            }
            if let Some(until) = passage.held_until(clock.now()) {
                clock.sleep_until(until).await;
            }
            if let Some(rule) = passage.down(clock.now()) {
                witness.turned_away(dial, rule);
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let conn = self.inner.connect(dial).await?;
            Ok(conn.over(passage, *clock, Some(passages)))
        })
    }
}

impl LinkedConnector {
    /// The toxics of a connection that is dialled now.
    fn passage(&self, dial: Dial<'_>) -> Passage {
        let now = self.links.clock.now();
        let concerns = |rule: &&LinkRule| rule.concerns(dial.to) && rule.to > now;
        let mut rules = self.links.rules.iter().filter(concerns).peekable();
        if rules.peek().is_none() {
            return Passage::default();
        }
        let visit = self.visit(dial);
        let luck = |rule: &LinkRule| {
            let draw = self.links.seed.draw("link").of(&rule.id).of(&dial.to.to_string());
            draw.of(dial.on_behalf_of).n(visit)
        };
        Passage::new(rules.filter_map(|rule| rule.spell(luck(rule))))
    }

    fn visit(&self, dial: Dial<'_>) -> u64 {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (dial.to.clone(), dial.on_behalf_of.to_owned());
        if let Some(visits) = calls.seen.get_mut(&key) {
            *visits += 1;
            return *visits;
        }
        if calls.order.len() >= CALLS_MAX
            && let Some(oldest) = calls.order.pop_front()
        {
            calls.seen.remove(&oldest);
        }
        calls.order.push_back(key.clone());
        calls.seen.insert(key, 1);
        1
    }
}

impl LinkRule {
    fn concerns(&self, to: &Authority) -> bool {
        self.hosts.iter().any(|(host, port)| *host == to.host && *port == to.port)
    }

    /// When it holds for a connection of this luck: a ramp lets it take hold of one connection after
    /// the other, and let go of them in the opposite order. `None` if it never does.
    fn spell(&self, luck: Draw) -> Option<Spell> {
        let drawn = luck.unit();
        if drawn >= self.share {
            return None;
        }
        let edge = self.ramp.mul_f64(drawn / self.share);
        let (from, to) = (self.from.plus(edge), At(self.to.0.saturating_sub(nanos(edge))));
        let Self { id, toxic, stream, .. } = self;
        Some(Spell { rule: Arc::clone(id), toxic: *toxic, stream: *stream, from, to, luck })
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What holds for every connection that a listener accepts: no luck, no destination.
#[derive(Clone, Debug, Default)]
pub struct Premises {
    passage: Passage,
    clock: Option<Clock>,
}

impl Premises {
    /// The rules hold for all; `share`, `ramp` and `hosts` of a rule are not looked at.
    pub fn new<'r>(rules: impl IntoIterator<Item = &'r LinkRule>, clock: Clock) -> Self {
        let luck = Seed(0).draw("premises");
        let all = rules.into_iter().filter_map(|rule| {
            let whole = LinkRule { share: 1.0, ramp: Duration::ZERO, ..rule.clone() };
            whole.spell(luck.clone())
        });
        Self { passage: Passage::new(all), clock: Some(clock) }
    }

    /// A connection that was accepted here.
    pub(crate) fn received(&self, conn: Conn) -> Conn {
        match self.clock {
            Some(clock) if !self.passage.is_empty() => conn.over(self.passage.clone(), clock, None),
            Some(_) | None => conn,
        }
    }
}
