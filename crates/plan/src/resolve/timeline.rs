//! The timeline: everything that breaks, when, as lists of windows. What runs and what `run.json`
//! tells are the same windows twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fake_providers::config::FaultRule;
use record::run::{CompressInfo, FaultInfo, LeftOutInfo, OriginInfo};
use vocab::At;
use world::{Stream, Toxic};

use crate::resolve::compress::TypicalOutage;
use crate::resolve::instance_faults::InstanceFaultKind;
use crate::text::diagnostic::Span;

/// The timeline, twice: what the fakes run, and what `run.json` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    /// For the fakes.
    pub rules: Vec<FaultRule>,
    /// For `run.json`.
    pub infos: Vec<FaultInfo>,
    /// One line per entry: whom it hits, or why it is left out.
    pub notes: Vec<Note>,
    /// Faults and events that the schedule has no room for; a verdict without them must say so.
    pub left_out: Vec<Unplayed>,
    /// Why a shortened schedule shows nothing of what was written.
    pub nothing_left: Option<String>,
    /// What each random entry is like before it is compressed.
    pub typical_outages: Vec<TypicalOutage>,
    /// By how much a replayed timeline was compressed when it was expanded.
    pub replayed: Option<CompressInfo>,
    /// Windows on links between places.
    pub links: Vec<LinkFault>,
    /// Windows on gateway instances.
    pub instances: Vec<InstanceFault>,
}

/// What a shortened schedule has no room for.
#[derive(Clone, Debug)]
pub(crate) struct Unplayed {
    /// For `run.json`.
    pub info: LeftOutInfo,
    /// The line that says so.
    pub text: String,
}

/// What is to be said about a fault.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// The id of its entry.
    pub fault: String,
    /// The line.
    pub text: String,
}

/// One toxic on a link, for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFault {
    /// Its id.
    pub id: String,
    /// What happens to connections.
    pub toxic: Toxic,
    /// In which direction.
    pub stream: Stream,
    /// Start.
    pub from: At,
    /// End, exclusive.
    pub to: At,
    /// Rise and fall of its share.
    pub ramp: Duration,
    /// Share of connections that meet it.
    pub share: f64,
    /// Who dials.
    pub source: Source,
    /// Who is dialled.
    pub destination: Destination,
}

/// Who dials over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Clients: to a gateway, or, of the mark without a gateway, to a deployment.
    Client,
    /// Gateway instances: all, or the one with this number from 1.
    Gateway(Option<u32>),
    /// Everybody.
    Anybody,
}

/// Who is dialled over a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Hosts of deployments, with their ports.
    Hosts(Vec<(String, u16)>),
    /// Gateway instances: all, or the one with this number from 1.
    Gateways(Option<u32>),
}

/// Something that befalls gateway instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstanceFault {
    /// Its id.
    pub id: String,
    /// What.
    pub kind: InstanceFaultKind,
    /// Whom: all, or the one with this number from 1.
    pub instance: Option<u32>,
    /// Start.
    pub from: At,
    /// End, exclusive.
    pub to: At,
    /// Where the target stands.
    pub at: Span,
}

/// How many incidents windows belong to: an incident may take several.
pub(crate) fn incidents_of<'o>(origins: impl Iterator<Item = &'o OriginInfo>) -> usize {
    let all: BTreeSet<(&str, &str, u32)> =
        origins.map(|origin| (&*origin.entry, &*origin.process, origin.incident)).collect();
    all.len()
}

/// Windows by the entry that they were expanded from, in order; hand-written ones are in none.
pub(crate) fn by_entry(faults: &[FaultInfo]) -> BTreeMap<&str, Vec<&FaultInfo>> {
    let mut entries: BTreeMap<&str, Vec<&FaultInfo>> = BTreeMap::new();
    for fault in faults {
        if let Some(origin) = &fault.origin {
            entries.entry(&origin.entry).or_default().push(fault);
        }
    }
    entries
}
