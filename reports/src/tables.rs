//! The recorded tables of one contender in memory: what its clients saw, what the providers saw, and whether the two
//! agree. It must never know a percentile, or a promise on the whole run.

pub(crate) mod ledger;
pub(crate) mod requests;
pub(crate) mod tally;
