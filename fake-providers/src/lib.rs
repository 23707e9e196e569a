//! Fake model providers: OpenAI, Azure OpenAI, Anthropic, Gemini and Bedrock, as a gateway or an SDK
//! sees them, with finite capacity, real rate limits and faults on purpose.
//!
//! One fake per deployment of a config ([`config`]), one listener per host. A dial goes through the
//! door, a request over the desk: who is meant, which faults it meets, whether limits and slots
//! admit it; then its answer is spoken token by token, in the words of its persona. Every attempt
//! leaves one row in the [`Ledger`], however it ends. [`fault::ALL`] is the catalogue of what can go
//! wrong.
//!
//! This crate must never know strategies, gateways, scenarios or YAML, and it takes clock and
//! network from `world` only: the same fakes run in virtual time and on real sockets.

pub mod config;
pub mod fault;

mod action;
mod address;
mod admin;
mod answer;
mod by_name;
mod capacity;
mod case;
mod course;
mod desk;
mod door;
mod estate;
mod intake;
mod journal;
mod latency;
mod ledger;
mod limits;
mod line;
mod names;
mod persona;
mod schedule;
mod script;
mod standing;
mod timeline;
mod way;

use std::future::Future;
use std::sync::Arc;

use vocab::At;
use world::{Clock, Dial, Listener, Passages};

pub use admin::{AdminOptions, Deployments, TimeView};
use config::FakesConfig;
use estate::Estate;
pub use journal::{Call, JOURNAL_ROWS_MAX, JournalRow};
pub use ledger::Ledger;
use schedule::{Ask, Luck};
pub use standing::{NoSuchRule, RuleState, RuleView};

/// The fakes of one world. Clones are the same fakes.
#[derive(Clone, Debug)]
pub struct Fakes {
    estate: Arc<Estate>,
    connections_max: usize,
}

/// A host that wants a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Host name, as the config names it.
    pub host: String,
    /// Port, as the config names it.
    pub port: u16,
}

/// Why fakes cannot be made from a config. `plan` reports all of these with line and column before
/// it gets here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FakesError {
    /// A rule names a fault that is not in the catalogue.
    #[error("fault rule {rule} injects unknown fault `{name}`; `brownout list faults` lists all")]
    UnknownFault {
        /// The rule's id.
        rule: String,
        /// What it names.
        name: String,
    },
    /// A rule's parameters cannot be.
    #[error("fault rule {rule}: {}: {source}", source.path)]
    Param {
        /// The rule's id.
        rule: String,
        /// What is wrong.
        source: fault::ParamError,
    },
    /// A rule's target does not exist.
    #[error("fault rule {rule} targets deployment {target}, which does not exist")]
    NoTarget {
        /// The rule's id.
        rule: String,
        /// Position in the list of deployments.
        target: usize,
    },
    /// A rule says something that cannot be.
    #[error("fault rule {rule}: {problem}")]
    Rule {
        /// The rule's id.
        rule: String,
        /// What is wrong, and what to do.
        problem: &'static str,
    },
    /// More rules than a timeline holds.
    #[error("{0} fault rules are more than the {max} that a timeline holds", max = standing::RULES_MAX)]
    TooManyRules(usize),
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
        let estate = Arc::new(Estate::new(config, clock, ledger, false)?);
        Ok(Self { estate, connections_max: door::CONNECTIONS_MAX })
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
        let estate = Arc::new(Estate::new(config, clock, ledger, true)?);
        Ok(Self { estate, connections_max: door::CONNECTIONS_MAX })
    }

    /// The same fakes with another bound on open connections per host than 20,000. A dial beyond it
    /// is turned away, and the ledger's `fault` says `fake:full`.
    #[must_use]
    pub fn with_connections_max(self, connections_max: usize) -> Self {
        Self { connections_max, ..self }
    }

    /// The hosts that want a listener, in the order of their first deployments.
    pub fn hosts(&self) -> &[Host] {
        &self.estate.hosts
    }

    /// Serves one host until dropped. An index beyond [`Self::hosts`] ends at once.
    pub fn serve(
        &self,
        host_index: usize,
        listener: Listener,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        door::serve(Arc::clone(&self.estate), host_index, listener, self.connections_max)
    }

    /// Whether a first try of request number `request` that arrives at `at` would be answered by
    /// this deployment, load ignored: by the same luck as in a run, counting slow answers as
    /// answers. Conditions that depend on load (`first`, `every`) never hold here. `false` for an
    /// index that does not exist.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a plain fact of one try; a struct would only rename them"
    )]
    pub fn would_answer(
        &self,
        deployment_index: usize,
        request: u64,
        at: At,
        stream: bool,
        prompt_tokens: u64,
    ) -> bool {
        let luck = Luck { request, visit: 1 };
        let ask = Ask { deployment: deployment_index, at, luck, attempt: 1, stream, prompt_tokens };
        deployment_index < self.estate.deployments.len() && self.estate.schedule.spares(&ask)
    }

    /// What becomes of the hosts' names: for whoever dials them through this program. Names resolve at
    /// once where no fault says otherwise, and when the fakes are gone.
    pub fn names(&self) -> Arc<dyn world::Names> {
        Arc::new(names::Resolver(Arc::downgrade(&self.estate)))
    }

    /// Where links between callers and these fakes leave what they do to a connection over sockets;
    /// attempts are then marked with the rules that were in force on their way.
    pub fn passages(&self) -> &Passages {
        &self.estate.passages
    }

    /// Writes the row of a dial by `gateway` that a link turned away by `rule` before it came here.
    pub fn turned_away(&self, dial: Dial<'_>, gateway: &str, rule: &Arc<str>) {
        way::turned_away(&self.estate, dial, gateway, rule);
    }

    /// Ends the world for the ledger: every attempt still open ends now (silent, or refused for a
    /// dial), and no row follows. Call it before the serving futures are dropped.
    pub fn close(&self) {
        self.estate.book.close();
    }
}
