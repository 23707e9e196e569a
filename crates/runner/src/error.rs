//! Why a run has no result. It must never know how it is printed, or with which exit code.

use crate::directory::DirectoryError;
use crate::recorder::RecordError;

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A table.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The fakes refused their config.
    #[error("cannot set up the fake providers: {0}")]
    Fakes(#[from] fake_providers::FakesError),
    /// The gateway refused its config.
    #[error("cannot set up the gateway of {contender}: {message}")]
    Gateway {
        /// Whose.
        contender: String,
        /// Why.
        message: String,
    },
    /// The machine refused a socket, a thread or a runtime.
    #[error("the world of {contender} could not be set up or finished: {source}")]
    World {
        /// Whose.
        contender: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A server ended while the run went on.
    #[error("{server} of {contender} stopped serving before the run ended: {why}")]
    Server {
        /// Whose.
        contender: String,
        /// Which.
        server: String,
        /// Why.
        why: String,
    },
    /// A product is not there, or did not become ready.
    #[error("contender {contender}: {source}")]
    Product {
        /// Whose.
        contender: String,
        /// Why.
        #[source]
        source: crate::process::ProductError,
    },
    /// A product ended while it was measured.
    #[error("contender {contender}: {server} ended while it was measured: {why}")]
    ProductEnded {
        /// Whose.
        contender: String,
        /// Which.
        server: String,
        /// How, with the end of its log.
        why: String,
    },
    /// The gateway that is to be put under load.
    #[error(transparent)]
    Target(#[from] crate::target_error::TargetError),
    /// The fakes that already stand.
    #[error(transparent)]
    Standing(#[from] crate::stand_run::StandRunError),
    /// A contender's thread panicked.
    #[error("the world of {0} ended in a panic: a bug in brownout; please report it")]
    Panicked(String),
}
