//! Why a gateway that stands somewhere is not put under load. It must never know how it was asked.

use world::Authority;

/// Why a gateway is not put under load.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Nobody answers.
    #[error(
        "{to} does not answer: {why}\n  help: start the gateway, or name another with --target"
    )]
    Silent {
        /// Where.
        to: Authority,
        /// Why.
        why: String,
    },
    /// It does not know the key.
    #[error(
        "{to} refuses the key ({status}): {said}\n  help: put its key into a variable and name that with --key-env"
    )]
    Key {
        /// Where.
        to: Authority,
        /// Its status.
        status: u16,
        /// The start of its answer.
        said: String,
    },
    /// It does not know the model, or the path.
    #[error(
        "{to} refuses a plain request for model `{model}` ({status}): {said}\n  help: call one that it has with \
         --model NAME, and give --target without a path unless its API has one"
    )]
    Model {
        /// Where.
        to: Authority,
        /// Which model.
        model: String,
        /// Its status.
        status: u16,
        /// The start of its answer.
        said: String,
    },
}
