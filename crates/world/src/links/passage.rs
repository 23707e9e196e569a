//! The toxics of one connection, and how both of its ends find them.
//!
//! In memory the two ends share a control, which carries the passage. On sockets the dialling end
//! leaves it under its address, which the accepting end sees as its peer's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use vocab::{At, Draw};

use crate::control::Control;
use crate::toxic::{Doom, Stream, Toxic};

/// The toxics that one connection meets, now or later.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    spells: Option<Arc<[Spell]>>,
}

/// One toxic on one connection, for a while.
#[derive(Clone, Debug)]
pub(crate) struct Spell {
    pub(crate) rule: Arc<str>,
    pub(crate) toxic: Toxic,
    pub(crate) stream: Stream,
    pub(crate) from: At,
    pub(crate) to: At,
    /// Keys jitter and sizes of slices.
    pub(crate) luck: Draw,
}

impl Passage {
    pub(crate) fn new(spells: impl IntoIterator<Item = Spell>) -> Self {
        let spells: Arc<[Spell]> =
            spells.into_iter().filter(|spell| spell.from < spell.to).collect();
        Self { spells: (!spells.is_empty()).then_some(spells) }
    }

    /// Whether nothing ever happens on it.
    pub fn is_empty(&self) -> bool {
        self.spells.is_none()
    }

    /// Names of the rules that were in force at some time between `from` and `to`, both inclusive.
    pub fn met(&self, from: At, to: At) -> impl Iterator<Item = &Arc<str>> {
        let met = move |spell: &&Spell| spell.from <= to && from < spell.to;
        self.spells().iter().filter(met).map(|spell| &spell.rule)
    }

    pub(crate) fn spells(&self) -> &[Spell] {
        self.spells.as_deref().unwrap_or_default()
    }

    /// The toxics in force at `now`.
    pub(crate) fn active(&self, now: At) -> impl Iterator<Item = &Spell> {
        self.spells().iter().filter(move |spell| (spell.from..spell.to).contains(&now))
    }

    /// Until when nothing moves; `None` if it does.
    pub(crate) fn held_until(&self, now: At) -> Option<At> {
        let held = self.active(now).filter(|spell| spell.toxic == Toxic::Hold);
        held.map(|spell| spell.to).max()
    }

    /// The rule that lets no dial through at `now`.
    pub(crate) fn down(&self, now: At) -> Option<&Arc<str>> {
        self.active(now).find(|spell| spell.toxic == Toxic::Down).map(|spell| &spell.rule)
    }

    /// When and how a connection ends that was `born` then, as far as bytes have no say in it.
    pub(crate) fn doom(&self, born: At) -> Option<(At, Doom)> {
        let dooms = self.spells().iter().filter_map(|spell| spell.doom(born));
        dooms.min_by_key(|(at, _)| *at)
    }
}

impl Spell {
    fn doom(&self, born: At) -> Option<(At, Doom)> {
        let hold = self.from.max(born);
        if hold >= self.to {
            return None;
        }
        match self.toxic {
            Toxic::Timeout { after } if after.is_zero() => Some((self.to, Doom::Close)),
            Toxic::Timeout { after } => Some((hold.plus(after).min(self.to), Doom::Close)),
            Toxic::ResetPeer { after } => {
                Some((hold.plus(after), Doom::Reset)).filter(|(at, _)| *at < self.to)
            }
            Toxic::Down => Some((hold, Doom::Close)),
            Toxic::Latency { .. }
            | Toxic::Bandwidth { .. }
            | Toxic::SlowClose { .. }
            | Toxic::Slicer { .. }
            | Toxic::LimitData { .. }
            | Toxic::Hold => None,
        }
    }
}

/// Passages of connections over sockets, by the address from which they were dialled. Bounded by the
/// open sockets of the dialling ends. Clones are the same book.
#[derive(Clone, Debug, Default)]
pub struct Passages {
    by_address: Arc<Mutex<BTreeMap<SocketAddr, Passage>>>,
}

/// What the accepting end knows of a connection: enough to find its passage.
#[derive(Clone, Debug)]
pub struct Whereabouts {
    pub(crate) control: Control,
    pub(crate) remote: Option<SocketAddr>,
}

impl Passages {
    /// The passage of an accepted connection; empty if it has none, or its dialling end is not ours.
    /// On sockets it is certain from the first byte that arrived.
    pub fn of(&self, conn: &Whereabouts) -> Passage {
        if let Some(shared) = conn.control.passage() {
            return shared;
        }
        let known = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        conn.remote.and_then(|remote| known.get(&remote).cloned()).unwrap_or_default()
    }

    pub(crate) fn enter(&self, local: SocketAddr, passage: Passage) -> Entered {
        let mut known = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(local, passage);
        Entered { book: self.clone(), local }
    }
}

/// Keeps an entry while its connection lives.
#[derive(Debug)]
pub(crate) struct Entered {
    book: Passages,
    local: SocketAddr,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut known = self.book.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&self.local);
    }
}
