//! A promise that somebody requires: whether a gate may pass, and in one clear sentence why not.

use crate::report::{Contender, Standing};
use crate::words::promise::{missed, undecided};

/// What a gate has to say about one contender of a valid run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Its promise is kept, and was tested.
    Met,
    /// It broke a bound; which, and by what.
    Missed(String),
    /// Nobody can tell: no data, no fault that it met, or no promise; why, and what to do.
    Undecided(String),
}

/// Asks whether `contender` did what is required of it.
pub fn requirement(contender: &Contender) -> Requirement {
    match contender.standing() {
        Standing::Kept => Requirement::Met,
        Standing::Broken => missed(contender).map_or(Requirement::Met, Requirement::Missed),
        Standing::Untested | Standing::NoData | Standing::NotPromised => {
            undecided(contender).map_or(Requirement::Met, Requirement::Undecided)
        }
    }
}
