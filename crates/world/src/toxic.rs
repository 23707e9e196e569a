//! What a link can do to the bytes that cross it, in toxiproxy's words.
//!
//! A [`Toxic`] is data: [`crate::Links`] says on which connections and when, the lanes of a
//! connection carry it out. Names, parameters and help texts of the toxics are the scenario format's
//! business. Whether a toxic hurts is not known here.

use std::time::Duration;

/// One kind of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toxic {
    /// Everything arrives later by `latency`, give or take `jitter`; nothing overtakes.
    Latency {
        /// Added to every piece.
        latency: Duration,
        /// Largest deviation, uniform in both directions.
        jitter: Duration,
    },
    /// At most so many bytes per second cross, at least 1.
    Bandwidth {
        /// Bytes per second in the direction of its stream; 0 counts as 1.
        bytes_per_second: u64,
    },
    /// The end of the stream is seen so much later.
    SlowClose {
        /// Time between the end and its being seen.
        delay: Duration,
    },
    /// What is sent vanishes. The connection closes `after` the toxic took hold of it, or with the
    /// window, whichever comes first; zero is the end of the window.
    Timeout {
        /// How long the silence lasts.
        after: Duration,
    },
    /// The connection is reset `after` the toxic took hold of it, if the window lasts so long.
    ResetPeer {
        /// How long it lives.
        after: Duration,
    },
    /// Bytes arrive in small slices with a pause after each.
    Slicer {
        /// Bytes of a slice, at least 1.
        average: usize,
        /// Largest deviation from it, less than `average`.
        variation: usize,
        /// Pause after each slice.
        delay: Duration,
    },
    /// The connection closes when so many bytes have crossed it inside the window.
    LimitData {
        /// Bytes that cross before it closes.
        bytes: u64,
    },
    /// Nobody is there: dials are refused, open connections close.
    Down,
    /// Nothing is read, written or dialled until the window ends, and nothing is lost: a process
    /// that was stopped.
    Hold,
}

/// A direction of a connection, as toxiproxy names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stream {
    /// From who listens to who dialled: answers.
    #[default]
    Downstream,
    /// From who dialled to who listens: requests.
    Upstream,
}

/// How a toxic ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doom {
    /// In order, as if the other end had hung up.
    Close,
    /// With a reset.
    Reset,
}
