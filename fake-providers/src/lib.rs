//! Fake model providers: OpenAI, Azure OpenAI, Anthropic, Gemini and Bedrock, as a gateway or an SDK
//! sees them, with finite capacity, real rate limits and faults on purpose.
//!
//! One fake per deployment of a config ([`config`]), one listener per host. A request goes through the
//! listener to the dispatch, which resolves its target; in flight it meets faults, limits and slots;
//! then its answer is sent token by token, in the words of its persona. Every attempt leaves one row
//! in the [`Ledger`], however it ends. [`fault::ALL`] is the catalogue of what can go wrong.
//!
//! This crate must never know strategies, gateways, scenarios or YAML, and it takes clock and
//! network from `world` only: the same fakes run in virtual time and on real sockets.

pub mod config;
pub mod fault;

mod action;
mod admin;
mod answer;
mod attempt_record;
mod body_limits;
mod capacity;
mod connection;
mod dispatch;
mod error;
mod in_flight;
mod index;
mod journal;
mod latency;
mod lateness;
mod ledger;
mod limits;
mod listener;
mod permit;
mod persona;
mod schedule;
mod script;
mod standing;
mod state;
mod token_schedule;

use std::future::Future;
use std::sync::Arc;

use world::{Clock, Dial, Listener, Passages};

pub use admin::{AdminOptions, Deployments, TimeView};
use config::{FakesConfig, FaultRule, FoundFavourite};
pub use error::FakesError;
use index::HostIndex;
pub use journal::{Call, JOURNAL_ROWS_MAX, JournalRow};
pub use ledger::Ledger;
pub use standing::{NoSuchRule, RuleState, RuleView};
pub use state::Host;
use state::State;

/// The part of an address's path that stands in front of the paths of `protocol`: [`config::DeploymentConfig::root`].
pub fn root_of(protocol: vocab::Protocol, base_path: &str) -> &str {
    persona::Persona::of(protocol).root(base_path.trim_end_matches('/'))
}

/// The fakes of one world. Clones are the same fakes.
#[derive(Clone, Debug)]
pub struct Fakes {
    state: Arc<State>,
    connections_max: usize,
}

impl Fakes {
    /// Makes the fakes. Needs no runtime; nothing is served yet.
    ///
    /// # Errors
    /// [`FakesError`], if the config asks for what does not exist.
    pub fn new(
        config: FakesConfig,
        clock: Clock,
        ledger: Arc<dyn Ledger>,
    ) -> Result<Self, FakesError> {
        let state = Arc::new(State::new(config, clock, ledger, false)?);
        Ok(Self { state, connections_max: listener::CONNECTIONS_MAX })
    }

    /// The same, to stand alone: with a journal and an admin API ([`Self::serve_admin`]), and with
    /// faults that clients ask for by a model's name.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn standing(
        config: FakesConfig,
        clock: Clock,
        ledger: Arc<dyn Ledger>,
    ) -> Result<Self, FakesError> {
        let state = Arc::new(State::new(config, clock, ledger, true)?);
        Ok(Self { state, connections_max: listener::CONNECTIONS_MAX })
    }

    /// The same fakes with another bound on open connections per host than 20,000. A dial beyond it
    /// is turned away, and the ledger's `fault` says `fake:full`.
    #[must_use]
    pub fn with_connections_max(self, connections_max: usize) -> Self {
        Self { connections_max, ..self }
    }

    /// The hosts that want a listener, in the order of their first deployments.
    pub fn hosts(&self) -> &[Host] {
        &self.state.hosts
    }

    /// Serves one host until dropped. An index beyond [`Self::hosts`] ends at once.
    pub fn serve(
        &self,
        host_index: usize,
        listener: Listener,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        listener::serve(
            Arc::clone(&self.state),
            HostIndex(host_index),
            listener,
            self.connections_max,
        )
    }

    /// What becomes of the hosts' names: for whoever dials them through this program. Names resolve at
    /// once where no fault says otherwise, and when the fakes are gone.
    pub fn names(&self) -> Arc<dyn world::Names> {
        Arc::new(listener::resolver::Resolver(Arc::downgrade(&self.state)))
    }

    /// Where links between callers and these fakes leave what they do to a connection over sockets;
    /// attempts are then marked with the rules that were in force on their way.
    pub fn passages(&self) -> &Passages {
        &self.state.passages
    }

    /// Writes the row of a dial by `gateway` that a link turned away by `rule` before it came here.
    pub fn turned_away(&self, dial: Dial<'_>, gateway: &str, rule: &Arc<str>) {
        listener::link_book::turned_away(&self.state, dial, gateway, rule);
    }

    /// How late these fakes spoke so far.
    pub fn lateness(&self) -> record::machine::Lateness {
        self.state.lateness.told()
    }

    /// Whom each rule about a favourite turned out to hit, by the rule's id, in the order of the rules;
    /// rules whose windows have not opened yet are missing.
    pub fn found_favourites(&self) -> Vec<(String, FoundFavourite)> {
        let schedule = self.state.schedule.snapshot();
        schedule.settle(self.state.clock.now());
        let found = |(rule, _, found): (&FaultRule, bool, Option<FoundFavourite>)| {
            Some((rule.id.clone(), found?))
        };
        schedule.list().filter_map(found).collect()
    }

    /// Ends the world for the ledger: every attempt still open ends now (silent, or refused for a
    /// dial), and no row follows. Call it before the serving futures are dropped.
    pub fn close(&self) {
        self.state.book.close();
    }
}
