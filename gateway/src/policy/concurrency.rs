//! What becomes of a request whose deployment answers as many as it takes at a time.
//!
//! Asked after the choice and before anything is sent. It must never know how permits are kept.

use std::time::Duration;

use crate::config::Deployment;
use crate::upstream::failure::Failure;

/// A deployment without a permit left.
#[derive(Clone, Copy, Debug)]
pub struct Busy<'a> {
    /// Which.
    pub deployment: &'a Deployment,
    /// Requests that it takes at a time.
    pub most: u32,
}

/// See [`super::Policy::at_limit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtLimit {
    /// It waits until a permit is given back, however long that takes; whoever came first goes first.
    Waits,
    /// Another deployment of the group is asked. Where all are full, or cool, it waits at the first that it was to go
    /// to, so long at most.
    Spills {
        /// The longest wait.
        wait_max: Duration,
    },
    /// Nothing is sent, and this is the failure of the try: nobody cools for it.
    Refuses(Failure),
}
